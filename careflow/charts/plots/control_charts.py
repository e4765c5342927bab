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
from careflow.charts.data.ticks import steps
from careflow.charts.data.time_series import AVERAGE, MEDIAN, Series, Trend, trend_of, words_for
from careflow.charts.drawing.axes import Panel
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import NONE, Page
from careflow.charts.drawing.palette import BAND, INK, MUTED, WHITE
from careflow.charts.drawing.rich_text import coloured, plain
from careflow.charts.plots.trend_panel import immature_grounds
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Census, LengthOfStay, Rates

_LINE: Final = "#9AA1A9"


@drawn
def p_chart(
    result: Rates, frm: str | None = None, to: str | None = None, *, measure: str = "left early", baseline: int = 18,
    **options: Unpack[Options],
) -> Axes:  # fmt: skip
    """Draw a share month by month (or quarter) against the limits of ordinary variation.

    Limits are 3 sigma around the mean of the baseline, stepped with the size of each period. Points outside, and runs
    of 8 or more on one side of the mean, are in ink. Periods that are not yet mature are not judged.

    Parameters
    ----------
    result : Rates
        By month or quarter.
    frm : str, optional
        The level; needed where there are several.
    to : str, optional
        A level or outcome.
    measure : str
        A direction or outcome, where ``to`` is not given.
    baseline : int
        How many periods, from the first, set the mean.
    **options
    """
    trend, one = _one(result, "p_chart", frm, to, measure, options.get("where"))
    page = Page("p_chart", trend.view, options, levels=1)
    if one is None:
        return _too_few(page, trend)
    table = one.table
    value = table["value"].where(table["mature"]).to_numpy(float)
    of = table["n"].to_numpy(float)
    first = _baseline(value, baseline)
    mean, low, high = p_limits(value * of, np.where(np.isfinite(value), of, np.nan), first)
    rule = f"p-chart: mean ± 3σ; black points: {RUN} or more in a row on one side of the mean, or outside the limits."
    return _draw(page, trend, one, _Limits(mean, low, high, first, rule))


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
    """
    trend, one = _one(result, "xmr", frm, to, measure, options.get("where"))
    page = Page("xmr", trend.view, options, levels=1)
    if one is None:
        return _too_few(page, trend)
    value = one.table["value"].where(one.table["mature"]).to_numpy(float)
    first = _baseline(value, baseline)
    mean, low, high = xmr_limits(value, first)
    if not np.isfinite(low):
        return _too_few(page, trend)
    size = len(value)
    rule = (
        f"XmR chart: mean ± 2.66 × average moving range; black points: {RUN} or more in a row on one side, or outside."
    )
    return _draw(page, trend, one, _Limits(mean, np.full(size, max(low, 0.0)), np.full(size, high), first, rule))


def _too_few(page: Page, trend: Trend) -> Axes:
    """Say that there are no stays, or in too few periods for limits."""
    n = trend.n if trend.series else 0
    return page.nothing(_title(page, trend), "Too few periods for limits" if trend.series else NONE, n=n)


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
        names = ", ".join(repr(one.name) for one in trend.series)
        raise ArgumentError(f"a control chart is of one level: say which with frm=, one of {names}")
    one = trend.series[0] if trend.series else None
    if one is not None and one.table.loc[one.table["mature"], "value"].notna().sum() < 2:
        one = None
    return trend, one


def _what(page: Page, trend: Trend) -> str:
    if trend.measure == MEDIAN:
        return "Median stay"
    if trend.measure == AVERAGE:
        return "Average census"
    goal = trend.to or trend.measure
    return f"Moved to {page.labels[goal]}" if goal in page.labels else words_for(goal).capitalize()


def _title(page: Page, trend: Trend) -> str:
    name = page.labels[trend.series[0].name] if trend.series else (page.labels[trend.frm] if trend.frm else "")
    return f"{_what(page, trend)}{f', {name}' if name else ''}, by {trend.view.period}"


def _subtitle(page: Page, trend: Trend, limits: _Limits) -> str:
    span = f"{formatting.period(trend.periods[0])} – {formatting.period(trend.periods[-1])}"
    name = plain(page.labels[trend.series[0].name])
    if trend.measure == MEDIAN:
        subject = f"Days by which half of {name} stays had ended"
    elif trend.measure == AVERAGE:
        subject = f"Average number in care at {name}"
    else:
        verb = _what(page, trend)[:1].lower() + _what(page, trend)[1:]
        role = trend.series[0].role
        within = f" within {trend.view.within} days" if trend.view.within else ""
        subject = f"Share of {name} {plain(trend.view.unit)} that {coloured(role, verb)}{within}"
    return f"{subject}, {span}. Limits set on the first {limits.first} {trend.view.period}s"


def _draw(page: Page, trend: Trend, one: Series, limits: _Limits) -> Axes:
    table = one.table
    judged = table["value"].where(table["mature"]).to_numpy(float)
    broken, runs = signals(judged, limits.mean, limits.low, limits.high)
    late = (~table["mature"]).any()
    n = table.loc[table["mature"], "n"].dropna()
    box = page.open(
        title=_title(page, trend),
        subtitle=_subtitle(page, trend, limits),
        notes=[
            trend.view.size(trend.n),
            f"{formatting.count(n.min())}–{formatting.count(n.max())} a {trend.view.period}."
            if len(n) and not page.external
            else "",
            limits.rule,
            f"On grey: {'not mature' if one.cut else 'not yet mature'}, not judged." if late else "",
        ],
        masked=trend.hidden,
        gap=16,
    )
    show = trend.scale.figure if trend.scale is SHARE else formatting.count
    ends = [f"Mean {show(limits.mean)}", "Upper limit", "Lower limit"]
    if not np.nanmax(limits.high) > limits.mean:
        ends[0] = f"Mean and limits {show(limits.mean)}"
    panel = _panel(page, box, trend, limits, judged, ends)
    _band(panel, limits, len(table))
    _points(page, panel, one, broken, judged)
    _annotate(page, panel, limits, ends, trend, runs, judged)
    data = table.drop(columns=["low", "high", *(["n"] if page.external else [])])
    most = table.loc[table["mature"]].nlargest(3, "value")
    return page.close(
        data=data.assign(limit_low=limits.low, limit_high=limits.high, signal=broken),
        n=trend.n,
        largest=[f"{formatting.period(row['period'])} {show(row['value'])}" for _, row in most.iterrows()],
        what=f"Control chart, {int(broken.sum())} points break a rule",
    )


def _panel(
    page: Page, box: Box, trend: Trend, limits: _Limits, judged: NDArray[np.float64], ends: Sequence[str]
) -> Panel:
    """Draw the axes, with room for the names of the lines at the right."""
    t, u, canvas = page.theme, page.u, page.canvas
    right = max(canvas.wide(end, t.body, SEMIBOLD) for end in ends) + 9 * u
    # The limits of a period with a handful of discharges may not flatten all the others.
    values = [*judged[np.isfinite(judged)], float(np.nanquantile(limits.high, 0.9))]
    top = max(values) * 1.1 or trend.scale.least
    marks = steps(min(top, trend.scale.most), trend.scale.steps, at_most=5)
    texts = trend.scale.ticks(marks)
    gutter = max(canvas.wide(text, t.body) for text in texts) + 7 * u
    area = Box(box.x0 + gutter, box.y0 + 8 * u + t.body * CAP, box.x1 - right, box.y1)
    panel = Panel(canvas, area, (-0.7, len(judged) - 0.3), (0, top))
    panel.grid(marks, texts)
    panel.floor()
    for index, text in formatting.ticks(trend.periods):
        panel.tick(index, text)
    return panel


def _band(panel: Panel, limits: _Limits, n: int) -> None:
    x = np.repeat(np.arange(n + 1) - 0.5, 2)[1:-1]
    panel.area(x, np.repeat(limits.low, 2), np.minimum(np.repeat(limits.high, 2), panel.ylim[1]), BAND, z=0.3)
    panel.line(panel.xlim, [limits.mean] * 2, color=INK, lw=1.1, z=2)
    if limits.first < n:
        at = limits.first - 0.5
        panel.line([at, at], panel.ylim, color=_LINE, lw=0.7, z=1)


def _points(page: Page, panel: Panel, one: Series, broken: NDArray[np.bool_], judged: NDArray[np.float64]) -> None:
    table, u = one.table, page.u
    x, value = np.arange(len(table)), table["value"].to_numpy(float)
    late = ~table["mature"].to_numpy(bool)
    for ground in immature_grounds(panel, one):
        page.canvas.rect(ground, "#E6E9EC", z=0.2)
    panel.line(x, judged, color=_LINE, lw=1.4, z=2.5)
    plain_ = np.isfinite(judged) & ~broken
    panel.dots(x[plain_], value[plain_], size=5, color=WHITE, edge="#6B727A", lw=1.2, z=4)
    late &= value <= panel.ylim[1]
    panel.dots(x[late], value[late], size=5, color=WHITE, edge=_LINE, lw=1.0, z=4)
    panel.dots(x[broken], value[broken], size=7, color=INK, z=4.2)
    for index in np.flatnonzero(table["hidden"].to_numpy(bool)):
        page.canvas.text(
            panel.x(float(index)), panel.box.y0 + 3.5 * u, "s", size=page.theme.small, color=MUTED, align="center"
        )


def _annotate(
    page: Page, panel: Panel, limits: _Limits, ends: Sequence[str], trend: Trend, runs: Sequence[tuple[int, int]],
    judged: NDArray[np.float64],
) -> None:  # fmt: skip
    """Name the lines at the right, and the first run where it begins."""
    t, u, canvas = page.theme, page.u, page.canvas
    x = panel.box.x1 + 6 * u
    mean = panel.y(limits.mean)
    gap = t.body * 1.2
    canvas.text(x, middle(mean, t.body), ends[0], weight=SEMIBOLD)
    last = int(np.flatnonzero(np.isfinite(limits.high))[-1])
    if limits.high[last] > limits.mean:
        over = min(max(panel.y(float(limits.high[last])), mean + gap), panel.box.y1)
        canvas.text(x, middle(over, t.body), ends[1], color=MUTED)
    if 0 < limits.low[last] < limits.mean:
        canvas.text(x, middle(min(panel.y(float(limits.low[last])), mean - gap), t.body), ends[2], color=MUTED)
    if not runs:
        return
    first, last = runs[-1]
    side = "above" if judged[first] > limits.mean else "below"
    lines = [f"Run of {last - first + 1} {trend.view.period}s", f"{side} the mean"]
    at, y = panel.x(float(first)), panel.y(float(judged[first]))
    wide = max(canvas.wide(line, t.small) for line in lines)
    over = panel.y(float(np.nanmax(judged[: first + 1]))) + 14 * u if side == "above" else panel.box.y0 + 10 * u
    if at - wide - 18 * u < panel.box.x0 or over + t.small * 2.4 > panel.box.y1:
        return
    for i, line in enumerate(lines):
        canvas.text(at - 14 * u, over + (1 - i) * t.small * 1.2, line, size=t.small, align="right")
    canvas.line(
        [at - 12 * u, at - 3 * u],
        [over - 2 * u, y + 4 * u] if side == "above" else [over + t.small, y - 4 * u],
        color=INK,
        lw=0.8,
        z=4,
    )
