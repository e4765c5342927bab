"""Control charts over time: a share (p-chart) or any measure (XmR), what breaks a rule in ink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.baselines import (
    Baseline,
    Limits,
    false_alarms,
    limits_of,
    stages_of,
)
from careflow.charts.data.control_limits import RUN, p_limits, xmr_limits
from careflow.charts.data.scale import SHARE
from careflow.charts.data.series import Series, Trend
from careflow.charts.data.time_series import trend_of
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run
from careflow.charts.drawing.subject import NONE
from careflow.charts.drawing.ticks import scale_axis
from careflow.charts.drawing.units import Periods
from careflow.charts.plots.control_charts_marks import RunWords
from careflow.charts.plots.control_charts_words import control_subtitle, control_title
from careflow.charts.plots.trend_marks import Signs, grounds, period_axis
from careflow.errors import ArgumentError
from careflow.estimate.overdispersion import laney_limits

if TYPE_CHECKING:
    from careflow.estimate import Census, LengthOfStay, Measured, Rates, Returns

_LINE: Final = "#9AA1A9"


@drawn
def p_chart(
    result: Rates | Returns | Measured, frm: str | None = None, to: str | None = None, *, measure: str = "left early",
    baseline: Baseline = 18, rebase: Sequence[str] = (), exclude: Sequence[str] = (),
    spread: Literal["shewhart", "laney"] = "shewhart", **options: Unpack[Options],
) -> Axes:  # fmt: skip
    """Draw a share month by month (or quarter) against the limits of ordinary variation.

    Limits are 3 sigma around the mean of the baseline, stepped with the size of each period. Points outside, and runs
    of 8 or more on one side of the mean, are in ink. Periods that are not yet mature are not judged.

    Parameters
    ----------
    result : Rates, Returns or Measured
        By month or quarter. A measure is of all its levels, or of ``frm``.
    frm : str, optional
        The level; needed where there are several.
    to : str, optional
        A level or outcome; of bounce-backs the level that the step-down led to.
    measure : str
        A direction or outcome of rates, where ``to`` is not given.
    baseline : int or pair of str
        How many periods, from the first, set the mean; or the first and the last of those that do.
    rebase : sequence of str
        Periods from which the limits are set anew, because something is known to have changed; never by themselves.
    exclude : sequence of str
        Periods that set no limits and are not judged; they are drawn as crosses.
    spread : {"shewhart", "laney"}
        Limits of a binomial share, or Laney's, which allow for variation between periods.
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
    if spread not in ("shewhart", "laney"):
        raise ArgumentError(f"spread is 'shewhart' or 'laney'; it was {spread!r}")
    trend, one = _one(result, "p_chart", frm, to, measure, options.get("where"))
    chart = Chart("p_chart", trend.view, options, levels=1)
    if one is None:
        return _too_few(chart, trend)
    table = one.table
    value = table["value"].where(table["mature"]).to_numpy(float)
    of = table["n"].to_numpy(float)
    stages, excluded = stages_of(trend.view, trend.periods, baseline, rebase, exclude)
    kept = np.isfinite(value) & ~excluded
    hits, judged = np.where(kept, value * of, np.nan), np.where(kept, of, np.nan)

    def make(periods: slice, base: slice) -> tuple[float, Any, Any]:
        if spread == "laney":
            return laney_limits(hits[periods], judged[periods], base)
        return p_limits(hits[periods], judged[periods], base)

    name = "p-chart: mean ± 3σ" if spread == "shewhart" else "p′-chart (Laney): mean ± 3σ × σz"
    rule = f"{name}; filled points: {RUN} or more in a row on one side of the mean, or outside the limits."
    return _draw(chart, trend, one, limits_of(stages, excluded, make, rule))


