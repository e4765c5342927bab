"""Words in a control chart: where its last run begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from careflow.charts.drawing.layers import LayerCanvas


class RunWords:
    """Says where the last run of points on one side of the mean begins, where there is room."""

    def __init__(
        self, run: tuple[int, int], judged: NDArray[np.float64], mean: float, x: NDArray[np.float64], period: str
    ) -> None:
        first, last = run
        self.above = bool(judged[first] > mean)
        self.at = (float(x[first]), float(judged[first]))
        self.before = float(np.nanmax(judged[: first + 1]))
        self.lines = [f"Run of {last - first + 1} {period}s", f"{'above' if self.above else 'below'} the mean"]

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the words and a line to the point."""
        t, u, box = canvas.theme, canvas.u, canvas.box
        at, y = canvas.at(*self.at)
        wide = max(canvas.wide(line, t.small) for line in self.lines)
        over = canvas.at(self.at[0], self.before)[1] + 14 * u if self.above else box.y0 + 10 * u
        if not canvas.sees(*self.at) or at - wide - 18 * u < box.x0 or over + t.small * 2.4 > box.y1:
            return
        for i, line in enumerate(self.lines):
            canvas.text(at - 14 * u, over + (1 - i) * t.small * 1.2, line, size=t.small, align="right")
        ys = [over - 2 * u, y + 4 * u] if self.above else [over + t.small, y - 4 * u]
        canvas.line([at - 12 * u, at - 3 * u], ys, lw=0.8, z=4)
