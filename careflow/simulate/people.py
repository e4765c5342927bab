"""Simulation of the process: the stays of all people, one step at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from careflow.continuum.outcomes import DIED, REASONS
from careflow.simulate.parameters import Truth
from careflow.simulate.process import LEVELS, STAY_KINDS
from careflow.simulate.random import CELLS, PER_MILLE, Chance, Integers, choice_table

PACE_DAYS = 91
"""The number of days between two values of ``Truth.pace``."""

NOWHERE = -1
"""The code of no next level within 30 days."""

OPEN = np.int64(np.iinfo(np.int32).max)
"""The discharge day of a stay that is open at the cut-off."""


@dataclass(frozen=True)
class Stays:
    """Made-up stays as arrays of integers, in order of admission.

    Attributes
    ----------
    person : numpy.ndarray
        0, 1, 2 ... in order of the person's first admission.
    level, reason, facility, payer : numpy.ndarray
        Positions in ``LEVELS``, ``REASONS``, ``Truth.facilities`` and the keys of ``Truth.payers``.
    admit, discharge : numpy.ndarray
        Days since 1970-01-01; ``discharge`` is :data:`OPEN` for an open stay.
    """

    person: Integers
    level: Integers
    admit: Integers
    discharge: Integers
    reason: Integers
    facility: Integers
    payer: Integers

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: Integers) -> Stays:
        """Return the stays of these rows."""
        return Stays(**{name: values[rows] for name, values in vars(self).items()})


def run(people: int, first: date, cutoff: date, truth: Truth, seed: int) -> Stays:
    """Return the stays of ``people`` made-up people who arrive from ``first`` to ``cutoff``, both included."""
    chance = Chance(seed)
    tables = _Tables(truth)
    stays = _arrivals(people, first, cutoff, truth, tables, chance)
    last = _day(cutoff)
    steps: list[Stays] = []
    while len(stays.person):
        steps.append(stays)
        stays = _next_stays(stays, tables, last, chance)
    return _in_order_of_admission(steps, last)


class _Tables:
    """The parameters as tables of equally likely outcomes, so that each draw is one lookup."""

    def __init__(self, truth: Truth) -> None:
        self.changed_on = _day(truth.changed_on)
        self.taper_days = truth.taper_days
        self.entry = choice_table(truth.entry, LEVELS)
        self.return_entry = choice_table(truth.return_entry, LEVELS)
        self.reason = np.stack([choice_table(truth.reasons[level], REASONS) for level in LEVELS])
        kind = [STAY_KINDS.index(reason) if reason in STAY_KINDS else len(STAY_KINDS) - 1 for reason in REASONS]
        by_kind = [[truth.stays[level][name].table() for name in STAY_KINDS] for level in LEVELS]
        self.nights = np.array([[by_level[i] for i in kind] for by_level in by_kind])
        self.moves = np.array(
            [
                [
                    [
                        choice_table(truth.next_levels(level, reason, changed=changed), LEVELS, rest=NOWHERE)
                        for reason in REASONS
                    ]
                    for level in LEVELS
                ]
                for changed in (False, True)
            ]
        )
        self.gap = np.stack([truth.gap(reason).table() for reason in REASONS])
        self.return_gap = truth.return_gap.table()
        self.returns = np.array([0 if reason == DIED else truth.returns.get(reason, 0) for reason in REASONS])
        self.taper = np.zeros((len(LEVELS), len(LEVELS)), dtype=np.int64)
        for (start, to), weight in truth.tapers.items():
            self.taper[LEVELS.index(start), LEVELS.index(to)] = weight
        self.facility = _facility_table(truth)
        self.payer = _payer_table(truth)


def _arrivals(people: int, first: date, cutoff: date, truth: Truth, tables: _Tables, chance: Chance) -> Stays:
    """Return the first stay of each person, in order of admission."""
    weights = _arrival_weights(_day(first), _day(cutoff), truth)
    sums = np.cumsum(weights)
    admit = _day(first) + np.searchsorted(sums, chance.below(int(sums[-1]), people), side="right")
    admit = np.sort(admit).astype(np.int64)
    level = tables.entry[chance.below(PER_MILLE, people)]
    person, extra = np.arange(people, dtype=np.int64), np.zeros_like(level)
    no_facility = np.full(people, len(truth.facilities), dtype=np.int64)
    no_payer = np.full(people, len(truth.payers), dtype=np.int64)
    return _draw_stays(person, level, admit, extra, no_facility, no_payer, tables, chance)


def _draw_stays(
    person: Integers,
    level: Integers,
    admit: Integers,
    extra: Integers,
    facility: Integers,
    payer: Integers,
    tables: _Tables,
    chance: Chance,
) -> Stays:
    """Draw the stays that begin on ``admit``; ``facility`` and ``payer`` are those of the person's previous stay."""
    n = len(person)
    reason = tables.reason[level, chance.below(PER_MILLE, n)]
    nights = tables.nights[level, reason, chance.below(CELLS, n)]
    nights = np.where(extra > 0, np.maximum(nights, 1), nights) + extra  # a taper outlasts the stay that it overlaps
    facility = tables.facility[facility, level, chance.below(PER_MILLE, n)]
    payer = tables.payer[payer, chance.below(PER_MILLE, n)]
    return Stays(person, level, admit, admit + nights, reason, facility, payer)


