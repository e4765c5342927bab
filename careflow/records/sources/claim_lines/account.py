"""What became of the lines of claims, counted by the kind of their codes and the rule that set them aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from careflow.records.parsing.codes import SHOWN_FROM
from careflow.records.sources.claim_lines.codes import MEANINGS
from careflow.records.sources.protocol import ABSORBED, KEPT, SET_ASIDE, Loss

_SYSTEMS: Final = ("", "hcpcs", "revenue", "bill_type", "pos", "service")
_BY_CODE: Final = (10, 11, 13)
"""The rules that set a line aside for its code."""


@dataclass(frozen=True)
class KindCount:
    """How many lines of some kind met a rule.

    Attributes
    ----------
    rule : int
        The rule that set them aside, 0 if none did.
    decider : int
        What decided their level: a place in the systems of codes, 0 nothing.
    code : str, optional
        The code that decided.
    level : int, optional
        A place in :data:`MEANINGS`.
    conflict : int, optional
        Another level, which a later code names.
    attending : bool
        Whether they are attending lines.
    died : int
        1 if their status says that the person died.
    n : int
        How many.
    """

    rule: int
    decider: int
    code: str | None
    level: int | None
    conflict: int | None
    attending: bool
    died: int
    n: int

    @property
    def names_another(self) -> bool:
        """Whether the lines are kept, and a later code names another level."""
        return self.rule == 0 and self.conflict is not None


def fates_of(counts: Sequence[KindCount], attending: int, absorbed: int, ragged: int) -> list[Loss]:
    """Return the fates of all lines.

    Parameters
    ----------
    counts : sequence of KindCount
        The lines.
    attending, absorbed : int
        The attending lines inside a stay, and the other lines inside a stay above.
    ragged : int
        Lines that could not be split into columns; they have no person.
    """
    aside: Counter[int] = Counter()
    for kind in counts:
        aside[kind.rule] += kind.n
    alone = sum(kind.n for kind in counts if kind.rule == 0 and kind.attending) - attending
    notes = {1: f"{ragged:,} not of the header's columns"} if ragged else {}
    if ragged:
        aside[1] += ragged
    losses = [
        Loss(f"C{rule:02d}", SET_ASIDE, "line", n, notes.get(rule) or _named(rule, counts))
        for rule, n in sorted(aside.items())
        if rule
    ]
    return [
        *losses,
        Loss("C14", SET_ASIDE, "line", alone),
        Loss("C15", ABSORBED, "line", attending + absorbed),
        Loss("C00", KEPT, "line", aside[0] - alone - attending - absorbed),
    ]


def codes_seen(counts: Sequence[KindCount]) -> pd.DataFrame:
    """Return ``decided_by, code, level, n`` of the codes on 11 lines or more, the most frequent first."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for kind in counts:
        if kind.rule in (0, *_BY_CODE):
            seen[_SYSTEMS[kind.decider], kind.code or "", "" if kind.level is None else MEANINGS[kind.level]] += kind.n
    lines = [(*key, n) for key, n in sorted(seen.items(), key=lambda item: (-item[1], item[0])) if n >= SHOWN_FROM]
    return pd.DataFrame(lines, columns=["decided_by", "code", "level", "n"])


def conflicts(counts: Sequence[KindCount]) -> pd.DataFrame:
    """Return ``level, other_level, n`` of the lines on which a later code names another level (C20)."""
    pairs: Counter[tuple[int, int]] = Counter()
    for kind in counts:
        if kind.rule == 0 and kind.conflict is not None and kind.level is not None:
            pairs[kind.level, kind.conflict] += kind.n
    rows = [(MEANINGS[level], MEANINGS[other], n) for (level, other), n in sorted(pairs.items())]
    return pd.DataFrame(rows, columns=["level", "other_level", "n"])


def _named(rule: int, counts: Sequence[KindCount]) -> str:
    """Return the codes of the lines that a rule set aside for their code, from 11 lines on."""
    if rule not in _BY_CODE:
        return ""
    codes: Counter[str] = Counter()
    for kind in counts:
        if kind.rule == rule and kind.code:
            codes[kind.code] += kind.n
    often = sorted(((n, code) for code, n in codes.items() if n >= SHOWN_FROM), key=lambda pair: (-pair[0], pair[1]))
    named = ", ".join(f"{code[:10]!r} ({n:,})" for n, code in often[:20])
    rest = len(codes) - len(often[:20])
    return ", ".join(filter(None, (named, f"{rest:,} more codes" if rest else "")))
