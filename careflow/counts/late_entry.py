"""What the ends of stays say of their beginnings, so that the engine counts each stay once.

Whoever leaves a state or is lost in it has entered it: at an age that is counted, or when the clock began. And a stay
that outlasts periods is counted in the first, with how many ends of periods it reaches, then spread over these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.event_tables import CENSORED, ENTERED, REACHED
from careflow.records.engine.packed_keys import Range, unpacked

Integers = npt.NDArray[np.signedinteger[Any]]

ENDS = "ends"
"""The column that says how many ends of periods in a row are reached, from that of the row's own period on."""


def spread(
    counted: pd.DataFrame, last_days: Mapping[int, int], unit: str | None, ranges: Sequence[Range]
) -> pd.DataFrame:
    """Make of each end that stays reach one censored in that period, and one who enters the next a day older.

    Parameters
    ----------
    counted : DataFrame
        Columns ``..., state, event, day, ends, n``, in the order of all but ``n``. ``day`` is the age at the end of the
        row's period. It is used up: each column goes as soon as the new one is there.
    last_days : dict of int to int
        Period to its last day, in order; nobody enters anything after the last one.
    unit : str or None
        The column of the periods, if there are several.
    ranges : sequence of Range
        The numbers in each column before ``event``.

    Returns
    -------
    DataFrame
        The same columns without ``ends``, each combination once, and with those who enter at day 0.

    Examples
    --------
    Of three people in care at the end of period 7, at age 10, two are in care at that of period 8 too, 90 days later.

    >>> reached = pd.DataFrame({"period": 7, "event": REACHED, "day": 10, "ends": [1, 2], "n": [1, 2]})
    >>> spread(reached, {7: 100, 8: 190}, "period", [Range("period", 7, 2)]).values.tolist()
    [[7, 201, 10, 3], [8, 201, 100, 2], [8, 200, 11, 3], [7, 200, 0, 3]]
    """
    through = counted["event"].to_numpy() == REACHED
    others, rows = np.flatnonzero(~through), np.flatnonzero(through)
    keys = [name for name in map(str, counted) if name not in (ENDS, "n")]
    place, end, n = _ends_of({name: counted[name].to_numpy()[rows] for name in (*keys, ENDS, "n")}, keys)
    place = rows[place]
    first, last = next(iter(last_days)), np.array(list(last_days.values()))
    own = end if unit is None else counted[unit].to_numpy()[place] - first
    later = np.flatnonzero(own + end < len(last) - 1)
    new = _first_entries(counted, ranges, unit)
    a, b, c = np.cumsum([len(others), len(place), len(later)])
    columns: dict[str, Integers] = {}
    # Each column is written once, where it stays: memory that is touched for the first time is what takes long here.
    for name in (*keys, "n"):
        told = counted.pop(name).to_numpy()
        column = columns[name] = np.empty(c + len(new), dtype=told.dtype)
        np.take(told, others, out=column[:a], mode="clip")
        np.take(told, place, out=column[a:b], mode="clip")
        if name == "n":
            column[a:b] = n
        if name == unit:
            column[a:b] += end
        if name == "day":
            column[a:b] += last[own + end] - last[own]
        np.take(column[a:b], later, out=column[b:c], mode="clip")
        column[c:] = new[name]
    columns["event"][a:b], columns["event"][b:c] = CENSORED, ENTERED
    columns["day"][b:c] += 1
    if unit is not None:
        columns[unit][b:c] += 1
    return pd.DataFrame(columns, copy=False)


def _ends_of(found: Mapping[str, Integers], keys: list[str]) -> tuple[Integers, Integers, Integers]:
    """Return for each end reached the row that tells of it, the how manieth end it is of that row, and who reach it.

    Whoever reaches three ends has reached two: of the rows that differ in ``ends`` alone, later ones count for earlier
    ends, so that each row tells of the ends that the one before it does not.
    """
    ends, n = found[ENDS].astype(np.int32), found["n"]
    fresh = _fresh([found[key] for key in keys])
    before: Integers = np.roll(ends, 1)
    before[fresh] = 0
    total = np.cumsum(n)
    starts = np.flatnonzero(fresh)
    stops = np.append(starts, len(n))[1:]  # none where nobody reaches an end
    reach: Integers = np.repeat(total[stops - 1], stops - starts)
    reach -= total
    reach += n
    times = ends - before
    place = np.repeat(np.arange(len(n), dtype=np.int32), times)
    # The first end that a row tells of is the one after those that the row before it tells of.
    before -= np.cumsum(times, dtype=np.int32)
    before += times
    return place, np.add(before[place], np.arange(len(place), dtype=np.int32)), reach[place]


