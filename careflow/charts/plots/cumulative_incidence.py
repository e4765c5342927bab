"""Cumulative incidence of one level: what had happened by each day, stacked, with who was still at risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from careflow import formatting
from careflow.charts.data.competing_risks import LEAST, NAMES, Cause, Floats, Incidence, incidence_of
from careflow.charts.data.scale import SHARE
from careflow.charts.data.ticks import even_ticks
from careflow.charts.data.transitions import OTHER
from careflow.charts.data.view import View, read
from careflow.charts.drawing import risk_table, table
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import REGULAR, SEMIBOLD
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, plain
from careflow.charts.drawing.risk_table import RiskTable
from careflow.charts.drawing.ticks import days_axis, scale_axis
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import CumulativeIncidence

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

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.cumulative_incidence(cf.cumulative_incidence(moves, "residential"))
    >>> charts.alt_text(chart).split(". ")[0]
    'Stacked cumulative incidence over 90 days'
    """
    view = read(result, "CumulativeIncidence", "cumulative_incidence", quarter=quarter, where=options.get("where"))
    about = list(dict.fromkeys(view.frame["from"].astype(str)))
    if level is None and len(about) > 1:
        raise ArgumentError(f"say which level: level= one of {', '.join(map(repr, about))}")
    chart = Chart("cumulative_incidence", view, options, levels=1)
    level = level or (about[0] if about else view.levels[0])
    view.check_level(level)
    name = chart.labels[level]
    gap = getattr(result, "clock", "stay") == "gap"
    title = f"Days to the next level after {name}" if gap else f"What becomes of {name} stays"
    if not len(view.frame):
        return chart.nothing(title)
    incidence = incidence_of(result, view, level, horizon, guard="causes" if chart.external else None)
    if len(incidence.days) < 2 or not incidence.causes:
        return chart.nothing(title, "Nothing to draw: too few, or nobody moved", n=None if view.about.n else 0)
    return _Drawing(chart, view, incidence, name, ticks, gap=gap, stacked=stacked, table=table).draw(title)


def _end(name: str, y: float, value: float, limits: str, ink: str) -> End:
    figure = (Run(formatting.percent(value), ink, SEMIBOLD), Run(f" {limits}" if limits else "", ink, REGULAR))
    return End(y, [Run(name, ink, SEMIBOLD)], ink, figure)


