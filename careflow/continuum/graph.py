"""The continuum as a graph; the one module that imports networkx."""

from __future__ import annotations

from dataclasses import fields

import networkx as nx

from careflow.continuum.taxonomy import Taxonomy


def digraph(continuum: Taxonomy) -> nx.DiGraph[str]:
    """Return a new graph: a node for each level, most intensive first, and an edge for each edge of the continuum."""
    graph: nx.DiGraph[str] = nx.DiGraph(name=continuum.name)
    for level in continuum:
        attributes = {item.name: _plain(getattr(level, item.name)) for item in fields(level)}
        del attributes["name"]
        graph.add_node(level.name, **attributes)
    for edge in continuum.edges:
        direction = continuum.direction(edge.frm, edge.to)
        graph.add_edge(edge.frm, edge.to, direction=direction, basis=edge.basis, reason=edge.reason)
    return graph


def _plain(value: object) -> str | int:
    """Return a number or text, the attributes that all file formats of networkx (GraphML, GEXF, JSON) support."""
    if isinstance(value, tuple):
        return ", ".join(value)
    return value if isinstance(value, int) else str(value)
