"""Title and subtitle of a trend: what is measured, of whom, within how many days, over which periods."""

from __future__ import annotations

from typing import Final

from careflow.charts.data.scale import DAYS, INTENSITY
from careflow.charts.data.series import ALL, Trend
from careflow.charts.data.time_series import AVERAGE, COUNTED, PERSONS, words_for
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.rich_text import coloured, plain
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP

PER: Final = 100
"""Person-days of an intensity."""


def title_of(chart: Chart, trend: Trend) -> str:
    """Return the neutral title."""
    span = trend.view.period or "quarter"
    dated = trend.view.about.dated_by
    by = f"by {span}" + (f" of {dated}" if dated and "days" not in dated else "")
    within = f" within {trend.view.within} days" if trend.view.within and trend.scale is not DAYS else ""
    within += f" per {PER} person-days" if trend.scale is INTENSITY else ""
    frm = chart.labels.get(trend.frm, trend.frm.capitalize()) if trend.frm else ""
    if trend.back is not None:
        return f"{trend.back.event(chart.labels, trend.frm, trend.to)}, by {span}"
    if trend.measure == COUNTED:
        return f"{trend.view.about.measure}{within}, {frm}, {by}"
    if trend.measure == PERSONS:
        return f"People served{f' at {frm}' if frm and trend.frm != ALL else ''}, by {span}"
    if trend.measure == AVERAGE:
        return f"Average census{f' at {frm}' if frm else ''}, by {span}"
    if trend.scale is DAYS:
        return f"Median length of stay{f' at {frm}' if frm else ''}, {by}"
    if trend.to is not None:
        goal = chart.labels.get(trend.to, trend.to)
        return f"{frm} to {goal}{within}, {by}" if frm else f"Moves to {goal}{within}, by level and {by[3:]}"
    name = {STEP_DOWN: "Step-down", STEP_UP: "Step-up"}.get(trend.measure, trend.measure.capitalize())
    return f"{name} from {frm}{within}, {by}" if frm else f"{name}{within}, by level and {by[3:]}"


def subtitle_of(chart: Chart, trend: Trend, *, intervals: bool = True) -> str:
    """Return the subtitle, marked up; ``intervals`` says whether they are drawn."""
    span, ci = trend.span, f" with {trend.view.ci}" if intervals else ""
    if trend.back is not None:
        whom = plain(trend.back.whom(chart.labels, trend.frm, trend.to))
        verb = coloured(trend.role, trend.back.verb(chart.labels, trend.frm, trend.to))
        return f"Share of {whom} that {verb}, %{ci}, {span}"
    if trend.measure == COUNTED:
        return f"{plain(trend.view.about.definition)} %{ci}, {span}"
    if trend.measure == PERSONS:
        where = "" if trend.frm == ALL else f" at {plain(chart.labels[trend.frm])}" if trend.frm else " at each level"
        return f"Distinct people admitted or in care{where} on any day of the {trend.view.period}, {span}"
    if trend.measure == AVERAGE:
        return f"Stays in care on an average day of the {trend.view.period}, {span}"
    frm = f"{chart.labels[trend.frm]} " if trend.frm else ""
    if trend.scale is DAYS:
        return f"Days by which half of {plain(frm)}stays had ended{ci and f',{ci}'}, {span}"
    moved = trend.to is not None and trend.to in chart.labels
    verb = f"moved to {chart.labels[str(trend.to)]}" if moved else words_for(trend.measure)
    within = f" within {trend.view.within} days" if trend.view.within else ""
    unit = plain(trend.view.unit)
    if trend.scale is INTENSITY:
        sentence = f"Discharges that {coloured(trend.role, verb)}{within}, per {PER} {plain(frm)}{unit}"
        return f"{sentence}{ci and f',{ci}'}, {span}"
    return f"Share of {plain(frm)}{unit} that {coloured(trend.role, verb)}{within}, %{ci}, {span}"
