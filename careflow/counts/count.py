"""Count one event table of linked stays: its SQL with strata and periods, and labels for the result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.arguments.messages import choice, hint
from careflow.continuum.outcomes import REASONS
from careflow.counts.calendar import UNITS, day_number
from careflow.counts.definition import GROUPS, Definition
from careflow.counts.event_tables import ENDLESS, ENTERED, REACHED
from careflow.counts.late_entry import ENDS, split_at_period_ends, with_entries
from careflow.counts.linked_stays import Linked
from careflow.counts.periods import Periods
from careflow.counts.table_names import event_table
from careflow.errors import ArgumentError, MeasureError
from careflow.records.engine.packed_keys import Range
from careflow.records.episodes import unlike

REASON: str = "discharge_reason"
"""The stratum that every discharge has."""

MOVED, FOLLOWED = "moved", "followed"
"""The columns with windows in days; -1 for none."""

_FIELDS: Final = {
    "person_id": "it names people",
    "episode_id": "it names single stays",
    "admit_date": "it is a date; split by 'quarter', 'month' or 'year'",
    "discharge_date": "it is a date; split by 'quarter', 'month' or 'year'",
    "level": "every result has a row for each level already",
}
"""Fields that are no strata, and why."""

FLAGS: Final = "flags"
"""The column with the flags of stays, separated by spaces."""

MISSING: str = "(missing)"
OPEN: str = "(open)"


def count_table(moves: Linked, name: str, definition: Definition) -> pd.DataFrame:
    """Count an event table: the strata (periods as integers, others as categoricals), its columns, then ``n``."""
    engine = moves.episodes.engine
    table = event_table(name, definition.continuum, definition.measures)
    cutoff = day_number(definition.cutoff) - table.before
    start = -ENDLESS if definition.start is None else day_number(definition.start)
    by = [stratum for stratum in definition.by if not table.dates or stratum not in UNITS]
    parameters: dict[str, object] = {
        "linked": f"(SELECT * FROM {moves.table} WHERE admit <= {cutoff})" if table.before else moves.table,
        "strata": "".join(f"{_stratum(moves, stratum)} AS b{i}, " for i, stratum in enumerate(by)),
        "names": "".join(f"b{i}, " for i in range(len(by))),
        "within": definition.within,
        "cutoff": cutoff,
        "start": start,
        "last_followed": cutoff - definition.within,
        **_windows(definition.windows, cutoff),
    }
    if table.flags:
        parameters["flagged"] = flagged_sql(moves, table.flags)
    with Periods(moves, definition) as periods:
        parameters |= periods.parameters(table.sql + table.rows, parameters)
        parts = [engine.integers(table.sql.format(**parameters))] if table.sql else []
        if table.rows:
            columns = (*table.columns, ENDS) if table.ends else table.columns
            first = day_number(periods.oldest) if table.dates else 0
            ranges = [*_strata_ranges(moves, by, periods), *_ranges(columns, definition, periods, first)]
            counted = engine.counted(table.rows.format(**parameters), ranges)
            unit = next((f"b{i}" for i, stratum in enumerate(by) if stratum in UNITS), None)
            key_ranges = [column for column in ranges if column.name not in ("event", "day", ENDS)]
            if table.ends:
                counted = split_at_period_ends(counted, periods.last_days(), unit, key_ranges)
            elif "day" in columns and not table.dates:
                counted = with_entries(counted, key_ranges)
            for column in {MOVED, FOLLOWED}.intersection(counted):
                counted[column] = np.array([-1, *definition.windows], dtype=dtype_of(column))[counted[column]]
            parts.append(counted)
    frame = _concatenated(parts)
    for i, stratum in enumerate(by):
        if stratum not in UNITS:
            frame[f"b{i}"] = _labelled(moves, stratum, frame[f"b{i}"])
    return frame.rename(columns={f"b{i}": stratum for i, stratum in enumerate(by)})


def flagged_sql(moves: Linked, flags: Sequence[str]) -> str:
    """Return the condition of stays with one of some flags: those of their level, and of a column ``flags``.

    Raises
    ------
    MeasureError
        If no stay can have one.
    """
    care = moves.episodes.continuum
    levels = [i for i, level in enumerate(care.levels) if set(level.flags) & set(flags)]
    column = moves.episodes.strata.get(FLAGS)
    if not levels and column is None:
        raise MeasureError(
            f"no level of {care.name} has the flag {choice(flags)}, and no column {FLAGS!r} was read; take a continuum "
            f"whose levels have it, or read_episodes(..., columns={{{FLAGS!r}: 'its column in the file'}})"
        )
    codes = [] if column is None else [i for i, label in enumerate(column.labels) if set(label.split()) & set(flags)]
    parts = [
        f"{name} IN ({', '.join(map(str, each))})"
        for name, each in (("level", levels), (column and column.column, codes))
        if each
    ]
    return f"({' OR '.join(parts)})" if parts else "false"


def _windows(windows: Sequence[int], cutoff: int) -> dict[str, str]:
    """Return the SQL of the positions, from 1, of the shortest window with the move and the longest one followed."""
    numbered = list(enumerate(windows, 1))
    moved = "".join(f" WHEN gap <= {w} THEN {i}" for i, w in numbered[:-1])
    followed = "".join(f" WHEN {cutoff} - end_day >= {w} THEN {i}" for i, w in reversed(numbered))
    # The most frequent case comes first, so that the others are rarely evaluated.
    return {
        MOVED: f"CASE WHEN gap > {windows[-1]} THEN 0{moved} ELSE {len(windows)} END",
        FOLLOWED: f"CASE{followed} ELSE 0 END",
    }


def _strata_ranges(moves: Linked, by: Sequence[str], periods: Periods) -> list[Range]:
    """Return the range of codes of each stratum."""
    ranges = []
    for i, name in enumerate(by):
        if name in UNITS:
            ranges.append(Range(f"b{i}", *periods.range(), dtype_of(name)))
        else:
            labels = REASONS if name == REASON else moves.episodes.strata[name].labels
            ranges.append(Range(f"b{i}", -1, len(labels) + 1, dtype_of(name)))
    return ranges


def _ranges(columns: Sequence[str], definition: Definition, periods: Periods, first: int) -> list[Range]:
    """Return the range of values of each column; ``first`` is the first value of ``day``."""
    windows = (0, len(definition.windows) + 1)
    limits = {
        "jackknife_group": (0, GROUPS),
        "state": (0, len(definition.continuum)),
        "event": (ENTERED, REACHED - ENTERED + 1) if ENDS in columns else (0, REACHED + 1),
        "day": (first, day_number(definition.cutoff) - day_number(periods.oldest) + 2),
        ENDS: (0, len(periods.last_days()) + 1),
        "reason": (0, len(REASONS)),
        MOVED: windows,
        FOLLOWED: windows,
    }
    return [Range(name, *limits[name], dtype_of(name)) for name in columns]


def _concatenated(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate counts, with small integer types: half the memory of the engine's types takes half the time."""
    if len(parts) == 1 and all(parts[0][name].dtype == dtype_of(name) for name in map(str, parts[0])):
        return parts[0]
    columns = {
        name: np.concatenate([part[name].to_numpy() for part in parts], dtype=dtype_of(name), casting="same_kind")
        for name in map(str, parts[0])
    }
    return pd.DataFrame(columns, copy=False)


