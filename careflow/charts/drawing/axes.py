"""A plotting area inside a host box: two scales, gridlines, ticks; everything in points underneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careflow.charts.drawing.canvas import Align, Box, Canvas, middle
from careflow.charts.drawing.fonts import CAP, REGULAR
from careflow.charts.drawing.palette import AXIS, MUTED, RULE

Floats = NDArray[np.float64]


class Panel:
    """Data coordinates on a box of the canvas.

    Parameters
    ----------
    canvas : Canvas
        The host.
    box : Box
        The plotting area, in points.
    xlim, ylim : (float, float)
        The data at its edges.
    warp : callable, optional
        A transform of x before the linear scale, for a logarithmic axis.
    """

    def __init__(
        self, canvas: Canvas, box: Box, xlim: tuple[float, float], ylim: tuple[float, float],
        warp: Callable[[Floats], Floats] | None = None,
    ) -> None:  # fmt: skip
        self.canvas, self.box, self.u = canvas, box, canvas.u
        self._warp = warp or (lambda values: values)
        self._x0, self._x1 = (float(self._warp(np.asarray([edge], dtype=float))[0]) for edge in xlim)
        self._y0, self._y1 = ylim
        self.xlim, self.ylim = xlim, ylim

    def xs(self, values: ArrayLike) -> Floats:
        """Return points across for data."""
        part = (self._warp(np.asarray(values, dtype=float)) - self._x0) / (self._x1 - self._x0)
        return np.asarray(self.box.x0 + part * self.box.w)

    def ys(self, values: ArrayLike) -> Floats:
        """Return points up for data."""
        return np.asarray(
            self.box.y0 + (np.asarray(values, dtype=float) - self._y0) / (self._y1 - self._y0) * self.box.h
        )

    def x(self, value: float) -> float:
        """Return points across for one value."""
        return float(self.xs([value])[0])

    def y(self, value: float) -> float:
        """Return points up for one value."""
        return float(self.ys([value])[0])

    def line(self, x: ArrayLike, y: ArrayLike, **style: Any) -> None:
        """Draw a line through data."""
        self.canvas.line(self.xs(x), self.ys(y), **style)

    def area(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, color: str, **style: Any) -> None:
        """Fill between two lines through data."""
        self.canvas.area(self.xs(x), self.ys(low), self.ys(high), color, **style)

    def dots(self, x: ArrayLike, y: ArrayLike, **style: Any) -> None:
        """Draw dots at data."""
        self.canvas.dots(self.xs(x), self.ys(y), **style)

    def grid(
        self, values: Sequence[float], texts: Sequence[str] | None = None, *, color: str = RULE, z: float = 0.5
    ) -> None:
        """Draw horizontal lines, with their values at the left if given."""
        t = self.canvas.theme
        for i, value in enumerate(values):
            y = self.y(value)
            if value != self.ylim[0]:
                self.canvas.line([self.box.x0, self.box.x1], [y, y], color=color, lw=0.7, z=z)
            if texts is not None:
                self.canvas.text(self.box.x0 - 5 * self.u, middle(y, t.body), texts[i], color=MUTED, align="right")

    def floor(self) -> None:
        """Draw the axis at the bottom."""
        self.canvas.line([self.box.x0, self.box.x1], [self.box.y0] * 2, color=AXIS, lw=0.9, z=3.5)

    def tick(
        self, value: float, text: str = "", *, under: str = "", long: float = 3.5, size: float | None = None,
        align: Align = "center", weight: int = REGULAR,
    ) -> None:  # fmt: skip
        """Draw a tick at the bottom, with its text below and one more line under that."""
        t, u, x = self.canvas.theme, self.u, self.x(value)
        size = t.body if size is None else size
        self.canvas.line([x, x], [self.box.y0, self.box.y0 - long * u], color=AXIS, lw=0.8, z=3.5)
        y = self.box.y0 - (long + 2.5) * u - size * CAP
        if text:
            self.canvas.text(x, y, text, size=size, color=MUTED, align=align, weight=weight)
        if under:
            self.canvas.text(x, y - size * 1.2, under, size=size, color=MUTED, align=align)

    def leader(self, at: float, y: float, color: str) -> None:
        """Draw an elbow at the right, from the height ``at`` to a label at the height ``y``, in points."""
        x, u = self.box.x1, self.u
        self.canvas.line([x + 2 * u, x + 5 * u, x + 8 * u, x + 10.5 * u], [at, at, y, y], color=color, lw=0.8)

    def caption(self, text: str, *, lines: int = 1) -> None:
        """Set what the axis measures at its right end, under ``lines`` lines of tick labels."""
        t, u = self.canvas.theme, self.u
        y = self.box.y0 - 6 * u - t.body * CAP - lines * t.body * 1.35
        self.canvas.text(self.box.x1, y, text, color=MUTED, align="right")


def stepped(days: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the corners of an area between two step functions, each value held up to the next day.

    >>> [corners.tolist() for corners in stepped(np.array([0, 1]), np.array([0, 3]), np.array([2, 5]))]
    [[0, 1, 1], [0, 0, 3], [2, 2, 5]]
    """
    return np.repeat(days, 2)[1:], np.repeat(low, 2)[:-1], np.repeat(high, 2)[:-1]


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart: the nearest heights to those wanted that keep ``gap`` between neighbours.

    ``wanted`` is in ascending order; what is returned is too, between ``low`` and ``high``.

    >>> apart([10.0, 11.0], 4.0, 0.0, 100.0)
    [8.5, 12.5]
    """
    groups: list[tuple[float, int]] = []
    for height in wanted:
        groups.append((height, 1))
        while len(groups) > 1:
            (a, n), (b, m) = groups[-2], groups[-1]
            if b - a >= gap * (n + m) / 2:
                break
            groups[-2:] = [((a * n + b * m) / (n + m), n + m)]
    out = [centre + gap * (i - (n - 1) / 2) for centre, n in groups for i in range(n)]
    for i in range(len(out)):
        out[i] = max(out[i], low + gap * i)
    for i in reversed(range(len(out))):
        out[i] = min(out[i], high - gap * (len(out) - 1 - i))
    return out
