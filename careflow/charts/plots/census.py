"""The census: how many are in care at each level over time, stacked, most intensive at the bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.ticks import COUNT_STEPS, steps
from careflow.charts.data.view import View, masked, periods, read
from careflow.charts.drawing.axes import Panel, apart
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, LEADING, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import Page
from careflow.charts.drawing.palette import INK, MUTED, WHITE, intensity
from careflow.charts.drawing.rich_text import cut, plain

if TYPE_CHECKING:
    from careflow.estimate import Census

TITLE: Final = "In care, by level"
_WEEK: Final = 7


@drawn
def census(result: Census, *, capacity: float | None = None, daily: bool = True, **options: Unpack[Options]) -> Axes:
    """Draw how many are in care at each level over time.

    Weekly averages where the result has the days, else the average of each period. For readers outside it is always
    the average of the period. A suppressed value leaves its level out of that period's stack, marked ``s``.

    Parameters
    ----------
    result : Census
        From :func:`careflow.census`.
    capacity : float, optional
        Places in all, drawn as a line.
    daily : bool
        False draws the average of each period even where the days are known.
    **options
    """
    view = read(result, "Census", "census", where=options.get("where"), over=True)
    page = Page("census", view, options)
    days = getattr(result, "daily", None)
    weekly = (
        daily
        and not page.external
        and isinstance(days, pd.DataFrame)
        and len(days) > 0
        and not view.frame["hidden"].any()
    )
    if not len(view.frame) or not view.frame["average"].notna().any():
        return page.nothing(TITLE)
    stack = _weeks(days, view) if weekly and isinstance(days, pd.DataFrame) else _periods(view)
    return _draw(page, view, stack, capacity)


@dataclass(frozen=True)
class _Stack:
    """Averages by level (rows) over time (columns)."""

    at: NDArray[np.float64]
    values: NDArray[np.float64]
    hidden: NDArray[np.bool_]
    ticks: list[tuple[float, str]]
    bars: bool
    what: str
    names: list[str]


def _periods(view: View) -> _Stack:
    order = periods(view)
    assert view.period is not None
    table = view.frame.assign(_level=view.frame["level"].astype(str), _at=view.frame[view.period].astype(str))
    wide = table.pivot_table(
        index="_level", columns="_at", values="average", aggfunc="first", observed=True, dropna=False
    )
    hidden = table.pivot_table(index="_level", columns="_at", values="hidden", aggfunc="max", observed=True)
    wide, hidden = (w.reindex(index=list(view.levels), columns=order) for w in (wide, hidden))
    return _Stack(
        np.arange(len(order), dtype=float), wide.to_numpy(float), hidden.eq(True).to_numpy(bool),
        [(float(i), text) for i, text in formatting.ticks(order)], True, f"average of each {view.period}", order,
    )  # fmt: skip


def _weeks(days: pd.DataFrame, view: View) -> _Stack:
    table = view.rows_of(masked(days))
    whole = pd.api.types.is_integer_dtype(table["day"])
    at = pd.to_datetime(table["day"], unit="D") if whole else pd.to_datetime(table["day"])
    first = at.min()
    week = (at - first).dt.days // _WEEK
    full = week[week < week.max()] if (at.max() - first).days % _WEEK != _WEEK - 1 else week
    grouped = (
        table.loc[full.index].groupby([table.loc[full.index, "level"].astype(str), full])["stays"].mean().unstack()
    )
    grouped = grouped.reindex(index=list(view.levels)).fillna(0.0)
    starts = [first + pd.Timedelta(days=int(w) * _WEEK) for w in grouped.columns]
    ticks: list[tuple[float, str]] = []
    for year in range(first.year, at.max().year + 1):
        position = (pd.Timestamp(year, 1, 1) - first).days / _WEEK
        if position > -1:
            ticks.append((max(position, 0.0), str(year) if not ticks else f"’{year % 100:02d}"))
    values = grouped.to_numpy(float)
    names = [f"{s.date().isoformat()}" for s in starts]
    return _Stack(
        np.arange(len(starts), dtype=float), values, np.zeros(values.shape, bool), ticks, False, "weekly average", names
    )


def _draw(page: Page, view: View, stack: _Stack, capacity: float | None) -> Axes:
    shown = np.nan_to_num(stack.values)
    tops = np.cumsum(shown[::-1], axis=0)[::-1]
    box = page.open(
        title=TITLE,
        subtitle=f"Stays in care by level, {stack.what}. {plain(view.population())}",
        notes=[view.size(None), f"Line: capacity of {formatting.count(capacity)}." if capacity is not None else ""],
        masked=int(stack.hidden.sum()),
        gap=16,
    )
    panel = _panel(page, view, stack, box, max(float(tops.max(initial=0)), capacity or 0.0, 1.0) * 1.04)
    _fill(page, view, panel, stack, tops)
    if capacity is not None:
        panel.line(panel.xlim, [capacity] * 2, color=INK, lw=1.1, z=3)
        over = panel.y(capacity) + 3 * page.u
        page.canvas.text(
            panel.box.x0 + 3 * page.u, over, f"Capacity {formatting.count(capacity)}", size=page.theme.small
        )
    _labels(page, view, panel, stack, tops)
    order = np.argsort(-shown[:, -1], kind="stable")
    data = pd.DataFrame(stack.values.T, columns=list(view.levels)).assign(at=stack.names)
    return page.close(
        data=data.melt("at", var_name="level", value_name="average"),
        n=None,
        largest=[f"{page.labels[view.levels[i]]} {formatting.count(stack.values[i, -1])}" for i in order],
        what=f"Stacked census by level, {stack.what}",
    )


def _panel(page: Page, view: View, stack: _Stack, box: Box, top: float) -> Panel:
    """Return the plotting area with its axes, room for the names at the right."""
    t, u, canvas = page.theme, page.u, page.canvas
    marks = steps(top, COUNT_STEPS, at_most=5)
    last = [page.labels[name] for name in view.levels]
    right = (
        min(max(canvas.wide(name, t.body, SEMIBOLD) for name in last), 0.24 * box.w)
        + canvas.wide(" 1,000", t.body)
        + 16 * u
    )
    gutter = canvas.wide(formatting.count(marks[-1]), t.body) + 6 * u
    area = Box(box.x0 + gutter, box.y0 + 6 * u + t.body * CAP, box.x1 - right, box.y1)
    edge = 0.5 if stack.bars else 0.0
    panel = Panel(canvas, area, (-edge, max(float(stack.at[-1]), 1.0 if not stack.bars else 0.0) + edge), (0, top))
    panel.grid(marks, [formatting.count(m) for m in marks])
    panel.floor()
    for position, text in stack.ticks:
        panel.tick(position, text)
    return panel


def _fill(page: Page, view: View, panel: Panel, stack: _Stack, tops: NDArray[np.float64]) -> None:
    """Fill the levels, and mark the periods in which one is suppressed."""
    ramp = intensity(len(view.levels))
    for i, name in enumerate(view.levels):
        low = tops[i + 1] if i + 1 < len(tops) else np.zeros(tops.shape[1])
        fill = page.faded(ramp[i], name)
        if stack.bars:
            _bars(panel, stack.at, low, tops[i], fill)
        else:
            panel.area(stack.at, low, tops[i], fill, z=1.5)
            panel.line(stack.at, tops[i], color=WHITE, lw=0.7, z=2)
    for index in np.flatnonzero(stack.hidden.any(axis=0)).tolist():
        over = panel.y(float(tops[0, index])) + 3 * page.u
        page.canvas.text(panel.x(float(index)), over, "s", size=page.theme.small, color=MUTED, align="center")


def _bars(
    panel: Panel, at: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], fill: str
) -> None:
    gap = 0.4 * panel.u
    for x, a, b in zip(at, low, high, strict=True):
        if b > a:
            panel.canvas.rect(
                Box(panel.x(x - 0.41), panel.y(a) + gap, panel.x(x + 0.41), panel.y(b) - gap), fill, z=1.5
            )


def _labels(page: Page, view: View, panel: Panel, stack: _Stack, tops: NDArray[np.float64]) -> None:
    """Name the levels at the right with their latest average, apart from one another."""
    t, u, canvas = page.theme, page.u, page.canvas
    mids = [(tops[i][-1] + (tops[i + 1][-1] if i + 1 < len(tops) else 0)) / 2 for i in range(len(tops))]
    order = list(range(len(view.levels)))[::-1]
    wanted = [panel.y(float(mids[i])) for i in order]
    gap = t.body * LEADING
    room = page.right - panel.box.x1 - canvas.wide(" 1,000", t.body) - 14 * u
    for i, y0, y in zip(
        order, wanted, apart(wanted, gap, panel.box.y0 + gap * 0.3, panel.box.y1 + gap * 2), strict=True
    ):
        x = panel.box.x1
        canvas.line([x + k * u for k in (2, 5, 8, 10.5)], [y0, y0, y, y], color=MUTED, lw=0.8)
        name = cut(page.labels[view.levels[i]], t.body, room, t.family, SEMIBOLD, page.names)
        x += 13 * u + canvas.text(x + 13 * u, middle(y, t.body), name, weight=SEMIBOLD)
        canvas.text(x + 3 * u, middle(y, t.body), formatting.count(stack.values[i, -1]), color=MUTED)
