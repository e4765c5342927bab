"""The table under curves by day: who is at risk at each tick, and what has become of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from careflow import formatting
from careflow.charts.data.competing_risks import Floats
from careflow.charts.data.view import View
from careflow.charts.drawing import table
from careflow.charts.drawing.fonts import CAP, SEMIBOLD
from careflow.charts.drawing.frame import Frame
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.rich_text import cut
from careflow.charts.drawing.subject import Subject
from careflow.charts.drawing.table import Row

_SHARE: Final = 0.4
"""The share of a chart's height that its table may take."""
_TALL: Final = 380
"""Units of height under which it may take half of that."""
_LOW: Final = 250
"""Units of height under which there is no table at all where there is no room for all of it."""
_NAMES: Final = 0.25
"""The share of its width that names of rows may take."""


def rounded(page: Subject, n: float) -> float:
    """Return a count as it may be shown: to tens for readers outside, missing if it is missing."""
    return round(n / 10) * 10 if page.external and formatting.known(n) else n


def row(page: Subject, name: str, counts: Floats, days: Floats, ticks: Sequence[int], color: str = "") -> Row:
    """Return what a count was at each tick; empty where its days do not reach.

    Parameters
    ----------
    page : Subject
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


def tellable(page: Subject, counts: Sequence[Floats], days: Floats, ticks: Sequence[int]) -> list[int]:
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


class RiskTable:
    """The table under a chart, each cell under its tick of the axis; a tick out of view has none.

    Parameters
    ----------
    rows : sequence of Row
    ticks : sequence of int
        The days that are tabulated.
    heading : str
        What is set above the table.
    least : int
        How many rows there are where there is no room for all.
    """

    def __init__(self, rows: Sequence[Row], ticks: Sequence[int], heading: str, *, least: int = 0) -> None:
        self.rows, self.ticks, self.heading, self.least = list(rows), list(ticks), heading, least

    def gutter(self, canvas: LayerCanvas, frame: Frame) -> float:
        """Return how far the names of the rows reach left of the Axes: a cell is centred on the first tick."""
        t, rows = canvas.theme, self._drawn(canvas, frame)
        if not rows:
            return 0.0
        wide = max(canvas.wide(row.name, t.body, SEMIBOLD) for row in rows)
        return min(wide, self._most(canvas)) + canvas.wide("1,000", t.body) / 2 + 6 * canvas.u

    def _most(self, canvas: LayerCanvas) -> float:
        return _NAMES * (canvas.box.x1 - canvas.box.x0 + 100 * canvas.u)

    def _drawn(self, canvas: LayerCanvas, frame: Frame) -> list[Row]:
        """Return the rows that there is room for."""
        slot = frame.slot(canvas)
        share = _SHARE if slot >= _TALL * canvas.u else _SHARE / 2
        if (len(self.rows) + 1) * canvas.theme.body * table.ROW <= share * slot:
            return self.rows
        return self.rows[: self.least if slot >= _LOW * canvas.u else 0]

    def __call__(self, canvas: LayerCanvas, frame: Frame, y: float) -> float:
        """Draw the rows that there is room for from a height downwards."""
        t, u = canvas.theme, canvas.u
        rows = self._drawn(canvas, frame)
        frame.drop("table", dropped=len(rows) < len(self.rows))
        if not rows:
            return y
        shown = [i for i, tick in enumerate(self.ticks) if canvas.sees(x=tick)]
        at = [canvas.at(self.ticks[i], 0)[0] for i in shown]
        names = [row.name for row in self.rows]
        left, y = frame.left(canvas), y - 9 * u - t.small * CAP
        canvas.text(left, y, self.heading, size=t.small, color=canvas.colours.muted)
        rows = [
            replace(row, name=cut(row.name, t.body, self._most(canvas), t.family, SEMIBOLD, names),
                    cells=[row.cells[i] for i in shown]) for row in rows
        ]  # fmt: skip
        y -= t.small * 0.45
        table.draw(canvas, rows, left=left, right=canvas.box.x1, top=y, at=at)
        return y - table.height(canvas, len(rows))
