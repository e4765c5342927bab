"""Run a clock over linked stays: fill in the strata and the periods, ask the engine, label the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.arguments.messages import hint
from careflow.continuum.outcomes import REASONS
from careflow.counts.calendar import UNITS, day_number
from careflow.counts.definition import GROUPS, Definition
from careflow.counts.event_tables import ENDLESS, ENTERED, REACHED
from careflow.counts.late_entry import ENDS, spread, with_entries
from careflow.counts.linked_stays import Linked
from careflow.counts.periods import Periods
from careflow.counts.table_names import event_table
from careflow.errors import ArgumentError
from careflow.records.engine.packed_keys import Range
from careflow.records.episodes import unlike

REASON: str = "discharge_reason"
"""The stratum that every discharge has."""

MOVED, FOLLOWED = "moved", "followed"
"""The columns that hold windows in days, and -1 for none."""

_FIELDS: Final = {
    "person_id": "it names people",
    "episode_id": "it names single stays",
    "admit_date": "it is a date; split by 'quarter', 'month' or 'year'",
    "discharge_date": "it is a date; split by 'quarter', 'month' or 'year'",
    "level": "every result has a row for each level already",
}
"""Fields that are no strata, and why."""

MISSING: str = "(missing)"
OPEN: str = "(open)"


def count_table(moves: Linked, clock: str, definition: Definition) -> pd.DataFrame:
    """Count one clock: strata as in ``definition.by`` (periods as integers, others as categoricals), then ``n``."""
    engine = moves.episodes.engine
    cutoff, start = (
        day_number(definition.cutoff),
        -ENDLESS if definition.start is None else day_number(definition.start),
    )
    known = cutoff - definition.within
    by = [name for name in definition.by if clock != "census" or name not in UNITS]
    table = event_table(clock, definition.continuum)
    words: dict[str, object] = {
        "linked": moves.table,
        "strata": "".join(f"{_stratum(moves, name)} AS b{i}, " for i, name in enumerate(by)),
        "names": "".join(f"b{i}, " for i in range(len(by))),
        "within": definition.within,
        "cutoff": cutoff,
        "start": start,
        "known": known,
        **_windows(definition.windows, cutoff),
    }
    with Periods(moves, definition) as periods:
        words |= periods.words(table.sql + table.rows, words)
        parts = [engine.integers(table.sql.format(**words))] if table.sql else []
        if table.rows:
            columns = (*table.columns, ENDS) if table.ends else table.columns
            first = day_number(periods.oldest) if table.dates else 0
            ranges = [*_strata_ranges(moves, by, periods), *_ranges(columns, definition, periods, first)]
            counted = engine.counted(table.rows.format(**words), ranges)
            unit = next((f"b{i}" for i, name in enumerate(by) if name in UNITS), None)
            before = [column for column in ranges if column.name not in ("event", "day", ENDS)]
            if table.ends:
                counted = spread(counted, periods.last_days(), unit, before)
            elif "day" in columns and not table.dates:
                counted = with_entries(counted, before)
            for name in {MOVED, FOLLOWED}.intersection(counted):
                counted[name] = np.array([-1, *definition.windows], dtype=kind_of(name))[counted[name]]
            parts.append(counted)
    frame = _together(parts)
    for i, name in enumerate(by):
        if name not in UNITS:
            frame[f"b{i}"] = _labelled(moves, name, frame[f"b{i}"])
    return frame.rename(columns={f"b{i}": name for i, name in enumerate(by)})


def _windows(windows: Sequence[int], cutoff: int) -> dict[str, str]:
    """Return the SQL of the places, from 1, of the shortest window with the move and of the longest followed."""
    places = list(enumerate(windows, 1))
    moved = "".join(f" WHEN gap <= {w} THEN {i}" for i, w in places[:-1])
    followed = "".join(f" WHEN {cutoff} - end_day >= {w} THEN {i}" for i, w in reversed(places))
    # First what most stays are, for which nothing further is then asked.
    return {
        MOVED: f"CASE WHEN gap > {windows[-1]} THEN 0{moved} ELSE {len(windows)} END",
        FOLLOWED: f"CASE{followed} ELSE 0 END",
    }


def _strata_ranges(moves: Linked, by: Sequence[str], periods: Periods) -> list[Range]:
    """Return what numbers each stratum can have."""
    ranges = []
    for i, name in enumerate(by):
        if name in UNITS:
            ranges.append(Range(f"b{i}", *periods.range(), kind_of(name)))
        else:
            labels = REASONS if name == REASON else moves.episodes.strata[name].labels
            ranges.append(Range(f"b{i}", -1, len(labels) + 1, kind_of(name)))
    return ranges


def _ranges(columns: Sequence[str], definition: Definition, periods: Periods, first: int) -> list[Range]:
    """Return what numbers each thing counted can have; ``first`` is the first day."""
    windows = (0, len(definition.windows) + 1)
    known = {
        "jackknife_group": (0, GROUPS),
        "state": (0, len(definition.continuum)),
        "event": (ENTERED, REACHED - ENTERED + 1) if ENDS in columns else (0, REACHED + 1),
        "day": (first, day_number(definition.cutoff) - day_number(periods.oldest) + 2),
        ENDS: (0, len(periods.last_days()) + 1),
        "reason": (0, len(REASONS)),
        MOVED: windows,
        FOLLOWED: windows,
    }
    return [Range(name, *known[name], kind_of(name)) for name in columns]


def _together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put counts one below the other.

    Codes and days are small numbers: half the memory of the engine's, which is half the time of what reads them.
    """
    if len(parts) == 1 and all(parts[0][name].dtype == kind_of(name) for name in map(str, parts[0])):
        return parts[0]
    columns = {
        name: np.concatenate([part[name].to_numpy() for part in parts], dtype=kind_of(name), casting="same_kind")
        for name in map(str, parts[0])
    }
    return pd.DataFrame(columns, copy=False)


