"""The census: how many are in care at each level over time, stacked, most intensive at the bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.scale import STAYS
from careflow.charts.data.view import View, masked, periods, read
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends, Word, Words
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, plain
from careflow.charts.drawing.ticks import scale_axis
from careflow.charts.drawing.units import (
    DateConverter,
    PeriodFormatter,
    PeriodLocator,
    Periods,
    PeriodTicks,
    convert_with,
    place_of,
)
from careflow.counts.calendar import Calendar

if TYPE_CHECKING:
    from careflow.estimate import Census

TITLE: Final = "In care, by level"
_WEEK: Final = 7


@drawn
def census(result: Census, *, capacity: float | None = None, daily: bool = False, **options: Unpack[Options]) -> Axes:
    """Draw how many are in care at each level over time.

    The average of each period, or with ``daily`` weekly averages where the result has the days; for readers outside it
    is always the average of the period. A suppressed value leaves its level out of that period's stack, marked ``s``.

    Parameters
    ----------
    result : Census
        From :func:`careflow.census`.
    capacity : float, optional
        Places in all, drawn as a line.
    daily : bool
        Draw weekly averages, where the days are known.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.census(cf.census(moves, by="quarter"))
    >>> charts.alt_text(chart).split(". ")[0]
    'Stacked census by level, average of each quarter'
    """
    view = read(result, "Census", "census", where=options.get("where"), over=True)
    chart = Chart("census", view, options)
    days = getattr(result, "daily", None)
    weekly = (
        daily
        and not chart.external
        and isinstance(days, pd.DataFrame)
        and len(days) > 0
        and not view.frame["hidden"].any()
    )
    if not len(view.frame) or not view.frame["average"].notna().any():
        return chart.nothing(TITLE)
    stack = _weeks(days, view) if weekly and isinstance(days, pd.DataFrame) else _periods(view)
    return _draw(chart, view, stack, capacity)


@dataclass(frozen=True)
class _Stack:
    """Averages by level (rows) over time (columns)."""

    spans: Periods
    values: NDArray[np.float64]
    hidden: NDArray[np.bool_]
    bars: bool
    what: str
    ticked: Periods


def _periods(view: View) -> _Stack:
    order = periods(view)
    assert view.period is not None
    table = view.frame.assign(_level=view.frame["level"].astype(str), _at=view.frame[view.period].astype(str))
    wide = table.pivot_table(
        index="_level", columns="_at", values="average", aggfunc="first", observed=True, dropna=False
    )
    hidden = table.pivot_table(index="_level", columns="_at", values="hidden", aggfunc="max", observed=True)
    wide, hidden = (w.reindex(index=list(view.levels), columns=order) for w in (wide, hidden))
    spans, what = Periods.of(order, view.about.calendar), f"average of each {view.period}"
    return _Stack(spans, wide.to_numpy(float), hidden.eq(True).to_numpy(bool), True, what, spans)


def _weeks(days: pd.DataFrame, view: View) -> _Stack:
    table = view.rows_of(masked(days))
    whole = pd.api.types.is_integer_dtype(table["day"])
    at = pd.to_datetime(table["day"], unit="D") if whole else pd.to_datetime(table["day"])
    first = at.min()
    week = (at - first).dt.days // _WEEK
    full = week[week < week.max()] if (at.max() - first).days % _WEEK != _WEEK - 1 else week
    grouped = (
        table.loc[full.index].groupby([table.loc[full.index, "level"].astype(str), full])["stays"].mean().unstack()
    )
    grouped = grouped.reindex(index=list(view.levels)).fillna(0.0)
    starts = [first + pd.Timedelta(days=int(w) * _WEEK) for w in grouped.columns]
    start = np.array([place_of(one) for one in starts], dtype=float)
    values = grouped.to_numpy(float)
    spans = Periods([f"{one.date().isoformat()}" for one in starts], start, start + _WEEK)
    years = Periods.of(
        [f"{year}Q{q}" for year in range(first.year, at.max().year + 1) for q in (1, 2, 3, 4)], Calendar()
    )
    return _Stack(spans, values, np.zeros(values.shape, bool), False, "weekly average", years)


def _draw(chart: Chart, view: View, stack: _Stack, capacity: float | None) -> Axes:
    shown = np.nan_to_num(stack.values)
    tops = np.vstack([np.cumsum(shown[::-1], axis=0)[::-1], np.zeros(shown.shape[1])])
    spans, colours = stack.spans, chart.colours
    chart.open(
        title=TITLE,
        subtitle=f"Stays in care by level, {stack.what}. {plain(view.population())}",
        notes=[view.size(None), f"Line: capacity of {formatting.count(capacity)}." if capacity is not None else ""],
        masked=int(stack.hidden.sum()),
    )
    convert_with(chart.ax.xaxis, DateConverter(view.about.calendar))
    ticks = PeriodTicks(stack.ticked, chart.theme.body, starts=not stack.bars)
    chart.ax.xaxis.set_major_locator(PeriodLocator(ticks))
    chart.ax.xaxis.set_major_formatter(PeriodFormatter(ticks))
    end = spans.end[-1] if stack.bars or len(spans.names) < 2 else spans.start[-1]
    chart.limits(x=(float(spans.start[0]), float(end)), y=(0, max(float(tops.max()), capacity or 0.0, 1.0) * 1.04))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, STAYS, at_most=5)
    _fill(chart, view, stack, tops)
    if capacity is not None:
        chart.ax.axhline(capacity, color=colours.ink, linewidth=1.1 * chart.u, zorder=3)
        text = [Run(f"Capacity {formatting.count(capacity)}", colours.ink)]
        chart.frame.add(Words([Word(float(spans.start[0]), capacity, text, 3, 7, "left", 1)]))
    signs = [
        Word(float(spans.middle[i]), float(tops[0, i]), [Run("s", colours.muted)], 0, 7, "center", 1)
        for i in np.flatnonzero(stack.hidden.any(axis=0)).tolist()
    ]
    chart.frame.add(Words(signs))
    ends = []
    for i, name in enumerate(view.levels):
        runs = [Run(chart.labels[name], colours.ink, SEMIBOLD)]
        runs.append(Run(f" {formatting.count(stack.values[i, -1])}", colours.muted))
        ends.append(End(float(tops[i, -1] + tops[i + 1, -1]) / 2, runs, colours.muted))
    chart.frame.add(Ends(ends[::-1], above=2.0))
    order = np.argsort(-shown[:, -1], kind="stable")
    data = pd.DataFrame(stack.values.T, columns=list(view.levels)).assign(at=spans.names)
    return chart.close(
        data=data.melt("at", var_name="level", value_name="average"),
        n=None,
        largest=[f"{chart.labels[view.levels[i]]} {formatting.count(stack.values[i, -1])}" for i in order],
        what=f"Stacked census by level, {stack.what}",
    )


def _fill(chart: Chart, view: View, stack: _Stack, tops: NDArray[np.float64]) -> None:
    """Fill the levels: bars for periods, areas for weeks."""
    spans = stack.spans
    for i, (name, color) in enumerate(zip(view.levels, chart.colours.intensity(len(view.levels)), strict=True)):
        fill = chart.faded(color, name)
        if stack.bars:
            wide = 0.82 * (spans.end - spans.start)
            height = tops[i] - tops[i + 1]
            some = height > 0
            chart.ax.bar(
                spans.middle[some], height[some], wide[some], tops[i + 1][some], color=fill, zorder=1.5,
                edgecolor=chart.colours.ground, linewidth=0.8 * chart.u,
            )  # fmt: skip
        else:
            chart.area(spans.start, tops[i + 1], tops[i], fill, z=1.5)
            chart.line(spans.start, tops[i], color=chart.colours.ground, lw=0.7, z=2)
