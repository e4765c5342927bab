"""One panel of a trend: ribbon and line, what is not yet mature apart, what is suppressed as a gap."""

from __future__ import annotations

import math

import numpy as np

from careflow import formatting
from careflow.charts.data.scale import INTENSITY
from careflow.charts.data.thin import MARK
from careflow.charts.data.ticks import steps
from careflow.charts.data.time_series import Series, Trend
from careflow.charts.drawing.axes import Panel
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import BOLD, CAP, LEADING, SEMIBOLD
from careflow.charts.drawing.page import Page
from careflow.charts.drawing.palette import BAND, CONTEXT, INK, MUTED, WHITE, tint
from careflow.charts.drawing.rich_text import Run, cut


def foot_height(page: Page, trend: Trend) -> float:
    """Return the height of tick labels and the count of stays under a panel."""
    t, u = page.theme, page.u
    single = len(trend.series) == 1
    return 8 * u + t.body * CAP + (t.small * LEADING + u if says_n(trend) else 0) + (t.body * 1.2 if single else 0)


def says_n(trend: Trend) -> bool:
    """Say whether there is room for the count of stays under each panel."""
    return len(trend.series) <= 8


def draw_panel(
    page: Page, trend: Trend, one: Series, cell: Box, top: float, *, first: bool, named: bool, left: bool,
    target: float | None, context: bool,
) -> None:  # fmt: skip
    """Draw one level in its cell of the grid.

    ``first`` names the target, ``named`` the grey ground, ``left`` has the numbers of the axis; ``context`` adds the
    other levels as faint lines.
    """
    t, u, canvas = page.theme, page.u, page.canvas
    single = len(trend.series) == 1
    box = Box(cell.x0, cell.y0 + foot_height(page, trend), cell.x1, cell.y1 - t.body * CAP - 8 * u)
    n = len(trend.periods)
    edge = 0.45 if n > 1 else 0.5
    panel = Panel(canvas, box, (-edge, n - 1 + edge), (0.0, top))
    _late_band(page, panel, one, named)
    marks = steps(min(top, trend.scale.most), trend.scale.steps, at_most=4 if box.h > 70 * u else 2)
    texts = trend.scale.ticks(marks)
    panel.grid(marks, texts if left else None)
    panel.floor()
    _ticks(page, panel, trend, single)
    if context:
        for other in trend.series:
            if other is not one:
                values = other.table["value"].where(other.table["mature"]).to_numpy(float)
                panel.line(range(n), values, color=CONTEXT, lw=1.0, z=1)
    _head(page, trend, one, cell)
    _ribbon_and_line(page, trend, one, panel)
    if target is not None:
        _target(page, trend, one, panel, target, labelled=first)
    if says_n(trend):
        _foot(page, trend, one, cell)


def _target(page: Page, trend: Trend, one: Series, panel: Panel, target: float, *, labelled: bool) -> None:
    """Draw the target, named once, where the line is farthest from it."""
    t, u, canvas = page.theme, page.u, page.canvas
    y = panel.y(target)
    canvas.line([panel.box.x0, panel.box.x1], [y, y], color=INK, lw=0.8, z=2.5)
    if not labelled:
        return
    text = f"Target {trend.scale.figure(target)}"
    half = canvas.wide(text, t.small) / 2 + 3 * u
    spots = np.arange(panel.box.x0 + half, panel.box.x1 - half, 4 * u)
    value = one.table["value"].to_numpy(float)
    finite = np.isfinite(value)
    if not len(spots) or not finite.any():
        return
    x = panel.xs(np.arange(len(value))[finite])
    near = [np.abs(np.interp(s + np.array([-half, 0, half]), x, panel.ys(value[finite])) - y).min() for s in spots]
    at = float(spots[int(np.argmax(near))])
    canvas.pill(Box(at - half, y - t.small * 0.66, at + half, y + t.small * 0.66), z=4.5)
    canvas.text(at, middle(y, t.small), text, size=t.small, color=INK, align="center")


def immature_grounds(panel: Panel, one: Series) -> list[Box]:
    """Return the boxes behind each run of periods that are not mature; the first and the last reach to the edge."""
    box, end = panel.box, len(one.table) - 1
    return [
        Box(
            panel.x(first - 0.5) if first else box.x0,
            box.y0,
            panel.x(last + 0.5) if last < end else box.x1,
            box.y1,
        )
        for first, last in one.immature
    ]


def _late_band(page: Page, panel: Panel, one: Series, named: bool) -> None:
    """Lay the grey ground under the periods that are not mature, and name it where they will be."""
    t, u = page.theme, page.u
    grounds = immature_grounds(panel, one)
    for ground in grounds:
        page.canvas.rect(ground, BAND, z=0.2)
    if named and grounds and grounds[-1].x1 == panel.box.x1:
        start, room = grounds[-1].x0, grounds[-1].w
        lines = ["Not yet", "mature"]
        wide = max(page.canvas.wide(line, t.small) for line in lines)
        x = panel.box.x1 - 2 * u if wide > room - 2 * u else start + 3 * u
        for i, line in enumerate(lines):
            y = panel.box.y1 - 3 * u - t.small * (CAP + i * 1.1)
            page.canvas.text(x, y, line, size=t.small, color=MUTED, align="right" if x > start + 4 * u else "left")


