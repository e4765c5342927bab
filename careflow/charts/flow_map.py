"""The flow map: levels as cards from most to least intensive, moves as arcs, outcomes in a table below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow.charts import arcs as geometry
from careflow.charts import table, words
from careflow.charts.arcs import Arc, Points
from careflow.charts.canvas import Box, middle
from careflow.charts.fonts import BOLD, CAP, LEADING, REGULAR, SEMIBOLD
from careflow.charts.moves import (
    COMPLETED, LEFT_EARLY, OTHER, ROLE_OF, Move, assert_protected, between_levels, directions, discharges,
    maturity_note, moves, other_outcomes, rest_note, total,
)  # fmt: skip
from careflow.charts.page import Look, Page, drawn
from careflow.charts.palette import INK, MUTED, OUTLINE, WHITE, intensity, mix, text_on
from careflow.charts.reading import View, number, read
from careflow.charts.text import Run, label_lines, plain, width, wrap
from careflow.continuum.outcomes import LATERAL, STEP_DOWN, STEP_UP
from careflow.errors import ArgumentError

TITLE: Final = "Transitions between levels of care"
_ARCS_NEED: Final = 235
_SHED: Final = ("lateral", OTHER, "median", STEP_UP, STEP_DOWN)
_SIDE: Final = {STEP_DOWN: -1, STEP_UP: 1}


@drawn
def flow_map(
    result: Any,
    *,
    quarter: str | None = None,
    stays: Any = None,
    min_share: float | None = None,
    table: Literal["auto", "full", "none"] = "auto",
    ci: bool = True,
    staircase: bool = True,
    show_suppressed: bool | None = None,
    **look: Unpack[Look],
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
    **look
    """
    view = read(result, "Rates", "flow_map", quarter=quarter, where=look.get("where"))
    page = Page("flow_map", view, look)
    if table not in ("auto", "full", "none"):
        raise ArgumentError(f"table is 'auto', 'full' or 'none', not {table!r}")
    found = moves(view)
    if page.external:
        assert_protected(view, found)
    of = discharges(view)
    if not found or np.nansum(list(of.values())) == 0 and not view.frame["hidden"].any():
        return page.nothing(TITLE)
    k = len(view.levels)
    least = (0.0 if k <= 5 else 0.03 if k <= 8 else 0.05) if min_share is None else min_share
    plan = _Plan(
        view, found, of, directions(result, view, found), _medians(stays, view), least,
        ci=ci and k <= 8, dashed=k <= 5 if show_suppressed is None else show_suppressed,
        steps=(9 if k <= 6 else 4) if staircase else 0,
    )  # fmt: skip
    return _draw(page, plan, table)


@dataclass(frozen=True)
class _Plan:
    """What is to be drawn, before anything is placed."""

    view: View
    found: Mapping[tuple[str, str], Move]
    of: Mapping[str, float]
    totals: Mapping[tuple[str, str], Move]
    medians: Mapping[str, str] | None
    least: float
    ci: bool
    dashed: bool
    steps: float

    @property
    def edges(self) -> list[Move]:
        """Moves between levels that step down or up and happened, or are suppressed."""
        between = between_levels(self.view, self.found)
        return [m for m in between if m.direction in _SIDE and (m.hidden or m.n > 0)]

    @property
    def shown(self) -> list[Move]:
        """Moves that get an arc."""
        return [m for m in self.edges if (self.dashed if m.hidden else m.share >= self.least)]

    @property
    def dropped(self) -> list[Move]:
        """Moves that are too rare to be drawn."""
        return [m for m in self.edges if not m.hidden and m.share < self.least]


def _medians(stays: Any, view: View) -> dict[str, str] | None:
    """Return the median stays of the levels in words, of the same stratum where the stays have it."""
    if stays is None:
        return None
    strata = {key: value for key, value in view.chosen.items() if key in stays.frame.columns}
    frame = read(stays, "LengthOfStay", "flow_map", where=strata).frame
    found = {str(row["level"]): row for row in frame.to_dict("records")}
    cells = {}
    for name in view.levels:
        row = found.get(name, {"hidden": False, "median": np.nan})
        value = number(row["median"])
        cells[name] = words.MASK if row["hidden"] else words.days(value) if words.known(value) else "–"
    return cells


