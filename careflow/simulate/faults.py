"""Faults of real files, added to made-up records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.errors import ArgumentError
from careflow.simulate.random import Chance, Integers
from careflow.simulate.records import COLUMNS, CUTOFF, SEED, as_date

UNKNOWN_LEVELS = ("sober living", "WM-3.7", "case mgmt")
IMPOSSIBLE_DATES = ("2024-02-30", "2023-11-31", "2025-06-31")
END_OF_TIME = "9999-12-31"

Text = dict[str, npt.NDArray[np.object_]]


@dataclass
class _File:
    """The records as text, to which faults are added, with their dates as integers."""

    text: Text
    admit: Integers
    discharge: Integers
    next_admit: Integers
    open: npt.NDArray[np.bool_]
    cutoff: int
    chance: Chance
    copies: list[tuple[int, dict[str, object]]] = field(default_factory=list)

    def days(self, most: int, n: int) -> Integers:
        return 1 + self.chance.below(most, n)

    def copy(self, row: int, **changes: object) -> None:
        self.copies.append((row, {name: values[row] for name, values in self.text.items()} | changes))


@dataclass(frozen=True)
class Fault:
    """A kind of fault: its name, its description, the rows that can have it, and the function that adds it."""

    name: str
    meaning: str
    fits: Callable[[_File], npt.NDArray[np.bool_]]
    add: Callable[[_File, Integers], None]


def add_faults(
    records: pd.DataFrame, share: float = 0.005, seed: int = SEED, *, cutoff: str | date = CUTOFF
) -> pd.DataFrame:
    """Return the records as text, with faults in a ``share`` of the rows.

    Parameters
    ----------
    records : pandas.DataFrame
        The result of :func:`simulate`; it is not changed.
    share : float
        The share of rows with a fault, 0 to 0.05. The kinds in :data:`FAULTS` are equally frequent; a row has at most
        one fault.
    seed : int
        The same arguments give the same faults.
    cutoff : str or datetime.date
        The cut-off of the records; some faults are dates after it.

    Returns
    -------
    pandas.DataFrame
        The same columns as text, with dates as ``%Y-%m-%d`` and missing values. Duplicates follow the row they repeat,
        so there are a few more rows.

    Raises
    ------
    ArgumentError
        If the share is not in 0 to 0.05, the columns are not those of :func:`simulate`, or there are too few rows.

    Examples
    --------
    >>> from careflow.simulate import add_faults, simulate
    >>> clean = simulate(500)
    >>> faulty = add_faults(clean, share=0.02)
    >>> int(clean.level.isna().sum()), int(faulty.level.isna().sum())
    (0, 2)
    """
    if not 0 <= share <= 0.05:
        raise ArgumentError(f"share is 0 to 0.05 of the rows; it was {share}")
    if tuple(records.columns) != COLUMNS:
        raise ArgumentError(f"the columns are {', '.join(COLUMNS)}, as simulate() makes them")
    day = (as_date("cutoff", cutoff) - date(1970, 1, 1)).days
    file = _as_file(records, day, Chance(seed))
    without_fault = np.ones(len(records), dtype=bool)
    order = file.chance.order(len(records))
    for fault in FAULTS:
        n = fault_counts(len(records), share)[fault.name]
        rows = order[(without_fault & fault.fits(file))[order]][:n]
        if len(rows) < n:
            raise ArgumentError(f"only {len(rows)} of {n} rows can have the fault {fault.name!r}; use a smaller share")
        without_fault[rows] = False
        fault.add(file, rows)
    return _as_frame(file)


def fault_counts(rows: int, share: float = 0.005) -> dict[str, int]:
    """Return the number of faults of each kind that :func:`add_faults` adds to ``rows`` records.

    Examples
    --------
    >>> from careflow.simulate import fault_counts
    >>> sum(fault_counts(14_000).values())
    70
    """
    total = int(rows * share + 0.5)
    return {fault.name: (total + len(FAULTS) - 1 - i) // len(FAULTS) for i, fault in enumerate(FAULTS)}


def _as_file(records: pd.DataFrame, cutoff: int, chance: Chance) -> _File:
    admit, discharge = (records[name].to_numpy(dtype="datetime64[D]") for name in ("admit_date", "discharge_date"))
    open_ = np.isnat(discharge)
    text = {name: np.array(records[name], dtype=object) for name in COLUMNS}
    text["discharge_reason"][records["discharge_reason"].isna().to_numpy()] = None
    text["admit_date"] = admit.astype(str).astype(object)
    text["discharge_date"] = discharge.astype(str).astype(object)
    text["discharge_date"][open_] = None
    days, ends = admit.astype(np.int64), np.where(open_, cutoff + 1, discharge.astype(np.int64))
    order = np.lexsort((ends, days, records["person_id"].to_numpy().astype(str)))
    person = text["person_id"][order]
    follows = (person[1:] == person[:-1]) & (ends[order][1:] > days[order][1:])
    next_admit = np.full(len(records), cutoff + 1, dtype=np.int64)
    next_admit[order[:-1][follows]] = days[order[1:][follows]]
    return _File(text, days, ends, next_admit, open_, cutoff, chance)


def _as_frame(file: _File) -> pd.DataFrame:
    frame = pd.DataFrame(file.text, columns=list(COLUMNS))
    if not file.copies:
        return frame
    copies = pd.DataFrame(
        [copy for _, copy in file.copies], columns=list(COLUMNS), index=[row for row, _ in file.copies]
    )
    return pd.concat([frame, copies]).sort_index(kind="stable").reset_index(drop=True)


def _iso(days: Integers) -> npt.NDArray[np.object_]:
    return days.astype("datetime64[D]").astype(str).astype(object)


def _any(file: _File) -> npt.NDArray[np.bool_]:
    return np.ones(len(file.open), dtype=bool)


def _open(file: _File) -> npt.NDArray[np.bool_]:
    return file.open


def _closed(file: _File) -> npt.NDArray[np.bool_]:
    return ~file.open


def _closed_before_the_end(file: _File) -> npt.NDArray[np.bool_]:
    return ~file.open & (file.discharge + 10 <= file.cutoff)


def _followed_by_a_stay(file: _File) -> npt.NDArray[np.bool_]:
    return ~file.open & (np.maximum(file.next_admit, file.discharge) + 10 <= file.cutoff)


def _blank(column: str) -> Callable[[_File, Integers], None]:
    def add(file: _File, rows: Integers) -> None:
        file.text[column][rows] = None

    return add


def _unknown_level(file: _File, rows: Integers) -> None:
    file.text["level"][rows] = np.resize(np.array(UNKNOWN_LEVELS, dtype=object), len(rows))


def _untidy_level(file: _File, rows: Integers) -> None:
    for i, row in enumerate(rows):
        level = str(file.text["level"][row])
        file.text["level"][row] = (f" {level}", f"{level.upper()} ", level.capitalize())[i % 3]


def _impossible_date(file: _File, rows: Integers) -> None:
    for i, row in enumerate(rows):
        column = ("admit_date", "discharge_date")[i % 2]
        file.text[column][row] = IMPOSSIBLE_DATES[i % len(IMPOSSIBLE_DATES)]


def _reversed(file: _File, rows: Integers) -> None:
    file.text["discharge_date"][rows] = _iso(file.admit[rows] - file.days(20, len(rows)))


def _end_of_time(file: _File, rows: Integers) -> None:
    file.text["discharge_date"][rows] = END_OF_TIME


def _admitted_late(file: _File, rows: Integers) -> None:
    file.text["admit_date"][rows] = _iso(file.cutoff + file.days(20, len(rows)))
    _blank("discharge_date")(file, rows)
    _blank("discharge_reason")(file, rows)


def _discharged_late(file: _File, rows: Integers) -> None:
    file.text["discharge_date"][rows] = _iso(file.cutoff + file.days(20, len(rows)))


def _overlap(file: _File, rows: Integers) -> None:
    later = np.maximum(file.next_admit, file.discharge)[rows] + file.days(10, len(rows))
    file.text["discharge_date"][rows] = _iso(later)


def _double(file: _File, rows: Integers) -> None:
    for row in rows:
        file.copy(int(row))


def _two_discharges(file: _File, rows: Integers) -> None:
    later = _iso(file.discharge[rows] + file.days(10, len(rows)))
    for row, discharge in zip(rows, later, strict=True):
        file.copy(int(row), discharge_date=discharge)


FAULTS = (
    Fault("missing person", "no person_id", _any, _blank("person_id")),
    Fault("missing level", "no level", _any, _blank("level")),
    Fault("unknown level", f"a level of another list: {', '.join(UNKNOWN_LEVELS)}", _any, _unknown_level),
    Fault("untidy level", "spaces around a level, or capital letters in it", _any, _untidy_level),
    Fault("impossible date", "a date that no calendar has, such as 2024-02-30", _closed, _impossible_date),
    Fault("discharge before admission", "a discharge 1 to 20 days before the admission", _closed, _reversed),
    Fault("end of time", f"an open stay discharged on {END_OF_TIME}", _open, _end_of_time),
    Fault("admission after the cut-off", "a stay that begins after the last day of the data", _any, _admitted_late),
    Fault("discharge after the cut-off", "an open stay with the day it is planned to end", _open, _discharged_late),
    Fault("overlap", "a discharge that lies after the person's next admission", _followed_by_a_stay, _overlap),
    Fault("exact duplicate", "a row twice", _any, _double),
    Fault("two discharges", "an episode twice, with two discharge dates", _closed_before_the_end, _two_discharges),
)
"""The kinds of fault, in the order in which they are added."""
