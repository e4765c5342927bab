"""The report as PowerPoint: trends as native charts, other charts as pictures with a description."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import pptx
from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
from pptx.util import Inches, Pt

from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.report.content.content import Content
from careflow.report.content.figures import GROUPS, PATHWAYS, Picture, for_slide
from careflow.report.content.grid import Grid
from careflow.report.content.quarters import LEFT_EARLY
from careflow.report.formats.powerpoint_charts import add_trends, lines_of
from careflow.report.modes import FULL

_Colour: Any = RGBColor  # python-pptx says that it is typed, and is in part
_WIDE, _TALL = Inches(13.333), Inches(7.5)
_LEFT, _TOP, _ROOM = Inches(0.6), Inches(1.25), Inches(12.13)
_INK, _MUTED, _ALARM = (_Colour.from_string(c) for c in ("1D2329", "5A6169", "741A39"))
_BAND, _WHITE = (_Colour.from_string(c) for c in ("B3122A", "FFFFFF"))
_TRENDS: Final = ((STEP_DOWN, "stepped down"), (STEP_UP, "stepped up"), (LEFT_EARLY, "left early"))
_ROWS_A_SLIDE: Final = 14
_WRITTEN: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_CROWDED: Final = 7
"""In a table of more columns the intervals stand on a second line."""


def document(content: Content, pictures: tuple[Picture, ...]) -> bytes:
    """Return the slides. The same content gives the same bytes."""
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = _WIDE, _TALL
    about, stamp = deck.core_properties, datetime.combine(content.rates.about.cutoff, datetime.min.time())
    about.title, about.subject, about.author, about.last_modified_by = (
        content.title,
        content.label,
        "careflow",
        "careflow",
    )
    about.created = about.modified = stamp
    _opening(deck, content)
    chosen = content.chosen
    _table(deck, content, chosen.key)
    for picture in pictures:
        if picture.quarter == content.quarter:
            _picture(deck, content, picture)
    for measure, words in _TRENDS:
        _trend(deck, content, measure, words)
    for picture in pictures:
        if picture.name in ("trend_length_of_stay", "census", PATHWAYS):
            _picture(deck, content, picture)
    if content.since is not None and content.since.rows:
        _table(deck, content, content.since)
    if content.groups is not None:
        _table(deck, content, content.groups.overview)
        for picture in pictures:
            if picture.name.startswith(GROUPS):
                _picture(deck, content, picture)
        for _, grid in content.groups.tables:
            _table(deck, content, grid)
    for grid in (*content.newest, chosen.census, content.pathways):
        if grid is not None:
            _table(deck, content, grid)
    if chosen.changes is not None and chosen.changes.rows:
        _table(deck, content, chosen.changes)
    _definitions(deck, content)
    out = BytesIO()
    deck.save(out)
    return _undated(out.getvalue())


def _slide(deck: Any, content: Content, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[5])  # title only
    box = slide.shapes.title
    box.left, box.top, box.width, box.height = _LEFT, Inches(0.35), _ROOM, Inches(0.8)
    _say(box.text_frame, title, 26, bold=True)
    if content.mode == FULL:
        band = slide.shapes.add_textbox(0, 0, _WIDE, Inches(0.32))
        band.fill.solid()
        band.fill.fore_color.rgb = _BAND
        _say(band.text_frame, content.label, 12, bold=True, colour=_WHITE)
        band.text_frame.paragraphs[0].alignment = PP_ALIGN.CENTER
    foot = slide.shapes.add_textbox(_LEFT, Inches(7.0), _ROOM, Inches(0.35))
    _say(foot.text_frame, f"{content.label}. Source: {content.source or 'not named'}.", 11, colour=_ALARM)
    return slide


def _opening(deck: Any, content: Content) -> None:
    slide = _slide(deck, content, content.title)
    body = slide.shapes.add_textbox(_LEFT, Inches(1.6), _ROOM, Inches(4)).text_frame
    body.word_wrap = True
    for place, sentence in enumerate(content.summary):
        line = body.paragraphs[0] if place == 0 else body.add_paragraph()
        _run(line, sentence, 15)
        line.space_after = Pt(10)


def _picture(deck: Any, content: Content, picture: Picture) -> None:
    slide = _slide(deck, content, picture.heading)
    shape = slide.shapes.add_picture(BytesIO(for_slide(picture)), _LEFT, _TOP, height=Inches(5.75))
    if shape.width > _ROOM:
        shape.height, shape.width = int(shape.height * _ROOM / shape.width), _ROOM
    shape.left = int((_WIDE - shape.width) / 2)
    shape._element._nvXxPr.cNvPr.set("descr", picture.alt)


def _table(deck: Any, content: Content, grid: Grid) -> None:
    crowded = len(grid.head) > _CROWDED
    most = _ROWS_A_SLIDE // (2 if crowded else 1)
    for start in range(0, max(len(grid.rows), 1), most):
        rows = grid.rows[start : start + most]
        slide = _slide(deck, content, grid.title + ("" if start == 0 else ", continued"))
        tall = Inches(0.36) * (len(rows) + 1)
        table = slide.shapes.add_table(len(rows) + 1, len(grid.head), _LEFT, _TOP, _ROOM, tall).table
        first = Inches(2.4 if crowded else 2.9)
        for place, column in enumerate(table.columns):
            column.width = first if place == 0 else int((_ROOM - first) / (len(grid.head) - 1))
        for place, name in enumerate(grid.head):
            _cell(table.cell(0, place), name, number=bool(rows) and rows[0][place].number, head=True)
        for y, row in enumerate(rows, start=1):
            for x, one in enumerate(row):
                _cell(table.cell(y, x), one.text, one.beside, number=one.number, below=crowded)
        slide.notes_slide.notes_text_frame.text = grid.note


def _cell(cell: Any, text: str, beside: str = "", *, number: bool, head: bool = False, below: bool = False) -> None:
    cell.fill.background()
    cell.margin_top = cell.margin_bottom = Pt(3)
    cell.margin_left = cell.margin_right = Pt(3)
    _say(cell.text_frame, text, 12, bold=head, colour=_MUTED if head else _INK)
    if beside:
        line = cell.text_frame.add_paragraph() if below else cell.text_frame.paragraphs[0]
        _run(line, beside if below else f"  {beside}", 11, colour=_MUTED)
    for line in cell.text_frame.paragraphs:
        line.alignment = PP_ALIGN.RIGHT if number else PP_ALIGN.LEFT


def _trend(deck: Any, content: Content, measure: str, words: str) -> None:
    """Draw a rate by quarter, one chart for each level."""
    lines, others = lines_of(content, measure)
    if not lines:
        return
    slide = _slide(deck, content, f"Discharges that {words} within {content.rates.about.within[0]} days")
    add_trends(slide, content, lines, words, (_LEFT, Inches(1.15), _ROOM, Inches(5.4)))
    note = slide.shapes.add_textbox(_LEFT, Inches(6.6), _ROOM, Inches(0.4)).text_frame
    bars = f"Bars: {content.rates.about.confidence:.0%} CI."
    left_out = f" Not drawn, because no discharge from there could be counted: {', '.join(others)}." if others else ""
    _say(note, f"{bars} Hollow and dashed: not mature. A gap: hidden.{left_out}", 12, colour=_MUTED)


def _definitions(deck: Any, content: Content) -> None:
    for start in range(0, len(content.terms), 3):
        slide = _slide(deck, content, "Definitions" + ("" if start == 0 else ", continued"))
        body = slide.shapes.add_textbox(_LEFT, Inches(1.35), _ROOM, Inches(5.4)).text_frame
        body.word_wrap = True
        for place, term in enumerate(content.terms[start : start + 3]):
            head = body.paragraphs[0] if place == 0 else body.add_paragraph()
            _run(head, term.name, 16, bold=True)
            line = body.add_paragraph()
            _run(line, " ".join([term.meaning, *(f"{fact}." for fact in term.facts)]), 14)
            line.space_after = Pt(14)


def _say(frame: Any, text: str, size: float, *, bold: bool = False, colour: Any = _INK) -> None:
    frame.word_wrap = True
    line = frame.paragraphs[0]
    line.alignment = PP_ALIGN.LEFT
    _run(line, text, size, bold=bold, colour=colour)


def _run(line: Any, text: str, size: float, *, bold: bool = False, colour: Any = _INK) -> None:
    run = line.add_run()
    run.text = text
    run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, colour


def _undated(data: bytes, *, nested: bool = False) -> bytes:
    """Return the archive without times, so that the same content gives the same bytes."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            entry = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = old.read(item)
            if item.filename.endswith(".xlsx"):  # the numbers behind a native chart
                content = _undated(content, nested=True)
            elif nested and item.filename == "docProps/core.xml":
                content = _WRITTEN.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            new.writestr(entry, content)
    return out.getvalue()