def with_entries(counted: pd.DataFrame, ranges: Sequence[Range]) -> pd.DataFrame:
    """Add those who enter at day 0: as many as leave or are lost, less those who enter later.

    Parameters
    ----------
    counted : DataFrame
        Columns ``..., state, event, day, n`` of a counting process, whose later entries are there, in the order of all
        but ``n``. It is used up: each column goes as soon as the new one is there.
    ranges : sequence of Range
        The numbers in each column before ``event``.

    Returns
    -------
    DataFrame
        The same, with a row more before each combination of these columns.

    Examples
    --------
    >>> ends = pd.DataFrame({"state": [0, 0, 1], "event": [ENTERED, 202, 202], "day": [4, 9, 9], "n": [1, 3, 2]})
    >>> with_entries(ends, [Range("state", 0, 5)]).values.tolist()
    [[0, 200, 0, 2], [0, 200, 4, 1], [0, 202, 9, 3], [1, 200, 0, 2], [1, 202, 9, 2]]
    """
    runs, n = _net(counted, ranges)
    before, n = runs[n > 0], n[n > 0]
    told_of = np.ones(len(counted) + len(before), dtype=bool)
    new = before + np.arange(len(before))
    told_of[new] = False
    values = {"event": ENTERED, "day": 0, "n": n}
    columns: dict[str, Integers] = {}
    for name in list(map(str, counted)):
        told = counted.pop(name).to_numpy()
        column = columns[name] = np.empty(len(told_of), dtype=told.dtype)
        column[new] = values.get(name, told[before])
        column[told_of] = told
    return pd.DataFrame(columns, copy=False)


def _fresh(columns: Sequence[Integers]) -> npt.NDArray[np.bool_]:
    """Say of each row whether it differs from the one before it."""
    fresh = np.ones(len(columns[0]), dtype=bool)
    fresh[1:] = np.logical_or.reduce([values[1:] != values[:-1] for values in columns])
    return fresh


def _net(counted: pd.DataFrame, ranges: Sequence[Range]) -> tuple[Integers, Integers]:
    """Return where each combination of the ranges begins, and who leave or are lost less those who enter later."""
    n = counted["n"].to_numpy()
    runs = np.flatnonzero(_fresh([counted[column.name].to_numpy() for column in ranges]))
    later = np.flatnonzero(counted["event"].to_numpy() == ENTERED)
    came = np.bincount(np.searchsorted(runs, later, side="right") - 1, weights=n[later], minlength=len(runs))
    return runs, (np.add.reduceat(n, runs) if len(runs) else n) - 2 * came.astype(np.int64)


def _first_entries(counted: pd.DataFrame, ranges: Sequence[Range], unit: str | None) -> pd.DataFrame:
    """Return the rows of those who enter at day 0.

    Whoever reaches ends of periods entered the first of these periods, and not the one of the stay's end.
    """
    runs, n = _net(counted, ranges)
    key = np.zeros(len(runs), dtype=np.int64)
    for column in ranges:
        key = key * column.size + (counted[column.name].to_numpy()[runs] - column.low)
    found: list[Integers] = [key]
    change: list[Integers] = [n]
    if unit is not None:
        place = next(i for i, column in enumerate(ranges) if column.name == unit)
        weight = math.prod(column.size for column in ranges[place + 1 :])
        began, reached = counted[unit].to_numpy() - ranges[place].low, counted[ENDS].to_numpy()
        moved = np.flatnonzero((reached > 0) & (began + reached < ranges[place].size))
        run = np.repeat(np.arange(len(runs), dtype=np.int32), np.diff(runs, append=len(counted)))[moved]
        found.append(np.add(key[run], reached[moved] * np.int64(weight)))
        change.append(np.negative(counted["n"].to_numpy()[moved]))
    codes, keys = pd.factorize(np.concatenate(found), sort=True)
    entered: Integers = np.bincount(codes, weights=np.concatenate(change), minlength=len(keys)).astype(np.int64)
    new = unpacked(keys[entered > 0], entered[entered > 0], ranges)
    return new.assign(event=np.int16(ENTERED), day=np.int32(0))
