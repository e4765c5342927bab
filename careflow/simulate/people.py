"""The process run forward: made-up people, one stay after another, all of them at once."""

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
"""Days from one figure of ``Truth.pace`` to the next."""

NOWHERE = -1
"""The code of no next level within a month."""

OPEN = np.int64(np.iinfo(np.int32).max)
"""The discharge day of a stay that goes on at the cut-off."""


@dataclass(frozen=True)
class Stays:
    """Made-up stays as whole numbers, one array entry a stay, in order of admission.

    Attributes
    ----------
    person : numpy.ndarray
        0, 1, 2 ... in order of the person's first admission.
    level, reason, facility, payer : numpy.ndarray
        Places in ``LEVELS``, ``REASONS``, ``Truth.facilities`` and the keys of ``Truth.payers``.
    admit, discharge : numpy.ndarray
        Days since 1970-01-01; ``discharge`` is :data:`OPEN` where the stay goes on at the cut-off.
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

    def take(self, places: Integers) -> Stays:
        """Return the stays at ``places``."""
        return Stays(**{name: values[places] for name, values in vars(self).items()})


def run(people: int, first: date, cutoff: date, truth: Truth, seed: int) -> Stays:
    """Return the stays of ``people`` made-up people who arrive from ``first`` to ``cutoff``, both included."""
    chance = Chance(seed)
    tables = _Tables(truth)
    now = _arrivals(people, first, cutoff, truth, tables, chance)
    last = _day(cutoff)
    steps: list[Stays] = []
    while len(now.person):
        steps.append(now)
        now = _next_stay(now, tables, last, chance)
    return _in_order_of_admission(steps, last)


class _Tables:
    """The truth as tables of equally likely outcomes, so that each decision is one look-up."""

    def __init__(self, truth: Truth) -> None:
        self.changed_on = _day(truth.changed_on)
        self.taper_days = truth.taper_days
        self.entry = choice_table(truth.entry, LEVELS)
        self.return_entry = choice_table(truth.return_entry, LEVELS)
        self.reason = np.stack([choice_table(truth.reasons[level], REASONS) for level in LEVELS])
        kind = [STAY_KINDS.index(reason) if reason in STAY_KINDS else len(STAY_KINDS) - 1 for reason in REASONS]
        by_kind = [[truth.stays[level][name].table() for name in STAY_KINDS] for level in LEVELS]
        self.nights = np.array([[by_level[place] for place in kind] for by_level in by_kind])
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
    """Return everybody's first stay, earliest person first."""
    weights = _arrival_weights(_day(first), _day(cutoff), truth)
    sums = np.cumsum(weights)
    admit = _day(first) + np.searchsorted(sums, chance.below(int(sums[-1]), people), side="right")
    admit = np.sort(admit).astype(np.int64)
    level = tables.entry[chance.below(PER_MILLE, people)]
    nobody = np.full(people, len(truth.facilities), dtype=np.int64)
    unpaid = np.full(people, len(truth.payers), dtype=np.int64)
    return _stay(np.arange(people, dtype=np.int64), level, admit, np.zeros_like(level), nobody, unpaid, tables, chance)


def _stay(
    person: Integers,
    level: Integers,
    admit: Integers,
    extra: Integers,
    facility: Integers,
    payer: Integers,
    tables: _Tables,
    chance: Chance,
) -> Stays:
    """Draw the stays that begin on ``admit``; ``facility`` and ``payer`` are those of each person's stay before."""
    n = len(person)
    reason = tables.reason[level, chance.below(PER_MILLE, n)]
    nights = tables.nights[level, reason, chance.below(CELLS, n)]
    nights = np.where(extra > 0, np.maximum(nights, 1), nights) + extra  # a taper outlasts the stay that it overlaps
    facility = tables.facility[facility, level, chance.below(PER_MILLE, n)]
    payer = tables.payer[payer, chance.below(PER_MILLE, n)]
    return Stays(person, level, admit, admit + nights, reason, facility, payer)


