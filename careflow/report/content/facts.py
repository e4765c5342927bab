"""The source, the cut-off and the rules of the records, in words."""

from __future__ import annotations

from typing import Final

from careflow.continuum import Continuum
from careflow.counts import Counts
from careflow.counts.parts import part_words
from careflow.formatting import day

_LINE: Final = 80


def facts(counts: Counts) -> tuple[tuple[str, str], ...]:
    """Return name and value of each fact that a reader of the report needs."""
    rules = counts.definition
    lines = [
        ("Source", counts.source or "not named"),
        ("Data complete to", day(rules.cutoff)),
        ("A move is an admission within", f"{rules.within} days of discharge"),
        ("Levels of care", _levels(rules.continuum)),
        ("Stays of one person that overlap", {"flag": "kept as they are"}.get(rules.overlaps, rules.overlaps)),
    ]
    if rules.where:
        lines.insert(1, ("Only a part of the records", part_words(rules.where)))
    if rules.start:
        lines.insert(1, ("Everyone in care recorded from", day(rules.start)))
    if rules.calendar.fiscal_start != 1:
        lines.append(("The year begins in month", str(rules.calendar.fiscal_start)))
    return tuple(lines)


def _levels(care: Continuum) -> str:
    """Return the names of the levels, or only their number where the names exceed a line."""
    names = ", ".join(level.short for level in care.levels)
    return f"{care.name} ({names if len(names) <= _LINE else f'{len(care)} levels'})"
