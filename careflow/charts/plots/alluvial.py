"""The alluvial chart: how many go from stay to stay, levels in a fixed order, endings set apart below."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack

import pandas as pd
from matplotlib.figure import Figure, SubFigure
from matplotlib.path import Path as Outline

from careflow import formatting
from careflow.charts.drawing.canvas import Align, Box, middle
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import CAP, LEADING, SEMIBOLD, CareflowLabelWarning
from careflow.charts.drawing.frame import Frame
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.metadata import ChartInfo
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.palette import text_on
from careflow.charts.drawing.panels import Around, Panels, figure_for, note_unlabelled, refuse_axes, stacked
from careflow.charts.drawing.rich_text import cut, plain
from careflow.charts.drawing.theme import current
from careflow.charts.plots import pathway_steps
from careflow.charts.plots.alluvial_layout import Flow, Plan
from careflow.charts.plots.pathway_steps import BETWEEN, IN_CARE, NOT_YET, RARER, Paths
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Pathways

TITLE: Final = "Paths through care, stay by stay"
DAYS: Final = "Paths through care, by days since admission"
_STRENGTH: Final = {"down": 0.62, "up": 0.9, "planned": 0.38, "left": 0.42, "care": 0.6, "other": 0.45, "stay": 0.4}


@drawn
def alluvial(
    result: Pathways,
    *,
    by: Literal["stay", "day"] | None = None,
    steps: int | None = None,
    color_by: Literal["direction", "origin"] = "direction",
    figure: Figure | SubFigure | None = None,
    **options: Unpack[Options],
) -> Panels:
    """Draw how many go from each stay to the next, or from day to day, and where paths end.

    Levels stand in their fixed order in every column, endings below a gap; an ending is not carried on. Suppressed
    pathways are left out and counted in the note; those of ``result.gathered()`` need not be. Above 6 levels or 5
    columns a warning suggests the chronogram.

    Parameters
    ----------
    result : Pathways
        From :func:`careflow.pathways`; with ``days=`` the columns are days.
    by : {"stay", "day"}, optional
        What the columns are; by default what the result tells.
    steps : int, optional
        How many columns; by default those of the result.
    color_by : {"direction", "origin"}
        What the colour of a flow says.
    figure : matplotlib.figure.Figure or SubFigure, optional
        An empty one to draw on; by default a new figure. The chart has one Axes, ``"flow"``.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.alluvial(cf.pathways(moves, steps=3))
    >>> charts.alt_text(chart).split(". ")[0]
    'Alluvial chart of 3 stays'
    """
    if color_by not in ("direction", "origin"):
        raise ArgumentError(f"color_by is 'direction' or 'origin', not {color_by!r}")
    refuse_axes("alluvial", options)
    pathways = pathway_steps.paths_of(result, "alluvial", steps, options.get("where"))
    pathway_steps.check_by(by, pathways)
    title = DAYS if pathways.days else TITLE
    figure = figure_for(figure, options.get("figsize"), current(), 1)
    (ax,) = stacked(figure, 1)
    chart = Chart("alluvial", pathways.view, {**options, "ax": ax})
    if not pathways.paths:
        chart.nothing(title)
        return Panels(figure, {"flow": ax}, ax.careflow, result.continuum)  # type: ignore[attr-defined]
    if len(pathways.view.levels) > 6 or pathways.steps > 5:
        warnings.warn(
            "an alluvial chart of this size is hard to read; charts.chronogram() may serve",
            CareflowLabelWarning,
            stacklevel=3,
        )
    drawing = _Drawing(chart, pathways, color_by)
    ax.careflow = drawing.described()  # type: ignore[attr-defined]
    frame = Frame(ax, chart.theme, chart.colours)
    frame.add_inside(drawing)
    panels = Panels(figure, {"flow": ax}, ax.careflow, result.continuum)  # type: ignore[attr-defined]
    if chart.options["header"]:
        Around(chart, figure, [ax], [frame]).draw()
    chart.warn_of_lost()
    return panels


class _Drawing:
    """Columns of nodes and the ribbons between them, laid out in the points of their Axes."""

    def __init__(self, chart: Chart, pathways: Paths, color_by: str) -> None:
        self.page, self.pathways, self.color_by = chart, pathways, color_by
        self.levels = pathways.view.levels
        self.names, self.fills = pathway_steps.names(chart), pathway_steps.fills(chart, pathways.view)
        self.columns, self.flows = pathway_steps.tally(pathways)

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw everything."""
        t, u, box = canvas.theme, canvas.u, canvas.box
        body = Box(box.x0, box.y0, box.x1, box.y1 - t.body * CAP - t.small * LEADING - 8 * u)
        called = [canvas.wide(self.names[s], t.body, SEMIBOLD) for column in self.columns for s in column]
        count = canvas.wide(formatting.count(max(max(c.values()) for c in self.columns)), t.body)
        self.wide = min(max(81 * u, max(called) + count + 13 * u), box.w / (len(self.columns) * 1.55))
        self.plan = Plan(self.page, self.levels, self.columns, self.flows, self.pathways.n, body, self.wide)
        self._ribbons(canvas)
        self._cards(canvas)
        self._heads(canvas)
        canvas.leave_out_of_layout()
        lost = tuple(
            (str(column + 1), self.names[state])
            for column, nodes in enumerate(self.plan.nodes) for state, node in nodes.items() if node.style == "none"
        )  # fmt: skip
        note_unlabelled(canvas.host, lost)

    def described(self) -> ChartInfo:
        """Choose the words, and return the description."""
        page, pathways = self.page, self.pathways
        notes = [
            pathways.view.size(None if pathways.hidden else pathways.n),
            pathway_steps.hidden_note(pathways, "Drawn"),
            pathway_steps.reading_note(pathways, {b for _, _, b in self.flows}),
        ]
        page.say(DAYS if pathways.days else TITLE, self._subtitle(), notes, pathways.hidden, "s")
        moves = {key: n for key, n in self.flows.items() if key[2] in self.levels and self._role(key) != "stay"}
        flows = sorted(((n, c, a, b) for (c, a, b), n in moves.items()), reverse=True)
        data = pd.DataFrame(
            [(c + 1, a, b, n) for (c, a, b), n in self.flows.items()], columns=["step", "from", "to", "n"]
        )
        return page.described(
            data=data,
            n=pathways.n,
            largest=[f"{self.names[a]} to {self.names[b]} {formatting.count(n)}" for n, _, a, b in flows],
            what=f"Alluvial chart of {len(self.columns)} {'days' if pathways.days else 'stays'}",
        )

    def _subtitle(self) -> str:
        view = self.pathways.view
        seen = {b for _, _, b in self.flows}
        ends = [
            f"{{{role}:{word}}}"
            for role, word, end in (("planned", "completed", "completed"), ("left", "left early", "left early"))
            if end in seen
        ]
        outcomes = ["{down:stepped down}", "{up:stepped up}", *ends]
        height = f"height shows the number of {plain(view.unit)}"
        flows = f"Flows that {', '.join(outcomes[:-1])} or {outcomes[-1]}"
        return f"{flows}; {height}. {plain(view.population())}{self._cohort()}"

    def _cohort(self) -> str:
        """Say whom a chart by day is about: without full follow-up, who is censored would seem to have stayed."""
        days = self.pathways.days
        return f"; every one followed for {formatting.count(days[-1])} days" if days else ""

    def _ribbons(self, canvas: LayerCanvas) -> None:
        """Draw the flows, wide ones first, steps up over the others."""
        spans = self.plan.spans()
        for rank, key in enumerate(sorted(spans, key=lambda k: (self._role(k) == "up", -self.flows[k], k))):
            self._ribbon(canvas, key, spans[key], 1 + rank / 1000)

    def _role(self, key: Flow) -> str:
        _, a, b = key
        if b == a and self.pathways.days:
            return "stay"
        if b in self.levels and a in self.levels:
            return {STEP_DOWN: "down", STEP_UP: "up"}.get(self.pathways.view.continuum.direction(a, b), "other")
        return {"completed": "planned", "left early": "left", IN_CARE: "care", NOT_YET: "care"}.get(b, "other")

    def _ribbon(self, canvas: LayerCanvas, key: Flow, span: tuple[float, float], z: float) -> None:
        c, a, b = key
        u, role = self.page.u, self._role(key)
        thick = max(self.flows[key] * self.plan.scale, 0.5 * u)
        x0, x1 = self.plan.nodes[c][a].box.x1 + u, self.plan.nodes[c + 1][b].box.x0 - u
        plain_fills = {"other": self.page.colours.outline, "stay": self.fills[a]}
        fill = plain_fills.get(role) or self.page.palette.fill(role)
        if self.color_by == "origin":
            fill, role = self.fills[a], "down"
        fill = self.page.faded(fill, (a, b), a, b)
        mid, (y0, y1) = (x0 + x1) / 2, span
        points = [
            (x0, y0),
            (mid, y0),
            (mid, y1),
            (x1, y1),
            (x1, y1 - thick),
            (mid, y1 - thick),
            (mid, y0 - thick),
            (x0, y0 - thick),
            (x0, y0),
        ]
        codes = [Outline.MOVETO, *[Outline.CURVE4] * 3, Outline.LINETO, *[Outline.CURVE4] * 3, Outline.CLOSEPOLY]
        canvas.outline(
            Outline(points, codes),
            fill,
            z=z,
            alpha=_STRENGTH[role],
            edgecolor=self.page.colours.ground,
            linewidth=0.45 * u if thick > 2 * u else 0,
        )

    def _cards(self, canvas: LayerCanvas) -> None:
        t, u = self.page.theme, self.page.u
        for column in self.plan.nodes:
            for state, node in column.items():
                fill = self.page.faded(self.fills[state], state)
                open_ = state in (BETWEEN, IN_CARE, NOT_YET)
                style: Mapping[str, Any] = (
                    {"edgecolor": self.page.colours.outline, "linewidth": 0.8 * u, "linestyle": (0, (2.4, 1.6))}
                    if open_
                    else {}
                )
                canvas.rect(node.box, fill, z=3, **style)
                ink = text_on(fill)
                if node.style == "none":
                    continue
                if node.style == "two":
                    name = cut(self.names[state], t.body, self.wide - 6 * u, t.family, SEMIBOLD, self.page.names)
                    y = (node.box.y0 + node.box.y1) / 2
                    canvas.text(node.box.x0 + 4 * u, middle(y, t.body, 0, 2), name, color=ink, weight=SEMIBOLD)
                    canvas.text(node.box.x0 + 4 * u, middle(y, t.body, 1, 2), formatting.count(node.n), color=ink)
                    continue
                inside = node.style == "one"
                y = middle((node.box.y0 + node.box.y1) / 2, t.body) if inside else node.box.y1 + 2.2 * u
                pad, ink = (4 * u, ink) if inside else (0.0, self.page.colours.ink)
                count = formatting.count(node.n)
                room = self.wide - 2 * pad - canvas.wide(count, t.body) - 4 * u
                canvas.text(
                    node.box.x0 + pad,
                    y,
                    cut(self.names[state], t.body, room, t.family, SEMIBOLD, self.page.names),
                    color=ink,
                    weight=SEMIBOLD,
                )
                canvas.text(node.box.x1 - pad, y, count, color=ink, align="right")

    def _heads(self, canvas: LayerCanvas) -> None:
        t, u = self.page.theme, self.page.u
        y = canvas.box.y1 - t.body * CAP
        unit = self.pathways.view.unit
        for c, column in enumerate(self.columns):
            n = sum(count for state, count in column.items() if state in (*self.levels, BETWEEN))
            # Long pathways are rare and so the first to be suppressed: without them a share would be too small.
            share = f" ({formatting.percent(n / self.pathways.n)})" if c and not self.pathways.hidden else ""
            least = "at least " if any(RARER in before for before in self.columns[: c + 1]) else ""
            last = c == len(self.columns) - 1
            align: Align = "left" if c == 0 else "right" if last else "center"
            x = self.plan.x(c) + {"left": 0.0, "right": self.wide, "center": self.wide / 2}[align]
            canvas.text(x, y, pathway_steps.head(c, self.pathways.days), weight=SEMIBOLD, align=align)
            canvas.text(
                x,
                y - t.small * LEADING - u,
                f"{least}{formatting.count(n)} {unit}{share}",
                size=t.small,
                color=self.page.colours.muted,
                align=align,
            )
