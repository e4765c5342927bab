"""Trends as native charts of PowerPoint: a small one for each level, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Pt

from careflow.continuum import Level
from careflow.continuum.outcomes import DIRECTIONS, STEP_DOWN, STEP_UP
from careflow.formatting import known, nice_ceiling, percent, period
from careflow.report.content.content import Content
from careflow.report.content.data_files import harmless
from careflow.report.formats.powerpoint_error_bars import add_error_bars

_Colour: Any = RGBColor  # python-pptx says that it is typed, and is in part
_Data: Any = CategoryChartData
_INK, _RULE = (_Colour.from_string(c) for c in ("1D2329", "D5D9DE"))
_RAMP: Final = ((0x2B, 0x23, 0x50), (0x96, 0x8B, 0xC1))
"""Most to least intensive level: dark to light violet, dark enough for lines on white."""
_STEPS: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_LABELS: Final = {1: 12, 2: 6, 3: 4}
"""The most labels of quarters under a chart, by the number of charts in a row."""

Line = tuple[Level, pd.DataFrame]


def lines_of(content: Content, measure: str) -> tuple[list[Line], list[str]]:
    """Return the levels that have discharges, with their rows of a measure by quarter, and the names of the others."""
    by_direction = measure in DIRECTIONS
    frame, care = (content.rates.directions if by_direction else content.rates.frame), content.rates.continuum
    rows = frame[frame["direction" if by_direction else "to"].astype(str) == measure]
    lines, others = [], []
    for level in care.levels:
        part = rows[rows["from"].astype(str) == level.name]
        can_be = measure not in (STEP_DOWN, STEP_UP) or any(
            care.direction(level.name, other) == measure for other in care.names
        )
        if can_be and ((part["of"] > 0).any() or part["hidden"].any()):
            lines.append((level, part))
        else:
            others.append(level.short)
    return lines, others


def add_trends(
    slide: Any, content: Content, lines: Sequence[Line], words: str, area: tuple[int, int, int, int]
) -> None:
    """Put a chart for each level on a slide, in rows, all on one scale.

    Parameters
    ----------
    slide : pptx.slide.Slide
    content : Content
    lines : sequence
        From :func:`lines_of`.
    words : str
        The event of the shares: ``"stepped down"``.
    area : tuple of int
        Left, top, width and height of the area for the charts.
    """
    left, top, wide, high = area
    columns = len(lines) if len(lines) < 3 else 2 if len(lines) == 4 else 3
    rows = math.ceil(len(lines) / columns)
    limit = _limit(lines)
    for position, (level, part) in enumerate(lines):
        spot = (left + position % columns * wide // columns, top + position // columns * high // rows)
        shade = _shade(position / max(len(lines) - 1, 1))
        _add(slide, content, (level, part), words, (*spot, wide // columns, high // rows), (limit, columns, shade))


def _add(
    slide: Any, content: Content, line: Line, words: str, spot: tuple[int, int, int, int], look: tuple[float, int, Any]
) -> None:
    level, part = line
    limit, columns, colour = look
    data = _Data(number_format="0%")
    data.categories = [period(name) for name in part["quarter"].cat.categories]
    data.add_series(harmless(level.short), [float(rate) if known(rate) else None for rate in part["rate"]])
    shape = slide.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *spot, data)
    shape._element._nvXxPr.cNvPr.set("descr", _description(content, line, words))
    chart = shape.chart
    chart.font.size, chart.font.color.rgb = Pt(11), _INK
    chart.has_legend, chart.has_title = False, True
    title = chart.chart_title.text_frame
    title.text = level.short
    title.paragraphs[0].runs[0].font.size, title.paragraphs[0].runs[0].font.bold = Pt(14), True
    _axes(chart, limit, math.ceil(len(part) / _LABELS[columns]))
    _format_series(chart.plots[0].series[0], part, colour)


def _axes(chart: Any, limit: float, every: int) -> None:
    values = chart.value_axis
    values.minimum_scale, values.maximum_scale = 0, limit
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = "0%", False
    values.major_gridlines.format.line.color.rgb = _RULE
    values.format.line.fill.background()
    chart.category_axis.tick_labels.font.size = Pt(11)
    axis = chart.category_axis._element
    axis.txPr.bodyPr.set("rot", "0")  # labels are not rotated
    skip = parse_xml(f'<c:tickLblSkip {nsdecls("c")} val="{every}"/>')
    axis.find(skip.tag.replace("tickLblSkip", "noMultiLvlLbl")).addprevious(skip)


def _format_series(series: Any, part: pd.DataFrame, colour: Any) -> None:
    """Give a series its colour and its intervals; a point that is not yet mature is hollow, and its line is dashed."""
    series.smooth = False
    series.format.line.color.rgb, series.format.line.width = colour, Pt(2.5)
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 7
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = series.marker.format.line.color.rgb = colour
    rate, low, high = (part[name].tolist() for name in ("rate", "low", "high"))
    add_error_bars(series, rate, low, high, str(colour))
    for at in [at for at, mature in enumerate(part["mature"]) if not mature]:
        point = series.points[at]
        point.format.line.color.rgb, point.format.line.dash_style = colour, MSO_LINE.DASH
        point.marker.style, point.marker.size = XL_MARKER_STYLE.CIRCLE, 7
        point.marker.format.fill.solid()
        point.marker.format.fill.fore_color.rgb = _Colour(255, 255, 255)
        point.marker.format.line.color.rgb = colour


def _limit(lines: Sequence[Line]) -> float:
    """Return where the axis of shares ends: a round number above every upper limit."""
    highest = max((float(high) for _, part in lines for high in part["high"] if known(high)), default=1.0)
    return min(nice_ceiling(highest, _STEPS), 1.0)


def _description(content: Content, line: Line, words: str) -> str:
    level, part = line
    row = part[part["quarter"].astype(str) == content.quarter].iloc[0]
    value = f"{percent(row['rate'])}" if known(row["rate"]) else "hidden"
    chart = f"Line chart, quarter by quarter: share of {level.short} discharges that {words}"
    return f"{chart}, with intervals. {content.chosen.label}: {value}."


def _shade(share: float) -> Any:
    return _Colour(*(round(dark + (light - dark) * share) for dark, light in zip(*_RAMP, strict=True)))
