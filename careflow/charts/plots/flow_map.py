"""The flow map: levels as cards from most to least intensive, moves as arcs, outcomes in a table below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

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
from careflow.charts.drawing import table as table_rows
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.frame import Frame
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.metadata import ChartInfo
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.panels import Around, Panels, figure_for, note_unlabelled, refuse_axes, stacked
from careflow.charts.drawing.theme import current
from careflow.charts.plots.flow_map_content import Plan, data_of, medians_of, notes_of, rows_of, subtitle_of
from careflow.charts.plots.flow_map_layout import Stage, columns_of, gutter_of
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Rates

TITLE: Final = "Transitions between levels of care"
_ARCS_NEED: Final = 235
"""Units of height under which the table gives rows to the arcs."""
_ARCS_LEAST: Final = 110
"""Units of height under which it goes altogether."""
_WORDS: Final = 112
"""Units of height that title, subtitle and notes take, about."""
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
    figure: Figure | SubFigure | None = None,
    **options: Unpack[Options],
) -> Panels:
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
    figure : matplotlib.figure.Figure or SubFigure, optional
        An empty one to draw on; by default a new figure. The chart has Axes ``"map"`` and ``"table"``.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.flow_map(cf.transition_rates(moves, by="quarter"), quarter="2025Q2")
    >>> charts.alt_text(chart).split(". ")[0]
    'Flow map of moves between levels of care'
    """
    if table not in ("auto", "full", "none"):
        raise ArgumentError(f"table is 'auto', 'full' or 'none', not {table!r}")
    refuse_axes("flow_map", options)
    view = read(result, "Rates", "flow_map", quarter=quarter, where=options.get("where"))
    k = len(view.levels)
    figure = figure_for(figure, options.get("figsize"), current(), k)
    axes = stacked(figure, 1 if table == "none" else 2)
    chart = Chart("flow_map", view, {**options, "ax": axes[0]})
    by_edge = moves(view)
    if chart.external:
        assert_protected(view, by_edge)
    of = discharges(view)
    if not by_edge or (np.nansum(list(of.values())) == 0 and not view.frame["hidden"].any()):
        for ax in axes[1:]:
            ax.remove()
        return Panels(figure, {"map": axes[0]}, _info(chart.nothing(TITLE)), view.continuum)
    least = (0.0 if k <= 5 else 0.03 if k <= 8 else 0.05) if min_share is None else min_share
    plan = Plan(
        view, by_edge, of, directions(result, view, by_edge), medians_of(stays, view), least,
        ci=ci and k <= 8, dashed=k <= 5 if show_suppressed is None else show_suppressed,
        steps=(9 if k <= 6 else 4) if staircase else 0,
    )  # fmt: skip
    return _draw(chart, figure, axes, plan, table)


def _info(ax: Axes) -> ChartInfo:
    info: ChartInfo = ax.careflow  # type: ignore[attr-defined]
    return info


def _draw(chart: Chart, figure: Any, axes: Sequence[Axes], plan: Plan, wanted: str) -> Panels:
    rows = rows_of(chart, plan) if wanted != "none" else {}
    masked = sum(m.hidden for m in plan.by_edge.values() if m.to in plan.view.levels or m.to in (COMPLETED, LEFT_EARLY))
    masked += sum(cell == formatting.MASK for row in rows.values() for cell in row.cells)
    sign = "s, dashed" if any(m.hidden for m in plan.shown) else "s"
    root = figure.get_figure(root=True)
    high = figure.bbox.height / root.dpi * 72
    pitch = chart.theme.body * table_rows.ROW
    for spare in _SHED if wanted == "auto" else ():
        if high - _WORDS * chart.u - len(rows) * pitch < _ARCS_NEED * chart.u:
            rows.pop(spare, None)
    chart.say(TITLE, subtitle_of(plan), notes_of(plan, rows), masked, sign)
    top = sorted((m for m in plan.edges if not m.hidden), key=lambda m: (-m.share, m.edge))
    info = chart.described(
        data=data_of(plan, rows),
        n=total(plan.of),
        largest=[f"{chart.labels[m.frm]} to {chart.labels[m.to]} {formatting.percent(m.share)}" for m in top],
        what="Flow map of moves between levels of care",
        dropped=[m.edge for m in plan.dropped],
    )
    if wanted == "auto" and len(axes) > 1 and high - _WORDS * chart.u - len(rows) * pitch < _ARCS_LEAST * chart.u:
        rows = {}
        axes[1].remove()
        axes, info = axes[:1], replace(info, left_out=(*info.left_out, "table"))
        axes[0].get_gridspec().set_height_ratios([1, 1e-3])  # type: ignore[union-attr]
    if len(axes) > 1:
        share = min(len(rows) * pitch / max(high - _WORDS * chart.u, 1.0), 0.7)
        axes[0].get_gridspec().set_height_ratios([1 - share, share])  # type: ignore[union-attr]
    frames = [Frame(ax, chart.theme, chart.colours) for ax in axes]
    painter = _Painter(chart, plan, rows)
    frames[0].add_inside(painter.map)
    if len(axes) > 1:
        frames[1].add_inside(painter.table)
    for ax in axes:
        ax.careflow = info  # type: ignore[attr-defined]
    panels = Panels(figure, dict(zip(("map", "table"), axes, strict=False)), info, plan.view.continuum)
    if chart.options["header"]:
        Around(chart, figure, axes, frames).draw()
    chart.warn_of_lost()
    return panels


class _Painter:
    """Draws the map and the table, each in the points of its own Axes."""

    def __init__(self, chart: Chart, plan: Plan, rows: Mapping[str, table_rows.Row]) -> None:
        self.chart, self.plan, self.rows = chart, plan, dict(rows)

    def map(self, canvas: LayerCanvas) -> None:
        """Draw key, arcs and cards."""
        stage = Stage(self.chart, canvas, self.plan, canvas.box, self.rows)
        stage.key()
        unlabelled = tuple(stage.arcs())
        stage.cards()
        canvas.leave_out_of_layout()
        note_unlabelled(canvas.host, unlabelled)

    def table(self, canvas: LayerCanvas) -> None:
        """Draw the rows, as many as there is room for."""
        box = canvas.box
        fits = max(int((box.h + 4 * canvas.u) / (canvas.theme.body * table_rows.ROW)), 1)
        at = columns_of(box, gutter_of(self.chart, canvas, self.plan, self.rows), len(self.plan.view.levels))
        rows = list(self.rows.values())[:fits]
        table_rows.draw(canvas, rows, left=box.x0, right=box.x1, top=box.y1, at=at)
        canvas.leave_out_of_layout()
