"""Kaplan-Meier curves of length of stay: share still at the level by day, a few groups, who is at risk below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow.charts import table as tables
from careflow.charts import words
from careflow.charts.beside import dense, free
from careflow.charts.canvas import Box, middle
from careflow.charts.causes import LEAST, Cause, Floats, Incidence, censored, guarded_days, step_at
from careflow.charts.cumulative_incidence import even_ticks
from careflow.charts.fonts import CAP, SEMIBOLD
from careflow.charts.look import Look, drawn
from careflow.charts.page import Page
from careflow.charts.palette import INK, MUTED, WHITE, contrast, intensity, mix, tint
from careflow.charts.panel import Panel, shares
from careflow.charts.reading import PERIODS, View, check, read
from careflow.charts.text import cut, plain
from careflow.errors import ArgumentError

MOST: Final = 4


@drawn
def kaplan_meier(
    result: Any,
    level: str | None = None,
    *,
    levels: Sequence[str] | None = None,
    quarter: str | None = None,
    horizon: int = 180,
    ticks: Sequence[int] | None = None,
    table: bool = True,
    **look: Unpack[Look],
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
    **look
    """
    check(result, "LengthOfStay", "kaplan_meier")
    strata = [c for c in result.about.by if c not in PERIODS] if level is not None else []
    options: dict[str, Any] = {"frame": "curve", "quarter": quarter, "where": look.get("where"), "keep": strata}
    view = read(result, "LengthOfStay", "kaplan_meier", **options)
    page = Page("kaplan_meier", view, look, levels=1)
    named = [*(levels or []), *([level] if level else [])]
    for name in named:
        if name not in view.levels:
            raise ArgumentError(f"no level {name!r} in this continuum; it has {', '.join(map(repr, view.levels))}")
    groups, dropped = _groups(result, page, level, levels, strata, horizon)
    title = f"Length of stay at {page.labels[level]}" if level else "How long stays last"
    if not groups:
        return page.nothing(title)
    return _draw(page, view, groups, title, ticks, dropped=dropped, table=table)


@dataclass(frozen=True)
class _Group:
    """One curve on its grid of days."""

    name: str
    color: str
    days: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    ended: Floats | None = None
    """How many had ended by each day, where that is known."""


def _groups(
    result: Any, page: Page, level: str | None, levels: Sequence[str] | None, strata: Sequence[str], horizon: int
) -> tuple[list[_Group], int]:
    """Return the curves to draw, and how many were left out."""
    view = page.view
    frame = view.frame
    if level is not None:
        frame = frame[frame["level"].astype(str) == level]
        key = strata[0] if strata else "level"
        names = list(dict.fromkeys(frame[key].astype(str)))
        if len(names) > MOST:
            raise ArgumentError(
                f"the result has {len(names)} values of {key!r}, and more than {MOST} curves cannot be told apart: "
                f"make it of fewer, or choose one with where={{{key!r}: ...}}"
            )
        colors = [INK, "#7C858E", "#A9B1B9", "#4A5158"] if strata else [INK]
        labels = {name: name if strata else page.labels[level] for name in names}
    else:
        key = "level"
        size = {name: _size(result, view, name, part) for name, part in frame.groupby(frame[key].astype(str))}
        kept = sorted(size, key=lambda name: -size[name])[:MOST] if levels is None else list(levels)
        if len(kept) > MOST:
            raise ArgumentError(f"kaplan_meier compares up to {MOST} levels, not {len(kept)}")
        names = [name for name in view.levels if name in kept and name in size]
        ramp = dict(zip(view.levels, intensity(len(view.levels)), strict=True))
        colors = [_line(ramp[name]) for name in names]
        labels = page.labels
    found = [
        _group(labels[name], color, frame[frame[key].astype(str) == name].sort_values("day"), horizon, page)
        for name, color in zip(names, colors, strict=False)
    ]
    left_out = len(view.levels) - len(names) if level is None and levels is None else 0
    return [group for group in found if group is not None and len(group.days) > 1], left_out


