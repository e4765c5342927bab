"""The continuum as a graph; the one module that imports networkx."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from careflow.continuum.continuum import Continuum


def digraph(continuum: Continuum) -> nx.DiGraph[str]:
    """Return a new graph: a node for each level, most intensive first, and an edge for each edge of the continuum."""
    graph: nx.DiGraph[str] = nx.DiGraph(name=continuum.name)
    for level in continuum:
        graph.add_node(level.name, **{f.name: getattr(level, f.name) for f in fields(level) if f.name != "name"})
    for edge in continuum.edges or ():
        direction = continuum.direction(edge.frm, edge.to)
        graph.add_edge(edge.frm, edge.to, direction=direction, basis=edge.basis, reason=edge.reason)
    return graph