def _next_stays(stays: Stays, tables: _Tables, last: int, chance: Chance) -> Stays:
    """Draw the next stay of each stay, and keep those that begin by the cut-off."""
    n = len(stays.person)
    changed = (stays.discharge >= tables.changed_on).astype(np.int64)
    level = tables.moves[changed, stays.level, stays.reason, chance.below(PER_MILLE, n)]
    moves = level != NOWHERE
    gap = np.where(moves, tables.gap[stays.reason, chance.below(CELLS, n)], tables.return_gap[chance.below(CELLS, n)])
    returns = ~moves & (chance.below(PER_MILLE, n) < tables.returns[stays.reason])
    level = np.where(moves, level, tables.return_entry[chance.below(PER_MILLE, n)])
    completed = stays.reason == REASONS.index("completed")
    tapers = moves & completed & (chance.below(PER_MILLE, n) < tables.taper[stays.level, level])
    extra = np.where(tapers, 1 + chance.below(max(tables.taper_days, 1), n), 0)
    admit = stays.discharge + np.where(tapers, -extra, gap)
    kept = np.flatnonzero((moves | returns) & (admit <= last))
    previous = stays.take(kept)
    return _draw_stays(
        previous.person, level[kept], admit[kept], extra[kept], previous.facility, previous.payer, tables, chance
    )


def _in_order_of_admission(steps: list[Stays], last: int) -> Stays:
    names = list(vars(steps[0]))
    joined = {name: np.concatenate([getattr(step, name) for step in steps]) for name in names}
    open_ = joined["discharge"] > last
    joined["discharge"] = np.where(open_, OPEN, joined["discharge"])
    joined["reason"] = np.where(open_, REASONS.index("unknown"), joined["reason"])
    # The steps are stacked in order, so a stable sort keeps the order of several stays of one person on one day.
    order = np.argsort(joined["admit"] * np.int64(len(steps[0].person)) + joined["person"], kind="stable")
    return Stays(**{name: values[order] for name, values in joined.items()})


def _arrival_weights(first: int, last: int, truth: Truth) -> Integers:
    """Return the relative number of new people on each day, as integers."""
    days = np.arange(first, last + 1, dtype=np.int64)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    weekdays = (days + 3) % 7  # 1970-01-01 was a Thursday
    knot, within = np.divmod(days - first, PACE_DAYS)
    pace = np.array(truth.pace)
    left, right = (pace[np.minimum(knot + step, len(pace) - 1)] for step in (0, 1))
    trend = left + (right - left) * within // PACE_DAYS
    weights: Integers = np.array(truth.months)[months] * np.array(truth.weekdays)[weekdays] * trend
    return weights


def _facility_table(truth: Truth) -> Integers:
    """Return the table of facilities by the previous facility (last row: none) and the level."""
    names = [facility.name for facility in truth.facilities]
    rows = []
    for before in (*truth.facilities, None):
        row = []
        for level in LEVELS:
            sizes = {facility.name: facility.size for facility in truth.facilities if level in facility.levels}
            same = truth.same_facility if before is not None and level in before.levels else 0
            weights = _apportioned(PER_MILLE - same, sizes)
            if before is not None and same:
                weights[before.name] += same
            row.append(choice_table(weights, names))
        rows.append(np.stack(row))
    return np.stack(rows)


def _payer_table(truth: Truth) -> Integers:
    """Return the table of payers by the previous payer (last row: none)."""
    names = list(truth.payers)
    rows = [choice_table(truth.payers, names)]
    for before in reversed(names):
        weights = _apportioned(PER_MILLE - truth.same_payer, truth.payers)
        weights[before] += truth.same_payer
        rows.insert(0, choice_table(weights, names))
    return np.stack(rows)


def _apportioned(total: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Return ``total`` split in proportion to ``sizes``; the remainder of rounding goes to the first ones."""
    parts = {name: total * size // sum(sizes.values()) for name, size in sizes.items()}
    for name in list(parts)[: total - sum(parts.values())]:
        parts[name] += 1
    return parts


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days
