"""Cumulative incidence of one level: what had happened by each day, stacked, with who was still at risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.competing_risks import LEAST, NAMES, Cause, Floats, Incidence, incidence_of
from careflow.charts.data.ticks import even_ticks, shares
from careflow.charts.data.transitions import OTHER
from careflow.charts.data.view import View, read
from careflow.charts.drawing import risk_table, table
from careflow.charts.drawing.axes import Panel, apart, stepped
from careflow.charts.drawing.canvas import middle
from careflow.charts.drawing.fonts import LEADING, REGULAR, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import Page
from careflow.charts.drawing.palette import FAINT, INK, MID, MUTED, WHITE, tint
from careflow.charts.drawing.rich_text import Run, plain
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import CumulativeIncidence

_End = tuple[str, float, float, str, str]
"""Name, height, value, interval in words, and colour of a label."""

_COLOURED: Final = {"down": "stepped down", "planned": "completed", "up": "stepped up", "left": "left early"}


@drawn
def cumulative_incidence(
    result: CumulativeIncidence,
    level: str | None = None,
    *,
    quarter: str | None = None,
    horizon: int = 90,
    ticks: Sequence[int] | None = None,
    stacked: bool = True,
    table: bool = True,
    **options: Unpack[Options],
) -> Axes:
    """Draw what had become of the stays at a level by each day since admission.

    Stacked from the bottom: stepped down, completed, stepped up, left early, other outcomes; what remains above is
    still at the level. The curve stops where fewer than 11 remain at risk. For readers outside
    (``audience="external"``) it is drawn on days between which each outcome has none or at least 11 events, and the
    table is rounded to 10.

    Parameters
    ----------
    result : CumulativeIncidence
        From :func:`careflow.cumulative_incidence`.
    level : str, optional
        The level; needed if the result is about several.
    quarter : str, optional
        The period to draw.
    horizon : int
        Days to draw.
    ticks : sequence of int, optional
        Days to label and to tabulate; by default 7, with the horizon.
    stacked : bool
        False draws lines with their intervals instead.
    table : bool
        Add who was at risk and what had happened, at each tick.
    **options
    """
    view = read(result, "CumulativeIncidence", "cumulative_incidence", quarter=quarter, where=options.get("where"))
    about = list(dict.fromkeys(view.frame["from"].astype(str)))
    if level is None and len(about) > 1:
        raise ArgumentError(f"say which level: level= one of {', '.join(map(repr, about))}")
    page = Page("cumulative_incidence", view, options, levels=1)
    level = level or (about[0] if about else view.levels[0])
    view.check_level(level)
    name = page.labels[level]
    gap = getattr(result, "clock", "stay") == "gap"
    title = f"Days to the next level after {name}" if gap else f"What becomes of {name} stays"
    if not len(view.frame):
        return page.nothing(title)
    incidence = incidence_of(result, view, level, horizon, guard="causes" if page.external else None)
    if len(incidence.days) < 2 or not incidence.causes:
        return page.nothing(title, "Nothing to draw: too few, or nobody moved", n=None if view.about.n else 0)
    return _Drawing(page, view, incidence, name, ticks, gap=gap, stacked=stacked, table=table).draw(title)


class _Drawing:
    """The stack, its labels at the right, the table below."""

    def __init__(
        self, page: Page, view: View, incidence: Incidence, name: str, ticks: Sequence[int] | None, *, gap: bool,
        stacked: bool, table: bool,
    ) -> None:  # fmt: skip
        self.page, self.view, self.incidence, self.name, self.gap = page, view, incidence, name, gap
        self.stacked, self.table = stacked, table
        self.last = float(incidence.days[-1])
        self.ticks = [t for t in (ticks or even_ticks(int(self.last))) if t <= self.last]
        if page.external and formatting.known(self._n()):
            counts = [incidence.at_risk, *(cause.events for cause in incidence.causes)]
            self.ticks = risk_table.tellable(page, counts, incidence.days, self.ticks)
        self.remaining = "Not yet admitted again" if gap else "Still at this level"

    def draw(self, title: str) -> Axes:
        """Draw everything and return the host."""
        page, incidence = self.page, self.incidence
        rows = self._rows() if self.table and formatting.known(self._n()) else []
        if page.canvas.h < 380 * page.u:
            rows = rows[:1]
        box = page.open(title=title, subtitle=self._subtitle(), notes=self._notes(), gap=16)
        t, u, canvas = page.theme, page.u, page.canvas
        gutter = max([canvas.wide(row.name, t.body, SEMIBOLD) for row in rows] + [canvas.wide("100%", t.body) + 5 * u])
        labels = self._labels()
        two = table.height(canvas, len(rows)) + len(labels) * self._pitch() < box.h - 40 * u
        right = max(canvas.wide(text if two else f"99% {text}", t.body, SEMIBOLD) for text, *_ in labels) + 16 * u
        area = risk_table.above(page, rows, box, gutter=gutter, right=right)
        panel = Panel(canvas, area, (0, self.last), (0, 1 if self.stacked else self._top()))
        self._axes(panel)
        (self._stack if self.stacked else self._lines)(panel)
        self._ends(panel, labels, two=two)
        if rows:
            heading = f"Number of {self.view.unit} (cumulative, except at risk)"
            risk_table.draw(page, panel, rows, box, self.ticks, heading)
        top = sorted(incidence.causes, key=lambda c: -c.estimate[-1])
        return page.close(
            data=self._data(),
            n=self._n() if formatting.known(self._n()) else None,
            largest=[f"{NAMES[c.key]} {formatting.percent(float(c.estimate[-1]))}" for c in top],
            what=f"Stacked cumulative incidence over {int(self.last)} days"
            if self.stacked
            else "Cumulative incidence lines",
        )

    def _top(self) -> float:
        most = max(float(np.nanmax([*c.high, *c.estimate])) for c in self.incidence.causes)
        return min(most * 1.1, 1.0)

    def _subtitle(self) -> str:
        done = [f"{{{c.role}:{_COLOURED[c.role]}}}" for c in self.incidence.causes if c.role in _COLOURED]
        rest = any(c.role not in _COLOURED for c in self.incidence.causes)
        outcomes = [*done, *(["ended otherwise"] if rest else [])]
        joined = ", ".join(outcomes[:-1]) + f" or {outcomes[-1]}" if len(outcomes) > 1 else "".join(outcomes)
        unit = plain(self.view.unit)
        return (
            f"Cumulative share of {plain(self.name)} {unit} that had {joined} by each day; % at "
            f"day\u00a0{int(self.last)} with {self.view.ci}. {plain(self.view.population())}"
        )

    def _notes(self) -> list[str]:
        has_n = formatting.known(self._n())
        guard = "Drawn at days between which each outcome has none or at least 11 events; counts to tens."
        return [
            f"n = {formatting.count(self._n())} {self.name} {self.view.unit}." if has_n else self.view.size(None),
            "Aalen–Johansen estimates.",
            self.view.interval(),
            f"Curves stop where fewer than {LEAST} remain at risk." if has_n else "",
            guard if self.page.coarse else "",
        ]

    def _n(self) -> float:
        """Return how many are at risk at the start, to tens outside; missing where the result hides it."""
        return risk_table.rounded(self.page, float(self.incidence.at_risk[0]))

    def _axes(self, panel: Panel) -> None:
        marks = [0, 0.25, 0.5, 0.75, 1.0] if self.stacked else [m / 10 for m in range(11) if m / 10 <= panel.ylim[1]]
        color = WHITE if self.stacked else "#D5D9DE"
        if self.stacked:
            self.page.canvas.rect(panel.box, FAINT, z=0.4)
        panel.grid(marks, shares(marks), color=color, z=2.6 if self.stacked else 0.5)
        panel.floor()
        for tick in self.ticks:
            panel.tick(tick, f"{tick:,}")
        since = "discharge from" if self.gap else "admission to"
        panel.caption(f"Days since {since} {self.name}")

    def _stack(self, panel: Panel) -> None:
        x = self.incidence.days
        base = np.zeros_like(x)
        for cause in self.incidence.causes:
            top = base + cause.estimate
            if self.page.coarse:
                xs, low, high = x, base, top
            else:
                xs, low, high = stepped(x, base, top)
            panel.area(xs, low, high, self._fill(cause), z=1.5)
            panel.line(xs, high, color=WHITE, lw=0.8, z=2.4)
            base = top
        self._median(panel, base)

    def _lines(self, panel: Panel) -> None:
        steps = not self.page.coarse
        for cause in self.incidence.causes:
            fill = self._fill(cause)
            panel.area(self.incidence.days, cause.low, cause.high, tint(fill, 0.2), z=1)
            panel.line(self.incidence.days, cause.estimate, color=fill, lw=1.9, z=3, steps=steps)

    def _fill(self, cause: Cause) -> str:
        return (
            self.page.palette.fill(cause.role) if cause.role in _COLOURED else MID if cause.key == OTHER else "#98A1AA"
        )

    def _median(self, panel: Panel, total: np.ndarray) -> None:
        """Mark the day by which half had ended."""
        reached = np.flatnonzero(total >= 0.5 - 1e-12)
        if self.gap or self.page.coarse or not len(reached):
            return
        t, u, canvas = self.page.theme, self.page.u, self.page.canvas
        day = float(self.incidence.days[reached[0]])
        x, y = panel.x(day), panel.y(0.5)
        canvas.line([x, x], [panel.box.y0, y], color=WHITE, lw=1.2, dash=(2.2, 1.6), z=3)
        canvas.dots([x], [y], size=5, color=WHITE, edge=INK, lw=1.3, z=4)
        lines = [f"Half had left {self.name}", f"by day {int(day)}"]
        wide = max(canvas.wide(line, t.small) for line in lines)
        if x - wide - 8 * u < panel.box.x0:
            return
        for i, line in enumerate(lines):
            canvas.text(x - 6 * u, y + 12 * u + (1 - i) * t.small * 1.2, line, size=t.small, align="right")

    def _pitch(self) -> float:
        """Return the height of a label of two lines."""
        return (self.page.theme.body + self.page.theme.small) * LEADING + 3 * self.page.u

    def _labels(self) -> list[_End]:
        """Return the labels at the right, from the bottom up."""
        out: list[_End] = []
        base = 0.0
        for cause in self.incidence.causes:
            value = float(cause.estimate[-1])
            ink = self.page.palette.ink(cause.role) if cause.role in _COLOURED else MUTED
            limits = formatting.span(float(cause.low[-1]), float(cause.high[-1]))
            out.append((NAMES[cause.key], base + value / 2 if self.stacked else value, value, limits, ink))
            base += value
        if self.stacked:
            out.append((self.remaining, (1 + base) / 2, 1 - base, "", MUTED))
        return sorted(out, key=lambda entry: entry[1])

    def _ends(self, panel: Panel, labels: Sequence[_End], *, two: bool) -> None:
        """Set the labels at the right, apart from one another, with elbow leaders."""
        t, u, canvas = self.page.theme, self.page.u, self.page.canvas
        gap = self._pitch() if two else t.body * LEADING
        wanted = [panel.y(end[1]) for end in labels]
        places = apart(wanted, gap, panel.box.y0 + gap * 0.3, panel.box.y1 - gap * 0.3)
        for (name, _, value, limits, ink), at, y in zip(labels, wanted, places, strict=True):
            x = panel.box.x1
            panel.leader(at, y, ink)
            figure = [Run(formatting.percent(value), ink, SEMIBOLD), Run(f" {limits}" if limits else "", ink, REGULAR)]
            x += 14 * u
            if two:
                canvas.text(x, y + 2.2 * u, name, color=ink, weight=SEMIBOLD)
                x += canvas.runs(x, y + 2.2 * u - t.body * LEADING, figure[:1])
                canvas.runs(x, y + 2.2 * u - t.body * LEADING, figure[1:], size=t.small)
            else:
                canvas.runs(x, middle(y, t.body), [figure[0], Run(f" {name}", ink, SEMIBOLD)])

    def _rows(self) -> list[table.Row]:
        page, incidence = self.page, self.incidence

        def row(name: str, counts: Floats, color: str) -> table.Row:
            return risk_table.row(page, name, counts, incidence.days, self.ticks, color)

        rows = [row("At risk", incidence.at_risk, INK)]
        ended = np.sum([cause.events for cause in incidence.causes], axis=0)
        gone = None if page.external else risk_table.censored(self.view, incidence.days, incidence.at_risk, ended)
        if gone is not None:
            rows.append(row("Censored", gone, MUTED))
        for cause in reversed(incidence.causes):
            ink = page.palette.ink(cause.role) if cause.role in _COLOURED else MUTED
            rows.append(row(NAMES[cause.key], cause.events, ink))
        return rows

    def _data(self) -> pd.DataFrame:
        days = self.incidence.days
        frames = [
            pd.DataFrame({"cause": c.key, "day": days, "estimate": c.estimate, "low": c.low, "high": c.high})
            for c in self.incidence.causes
        ]
        return pd.concat(frames, ignore_index=True)
