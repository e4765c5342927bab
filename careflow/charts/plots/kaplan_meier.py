"""Kaplan-Meier curves of length of stay: share still at the level by day, a few groups, who is at risk below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.chosen_stratum import PERIODS
from careflow.charts.data.competing_risks import LEAST
from careflow.charts.data.scale import SHARE
from careflow.charts.data.thin import MARK, thin_note
from careflow.charts.data.ticks import even_ticks
from careflow.charts.data.view import View, check, read
from careflow.charts.drawing import risk_table
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import CurveName, CurveNames, stepped
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import plain
from careflow.charts.drawing.risk_table import RiskTable
from careflow.charts.drawing.subject import NONE
from careflow.charts.drawing.table import Row
from careflow.charts.drawing.ticks import days_axis, scale_axis
from careflow.charts.plots.kaplan_meier_groups import Group, groups_of

if TYPE_CHECKING:
    from careflow.estimate import LengthOfStay


@drawn
def kaplan_meier(
    result: LengthOfStay,
    level: str | None = None,
    *,
    levels: Sequence[str] | None = None,
    quarter: str | None = None,
    horizon: int = 180,
    ticks: Sequence[int] | None = None,
    table: bool = True,
    **options: Unpack[Options],
) -> Axes:
    """Draw the share of stays that have not ended, by day since admission.

    Up to four groups: levels, or with ``level`` the values of the result's stratum (facilities, payers) at that level.
    A curve stops where fewer than 11 remain at risk. For readers outside it is drawn on days between which at least
    11 stays end, with counts rounded to 10.

    Parameters
    ----------
    result : LengthOfStay
        From :func:`careflow.length_of_stay`.
    level : str, optional
        Compare the strata of the result at this level.
    levels : sequence of str, optional
        Which levels to compare; by default the four with most stays.
    quarter : str, optional
        The period to draw.
    horizon : int
        Days to draw.
    ticks : sequence of int, optional
        Days to label and to tabulate.
    table : bool
        Add who was at risk at each tick.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.kaplan_meier(cf.length_of_stay(moves), level="residential")
    >>> charts.alt_text(chart).split(". ")[0]
    'Kaplan-Meier curves of length of stay over 134 days'
    """
    check(result, "LengthOfStay", "kaplan_meier")
    strata = [c for c in result.about.by if c not in PERIODS] if level is not None else []
    selection: dict[str, Any] = {"frame": "curve", "quarter": quarter, "where": options.get("where"), "keep": strata}
    view = read(result, "LengthOfStay", "kaplan_meier", **selection)
    chart = Chart("kaplan_meier", view, options, levels=1)
    named = [*(levels or []), *([level] if level else [])]
    for name in named:
        view.check_level(name)
    groups, dropped = groups_of(result, chart, level, levels, strata, horizon)
    title = f"Length of stay at {chart.labels[level]}" if level else "How long stays last"
    if not groups:
        n = view.about.n if len(view.frame) else 0
        return chart.nothing(title, "Too few stays for a curve" if n else NONE, n=None if n else 0)
    return _draw(chart, view, groups, title, ticks, dropped=dropped, table=table)


def _people(groups: Sequence[Group]) -> float | None:
    """Return how many stays all curves rest on, if none of them hides it."""
    n = sum(float(g.at_risk[0]) for g in groups)
    return n if formatting.known(n) else None


def _draw(
    chart: Chart,
    view: View,
    groups: Sequence[Group],
    title: str,
    ticks: Sequence[int] | None,
    *,
    dropped: Sequence[str],
    table: bool,
) -> Axes:
    guard = "Drawn at days between which none or at least 11 stays ended; counts to tens." if chart.coarse else ""
    last = max(float(g.days[-1]) for g in groups)
    marks = [tick for tick in (ticks or even_ticks(int(last))) if tick <= last]
    has_counts = all(np.isfinite(g.at_risk).all() for g in groups)
    rows = _rows(chart, groups, marks) if table and has_counts else []
    heading = "Stays at risk" if len(rows) == len(groups) else "Number of stays (cumulative, except at risk)"
    foot = RiskTable(rows, marks, heading) if rows else None
    chart.open(
        title=title,
        subtitle=f"Share of stays not yet ended, % by days since admission, with {view.ci}. {plain(view.population())}",
        notes=[
            view.size(_people(groups)),
            "Kaplan–Meier estimates; stays still open count for as long as they were followed.",
            view.interval(),
            f"Curves stop where fewer than {LEAST} remain at risk." if not view.protected else "",
            f"Fewer stays, so not drawn: {formatting.listing(dropped)}." if dropped else "",
            thin_note(view) if any(g.thin for g in groups) else "",
            guard,
        ],
        foot=foot,
        gutter=foot.gutter if foot is not None else None,
    )
    steps = not chart.coarse
    for g in groups:
        chart.area(g.days, g.low, g.high, chart.colours.tint(g.color, 0.16), z=1, steps=steps)
        chart.line(g.days, g.survival, color=chart.faded(g.color, g.name), z=3, steps=steps)
    chart.limits(x=(0, last), y=(0, 1))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, SHARE)
    days_axis(chart.ax, marks, "Days since admission")
    chart.frame.add(CurveNames([_named(chart, g) for g in groups]))
    columns = ("days", "survival", "low", "high")
    tables_of = [pd.DataFrame({"group": g.name, **{c: getattr(g, c) for c in columns}}) for g in groups]
    order = sorted(groups, key=lambda g: -g.survival[-1])
    return chart.close(
        data=pd.concat(tables_of, ignore_index=True).rename(columns={"days": "day"}),
        n=_people(groups),
        largest=[f"{g.name} {formatting.percent(float(g.survival[-1]))} on day {int(g.days[-1])}" for g in order],
        what=f"Kaplan-Meier curves of length of stay over {int(last)} days",
    )


def _rows(chart: Chart, groups: Sequence[Group], marks: Sequence[int]) -> list[Row]:
    """Return who was at risk in each group; of a lone one also how many had ended and been censored."""
    g, muted, ink = groups[0], chart.colours.muted, chart.colours.ink
    every = [
        risk_table.row(chart, group.name, group.at_risk, group.days, marks, chart.colours.word(group.color))
        for group in groups
    ]
    if len(groups) > 1 or chart.external or g.ended is None:
        return every
    gone = risk_table.censored(chart.view, g.days, g.at_risk, g.ended)
    if gone is None:
        return every
    table_rows = (("At risk", g.at_risk, ink), ("Ended", g.ended, ink), ("Censored", gone, muted))
    return [risk_table.row(chart, name, n, g.days, marks, color) for name, n, color in table_rows]


def _named(chart: Chart, g: Group) -> CurveName:
    """Return the name of a curve, with its median."""
    half = np.flatnonzero(g.survival <= 0.5 + 1e-12)
    median = f" {formatting.days(float(g.days[half[0]]))}" if len(half) and not chart.coarse else ""
    median += f" {MARK}" if g.thin else ""
    x, y = (g.days, g.survival) if chart.coarse else stepped(g.days, g.survival)
    return CurveName(x, y, g.name, median, chart.colours.word(g.color))
