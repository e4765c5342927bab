"""What the ends of stays say of their beginnings, so that the engine counts each stay once.

Whoever leaves a state or is lost in it has entered it: at an age that is counted, or when the clock began. And a stay
that outlasts periods is counted in the first, with how many ends of periods it reaches, then spread over these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.clocks import CENSORED, ENTERED, REACHED
from careflow.records.packed import Range, unpacked

Integers = npt.NDArray[np.signedinteger[Any]]

ENDS = "ends"
"""The column that says how many ends of periods in a row are reached, from that of the row's own period on."""


def spread(counted: pd.DataFrame, last_days: Mapping[int, int], unit: str | None) -> pd.DataFrame:
    """Make of each end that stays reach one censored in that period, and one who enters the next a day older.

    Parameters
    ----------
    counted : DataFrame
        Columns ``(unit), ..., what, day, ends, n``, in the order of all but ``n``. ``day`` is the age at the end of the
        row's period.
    last_days : dict of int to int
        Period to its last day, in order; nobody enters anything after the last one.
    unit : str or None
        The column of the periods, if there are several.

    Returns
    -------
    DataFrame
        The same columns without ``ends``, each combination once.

    Examples
    --------
    Of three people in care at the end of period 7, at age 10, two are in care at that of period 8 too, 90 days later.

    >>> reached = pd.DataFrame({"period": 7, "what": REACHED, "day": 10, "ends": [1, 2], "n": [1, 2]})
    >>> spread(reached, {7: 100, 8: 190}, "period").values.tolist()
    [[7, 201, 10, 3], [8, 201, 100, 2], [8, 200, 11, 3]]
    """
    through = counted["what"].to_numpy() == REACHED
    others = counted.loc[~through].drop(columns=ENDS)
    names = list(others)
    found = {name: counted[name].to_numpy()[through] for name in [*names, ENDS]}
    place, end, n = _ends_of(found, [name for name in names if name != "n"])
    rows = {name: found[name][place] for name in names} | {"n": n}
    if unit is None:
        return _stacked(others, rows | {"what": np.full(len(n), CENSORED)})
    first = next(iter(last_days))
    last = np.array(list(last_days.values()))
    own = rows[unit] - first
    rows |= {unit: rows[unit] + end, "day": rows["day"] + last[own + end] - last[own]}
    goes_on = rows[unit] < first + len(last) - 1
    later = {name: column[goes_on] for name, column in rows.items()}
    later |= {unit: later[unit] + 1, "day": later["day"] + 1, "what": np.full(len(later["n"]), ENTERED)}
    return _stacked(others, rows | {"what": np.full(len(n), CENSORED)}, later)


def _ends_of(found: Mapping[str, Integers], keys: list[str]) -> tuple[Integers, Integers, Integers]:
    """Return for each end reached the row that tells of it, the how manieth end it is of that row, and who reach it.

    Whoever reaches three ends has reached two: of the rows that differ in ``ends`` alone, later ones count for earlier
    ends, so that each row tells of the ends that the one before it does not.
    """
    ends, n = found[ENDS].astype(np.int64), found["n"]
    fresh = np.ones(len(n), dtype=bool)
    fresh[1:] = np.any([found[key][1:] != found[key][:-1] for key in keys], axis=0)
    before = np.where(fresh, 0, np.roll(ends, 1))
    total = np.cumsum(n)
    starts = np.flatnonzero(fresh)
    stops = np.append(starts[1:], len(n))
    in_all = np.repeat(total[stops - 1], stops - starts)
    times = ends - before
    place = np.repeat(np.arange(len(n)), times)
    end = before[place] + np.arange(len(place)) - (np.cumsum(times) - times)[place]
    return place, end, (in_all - total + n)[place]


def with_entries(counted: pd.DataFrame, ranges: Sequence[Range]) -> pd.DataFrame:
    """Add those who enter at day 0: as many as leave or are lost, less those who enter later.

    Parameters
    ----------
    counted : DataFrame
        Columns ``..., state, what, day, n`` of a counting process, whose later entries are there.
    ranges : sequence of Range
        The numbers in each column before ``what``.

    Returns
    -------
    DataFrame
        The same, with a row more for each combination of these columns.

    Examples
    --------
    >>> ends = pd.DataFrame({"state": [0, 0, 1], "what": [ENTERED, 202, 202], "day": [4, 9, 9], "n": [1, 3, 2]})
    >>> with_entries(ends, [Range("state", 0, 5)]).values.tolist()
    [[0, 200, 4, 1], [0, 202, 9, 3], [1, 202, 9, 2], [0, 200, 0, 2], [1, 200, 0, 2]]
    """
    keys = np.zeros(len(counted), dtype=np.int64)
    for column in ranges:
        keys = keys * column.size + (counted[column.name].to_numpy() - column.low)
    # In the order of the keys, as the engine gives them, they come in few runs.
    runs = np.flatnonzero(np.diff(keys, prepend=-1))
    n = np.where(counted["what"].to_numpy() == ENTERED, -counted["n"].to_numpy(), counted["n"].to_numpy())
    found, place = np.unique(keys[runs], return_inverse=True)
    entered = np.zeros(len(found), dtype=np.int64)
    np.add.at(entered, place, np.add.reduceat(n, runs) if len(runs) else n)
    more = unpacked(found[entered > 0], entered[entered > 0], ranges)
    zero = np.zeros(len(more), dtype=np.int32)
    new: dict[str, Integers] = {name: more[name].to_numpy() for name in map(str, more)}
    return _stacked(counted, new | {"what": zero + ENTERED, "day": zero})


def _stacked(first: pd.DataFrame, *more: Mapping[str, Integers]) -> pd.DataFrame:
    columns = {name: first[name].to_numpy() for name in map(str, first)}
    return pd.DataFrame(
        {name: np.concatenate([own, *(rows[name] for rows in more)], dtype=own.dtype) for name, own in columns.items()},
        copy=False,
    )
