"""Marks of a trend: ribbon and line, what is not yet mature apart, what is suppressed as a gap."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.scale import INTENSITY, SHARE
from careflow.charts.data.series import ALL, Series, Trend
from careflow.charts.data.thin import MARK
from careflow.charts.drawing.canvas import Align, Box, middle
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends
from careflow.charts.drawing.fonts import BOLD, CAP, SEMIBOLD
from careflow.charts.drawing.frame import Sized
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.palette import contrast
from careflow.charts.drawing.rich_text import Run
from careflow.charts.drawing.ticks import FitLabel, scale_axis
from careflow.charts.drawing.units import (
    DateConverter,
    PeriodFormatter,
    PeriodLocator,
    Periods,
    PeriodTicks,
    convert_with,
)

Floats = NDArray[np.float64]


def head_of(chart: Chart, trend: Trend, one: Series) -> tuple[list[Sized], list[Sized]]:
    """Return what stands over the plot: the name of the level, and its figure of the latest mature period."""
    t, colours = chart.theme, chart.colours
    ink = chart.palette.ink(one.role) if one.role in chart.palette.inks else colours.ink
    figure, span = _figure(trend, one)
    right = [(Run(figure, ink, BOLD), t.body), (Run(f" {span}" if span else "", ink), t.small)]
    return [(Run(one.label(chart.labels), colours.ink, SEMIBOLD), t.body)], right if figure else []


def _figure(trend: Trend, one: Series) -> tuple[str, str]:
    """Return the value of the latest mature period and its interval in print, a dash where nobody was counted."""
    if trend.latest is None:
        return "", ""
    row = one.at(trend.latest)
    if row["hidden"]:
        return formatting.MASK, ""
    if not formatting.known(row["value"]) and not row["n"] > 0:
        return "–", ""
    return trend.scale.figure(row["value"]), trend.scale.span(row["low"], row["high"])


def period_axis(chart: Chart, names: Sequence[str]) -> Periods:
    """Give the x axis dates, and ticks for the periods."""
    calendar = chart.view.about.calendar
    axis, periods = chart.ax.xaxis, Periods.of(names, calendar)
    convert_with(axis, DateConverter(calendar))
    ticks = PeriodTicks(periods, chart.theme.body)
    axis.set_major_locator(PeriodLocator(ticks))
    axis.set_major_formatter(PeriodFormatter(ticks))
    span = float(periods.end[-1] - periods.start[0])
    edge = 0.05 * span / len(names) if len(names) > 1 else 0.0
    chart.limits(x=(float(periods.start[0]) + edge, float(periods.end[-1]) - edge))
    return periods


def draw_one(
    chart: Chart, trend: Trend, one: Series, *, target: float | None, others: bool = False, named: bool = True
) -> None:
    """Draw one level; ``others`` adds the other levels as faint lines, ``named`` names target and grey ground."""
    periods = period_axis(chart, trend.periods)
    chart.limits(y=(0.0, _top(trend, target)))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, trend.scale)
    grounds(chart, one, periods, chart.colours.band)
    if named and chart.first and one.immature and one.immature[-1][1] == len(one.table) - 1:
        first = one.immature[-1][0]
        start = float(periods.start[first]) if first else chart.ax.get_xlim()[0]
        table = one.table.fillna({"low": one.table["value"], "high": one.table["value"]})
        low, high = (table[end].to_numpy(float) for end in ("low", "high"))
        chart.frame.add(NotYetMature(start, periods.middle, low, high))
    for other in trend.series if others else ():
        if other is not one:
            values = other.table["value"].where(other.table["mature"]).to_numpy(float)
            chart.line(periods.middle, values, color=chart.colours.context, lw=1.0, z=1)
    _ribbon_and_line(chart, one, periods.middle)
    if target is not None:
        chart.ax.axhline(target, color=chart.colours.ink, linewidth=0.8 * chart.u, zorder=2.5)
        if named:
            text = f"Target {trend.scale.figure(target)}"
            chart.frame.add(TargetName(target, text, periods.middle, one.table["value"].to_numpy(float)))
    chart.frame.add(Signs(one, periods.middle))
    _count(chart, trend, one)


def draw_levels(chart: Chart, trend: Trend, *, target: float | None) -> None:
    """Draw all levels as lines on one Axes, their names at the right."""
    periods = period_axis(chart, trend.periods)
    chart.limits(y=(0.0, _top(trend, target, intervals=False)))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, trend.scale)
    ramp = dict(zip(trend.view.levels, chart.colours.intensity(len(trend.view.levels)), strict=True))
    if not {one.name for one in trend.series} <= {*ramp, ALL}:
        ramp = dict(zip((one.name for one in trend.series), chart.colours.intensity(len(trend.series)), strict=True))
    ends = []
    for one in trend.series:
        color = chart.faded(_line(chart, ramp.get(one.name, chart.colours.ink)), one.name)
        value, mature = one.table["value"].to_numpy(float), one.table["mature"].to_numpy(bool)
        _lines(chart, periods.middle, value, mature, color)
        last = np.flatnonzero(np.isfinite(value))
        if len(last):
            ink = chart.colours.word(color)
            figure = trend.scale.figure(float(value[last[-1]]))
            runs = [Run(one.label(chart.labels), ink, SEMIBOLD), Run(f" {figure}", ink)]
            ends.append(End(float(value[last[-1]]), runs, ink))
    if target is not None:
        chart.ax.axhline(target, color=chart.colours.ink, linewidth=0.8 * chart.u, zorder=2.5)
    chart.frame.add(Ends(ends))


def _line(chart: Chart, fill: str) -> str:
    """Return a violet that stands out as a line."""
    return fill if contrast(fill, chart.colours.ground) >= 2.6 else chart.colours.mark(fill)


def _top(trend: Trend, target: float | None, *, intervals: bool = True) -> float:
    columns = ("value", "high") if intervals else ("value",)
    values = np.concatenate([one.table[c].to_numpy(float) for one in trend.series for c in columns])
    most = max((one.table["value"].max() for one in trend.series if one.table["value"].notna().any()), default=0.0)
    if trend.scale is not SHARE and most > 0:
        # An upper limit can be far above every median; it may not flatten all the lines.
        values = np.minimum(values, 2.2 * most)
    top = float(np.nanmax([*values[~np.isnan(values)], target or 0.0, 0.0])) * 1.06
    return top if top > 0 else trend.scale.least


def grounds(chart: Chart, one: Series, periods: Periods, color: str) -> None:
    """Lay a ground behind each run of periods that are not mature; the first and the last reach to the edge."""
    low, high = chart.ax.get_xlim()
    for first, last in one.immature:
        start = float(periods.start[first]) if first else low
        end = float(periods.end[last]) if last < len(one.table) - 1 else high
        chart.ax.axvspan(start, end, facecolor=color, linewidth=0, zorder=0.2)


def _lines(chart: Chart, x: Floats, value: Floats, mature: NDArray[np.bool_], color: str) -> None:
    late = ~mature | np.concatenate([~mature[1:], [False]])
    chart.line(x, np.where(mature, value, np.nan), color=color, z=3, cap="round")
    if late.any():
        chart.line(x, np.where(late, value, np.nan), color=color, lw=1.4, dash=(2.6, 2.0), z=3)
    chart.dots(x[mature], value[mature], size=4.2 if len(x) <= 16 else 3.2, color=color, z=4)
    if (~mature).any():
        chart.dots(x[~mature], value[~mature], size=4.6, color=chart.colours.ground, edge=color, lw=1.3, z=4)


def _ribbon_and_line(chart: Chart, one: Series, x: Floats) -> None:
    table, colours = one.table, chart.colours
    fill = chart.faded(chart.palette.fill(one.role) if one.role in chart.palette.fills else colours.ink, one.name)
    value, low, high = (table[c].to_numpy(float) for c in ("value", "low", "high"))
    mature = table["mature"].to_numpy(bool)
    # The step from the last mature period to the first immature one belongs to the immature part.
    late = ~mature | np.concatenate([~mature[1:], [False]])
    for part, strength, z in ((late, 0.13, 1.8), (mature, 0.24, 1.9)):
        if np.isfinite(low[part]).any():
            chart.area(x, np.where(part, low, np.nan), np.where(part, high, np.nan), colours.tint(fill, strength), z=z)
    finite = np.concatenate([[False], np.isfinite(value), [False]])
    for index in np.flatnonzero(finite[1:-1] & ~finite[:-2] & ~finite[2:]):
        chart.line([x[index]] * 2, [low[index], high[index]], color=colours.tint(fill, 0.24), lw=4.0, z=1.8)
    _lines(chart, x, value, mature, fill)


def _count(chart: Chart, trend: Trend, one: Series) -> None:
    """Say under the axis how many stand behind each point."""
    n = one.table.loc[one.table["mature"], "n"].dropna()
    if not len(n) or (len(trend.series) > 8 and chart.part is not None):
        return
    low, high = float(n.min()), float(n.max())
    if chart.external:
        low, high = math.floor(low / 10) * 10, math.ceil(high / 10) * 10
    span = formatting.count(low) if low == high else f"{formatting.count(low)}–{formatting.count(high)}"
    unit = "Person-days" if trend.scale is INTENSITY else "n"
    texts = [f"{unit} per {trend.view.period} {span}", f"{unit} {span}", ""]
    chart.ax.set_xlabel(texts[0], loc="left", fontsize=chart.theme.small)
    chart.frame.add(FitLabel(texts))


class NotYetMature:
    """Names the grey ground at its top or at its bottom, where no interval is under the words.

    Parameters
    ----------
    start : float
        Where the ground begins; it ends with the axis.
    x, low, high : array of float
        The ends of the intervals by period.
    """

    def __init__(self, start: float, x: Floats, low: Floats, high: Floats) -> None:
        known = np.isfinite(low) & np.isfinite(high)
        self.start, self.x, self.low, self.high = start, x[known], low[known], high[known]

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the words."""
        t, u, box = canvas.theme, canvas.u, canvas.box
        lines = ["Not yet", "mature"]
        wide, tall = max(canvas.wide(line, t.small) for line in lines), 1.8 * t.small
        start = canvas.at(self.start, 0)[0]
        if not box.x0 <= start < box.x1 or box.h < 60 * u:
            return
        right = wide > box.x1 - start - 5 * u
        x = box.x1 - 2 * u if right else start + 3 * u
        over = np.linspace(x - wide if right else x, x if right else x + wide, 5)
        tops, ends = [box.y1 - 3 * u, box.y0 + 4 * u + tall + 1.2 * t.small], (self.high, self.low)
        for above, (top, values) in zip((True, False), zip(tops, ends, strict=True), strict=True):
            points = canvas.points(self.x, values)
            heights = np.interp(over, points[:, 0], points[:, 1]) if len(points) else np.empty(0)
            if len(heights) and (heights.max() > top - tall if above else heights.min() < top + u):
                continue
            for i, line in enumerate(lines):
                y = top - t.small * (CAP + i * 1.1)
                align: Align = "right" if right else "left"
                canvas.text(x, y, line, size=t.small, color=canvas.colours.muted, align=align)
            return