def _rows(page: Page, plan: _Plan) -> dict[str, table.Row]:
    """Return the rows of the table by what they say, in their order."""
    view, ink = plan.view, page.palette.ink
    rows = {"n": table.Row("Discharges", [words.count(plan.of[name]) for name in view.levels], INK, strong=False)}
    if plan.medians is not None:
        rows["median"] = table.Row("Median stay", [plan.medians[name] for name in view.levels], INK, strong=False)
    for key, name in ((STEP_DOWN, "Stepped down"), (STEP_UP, "Stepped up"), (LATERAL, "Same level")):
        cells = [_total(plan, level, key) for level in view.levels]
        if key != LATERAL or set(cells) - {"·", "0%", "–"}:
            rows["lateral" if key == LATERAL else key] = table.Row(name, cells, ink(ROLE_OF[key]))
    others = other_outcomes(view, plan.found)
    for key, name in ((COMPLETED, "Completed"), (LEFT_EARLY, "Left early")):
        cells = [_cell(plan.found.get((level, key))) for level in view.levels]
        rows[key] = table.Row(name, cells, ink(ROLE_OF[key]))
    if not all(move.hidden for move in others.values()):
        rows[OTHER] = table.Row("Other outcomes", [_cell(others[level]) for level in view.levels], MUTED)
    return rows


def _total(plan: _Plan, level: str, direction: str) -> str:
    """Return a total by direction; a dot where the continuum has no such move."""
    if direction != LATERAL and not any(
        plan.view.continuum.direction(level, other) == direction for other in plan.view.levels if other != level
    ):
        return "·"
    return _cell(plan.totals.get((level, direction)))


def _cell(move: Move | None) -> str:
    if move is None or not (move.hidden or words.known(move.share)):
        return "–"
    return words.MASK if move.hidden else words.percent(move.share)


def _draw(page: Page, plan: _Plan, wanted: str) -> Axes:
    view = plan.view
    rows = _rows(page, plan) if wanted != "none" else {}
    masked = sum(m.hidden for m in plan.found.values() if m.to in view.levels or m.to in (COMPLETED, LEFT_EARLY))
    masked += sum(cell == words.MASK for row in rows.values() for cell in row.cells)
    sign = "s, dashed" if any(m.hidden for m in plan.shown) else "s"
    said: dict[str, Any] = {"title": TITLE, "subtitle": _subtitle(plan), "masked": masked, "sign": sign}
    height = page.room(notes=_notes(plan, rows), **said).h
    for spare in _SHED if wanted == "auto" else ():
        if height - table.height(page.canvas, len(rows)) < _ARCS_NEED * page.u:
            rows.pop(spare, None)
    box = page.open(notes=_notes(plan, rows), **said)
    stage = _Stage(page, plan, box, rows)
    stage.key()
    unlabelled = stage.arcs()
    stage.cards()
    if rows:
        table.draw(page.canvas, list(rows.values()), left=box.x0, right=box.x1, top=stage.floor, at=stage.at)
    top = sorted((m for m in plan.edges if not m.hidden), key=lambda m: (-m.share, m.edge))
    return page.close(
        data=_data(plan, rows),
        n=total(plan.of),
        largest=[f"{page.labels[m.frm]} to {page.labels[m.to]} {words.percent(m.share)}" for m in top],
        what="Flow map of moves between levels of care",
        dropped=[m.edge for m in plan.dropped],
        unlabelled=unlabelled,
    )