def _size(result: Any, view: View, name: str, part: pd.DataFrame) -> float:
    """Return how many stays a curve rests on: those at risk, or where that is hidden the ``n`` of the level."""
    if part["at_risk"].notna().any():
        return float(part["at_risk"].max())
    table = result.frame
    for key, value in view.chosen.items():
        if key in table.columns:
            table = table[table[key].astype(str) == str(value)]
    return float(table.loc[table["level"].astype(str) == name, "n"].sum())


def _people(groups: Sequence[_Group]) -> float | None:
    """Return how many stays all curves rest on, if none of them hides it."""
    n = sum(float(g.at_risk[0]) for g in groups)
    return n if words.known(n) else None


def _line(fill: str) -> str:
    """Darken a pale violet until a line of it stands out on white."""
    while contrast(fill, WHITE) < 2.6:
        fill = mix(fill, "#51458A", 0.1)
    return fill


def _group(name: str, color: str, curve: pd.DataFrame, horizon: int, page: Page) -> _Group | None:
    curve = curve[curve["survival"].notna()]
    if not len(curve):
        return None
    day, risk = curve["day"].to_numpy(float), curve["at_risk"].to_numpy(float)
    if page.view.protected:
        kept = day <= horizon
        survival, low, high = (curve[c].to_numpy(float)[kept] for c in ("survival", "low", "high"))
        return _Group(name, color, day[kept], survival, low, high, risk[kept])
    enough = day[~(risk < LEAST)]
    if not len(enough):
        return None
    grid = np.arange(0, min(horizon, int(enough[-1])) + 1, dtype=float)
    values = [step_at(day, curve[c].to_numpy(float), grid, 1.0) for c in ("survival", "low", "high")]
    place = np.searchsorted(day, grid, side="left")
    at_risk = np.where(place < len(day), risk[np.minimum(place, len(day) - 1)], risk[-1])
    events = step_at(day, np.cumsum(curve["events"].to_numpy(float)), grid, 0.0)
    group = _Group(name, color, grid, values[0], values[1], values[2], at_risk, events)
    if not page.external:
        return group
    cause = Cause("", "", 1 - values[0], values[1], values[2], events)
    at = np.array(guarded_days(Incidence(grid, [cause], values[0], at_risk)))
    return _Group(name, color, grid[at], values[0][at], values[1][at], values[2][at], at_risk[at])


def _draw(
    page: Page,
    view: View,
    groups: Sequence[_Group],
    title: str,
    ticks: Sequence[int] | None,
    *,
    dropped: int,
    table: bool,
) -> Axes:
    guard = "Drawn at days between which none or at least 11 stays ended; counts to tens." if page.coarse else ""
    box = page.open(
        title=title,
        subtitle=f"Share of stays not yet ended, % by days since admission, with 95% CI. {plain(view.population())}",
        notes=[
            view.size(_people(groups)),
            "Kaplan–Meier estimates; stays still open count for as long as they were followed.",
            view.interval(),
            f"Curves stop where fewer than {LEAST} remain at risk." if not view.protected else "",
            f"{dropped} level{'s' if dropped > 1 else ''} with fewer stays not drawn." if dropped else "",
            guard,
        ],
        gap=16,
    )
    last = max(float(g.days[-1]) for g in groups)
    panel = _panel(page, box, groups, last, ticks, table=table)
    for g in groups:
        panel.area(*_stepped(g, page.coarse), tint(g.color, 0.16), z=1)
        panel.line(g.days, g.survival, color=page.faded(g.color, g.name), lw=1.9, z=3, steps=not page.coarse)
    _names(page, panel, groups)
    columns = ("days", "survival", "low", "high")
    tables_of = [pd.DataFrame({"group": g.name, **{c: getattr(g, c) for c in columns}}) for g in groups]
    order = sorted(groups, key=lambda g: -g.survival[-1])
    return page.close(
        data=pd.concat(tables_of, ignore_index=True).rename(columns={"days": "day"}),
        n=_people(groups),
        largest=[f"{g.name} {words.percent(float(g.survival[-1]))} on day {int(g.days[-1])}" for g in order],
        what=f"Kaplan-Meier curves of length of stay over {int(last)} days",
    )


