"""Title and subtitle of a control chart."""

from __future__ import annotations

from careflow.charts.data.baselines import Limits, baseline_words
from careflow.charts.data.series import Trend
from careflow.charts.data.time_series import AVERAGE, COUNTED, MEDIAN, words_for
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.rich_text import coloured, plain


def _what(chart: Chart, trend: Trend) -> str:
    if trend.measure == COUNTED:
        return f"{trend.view.about.measure} within {trend.view.within} days"
    if trend.measure == MEDIAN:
        return "Median stay"
    if trend.measure == AVERAGE:
        return "Average census"
    goal = trend.to or trend.measure
    return f"Moved to {chart.labels[goal]}" if goal in chart.labels else words_for(goal).capitalize()


def control_title(chart: Chart, trend: Trend) -> str:
    """Return the title: what is charted, of which level, by which period."""
    if trend.back is not None:
        frm, to = _pair(trend)
        return f"{trend.back.event(chart.labels, frm, to)}, by {trend.view.period}"
    name = chart.labels[trend.series[0].name] if trend.series else (chart.labels[trend.frm] if trend.frm else "")
    return f"{_what(chart, trend)}{f', {name}' if name else ''}, by {trend.view.period}"


def _pair(trend: Trend) -> tuple[str | None, str | None]:
    """Return the level left and the level reached of the one line."""
    move = trend.series[0].move if trend.series else None
    return move or (trend.series[0].name if trend.series else trend.frm, trend.to)


def control_subtitle(chart: Chart, trend: Trend, limits: Limits) -> str:
    """Return the subtitle: the share or average, its span, and the baseline of the limits."""
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
    return f"{subject}, {span}. {baseline_words(limits, trend.periods, trend.view.period or 'period')}"
