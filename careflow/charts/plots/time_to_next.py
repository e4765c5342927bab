"""Time to the next level: share of discharges admitted again by day since discharge, one level standing out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.competing_risks import Incidence, incidence_of
from careflow.charts.data.scale import SHARE
from careflow.charts.data.ticks import SHARE_STEPS, even_ticks, shares, steps
from careflow.charts.data.view import read
from careflow.charts.drawing.axes import Panel, apart
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, LEADING, REGULAR, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import NONE, Page
from careflow.charts.drawing.palette import CONTEXT, INK, MUTED
from careflow.charts.drawing.rich_text import cut, plain

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
    """
    view = read(result, "CumulativeIncidence", "time_to_next", quarter=quarter, where=options.get("where"))
    page = Page("time_to_next", view, options, levels=1)
    if level is not None:
        view.check_level(level)
    title = "How soon the next level follows"
    about = [name for name in view.levels if (view.frame["from"].astype(str) == name).any()]
    curves = {
        name: incidence_of(result, view, name, horizon, guard="total" if page.external else None) for name in about
    }
    curves = {name: one for name, one in curves.items() if len(one.days) > 1 and one.causes}
    if curves:
        return _draw(page, curves, level, title)
    n = view.about.n
    return page.nothing(title, "Nobody, or too few, were admitted again" if n else NONE, n=None if n else 0)


def _draw(page: Page, curves: dict[str, Incidence], level: str | None, title: str) -> Axes:
    t, u, canvas, view = page.theme, page.u, page.canvas, page.view
    last = max(float(one.days[-1]) for one in curves.values())
    n: float | None = sum(float(one.at_risk[0]) for one in curves.values())
    n = n if n is not None and np.isfinite(n) else None
    box = page.open(
        title=title,
        subtitle=f"Share of discharges followed by an admission to another level, % by days since discharge. "
        f"{plain(view.population())}",
        notes=[
            view.size(n),
            "1 – Kaplan–Meier; people not yet back count for as long as they were followed.",
            "Drawn at days between which none or at least 11 followed." if page.coarse else "",
        ],
        gap=16,
    )
    right = min(max(canvas.wide(page.labels[name], t.body, SEMIBOLD) for name in curves), 0.22 * box.w)
    right += canvas.wide(" 100%", t.body) + 16 * u
    gutter = canvas.wide("100%", t.body) + 6 * u
    area = Box(box.x0 + gutter, box.y0 + 6 * u + t.body * CAP + t.body * 1.5, box.x1 - right, box.y1)
    top = min(max(float(one.total[-1]) for one in curves.values()) * 1.08, 1.0) or SHARE.least
    panel = Panel(canvas, area, (0, last), (0, top))
    marks = steps(top, SHARE_STEPS, at_most=5)
    panel.grid(marks, shares(marks))
    panel.floor()
    for tick in even_ticks(int(last)):
        panel.tick(tick, f"{tick:,}")
    panel.caption("Days since discharge")
    for name, one in curves.items():
        strong = level is None or name == level
        shown = level is not None and strong
        color = INK if shown else "#7C858E" if strong else CONTEXT
        panel.line(
            one.days, one.total, color=color, lw=2.1 if shown else 1.5, z=3.2 if shown else 2, steps=not page.coarse
        )
    _names(page, panel, curves, level, right)
    order = sorted(curves, key=lambda name: -float(curves[name].total[-1]))
    data = pd.concat(
        [pd.DataFrame({"level": name, "day": one.days, "share": one.total}) for name, one in curves.items()],
        ignore_index=True,
    )
    return page.close(
        data=data,
        n=n,
        largest=[f"{page.labels[name]} {formatting.percent(float(curves[name].total[-1]))}" for name in order],
        what=f"Time from discharge to the next level, over {int(last)} days",
    )


def _names(page: Page, panel: Panel, curves: dict[str, Incidence], level: str | None, right: float) -> None:
    """Name the curves at their ends, apart from one another."""
    t, u, canvas, area = page.theme, page.u, page.canvas, panel.box
    order = sorted(curves, key=lambda name: float(curves[name].total[-1]))
    wanted = [panel.y(float(curves[name].total[-1])) for name in order]
    gap = t.body * LEADING + u
    for name, at, y in zip(order, wanted, apart(wanted, gap, area.y0 + gap * 0.3, area.y1), strict=True):
        panel.leader(at, y, MUTED)
        ink = INK if level in (None, name) else MUTED
        weight = SEMIBOLD if level in (None, name) else REGULAR
        text = cut(
            page.labels[name],
            t.body,
            right - canvas.wide(" 100%", t.body) - 14 * u,
            t.family,
            weight,
            page.names,
        )
        x = area.x1 + 14 * u
        x += canvas.text(x, middle(y, t.body), text, color=ink, weight=weight)
        canvas.text(x + 3 * u, middle(y, t.body), formatting.percent(float(curves[name].total[-1])), color=ink)
