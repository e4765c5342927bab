"""A continuum in one line, and as a small table."""

from __future__ import annotations

from html import escape

from careflow.arguments.messages import shown
from careflow.continuum.html import NOTE, html_table
from careflow.continuum.taxonomy import Taxonomy


def line(continuum: Taxonomy) -> str:
    """Return the provenance in one line: levels, pairs that are not ranked, and numbers of named and added edges."""
    names = [shown(name)[1:-1] for name in continuum.names]
    if len(names) > 15:
        names = [*names[:10], "…", *names[-2:]]
    silent = continuum.silent
    parts = [f"{len(continuum)} levels, " + (", " if silent else " > ").join(names)]
    if silent:
        parts.append(f"{silent} {'pair' if silent == 1 else 'pairs'} of levels not ranked against each other")
    edges = continuum.edges
    named = sum(edge.basis == "named" for edge in edges)
    if continuum.declared:
        parts.append(f"{len(edges)} edges, {named} named, {len(edges) - named} added")
    else:
        parts.append("edges not declared")
    return f"<Continuum {shown(continuum.name)}: {'; '.join(parts)}>"


def table(continuum: Taxonomy, *, most: int = 20) -> str:
    """Return at most ``most`` levels as an HTML table with escaped texts."""
    levels = continuum.levels[:most]
    rows = [(str(level.rank), level.name, level.label, level.live_in, str(level.hours)) for level in levels]
    table = html_table(("rank", "name", "level", "live in", "hours"), rows, (False, True, True, True, True))
    return f'{table}<p style="{NOTE}">{escape(line(continuum)[1:-1])}</p>'