def dtype_of(name: str) -> type[np.signedinteger[Any]]:
    """Return the integer type of a column of counts."""
    return np.int64 if name == "n" else np.int32 if name == "day" else np.int16


def check_strata(moves: Linked, by: Sequence[str]) -> None:
    """Raise unless every stratum exists and occurs once, and at most one of them is a period."""
    allowed = [*UNITS, REASON, *moves.episodes.strata]
    for name in by:
        if name in moves.episodes.strata:
            stratum = moves.episodes.strata[name]
            check_labels(name, len(stratum.labels), stratum.rows)
        if name in _FIELDS:
            raise ArgumentError(f"cannot split by {name!r}: {_FIELDS[name]}. There are {', '.join(allowed)}.")
        if name not in allowed:
            raise ArgumentError(
                f"cannot split by {name!r}{hint(name, allowed)}: no such column was read. There are "
                f"{', '.join(allowed)}; read another with "
                f"read_episodes(..., columns={{{name!r}: 'its column in the file'}})."
            )
    if len(set(by)) < len(by):
        raise ArgumentError(f"by= names a stratum twice: {', '.join(by)}")
    if len([name for name in by if name in UNITS]) > 1:
        raise ArgumentError(f"by= takes one of {', '.join(UNITS)} at a time; it was {', '.join(by)}")


def check_labels(name: str, labels: int, rows: int) -> None:
    """Raise if nearly every row has a label of its own: such a column identifies persons and is no stratum."""
    if unlike(labels, rows):
        raise ArgumentError(
            f"cannot split by {name!r}: it has {labels:,} different values in {rows:,} rows, so a value could name a "
            "person. A stratum has few values, each of many rows; merge values before reading."
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
    label_codes = np.where(codes < 0, len(labels), codes).astype(np.int64)
    return pd.Categorical.from_codes(label_codes, dtype=pd.CategoricalDtype([*labels, absent], ordered=True))


def label_order(name: str, labels: pd.Series[str]) -> pd.CategoricalDtype[Any]:
    """Return the labels of a stratum in the order of linked stays: the label of missing values last."""
    if name == REASON:
        return pd.CategoricalDtype([*REASONS, OPEN], ordered=True)
    return pd.CategoricalDtype([*sorted(set(labels) - {MISSING}), MISSING], ordered=True)


def last_day(definition: Definition, period: int) -> date:
    """Return the last day of a period of the definition's calendar."""
    assert definition.unit is not None
    return definition.calendar.last(period, definition.unit)
