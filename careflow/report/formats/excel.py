"""The report as an Excel workbook: typed cells, no formula from data, charts as pictures with a description."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import numpy as np
import pandas as pd
import xlsxwriter  # type: ignore[import-untyped]

from careflow.report.content.content import Content
from careflow.report.content.data_files import Table
from careflow.report.content.figures import Picture
from careflow.report.content.grid import HIDDEN_WORD
from careflow.report.content.release_marks import COLUMN
from careflow.report.modes import FULL, RELEASE

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_SHARES: Final = frozenset({"rate", "rate_before", "difference", "se", "low", "high", "followed", "share"})
_WHOLE: Final = frozenset({"n", "of", "open", "opening", "admitted", "discharged", "closing", "person_days"})
_INK, _MUTED, _ALARM, _HIDDEN = "#1D2329", "#5A6169", "#741A39", "#EDF0F2"
_BAND, _MARKED = "#B3122A", "#FFF3D6"
_BAND_WIDTH: Final = 26
"""Columns of a sheet that the band of a full report covers at least."""
_WIDEST: Final = 60
_PICTURE: Final = {"x_scale": 0.75, "y_scale": 0.75, "object_position": 3}
_ROWS_A_PICTURE: Final = 20


def document(content: Content, pictures: tuple[Picture, ...]) -> bytes:
    """Return the workbook. The same content gives the same bytes."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as workbook:
        workbook.set_properties(
            {
                "title": content.title,
                "subject": content.label,
                "author": "careflow",
                "created": datetime.combine(content.rates.about.cutoff, datetime.min.time()),
            }
        )
        styles = _styles(workbook)
        _front(workbook, content, styles)
        _charts(workbook, content, pictures, styles)
        for table in content.tables:
            _sheet(workbook, content, table, styles)
    return out.getvalue()


def _styles(workbook: xlsxwriter.Workbook) -> dict[str, Any]:
    plain = {"font_name": "Calibri", "font_color": _INK, "valign": "top"}
    formats: dict[str, dict[str, Any]] = {
        "text": {},
        "wrapped": {"text_wrap": True},
        "title": {"bold": True, "font_size": 18},
        "label": {"bold": True, "font_color": _ALARM},
        "band": {"bold": True, "font_color": "#FFFFFF", "bg_color": _BAND},
        "name": {"font_color": _MUTED},
        "head": {"bold": True, "bottom": 1, "text_wrap": True},
        "whole": {"num_format": "#,##0"},
        "share": {"num_format": "0.0%"},
        "number": {"num_format": "#,##0.0"},
        "hidden": {"bg_color": _HIDDEN},
    }
    formats |= {f"{name} marked": formats[name] | {"bg_color": _MARKED} for name in ("whole", "share", "number")}
    return {name: workbook.add_format(plain | values) for name, values in formats.items()}


def _front(workbook: xlsxwriter.Workbook, content: Content, styles: Mapping[str, Any]) -> None:
    sheet = workbook.add_worksheet("Report")
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    _label(sheet, content, content.label, styles)
    sheet.write_string(1, 0, content.title, styles["title"])
    row = 3
    for sentence in content.summary:
        sheet.merge_range(row, 0, row, 1, "", styles["wrapped"])
        sheet.write_string(row, 0, sentence, styles["wrapped"])
        sheet.set_row(row, 32)
        row += 1
    for name, value in (*content.facts, *content.attrition.steps):
        row += 1
        sheet.write_string(row, 0, name, styles["name"])
        sheet.write_string(row, 1, value, styles["text"])
    note = "Grey cells are hidden: they show small numbers of people."
    if content.mode == FULL:
        note = "Nothing is hidden. A release would hide the numbers in yellow rows."
    sheet.write_string(row + 2, 0, note, styles["text"])
    sheet.merge_range(row + 3, 0, row + 3, 1, "", styles["wrapped"])
    sheet.write_string(row + 3, 0, content.statement, styles["wrapped"])
    sheet.set_row(row + 3, 90 if content.mode == RELEASE else 32)


def _label(sheet: Any, content: Content, text: str, styles: Mapping[str, Any]) -> None:
    """Say at the top of a sheet, and of each of its printed pages, who may see it; in a full report on a red band."""
    sheet.set_header(f"&L{content.label.replace('&', '&&')}&R&A")
    if content.mode == FULL:
        for column in range(1, _BAND_WIDTH):
            sheet.write_blank(0, column, None, styles["band"])
        sheet.set_tab_color(_BAND)
    sheet.write_string(0, 0, text, styles["band" if content.mode == FULL else "label"])


def _charts(
    workbook: xlsxwriter.Workbook, content: Content, pictures: tuple[Picture, ...], styles: Mapping[str, Any]
) -> None:
    sheet = workbook.add_worksheet("Charts")
    sheet.hide_gridlines(2)
    _label(sheet, content, content.label, styles)
    shown = [one for one in pictures if one.quarter in ("", content.quarter)]
    # Two pictures on a printed page. A sheet that is fitted to one page would ignore the breaks.
    sheet.set_h_pagebreaks([2 + position * _ROWS_A_PICTURE for position in range(2, len(shown), 2)])
    for position, picture in enumerate(shown):
        options = {**_PICTURE, "description": picture.alt, "image_data": BytesIO(picture.png.read_bytes())}
        sheet.insert_image(2 + position * _ROWS_A_PICTURE, 0, f"{picture.name}.png", options)


def _sheet(workbook: xlsxwriter.Workbook, content: Content, table: Table, styles: Mapping[str, Any]) -> None:
    sheet = workbook.add_worksheet(table.name.replace("_", " ").capitalize())
    _label(sheet, content, f"{table.title}. {content.label}.", styles)
    frame = table.frame
    in_hidden_row = frame["hidden"].to_numpy(dtype=bool) if "hidden" in frame else np.zeros(len(frame), dtype=bool)
    marked = frame[COLUMN].to_numpy(dtype=bool) if COLUMN in frame else np.zeros(len(frame), dtype=bool)
    reasons = {} if table.reasons is None else table.reasons.to_dict("list")
    for column, name in enumerate(frame.columns):
        sheet.write_string(2, column, str(name), styles["head"])
        style = _style(str(name))
        longest = len(str(name))
        for row, value in enumerate(frame[name].tolist(), start=3):
            reason = reasons[name][row - 3] if name in reasons else ""
            hidden = pd.isna(value) and (bool(in_hidden_row[row - 3]) or reason == HIDDEN_WORD)
            shown = reason if reason and not hidden else value
            mark = " marked" if marked[row - 3] and f"{style} marked" in styles else ""
            longest = max(longest, _write(sheet, row, column, shown, styles["hidden" if hidden else f"{style}{mark}"]))
        sheet.set_column(column, column, min(longest + 2, _WIDEST))
    sheet.freeze_panes(3, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2)
    if len(frame):
        sheet.autofilter(2, 0, 2 + len(frame), len(frame.columns) - 1)


def _style(name: str) -> str:
    if name in _SHARES:
        return "share"
    if name in _WHOLE:
        return "whole"
    return "wrapped" if name in ("meaning", "facts", "note") else "number"


def _write(sheet: Any, row: int, column: int, value: object, style: Any) -> int:
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
