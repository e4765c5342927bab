"""The report as PowerPoint: trends as charts that can be edited, the rest as pictures with their description."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO
from itertools import cycle
from typing import Any, Final

import pandas as pd
import pptx
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.enum.text import PP_ALIGN
from pptx.util import Inches, Pt

from careflow.charts.words import known, period
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.report.content import Content
from careflow.report.figures import PATHWAYS, Picture, for_slide
from careflow.report.grid import Grid
from careflow.report.periods import LEFT_EARLY
from careflow.report.tables import harmless

_Colour: Any = RGBColor  # python-pptx says that it is typed, and is in part
_Data: Any = CategoryChartData
_WIDE, _TALL = Inches(13.333), Inches(7.5)
_LEFT, _TOP, _ROOM = Inches(0.6), Inches(1.25), Inches(12.13)
_INK, _MUTED, _ALARM, _RULE = (_Colour.from_string(c) for c in ("1D2329", "5A6169", "741A39", "D5D9DE"))
_RAMP: Final = ((0x2B, 0x23, 0x50), (0x96, 0x8B, 0xC1))
"""Most to least intensive level: dark to light violet, none so light that a line is lost on white."""
_MARKERS: Final = (
    XL_MARKER_STYLE.CIRCLE,
    XL_MARKER_STYLE.SQUARE,
    XL_MARKER_STYLE.TRIANGLE,
    XL_MARKER_STYLE.DIAMOND,
    XL_MARKER_STYLE.X,
)
_TRENDS: Final = ((STEP_DOWN, "stepped down"), (STEP_UP, "stepped up"), (LEFT_EARLY, "left early"))
_ROWS_A_SLIDE: Final = 14
_WRITTEN: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_CROWDED: Final = 7
"""A table of more columns has its intervals on a line of their own."""


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
    for grid in (chosen.newest, chosen.census, content.pathways):
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
    foot = slide.shapes.add_textbox(_LEFT, Inches(7.0), _ROOM, Inches(0.35))
    _say(foot.text_frame, f"{content.label}. Source: {content.source or 'not named'}.", 11, colour=_ALARM)
    return slide


def _opening(deck: Any, content: Content) -> None:
    slide = _slide(deck, content, content.title)
    body = slide.shapes.add_textbox(_LEFT, Inches(1.6), _ROOM, Inches(4)).text_frame
    body.word_wrap = True
    for place, sentence in enumerate(content.summary):
        line = body.paragraphs[0] if place == 0 else body.add_paragraph()
        _run(line, sentence, 20)
        line.space_after = Pt(14)


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
        first = Inches(2.9)
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
    _say(cell.text_frame, text, 12, bold=head, colour=_MUTED if head else _INK)
    if beside:
        line = cell.text_frame.add_paragraph() if below else cell.text_frame.paragraphs[0]
        _run(line, beside if below else f"  {beside}", 11, colour=_MUTED)
    for line in cell.text_frame.paragraphs:
        line.alignment = PP_ALIGN.RIGHT if number else PP_ALIGN.LEFT


def _trend(deck: Any, content: Content, measure: str, words: str) -> None:
    """Draw a rate of every level by quarter; a point that is not yet mature is hollow and its line dashed."""
    frame = content.rates.directions if measure in (STEP_DOWN, STEP_UP) else content.rates.frame
    rows = frame[frame["direction" if measure in (STEP_DOWN, STEP_UP) else "to"].astype(str) == measure]
    lines = [(level, rows[rows["from"].astype(str) == level.name]) for level in content.rates.continuum.levels]
    lines = [(level, part) for level, part in lines if (part["n"] > 0).any()]
    if not lines:
        return
    within = content.rates.about.within[0]
    slide = _slide(deck, content, f"Discharges that {words} within {within} days")
    data = _Data(number_format="0%")
    data.categories = [period(name) for name in rows["quarter"].cat.categories]
    for level, part in lines:
        data.add_series(harmless(level.short), [float(rate) if known(rate) else None for rate in part["rate"]])
    shape = slide.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, _LEFT, _TOP, _ROOM, Inches(5.3), data)
    shape._element._nvXxPr.cNvPr.set("descr", _words(content, words, lines))
    _dress(shape.chart, lines)
    note = slide.shapes.add_textbox(_LEFT, Inches(6.6), _ROOM, Inches(0.4)).text_frame
    _say(note, "Hollow and dashed: not yet mature. A gap: hidden. Intervals are in the report.", 12, colour=_MUTED)


def _dress(chart: Any, lines: list[tuple[Any, pd.DataFrame]]) -> None:
    chart.font.size, chart.font.color.rgb = Pt(13), _INK
    chart.has_title = False
    chart.has_legend = True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.RIGHT, False
    values = chart.value_axis
    values.minimum_scale = 0
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = "0%", False
    values.major_gridlines.format.line.color.rgb = _RULE
    values.format.line.fill.background()
    for place, (series, marker, (_, part)) in enumerate(
        zip(chart.plots[0].series, cycle(_MARKERS), lines, strict=False)
    ):
        colour = _shade(place / max(len(lines) - 1, 1))
        series.smooth = False
        series.format.line.color.rgb, series.format.line.width = colour, Pt(2.5)
        series.marker.style, series.marker.size = marker, 8
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = series.marker.format.line.color.rgb = colour
        for at in [at for at, ripe in enumerate(part["mature"]) if not ripe]:
            point = series.points[at]
            point.format.line.color.rgb, point.format.line.dash_style = colour, MSO_LINE.DASH
            point.marker.style, point.marker.size = marker, 8
            point.marker.format.fill.solid()
            point.marker.format.fill.fore_color.rgb = _Colour(255, 255, 255)
            point.marker.format.line.color.rgb = colour


def _words(content: Content, words: str, lines: list[tuple[Any, pd.DataFrame]]) -> str:
    told = []
    for level, part in lines:
        row = part[part["quarter"].astype(str) == content.quarter].iloc[0]
        told.append(f"{level.short} {row['rate']:.0%}" if known(row["rate"]) else f"{level.short} hidden")
    return (
        f"Line chart, quarter by quarter: share of discharges that {words}. {content.chosen.label}: {', '.join(told)}."
    )


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


def _shade(share: float) -> Any:
    return _Colour(*(round(dark + (light - dark) * share) for dark, light in zip(*_RAMP, strict=True)))


def _undated(data: bytes, *, nested: bool = False) -> bytes:
    """Return the same archive with no times in it, so that the same content gives the same bytes."""
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
