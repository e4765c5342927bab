"""Control charts over time: a share (p-chart) or any measure (XmR), what breaks a rule in ink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.control_limits import RUN, p_limits, signals, xmr_limits
from careflow.charts.data.scale import SHARE
from careflow.charts.data.series import Series, Trend
from careflow.charts.data.time_series import AVERAGE, COUNTED, MEDIAN, trend_of, words_for
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, coloured, plain
from careflow.charts.drawing.subject import NONE
from careflow.charts.drawing.ticks import scale_axis
from careflow.charts.drawing.units import Periods
from careflow.charts.plots.trend_marks import Signs, grounds, period_axis
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Census, LengthOfStay, Rates, Returns

_LINE: Final = "#9AA1A9"


@drawn
def p_chart(
    result: Rates | Returns, frm: str | None = None, to: str | None = None, *, measure: str = "left early",
    baseline: int = 18, **options: Unpack[Options],
) -> Axes:  # fmt: skip
    """Draw a share month by month (or quarter) against the limits of ordinary variation.

    Limits are 3 sigma around the mean of the baseline, stepped with the size of each period. Points outside, and runs
    of 8 or more on one side of the mean, are in ink. Periods that are not yet mature are not judged.

    Parameters
    ----------
    result : Rates or Returns
        By month or quarter.
    frm : str, optional
        The level; needed where there are several.
    to : str, optional
        A level or outcome; of bounce-backs the level that the step-down led to.
    measure : str
        A direction or outcome of rates, where ``to`` is not given.
    baseline : int
        How many periods, from the first, set the mean.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.p_chart(cf.transition_rates(moves, by="quarter"), "residential", "php")
    >>> charts.alt_text(chart).split(". ")[0]
    'Control chart, 0 points break a rule'
    """
    trend, one = _one(result, "p_chart", frm, to, measure, options.get("where"))
    chart = Chart("p_chart", trend.view, options, levels=1)
    if one is None:
        return _too_few(chart, trend)
    table = one.table
    value = table["value"].where(table["mature"]).to_numpy(float)
    of = table["n"].to_numpy(float)
    first = _baseline(value, baseline)
    mean, low, high = p_limits(value * of, np.where(np.isfinite(value), of, np.nan), first)
    rule = f"p-chart: mean ± 3σ; black points: {RUN} or more in a row on one side of the mean, or outside the limits."
    return _draw(chart, trend, one, _Limits(mean, low, high, first, rule))


@drawn
def xmr(
    result: Rates | LengthOfStay | Census, frm: str | None = None, *, to: str | None = None,
    measure: str = "step-down", baseline: int = 18, **options: Unpack[Options],
) -> Axes:  # fmt: skip
    """Draw a measure over time against the limits of its own ordinary variation (XmR, individuals).

    Limits are the baseline's mean ± 2.66 times its average moving range.

    Parameters
    ----------
    result : LengthOfStay, Census or Rates
        By quarter or month: the median stay, the average census, or a share.
    frm : str, optional
        The level; needed where there are several.
    to : str, optional
        A level or outcome, of rates.
    measure : str
        A direction or outcome, of rates.
    baseline : int
        How many periods, from the first, set the mean.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.xmr(cf.census(moves, by="quarter"), frm="residential")
    >>> charts.alt_text(chart).split(". ")[0]
    'Control chart, 0 points break a rule'
    """
    trend, one = _one(result, "xmr", frm, to, measure, options.get("where"))
    chart = Chart("xmr", trend.view, options, levels=1)
    if one is None:
        return _too_few(chart, trend)
    value = one.table["value"].where(one.table["mature"]).to_numpy(float)
    first = _baseline(value, baseline)
    mean, low, high = xmr_limits(value, first)
    if not np.isfinite(low):
        return _too_few(chart, trend)
    size = len(value)
    rule = (
        f"XmR chart: mean ± 2.66 × average moving range; black points: {RUN} or more in a row on one side, or outside."
    )
    return _draw(chart, trend, one, _Limits(mean, np.full(size, max(low, 0.0)), np.full(size, high), first, rule))


def _too_few(chart: Chart, trend: Trend) -> Axes:
    """Say that there are no stays, or in too few periods for limits."""
    n = trend.n if trend.series else 0
    return chart.nothing(_title(chart, trend), "Too few periods for limits" if trend.series else NONE, n=n)


@dataclass(frozen=True)
class _Limits:
    """Mean and limits, how many periods set them, and the rule in words."""

    mean: float
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    first: int
    rule: str


def _baseline(value: NDArray[np.float64], wanted: int) -> int:
    return min(wanted, max(len(value), 1))


def _one(
    result: Any, chart: str, frm: str | None, to: str | None, measure: str, where: Any
) -> tuple[Trend, Series | None]:
    trend = trend_of(result, chart, frm, to, measure, where)
    if len(trend.series) > 1:
        names = ", ".join(repr(" to ".join(one.move) if one.move else one.name) for one in trend.series)
        what, how = ("pair of levels", "frm= and to=") if trend.series[0].move else ("level", "frm=")
        raise ArgumentError(f"a control chart is of one {what}: say which with {how}, one of {names}")
    one = trend.series[0] if trend.series else None
    if one is not None and one.table.loc[one.table["mature"], "value"].notna().sum() < 2:
        one = None
    return trend, one


def _what(chart: Chart, trend: Trend) -> str:
    if trend.measure == COUNTED:
        return f"{trend.view.about.measure} within {trend.view.within} days"
    if trend.measure == MEDIAN:
        return "Median stay"
    if trend.measure == AVERAGE:
        return "Average census"
    goal = trend.to or trend.measure
    return f"Moved to {chart.labels[goal]}" if goal in chart.labels else words_for(goal).capitalize()


def _title(chart: Chart, trend: Trend) -> str:
    if trend.back is not None:
        frm, to = _pair(trend)
        return f"{trend.back.event(chart.labels, frm, to)}, by {trend.view.period}"
    name = chart.labels[trend.series[0].name] if trend.series else (chart.labels[trend.frm] if trend.frm else "")
    return f"{_what(chart, trend)}{f', {name}' if name else ''}, by {trend.view.period}"


def _pair(trend: Trend) -> tuple[str | None, str | None]:
    """Return the level left and the level reached of the one line."""
    move = trend.series[0].move if trend.series else None
    return move or (trend.series[0].name if trend.series else trend.frm, trend.to)


def _subtitle(chart: Chart, trend: Trend, limits: _Limits) -> str:
    span = trend.span
    name = plain(chart.labels[trend.series[0].name])
    if trend.back is not None:
        verb = coloured(trend.role, trend.back.verb(chart.labels, *_pair(trend)))
        subject = f"Share of {plain(trend.back.whom(chart.labels, *_pair(trend)))} that {verb}"
    elif trend.measure == MEDIAN:
        subject = f"Days by which half of {name} stays had ended"
    elif trend.measure == COUNTED:
        subject = plain(trend.view.about.definition.removesuffix("."))
    elif trend.measure == AVERAGE:
        subject = f"Average number in care at {name}"
    else:
        verb = _what(chart, trend)[:1].lower() + _what(chart, trend)[1:]
        role = trend.series[0].role
        within = f" within {trend.view.within} days" if trend.view.within else ""
        subject = f"Share of {name} {plain(trend.view.unit)} that {coloured(role, verb)}{within}"
    return f"{subject}, {span}. Limits set on the first {limits.first} {trend.view.period}s"


def _draw(chart: Chart, trend: Trend, one: Series, limits: _Limits) -> Axes:
    table = one.table
    judged = table["value"].where(table["mature"]).to_numpy(float)
    broken, runs = signals(judged, limits.mean, limits.low, limits.high)
    late = (~table["mature"]).any()
    n = table.loc[table["mature"], "n"].dropna()
    chart.open(
        title=_title(chart, trend),
        subtitle=_subtitle(chart, trend, limits),
        notes=[
            trend.view.size(trend.n),
            f"{formatting.count(n.min())}–{formatting.count(n.max())} a {trend.view.period}."
            if len(n) and not chart.external
            else "",
            limits.rule,
            trend.back.left_out if trend.back is not None else "",
            f"On grey: {'not mature' if one.cut else 'not yet mature'}, not judged." if late else "",
        ],
        masked=trend.hidden,
    )
    show = trend.scale.figure if trend.scale is SHARE else formatting.count
    ends = [f"Mean {show(limits.mean)}", "Upper limit", "Lower limit"]
    if not np.nanmax(limits.high) > limits.mean:
        ends[0] = f"Mean and limits {show(limits.mean)}"
    periods = period_axis(chart, trend.periods)
    # The limits of a period with a handful of discharges may not flatten all the others.
    values = [*judged[np.isfinite(judged)], float(np.nanquantile(limits.high, 0.9))]
    chart.limits(y=(0.0, max(values) * 1.1 or trend.scale.least))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, trend.scale, at_most=5)
    _band(chart, limits, periods)
    _points(chart, one, broken, judged, periods)
    chart.frame.add(Signs(one, periods.middle))
    chart.frame.add(Ends(_ends(chart, limits, ends), leader=False))
    if runs:
        chart.frame.add(_Run(runs[-1], judged, limits.mean, periods.middle, trend.view.period or "period"))
    data = table.drop(columns=["low", "high", *(["n"] if chart.external else [])])
    most = table.loc[table["mature"]].nlargest(3, "value")
    return chart.close(
        data=data.assign(limit_low=limits.low, limit_high=limits.high, signal=broken),
        n=trend.n,
        largest=[f"{formatting.period(row['period'])} {show(row['value'])}" for _, row in most.iterrows()],
        what=f"Control chart, {int(broken.sum())} points break a rule",
    )


def _band(chart: Chart, limits: _Limits, periods: Periods) -> None:
    """Draw the band between the limits, the mean, and where the baseline ends."""
    colours, edges = chart.colours, np.column_stack([periods.start, periods.end]).ravel()
    chart.area(edges, np.repeat(limits.low, 2), np.repeat(limits.high, 2), colours.band, z=0.3)
    chart.ax.axhline(limits.mean, color=colours.ink, linewidth=1.1 * chart.u, zorder=2)
    if limits.first < len(periods.names):
        at = float(periods.start[limits.first])
        chart.ax.axvline(at, color=colours.grey(_LINE), linewidth=0.7 * chart.u, zorder=1)


def _points(
    chart: Chart, one: Series, broken: NDArray[np.bool_], judged: NDArray[np.float64], periods: Periods
) -> None:
    table, colours, x = one.table, chart.colours, periods.middle
    value = table["value"].to_numpy(float)
    late = ~table["mature"].to_numpy(bool)
    grounds(chart, one, periods, colours.grey("#E6E9EC"))
    line = colours.grey(_LINE)
    chart.line(x, judged, color=line, lw=1.4, z=2.5)
    plain_ = np.isfinite(judged) & ~broken
    chart.dots(x[plain_], value[plain_], size=5, color=colours.ground, edge=colours.grey("#6B727A"), lw=1.2, z=4)
    chart.dots(x[late], value[late], size=5, color=colours.ground, edge=line, lw=1.0, z=4)
    chart.dots(x[broken], value[broken], size=7, color=colours.ink, z=4.2)


def _ends(chart: Chart, limits: _Limits, names: Sequence[str]) -> list[End]:
    """Return the names of the lines at the right."""
    colours = chart.colours
    ends = [End(limits.mean, [Run(names[0], colours.ink, SEMIBOLD)], colours.ink)]
    last = int(np.flatnonzero(np.isfinite(limits.high))[-1])
    top = chart.ax.get_ylim()[1]
    if limits.high[last] > limits.mean:
        ends.append(End(min(float(limits.high[last]), top), [Run(names[1], colours.muted)], colours.muted))
    if 0 < limits.low[last] < limits.mean:
        ends.append(End(float(limits.low[last]), [Run(names[2], colours.muted)], colours.muted))
    return ends


class _Run:
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
