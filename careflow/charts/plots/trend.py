"""The trend: a panel per level, mature periods solid, immature ones apart, suppressed ones a gap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.scale import DAYS, INTENSITY, SHARE
from careflow.charts.data.thin import thin_note
from careflow.charts.data.time_series import Trend, trend_of, words_for
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, LEADING, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import Page
from careflow.charts.drawing.palette import BAND, CONTEXT, INK, MUTED, WHITE, tint
from careflow.charts.drawing.rich_text import Run, coloured, plain, wrap
from careflow.charts.plots.trend_panel import draw_panel, foot_height
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP

if TYPE_CHECKING:
    from careflow.estimate import LengthOfStay, Rates

PER: Final = 100
"""Person-days of an intensity."""
_COLUMNS: Final = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4, 9: 3}


@drawn
def trend(
    result: Rates | LengthOfStay,
    frm: str | None = None,
    to: str | None = None,
    *,
    measure: str = STEP_DOWN,
    target: float | None = None,
    context: bool = True,
    **options: Unpack[Options],
) -> Axes:
    """Draw a rate, or the median stay, quarter by quarter.

    With ``frm`` and ``to``: that move in one panel. With ``frm`` alone: the measure at that level. With ``to`` alone:
    moves to that level or outcome, a panel for each level. With neither: the measure, a panel for each level. A
    quarter that is not yet mature is drawn apart (hollow, dashed, on grey); a suppressed one is a gap marked ``s``.

    Parameters
    ----------
    result : Rates or LengthOfStay
        By quarter, month or year.
    frm, to : str, optional
        Levels; ``to`` also takes an outcome such as ``"left early"``.
    measure : str
        ``"step-down"``, ``"step-up"``, ``"lateral"`` or an outcome; for lengths of stay it is the median.
    target : float, optional
        A value to draw as a line, in the unit of the measure (a share, or days).
    context : bool
        Draw the other levels as faint lines in each panel.
    **options
    """
    trend = trend_of(result, "trend", frm, to, measure, options.get("where"))
    page = Page("trend", trend.view, options, levels=len(trend.series))
    title = _title(page, trend)
    if not trend.series:
        return page.nothing(title)
    return _draw(page, trend, title, target, context=context)


def _draw(page: Page, trend: Trend, title: str, target: float | None, *, context: bool) -> Axes:
    columns = _COLUMNS.get(len(trend.series), 4)
    rows = math.ceil(len(trend.series) / columns)
    spare = columns * rows > len(trend.series)
    late = bool(trend.immature)
    box = page.open(
        title=title,
        subtitle=_subtitle(page, trend),
        notes=[
            trend.view.size(trend.n),
            trend.view.interval(),
            trend.view.method(),
            thin_note(trend.view) if trend.thin else "",
            *_key_notes(trend, spare),
        ],
        masked=trend.hidden,
        gap=15,
    )
    top = _top(trend, target)
    first = _slot(page, box, 0, columns, rows)
    named = late and first.h - foot_height(page, trend) >= 92 * page.u
    if named:
        top = _headroom(page, trend, first, top)
    for i, one in enumerate(trend.series):
        cell = _slot(page, box, i, columns, rows)
        position = {"first": i == 0, "named": named and i == 0, "left": i % columns == 0}
        draw_panel(page, trend, one, cell, top, target=target, context=context, **position)
    if spare:
        cell = _slot(page, box, len(trend.series), columns, rows)
        _key(page, trend, cell, late=late, context=context and len(trend.series) > 1)
    return page.close(
        data=_data(page, trend),
        n=trend.n,
        largest=_largest(page, trend),
        what=f"Trend by {trend.view.period}, a panel per level",
    )


def _title(page: Page, trend: Trend) -> str:
    span = trend.view.period or "quarter"
    dated = trend.view.about.dated_by
    by = f"by {span}" + (f" of {dated}" if dated and "days" not in dated else "")
    within = f" within {trend.view.within} days" if trend.view.within and trend.scale is not DAYS else ""
    within += f" per {PER} person-days" if trend.scale is INTENSITY else ""
    frm = page.labels[trend.frm] if trend.frm else ""
    if trend.scale is DAYS:
        return f"Median length of stay{f' at {frm}' if frm else ''}, {by}"
    if trend.to is not None:
        goal = page.labels.get(trend.to, trend.to)
        return f"{frm} to {goal}{within}, {by}" if frm else f"Moves to {goal}{within}, by level and {by[3:]}"
    name = {STEP_DOWN: "Step-down", STEP_UP: "Step-up"}.get(trend.measure, trend.measure.capitalize())
    return f"{name} from {frm}{within}, {by}" if frm else f"{name}{within}, by level and {by[3:]}"


def _subtitle(page: Page, trend: Trend) -> str:
    first, last = formatting.period(trend.periods[0]), formatting.period(trend.periods[-1])
    span = first if first == last else f"{first} – {last}"
    frm = f"{page.labels[trend.frm]} " if trend.frm else ""
    if trend.scale is DAYS:
        return f"Days by which half of {plain(frm)}stays had ended, with {trend.view.ci}, {span}"
    moved = trend.to is not None and trend.to in page.labels
    verb = f"moved to {page.labels[str(trend.to)]}" if moved else words_for(trend.measure)
    within = f" within {trend.view.within} days" if trend.view.within else ""
    unit = plain(trend.view.unit)
    if trend.scale is INTENSITY:
        sentence = f"Discharges that {coloured(trend.role, verb)}{within}, per {PER} {plain(frm)}{unit}"
        return f"{sentence}, with {trend.view.ci}, {span}"
    return f"Share of {plain(frm)}{unit} that {coloured(trend.role, verb)}{within}, % with {trend.view.ci}, {span}"


def _key_notes(trend: Trend, spare: bool) -> list[str]:
    """Return what the key says, for the notes, where there is no room for the key."""
    sentence = [f"Figure above each panel: {_named(trend)}."] if trend.latest else []
    if trend.immature:
        sentence.append(f"Shaded, hollow and dashed: {trend.immature}.")
    return [] if spare else sentence


def _named(trend: Trend) -> str:
    """Name the period of the figures above the panels."""
    return f"{formatting.period(trend.latest)}, the latest {'mature ' if trend.immature else ''}{trend.view.period}"


def _top(trend: Trend, target: float | None) -> float:
    values = np.concatenate([one.table[c].to_numpy(float) for one in trend.series for c in ("value", "high")])
    most = max((one.table["value"].max() for one in trend.series if one.table["value"].notna().any()), default=0.0)
    if trend.scale is not SHARE and most > 0:
        # An upper limit can be far above every median; it may not flatten all the lines.
        values = np.minimum(values, 2.2 * most)
    top = float(np.nanmax([*values[~np.isnan(values)], target or 0.0, 0.0])) * 1.06
    return top if top > 0 else trend.scale.least


def _headroom(page: Page, trend: Trend, cell: Box, top: float) -> float:
    """Raise the top until "Not yet mature" stands clear of the first panel's ribbon."""
    table = trend.series[0].table
    near = table.iloc[-max(int((~table["mature"]).sum()) + 2, len(table) // 4) :][["value", "high"]].to_numpy(float)
    if not np.isfinite(near).any():
        return top
    label = page.theme.small * 2.1 + 4 * page.u
    room = max(cell.h - foot_height(page, trend) - page.theme.body * CAP - 8 * page.u, 3 * label)
    return max(top, float(np.nanmax(np.minimum(near, top))) / (1 - label / room))


def _slot(page: Page, box: Box, position: int, columns: int, rows: int) -> Box:
    """Return the box of one panel in the grid, head and foot included."""
    t, u = page.theme, page.u
    axis = page.canvas.wide("100%", t.body) + 6 * u
    gap = (22 if columns < 4 else 14) * u
    wide = (box.w - axis - gap * (columns - 1)) / columns
    tall = (box.h - (rows - 1) * 12 * u) / rows
    x = box.x0 + axis + (position % columns) * (wide + gap)
    y = box.y1 - (position // columns) * (tall + 12 * u)
    return Box(x, y - tall, x + wide, y)


def _key(page: Page, trend: Trend, cell: Box, *, late: bool, context: bool) -> None:
    """Explain the marks in the slot that is left over."""
    t, u, canvas = page.theme, page.u, page.canvas
    y = cell.y1 - t.body * CAP
    canvas.text(cell.x0, y, "How to read", weight=SEMIBOLD)
    fill = page.palette.fill(trend.role) if trend.role in page.palette.fills else INK
    figure = f"; figure above each panel: {_named(trend)}" if trend.latest else ""
    entries = [("solid", f"{trend.scale.name} and {trend.view.ci}{figure}")]
    if late:
        entries.append(("late", trend.immature.capitalize().replace(",", ":", 1)))
    if trend.hidden:
        entries.append(("s", "Suppressed"))
    if context:
        entries.append(("context", "The other levels"))
    y -= 10 * u
    sample = 25 * u
    for kind, text in entries:
        lines = wrap([Run(text, MUTED)], t.small, cell.w - sample - 8 * u, t.family)
        tall = max(len(lines) * t.small * LEADING, 11 * u)
        if y - tall < cell.y0:
            return
        middle_of = y - tall / 2
        _sample(page, kind, fill, Box(cell.x0, middle_of - 5.5 * u, cell.x0 + sample, middle_of + 5.5 * u))
        for i, line in enumerate(lines):
            canvas.runs(cell.x0 + sample + 8 * u, middle(middle_of, t.small, i, len(lines)), line, size=t.small)
        y -= tall + 5 * u


def _sample(page: Page, kind: str, fill: str, box: Box) -> None:
    canvas, y, x = page.canvas, (box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2
    if kind == "solid":
        canvas.rect(box, tint(fill, 0.24), z=1)
        canvas.line([box.x0, box.x1], [y, y], color=fill, lw=1.9)
    elif kind == "late":
        canvas.rect(box, BAND, z=1)
        canvas.line([box.x0, box.x1], [y, y], color=fill, lw=1.4, dash=(2.6, 2.0))
        canvas.dots([x], [y], size=4.6, color=WHITE, edge=fill, lw=1.3)
    elif kind == "s":
        canvas.swatch_s(x, y)
    else:
        canvas.line([box.x0, box.x1], [y, y], color=CONTEXT, lw=1.0)


def _largest(page: Page, trend: Trend) -> list[str]:
    if trend.latest is None:
        return []
    content = [(float(one.at(trend.latest)["value"]), page.labels[one.name]) for one in trend.series]
    content = sorted((one for one in content if formatting.known(one[0])), key=lambda one: -one[0])
    return [f"{name} {trend.scale.figure(value)} in {formatting.period(trend.latest)}" for value, name in content]


def _data(page: Page, trend: Trend) -> pd.DataFrame:
    tables = []
    for one in trend.series:
        table = one.table.drop(columns="n") if page.external else one.table.copy()
        table.insert(0, "level", one.name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
