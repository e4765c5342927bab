"""The trend: mature periods solid, immature ones apart, suppressed ones a gap; one level, or a panel for each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Unpack, overload

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from careflow import formatting
from careflow.charts.data.scale import DAYS, INTENSITY
from careflow.charts.data.thin import thin_note
from careflow.charts.data.time_series import Series, Trend, trend_of, words_for
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.frame import Frame
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.panels import Around, Panels, figure_for, grid
from careflow.charts.drawing.parts import Part, drawn_as
from careflow.charts.drawing.rich_text import coloured, plain
from careflow.charts.drawing.theme import current
from careflow.charts.plots.trend_marks import draw_levels, draw_one, head_of
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP

if TYPE_CHECKING:
    from careflow.estimate import LengthOfStay, Rates

_UNEVEN: Final = 5
"""Times by which the longest of several median stays exceeds the shortest where each panel has its own scale."""
PER: Final = 100
"""Person-days of an intensity."""


@overload
def trend(
    result: Rates | LengthOfStay, frm: str, to: str | None = None, *, measure: str = ..., target: float | None = ...,
    context: bool = ..., **options: Unpack[Options],
) -> Axes: ...  # fmt: skip
@overload
def trend(
    result: Rates | LengthOfStay, frm: str | None = None, to: str | None = None, *, measure: str = ...,
    target: float | None = ..., context: bool = ..., facet: str | None = ...,
    figure: Figure | SubFigure | None = ..., **options: Unpack[Options],
) -> Any: ...  # fmt: skip
@drawn
def trend(
    result: Rates | LengthOfStay,
    frm: str | None = None,
    to: str | None = None,
    *,
    measure: str = STEP_DOWN,
    target: float | None = None,
    context: bool = True,
    facet: str | None = None,
    figure: Figure | SubFigure | None = None,
    **options: Unpack[Options],
) -> Axes | Panels:
    """Draw a rate, or the median stay, quarter by quarter.

    With ``frm`` and ``to``: that move. With ``frm`` alone: the measure at that level. With ``to`` alone: moves to that
    level or outcome, a panel for each level. With neither: the measure, a panel for each level. A quarter that is not
    yet mature is drawn apart (hollow, dashed, on grey); a suppressed one is a gap marked ``s``. On Axes of your own
    (``ax=``) all levels are lines with their names at the right.

    The x axis has dates: a period stands at its middle, and ``ax.axvline("2025-01-01")`` or ``ax.axvline("2025Q1")``
    find their place. The y axis has shares from 0 to 1, events per 100 person-days, or days.

    Parameters
    ----------
    result : Rates or LengthOfStay
        By quarter, month or year.
    frm, to : str, optional
        Levels; ``to`` also takes an outcome such as ``"left early"``.
    measure : str
        ``"step-down"``, ``"step-up"``, ``"lateral"`` or an outcome; for lengths of stay it is the median.
    target : float, optional
        A value to draw as a line, in the unit of the measure (a share, or days).
    context : bool
        Draw the other levels as faint lines in each panel.
    facet : str, optional
        ``"level"`` for a panel for each level, as without ``frm`` and ``ax``; or a stratum of the result.
    figure : matplotlib.figure.Figure or SubFigure, optional
        An empty one, for panels; by default a new figure.
    **options
    """
    given = options.get("ax")
    trend = trend_of(result, "trend", frm, to, measure, options.get("where"))
    panelled = facet == "level" or figure is not None or (frm is None and given is None)
    if panelled and given is not None:
        raise TypeError("panels take a figure of their own: give charts.trend() figure=fig.subfigures(...), not ax=")
    if panelled and len(trend.series) > 0:
        return _panels(trend, options, target, figure, context=context)
    chart = Chart("trend", trend.view, options, levels=1 if frm is not None else len(trend.series))
    title = _title(chart, trend)
    if not trend.series:
        nothing = chart.nothing(title)
        return Panels(nothing.figure, {}, nothing.careflow, trend.view.continuum) if panelled else nothing  # type: ignore[attr-defined]
    one = trend.series[0] if len(trend.series) == 1 else None
    head = head_of(chart, trend, one) if one is not None else None
    chart.open(title=title, subtitle=_subtitle(chart, trend), notes=_notes(trend, figures=head is not None),
               masked=trend.hidden, head=head)  # fmt: skip
    if one is not None:
        draw_one(chart, trend, one, target=target)
    else:
        draw_levels(chart, trend, target=target)
    return chart.close(**_content(chart, trend))


def _panels(
    trend: Trend, options: Options, target: float | None, figure: Figure | SubFigure | None, *, context: bool
) -> Panels:
    own = figure is None
    figure = figure_for(figure, options.get("figsize"), current(), len(trend.series))
    apart = _is_uneven(trend)
    axes = grid(figure, len(trend.series), sharey=not apart)
    frames: list[Frame] = []
    charts: list[Chart] = []
    for one, ax in zip(trend.series, axes, strict=True):
        part = Part(one.name, own=own)
        with drawn_as(part):
            chart = Chart("trend", trend.view, {**options, "ax": ax})
            part.name = _panel_name(chart, trend, one)
            notes = _notes(trend, figures=True) + ["Each panel has its own scale."] * apart
            chart.open(title=_title(chart, trend), subtitle=_subtitle(chart, trend), notes=notes,
                       masked=trend.hidden, head=head_of(chart, trend, one))  # fmt: skip
            panel = replace(trend, series=[one]) if apart else trend
            draw_one(chart, panel, one, target=target, others=context and not apart, named=one is trend.series[0])
            content = _content(chart, trend)
            data = content["data"]
            chart.close(**{**content, "data": data[data["level"] == one.name]})
        frames.append(chart.frame)
        charts.append(chart)
    first = charts[0]
    whole = first.described(**_content(first, trend))
    for ax in axes:
        ax.whole = whole  # type: ignore[attr-defined]
    if first.options["header"]:
        Around(first, figure, axes, frames).draw()
    first.warn_of_lost()
    named = {one.name: ax for one, ax in zip(trend.series, axes, strict=True)}
    return Panels(figure, named, whole, trend.view.continuum)


def _is_uneven(trend: Trend) -> bool:
    """Say whether lengths of stay are too unlike for one linear scale: the shortest would lie on the axis."""
    largest = [float(one.table["value"].max()) for one in trend.series if one.table["value"].notna().any()]
    return trend.scale is DAYS and len(largest) > 1 and max(largest) > _UNEVEN * min(largest)


def _panel_name(chart: Chart, trend: Trend, one: Series) -> str:
    name = chart.labels[one.name]
    if trend.to is not None and trend.frm is not None:
        return f"{name} to {chart.labels.get(trend.to, trend.to)}"
    return name


def _content(chart: Chart, trend: Trend) -> dict[str, Any]:
    return {
        "data": _data(chart, trend),
        "n": trend.n,
        "largest": _largest(chart, trend),
        "what": f"Trend by {trend.view.period}" + (", a panel per level" if len(trend.series) > 1 else ""),
    }


def _notes(trend: Trend, *, figures: bool) -> list[str]:
    return [
        trend.view.size(trend.n),
        trend.view.interval(),
        trend.view.method(),
        thin_note(trend.view) if trend.thin else "",
        f"Figure above each panel: {_named(trend)}." if trend.latest and figures else "",
        f"Shaded, hollow and dashed: {trend.immature}." if trend.immature else "",
    ]


def _title(chart: Chart, trend: Trend) -> str:
    span = trend.view.period or "quarter"
    dated = trend.view.about.dated_by
    by = f"by {span}" + (f" of {dated}" if dated and "days" not in dated else "")
    within = f" within {trend.view.within} days" if trend.view.within and trend.scale is not DAYS else ""
    within += f" per {PER} person-days" if trend.scale is INTENSITY else ""
    frm = chart.labels[trend.frm] if trend.frm else ""
    if trend.scale is DAYS:
        return f"Median length of stay{f' at {frm}' if frm else ''}, {by}"
    if trend.to is not None:
        goal = chart.labels.get(trend.to, trend.to)
        return f"{frm} to {goal}{within}, {by}" if frm else f"Moves to {goal}{within}, by level and {by[3:]}"
    name = {STEP_DOWN: "Step-down", STEP_UP: "Step-up"}.get(trend.measure, trend.measure.capitalize())
    return f"{name} from {frm}{within}, {by}" if frm else f"{name}{within}, by level and {by[3:]}"


def _subtitle(chart: Chart, trend: Trend) -> str:
    first, last = formatting.period(trend.periods[0]), formatting.period(trend.periods[-1])
    span = first if first == last else f"{first} – {last}"
    frm = f"{chart.labels[trend.frm]} " if trend.frm else ""
    if trend.scale is DAYS:
        return f"Days by which half of {plain(frm)}stays had ended, with {trend.view.ci}, {span}"
    moved = trend.to is not None and trend.to in chart.labels
    verb = f"moved to {chart.labels[str(trend.to)]}" if moved else words_for(trend.measure)
    within = f" within {trend.view.within} days" if trend.view.within else ""
    unit = plain(trend.view.unit)
    if trend.scale is INTENSITY:
        sentence = f"Discharges that {coloured(trend.role, verb)}{within}, per {PER} {plain(frm)}{unit}"
        return f"{sentence}, with {trend.view.ci}, {span}"
    return f"Share of {plain(frm)}{unit} that {coloured(trend.role, verb)}{within}, % with {trend.view.ci}, {span}"


def _named(trend: Trend) -> str:
    """Name the period of the figures above the panels."""
    return f"{formatting.period(trend.latest)}, the latest {'mature ' if trend.immature else ''}{trend.view.period}"


def _largest(chart: Chart, trend: Trend) -> list[str]:
    if trend.latest is None:
        return []
    content = [(float(one.at(trend.latest)["value"]), chart.labels[one.name]) for one in trend.series]
    content = sorted((one for one in content if formatting.known(one[0])), key=lambda one: -one[0])
    return [f"{name} {trend.scale.figure(value)} in {formatting.period(trend.latest)}" for value, name in content]


def _data(chart: Chart, trend: Trend) -> pd.DataFrame:
    tables = []
    for one in trend.series:
        table = one.table.drop(columns="n") if chart.external else one.table.copy()
        table.insert(0, "level", one.name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
