"""The trend: mature periods solid, immature ones apart, suppressed ones a gap; one level, or a panel for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Unpack, overload

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from careflow import formatting
from careflow.charts.data.scale import DAYS
from careflow.charts.data.series import Series, Trend
from careflow.charts.data.thin import thin_note
from careflow.charts.data.time_series import PERSONS, trend_of
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.frame import Frame
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.panels import Around, Panels, figure_for, grid
from careflow.charts.drawing.parts import Part, drawn_as
from careflow.charts.drawing.theme import current
from careflow.charts.plots.trend_marks import draw_levels, draw_one, head_of
from careflow.charts.plots.trend_words import subtitle_of, title_of
from careflow.continuum.outcomes import STEP_DOWN
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Census, LengthOfStay, Measured, PersonsServed, Rates, Returns

_UNEVEN: Final = 5
"""Times by which the longest of several median stays exceeds the shortest where each panel has its own scale."""


@overload
def trend(
    result: Rates | LengthOfStay | Returns | PersonsServed | Census | Measured, frm: str, to: str | None = None, *,
    measure: str = ..., target: float | None = ..., context: bool = ..., **options: Unpack[Options],
) -> Axes: ...  # fmt: skip
@overload
def trend(
    result: Rates | LengthOfStay | Returns | PersonsServed | Census | Measured, frm: str | None = None,
    to: str | None = None, *,
    measure: str = ..., target: float | None = ..., context: bool = ..., facet: str | None = ...,
    figure: Figure | SubFigure | None = ..., **options: Unpack[Options],
) -> Any: ...  # fmt: skip
@drawn
def trend(
    result: Rates | LengthOfStay | Returns | PersonsServed | Census | Measured,
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
    """Draw a rate, the median stay, the average census or the people served, quarter by quarter.

    With ``frm`` and ``to``: that move. With ``frm`` alone: the measure at that level. With ``to`` alone: moves to that
    level or outcome, a panel for each level. With neither: the measure, a panel for each level. A quarter that is not
    yet mature is drawn apart (hollow, dashed, on grey); a suppressed one is a gap marked ``s``. On Axes of your own
    (``ax=``) all levels are lines with their names at the right.

    Of readmissions ``frm`` is the level left; of bounce-backs ``frm`` and ``to`` are the two levels of the step-down:
    with ``frm`` alone each of its step-downs is a line, without it each has a panel. Of people served the panel
    ``"all levels"`` counts each person once.

    The x axis has dates: a period stands at its middle, and ``ax.axvline("2025-01-01")`` or ``ax.axvline("2025Q1")``
    find their place. The y axis begins at 0 and has shares up to 1, events per 100 person-days, days, stays or people.

    Parameters
    ----------
    result : Rates, LengthOfStay, Returns, PersonsServed, Census or Measured
        By quarter, month or year. A measure is of all its levels, or of ``frm``; ``where={"window": 7}`` says which of
        several windows.
    frm, to : str, optional
        Levels; ``to`` of rates also takes an outcome such as ``"left early"`` or a direction. A list is put together.
    measure : str
        Of rates: ``"step-down"``, ``"step-up"``, ``"lateral"`` or an outcome.
    target : float, optional
        A value to draw as a line, in the unit of the measure (a share, or days).
    context : bool
        Draw the other levels as faint lines in each panel.
    facet : str, optional
        ``"level"`` for a panel for each level, as without ``frm`` and ``ax``; or a stratum of the result.
    figure : matplotlib.figure.Figure or SubFigure, optional
        An empty one, for panels; by default a new figure.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.trend(cf.transition_rates(moves, by="quarter"), frm="residential", to="php")
    >>> charts.alt_text(chart).split(". ")[0]
    'Trend by quarter'
    """
    given = options.get("ax")
    trend = trend_of(result, "trend", frm, to, measure, options.get("where"))
    if target is not None and not 0 <= target <= trend.scale.most:
        advice = f" (write {target:g}% as {target / 100:g})" if 1 < target <= 100 and trend.scale.most == 1 else ""
        unit = "a share from 0 to 1" if trend.scale.most == 1 else "0 or more"
        raise ArgumentError(f"target is in the unit of the measure, here {unit}; it was {target:g}{advice}")
    panelled = facet == "level" or figure is not None or (frm is None and given is None)
    if panelled and given is not None:
        raise TypeError("panels take a figure of their own: give charts.trend() figure=fig.subfigures(...), not ax=")
    if panelled and len(trend.series) > 0:
        return _panels(trend, options, target, figure, context=context)
    chart = Chart("trend", trend.view, options, levels=1 if frm is not None else len(trend.series))
    title = title_of(chart, trend)
    if not trend.series:
        nothing = chart.nothing(title)
        return Panels(nothing.figure, {}, nothing.careflow, trend.view.continuum) if panelled else nothing  # type: ignore[attr-defined]
    one = trend.series[0] if len(trend.series) == 1 else None
    head = head_of(chart, trend, one) if one is not None else None
    subtitle = subtitle_of(chart, trend, intervals=one is not None)
    chart.open(title=title, subtitle=subtitle, notes=_notes(trend, figures=head is not None),
               masked=trend.hidden, head=head)  # fmt: skip
    if one is not None:
        draw_one(chart, trend, one, target=target)
    else:
        draw_levels(chart, trend, target=target)
    return chart.close(**_content(chart, trend, each="line"))


def _panels(
    trend: Trend, options: Options, target: float | None, figure: Figure | SubFigure | None, *, context: bool
) -> Panels:
    own = figure is None
    figure = figure_for(figure, options.get("figsize"), current(), len(trend.series))
    apart = _is_uneven(trend)
    axes = grid(figure, len(trend.series), sharey=not apart)
    frames: list[Frame] = []
    charts: list[Chart] = []
    content: dict[str, Any] = {}
    for one, ax in zip(trend.series, axes, strict=True):
        part = Part(one.name, own=own)
        with drawn_as(part):
            chart = Chart("trend", trend.view, {**options, "ax": ax})
            part.name = one.label(chart.labels)
            chart.open(
                title=title_of(chart, trend), subtitle=subtitle_of(chart, trend),
                notes=_notes(trend, figures=True) + ["Each panel has its own scale."] * apart,
                masked=trend.hidden, head=head_of(chart, trend, one),
            )  # fmt: skip
            panel = replace(trend, series=[one]) if apart else trend
            draw_one(chart, panel, one, target=target, others=context and not apart, named=one is trend.series[0])
            content = content or _content(chart, trend)
            chart.close(**{**content, "data": _data(chart, [one])})
        frames.append(chart.frame)
        charts.append(chart)
    first = charts[0]
    whole = first.described(**content)
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


def _content(chart: Chart, trend: Trend, *, each: str = "panel") -> dict[str, Any]:
    of = "pair of levels" if any(one.move for one in trend.series) else "level"
    return {
        "data": _data(chart, trend.series),
        "n": trend.n,
        "largest": _largest(chart, trend),
        "what": f"Trend by {trend.view.period}" + (f", a {each} per {of}" if len(trend.series) > 1 else ""),
    }


def _notes(trend: Trend, *, figures: bool) -> list[str]:
    return [
        trend.view.size(trend.n),
        trend.view.interval(),
        trend.view.method(),
        thin_note(trend.view) if trend.thin else "",
        trend.back.left_out if trend.back is not None else "",
        "People do not add up over levels or periods." if trend.measure == PERSONS else "",
        f"Figure above each panel: {_named(trend)}." if trend.latest and figures else "",
        f"Shaded, hollow and dashed: {trend.immature}." if trend.immature else "",
    ]


def _named(trend: Trend) -> str:
    """Name the period of the figures above the panels."""
    return f"{formatting.period(trend.latest)}, the latest {'mature ' if trend.immature else ''}{trend.view.period}"


def _largest(chart: Chart, trend: Trend) -> list[str]:
    if trend.latest is None:
        return []
    content = [(float(one.at(trend.latest)["value"]), one.label(chart.labels)) for one in trend.series]
    content = sorted((one for one in content if formatting.known(one[0])), key=lambda one: -one[0])
    return [f"{name} {trend.scale.figure(value)} in {formatting.period(trend.latest)}" for value, name in content]


def _data(chart: Chart, series: Sequence[Series]) -> pd.DataFrame:
    """Return what is drawn: a row for each line and period, pairs of levels with what they lead to."""
    tables = []
    for one in series:
        table = one.table.drop(columns="n") if chart.external else one.table.copy()
        table.insert(0, "level", one.name if one.move is None else one.move[0])
        if one.move is not None and len(series) > 1:
            table.insert(1, "to", one.move[1])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
