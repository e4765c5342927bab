"""Excel and OpenDocument workbooks, read with python-calamine: one sheet, with column names in its first row."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from careflow.errors import ArgumentError, RecordError
from careflow.records.files.dataframes import PandasSource
from careflow.records.files.size_limits import SizeLimits
from careflow.records.files.workbook_size import check_workbook
from careflow.records.lost_digits import LONG


def open_workbook(path: Path, label: str, sheet: str | None, limits: SizeLimits) -> PandasSource:
    """Read a sheet of a workbook.

    Raises
    ------
    RecordError
        The workbook is damaged, encrypted or too large; it has several sheets and none is named; or python-calamine is
        not installed.
    ArgumentError
        ``sheet=`` is not one of its sheets.
    """
    calamine = _calamine()
    check_workbook(path, limits)
    book = _load(calamine, path)
    names = list(book.sheet_names)
    if sheet is not None and sheet not in names:
        raise ArgumentError(f"sheet= names none of the {len(names)} sheets of {label}.")
    rows = {name: _rows(book, name) for name in ([sheet] if sheet else names)}
    filled = [name for name, cells in rows.items() if cells]
    if not filled:
        raise RecordError("the workbook is empty.")
    if len(filled) > 1:
        raise RecordError(f"the workbook has {len(filled)} sheets that are not empty. Say which: sheet='its name'.")
    return PandasSource(_frame(rows[filled[0]]), label)


def _calamine() -> Any:
    try:
        return import_module("python_calamine")
    except ModuleNotFoundError:
        pass
    raise RecordError("reading a workbook needs python-calamine: pip install python-calamine")


def _load(calamine: Any, path: Path) -> Any:
    try:
        return calamine.CalamineWorkbook.from_path(str(path))
    except Exception:  # the reader's errors may quote cells
        pass
    raise RecordError("the workbook cannot be read: it is truncated, damaged or encrypted.")


def _rows(book: Any, name: str) -> list[list[Any]]:
    try:
        return list(book.get_sheet_by_name(name).to_python(skip_empty_area=True))
    except Exception:  # the reader's errors may quote cells
        pass
    raise RecordError("a sheet of the workbook cannot be read: it is damaged.")


def _frame(rows: list[list[Any]]) -> pd.DataFrame:
    width = len(rows[0])
    cells = [[_plain(cell) for cell in row[:width]] for row in rows[1:] if any(cell != "" for cell in row)]
    frame = pd.DataFrame(cells, dtype=object, columns=range(width))
    frame.columns = pd.Index([str(_plain(name) or "") for name in rows[0]])
    return frame


def _plain(cell: Any) -> Any:
    # Workbooks store all numbers as floating numbers; whole ones below 10**15 are exact.
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < LONG:
        return int(cell)
    return None if cell == "" else cell
