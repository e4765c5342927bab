"""Where the name of a curve fits beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from careflow.charts.data.competing_risks import Floats
from careflow.charts.drawing.axes import Panel, stepped
from careflow.charts.drawing.canvas import Box


def dense(panel: Panel, days: Floats, survival: Floats) -> tuple[Floats, Floats]:
    """Return points close together along a curve and its steps."""
    days, survival, _ = stepped(days, survival, survival)
    x, y = panel.xs(days), panel.ys(survival)
    along = np.arange(len(x), dtype=float)
    fine = np.linspace(0, len(x) - 1, 6 * len(x))
    return np.interp(fine, along, x), np.interp(fine, along, y)


def free(
    panel: Panel, own: Floats, size: tuple[float, float], lines: Floats, taken: Sequence[Box], u: float
) -> Box | None:
    """Return the box right of a curve that the least of all curves runs through."""
    best: tuple[float, Box] | None = None
    for index in range(0, len(own), max(len(own) // 120, 1)):
        x, y = own[index, 0] + 4 * u, own[index, 1] + 2 * u
        box = Box(x, y - size[1] / 2, x + size[0], y + size[1] / 2)
        if not box.inside(panel.box) or any(box.meets(b, 3 * u) for b in taken):
            continue
        over = (lines[:, 0] > box.x0) & (lines[:, 0] < box.x1) & (lines[:, 1] > box.y0) & (lines[:, 1] < box.y1)
        cost = float(over.sum()) / 4 + abs((y - panel.box.y0) / panel.box.h - 0.55) * 4
        if best is None or cost < best[0]:
            best = (cost, box)
    return best[1] if best else None
