"""Time to the next level: share of discharges admitted again by day since discharge, one level standing out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.competing_risks import Incidence, incidence_of
from careflow.charts.data.scale import SHARE
from careflow.charts.data.ticks import even_ticks
from careflow.charts.data.view import read
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import REGULAR, SEMIBOLD
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, plain
from careflow.charts.drawing.subject import NONE
from careflow.charts.drawing.ticks import days_axis, scale_axis

if TYPE_CHECKING:
    from careflow.estimate import CumulativeIncidence


@drawn
def time_to_next(
    result: CumulativeIncidence,
    level: str | None = None,
    *,
    quarter: str | None = None,
    horizon: int = 90,
    **options: Unpack[Options],
) -> Axes:
    """Draw how soon the next level follows a discharge: share admitted again by each day, a curve per level.

    Parameters
    ----------
    result : CumulativeIncidence
        On the gap clock: ``careflow.cumulative_incidence(moves, clock="gap")``.
    level : str, optional
        The level that stands out; by default all do.
    quarter : str, optional
        The period to draw.
    horizon : int
        Days to draw.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.time_to_next(cf.cumulative_incidence(moves, "residential", clock="gap"))
    >>> charts.alt_text(chart).split(". ")[0]
    'Time from discharge to the next level, over 90 days'
    """
    view = read(result, "CumulativeIncidence", "time_to_next", quarter=quarter, where=options.get("where"))
    chart = Chart("time_to_next", view, options, levels=1)
    if level is not None:
        view.check_level(level)
    title = "How soon the next level follows"
    about = [name for name in view.levels if (view.frame["from"].astype(str) == name).any()]
    curves = {
        name: incidence_of(result, view, name, horizon, guard="total" if chart.external else None) for name in about
    }
    curves = {name: one for name, one in curves.items() if len(one.days) > 1 and one.causes}
    if curves:
        return _draw(chart, curves, level, title)
    n = view.about.n
    return chart.nothing(title, "Nobody, or too few, were admitted again" if n else NONE, n=None if n else 0)


def _draw(chart: Chart, curves: dict[str, Incidence], level: str | None, title: str) -> Axes:
    view, colours = chart.view, chart.colours
    last = max(float(one.days[-1]) for one in curves.values())
    n: float | None = sum(float(one.at_risk[0]) for one in curves.values())
    n = n if n is not None and np.isfinite(n) else None
    chart.open(
        title=title,
        subtitle=f"Share of discharges followed by an admission to another level, % by days since discharge. "
        f"{plain(view.population())}",
        notes=[
            view.size(n),
            "1 – Kaplan–Meier; people not yet back count for as long as they were followed.",
            "Drawn at days between which none or at least 11 followed." if chart.coarse else "",
        ],
    )
    top = min(max(float(one.total[-1]) for one in curves.values()) * 1.08, 1.0) or SHARE.least
    chart.limits(x=(0, last), y=(0, top))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, SHARE, at_most=5)
    days_axis(chart.ax, even_ticks(int(last)), "Days since discharge")
    ends = []
    for name, one in curves.items():
        strong = level is None or name == level
        shown = level is not None and strong
        color = colours.ink if shown else colours.grey("#7C858E") if strong else colours.context
        chart.line(
            one.days, one.total, color=color, lw=2.1 if shown else 1.5, z=3.2 if shown else 2, steps=not chart.coarse
        )
        ink, share = colours.ink if strong else colours.muted, float(one.total[-1])
        runs = [
            Run(chart.labels[name], ink, SEMIBOLD if strong else REGULAR),
            Run(f" {formatting.percent(share)}", ink),
        ]
        ends.append(End(share, runs, colours.muted))
    chart.frame.add(Ends(ends))
    order = sorted(curves, key=lambda name: -float(curves[name].total[-1]))
    data = pd.concat(
        [pd.DataFrame({"level": name, "day": one.days, "share": one.total}) for name, one in curves.items()],
        ignore_index=True,
    )
    return chart.close(
        data=data,
        n=n,
        largest=[f"{chart.labels[name]} {formatting.percent(float(curves[name].total[-1]))}" for name in order],
        what=f"Time from discharge to the next level, over {int(last)} days",
    )
