"""Entries into a counting process, computed from its ends, so that the engine counts each stay once.

Every event and every censoring belongs to an entry: a late entry, which is counted, or one on day 0, which is computed
here. A stay that goes on over several periods is counted in the first, with the number of period ends that it reaches.
It is then split into a row for each period.
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
"""The column with the number of consecutive period ends reached, that of the row's own period first."""


def split_at_period_ends(
    counted: pd.DataFrame, last_days: Mapping[int, int], unit: str | None, ranges: Sequence[Range]
) -> pd.DataFrame:
    """Split stays at period ends: a censoring in the period, and an entry into the next period one day older.

    Parameters
    ----------
    counted : DataFrame
        Columns ``..., state, event, day, ends, n``, sorted by all columns but ``n``. ``day`` is the age at the end of
        the row's period. The frame is consumed: each column is removed as soon as its new column is made.
    last_days : dict of int to int
        The last day of each period, in order. There are no entries after the last period.
    unit : str or None
        The column of the periods, if there are several.
    ranges : sequence of Range
        The values of each column before ``event``.

    Returns
    -------
    DataFrame
        The same columns without ``ends``, each combination once, with the entries on day 0.

    Examples
    --------
    Three stays go on at the end of period 7, at age 10; two of them also at the end of period 8, 90 days later.

    >>> reached = pd.DataFrame({"period": 7, "event": REACHED, "day": 10, "ends": [1, 2], "n": [1, 2]})
    >>> split_at_period_ends(reached, {7: 100, 8: 190}, "period", [Range("period", 7, 2)]).values.tolist()
    [[7, 201, 10, 3], [8, 201, 100, 2], [8, 200, 11, 3], [7, 200, 0, 3]]
    """
    at_end = counted["event"].to_numpy() == REACHED
    other_rows, end_rows = np.flatnonzero(~at_end), np.flatnonzero(at_end)
    keys = [name for name in map(str, counted) if name not in (ENDS, "n")]
    row, end, n = _period_ends({name: counted[name].to_numpy()[end_rows] for name in (*keys, ENDS, "n")}, keys)
    row = end_rows[row]
    first, last = next(iter(last_days)), np.array(list(last_days.values()))
    period = end if unit is None else counted[unit].to_numpy()[row] - first
    reentries = np.flatnonzero(period + end < len(last) - 1)
    entries = _first_entries(counted, ranges, unit)
    a, b, c = np.cumsum([len(other_rows), len(row), len(reentries)])
    columns: dict[str, Integers] = {}
    # Each column is written once into its final memory: the first access to new memory takes most of the time.
    for name in (*keys, "n"):
        values = counted.pop(name).to_numpy()
        column = columns[name] = np.empty(c + len(entries), dtype=values.dtype)
        np.take(values, other_rows, out=column[:a], mode="clip")
        np.take(values, row, out=column[a:b], mode="clip")
        if name == "n":
            column[a:b] = n
        if name == unit:
            column[a:b] += end
        if name == "day":
            column[a:b] += last[period + end] - last[period]
        np.take(column[a:b], reentries, out=column[b:c], mode="clip")
        column[c:] = entries[name]
    columns["event"][a:b], columns["event"][b:c] = CENSORED, ENTERED
    columns["day"][b:c] += 1
    if unit is not None:
        columns[unit][b:c] += 1
    return pd.DataFrame(columns, copy=False)


def _period_ends(reached: Mapping[str, Integers], keys: list[str]) -> tuple[Integers, Integers, Integers]:
    """Return, for each period end that stays reach: a row of those stays, the number of the end, and how many reach it.

    The ends of a row are numbered from 0. Rows that differ only in ``ends`` are a run. A stay that reaches three ends
    also reaches the first two, so the number that reach an end is the sum of ``n`` over the run from the first row with
    as many ends on. Each end is given once for a run, by that first row.
    """
    ends, n = reached[ENDS].astype(np.int32), reached["n"]
    starts_run = _starts_run([reached[key] for key in keys])
    ends_before: Integers = np.roll(ends, 1)
    ends_before[starts_run] = 0
    total = np.cumsum(n)
    starts = np.flatnonzero(starts_run)
    stops = np.append(starts, len(n))[1:]  # empty if no stay reaches a period end
    reaching: Integers = np.repeat(total[stops - 1], stops - starts)
    reaching -= total
    reaching += n
    new_ends = ends - ends_before
    row = np.repeat(np.arange(len(n), dtype=np.int32), new_ends)
    # Now the number of the first new end of each row, minus the position of that end in the result.
    ends_before -= np.cumsum(new_ends, dtype=np.int32)
    ends_before += new_ends
    return row, np.add(ends_before[row], np.arange(len(row), dtype=np.int32)), reaching[row]