class _Stage:
    """Where everything stands: cards on a gentle staircase, arcs above and below, key at the left."""

    def __init__(self, page: Page, plan: _Plan, box: Box, rows: Mapping[str, table.Row]) -> None:
        self.page, self.plan, self.canvas, self.u = page, plan, page.canvas, page.u
        self.box, self.levels = box, plan.view.levels
        self.floor = box.y0 + table.height(page.canvas, len(rows))
        body, small = page.theme.body, page.theme.small
        names = [self.canvas.wide(row.name, body, SEMIBOLD) for row in rows.values()]
        sayings = ("to more intensive care", "to less intensive care") if len(self.levels) <= 8 else ("intensive care",)
        keys = [self.canvas.wide(text, small) for text in (*sayings, "Arc width: discharges")]
        self.gutter = max([*names, *keys, self.canvas.wide("Stepped down", body, SEMIBOLD)]) + 6 * self.u
        pitch = (box.w - self.gutter) / len(self.levels)
        self.at = [box.x0 + self.gutter + pitch * (i + 0.5) for i in range(len(self.levels))]
        self.boxes = self._cards(pitch)
        self._arcs = self._widths()

    def _cards(self, pitch: float) -> list[Box]:
        t, u = self.page.theme, self.u
        wide = min(0.88 * pitch if len(self.levels) > 5 else 0.8 * pitch, 92 * u)
        shown = [self.page.labels[name] for name in self.levels]
        longest = max(self.canvas.wide(word, t.body, SEMIBOLD) for name in shown for word in name.split(" "))
        self.type = t.body if longest <= wide - 4 * u else t.small
        self.names = [label_lines(name, self.type, wide - 4 * u, t.family, weight=SEMIBOLD) for name in shown]
        lines = max(len(name) for name in self.names)
        tall = self.type * (LEADING * (lines - 1) + CAP) + 11.5 * u
        fall = self.plan.steps * u * (len(self.levels) - 1)
        above, below = self._need(1), self._need(-1)
        free = self.box.y1 - self.floor - 12 * u - tall - fall
        top = self.box.y1 - max(free * above / max(above + below, 1e-9), 0.0)
        step = self.plan.steps * u
        return [Box(x - wide / 2, top - i * step - tall, x + wide / 2, top - i * step) for i, x in enumerate(self.at)]

    def _need(self, side: int) -> float:
        """Return how much height one side asks for, relative to the other."""
        reaches = {abs(self._places(m)[1] - self._places(m)[0]) for m in self.plan.shown if _SIDE[m.direction] == side}
        if not reaches:
            return 0.12
        return (1.0 if side > 0 else 1.3) * (1 + 0.55 * len(reaches))

    def _places(self, move: Move) -> tuple[int, int]:
        return self.levels.index(move.frm), self.levels.index(move.to)

    def _widths(self) -> dict[Arc, Move]:
        """Return the arcs, as wide as the counts say and the fullest card allows."""
        shown = self.plan.shown
        most = max((m.n for m in shown if not m.hidden), default=1.0)
        scale, least = 20 * self.u / most, (4.5 if len(self.levels) > 8 else 1.5) * self.u
        for _ in range(60):
            arcs = {self._arc(m, scale): m for m in shown}
            self.scale = scale
            if geometry.crowding(list(arcs), self.boxes, self.u) <= 1 or scale * most < least:
                return arcs
            scale *= 0.94
        return arcs

    def _arc(self, move: Move, scale: float) -> Arc:
        thick = 0.9 * self.u if move.hidden else max(move.n * scale, 0.9 * self.u)
        return Arc(self._places(move), _SIDE[move.direction], thick, dashed=move.hidden)

    def key(self) -> None:
        """Say at the left what above and below mean, and how wide an arc is."""
        t, u, canvas = self.page.theme, self.u, self.canvas
        for side, role, name, rest in (
            (1, "up", "Stepped up", "to more intensive\u00a0care"),
            (-1, "down", "Stepped down", "to less intensive\u00a0care"),
        ):
            if not any(_SIDE[m.direction] == side for m in self.plan.shown):
                continue
            edge = self.boxes[0].y1 if side > 0 else self.boxes[0].y0
            y = min(edge + 46 * u, self.box.y1 - t.body) if side > 0 else edge - 34 * u
            ink = self.page.palette.ink(role)
            canvas.text(self.box.x0, y, name, color=ink, weight=SEMIBOLD)
            for line in wrap([Run(rest, ink)], t.small, self.gutter - 2 * u, t.family):
                y -= t.small * LEADING
                canvas.runs(self.box.x0, y, line, size=t.small)
        counts = [m.n for m in self.plan.shown if not m.hidden]
        if counts and max(counts) * self.scale >= 2.5 * u and any(_SIDE[m.direction] < 0 for m in self.plan.shown):
            self._width_key(y - 22 * u, max(counts))

    def _width_key(self, y: float, most: float) -> None:
        t, u, canvas = self.page.theme, self.u, self.canvas
        canvas.text(self.box.x0, y, "Arc width: discharges", size=t.small, color=MUTED)
        y -= 5 * u
        for value in words.round_numbers(most):
            thick = max(value * self.scale, 0.9 * u)
            row = max(thick, t.small) + 2 * u
            canvas.rect(Box(self.box.x0, y - row / 2 - thick / 2, self.box.x0 + 22 * u, y - row / 2 + thick / 2), OUTLINE)
            canvas.text(
                self.box.x0 + 27 * u, middle(y - row / 2, t.small), words.count(value), size=t.small, color=MUTED
            )
            y -= row

    def cards(self) -> None:
        """Draw the cards, dark for the most intensive level."""
        fills = intensity(len(self.levels))
        for box, name, lines, fill in zip(self.boxes, self.levels, self.names, fills, strict=True):
            near = [name, *(m.edge for m in self.plan.shown if name in m.edge)]
            fill = self.page.faded(fill, *near)
            self.canvas.card(box, fill, radius=3)
            y = (box.y0 + box.y1) / 2
            self.canvas.lines((box.x0 + box.x1) / 2, y, lines, size=self.type, color=text_on(fill), weight=SEMIBOLD, align="center")

    def arcs(self) -> list[tuple[str, str]]:
        """Draw the arcs, large ones first, and their labels; return the moves that found no room for one."""
        lines = self._lines()
        first = sorted(self._arcs, key=lambda a: (-a.thickness, a.edge))
        for rank, arc in enumerate(first):
            self._ink(arc, *lines[arc], z=2 + rank / 1000)
        region = Box(self.box.x0 + self.gutter - 30 * self.u, self.floor + self.u, self.box.x1 + 8 * self.u, self.box.y1)
        taken: list[Box] = []
        lost = []
        for arc in sorted(self._arcs, key=lambda a: (a.dashed, -a.reach if len(self.levels) > 6 else 0, -a.thickness, a.edge)):
            move = self._arcs[arc]
            others = np.concatenate([lines[a][0] for a in first if a != arc] or [np.empty((0, 2))])
            if not self._label(arc, move, lines[arc][0], region, taken, others):
                lost.append(move.edge)
        return lost

    def _lines(self) -> dict[Arc, tuple[Points, tuple[float, float]]]:
        """Return for each arc its centre line and the tip of its head."""
        arcs, u = list(self._arcs), self.u
        port = geometry.ports(arcs, self.boxes, u)
        half = self.page.theme.body * 0.62 + u
        out = {}
        for side in (-1, 1):
            depth = geometry.lanes(arcs, side)
            limit = self.box.y1 - half if side > 0 else self.floor + 6 * u + half
            for arc in (a for a in arcs if a.side == side):
                start, end = (self.boxes[place] for place in arc.edge)
                y0, y1 = (start.y1, end.y1) if side > 0 else (start.y0, end.y0)
                tip = (port[arc, True], y1 + side * 2.2 * u)
                barb = (port[arc, True], tip[1] + side * 0.62 * geometry.head(arc.thickness, u))
                apex = (y0 + y1) / 2 + depth[arc.reach] * (limit - (y0 + y1) / 2)
                line = geometry.centre_line((port[arc, False], y0 + side * 1.2 * u), barb, apex)
                out[arc] = (line, tip)
        return out

    def _ink(self, arc: Arc, line: Points, tip: tuple[float, float], z: float) -> None:
        move, u, canvas = self._arcs[arc], self.u, self.canvas
        fill = self.page.faded(self.page.palette.fill(ROLE_OF[move.direction]), move.edge, move.frm, move.to)
        wide = geometry.head(arc.thickness, u)
        if arc.dashed:
            pale = mix(WHITE, fill, 0.65)
            canvas.line(line[:, 0], line[:, 1], color=pale, lw=0.9, dash=(2.6, 1.8), z=1.5)
            barb = np.array([line[-1] + (wide / 2, 0), tip, line[-1] - (wide / 2, 0)])
            canvas.polygon(barb, pale, z=1.5)
            return
        ring = geometry.body(line, arc.thickness, tip, wide)
        canvas.polygon(ring, WHITE, edge=WHITE, lw=2.4, z=z)
        canvas.polygon(ring, fill, z=z + 0.0005)

    def _label(
        self, arc: Arc, move: Move, line: Points, region: Box, taken: list[Box], others: Points
    ) -> bool:
        t, u = self.page.theme, self.u
        ink = self.page.palette.ink(ROLE_OF[move.direction])
        if not self.page.emphasised(move.edge, move.frm, move.to):
            ink = MUTED
        runs = [Run(words.percent(move.share), ink, BOLD if self.page.emphasised(move.edge, move.frm, move.to) else 600)]
        size = t.body * 1.0
        if move.hidden:
            runs, size = [Run("s", ink, SEMIBOLD)], t.small
        parts = [(runs[0], size)]
        if self.plan.ci and not move.hidden and words.span(move.low, move.high):
            parts.append((Run(" " + words.span(move.low, move.high), ink, REGULAR), t.small))
        wide = sum(width([run], at, t.family) for run, at in parts)
        pad = 2.4 * u
        size_of = (wide + 2 * pad, size * CAP + 2.2 * pad)
        box = geometry.place_label(line, size_of, region, taken, self.boxes, others, gap=1.2 * u)
        if box is None:
            return False
        taken.append(box)
        self.canvas.pill(box)
        x, y = box.x0 + pad, middle((box.y0 + box.y1) / 2, size)
        for run, at in parts:
            x += self.canvas.runs(x, y, [run], size=at)
        return True