def _next_stay(now: Stays, tables: _Tables, last: int, chance: Chance) -> Stays:
    """Draw what follows each stay, and keep what begins by the cut-off."""
    n = len(now.person)
    changed = (now.discharge >= tables.changed_on).astype(np.int64)
    level = tables.moves[changed, now.level, now.reason, chance.below(PER_MILLE, n)]
    moves = level != NOWHERE
    gap = np.where(moves, tables.gap[now.reason, chance.below(CELLS, n)], tables.return_gap[chance.below(CELLS, n)])
    returns = ~moves & (chance.below(PER_MILLE, n) < tables.returns[now.reason])
    level = np.where(moves, level, tables.return_entry[chance.below(PER_MILLE, n)])
    completed = now.reason == REASONS.index("completed")
    tapers = moves & completed & (chance.below(PER_MILLE, n) < tables.taper[now.level, level])
    extra = np.where(tapers, 1 + chance.below(max(tables.taper_days, 1), n), 0)
    admit = now.discharge + np.where(tapers, -extra, gap)
    go = np.flatnonzero((moves | returns) & (admit <= last))
    return _stay(now.person[go], level[go], admit[go], extra[go], now.facility[go], now.payer[go], tables, chance)


def _in_order_of_admission(steps: list[Stays], last: int) -> Stays:
    names = list(vars(steps[0]))
    joined = {name: np.concatenate([getattr(step, name) for step in steps]) for name in names}
    open_ = joined["discharge"] > last
    joined["discharge"] = np.where(open_, OPEN, joined["discharge"])
    joined["reason"] = np.where(open_, REASONS.index("unknown"), joined["reason"])
    # The steps are stacked in order, so a stable sort keeps several stays of one person on one day as they came.
    order = np.argsort(joined["admit"] * np.int64(len(steps[0].person)) + joined["person"], kind="stable")
    return Stays(**{name: values[order] for name, values in joined.items()})


def _arrival_weights(first: int, last: int, truth: Truth) -> Integers:
    """Return the relative number of new people on each day, in whole numbers."""
    days = np.arange(first, last + 1, dtype=np.int64)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    weekdays = (days + 3) % 7  # 1970-01-01 was a Thursday
    knot, within = np.divmod(days - first, PACE_DAYS)
    pace = np.array(truth.pace)
    now, then = (pace[np.minimum(knot + later, len(pace) - 1)] for later in (0, 1))
    trend = now + (then - now) * within // PACE_DAYS
    weights: Integers = np.array(truth.months)[months] * np.array(truth.weekdays)[weekdays] * trend
    return weights


def _facility_table(truth: Truth) -> Integers:
    """Return, by the facility before (the last row: none) and the level, the table of facilities."""
    names = [facility.name for facility in truth.facilities]
    rows = []
    for before in (*truth.facilities, None):
        row = []
        for level in LEVELS:
            sizes = {facility.name: facility.size for facility in truth.facilities if level in facility.levels}
            stay = truth.same_facility if before is not None and level in before.levels else 0
            weights = _shared_out(PER_MILLE - stay, sizes)
            if before is not None and stay:
                weights[before.name] += stay
            row.append(choice_table(weights, names))
        rows.append(np.stack(row))
    return np.stack(rows)


def _payer_table(truth: Truth) -> Integers:
    """Return, by the payer before (the last row: none), the table of payers."""
    names = list(truth.payers)
    rows = [choice_table(truth.payers, names)]
    for before in reversed(names):
        weights = _shared_out(PER_MILLE - truth.same_payer, truth.payers)
        weights[before] += truth.same_payer
        rows.insert(0, choice_table(weights, names))
    return np.stack(rows)


def _shared_out(total: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Return ``total`` split in proportion to ``sizes``; what rounding leaves over goes to the first ones."""
    parts = {name: total * size // sum(sizes.values()) for name, size in sizes.items()}
    for name in list(parts)[: total - sum(parts.values())]:
        parts[name] += 1
    return parts


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days
