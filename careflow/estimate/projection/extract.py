"""What a projection is made from: the count tables as of one cut-off, as arrays by jackknife group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts import Counts
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
    exits, at_risk = _exits(counts.tables[f"exit~{recent}{end}"], groups, levels)
    gap = counts.tables[f"gap{end}"]
    moves, gap_ends, gap_at_risk = _gaps(gap, groups, levels, window)
    open_stays = _of(counts.tables[f"stay by admission{end}"], CENSORED)
    waiting = _of(gap, CENSORED)
    waiting = waiting[waiting["day"] < window]
    longest = int(open_stays["day"].max()) if len(open_stays) else 0
    day = cutoff - before
    arrived = _of(counts.tables["arrivals"], ENTERED)
    arrived = arrived[(arrived["day"] > day - SEASON) & (arrived["day"] <= day)]
    return Extract(
        exits,
        at_risk,
        moves,
        gap_ends,
        gap_at_risk,
        _dense(arrived, groups, (levels, SEASON), arrived["state"], arrived["day"] - (day - SEASON + 1)),
        _dense(open_stays, None, (levels, longest + 1), open_stays["state"], open_stays["day"]),
        _dense(waiting, None, (levels, max(window, 1)), waiting["state"], waiting["day"]),
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


def _of(table: pd.DataFrame, event: int) -> pd.DataFrame:
    return table[table["event"] == event]


def _dense(rows: pd.DataFrame, groups: Ints | None, shape: tuple[int, ...], *axes: pd.Series) -> Array:
    """Sum counts into an array (groups, ...), without groups where none are given."""
    cells = np.zeros(len(rows), dtype=np.int64)
    if groups is not None:
        cells += np.searchsorted(groups, rows["jackknife_group"].to_numpy())
        shape = (len(groups), *shape)
    for axis, length in zip(axes, shape[-len(axes) :], strict=True):
        cells = cells * length + np.asarray(axis, dtype=np.int64)
    return add_floats(rows["n"], cells, shape)


def _exits(table: pd.DataFrame, groups: Ints, levels: int) -> tuple[Array, Array]:
    """Return discharges by next level or out of care, and the number at risk."""
    ages = int(table["day"].max()) + 1 if len(table) else 1
    entered, ends = _of(table, ENTERED), table[table["event"] != ENTERED]
    discharged = ends[ends["event"] != CENSORED]
    to = discharged["event"].clip(upper=levels)
    exits = _dense(discharged, groups, (levels, levels + 1, ages), discharged["state"], to, discharged["day"])
    came, gone = (_dense(rows, groups, (levels, ages), rows["state"], rows["day"]) for rows in (entered, ends))
    return exits, _risk(came, gone)


def _gaps(table: pd.DataFrame, groups: Ints, levels: int, window: int) -> tuple[Array, Array, Array]:
    """Return moves by next level, events of all kinds, and the number at risk, on the days of the window."""
    day = np.minimum(table["day"], window + 1)
    rows = table.assign(day=day)
    entered, ends = _of(rows, ENTERED), rows[rows["event"] != ENTERED]
    events = ends[ends["event"] != CENSORED]
    moves = events[events["event"] < levels]
    shape = (levels, window + 2)
    by_level = _dense(moves, groups, (levels, *shape), moves["state"], moves["event"], moves["day"])
    all_events, came, gone = (
        _dense(each, groups, shape, each["state"], each["day"]) for each in (events, entered, ends)
    )
    return by_level[..., :-1], all_events[..., :-1], _risk(came, gone)[..., :-1]


def _risk(entered: Array, ended: Array) -> Array:
    change = entered.copy()
    change[..., 1:] -= ended[..., :-1]
    return np.cumsum(change, axis=-1)
