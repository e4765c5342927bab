"""What stands on and beside the rows of lengths of stay: dots or a ridge, and the words at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from careflow.charts.data.quantile_dots import DOTS, Stay, quantiles, stacked, tallest
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import LEADING, REGULAR, SEMIBOLD
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.palette import intensity, luminance
from careflow.charts.drawing.ticks import spaced


class RowMarks:
    """Dots in stacks, or a ridge, over the line of each row: their height is in points.

    Parameters
    ----------
    stays : sequence of Stay
        From the top.
    fills : sequence of str
        A colour for each.
    style : {"dots", "ridge", "interval"}
    smooth : bool
        Whether curves are known on some days only.
    over : float, optional
        The day after which dots stand that are longer than the axis.
    """

    def __init__(
        self, stays: Sequence[Stay], fills: Sequence[str], style: str, *, smooth: bool, over: float | None
    ) -> None:
        self.stays, self.fills, self.style, self.smooth, self.over = list(stays), list(fills), style, smooth, over

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the marks of the rows in view."""
        step = abs(canvas.at(1, 1)[1] - canvas.at(1, 0)[1])
        for i, (stay, fill) in enumerate(zip(self.stays, self.fills, strict=True)):
            if not canvas.sees(y=i):
                continue
            floor = canvas.at(1, i)[1]
            if self.style == "dots":
                self._dots(canvas, stay, floor, step, fill)
            elif self.style == "ridge" and stay.curve is not None:
                self._ridge(canvas, stay, floor, step, fill)

    def _size(self, canvas: LayerCanvas, xs: NDArray[np.float64], step: float) -> float:
        """Return the diameter at which the tallest stack stays in its row."""
        size = 5.0 * canvas.u
        while size > 2 * canvas.u and tallest(xs, size) * size * 1.02 > step * 0.72 - 3 * canvas.u:
            size -= 0.1 * canvas.u
        return size

    def _dots(self, canvas: LayerCanvas, stay: Stay, floor: float, step: float, fill: str) -> None:
        """Stack the dots: those that would touch stand on one another; fewer if the row is too low for the stacks."""
        u = canvas.u
        for count in (None, *(d for d in DOTS if d < len(stay.dots))):
            if count is not None and stay.curve is not None:
                stay = replace(stay, dots=quantiles(stay.curve, count, smooth=self.smooth))
            finite = stay.dots[np.isfinite(stay.dots)]
            xs: NDArray[np.float64] = canvas.points(finite, np.zeros_like(finite))[:, 0] if len(finite) else finite
            size = self._size(canvas, xs, step)
            if size >= 3.4 * u or stay.curve is None:
                break
        if not len(stay.dots):
            return
        edge = canvas.colours.ground if luminance(fill) < 0.35 else intensity(5)[2]
        style = {"size": size / u * 0.93, "color": fill, "edge": edge, "lw": 0.25 if luminance(fill) < 0.35 else 0.6}
        seen = (xs >= canvas.box.x0 - 1) & (xs <= canvas.box.x1 + 1)
        x, y = stacked(xs[seen], size)
        canvas.dots(x, floor + size * 0.62 + y, z=3.5, **style)  # type: ignore[arg-type]
        more = int(np.isinf(stay.dots).sum())
        if more and self.over is not None and canvas.sees(x=self.over):
            start, end = canvas.at(self.over, 0)[0], canvas.box.x1
            per = max(int((end - start - 2 * u) // size), 1)
            i = np.arange(more)
            along, up = start + u + size * (i % per + 0.5), floor + size * 0.62 + (i // per) * size
            canvas.dots(along, up, z=3.5, **style)  # type: ignore[arg-type]

    def _ridge(self, canvas: LayerCanvas, stay: Stay, floor: float, step: float, fill: str) -> None:
        """Draw the smoothed density of ends over the axis."""
        assert stay.curve is not None
        box, rows = canvas.box, stay.curve[stay.curve["survival"].notna()]
        weight = -np.diff(np.concatenate([[1.0], rows["survival"].to_numpy(float)]))
        at = canvas.points(rows["day"].to_numpy(float), np.zeros(len(rows)))[:, 0]
        x = np.linspace(box.x0, box.x1, 160)
        spread = box.w / 45
        density = (weight * np.exp(-0.5 * ((x[:, None] - at) / spread) ** 2)).sum(axis=1)
        high = density / max(density.max(), 1e-12) * step * 0.62
        canvas.area(x, np.full_like(x, floor), floor + high, fill, z=1.5)


@dataclass(frozen=True)
class RowText:
    """The words of one row.

    Attributes
    ----------
    size : str
        How many stays, at the left.
    figure, mark, span : str
        At the right: the median, a mark behind it, and the middle half.
    strong : bool
        Whether the median is a number.
    """

    size: str
    figure: str
    mark: str
    span: str
    strong: bool


class RowTexts:
    """Sets how many stays a row has under its name at the left, and its median at the right."""

    def __init__(self, rows: Sequence[RowText], style: str, *, over: float | None) -> None:
        self.rows, self.lined, self.over = list(rows), style != "interval", over

    def __call__(self, canvas: LayerCanvas) -> Box:
        """Draw the words of the rows in view; return the box with room for either way of setting them."""
        t, u, box, muted = canvas.theme, canvas.u, canvas.box, canvas.colours.muted
        step = abs(canvas.at(1, 1)[1] - canvas.at(1, 0)[1])
        two = step >= t.body * 2.7
        right = box.x1 + 12 * u
        near = spaced([i * step for i in range(len(self.rows))], t.body * LEADING)
        rows = [(i, self.rows[i]) for i in near if canvas.sees(y=i)]
        top = box.y1 + 6 * u
        x = right + canvas.text(right, top, "Median", weight=SEMIBOLD)
        canvas.text(x, top, " (IQR)", size=t.small, color=muted)
        if self.over is not None and canvas.sees(x=self.over):
            middle_of = (canvas.at(self.over, 0)[0] + box.x1) / 2
            if middle_of + canvas.wide("longer", t.small) / 2 < right:
                canvas.text(middle_of, top, "longer", size=t.small, color=muted, align="center")
        widest = 0.0
        for i, row in rows:
            floor = canvas.at(1, i)[1]
            weight = SEMIBOLD if row.strong else REGULAR
            mark = f" {row.mark}" if row.mark else ""
            one_line = canvas.wide(row.figure, t.body, weight) + canvas.wide(f"{mark}{row.span}", t.small) + 4 * u
            widest = max(widest, one_line)
            upper = floor + 3.5 * u if self.lined and two else middle(floor, t.body)
            lower = upper - t.small * LEADING - u
            x = right + canvas.text(right, upper, row.figure, weight=weight)
            x += canvas.text(x, upper, mark, size=t.small, color=muted) if mark else 0.0
            if not two:
                canvas.text(x + 4 * u, upper, row.span, size=t.small, color=muted)
                continue
            canvas.text(right, lower, row.span, size=t.small, color=muted)
            if self.lined:
                canvas.text(box.x0 - 5 * u, lower, row.size, size=t.small, color=muted, align="right")
        return Box(box.x0, box.y0, right + widest, box.y1)
