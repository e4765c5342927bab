"""In a full report, the numbers that a release would hide are marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import pandas as pd

from careflow.report.content.data_files import Table
from careflow.report.content.grid import IMPOSSIBLE, NOTHING, Cell, Grid
from careflow.report.content.quarters import Period

MARK: Final = "†"
COLUMN: Final = "hidden_in_release"
"""The column of the tables that says whether a release would hide the row."""
NOTE: Final = f"{MARK}: a release would hide it."
_KEYS: Final = ("quarter", "before", "level", "from", "to", "direction", "measure", "against")
"""Columns that say what a row of a table is of; of pathways it is their steps."""


def mark_periods(full: tuple[Period, ...], released: tuple[Period, ...]) -> tuple[Period, ...]:
    """Return the tables of every quarter with the cells marked that a release would hide.

    Parameters
    ----------
    full : tuple of Period
        With every number.
    released : tuple of Period
        What a release would show; empty where no release is possible.
    """
    shown = {period.name: period for period in released}
    return tuple(_mark_period(period, shown.get(period.name)) for period in full)


def _mark_period(full: Period, released: Period | None) -> Period:
    return replace(
        full,
        key=mark_grid(full.key, None if released is None else released.key),
        moves=mark_grid(full.moves, None if released is None else released.moves),
        changes=full.changes and mark_grid(full.changes, None if released is None else released.changes),
        newest=full.newest and mark_grid(full.newest, None if released is None else released.newest),
        census=full.census and mark_grid(full.census, None if released is None else released.census),
    )


def mark_grid(full: Grid, released: Grid | None) -> Grid:
    """Return a table with a mark at each number that the table of a release hides or lacks.

    Examples
    --------
    >>> def grid(*cells):
    ...     return Grid("", ("Level", "n", "Rate"), ((Cell("PHP", number=False), *cells),))
    >>> marked = mark_grid(grid(Cell("9"), Cell("40%")), grid(Cell("s", hidden=True), Cell("40%")))
    >>> [cell.text for cell in marked.rows[0]], marked.note
    (['PHP', '9†', '40%'], '†: a release would hide it.')
    """
    shown = {} if released is None else {_key(row): dict(zip(released.head, row, strict=True)) for row in released.rows}
    rows = tuple(
        tuple(
            cell if _is_shown(cell, shown.get(_key(row), {}).get(name)) else replace(cell, text=f"{cell.text}{MARK}")
            for name, cell in zip(full.head, row, strict=True)
        )
        for row in full.rows
    )
    if rows == full.rows:
        return full
    return replace(full, rows=rows, note=f"{full.note} {NOTE}".strip())


def mark_table(full: Table, released: Iterable[Table]) -> Table:
    """Return a table of results with a column that says which rows a release would hide; other tables as they are."""
    frame = full.frame
    keys = [name for name in frame.columns if name in _KEYS or str(name).startswith("step_")]
    if not keys:
        return full
    shown: set[tuple[str, ...]] = set()
    for table in released:
        if table.name == full.name:
            rows = table.frame
            rows = rows[~rows["hidden"].to_numpy(dtype=bool)] if "hidden" in rows else rows
            shown |= set(rows[keys].astype(str).itertuples(index=False, name=None))
    hidden = [row not in shown for row in frame[keys].astype(str).itertuples(index=False, name=None)]
    at = list(frame.columns).index("hidden") if "hidden" in frame else len(frame.columns)
    marked = frame.copy()
    marked.insert(at, COLUMN, pd.Series(hidden, index=frame.index, dtype=bool))
    return replace(full, frame=marked)


def _key(row: tuple[Cell, ...]) -> tuple[str, ...]:
    """Return what a row is of: its words before the first number."""
    words = []
    for cell in row:
        if cell.number:
            break
        words.append(cell.text)
    return tuple(words)


def _is_shown(cell: Cell, released: Cell | None) -> bool:
    """Say whether a release shows all of a cell; words and cells without a number are no secret."""
    if not cell.number or cell.text in (NOTHING.text, IMPOSSIBLE.text):
        return True
    if released is None or released.hidden or released.text == NOTHING.text:
        return False
    return not cell.beside or (bool(released.beside) and released.beside.count("…") <= cell.beside.count("…"))