def _subtitle(plan: _Plan) -> str:
    within = f" within {plan.view.within} days" if plan.view.within else ""
    interval = " with 95% CI" if plan.ci else ""
    late = maturity_note(plan.view)
    return (
        f"Share of {plain(plan.view.about.unit)} that {{down:stepped down}} or {{up:stepped up}}{within}, %{interval}. "
        f"{plain(plan.view.population())}" + (f". **{late}**" if late else "")
    )


def _notes(plan: _Plan, rows: Mapping[str, table.Row]) -> list[str]:
    view, dropped = plan.view, len(plan.dropped)
    secret = sum(m.hidden for m in plan.edges) if not plan.dashed else 0
    plural = "transition" if dropped == 1 else "transitions"
    return [
        view.size(total(plan.of)),
        view.interval() if plan.ci else "",
        rest_note(plan.found) if OTHER in rows else "",
        f"{dropped} {plural} under {words.percent(plan.least)} not drawn." if dropped else "",
        f"{secret} suppressed not drawn." if secret else "",
    ]


def _data(plan: _Plan, rows: Mapping[str, table.Row]) -> pd.DataFrame:
    """Return the arcs and the cells of the table that were drawn."""
    arcs = [
        ("arc", m.frm, m.to, m.direction, m.n, m.share, m.low if plan.ci else np.nan, m.high if plan.ci else np.nan, m.hidden)
        for m in plan.shown
    ]
    others = other_outcomes(plan.view, plan.found)
    cells = []
    for name in plan.view.levels:
        if "n" in rows:
            cells.append(("table", name, "discharges", "", plan.of[name], np.nan, np.nan, np.nan, np.isnan(plan.of[name])))
        for key in rows:
            move = (
                others[name] if key == OTHER
                else plan.totals.get((name, LATERAL if key == "lateral" else key)) or plan.found.get((name, key))
            )  # fmt: skip
            if move is not None:
                cells.append(("table", name, key, "", move.n, move.share, np.nan, np.nan, move.hidden))
    columns = ["mark", "from", "to", "direction", "n", "rate", "low", "high", "hidden"]
    return pd.DataFrame(arcs + cells, columns=columns)
