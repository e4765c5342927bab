"""The marks of one row of lengths of stay: dots or a ridge above its line, the middle half and the median on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from careflow import formatting
from careflow.charts.data.quantile_dots import DOTS, Stay, quantiles, stacked, tallest
from careflow.charts.drawing.axes import Panel
from careflow.charts.drawing.canvas import Box
from careflow.charts.drawing.page import Page
from careflow.charts.drawing.palette import INK, WHITE, intensity, luminance


class Marks:
    """Draws one row after the other on an axis of days.

    Parameters
    ----------
    page : Page
    panel : Panel
        The axis.
    strip : Box, optional
        Where dots beyond the axis stand.
    step : float
        Height of a row, in points.
    style : {"dots", "interval", "ridge"}
    """

    def __init__(self, page: Page, panel: Panel, strip: Box | None, step: float, style: str) -> None:
        self.page, self.panel, self.strip, self.step, self.style = page, panel, strip, step, style
        self.lined = style != "interval"
        """Whether a row has a line that dots or a ridge stand on."""

    def thinned(self, stay: Stay) -> Stay:
        """Return the row with fewer dots if it is too low for their stacks."""
        for count in (d for d in DOTS if d < len(stay.dots)):
            if self._size_of_dots(stay) >= 3.4 * self.page.u or stay.curve is None:
                break
            stay = replace(stay, dots=quantiles(stay.curve, count, smooth=self.page.view.protected))
        return stay

    def line(self, floor: float) -> None:
        """Draw the line of a row at the height ``floor``, if it has one."""
        if self.lined:
            u, panel = self.page.u, self.panel
            end = self.strip.x1 if self.strip is not None else panel.box.x1
            self.page.canvas.line([panel.box.x0 - 8 * u, end + 4 * u], [floor, floor], color="#A9B0B7", lw=0.8, z=1)

    def draw(self, stay: Stay, floor: float, fill: str, benchmark: float | None) -> None:
        """Draw the marks of a row whose line is at the height ``floor``."""
        page, u, panel = self.page, self.page.u, self.panel
        bar = floor - 5 * u if self.lined else floor
        if self.style == "dots":
            self._dots(stay, floor, fill)
        elif self.style == "ridge" and stay.curve is not None:
            self._ridge(stay, floor, fill)
        if not stay.hidden and formatting.known(stay.q25):
            self._bar(stay, bar, INK if self.lined else fill)
        if not stay.hidden and formatting.known(stay.median):
            page.canvas.dots(
                [panel.x(stay.median)], [bar], size=6.6, color=WHITE, edge=page.faded(INK, stay.name), lw=1.6, z=5
            )
        if benchmark is not None:
            x = panel.x(benchmark)
            page.canvas.line([x, x], [bar - 4.5 * u, bar + 4.5 * u], color=INK, lw=1.1, z=4)

    def _bar(self, stay: Stay, bar: float, color: str) -> None:
        """Draw the middle half, up to the end of the axis where its upper end is not reached."""
        u, panel = self.page.u, self.panel
        q75 = stay.q75 if formatting.known(stay.q75) else panel.xlim[1]
        half = (1.2 if self.lined else 2.6) * u
        edge: dict[str, Any] = {"edgecolor": intensity(5)[2], "linewidth": 0.6 * u} if luminance(color) > 0.4 else {}
        box = Box(panel.x(stay.q25), bar - half, panel.x(q75), bar + half)
        self.page.canvas.rect(box, self.page.faded(color, stay.name), z=3, **edge)

    def _size_of_dots(self, stay: Stay) -> float:
        """Return the diameter at which the tallest stack stays in its row."""
        u = self.page.u
        xs = self.panel.xs(stay.dots[np.isfinite(stay.dots)])
        size = 5.0 * u
        while size > 2 * u and tallest(xs, size) * size * 1.02 > self.step * 0.72 - 3 * u:
            size -= 0.1 * u
        return size

    def _dots(self, stay: Stay, floor: float, fill: str) -> None:
        """Stack the dots: those that would touch stand on one another."""
        u, panel = self.page.u, self.panel
        if not len(stay.dots):
            return
        finite = stay.dots[np.isfinite(stay.dots)]
        xs, size = panel.xs(finite), self._size_of_dots(stay)
        edge = WHITE if luminance(fill) < 0.35 else intensity(5)[2]
        style: dict[str, Any] = {
            "size": size / u * 0.93,
            "color": fill,
            "edge": edge,
            "lw": 0.25 if edge == WHITE else 0.6,
        }
        x, y = stacked(xs, size)
        self.page.canvas.dots(x, floor + size * 0.62 + y, z=3.5, **style)
        more = int(np.isinf(stay.dots).sum())
        if more and self.strip is not None:
            per = max(int((self.strip.w - 2 * u) // size), 1)
            i = np.arange(more)
            self.page.canvas.dots(
                self.strip.x0 + u + size * (i % per + 0.5), floor + size * 0.62 + (i // per) * size, z=3.5, **style
            )

    def _ridge(self, stay: Stay, floor: float, fill: str) -> None:
        """Draw the smoothed density of ends over the axis."""
        assert stay.curve is not None
        panel = self.panel
        rows = stay.curve[stay.curve["survival"].notna()]
        weight = -np.diff(np.concatenate([[1.0], rows["survival"].to_numpy(float)]))
        at = panel.xs(rows["day"].to_numpy(float))
        x = np.linspace(panel.box.x0, panel.box.x1, 160)
        spread = panel.box.w / 45
        density = (weight * np.exp(-0.5 * ((x[:, None] - at) / spread) ** 2)).sum(axis=1)
        high = density / max(density.max(), 1e-12) * self.step * 0.62
        self.page.canvas.area(x, np.full_like(x, floor), floor + high, fill, z=1.5)