class TargetName:
    """Names a target on its line, where the values are farthest from it."""

    def __init__(self, target: float, text: str, x: Floats, values: Floats) -> None:
        self.target, self.text, self.x, self.values = target, text, x, values

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the name."""
        t, u, box = canvas.theme, canvas.u, canvas.box
        if not canvas.sees(y=self.target):
            return
        y = canvas.at(self.x[0], self.target)[1]
        half = canvas.wide(self.text, t.small) / 2 + 3 * u
        spots = np.arange(box.x0 + half, box.x1 - half, 4 * u)
        finite = np.isfinite(self.values)
        if not len(spots) or not finite.any():
            return
        points = canvas.points(self.x[finite], self.values[finite])
        spread = np.array([-half, 0, half])
        near = [np.abs(np.interp(spot + spread, points[:, 0], points[:, 1]) - y).min() for spot in spots]
        at = float(spots[int(np.argmax(near))])
        canvas.pill(Box(at - half, y - t.small * 0.66, at + half, y + t.small * 0.66), z=4.5)
        canvas.text(at, middle(y, t.small), self.text, size=t.small, align="center")


class Signs:
    """Marks suppressed periods with ``s`` at the base, and thin ones beside their dot."""

    def __init__(self, one: Series, x: Floats) -> None:
        self.hidden = x[one.table["hidden"].to_numpy(bool)]
        value = one.table["value"].to_numpy(float)
        thin = one.table["thin"].to_numpy(bool) & np.isfinite(value)
        self.thin = list(zip(x[thin].tolist(), value[thin].tolist(), strict=True))

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the signs of what is in view."""
        t, u, muted = canvas.theme, canvas.u, canvas.colours.muted
        for x, y in self.thin:
            if canvas.sees(x, y):
                at = canvas.at(x, y)
                canvas.text(at[0], at[1] + 4 * u, MARK, size=t.small, color=muted, align="center")
        for x in self.hidden:
            if canvas.sees(x=float(x)):
                left, base = canvas.at(float(x), canvas.host.get_ylim()[0])[0], canvas.box.y0 + 3.5 * u
                canvas.text(left, base, "s", size=t.small, color=muted, align="center")
                stem = base + t.small * 0.62 + u
                canvas.line([left, left], [stem, stem + 3.5 * u], color=muted, lw=0.8)
