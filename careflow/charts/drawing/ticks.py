"""Ticks of values, of days and of names, and what is said of the place under the pointer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, Locator, MaxNLocator

from careflow import formatting
from careflow.charts.data.scale import Scale
from careflow.charts.data.ticks import shares
from careflow.charts.drawing.fonts import LEADING, SEMIBOLD, WEIGHTS, covering
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.rich_text import label_lines
from careflow.charts.drawing.subject import Subject
from careflow.charts.drawing.units import LevelConverter, axis_of, convert_with, label_size, length


class Steps(Locator):
    """Round ticks: the finest of some steps that leaves few, fewer where the axis is short."""

    def __init__(self, choices: Sequence[float], *, at_most: int = 4, room: float = 17.0) -> None:
        self.choices, self.at_most, self.room = tuple(choices), at_most, room

    def __call__(self) -> list[float]:
        """Return the ticks in view."""
        return self.tick_values(*sorted(axis_of(self).get_view_interval()))

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the ticks between two values."""
        span = vmax - vmin
        if not span > 0 or span < 2 * self.choices[0] or span > 40 * self.choices[-1]:
            return [float(v) for v in MaxNLocator(self.at_most).tick_values(vmin, vmax)]
        most = max(min(self.at_most, int(length(axis_of(self)) / self.room)), 1)
        step = next((c for c in self.choices if math.floor(span / c + 1e-9) <= most), self.choices[-1])
        first, last = math.ceil(vmin / step - 1e-9), math.floor(vmax / step + 1e-9)
        return [round(i * step, 10) for i in range(first, last + 1)]


class Printed(Formatter):
    """Prints ticks, and the value under the pointer.

    Parameters
    ----------
    figure : callable
        Prints one value.
    ticks : callable
        Prints all ticks together.
    """

    def __init__(self, figure: Callable[[float], str], ticks: Callable[[Sequence[float]], list[str]]) -> None:
        self.figure, self.ticks = figure, ticks

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Print the ticks in view; those outside it are empty."""
        self.set_locs(list(values))
        low, high = sorted(axis_of(self).get_view_interval())
        slack = (high - low) * 1e-9
        shown = [float(v) for v in values if low - slack <= v <= high + slack]
        texts = dict(zip(shown, self.ticks(shown), strict=True))
        return [texts.get(float(v), "") for v in values]

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Print one value."""
        return self.figure(x)

    def format_data_short(self, value: float) -> str:
        """Print the value under the pointer."""
        return self.figure(value)


def _counts(values: Sequence[float]) -> list[str]:
    return [formatting.count(value) if value == int(value) else f"{value:.10g}" for value in values]


def share_printer() -> Printed:
    """Return what prints shares: the sign on the top tick only."""
    return Printed(formatting.percent, shares)


def count_printer() -> Printed:
    """Return what prints counts and days."""
    return Printed(formatting.decimal, _counts)


def scale_axis(axis: Axis, scale: Scale, *, at_most: int = 4, choices: Sequence[float] | None = None) -> None:
    """Set the ticks of an axis of values."""
    axis.set_major_locator(Steps(choices or scale.steps, at_most=at_most))
    axis.set_major_formatter(share_printer() if scale.most == 1 else count_printer())


def days_axis(ax: Any, marks: Sequence[float], label: str) -> None:
    """Set ticks of days at the bottom: those given where all is in view, round ones after a zoom."""
    ax.xaxis.set_major_locator(Days(marks))
    ax.xaxis.set_major_formatter(count_printer())
    ax.set_xlabel(label)


class Days(Locator):
    """Days that people count in, or those given."""

    def __init__(self, marks: Sequence[float]) -> None:
        self.marks = [float(mark) for mark in marks]

    def __call__(self) -> list[float]:
        """Return the ticks in view."""
        return self.tick_values(*sorted(axis_of(self).get_view_interval()))

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the ticks between two days."""
        shown = [mark for mark in self.marks if vmin - 1e-9 <= mark <= vmax + 1e-9]
        if len(shown) < 3 < len(self.marks):
            return [float(v) for v in MaxNLocator(6, integer=True).tick_values(vmin, vmax)]
        axis = axis_of(self)
        every = max(math.ceil(len(shown) * 2.8 * label_size(axis) / max(length(axis), 1.0)), 1)
        return shown[::every]


class NameFormatter(Formatter):
    """Prints the names of levels at their whole numbers, broken into lines as there is room."""

    def __init__(self, places: Sequence[float], names: Sequence[str]) -> None:
        self.places, self.names, self.shown = [float(p) for p in places], list(names), list(names)

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Print the name at a tick."""
        near = [i for i, place in enumerate(self.places) if abs(place - x) < 1e-6]
        return self.shown[near[0]] if near else ""

    def format_data_short(self, value: float) -> str:
        """Print the nearest name."""
        near = min(range(len(self.places)), key=lambda i: abs(self.places[i] - value), default=None)
        return self.names[near] if near is not None and abs(self.places[near] - value) <= 0.5 else ""


class Pointed:
    """What is said of the place under the pointer: ``2025 Q2, 17%``."""

    def __init__(self, ax: Any) -> None:
        self.ax = ax

    def __call__(self, x: float, y: float) -> str:
        """Print both coordinates."""
        ax = self.ax
        texts = (
            ax.xaxis.get_major_formatter().format_data_short(x),
            ax.yaxis.get_major_formatter().format_data_short(y),
        )
        return ", ".join(text.strip() for text in texts if text.strip())


