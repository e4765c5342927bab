"""Intervals on a native chart of PowerPoint: error bars in the chart's XML, which python-pptx cannot add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lxml import etree  # type: ignore[import-untyped]

from careflow.formatting import known

_CHART: Final = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_DRAWING: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"
_WIDTH: Final = 12700
"""Width of a bar in English metric units: one point."""


def add_error_bars(
    series: Any, values: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str
) -> None:
    """Give each point of a series a bar from its lower to its upper limit; none where a number is missing.

    Parameters
    ----------
    series : pptx.chart.series.LineSeries
        Already formatted: in the file the bars follow its points.
    values, low, high : sequence of float
        The points and their limits, missing where hidden.
    colour : str
        Of the bars, as ``"2B2350"``.

    Notes
    -----
    ECMA-376 part 1, 21.2.2.55 (``errBars``) and 21.2.2.175 (``ser`` of a line chart), which gives the order.
    """
    bars = _new("errBars")
    for name, value in (("errDir", "y"), ("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "1")):
        bars.append(_new(name, val=value))
    bars.append(_lengths("plus", [top - at for at, top in zip(values, high, strict=True)]))
    bars.append(_lengths("minus", [at - bottom for at, bottom in zip(values, low, strict=True)]))
    style = _new("spPr")
    line = etree.SubElement(style, f"{{{_DRAWING}}}ln", w=str(_WIDTH))
    fill = etree.SubElement(line, f"{{{_DRAWING}}}solidFill")
    shade = etree.SubElement(fill, f"{{{_DRAWING}}}srgbClr", val=colour)
    etree.SubElement(shade, f"{{{_DRAWING}}}alpha", val="55000")
    bars.append(style)
    series._element.find(f"{{{_CHART}}}cat").addprevious(bars)


def _lengths(name: str, lengths: Sequence[float]) -> Any:
    side, numbers = _new(name), _new("numLit")
    form = etree.SubElement(numbers, f"{{{_CHART}}}formatCode")
    form.text = "General"
    numbers.append(_new("ptCount", val=str(len(lengths))))
    for position, length in enumerate(lengths):
        if known(length):
            point = _new("pt", idx=str(position))
            etree.SubElement(point, f"{{{_CHART}}}v").text = repr(float(length))
            numbers.append(point)
    side.append(numbers)
    return side


def _new(name: str, **attributes: str) -> Any:
    return etree.Element(f"{{{_CHART}}}{name}", attributes, nsmap={"c": _CHART, "a": _DRAWING})