def kind_of(name: str) -> type[np.signedinteger[Any]]:
    """Return the kind of number in a column of counts."""
    return np.int64 if name == "n" else np.int32 if name == "day" else np.int16


def check_strata(moves: Linked, by: Sequence[str]) -> None:
    """Raise unless every stratum exists, once, and at most one of them is a period."""
    known = [*UNITS, REASON, *moves.episodes.strata]
    for name in by:
        if name in moves.episodes.strata:
            stratum = moves.episodes.strata[name]
            check_labels(name, len(stratum.labels), stratum.rows)
        if name in _FIELDS:
            raise ArgumentError(f"cannot split by {name!r}: {_FIELDS[name]}. There are {', '.join(known)}.")
        if name not in known:
            raise ArgumentError(
                f"cannot split by {name!r}{hint(name, known)}: no such column was read. There are {', '.join(known)}; "
                f"read another with read_episodes(..., columns={{{name!r}: <its column in the file>}})."
            )
    if len(set(by)) < len(by):
        raise ArgumentError(f"by= names a stratum twice: {', '.join(by)}")
    if len([name for name in by if name in UNITS]) > 1:
        raise ArgumentError(f"by= takes one of {', '.join(UNITS)} at a time; it was {', '.join(by)}")


def check_labels(name: str, labels: int, rows: int) -> None:
    """Raise if nearly every row has a label of its own: such a column is no stratum, whatever its name."""
    if unlike(labels, rows):
        raise ArgumentError(
            f"cannot split by {name!r}: it has {labels:,} different values in {rows:,} rows, so a value could name a "
            "person. A stratum has few values, each of many rows; put values together before reading."
        )


def _stratum(moves: Linked, name: str) -> str:
    if name in UNITS:
        return "p.period"
    if name == REASON:
        return "CASE WHEN discharge IS NULL THEN -1 ELSE reason END"
    return moves.episodes.strata[name].column


def _labelled(moves: Linked, name: str, codes: pd.Series[int]) -> pd.Categorical[Any]:
    labels = REASONS if name == REASON else moves.episodes.strata[name].labels
    absent = OPEN if name == REASON else MISSING
    places = np.where(codes < 0, len(labels), codes).astype(np.int64)
    return pd.Categorical.from_codes(places, dtype=pd.CategoricalDtype([*labels, absent], ordered=True))


def label_order(name: str, labels: pd.Series[str]) -> pd.CategoricalDtype[Any]:
    """Return the labels of a stratum in the order that linked stays give them: the absent one last."""
    if name == REASON:
        return pd.CategoricalDtype([*REASONS, OPEN], ordered=True)
    return pd.CategoricalDtype([*sorted(set(labels) - {MISSING}), MISSING], ordered=True)


def last_day(definition: Definition, period: int) -> date:
    """Return the last day of a period of the definition's calendar."""
    assert definition.unit is not None
    return definition.calendar.last(period, definition.unit)
