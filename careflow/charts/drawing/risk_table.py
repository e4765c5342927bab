"""The table under curves by day: who is at risk at each tick, and what has become of the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from careflow import formatting
from careflow.charts.data.competing_risks import Floats
from careflow.charts.data.view import View
from careflow.charts.drawing import table
from careflow.charts.drawing.axes import Panel
from careflow.charts.drawing.canvas import Box
from careflow.charts.drawing.fonts import CAP
from careflow.charts.drawing.page import Page
from careflow.charts.drawing.palette import INK, MUTED
from careflow.charts.drawing.table import Row


def rounded(page: Page, n: float) -> float:
    """Return a count as it may be shown: to tens for readers outside, missing if it is missing."""
    return round(n / 10) * 10 if page.external and formatting.known(n) else n


def row(page: Page, name: str, counts: Floats, days: Floats, ticks: Sequence[int], color: str = INK) -> Row:
    """Return what a count was at each tick; empty where its days do not reach.

    Parameters
    ----------
    page : Page
    name : str
        What is counted.
    counts, days : array of float
        The count on each day that is known.
    ticks : sequence of int
        The days to tabulate.
    color : str
    """
    shown = (formatting.count(rounded(page, float(counts[_position(days, tick)]))) for tick in ticks)
    return Row(name, ["" if tick > days[-1] else cell for tick, cell in zip(ticks, shown, strict=True)], color)


def tellable(page: Page, counts: Sequence[Floats], days: Floats, ticks: Sequence[int]) -> list[int]:
    """Return the ticks between which no rounded count of the table changes by 1 to 10."""
    kept = list(ticks[:1])
    for tick in ticks[1:]:
        a, b = _position(days, kept[-1]), _position(days, tick)
        change = [abs(rounded(page, float(n[b])) - rounded(page, float(n[a]))) for n in counts]
        if all(c == 0 or c > 10 for c in change):
            kept.append(tick)
    return kept


def _position(days: Floats, tick: int) -> int:
    return int(np.searchsorted(days, tick, side="right")) - 1


def censored(view: View, days: Floats, at_risk: Floats, ended: Floats) -> Floats | None:
    """Return how many had been censored before each day: neither still at risk nor ended.

    None where it is not known: on a grid that leaves days out, where counts are hidden, and where anyone may have
    entered late, as in a period or after the start of the records.

    Parameters
    ----------
    view : View
    days, at_risk, ended : array of float
        The days, who is at risk on each, and how many had ended by its end.
    """
    late = view.about.start is not None or "days" in view.about.dated_by
    if late or not np.isfinite(at_risk).all() or not np.isfinite(ended).all() or (np.diff(days) != 1).any():
        return None
    gone = at_risk[0] - at_risk - np.concatenate([[0.0], np.round(ended[:-1])])
    return gone if (gone >= 0).all() and (np.diff(gone) >= 0).all() else None


def half(page: Page) -> float:
    """Return half of what a cell is wide, in points: it is centred on its tick, and reaches beyond the first one."""
    return page.canvas.wide("1,000", page.theme.body) / 2


def above(page: Page, rows: Sequence[Row], box: Box, *, gutter: float, right: float) -> Box:
    """Return the area of the curves over a table of such rows.

    Parameters
    ----------
    page : Page
    rows : sequence of Row
        Empty for no table.
    box : Box
        What there is for curves, axis and table.
    gutter, right : float
        Points to leave for the names of the rows at the left, and for what stands at the right.
    """
    t, u = page.theme, page.u
    foot = 6 * u + t.body * CAP + t.body * 1.5
    under = table.height(page.canvas, len(rows)) + (t.small * 1.6 + 4 * u if rows else 0)
    return Box(box.x0 + gutter + half(page) + 6 * u, box.y0 + foot + under, box.x1 - right, box.y1)


def draw(page: Page, panel: Panel, rows: Sequence[Row], box: Box, ticks: Sequence[int], heading: str) -> None:
    """Draw the table at the foot of ``box``, each cell under its tick of the panel, ``said`` above it."""
    canvas, small = page.canvas, page.theme.small
    top = box.y0 + table.height(canvas, len(rows))
    canvas.text(box.x0, top + small * 0.45, heading, size=small, color=MUTED)
    table.draw(canvas, rows, left=box.x0, right=panel.box.x1, top=top, at=[panel.x(tick) for tick in ticks])
