"""Tables as sheets of an Excel workbook: typed cells, and no formula or link made from data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

import numpy as np
import pandas as pd
import xlsxwriter  # type: ignore[import-untyped]

from careflow.formatting import column_kind

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_INK, _MUTED, _ALARM, _HIDDEN = "#1D2329", "#5A6169", "#741A39", "#EDF0F2"
BAND: Final = "#B3122A"
_MARKED: Final = "#FFF3D6"
_WIDEST: Final = 60
_LONGEST_NAME: Final = 31
"""Characters in the name of a sheet, by Excel."""
_NOT_IN_NAMES: Final = str.maketrans("[]:*?/\\", "()-----")


@dataclass(frozen=True)
class Table:
    """A table for a sheet.

    Attributes
    ----------
    name : str
        Of the sheet.
    title : str
        The line above the table; none if empty.
    frame : pandas.DataFrame
        Its values. A missing value is an empty cell, grey in rows whose column ``hidden`` is True.
    reasons : pandas.DataFrame, optional
        Texts instead of missing values, in columns of the same names; ``""`` where there is none.
    hidden_word : str
        The reason that makes a cell grey and empty.
    marked : sequence of bool, optional
        Rows with a yellow ground.
    """

    name: str
    title: str
    frame: pd.DataFrame
    reasons: pd.DataFrame | None = None
    hidden_word: str = ""
    marked: Sequence[bool] | None = None


@contextmanager
def workbook(out: BytesIO, *, title: str, subject: str, made: date) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Open a workbook that is written to ``out``; yield it with its cell formats. Equal content gives equal bytes."""
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        created = datetime.combine(made, datetime.min.time())
        book.set_properties({"title": title, "subject": subject, "author": "careflow", "created": created})
        yield book, _styles(book)


def _styles(book: Any) -> dict[str, Any]:
    plain = {"font_name": "Calibri", "font_color": _INK, "valign": "top"}
    formats: dict[str, dict[str, Any]] = {
        "text": {},
        "wrapped": {"text_wrap": True},
        "title": {"bold": True, "font_size": 18},
        "label": {"bold": True, "font_color": _ALARM},
        "band": {"bold": True, "font_color": "#FFFFFF", "bg_color": BAND},
        "name": {"font_color": _MUTED},
        "head": {"bold": True, "bottom": 1, "text_wrap": True},
        "whole": {"num_format": "#,##0"},
        "share": {"num_format": "0.0%"},
        "number": {"num_format": "#,##0.0"},
        "small": {"num_format": "0.0000"},
        "hidden": {"bg_color": _HIDDEN},
    }
    formats |= {f"{name} marked": formats[name] | {"bg_color": _MARKED} for name in ("whole", "share", "number")}
    return {name: book.add_format(plain | values) for name, values in formats.items()}


def add_table(book: Any, table: Table, styles: Mapping[str, Any]) -> Any:
    """Add a sheet with a table from its third row on, ready to filter and to print; return the sheet."""
    sheet = book.add_worksheet(sheet_name(table.name, book.sheetnames))
    if table.title:
        sheet.write_string(0, 0, table.title, styles["label"])
    frame = table.frame
    in_hidden_row = frame["hidden"].to_numpy(dtype=bool) if "hidden" in frame else np.zeros(len(frame), dtype=bool)
    marked = table.marked if table.marked is not None else [False] * len(frame)
    reasons = {} if table.reasons is None else table.reasons.to_dict("list")
    for column, name in enumerate(frame.columns):
        sheet.write_string(2, column, str(name), styles["head"])
        style = column_kind(str(name))
        longest = len(str(name))
        for row, value in enumerate(frame[name].tolist(), start=3):
            reason = reasons[name][row - 3] if name in reasons else ""
            hidden = pd.isna(value) and (bool(in_hidden_row[row - 3]) or bool(reason and reason == table.hidden_word))
            shown = reason if reason and not hidden else value
            mark = " marked" if marked[row - 3] and f"{style} marked" in styles else ""
            longest = max(longest, write(sheet, row, column, shown, styles["hidden" if hidden else f"{style}{mark}"]))
        sheet.set_column(column, column, min(longest + 2, _WIDEST))
    sheet.freeze_panes(3, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2)
    if len(frame):
        sheet.autofilter(2, 0, 2 + len(frame), len(frame.columns) - 1)
    return sheet


def sheet_name(name: str, taken: Iterable[str] = ()) -> str:
    """Return the name of a sheet in words, as Excel allows it: short, and unlike those taken in any case of letters.

    >>> sheet_name("length_of_stay"), len(sheet_name("x" * 40))
    ('Length of stay', 31)
    >>> sheet_name("x" * 40, ["X" * 31])[-4:]
    'xx 2'
    """
    words = name.replace("_", " ").translate(_NOT_IN_NAMES).strip("' ")
    words, present, number = words[:1].upper() + words[1:], {one.lower() for one in taken}, 1
    out = words[:_LONGEST_NAME]
    while out.lower() in present:
        number += 1
        out = f"{words[: _LONGEST_NAME - len(str(number)) - 1]} {number}"
    return out


def write(sheet: Any, row: int, column: int, value: object, style: Any) -> int:
    """Write one cell by its type; return its width in characters."""
    if pd.isna(value):  # type: ignore[call-overload]
        sheet.write_blank(row, column, None, style)
        return 0
    if isinstance(value, bool | np.bool_):
        sheet.write_boolean(row, column, bool(value))
        return 5
    if isinstance(value, int | float | np.number):
        sheet.write_number(row, column, float(value), style)
        return 8
    sheet.write_string(row, column, str(value), style)
    return len(str(value))