def name_axis(
    axis: Axis, keys: Sequence[str], places: Sequence[float], names: Sequence[str], chart: Subject,
    color: Sequence[str] = (), **style: Any,
) -> NameFormatter:  # fmt: skip
    """Set the names of levels or states at their places, and let the axis take any spelling of them.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
    keys, places, names : sequence
        What stands where, and what it is called.
    chart : Subject
        Whose continuum, family and colours the names have.
    color : sequence of str, optional
        A colour for each.
    **style
        Properties of the tick labels.
    """
    convert_with(axis, LevelConverter(keys, places, names, chart.view.continuum))
    family = {letter for name in names for letter in covering(name, chart.theme.family)}
    ordered = [*chart.theme.family, *sorted(family - set(chart.theme.family))]
    look = {"parse_math": False, "fontweight": WEIGHTS[SEMIBOLD], "color": chart.colours.ink, "fontfamily": ordered}
    axis.set_ticks(list(places), labels=list(names), **{**look, **style})
    for label, ink in zip(axis.get_ticklabels(), color, strict=False):
        label.set_color(ink)
    formatter = NameFormatter(places, names)
    axis.set_major_formatter(formatter)
    return formatter


def spaced(places: Sequence[float], room: float, first: Sequence[bool] = ()) -> list[int]:
    """Return which of some places are at least ``room`` apart, in order; those marked ``first`` are kept longest.

    >>> spaced([0, 8, 16, 24], 10)
    [0, 2]
    >>> spaced([0, 8, 16, 24], 10, first=[False, True, False, False])
    [1, 3]
    """
    kept: list[int] = []
    for i in sorted(range(len(places)), key=lambda i: not (first and first[i])):
        if all(abs(places[i] - places[other]) >= room - 1e-6 for other in kept):
            kept.append(i)
    return sorted(kept)


def slot_width(canvas: LayerCanvas) -> float:
    """Return how much width the chart has with all its words, in points: the same in every pass of a layout."""
    spec, figure = canvas.host.get_subplotspec(), canvas.host.get_figure(root=False)
    if spec is None or figure is None:
        return canvas.box.w
    return float(figure.bbox.width) / canvas.scale / spec.get_gridspec().ncols * len(spec.colspan)


class FitNames:
    """Breaks the names on an axis into lines as there is room; where rows are too near, some names are left out.

    Parameters
    ----------
    formatter : NameFormatter
    axis : {"x", "y"}
        Along x a name has the width of its place, along y a share of that of the chart.
    lines : int
        The most lines.
    first : sequence of bool, optional
        Along y: which names are kept longest.
    drop : callable, optional
        Is told whether names were left out: ``Frame.drop``.
    """

    def __init__(
        self, formatter: NameFormatter, axis: str, *, lines: int = 2, first: Sequence[bool] = (),
        drop: Callable[..., None] | None = None,
    ) -> None:  # fmt: skip
        self.formatter, self.axis, self.lines, self.first, self.drop = formatter, axis, lines, list(first), drop

    def __call__(self, canvas: LayerCanvas) -> None:
        """Choose the lines, for the next time that the axis prints its ticks."""
        if self.axis == "x":
            self._along(canvas)
        else:
            self._beside(canvas)

    def _along(self, canvas: LayerCanvas) -> None:
        t, one, axis = canvas.theme, self.formatter, canvas.host.xaxis
        room = abs(canvas.at(1, 0)[0] - canvas.at(0, 0)[0]) - 2 * canvas.u
        size = label_size(axis, t.body)
        longest = max(
            (canvas.wide(word, size, SEMIBOLD) for name in one.names for word in name.split(" ")), default=0.0
        )
        if longest > room and size > t.small:
            size = t.small
            for label in axis.get_ticklabels():
                label.set_fontsize(size)
        broken = [
            label_lines(name, size, max(room, 1.0), t.family, weight=SEMIBOLD, lines=self.lines, among=one.names)
            for name in one.names
        ]
        # Under two letters a cut name says nothing.
        one.shown = ["\n".join(lines) if room > 2 * size or lines == [name] else ""
                     for lines, name in zip(broken, one.names, strict=True)]  # fmt: skip

    def _beside(self, canvas: LayerCanvas) -> None:
        t, one = canvas.theme, self.formatter
        size = label_size(canvas.host.yaxis, t.body)
        heights = [canvas.at(0, place)[1] for place in one.places]
        kept = spaced(heights, size * LEADING, self.first)
        if self.drop is not None:
            self.drop("names", dropped=len(kept) < len(heights))
        pitch = min((abs(heights[a] - heights[b]) for a, b in pairwise(kept)), default=np.inf)
        lines = max(min(self.lines, int(pitch / (size * LEADING))), 1) if np.isfinite(pitch) else self.lines
        room = 0.3 * slot_width(canvas)
        one.shown = ["" for _ in one.names]
        for i in kept:
            broken = label_lines(
                one.names[i], size, max(room, 1.0), t.family, weight=SEMIBOLD, lines=lines, among=one.names
            )
            one.shown[i] = "\n".join(broken)


class FitLabel:
    """Shortens the label under an axis as there is room, while it is one of those given.

    Parameters
    ----------
    texts : sequence of str
        The longest first.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)

    def __call__(self, canvas: LayerCanvas) -> None:
        """Choose the text."""
        label = canvas.host.xaxis.label
        if label.get_text() in self.texts:
            size = float(label.get_fontsize())
            label.set_text(next((one for one in self.texts if canvas.wide(one, size) <= canvas.box.w), ""))