def with_entries(counted: pd.DataFrame, ranges: Sequence[Range]) -> pd.DataFrame:
    """Add the entries on day 0: the number of events and censorings minus the number of late entries.

    Parameters
    ----------
    counted : DataFrame
        Columns ``..., state, event, day, n`` of a counting process with its late entries, sorted by all columns but
        ``n``. The frame is consumed: each column is removed as soon as its new column is made.
    ranges : sequence of Range
        The values of each column before ``event``.

    Returns
    -------
    DataFrame
        The same, with the entries before the rows of each combination of these columns.

    Examples
    --------
    >>> ends = pd.DataFrame({"state": [0, 0, 1], "event": [ENTERED, 202, 202], "day": [4, 9, 9], "n": [1, 3, 2]})
    >>> with_entries(ends, [Range("state", 0, 5)]).values.tolist()
    [[0, 200, 0, 2], [0, 200, 4, 1], [0, 202, 9, 3], [1, 200, 0, 2], [1, 202, 9, 2]]
    """
    runs, n = _first_entries_of_runs(counted, ranges)
    run, n = runs[n > 0], n[n > 0]
    entry_rows = run + np.arange(len(run))
    is_counted = np.ones(len(counted) + len(run), dtype=bool)
    is_counted[entry_rows] = False
    entry = {"event": ENTERED, "day": 0, "n": n}
    columns: dict[str, Integers] = {}
    for name in list(map(str, counted)):
        values = counted.pop(name).to_numpy()
        column = columns[name] = np.empty(len(is_counted), dtype=values.dtype)
        column[entry_rows] = entry.get(name, values[run])
        column[is_counted] = values
    return pd.DataFrame(columns, copy=False)


def _starts_run(columns: Sequence[Integers]) -> npt.NDArray[np.bool_]:
    """Return for each row whether it differs from the row before it."""
    starts = np.ones(len(columns[0]), dtype=bool)
    starts[1:] = np.logical_or.reduce([values[1:] != values[:-1] for values in columns])
    return starts


def _first_entries_of_runs(counted: pd.DataFrame, ranges: Sequence[Range]) -> tuple[Integers, Integers]:
    """Return the first row of each combination of the ranges, and its number of ends minus late entries."""
    n = counted["n"].to_numpy()
    runs = np.flatnonzero(_starts_run([counted[column.name].to_numpy() for column in ranges]))
    late = np.flatnonzero(counted["event"].to_numpy() == ENTERED)
    entered = np.bincount(np.searchsorted(runs, late, side="right") - 1, weights=n[late], minlength=len(runs))
    return runs, (np.add.reduceat(n, runs) if len(runs) else n) - 2 * entered.astype(np.int64)


def _first_entries(counted: pd.DataFrame, ranges: Sequence[Range], unit: str | None) -> pd.DataFrame:
    """Return the rows of the entries on day 0.

    A stay that reaches period ends entered on day 0 in its first period, not in the period of its end.
    """
    runs, n = _first_entries_of_runs(counted, ranges)
    key = np.zeros(len(runs), dtype=np.int64)
    for column in ranges:
        key = key * column.size + (counted[column.name].to_numpy()[runs] - column.low)
    packed_keys: list[Integers] = [key]
    numbers: list[Integers] = [n]
    if unit is not None:
        position = next(i for i, column in enumerate(ranges) if column.name == unit)
        weight = math.prod(column.size for column in ranges[position + 1 :])
        period, ends = counted[unit].to_numpy() - ranges[position].low, counted[ENDS].to_numpy()
        rows = np.flatnonzero((ends > 0) & (period + ends < ranges[position].size))
        run = np.repeat(np.arange(len(runs), dtype=np.int32), np.diff(runs, append=len(counted)))[rows]
        packed_keys.append(np.add(key[run], ends[rows] * np.int64(weight)))
        numbers.append(np.negative(counted["n"].to_numpy()[rows]))
    codes, keys = pd.factorize(np.concatenate(packed_keys), sort=True)
    entered: Integers = np.bincount(codes, weights=np.concatenate(numbers), minlength=len(keys)).astype(np.int64)
    entries = unpacked(keys[entered > 0], entered[entered > 0], ranges)
    return entries.assign(event=np.int16(ENTERED), day=np.int32(0))
