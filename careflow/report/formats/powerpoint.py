"""The report as PowerPoint: trends as native charts, other charts as pictures with a description."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
from pptx.util import Inches, Pt

from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.office.slides import (
    INK,
    LEFT,
    MUTED,
    ROOM,
    TOP,
    WIDE,
    add_picture,
    add_slide,
    as_bytes,
    new_deck,
    run,
    say,
)
from careflow.report.content.content import Content
from careflow.report.content.figures import CHANGES, GROUPS, PATHWAYS, Picture, chart_names, for_slide
from careflow.report.content.grid import Grid
from careflow.report.content.quarters import LEFT_EARLY
from careflow.report.formats.powerpoint_charts import add_trends, lines_of
from careflow.report.modes import FULL

_Colour: Any = RGBColor  # python-pptx says that it is typed, and is in part
_ALARM, _BAND, _WHITE = (_Colour.from_string(c) for c in ("741A39", "B3122A", "FFFFFF"))
_TRENDS: Final = ((STEP_DOWN, "stepped down"), (STEP_UP, "stepped up"), (LEFT_EARLY, "left early"))
_ROWS_A_SLIDE: Final = 14
_CROWDED: Final = 7
"""In a table of more columns the intervals stand on a second line."""


def document(content: Content, pictures: tuple[Picture, ...]) -> bytes:
    """Return the slides. The same content gives the same bytes."""
    deck = new_deck(title=content.title, subject=content.label, made=content.rates.about.cutoff)
    _opening(deck, content)
    chosen = content.chosen
    _table(deck, content, chosen.key)
    for picture in pictures:
        if picture.quarter == content.quarter:
            _picture(deck, content, picture)
    for measure, words in _TRENDS:
        _trend(deck, content, measure, words)
    for picture in pictures:
        if picture.name in ("trend_length_of_stay", "census", PATHWAYS) or picture.name.startswith(CHANGES):
            _picture(deck, content, picture)
    if content.years is not None:
        for grid in content.years.grids:
            _table(deck, content, replace(grid, note=f"{content.years.sentence} {grid.note}"))
    if content.since is not None and content.since.rows:
        _table(deck, content, content.since)
    if content.groups is not None:
        _table(deck, content, content.groups.overview)
        for picture in pictures:
            if picture.name.startswith(GROUPS):
                _picture(deck, content, picture)
        for _, grid in content.groups.tables:
            _table(deck, content, grid)
    for section in content.measured:
        for grid in section.grids:
            _table(deck, content, replace(grid, note=" ".join([section.rule, *section.facts, grid.note])))
        for picture in pictures:
            if picture.name.startswith(chart_names(section)):
                _picture(deck, content, picture)
    for last in (*content.newest, chosen.census, content.pathways):
        if last is not None:
            _table(deck, content, last)
    if chosen.changes is not None and chosen.changes.rows:
        _table(deck, content, chosen.changes)
    _definitions(deck, content)
    return as_bytes(deck)


def _slide(deck: Any, content: Content, title: str) -> Any:
    slide = add_slide(deck, title, foot=f"{content.label}. Source: {content.source or 'not named'}.", colour=_ALARM)
    if content.mode == FULL:
        band = slide.shapes.add_textbox(0, 0, WIDE, Inches(0.32))
        band.fill.solid()
        band.fill.fore_color.rgb = _BAND
        say(band.text_frame, content.label, 12, bold=True, colour=_WHITE)
        band.text_frame.paragraphs[0].alignment = PP_ALIGN.CENTER
    return slide


def _opening(deck: Any, content: Content) -> None:
    slide = _slide(deck, content, content.title)
    body = slide.shapes.add_textbox(LEFT, Inches(1.6), ROOM, Inches(4)).text_frame
    body.word_wrap = True
    for place, sentence in enumerate(content.summary):
        line = body.paragraphs[0] if place == 0 else body.add_paragraph()
        run(line, sentence, 15)
        line.space_after = Pt(10)


def _picture(deck: Any, content: Content, picture: Picture) -> None:
    add_picture(_slide(deck, content, picture.heading), for_slide(picture), picture.alt)


def _table(deck: Any, content: Content, grid: Grid) -> None:
    crowded = len(grid.head) > _CROWDED
    most = _ROWS_A_SLIDE // (2 if crowded else 1)
    for start in range(0, max(len(grid.rows), 1), most):
        rows = grid.rows[start : start + most]
        slide = _slide(deck, content, grid.title + ("" if start == 0 else ", continued"))
        tall = Inches(0.36) * (len(rows) + 1)
        table = slide.shapes.add_table(len(rows) + 1, len(grid.head), LEFT, TOP, ROOM, tall).table
        first = Inches(2.4 if crowded else 2.9)
        for place, column in enumerate(table.columns):
            column.width = first if place == 0 else int((ROOM - first) / (len(grid.head) - 1))
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
    say(cell.text_frame, text, 12, bold=head, colour=MUTED if head else INK)
    if beside:
        line = cell.text_frame.add_paragraph() if below else cell.text_frame.paragraphs[0]
        run(line, beside if below else f"  {beside}", 11, colour=MUTED)
    for line in cell.text_frame.paragraphs:
        line.alignment = PP_ALIGN.RIGHT if number else PP_ALIGN.LEFT


def _trend(deck: Any, content: Content, measure: str, words: str) -> None:
    """Draw a rate by quarter, one chart for each level."""
    lines, others = lines_of(content, measure)
    if not lines:
        return
    slide = _slide(deck, content, f"Discharges that {words} within {content.rates.about.within[0]} days")
    add_trends(slide, content, lines, words, (LEFT, Inches(1.15), ROOM, Inches(5.4)))
    note = slide.shapes.add_textbox(LEFT, Inches(6.6), ROOM, Inches(0.4)).text_frame
    bars = f"Bars: {content.rates.about.confidence:.0%} CI."
    left_out = f" Not drawn, because no discharge from there could be counted: {', '.join(others)}." if others else ""
    say(note, f"{bars} Hollow and dashed: not mature. A gap: hidden.{left_out}", 12, colour=MUTED)


def _definitions(deck: Any, content: Content) -> None:
    for start in range(0, len(content.terms), 3):
        slide = _slide(deck, content, "Definitions" + ("" if start == 0 else ", continued"))
        body = slide.shapes.add_textbox(LEFT, Inches(1.35), ROOM, Inches(5.4)).text_frame
        body.word_wrap = True
        for place, term in enumerate(content.terms[start : start + 3]):
            head = body.paragraphs[0] if place == 0 else body.add_paragraph()
            run(head, term.name, 16, bold=True)
            line = body.add_paragraph()
            run(line, " ".join([term.meaning, *(f"{fact}." for fact in term.facts)]), 14)
            line.space_after = Pt(14)
