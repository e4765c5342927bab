"""What a projection is made from: the count tables as of one cut-off, as arrays by jackknife group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts import Counts
from careflow.counts.definition import GROUPS
from careflow.counts.event_tables import CENSORED, ENTERED
from careflow.estimate.arrays.strata import Ints, add_floats, distinct

Array = npt.NDArray[np.float64]

SEASON: Final = 364
"""Days of arrivals that are averaged, 52 of each weekday; and the days between a day and the same day a year before."""
EVERY: Final = 28
"""Days between two origins of the replay."""


def origins(horizon: int, replay: int) -> list[int]:
    """Return the origins of a replay, in days before the cut-off: the first ``replay`` days before it, then every 28.

    Examples
    --------
    >>> origins(horizon=300, replay=365)
    [365, 337, 309]
    """
    return list(range(replay, horizon - 1, -EVERY))


def clocks(horizon: int, recent: int, replay: int) -> tuple[str, ...]:
    """Return the event tables of a projection: those of today, then those of each origin of the replay."""
    earlier = [f"@-{days}" for days in origins(horizon, replay)]
    ends = ["", *earlier]
    parts = [f"{name}{end}" for end in ends for name in (f"exit~{recent}", "gap", "stay by admission")]
    return ("arrivals", "census", *parts)


@dataclass(frozen=True)
class Extract:
    """Counts as of one cut-off.

    Attributes
    ----------
    exits : numpy.ndarray, shape (groups, levels, levels + 1, ages)
        Discharges of recent admissions, by next level, or out of care (the last), and nights since admission.
    at_risk : numpy.ndarray, shape (groups, levels, ages)
        Stays of recent admissions at risk.
    moves, gap_ends : numpy.ndarray, shapes (groups, levels, levels, window + 1), (groups, levels, window + 1)
        Admissions after a discharge, by next level and days since the discharge; events of all kinds.
    gap_at_risk : numpy.ndarray, shape (groups, levels, window + 1)
        Discharges at risk.
    arrivals : numpy.ndarray, shape (groups, levels, 364)
        Arrivals from outside on each of the last days.
    in_care : numpy.ndarray, shape (levels, ages)
        Stays in care on the cut-off, by nights since admission.
    between : numpy.ndarray, shape (levels, window)
        Discharges that may still become moves, by days since the discharge.
    """

    exits: Array
    at_risk: Array
    moves: Array
    gap_ends: Array
    gap_at_risk: Array
    arrivals: Array
    in_care: Array
    between: Array


def groups_of(counts: Counts) -> Ints:
    """Return the numbers of the jackknife groups that hold anybody of the records."""
    return distinct(counts.tables["stay by admission"]["jackknife_group"].to_numpy())[0]


def extract(counts: Counts, groups: Ints, cutoff: int, recent: int, before: int = 0) -> Extract:
    """Return the counts as of ``before`` days before the cut-off, which is the day ``cutoff``."""
    end = f"@-{before}" if before else ""
    levels, window = len(counts.definition.continuum), counts.definition.within
    exits, at_risk = _exits(_columns(counts, f"exit~{recent}{end}"), groups, levels)
    gap = _columns(counts, f"gap{end}")
    gap = gap.only(gap.day <= window)
    moves, gap_ends, gap_at_risk = _gaps(gap, groups, levels, window)
    open_stays = _columns(counts, f"stay by admission{end}")
    open_stays = open_stays.only(open_stays.event == CENSORED)
    waiting = gap.only((gap.event == CENSORED) & (gap.day < window))
    longest = int(open_stays.day.max(initial=0))
    first = cutoff - before - SEASON + 1
    arrived = _columns(counts, "arrivals")
    arrived = arrived.only((arrived.day >= first) & (arrived.day < first + SEASON) & (arrived.event == ENTERED))
    return Extract(
        exits,
        at_risk,
        moves,
        gap_ends,
        gap_at_risk,
        _dense(arrived, (arrived.places(groups), len(groups)), (arrived.state, levels), (arrived.day - first, SEASON)),
        _dense(open_stays, (open_stays.state, levels), (open_stays.day, longest + 1)),
        _dense(waiting, (waiting.state, levels), (waiting.day, max(window, 1))),
    )


def daily_census(counts: Counts, cutoff: int) -> tuple[int, Array]:
    """Return the first day of the records, and the stays in care of each level on the days from it to the cut-off."""
    table, start = counts.tables["census"], counts.definition.start
    first = int(table["day"].min()) if len(table) else cutoff
    sign = np.where(table["event"] == ENTERED, 1, -1)
    shape = (len(counts.definition.continuum), cutoff - first + 1)
    cells = table["state"].to_numpy().astype(np.int64) * shape[1] + (table["day"].to_numpy() - first)
    inside = np.cumsum(add_floats(table["n"].to_numpy() * sign, cells, shape), axis=-1)
    if start is None:
        return first, inside
    recorded = max((start - pd.Timestamp(0).date()).days - first, 0)
    return first + recorded, inside[:, recorded:]


class _Columns(NamedTuple):
    """The columns of an event table."""

    group: Ints
    state: Ints
    event: Ints
    day: Ints
    n: Ints

    def only(self, rows: npt.NDArray[np.bool_]) -> _Columns:
        chosen = np.flatnonzero(rows)
        return _Columns(*(column[chosen] for column in self))

    def places(self, groups: Ints) -> Ints:
        """Return the place of each row's group among the groups."""
        place = np.zeros(GROUPS, dtype=np.int64)
        place[groups] = np.arange(len(groups))
        return place[self.group]


def _columns(counts: Counts, name: str) -> _Columns:
    table = counts.tables[name]
    return _Columns(*(table[column].to_numpy() for column in ("jackknife_group", "state", "event", "day", "n")))


def _dense(rows: _Columns, *axes: tuple[Ints, int]) -> Array:
    """Sum counts into an array; each axis is given by the places of the rows, and its length."""
    cells = np.zeros(len(rows.n), dtype=np.int64)
    for places, length in axes:
        cells *= length
        cells += places
    return add_floats(rows.n, cells, tuple(length for _, length in axes))


def _by_event(rows: _Columns, groups: Ints, levels: int, days: int) -> tuple[Array, Array]:
    """Return events (groups, levels, events, days) with those without a next level as the last, and the number at risk.

    Each row is added up once: behind the events stand those censored and those entered.
    """
    place = np.full(max(ENTERED, CENSORED) + 1, levels)
    place[:levels], place[CENSORED], place[ENTERED] = np.arange(levels), levels + 1, levels + 2
    axes = (rows.places(groups), len(groups)), (rows.state, levels), (place[rows.event], levels + 3), (rows.day, days)
    all_rows = _dense(rows, *axes)
    change = all_rows[:, :, -1]
    change[..., 1:] -= all_rows[:, :, :-1, :-1].sum(axis=2)
    return all_rows[:, :, : levels + 1], np.cumsum(change, axis=-1)


def _exits(rows: _Columns, groups: Ints, levels: int) -> tuple[Array, Array]:
    """Return discharges by next level or out of care, and the number at risk."""
    return _by_event(rows, groups, levels, int(rows.day.max(initial=0)) + 1)


def _gaps(rows: _Columns, groups: Ints, levels: int, window: int) -> tuple[Array, Array, Array]:
    """Return moves by next level, events of all kinds, and the number at risk, on the days of the window."""
    events, at_risk = _by_event(rows, groups, levels, window + 1)
    return events[:, :, :levels], events.sum(axis=2), at_risk
