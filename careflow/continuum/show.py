"""A continuum in one line, and as a small table."""

from __future__ import annotations

from html import escape

from careflow.arguments.messages import shown
from careflow.continuum.html import NOTE, html_table
from careflow.continuum.level import Level
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


def services(level: Level) -> str:
    """Return the services of a level as text, those that only some people receive marked.

    >>> services(Level("php", services=("medication management", "group therapy"), where_needed=("group therapy",)))
    'medication management, group therapy (where needed)'
    """
    marks = dict.fromkeys(level.where_needed, " (where needed)")
    return ", ".join(f"{name}{marks.get(name, '')}" for name in level.services)


def professionals(level: Level) -> str:
    """Return the professions that offer the services of a level."""
    return ", ".join(level.professionals)


def described(level: Level) -> str:
    """Return a level in sentences: its place, whether people live there, its hours, services and professionals.

    >>> described(Level("x", setting="a clinic", live_in="no"))
    'A clinic. People do not live in.'
    """
    live_in = {
        "always": "People live in.",
        "sometimes": "Some people live in.",
        "no": "People do not live in.",
    }
    listed = (("Services", services(level)), ("Professionals", professionals(level)))
    parts = [f"{text[:1].upper()}{text[1:]}." for text in (level.setting, str(level.hours)) if text]
    parts.insert(1 if level.setting else 0, live_in.get(level.live_in, ""))
    return " ".join(part for part in [*parts, *(f"{name}: {text}." for name, text in listed if text)] if part)


def table(continuum: Taxonomy, *, most: int = 20) -> str:
    """Return at most ``most`` levels as an HTML table with escaped texts; services and professionals where named."""
    levels = continuum.levels[:most]
    columns = ["rank", "name", "level", "live in", "hours"]
    rows = [[str(level.rank), level.name, level.label, level.live_in, str(level.hours)] for level in levels]
    common = []
    for name, texts in (("services", [*map(services, levels)]), ("professionals", [*map(professionals, levels)])):
        if any(texts) and len(set(texts)) == 1:
            common.append(f'<p style="{NOTE}">{name.capitalize()} of every level: {escape(texts[0])}.</p>')
        elif any(texts):
            columns.append(name)
            rows = [[*row, text] for row, text in zip(rows, texts, strict=True)]
    table = html_table(columns, rows, [name != "rank" for name in columns]) + "".join(common)
    return f'{table}<p style="{NOTE}">{escape(line(continuum)[1:-1])}</p>'