def _ticks(page: Page, panel: Panel, trend: Trend, single: bool) -> None:
    if single and trend.view.period == "quarter" and len(trend.periods) <= 16:
        for i, value in enumerate(trend.periods):
            year, quarter = value[:-2], value[-2:]
            new = i == 0 or trend.periods[i - 1][:-2] != year
            panel.tick(i, quarter, under=year if new else "")
        return
    for index, text in formatting.ticks(trend.periods):
        panel.tick(index, text)


def _head(page: Page, trend: Trend, one: Series, cell: Box) -> None:
    """Set the name of the level and its figure of the latest mature period above a panel."""
    t, u, canvas = page.theme, page.u, page.canvas
    y = cell.y1 - t.body * CAP
    ink = page.palette.ink(one.role) if one.role in page.palette.inks else INK
    figure, span = _figure(trend, one)
    runs = [(Run(figure, ink, BOLD), t.body), (Run(f" {span}" if span else "", ink), t.small)]
    wide = sum(canvas.wide(run.text, size, run.weight) for run, size in runs)
    name = page.labels[one.name]
    if trend.to is not None and trend.frm is not None:
        name = f"{name} to {page.labels.get(trend.to, trend.to)}"
    canvas.text(
        cell.x0,
        y,
        cut(name, t.body, cell.w - wide - 6 * u, t.family, SEMIBOLD, page.names),
        weight=SEMIBOLD,
    )
    x = cell.x1 - wide
    for run, size in runs:
        x += canvas.runs(x, y, [run], size=size)


def _figure(trend: Trend, one: Series) -> tuple[str, str]:
    """Return the value of the latest mature period and its interval in print, a dash where nobody was counted."""
    if trend.latest is None:
        return "", ""
    row = one.at(trend.latest)
    if row["hidden"]:
        return formatting.MASK, ""
    if not formatting.known(row["value"]) and not row["n"] > 0:
        return "–", ""
    return trend.scale.figure(row["value"]), trend.scale.span(row["low"], row["high"])


def _ribbon_and_line(page: Page, trend: Trend, one: Series, panel: Panel) -> None:
    table, u = one.table, page.u
    fill = page.faded(page.palette.fill(one.role) if one.role in page.palette.fills else INK, one.name)
    x = np.arange(len(table))
    value = table["value"].to_numpy(float)
    low, high = table["low"].to_numpy(float), np.minimum(table["high"].to_numpy(float), panel.ylim[1])
    mature = table["mature"].to_numpy(bool)
    # The step from the last mature period to the first immature one belongs to the immature part.
    late = ~mature | np.concatenate([~mature[1:], [False]])
    for part, strength, z in ((late, 0.13, 1.8), (mature, 0.24, 1.9)):
        panel.area(x, np.where(part, low, np.nan), np.where(part, high, np.nan), tint(fill, strength), z=z)
    finite = np.concatenate([[False], np.isfinite(value), [False]])
    for index in np.flatnonzero(finite[1:-1] & ~finite[:-2] & ~finite[2:]):
        panel.line([index, index], [low[index], high[index]], color=tint(fill, 0.24), lw=4.0, z=1.8)
    panel.line(x, np.where(mature, value, np.nan), color=fill, lw=1.9, z=3, cap="round")
    if late.any():
        panel.line(x, np.where(late, value, np.nan), color=fill, lw=1.4, dash=(2.6, 2.0), z=3)
    panel.dots(x[mature], value[mature], size=4.2 if len(x) <= 16 else 3.2, color=fill, z=4)
    if (~mature).any():
        panel.dots(x[~mature], value[~mature], size=4.6, color=WHITE, edge=fill, lw=1.3, z=4)
    for index in np.flatnonzero(table["thin"].to_numpy(bool) & np.isfinite(value)):
        at, above = panel.x(float(index)), panel.y(float(value[index])) + 4 * u
        page.canvas.text(at, above, MARK, size=page.theme.small, color=MUTED, align="center")
    for index in np.flatnonzero(table["hidden"].to_numpy(bool)):
        at, base = panel.x(float(index)), panel.box.y0 + 3.5 * u
        page.canvas.text(at, base, "s", size=page.theme.small, color=MUTED, align="center")
        stem = base + page.theme.small * 0.62 + u
        page.canvas.line([at, at], [stem, stem + 3.5 * u], color=MUTED, lw=0.8)


def _foot(page: Page, trend: Trend, one: Series, cell: Box) -> None:
    """Say how many stand behind each point."""
    n = one.table.loc[one.table["mature"], "n"].dropna()
    if not len(n):
        return
    low, high = float(n.min()), float(n.max())
    if page.external:
        low, high = math.floor(low / 10) * 10, math.ceil(high / 10) * 10
    span = formatting.count(low) if low == high else f"{formatting.count(low)}–{formatting.count(high)}"
    text = f"{'Person-days' if trend.scale is INTENSITY else 'n'} per {trend.view.period} {span}"
    page.canvas.text(cell.x0, cell.y0 + page.u, text, size=page.theme.small, color=MUTED)
