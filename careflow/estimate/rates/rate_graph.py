"""Transition rates as a directed graph of networkx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import DIED, LEFT_CARE

if TYPE_CHECKING:
    import networkx as nx

_EDGE: Final = ("direction", "n", "of", "rate", "se", "low", "high")
_ENDS: Final = {LEFT_CARE: "left_care", "left early": "left_early", DIED: "died"}
"""Outcomes that nodes have, with the names of their attributes."""


def rate_graph(rows: pd.DataFrame, continuum: Continuum, people: Mapping[str, int], *, unused: bool) -> nx.DiGraph[str]:
    """Return the moves of one stratum as a graph; see :meth:`careflow.estimate.Rates.graph`."""
    graph = continuum.graph
    declared = set(graph.edges)
    happened: set[tuple[str, str]] = set()
    for row in rows[rows["to"].isin(continuum.names)].to_dict("records"):
        edge = str(row["from"]), str(row["to"])
        hidden = bool(row.get("hidden", False))
        if hidden or row["n"] > 0:
            happened.add(edge)
        if edge in happened or edge in declared:
            graph.add_edge(*edge, **{key: row[key] for key in _EDGE if pd.notna(row[key])})
            if "hidden" in row:
                graph.edges[edge]["hidden"] = hidden
    if not unused:
        graph.remove_edges_from(declared - happened)
    for place, level in enumerate(continuum):
        graph.nodes[level.name].update(x=place % 2, y=-place)  # in two columns, so that no edge passes over a level
        graph.nodes[level.name].update({"people": people[level.name]} if level.name in people else {})
        of_level = rows[rows["from"] == level.name]
        if len(of_level):
            graph.nodes[level.name].update(_ends(of_level))
    return graph


def _ends(rows: pd.DataFrame) -> dict[str, float]:
    """Return the discharges of a level, and how many and which share of them left care, left early and died."""
    numbers: dict[str, float] = {"discharges": float(rows["of"].iloc[0])}
    for outcome, name in _ENDS.items():
        row = rows[rows["to"] == outcome]
        if len(row):
            numbers |= {name: float(row["n"].iloc[0]), f"{name}_rate": float(row["rate"].iloc[0])}
    return {name: value for name, value in numbers.items() if pd.notna(value)}