def _panel(
    page: Page, box: Box, groups: Sequence[_Group], last: float, ticks: Sequence[int] | None, *, table: bool
) -> Panel:
    """Draw the axes, and who is at risk under them."""
    t, u, canvas = page.theme, page.u, page.canvas
    marks = [tick for tick in (ticks or even_ticks(int(last))) if tick <= last]
    known = all(np.isfinite(g.at_risk).all() for g in groups)
    rows = _rows(page, groups, marks) if table and known else []
    gutter = max([canvas.wide(r.name, t.body, SEMIBOLD) for r in rows] + [canvas.wide("100%", t.body)])
    gutter = min(gutter, 0.25 * box.w)
    under = tables.height(canvas, len(rows)) + (t.small * 1.6 + 4 * u if rows else 0)
    half = canvas.wide("1,000", t.body) / 2
    foot = 6 * u + t.body * CAP + t.body * 1.5
    area = Box(box.x0 + gutter + half + 6 * u, box.y0 + foot + under, box.x1 - half, box.y1)
    panel = Panel(canvas, area, (0, last), (0, 1))
    panel.grid([0, 0.25, 0.5, 0.75, 1], shares([0, 0.25, 0.5, 0.75, 1]))
    panel.floor()
    for tick in marks:
        panel.tick(tick, f"{tick:,}")
    panel.caption("Days since admission")
    if rows:
        top = box.y0 + tables.height(canvas, len(rows))
        said = "Stays at risk" if len(rows) == len(groups) else "Number of stays (cumulative, except at risk)"
        canvas.text(box.x0, top + t.small * 0.45, said, size=t.small, color=MUTED)
        tables.draw(canvas, rows, left=box.x0, right=area.x1, top=top, at=[panel.x(m) for m in marks])
    return panel


def _stepped(g: _Group, coarse: bool) -> tuple[Floats, Floats, Floats]:
    if coarse:
        return g.days, g.low, g.high
    return np.repeat(g.days, 2)[1:], np.repeat(g.low, 2)[:-1], np.repeat(g.high, 2)[:-1]


def _rows(page: Page, groups: Sequence[_Group], marks: Sequence[int]) -> list[tables.Row]:
    """Return who was at risk in each group; of a lone one also how many had ended and been censored."""
    rows = [_row(page, g, marks) for g in groups]
    g = groups[0]
    if len(groups) > 1 or page.external or g.ended is None or page.canvas.h < 380 * page.u:
        return rows
    gone = censored(page.view, g.days, g.at_risk, g.ended)
    if gone is None:
        return rows
    at = [int(np.searchsorted(g.days, tick, side="right")) - 1 for tick in marks]
    told = (("Ended", g.ended, INK), ("Censored", gone, MUTED))
    more = [tables.Row(name, [words.count(float(n[i])) for i in at], ink) for name, n, ink in told]
    return [tables.Row("At risk", rows[0].cells, INK), *more]


def _row(page: Page, g: _Group, marks: Sequence[int]) -> tables.Row:
    cells = []
    for tick in marks:
        place = int(np.searchsorted(g.days, tick, side="right")) - 1
        n = float(g.at_risk[place])
        cells.append("" if tick > g.days[-1] else words.count(round(n / 10) * 10 if page.external else n))
    t = page.theme
    name = cut(g.name, t.body, 0.25 * page.canvas.w, t.family, SEMIBOLD)
    return tables.Row(name, cells, g.color if contrast(g.color, WHITE) >= 4.5 else MUTED)


def _names(page: Page, panel: Panel, groups: Sequence[_Group]) -> None:
    """Name each curve beside it, with its median, where the least of the other curves is covered."""
    t, u, canvas = page.theme, page.u, page.canvas
    points = [np.column_stack(dense(panel, g.days, g.survival)) for g in groups]
    taken: list[Box] = []
    for i, g in enumerate(groups):
        half = np.flatnonzero(g.survival <= 0.5 + 1e-12)
        median = f" {words.days(float(g.days[half[0]]))}" if len(half) and not page.coarse else ""
        name = cut(g.name, t.body, 0.3 * panel.box.w, t.family, SEMIBOLD)
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
