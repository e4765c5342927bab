"""The words of a transition matrix: in its cells, over its columns, and the discharges beside its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, LEADING, REGULAR, SEMIBOLD
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.ticks import spaced

_COUNT: Final = "Discharges"
_TWO_LINES: Final = 36


@dataclass(frozen=True)
class CellText:
    """What a cell says: its middle in data, the share, its interval, and their colour."""

    x: float
    y: float
    text: str
    span: str
    color: str
    strong: bool = True
    pale: bool = False


class CellTexts:
    """Sets the words of cells as there is room: with the interval under the share, the share alone, or nothing."""

    def __init__(self, texts: Sequence[CellText]) -> None:
        self.texts = list(texts)

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the words of the cells in view."""
        t, u = canvas.theme, canvas.u
        (x0, y0), (x1, y1) = canvas.at(0, 0), canvas.at(1, 1)
        wide, tall = abs(x1 - x0), abs(y1 - y0)
        two = wide >= _TWO_LINES * u and tall >= t.body * CAP + t.small * LEADING + 4 * u
        big = t.subtitle if wide >= 46 * u and tall >= 26 * u else t.body
        shown = [text for text in self.texts if canvas.sees(text.x, text.y)]
        widest = max((canvas.wide(text.text, big, SEMIBOLD) for text in shown), default=0.0)
        if widest > wide - 2 * u or tall < t.small:
            big = t.small
        widest = max((canvas.wide(text.text, big, SEMIBOLD) for text in shown), default=0.0)
        for text in shown if widest <= wide + 1 and tall >= t.small else ():
            x, y = canvas.at(text.x, text.y)
            if text.pale:
                half = t.body * 0.5
                canvas.card(Box(x - half, y - half, x + half, y + half), canvas.colours.ground, z=2, name="clear")
            weight = SEMIBOLD if text.strong else REGULAR
            if not text.span or not two or canvas.wide(text.span, t.small) > wide - 2 * u:
                size = big if text.strong else min(big, t.body)
                canvas.text(x, middle(y, size), text.text, size=size, color=text.color, weight=weight, align="center")
                continue
            high = big * CAP + 3.4 * u + t.small * CAP
            canvas.text(
                x, y + high / 2 - big * CAP, text.text, size=big, color=text.color, weight=weight, align="center"
            )
            canvas.text(x, y - high / 2, text.span, size=t.small, color=text.color, align="center")


class ColumnHeads:
    """Sets the headings over both blocks of columns, and how many were discharged left of the cells."""

    def __init__(self, heads: Sequence[tuple[str, float, float]], counts: Sequence[str]) -> None:
        self.heads, self.counts = list(heads), list(counts)

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the headings."""
        t, u, box, muted = canvas.theme, canvas.u, canvas.box, canvas.colours.muted
        ticks = canvas.host.xaxis.get_tightbbox(canvas.renderer)
        over = max(box.y1, canvas.of(ticks).y1) if ticks is not None else box.y1
        for heading, first, last in self.heads:
            x0, x1 = max(canvas.at(first, 0)[0], box.x0) + u, min(canvas.at(last, 0)[0], box.x1) - u
            if x1 - x0 < canvas.wide(heading, t.body, SEMIBOLD):
                continue
            canvas.text(x0, over + 13 * u, heading, weight=SEMIBOLD)
            canvas.line([x0, x1], [over + 6 * u] * 2, color=canvas.colours.axis, lw=0.8)
        right = box.x0 - 12 * u
        canvas.text(right, box.y1 + 5 * u, _COUNT, color=muted, align="right")
        names = canvas.host.yaxis.get_tightbbox(canvas.renderer)
        if names is not None and canvas.of(names).x0 < right - canvas.wide(_COUNT, t.body) - 30 * u:
            canvas.text(canvas.of(names).x0, box.y1 + 5 * u, "From", weight=SEMIBOLD)
        heights = [canvas.at(0, place)[1] for place in range(len(self.counts))]
        for place in spaced(heights, t.body * LEADING):
            if canvas.sees(y=place):
                canvas.text(right, middle(heights[place], t.body), self.counts[place], color=muted, align="right")
