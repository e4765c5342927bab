"""Kaplan-Meier curves of length of stay: share still at the level by day, a few groups, who is at risk below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.competing_risks import LEAST
from careflow.charts.data.thin import MARK, thin_note
from careflow.charts.data.ticks import even_ticks, shares
from careflow.charts.data.view import PERIODS, View, check, read
from careflow.charts.drawing import risk_table
from careflow.charts.drawing.axes import Panel, stepped
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.curve_labels import dense, free
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import NONE, Page
from careflow.charts.drawing.palette import INK, MUTED, WHITE, contrast, tint
from careflow.charts.drawing.rich_text import cut, plain
from careflow.charts.drawing.table import Row
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
    """
    check(result, "LengthOfStay", "kaplan_meier")
    strata = [c for c in result.about.by if c not in PERIODS] if level is not None else []
    selection: dict[str, Any] = {"frame": "curve", "quarter": quarter, "where": options.get("where"), "keep": strata}
    view = read(result, "LengthOfStay", "kaplan_meier", **selection)
    page = Page("kaplan_meier", view, options, levels=1)
    named = [*(levels or []), *([level] if level else [])]
    for name in named:
        view.check_level(name)
    groups, dropped = groups_of(result, page, level, levels, strata, horizon)
    title = f"Length of stay at {page.labels[level]}" if level else "How long stays last"
    if not groups:
        n = view.about.n if len(view.frame) else 0
        return page.nothing(title, "Too few stays for a curve" if n else NONE, n=None if n else 0)
    return _draw(page, view, groups, title, ticks, dropped=dropped, table=table)


def _people(groups: Sequence[Group]) -> float | None:
    """Return how many stays all curves rest on, if none of them hides it."""
    n = sum(float(g.at_risk[0]) for g in groups)
    return n if formatting.known(n) else None


def _draw(
    page: Page,
    view: View,
    groups: Sequence[Group],
    title: str,
    ticks: Sequence[int] | None,
    *,
    dropped: int,
    table: bool,
) -> Axes:
    guard = "Drawn at days between which none or at least 11 stays ended; counts to tens." if page.coarse else ""
    box = page.open(
        title=title,
        subtitle=f"Share of stays not yet ended, % by days since admission, with {view.ci}. {plain(view.population())}",
        notes=[
            view.size(_people(groups)),
            "Kaplan–Meier estimates; stays still open count for as long as they were followed.",
            view.interval(),
            f"Curves stop where fewer than {LEAST} remain at risk." if not view.protected else "",
            f"{dropped} level{'s' if dropped > 1 else ''} with fewer stays not drawn." if dropped else "",
            thin_note(view) if any(g.thin for g in groups) else "",
            guard,
        ],
        gap=16,
    )
    last = max(float(g.days[-1]) for g in groups)
    panel = _panel(page, box, groups, last, ticks, table=table)
    for g in groups:
        limits = (g.days, g.low, g.high)
        panel.area(*(limits if page.coarse else stepped(*limits)), tint(g.color, 0.16), z=1)
        panel.line(g.days, g.survival, color=page.faded(g.color, g.name), lw=1.9, z=3, steps=not page.coarse)
    _names(page, panel, groups)
    columns = ("days", "survival", "low", "high")
    tables_of = [pd.DataFrame({"group": g.name, **{c: getattr(g, c) for c in columns}}) for g in groups]
    order = sorted(groups, key=lambda g: -g.survival[-1])
    return page.close(
        data=pd.concat(tables_of, ignore_index=True).rename(columns={"days": "day"}),
        n=_people(groups),
        largest=[f"{g.name} {formatting.percent(float(g.survival[-1]))} on day {int(g.days[-1])}" for g in order],
        what=f"Kaplan-Meier curves of length of stay over {int(last)} days",
    )


def _panel(
    page: Page, box: Box, groups: Sequence[Group], last: float, ticks: Sequence[int] | None, *, table: bool
) -> Panel:
    """Draw the axes, and who is at risk under them."""
    t, canvas = page.theme, page.canvas
    marks = [tick for tick in (ticks or even_ticks(int(last))) if tick <= last]
    has_counts = all(np.isfinite(g.at_risk).all() for g in groups)
    rows = _rows(page, groups, marks) if table and has_counts else []
    gutter = max([canvas.wide(r.name, t.body, SEMIBOLD) for r in rows] + [canvas.wide("100%", t.body)])
    gutter = min(gutter, 0.25 * box.w)
    area = risk_table.above(page, rows, box, gutter=gutter, right=risk_table.half(page))
    panel = Panel(canvas, area, (0, last), (0, 1))
    panel.grid([0, 0.25, 0.5, 0.75, 1], shares([0, 0.25, 0.5, 0.75, 1]))
    panel.floor()
    for tick in marks:
        panel.tick(tick, f"{tick:,}")
    panel.caption("Days since admission")
    if rows:
        heading = "Stays at risk" if len(rows) == len(groups) else "Number of stays (cumulative, except at risk)"
        risk_table.draw(page, panel, rows, box, marks, heading)
    return panel


def _rows(page: Page, groups: Sequence[Group], marks: Sequence[int]) -> list[Row]:
    """Return who was at risk in each group; of a lone one also how many had ended and been censored."""
    t, g = page.theme, groups[0]
    names = [
        cut(group.name, t.body, 0.25 * page.canvas.w, t.family, SEMIBOLD, [one.name for one in groups])
        for group in groups
    ]
    inks = [group.color if contrast(group.color, WHITE) >= 4.5 else MUTED for group in groups]
    every = [
        risk_table.row(page, name, group.at_risk, group.days, marks, ink)
        for name, group, ink in zip(names, groups, inks, strict=True)
    ]
    if len(groups) > 1 or page.external or g.ended is None or page.canvas.h < 380 * page.u:
        return every
    gone = risk_table.censored(page.view, g.days, g.at_risk, g.ended)
    if gone is None:
        return every
    table_rows = (("At risk", g.at_risk, INK), ("Ended", g.ended, INK), ("Censored", gone, MUTED))
    return [risk_table.row(page, name, n, g.days, marks, ink) for name, n, ink in table_rows]


def _names(page: Page, panel: Panel, groups: Sequence[Group]) -> None:
    """Name each curve beside it, with its median, where the least of the other curves is covered."""
    t, u, canvas = page.theme, page.u, page.canvas
    points = [np.column_stack(dense(panel, g.days, g.survival)) for g in groups]
    taken: list[Box] = []
    for i, g in enumerate(groups):
        half = np.flatnonzero(g.survival <= 0.5 + 1e-12)
        median = f" {formatting.days(float(g.days[half[0]]))}" if len(half) and not page.coarse else ""
        median += f" {MARK}" if g.thin else ""
        name = cut(g.name, t.body, 0.3 * panel.box.w, t.family, SEMIBOLD, [one.name for one in groups])
        ink = g.color if contrast(g.color, WHITE) >= 4.5 else MUTED
        wide = canvas.wide(name, t.body, SEMIBOLD) + canvas.wide(median, t.small)
        box = free(panel, points[i], (wide + 5 * u, t.body * 1.3), np.concatenate(points), taken, u)
        if box is None:
            continue
        taken.append(box)
        canvas.pill(box, z=4.5)
        y = middle((box.y0 + box.y1) / 2, t.body)
        x = box.x0 + 2.5 * u
        x += canvas.text(x, y, name, color=ink, weight=SEMIBOLD)
        canvas.text(x, y, median, size=t.small, color=ink)
