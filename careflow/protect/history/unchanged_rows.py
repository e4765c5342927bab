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
    parts: list[pd.DataFrame] = []
    start = 0
    for stop in range(1, len(blocks) + 1):
        if stop < len(blocks) and blocks[stop] == blocks[start]:
            continue
        part = frame.iloc[start:stop]
        parts.append(_stored_rows(part, stored[blocks[start]].get(table, [])) if blocks[start] in unchanged else part)
        start = stop
    if not parts:
        return frame
    return pd.concat(parts, ignore_index=True).astype(frame.dtypes.to_dict())[list(frame.columns)]


def _stored_rows(part: pd.DataFrame, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the stored rows with the columns of today's part."""
    frame = pd.DataFrame(rows, columns=list(part.columns))
    for name in part.columns:
        if name in ALWAYS_NEW and len(part):
            frame[name] = part[name].iloc[0]
    return frame.astype(part.dtypes.to_dict())
