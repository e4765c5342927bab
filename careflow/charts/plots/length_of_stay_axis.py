"""The axis of lengths of stay: days on a logarithmic scale that has a place for 0, with names people use."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.ticker import Locator
from numpy.typing import ArrayLike

from careflow import formatting
from careflow.charts.data.ticks import COUNT_STEPS, steps
from careflow.charts.drawing.canvas import middle
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.units import axis_of, label_size

LOG_TICKS: Final = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1460)
_NAMES: Final = {7: "a week", 30: "a month", 90: "a quarter", 365: "a year"}
_HALF: Final = np.log(2.0)
"""How far a day is from 0 on the scale: as far as two days from one."""


def stretched(days: ArrayLike) -> Any:
    """Return where days stand: their logarithm, and the first day as far from 0 as the second from the first.

    >>> [round(float(place), 2) for place in stretched([0, 1, 2, 4])]
    [0.0, 0.69, 1.39, 2.08]
    """
    values = np.asarray(days, dtype=float)
    return np.where(values >= 1, _HALF + np.log(np.maximum(values, 1.0)), _HALF * values)


def unstretched(places: ArrayLike) -> Any:
    """Return the days that stand at places on the scale.

    >>> [round(float(day), 2) for day in unstretched(stretched([0, 0.5, 1, 30]))]
    [0.0, 0.5, 1.0, 30.0]
    """
    values = np.asarray(places, dtype=float)
    return np.where(values >= _HALF, np.exp(np.minimum(values, 700.0) - _HALF), values / _HALF)


class DayTicks(Locator):
    """Days that people count in, as many as there is room for.

    Parameters
    ----------
    end : float
        The last day of the axis.
    log : bool
        Whether it is logarithmic.
    """

    def __init__(self, end: float, *, log: bool) -> None:
        self.end, self.log = end, log

    def __call__(self) -> list[float]:
        """Return the ticks in view."""
        return self.tick_values(*sorted(axis_of(self).get_view_interval()))

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the ticks between two days whose texts do not touch."""
        top = min(self.end, vmax)
        days = LOG_TICKS if self.log else steps(top, COUNT_STEPS, at_most=8)
        shown = [float(day) for day in days if vmin <= day <= top + 1e-9]
        axis = axis_of(self)
        ax, figure, size = axis.axes, axis.get_figure(root=True), label_size(axis)
        assert figure is not None
        out: list[float] = []
        free = -np.inf
        for day in shown:
            at = float(ax.transData.transform((day, 0))[0]) / figure.dpi * 72
            half = 0.3 * size * len(formatting.count(day))
            if at - half > free:
                out.append(day)
                free = at + half + 0.3 * size
        return out


class DayNames:
    """Sets the names of a week, a month, a quarter and a year under their days, right of the name of the axis."""

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the names that there is room for."""
        t, u, host = canvas.theme, canvas.u, canvas.host
        if not isinstance(host.xaxis.get_major_locator(), DayTicks):
            return
        label = canvas.of(host.xaxis.label.get_window_extent(canvas.renderer))
        free, base = label.x1 + 6 * u, middle((label.y0 + label.y1) / 2, t.small)
        ticks = host.xaxis.get_majorticklocs()
        for day in (day for day in _NAMES if day in ticks and canvas.sees(x=day)):
            x, half = canvas.at(day, 0)[0], canvas.wide(_NAMES[day], t.small) / 2
            if x - half > free:
                canvas.text(x, base, _NAMES[day], size=t.small, color=canvas.colours.muted, align="center")
                free = x + half + 5 * u
