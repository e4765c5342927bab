"""Rows as first published: kept in the ledger, and printed again while their changes are below the threshold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from careflow.estimate.result import Result
from careflow.protect.cells.cell_table import records
from careflow.protect.results.registry import Block

R = TypeVar("R", bound=Result)
ALWAYS_NEW: Final = ("mature",)
"""Columns that depend on the calendar alone: always printed as of now."""


def rows_by_block(result: Result, tables: tuple[str, ...], block: Block) -> dict[str, dict[str, Any]]:
    """Return the printed rows of each block, per table, as plain values."""
    rows: dict[str, dict[str, Any]] = {}
    for table in tables:
        for record in records(getattr(result, table)):
            block_rows = rows.setdefault(block(result, record), {})
            block_rows.setdefault(table, []).append({name: _plain(value) for name, value in record.items()})
    return rows


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value


def with_unchanged_rows(
    result: R, tables: tuple[str, ...], block: Block, stored: dict[str, dict[str, Any]], unchanged: set[str]
) -> R:
    """Return the result with the rows of unchanged blocks as they were first published."""
    if not unchanged:
        return result
    changes: dict[str, Any] = {
        table: _table_with_unchanged_rows(result, table, block, stored, unchanged) for table in tables
    }
    return replace(result, **changes)


def _table_with_unchanged_rows(
    result: Result, table: str, block: Block, stored: dict[str, dict[str, Any]], unchanged: set[str]
) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(result, table)
    blocks = [block(result, record) for record in records(frame)]
    kept = np.array([name not in unchanged for name in blocks], dtype=np.bool_)
    if kept.all():
        return frame
    always_new = {name: frame[name].tolist() for name in ALWAYS_NEW if name in frame}
    rows: list[dict[str, Any]] = []
    places: list[int] = []
    for place in np.flatnonzero(~kept).tolist():
        if place and blocks[place] == blocks[place - 1]:
            continue
        new = {name: values[place] for name, values in always_new.items()}
        rows += [row | new for row in stored[blocks[place]].get(table, [])]
        places += [place] * (len(rows) - len(places))
    columns, dtypes = list(frame.columns), frame.dtypes.to_dict()
    as_before = pd.DataFrame(rows, columns=columns).astype(dtypes)
    parts = [part for part in (frame[kept], as_before) if len(part)]
    if not parts:
        return frame
    order = np.argsort(np.concatenate([np.flatnonzero(kept), places]), kind="stable")
    return pd.concat(parts, ignore_index=True).iloc[order].reset_index(drop=True).astype(dtypes)
