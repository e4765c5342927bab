"""A share by period as a native chart of PowerPoint, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Pt

from careflow.formatting import harmless, known, nice_ceiling
from careflow.office.error_bars import add_error_bars
from careflow.office.slides import INK, describe

_Colour: Any = RGBColor  # python-pptx says that it is typed, and is in part
_Data: Any = CategoryChartData
_RULE: Final = _Colour.from_string("D5D9DE")
_STEPS: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Line:
    """A share by period: one value a category, missing where hidden; ``hollow`` points are preliminary."""

    name: str
    categories: Sequence[str]
    rate: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    hollow: Sequence[bool]
    description: str


def add_line_chart(slide: Any, line: Line, box: Box, *, limit: float, labels: int, colour: Any) -> None:
    """Put a chart of one line on a slide.

    Parameters
    ----------
    slide : pptx.slide.Slide
    line : Line
    box : tuple of int
        Left, top, width and height.
    limit : float
        Where the axis of shares ends.
    labels : int
        The most labels under the chart.
    colour : pptx.dml.color.RGBColor
    """
    data = _Data(number_format="0%")
    data.categories = list(line.categories)
    data.add_series(harmless(line.name), [float(rate) if known(rate) else None for rate in line.rate])
    shape = slide.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *box, data)
    describe(shape, line.description)
    chart = shape.chart
    chart.font.size, chart.font.color.rgb = Pt(11), INK
    chart.has_legend, chart.has_title = False, True
    title = chart.chart_title.text_frame
    title.text = line.name
    title.paragraphs[0].runs[0].font.size, title.paragraphs[0].runs[0].font.bold = Pt(14), True
    _axes(chart, limit, math.ceil(len(line.rate) / labels))
    _format_series(chart.plots[0].series[0], line, colour)


def limit_of(lines: Sequence[Line]) -> float:
    """Return where the axis of shares ends: a round number above every upper limit."""
    highest = max((float(high) for line in lines for high in line.high if known(high)), default=1.0)
    return min(nice_ceiling(highest, _STEPS), 1.0)


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


def _format_series(series: Any, line: Line, colour: Any) -> None:
    """Give a series its colour and its intervals; a preliminary point is hollow, and its line is dashed."""
    series.smooth = False
    series.format.line.color.rgb, series.format.line.width = colour, Pt(2.5)
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 7
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = series.marker.format.line.color.rgb = colour
    add_error_bars(series, line.rate, line.low, line.high, str(colour))
    for at in [at for at, hollow in enumerate(line.hollow) if hollow]:
        point = series.points[at]
        point.format.line.color.rgb, point.format.line.dash_style = colour, MSO_LINE.DASH
        point.marker.style, point.marker.size = XL_MARKER_STYLE.CIRCLE, 7
        point.marker.format.fill.solid()
        point.marker.format.fill.fore_color.rgb = _Colour(255, 255, 255)
        point.marker.format.line.color.rgb = colour