@drawn
def xmr(
    result: Rates | LengthOfStay | Census, frm: str | None = None, *, to: str | None = None,
    measure: str = "step-down", baseline: Baseline = 18, rebase: Sequence[str] = (), exclude: Sequence[str] = (),
    **options: Unpack[Options],
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
    baseline : int or pair of str
        How many periods, from the first, set the mean; or the first and the last of those that do.
    rebase, exclude : sequence of str
        As for :func:`careflow.charts.p_chart`.
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
    stages, excluded = stages_of(trend.view, trend.periods, baseline, rebase, exclude)
    kept = np.where(excluded, np.nan, value)

    def make(periods: slice, base: slice) -> tuple[float, Any, Any]:
        mean, low, high = xmr_limits(kept[periods], base) if np.isfinite(kept[periods][base]).any() else (np.nan,) * 3
        return mean, max(low, 0.0) if np.isfinite(low) else np.nan, high

    rule = (
        f"XmR chart: mean ± 2.66 × average moving range; filled points: {RUN} or more in a row on one side, or outside."
    )
    drawn_limits = limits_of(stages, excluded, make, rule)
    if not np.isfinite(drawn_limits.low[-1]):
        return _too_few(chart, trend)
    return _draw(chart, trend, one, drawn_limits)


def _too_few(chart: Chart, trend: Trend) -> Axes:
    """Say that there are no stays, or in too few periods for limits."""
    n = trend.n if trend.series else 0
    return chart.nothing(control_title(chart, trend), "Too few periods for limits" if trend.series else NONE, n=n)


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


def _draw(chart: Chart, trend: Trend, one: Series, limits: Limits) -> Axes:
    table = one.table
    judged = table["value"].where(table["mature"]).to_numpy(float)
    broken, runs = limits.judged(judged)
    mean = float(limits.mean[-1])
    late = (~table["mature"]).any()
    n = table.loc[table["mature"], "n"].dropna()
    chart.open(
        title=control_title(chart, trend),
        subtitle=control_subtitle(chart, trend, limits),
        notes=[
            trend.view.size(trend.n),
            f"{formatting.count(n.min())}–{formatting.count(n.max())} a {trend.view.period}."
            if len(n) and not chart.external
            else "",
            limits.rule,
            trend.back.left_out if trend.back is not None else "",
            false_alarms(limits, judged),
            "Crosses: left out of the limits, not judged." if limits.excluded.any() else "",
            f"On grey: {'not mature' if one.cut else 'not yet mature'}, not judged." if late else "",
        ],
        masked=trend.hidden,
    )
    show = trend.scale.figure if trend.scale is SHARE else formatting.count
    ends = [f"Mean {show(mean)}", "Upper limit", "Lower limit"]
    if not np.nanmax(limits.high) > mean:
        ends[0] = f"Mean and limits {show(mean)}"
    periods = period_axis(chart, trend.periods)
    # The limits of a period with a handful of discharges may not flatten all the others.
    values = [*judged[np.isfinite(judged)], float(np.nanquantile(limits.high, 0.9))]
    chart.limits(y=(0.0, max(values) * 1.1 or trend.scale.least))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, trend.scale, at_most=5)
    _band(chart, limits, periods)
    _points(chart, one, broken, judged, periods, limits.excluded)
    chart.frame.add(Signs(one, periods.middle))
    chart.frame.add(Ends(_ends(chart, limits, ends), leader=False))
    if runs:
        mean_then = float(limits.mean[runs[-1][0]])
        chart.frame.add(RunWords(runs[-1], judged, mean_then, periods.middle, trend.view.period or "period"))
    data = table.drop(columns=["low", "high", *(["n"] if chart.external else [])])
    most = table.loc[table["mature"]].nlargest(3, "value")
    return chart.close(
        data=data.assign(limit_low=limits.low, limit_high=limits.high, signal=broken),
        n=trend.n,
        largest=[f"{formatting.period(row['period'])} {show(row['value'])}" for _, row in most.iterrows()],
        what=f"Control chart, {int(broken.sum())} points break a rule",
    )


def _band(chart: Chart, limits: Limits, periods: Periods) -> None:
    """Draw the band between the limits, the mean, and where the baseline ends."""
    colours, edges = chart.colours, np.column_stack([periods.start, periods.end]).ravel()
    chart.area(edges, np.repeat(limits.low, 2), np.repeat(limits.high, 2), colours.band, z=0.3)
    for stage in limits.stages:
        first, last = stage.periods.start, stage.periods.stop - 1
        whole = len(limits.stages) == 1
        ends = [float(periods.start[first]), float(periods.end[last])]
        if whole:
            chart.ax.axhline(float(limits.mean[0]), color=colours.ink, linewidth=1.1 * chart.u, zorder=2)
        else:
            chart.line(ends, [float(limits.mean[first])] * 2, color=colours.ink, lw=1.1, z=2)
        for at in {first, stage.base.stop} - {0, len(periods.names)}:
            chart.ax.axvline(float(periods.start[at]), color=colours.grey(_LINE), linewidth=0.7 * chart.u, zorder=1)


def _points(
    chart: Chart, one: Series, broken: NDArray[np.bool_], judged: NDArray[np.float64], periods: Periods,
    excluded: NDArray[np.bool_],
) -> None:  # fmt: skip
    table, colours, x = one.table, chart.colours, periods.middle
    value = table["value"].to_numpy(float)
    late = ~table["mature"].to_numpy(bool)
    grounds(chart, one, periods, colours.grey("#E6E9EC"))
    line = colours.grey(_LINE)
    chart.line(x, judged, color=line, lw=1.4, z=2.5)
    plain_ = np.isfinite(judged) & ~broken & ~excluded
    out = np.isfinite(judged) & excluded
    chart.ax.plot(x[out], value[out], linestyle="none", marker="x", markersize=6 * chart.u,
                  markeredgecolor=colours.muted, markeredgewidth=1.3 * chart.u, zorder=4)  # fmt: skip
    chart.dots(x[plain_], value[plain_], size=5, color=colours.ground, edge=colours.grey("#6B727A"), lw=1.2, z=4)
    chart.dots(x[late], value[late], size=5, color=colours.ground, edge=line, lw=1.0, z=4)
    chart.dots(x[broken], value[broken], size=7, color=colours.ink, z=4.2)


def _ends(chart: Chart, limits: Limits, names: Sequence[str]) -> list[End]:
    """Return the names of the lines at the right."""
    colours = chart.colours
    mean = float(limits.mean[-1])
    ends = [End(mean, [Run(names[0], colours.ink, SEMIBOLD)], colours.ink)]
    last = int(np.flatnonzero(np.isfinite(limits.high))[-1])
    top = chart.ax.get_ylim()[1]
    if limits.high[last] > mean:
        ends.append(End(min(float(limits.high[last]), top), [Run(names[1], colours.muted)], colours.muted))
    if 0 < limits.low[last] < mean:
        ends.append(End(float(limits.low[last]), [Run(names[2], colours.muted)], colours.muted))
    return ends
