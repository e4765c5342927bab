"""The flow map: levels as cards from most to least intensive, moves as arcs, outcomes in a table below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Unpack

import numpy as np
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.transitions import (
    COMPLETED,
    LEFT_EARLY,
    OTHER,
    assert_protected,
    directions,
    discharges,
    moves,
    total,
)  # fmt: skip
from careflow.charts.data.view import read
from careflow.charts.drawing import table
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import Page
from careflow.charts.plots.flow_map_content import Plan, data_of, medians_of, notes_of, rows_of, subtitle_of
from careflow.charts.plots.flow_map_layout import Stage
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Rates

TITLE: Final = "Transitions between levels of care"
_ARCS_NEED: Final = 235
_SHED: Final = ("lateral", OTHER, "median", STEP_UP, STEP_DOWN)


@drawn
def flow_map(
    result: Rates,
    *,
    quarter: str | None = None,
    stays: Any = None,
    min_share: float | None = None,
    table: Literal["auto", "full", "none"] = "auto",
    ci: bool = True,
    staircase: bool = True,
    show_suppressed: bool | None = None,
    **options: Unpack[Options],
) -> Axes:
    """Draw where discharges went: levels as cards, moves as arcs, what else happened in a table below.

    Arcs below the cards step down, arcs above step up; their width is linear in discharges. Same-level moves are in
    the table only. A suppressed move has an arc of constant width, dashed.

    Parameters
    ----------
    result : Rates
        Transition rates, from :func:`careflow.transition_rates`.
    quarter : str, optional
        The period to draw; by default the latest mature one.
    stays : LengthOfStay, optional
        Adds the row of median stays.
    min_share : float, optional
        Moves of a smaller share are not drawn and counted in the note. By default 0 up to 5 levels, 0.03 up to 8,
        0.05 above.
    table : {"auto", "full", "none"}
        ``"auto"`` leaves out the less important rows where the arcs need the height.
    ci : bool
        Print intervals on the arcs (up to 8 levels).
    staircase : bool
        Set each level a little lower than the more intensive one.
    show_suppressed : bool, optional
        Draw suppressed moves; by default up to 5 levels.
    **options
    """
    view = read(result, "Rates", "flow_map", quarter=quarter, where=options.get("where"))
    page = Page("flow_map", view, options)
    if table not in ("auto", "full", "none"):
        raise ArgumentError(f"table is 'auto', 'full' or 'none', not {table!r}")
    by_edge = moves(view)
    if page.external:
        assert_protected(view, by_edge)
    of = discharges(view)
    if not by_edge or (np.nansum(list(of.values())) == 0 and not view.frame["hidden"].any()):
        return page.nothing(TITLE)
    k = len(view.levels)
    least = (0.0 if k <= 5 else 0.03 if k <= 8 else 0.05) if min_share is None else min_share
    plan = Plan(
        view, by_edge, of, directions(result, view, by_edge), medians_of(stays, view), least,
        ci=ci and k <= 8, dashed=k <= 5 if show_suppressed is None else show_suppressed,
        steps=(9 if k <= 6 else 4) if staircase else 0,
    )  # fmt: skip
    return _draw(page, plan, table)


def _draw(page: Page, plan: Plan, wanted: str) -> Axes:
    view = plan.view
    rows = rows_of(page, plan) if wanted != "none" else {}
    masked = sum(m.hidden for m in plan.by_edge.values() if m.to in view.levels or m.to in (COMPLETED, LEFT_EARLY))
    masked += sum(cell == formatting.MASK for row in rows.values() for cell in row.cells)
    sign = "s, dashed" if any(m.hidden for m in plan.shown) else "s"
    header: dict[str, Any] = {"title": TITLE, "subtitle": subtitle_of(plan), "masked": masked, "sign": sign}
    height = page.room(notes=notes_of(plan, rows), **header).h
    for spare in _SHED if wanted == "auto" else ():
        if height - table.height(page.canvas, len(rows)) < _ARCS_NEED * page.u:
            rows.pop(spare, None)
    box = page.open(notes=notes_of(plan, rows), **header)
    stage = Stage(page, plan, box, rows)
    stage.key()
    unlabelled = stage.arcs()
    stage.cards()
    if rows:
        table.draw(page.canvas, list(rows.values()), left=box.x0, right=box.x1, top=stage.floor, at=stage.at)
    top = sorted((m for m in plan.edges if not m.hidden), key=lambda m: (-m.share, m.edge))
    return page.close(
        data=data_of(plan, rows),
        n=total(plan.of),
        largest=[f"{page.labels[m.frm]} to {page.labels[m.to]} {formatting.percent(m.share)}" for m in top],
        what="Flow map of moves between levels of care",
        dropped=[m.edge for m in plan.dropped],
        unlabelled=unlabelled,
    )
