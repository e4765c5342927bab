"""The chronogram: where people are by day since their first admission, levels stacked from the top, exits below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.view import View, read
from careflow.charts.drawing.axes import Panel, apart
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, LEADING, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import NONE, Page
from careflow.charts.drawing.palette import INK, MID, MUTED, WHITE, intensity, text_on
from careflow.charts.drawing.rich_text import plain
from careflow.continuum.outcomes import LEFT_CARE

if TYPE_CHECKING:
    from careflow.estimate import Occupation

_TICKS: Final = (0, 30, 60, 90, 180, 270, 365, 545, 730)
_GRID: Final = (0.25, 0.5, 0.75)
_EXIT_NAMES: Final = {
    "between stays": "Between stays", LEFT_CARE: "Left care", "completed": "Completed", "left early": "Left early",
    "died": "Died",
}  # fmt: skip
_EXIT_FILLS: Final = {"between stays": "#CCD2D8", LEFT_CARE: "#6B7077", "completed": "#6B7077", "died": "#1D2329"}


@drawn
def chronogram(result: Occupation, *, days: int = 365, quarter: str | None = None, **options: Unpack[Options]) -> Axes:
    """Draw the share of people in each state by day: levels from the top, most intensive first, exits below.

    Parameters
    ----------
    result : Occupation
        From :func:`careflow.occupation`.
    days : int
        How many days to draw.
    quarter : str, optional
        The period to draw, if the result is by period of the first admission.
    **options
    """
    view = read(result, "Occupation", "chronogram", quarter=quarter, where=options.get("where"))
    page = Page("chronogram", view, options, levels=1)
    frame = view.frame[view.frame["day"] <= days]
    is_known = frame["hidden"] | frame["estimate"].notna()
    horizon = int(frame["day"].max()) if len(frame) else days
    # Nothing is drawn of days to which nobody was followed.
    frame = frame[is_known.groupby(frame["day"]).transform("all")] if len(frame) else frame
    title = f"Where people are in the {int(frame['day'].max()) if len(frame) else days} days after admission"
    bands = _bands(page, view, frame)
    if len(frame) and frame["hidden"].all():
        return page.nothing(title, "Hidden to protect people: too few journeys")
    if not bands or len(bands[0].share) < 2:
        n = _started(result, view)
        return page.nothing(title, "Nobody was followed for a day" if n else NONE, n=None if n else 0)
    return _Drawing(page, view, bands, np.sort(frame["day"].unique()).astype(float), horizon).draw(title)


def _started(result: Occupation, view: View) -> float:
    """Return how many journeys began, as far as the result says so."""
    table = result.started
    return float(view.rows_of(table)["n"].sum(skipna=False)) if "n" in table.columns else view.about.n


@dataclass(frozen=True)
class _Band:
    """One state: its share by day, its colour, whether it is care."""

    state: str
    name: str
    share: NDArray[np.float64]
    fill: str
    care: bool


def _bands(page: Page, view: View, frame: pd.DataFrame) -> list[_Band]:
    """Return the states from the top of the stack down."""
    ramp = dict(zip(view.levels, intensity(len(view.levels)), strict=True))
    text = frame["state"].astype(str)
    seen = list(dict.fromkeys(text))
    exits = [state for state in _EXIT_NAMES if state in seen]
    exits += [state for state in seen if state not in view.levels and state not in exits]
    out = []
    for state in [*(name for name in view.levels if name in seen), *exits]:
        share = frame[text == state].sort_values("day")["estimate"].to_numpy(float)
        care = state in view.levels
        fill = (
            ramp[state] if care else page.palette.fill("left") if state == "left early" else _EXIT_FILLS.get(state, MID)
        )
        name = page.labels[state] if care else _EXIT_NAMES.get(state, state.capitalize())
        if np.nanmax(share, initial=0.0) > 0.0005:
            out.append(_Band(state, name, np.nan_to_num(share), page.faded(fill, state), care))
    return out


class _Drawing:
    """The stack with names at both ends and inside."""

    def __init__(self, page: Page, view: View, bands: Sequence[_Band], days: NDArray[np.float64], horizon: int) -> None:
        self.page, self.view, self.bands, self.days, self.horizon = page, view, bands, days, horizon

    def draw(self, title: str) -> Axes:
        """Draw everything and return the host."""
        page, view = self.page, self.view
        hidden = int(view.frame["hidden"].sum())
        box = page.open(
            title=title, subtitle=self._subtitle(), masked=hidden, gap=16,
            notes=[
                view.size(None),
                "Aalen–Johansen state occupation: people count for as long as they were followed.",
                f"Nobody was followed after day {int(self.days[-1])}." if self.days[-1] < self.horizon else "",
            ],
        )  # fmt: skip
        t, u, canvas = page.theme, page.u, page.canvas
        starts = [f"{b.name} {formatting.percent(float(b.share[0]))}" for b in self.bands if b.share[0] >= 0.005]
        ends = [self._end(b) for b in self.bands]
        left = max(canvas.wide(text, t.body, SEMIBOLD) for text in starts) + 16 * u
        right = max(canvas.wide(text, t.body, SEMIBOLD) for text in ends) + 16 * u
        area = Box(box.x0 + left, box.y0 + 6 * u + t.body * CAP + t.body * 1.5, box.x1 - right, box.y1)
        panel = Panel(canvas, area, (0, float(self.days[-1])), (0, 1))
        edges = self._stack(panel)
        panel.floor()
        self._ticks(panel)
        panel.caption("Days since admission")
        self._side(panel, edges, 0, left=True)
        self._side(panel, edges, -1, left=False)
        self._inside(panel, edges)
        top = sorted(self.bands, key=lambda b: -b.share[-1])
        return page.close(
            data=self._data(),
            n=None,
            largest=[f"{b.name} {formatting.percent(float(b.share[-1]))} on day {int(self.days[-1])}" for b in top],
            what=f"Chronogram of states over {int(self.days[-1])} days",
        )

    def _subtitle(self) -> str:
        exits = [b.name.lower() for b in self.bands if not b.care]
        then = f", then {formatting.listing(exits)}" if exits else ""
        return (
            f"Share of people in each state by day since admission: levels from **most** to least "
            f"intensive{plain(then)}. "
            f"{plain(self.view.population())}"
        )

    def _end(self, band: _Band) -> str:
        return f"{band.name} {formatting.percent(float(band.share[-1]))}"

    def _stack(self, panel: Panel) -> NDArray[np.float64]:
        """Fill the bands from the top; return the heights of their edges, top edge first."""
        heights = np.vstack([b.share for b in self.bands])
        total = heights.sum(axis=0)
        edges = np.vstack([np.ones_like(total), 1 - np.cumsum(heights / np.where(total > 0, total, 1), axis=0)])
        for i, band in enumerate(self.bands):
            panel.area(self.days, edges[i + 1], edges[i], band.fill, z=1.5)
            if i:
                panel.line(self.days, edges[i], color=WHITE, lw=0.8, z=2.2)
        for mark in _GRID:
            panel.line(panel.xlim, [mark, mark], color=WHITE, lw=0.6, z=2.1)
        return edges

    def _ticks(self, panel: Panel) -> None:
        canvas, t, u = self.page.canvas, self.page.theme, self.page.u
        free = -1e9
        for tick in (d for d in _TICKS if d <= self.days[-1]):
            half = canvas.wide(str(tick), t.body) / 2
            x = panel.x(tick)
            panel.tick(tick, str(tick) if x - half > free else "")
            free = x + half + 3 * u if x - half > free else free

    def _side(self, panel: Panel, edges: NDArray[np.float64], at: int, *, left: bool) -> None:
        """Name the bands at one end, apart from one another."""
        t, u, canvas = self.page.theme, self.page.u, self.page.canvas
        shown = [(i, b) for i, b in enumerate(self.bands) if b.share[at] >= 0.005][::-1]
        wanted = [panel.y(float(edges[i, at] + edges[i + 1, at]) / 2) for i, _ in shown]
        gap = t.body * LEADING
        for (_, band), y0, y in zip(
            shown, wanted, apart(wanted, gap, panel.box.y0 + gap * 0.3, panel.box.y1 - gap * 0.3), strict=True
        ):
            x = panel.box.x0 if left else panel.box.x1
            way = -1 if left else 1
            canvas.line([x + way * k * u for k in (2, 5, 8, 10.5)], [y0, y0, y, y], color=MUTED, lw=0.8)
            ink = self.page.palette.ink("left") if band.state == "left early" else INK if band.care else MUTED
            text = f"{band.name} {formatting.percent(float(band.share[at]))}"
            align = "right" if left else "left"
            canvas.text(x + way * 13 * u, middle(y, t.body), text, color=ink, weight=SEMIBOLD, align=align)  # type: ignore[arg-type]

    def _inside(self, panel: Panel, edges: NDArray[np.float64]) -> None:
        """Name a band inside it, where it is high enough over the width of its name."""
        t, u, canvas = self.page.theme, self.page.u, self.page.canvas
        xs = panel.xs(self.days)
        for i, band in enumerate(self.bands):
            half = canvas.wide(band.name, t.body, SEMIBOLD) / 2 + 4 * u
            best = (0.0, 0.0, 0.0)
            for x in np.linspace(panel.box.x0 + half, panel.box.x1 - half, 60):
                over = (xs >= x - half) & (xs <= x + half)
                if not over.any():
                    continue
                high, low = float(edges[i][over].min()), float(edges[i + 1][over].max())
                # A name stands between gridlines, not on one.
                cuts = [low, *(mark for mark in _GRID if low < mark < high), max(high, low)]
                for a, b in pairwise(cuts):
                    if b - a > best[0]:
                        best = (b - a, float(x), (a + b) / 2)
            if best[0] * panel.box.h > t.body * 1.5:
                color = text_on(band.fill)
                canvas.text(
                    best[1], middle(panel.y(best[2]), t.body), band.name, color=color, weight=SEMIBOLD, align="center"
                )

    def _data(self) -> pd.DataFrame:
        tables = [pd.DataFrame({"state": b.state, "day": self.days, "estimate": b.share}) for b in self.bands]
        return pd.concat(tables, ignore_index=True)