class _Median:
    """Says by which day half had left, left of the mark, where there is room."""

    def __init__(self, day: float, lines: Sequence[str]) -> None:
        self.day, self.lines = day, list(lines)

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the words."""
        t, u = canvas.theme, canvas.u
        (x, y), wide = canvas.at(self.day, 0.5), max(canvas.wide(line, t.small) for line in self.lines)
        if not canvas.sees(self.day, 0.5) or x - wide - 8 * u < canvas.box.x0:
            return
        for i, line in enumerate(self.lines):
            canvas.text(x - 6 * u, y + 12 * u + (1 - i) * t.small * 1.2, line, size=t.small, align="right")


class _Drawing:
    """The stack, its labels at the right, the table below."""

    def __init__(
        self, chart: Chart, view: View, incidence: Incidence, name: str, ticks: Sequence[int] | None, *, gap: bool,
        stacked: bool, table: bool,
    ) -> None:  # fmt: skip
        self.chart, self.view, self.incidence, self.name, self.gap = chart, view, incidence, name, gap
        self.stacked, self.table = stacked, table
        self.last = float(incidence.days[-1])
        self.ticks = [t for t in (ticks or even_ticks(int(self.last))) if t <= self.last]
        if chart.external and formatting.known(self._n()):
            counts = [incidence.at_risk, *(cause.events for cause in incidence.causes)]
            self.ticks = risk_table.tellable(chart, counts, incidence.days, self.ticks)
        self.remaining = "Not yet admitted again" if gap else "Still at this level"

    def draw(self, title: str) -> Axes:
        """Draw everything and return the Axes."""
        chart, incidence = self.chart, self.incidence
        rows = self._rows() if self.table and formatting.known(self._n()) else []
        heading = f"Number of {self.view.unit} (cumulative, except at risk)"
        foot = RiskTable(rows, self.ticks, heading, least=1) if rows else None
        chart.open(
            title=title, subtitle=self._subtitle(), notes=self._notes(), foot=foot,
            gutter=foot.gutter if foot is not None else None,
        )  # fmt: skip
        chart.limits(x=(0, self.last), y=(0, 1 if self.stacked else self._top()))
        self._axes()
        (self._stack if self.stacked else self._lines)()
        chart.frame.add(Ends(self._labels()))
        top = sorted(incidence.causes, key=lambda c: -c.estimate[-1])
        return chart.close(
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
            guard if self.chart.coarse else "",
        ]

    def _n(self) -> float:
        """Return how many are at risk at the start, to tens outside; missing where the result hides it."""
        return risk_table.rounded(self.chart, float(self.incidence.at_risk[0]))

    def _axes(self) -> None:
        chart = self.chart
        if self.stacked:
            chart.ax.add_patch(Rectangle((0, 0), self.last, 1, facecolor=chart.colours.faint, linewidth=0, zorder=0.4))
            for share in (0.25, 0.5, 0.75):
                chart.line([0, self.last], [share] * 2, color=chart.colours.ground, lw=0.7, z=2.6)
        chart.grid(y=not self.stacked)
        chart.ticks()
        scale_axis(chart.ax.yaxis, SHARE)
        since = "discharge from" if self.gap else "admission to"
        days_axis(chart.ax, self.ticks, f"Days since {since} {self.name}")

    def _stack(self) -> None:
        chart, x, steps = self.chart, self.incidence.days, not self.chart.coarse
        base = np.zeros_like(x)
        for cause in self.incidence.causes:
            top = base + cause.estimate
            chart.area(x, base, top, self._fill(cause), z=1.5, steps=steps)
            chart.line(x, top, color=chart.colours.ground, lw=0.8, z=2.4, steps=steps)
            base = top
        self._median(base)

    def _lines(self) -> None:
        chart, steps = self.chart, not self.chart.coarse
        for cause in self.incidence.causes:
            fill = self._fill(cause)
            chart.area(self.incidence.days, cause.low, cause.high, chart.colours.tint(fill, 0.2), z=1, steps=steps)
            chart.line(self.incidence.days, cause.estimate, color=fill, z=3, steps=steps)

    def _fill(self, cause: Cause) -> str:
        chart = self.chart
        if cause.role in _COLOURED:
            return chart.palette.fill(cause.role)
        return chart.colours.mid if cause.key == OTHER else chart.colours.grey("#98A1AA")

    def _median(self, total: np.ndarray) -> None:
        """Mark the day by which half had ended."""
        reached = np.flatnonzero(total >= 0.5 - 1e-12)
        if self.gap or self.chart.coarse or not len(reached):
            return
        chart = self.chart
        day = float(self.incidence.days[reached[0]])
        chart.line([day, day], [0, 0.5], color=chart.colours.ground, lw=1.2, dash=(2.2, 1.6), z=3)
        chart.dots([day], [0.5], size=5, color=chart.colours.ground, edge=chart.colours.ink, lw=1.3, z=4)
        chart.frame.add(_Median(day, [f"Half had left {self.name}", f"by day {int(day)}"]))

    def _labels(self) -> list[End]:
        """Return the labels at the right."""
        out: list[End] = []
        base = 0.0
        for cause in self.incidence.causes:
            value = float(cause.estimate[-1])
            ink = self.chart.palette.ink(cause.role) if cause.role in _COLOURED else self.chart.colours.muted
            limits = formatting.span(float(cause.low[-1]), float(cause.high[-1]))
            out.append(_end(NAMES[cause.key], base + value / 2 if self.stacked else value, value, limits, ink))
            base += value
        if self.stacked:
            out.append(_end(self.remaining, (1 + base) / 2, 1 - base, "", self.chart.colours.muted))
        return out

    def _rows(self) -> list[table.Row]:
        chart, incidence = self.chart, self.incidence

        def row(name: str, counts: Floats, color: str) -> table.Row:
            return risk_table.row(chart, name, counts, incidence.days, self.ticks, color)

        rows = [row("At risk", incidence.at_risk, chart.colours.ink)]
        ended = np.sum([cause.events for cause in incidence.causes], axis=0)
        gone = None if chart.external else risk_table.censored(self.view, incidence.days, incidence.at_risk, ended)
        if gone is not None:
            rows.append(row("Censored", gone, chart.colours.muted))
        for cause in reversed(incidence.causes):
            ink = chart.palette.ink(cause.role) if cause.role in _COLOURED else chart.colours.muted
            rows.append(row(NAMES[cause.key], cause.events, ink))
        return rows

    def _data(self) -> pd.DataFrame:
        days = self.incidence.days
        frames = [
            pd.DataFrame({"cause": c.key, "day": days, "estimate": c.estimate, "low": c.low, "high": c.high})
            for c in self.incidence.causes
        ]
        return pd.concat(frames, ignore_index=True)
