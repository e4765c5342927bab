"""The fields of the process behind made-up records, with checks that they do not contradict each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from careflow.arguments import constructed
from careflow.continuum.outcomes import DIED, REASONS
from careflow.errors import DefinitionError
from careflow.simulate.random import Durations, choice_table

LEVELS = ("inpatient", "residential", "php", "iop", "outpatient")
"""The five standard levels, most intensive first. The code of a level is its position here."""

PLANNED = ("completed", "transferred out")
"""Reasons with the next level arranged before the discharge, so that most moves are on the same day."""

STAY_KINDS = ("completed", "left early", "otherwise")
"""The distributions of length of stay of a level: two reasons, and all others together."""

LAST_MOVE = 30
"""Longest gap of a move, in days. A later admission is a return, which starts a new journey."""


@constructed
@dataclass(frozen=True)
class Facility:
    """A facility: its name, the levels it offers, and its relative size among the facilities of a level."""

    name: str
    levels: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Process:
    """The checked fields of :class:`~careflow.simulate.Truth`, which documents them."""

    entry: Mapping[str, int]
    return_entry: Mapping[str, int]
    reasons: Mapping[str, Mapping[str, int]]
    stays: Mapping[str, Mapping[str, Durations]]
    moves: Mapping[str, Mapping[str, Mapping[str, int]]]
    changed_on: date
    changed: Mapping[str, Mapping[str, Mapping[str, int]]]
    planned_gap: Durations
    unplanned_gap: Durations
    return_gap: Durations
    returns: Mapping[str, int]
    tapers: Mapping[tuple[str, str], int]
    taper_days: int
    facilities: tuple[Facility, ...]
    same_facility: int
    payers: Mapping[str, int]
    same_payer: int
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    pace: tuple[int, ...]

    def __post_init__(self) -> None:
        for name, weights in (("entry", self.entry), ("return_entry", self.return_entry)):
            _checked(name, weights, LEVELS)
        for level in LEVELS:
            _checked(f"reasons of {level}", self.reasons.get(level, {}), REASONS)
            if set(self.stays.get(level, {})) != set(STAY_KINDS):
                raise DefinitionError(f"stays of {level} need the kinds {', '.join(STAY_KINDS)}")
            if not any(level in facility.levels for facility in self.facilities):
                raise DefinitionError(f"no facility offers {level}")
        for table in (self.moves, self.changed):
            for level, by_reason in table.items():
                for reason, weights in by_reason.items():
                    _checked(f"moves from {level}, {reason}", weights, LEVELS, complete=False)
        if any(DIED in by_reason for by_reason in (*self.moves.values(), *self.changed.values())):
            raise DefinitionError("nothing follows a death, so it has no moves")
        if max(self.planned_gap.table()[-1], self.unplanned_gap.table()[-1]) > LAST_MOVE:
            raise DefinitionError(f"a move has a gap of at most {LAST_MOVE} days")
        if self.return_gap.table()[0] <= LAST_MOVE:
            raise DefinitionError(f"a return comes later than {LAST_MOVE} days after the discharge")
        if any(self.stays[start]["completed"].table()[0] <= self.taper_days for start, _ in self.tapers):
            raise DefinitionError("a taper must be shorter than the shortest completed stay before it")

    def next_levels(self, level: str, reason: str, *, changed: bool = False) -> Mapping[str, int]:
        """Return the probabilities of the next level within 30 days, per mille, after ``reason`` at ``level``."""
        before = self.moves.get(level, {}).get(reason, {})
        return self.changed.get(level, {}).get(reason, before) if changed else before

    def gap(self, reason: str) -> Durations:
        """Return the distribution of the days from a discharge for ``reason`` to the admission of a move."""
        return self.planned_gap if reason in PLANNED else self.unplanned_gap


def _checked(name: str, weights: Mapping[str, int], names: Sequence[str], *, complete: bool = True) -> None:
    try:
        choice_table(weights, names, rest=None if complete else -1)
    except DefinitionError as error:
        raise DefinitionError(f"{name}: {error}") from None
