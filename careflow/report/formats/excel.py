"""The report as an Excel workbook: typed cells, no formula from data, charts as pictures with a description."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from careflow.office.workbook import BAND, add_table, workbook
from careflow.office.workbook import Table as SheetTable
from careflow.report.content.content import Content
from careflow.report.content.data_files import Table
from careflow.report.content.figures import Picture
from careflow.report.content.grid import HIDDEN_WORD
from careflow.report.content.release_marks import COLUMN
from careflow.report.modes import FULL, RELEASE

_BAND_WIDTH: Final = 26
"""Columns of a sheet that the band of a full report covers at least."""
_PICTURE: Final = {"x_scale": 0.75, "y_scale": 0.75, "object_position": 3}
_ROWS_A_PICTURE: Final = 20


def document(content: Content, pictures: tuple[Picture, ...]) -> bytes:
    """Return the workbook. The same content gives the same bytes."""
    out = BytesIO()
    made = content.rates.about.cutoff
    with workbook(out, title=content.title, subject=content.label, made=made) as (book, styles):
        _front(book, content, styles)
        _charts(book, content, pictures, styles)
        for table in content.tables:
            _sheet(book, content, table, styles)
    return out.getvalue()


def _front(book: Any, content: Content, styles: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet("Report")
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
        sheet.set_tab_color(BAND)
    sheet.write_string(0, 0, text, styles["band" if content.mode == FULL else "label"])


def _charts(book: Any, content: Content, pictures: tuple[Picture, ...], styles: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet("Charts")
    sheet.hide_gridlines(2)
    _label(sheet, content, content.label, styles)
    shown = [one for one in pictures if one.quarter in ("", content.quarter)]
    # Two pictures on a printed page. A sheet that is fitted to one page would ignore the breaks.
    sheet.set_h_pagebreaks([2 + position * _ROWS_A_PICTURE for position in range(2, len(shown), 2)])
    for position, picture in enumerate(shown):
        options = {**_PICTURE, "description": picture.alt, "image_data": BytesIO(picture.png.read_bytes())}
        sheet.insert_image(2 + position * _ROWS_A_PICTURE, 0, f"{picture.name}.png", options)


def _sheet(book: Any, content: Content, table: Table, styles: Mapping[str, Any]) -> None:
    frame = table.frame
    marked = frame[COLUMN].tolist() if COLUMN in frame else None
    sheet = add_table(book, SheetTable(table.name, "", frame, table.reasons, HIDDEN_WORD, marked), styles)
    _label(sheet, content, f"{table.title}. {content.label}.", styles)
