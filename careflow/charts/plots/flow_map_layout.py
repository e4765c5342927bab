"""Where everything on a flow map stands: cards on a gentle staircase, arcs above and below, key at the left."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from careflow import formatting
from careflow.charts.data.transitions import ROLE_OF, Move
from careflow.charts.drawing import table
from careflow.charts.drawing.canvas import Box, Canvas, middle
from careflow.charts.drawing.fonts import BOLD, CAP, LEADING, REGULAR, SEMIBOLD
from careflow.charts.drawing.palette import text_on
from careflow.charts.drawing.rich_text import Run, label_lines, width, wrap
from careflow.charts.drawing.subject import Subject
from careflow.charts.plots import flow_map_arcs
from careflow.charts.plots.flow_map_arcs import Arc, Points
from careflow.charts.plots.flow_map_content import SIDE, Plan


def gutter_of(page: Subject, canvas: Canvas, plan: Plan, rows: Mapping[str, table.Row]) -> float:
    """Return how wide the key and the names of the rows are at the left, in points."""
    body, small = page.theme.body, page.theme.small
    names = [canvas.wide(row.name, body, SEMIBOLD) for row in rows.values()]
    texts = ("to more intensive care", "to less intensive care") if len(plan.view.levels) <= 8 else ("intensive care",)
    keys = [canvas.wide(text, small) for text in (*texts, "Arc width: discharges")]
    return max([*names, *keys, canvas.wide("Stepped down", body, SEMIBOLD)]) + 6 * page.u


def columns_of(box: Box, gutter: float, levels: int) -> list[float]:
    """Return the middles of the columns, in points."""
    pitch = (box.w - gutter) / levels
    return [box.x0 + gutter + pitch * (i + 0.5) for i in range(levels)]


class Stage:
    """Where everything stands: cards on a gentle staircase, arcs above and below, key at the left."""

    def __init__(self, page: Subject, canvas: Canvas, plan: Plan, box: Box, rows: Mapping[str, table.Row]) -> None:
        self.page, self.plan, self.canvas, self.u = page, plan, canvas, page.u
        self.box, self.levels, self.floor = box, plan.view.levels, box.y0
        self.gutter = gutter_of(page, canvas, plan, rows)
        self.at = columns_of(box, self.gutter, len(self.levels))
        self.boxes = self._cards((box.w - self.gutter) / len(self.levels))
        self._arcs = self._widths()

    def _cards(self, pitch: float) -> list[Box]:
        t, u = self.page.theme, self.u
        wide = min(0.88 * pitch if len(self.levels) > 5 else 0.8 * pitch, 92 * u)
        shown = [self.page.labels[name] for name in self.levels]
        longest = max(self.canvas.wide(word, t.body, SEMIBOLD) for name in shown for word in name.split(" "))
        self.type = t.body if longest <= wide - 4 * u else t.small
        self.names = [
            label_lines(name, self.type, wide - 4 * u, t.family, weight=SEMIBOLD, among=shown) for name in shown
        ]
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
        reaches = {abs(self._places(m)[1] - self._places(m)[0]) for m in self.plan.shown if SIDE[m.direction] == side}
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
            if flow_map_arcs.crowding(list(arcs), self.boxes, self.u) <= 1 or scale * most < least:
                return arcs
            scale *= 0.94
        return arcs

    def _arc(self, move: Move, scale: float) -> Arc:
        thick = 0.9 * self.u if move.hidden else max(move.n * scale, 0.9 * self.u)
        return Arc(self._places(move), SIDE[move.direction], thick, dashed=move.hidden)

    def key(self) -> None:
        """Say at the left what above and below mean, and how wide an arc is."""
        t, u, canvas = self.page.theme, self.u, self.canvas
        for side, role, name, rest in (
            (1, "up", "Stepped up", "to more intensive\u00a0care"),
            (-1, "down", "Stepped down", "to less intensive\u00a0care"),
        ):
            if not any(SIDE[m.direction] == side for m in self.plan.shown):
                continue
            edge = self.boxes[0].y1 if side > 0 else self.boxes[0].y0
            y = min(edge + 46 * u, self.box.y1 - t.body) if side > 0 else edge - 34 * u
            ink = self.page.palette.ink(role)
            canvas.text(self.box.x0, y, name, color=ink, weight=SEMIBOLD)
            for line in wrap([Run(rest, ink)], t.small, self.gutter - 2 * u, t.family):
                y -= t.small * LEADING
                canvas.runs(self.box.x0, y, line, size=t.small)
        counts = [m.n for m in self.plan.shown if not m.hidden]
        if counts and max(counts) * self.scale >= 2.5 * u and any(SIDE[m.direction] < 0 for m in self.plan.shown):
            self._width_key(y - 22 * u, max(counts))

    def _width_key(self, y: float, most: float) -> None:
        t, u, canvas = self.page.theme, self.u, self.canvas
        y -= 5 * u
        rows: list[tuple[float, float, float]] = []
        for count in sorted(formatting.round_numbers(most)):
            wide = max(count * self.scale, 0.9 * u)
            rows.append((count, wide, max(wide, t.small) + 2 * u))
        while rows and y - sum(row for *_, row in rows) < self.floor:
            rows.pop()
        if rows:
            canvas.text(self.box.x0, y + 5 * u, "Arc width: discharges", size=t.small, color=self.page.colours.muted)
        for value, thick, row in rows:
            canvas.rect(
                Box(self.box.x0, y - row / 2 - thick / 2, self.box.x0 + 22 * u, y - row / 2 + thick / 2),
                self.page.colours.outline,
            )
            canvas.text(
                self.box.x0 + 27 * u,
                middle(y - row / 2, t.small),
                formatting.count(value),
                size=t.small,
                color=self.page.colours.muted,
            )
            y -= row

    def cards(self) -> None:
        """Draw the cards, dark for the most intensive level."""
        fills = self.page.colours.intensity(len(self.levels))
        for box, name, lines, fill in zip(self.boxes, self.levels, self.names, fills, strict=True):
            near = [name, *(m.edge for m in self.plan.shown if name in m.edge)]
            fill = self.page.faded(fill, *near)
            self.canvas.card(box, fill, radius=3)
            y = (box.y0 + box.y1) / 2
            self.canvas.lines(
                (box.x0 + box.x1) / 2, y, lines, size=self.type, color=text_on(fill), weight=SEMIBOLD, align="center"
            )

    def arcs(self) -> list[tuple[str, str]]:
        """Draw the arcs, large ones first, and their labels; return the moves that found no room for one."""
        lines = self._lines()
        first = sorted(self._arcs, key=lambda a: (-a.thickness, a.edge))
        for rank, arc in enumerate(first):
            self._ink(arc, *lines[arc], z=2 + rank / 1000)
        region = Box(
            self.box.x0 + self.gutter - 30 * self.u, self.floor + self.u, self.box.x1 + 8 * self.u, self.box.y1
        )
        taken: list[Box] = []
        lost = []
        for arc in sorted(
            self._arcs, key=lambda a: (a.dashed, -a.reach if len(self.levels) > 6 else 0, -a.thickness, a.edge)
        ):
            move = self._arcs[arc]
            others = np.concatenate([lines[a][0] for a in first if a != arc] or [np.empty((0, 2))])
            if not self._label(arc, move, lines[arc][0], region, taken, others):
                lost.append(move.edge)
        return lost

    def _lines(self) -> dict[Arc, tuple[Points, tuple[float, float]]]:
        """Return for each arc its centre line and the tip of its head."""
        arcs, u = list(self._arcs), self.u
        port = flow_map_arcs.ports(arcs, self.boxes, u)
        half = self.page.theme.body * 0.62 + u
        out = {}
        for side in (-1, 1):
            depth = flow_map_arcs.lanes(arcs, side)
            limit = self.box.y1 - half if side > 0 else self.floor + 6 * u + half
            for arc in (a for a in arcs if a.side == side):
                start, end = (self.boxes[index] for index in arc.edge)
                y0, y1 = (start.y1, end.y1) if side > 0 else (start.y0, end.y0)
                tip = (port[arc, True], y1 + side * 2.2 * u)
                barb = (port[arc, True], tip[1] + side * 0.62 * flow_map_arcs.head(arc.thickness, u))
                apex = (y0 + y1) / 2 + depth[arc.reach] * (limit - (y0 + y1) / 2)
                line = flow_map_arcs.centre_line((port[arc, False], y0 + side * 1.2 * u), barb, apex)
                out[arc] = (line, tip)
        return out

    def _ink(self, arc: Arc, line: Points, tip: tuple[float, float], z: float) -> None:
        move, u, canvas = self._arcs[arc], self.u, self.canvas
        fill = self.page.faded(self.page.palette.fill(ROLE_OF[move.direction]), move.edge, move.frm, move.to)
        wide = flow_map_arcs.head(arc.thickness, u)
        if arc.dashed:
            pale = self.page.colours.tint(fill, 0.65)
            canvas.line(line[:, 0], line[:, 1], color=pale, lw=0.9, dash=(2.6, 1.8), z=1.5)
            barb = np.array([line[-1] + (wide / 2, 0), tip, line[-1] - (wide / 2, 0)])
            canvas.polygon(barb, pale, z=1.5)
            return
        ring = flow_map_arcs.body(line, arc.thickness, tip, wide)
        ground = self.page.colours.ground
        canvas.polygon(ring, ground, edge=ground, lw=2.4, z=z)
        canvas.polygon(ring, fill, z=z + 0.0005)

    def _label(self, arc: Arc, move: Move, line: Points, region: Box, taken: list[Box], others: Points) -> bool:
        t, u = self.page.theme, self.u
        ink = self.page.palette.ink(ROLE_OF[move.direction])
        if not self.page.emphasised(move.edge, move.frm, move.to):
            ink = self.page.colours.muted
        runs = [
            Run(
                formatting.percent(move.share), ink, BOLD if self.page.emphasised(move.edge, move.frm, move.to) else 600
            )
        ]
        size = t.body * 1.0
        if move.hidden:
            runs, size = [Run("s", ink, SEMIBOLD)], t.small
        parts = [(runs[0], size)]
        if self.plan.ci and not move.hidden and formatting.span(move.low, move.high):
            parts.append((Run(" " + formatting.span(move.low, move.high), ink, REGULAR), t.small))
        wide = sum(width([run], at, t.family) for run, at in parts)
        pad = 2.4 * u
        size_of = (wide + 2 * pad, size * CAP + 2.2 * pad)
        box = flow_map_arcs.place_label(line, size_of, region, taken, self.boxes, others, gap=1.2 * u)
        if box is None:
            return False
        taken.append(box)
        self.canvas.pill(box)
        x, y = box.x0 + pad, middle((box.y0 + box.y1) / 2, size)
        for run, at in parts:
            x += self.canvas.runs(x, y, [run], size=at)
        return True
