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
from careflow.charts.data.scale import SHARE
from careflow.charts.data.view import View, read
from careflow.charts.drawing.canvas import middle
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.palette import MID, text_on
from careflow.charts.drawing.rich_text import Run, plain
from careflow.charts.drawing.subject import NONE
from careflow.charts.drawing.ticks import days_axis, scale_axis
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

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.chronogram(cf.occupation(moves, start="residential", days=90))
    >>> charts.alt_text(chart).split(". ")[0]
    'Chronogram of states over 90 days'
    """
    view = read(result, "Occupation", "chronogram", quarter=quarter, where=options.get("where"))
    chart = Chart("chronogram", view, options, levels=1)
    frame = view.frame[view.frame["day"] <= days]
    is_known = frame["hidden"] | frame["estimate"].notna()
    horizon = int(frame["day"].max()) if len(frame) else days
    # Nothing is drawn of days to which nobody was followed.
    frame = frame[is_known.groupby(frame["day"]).transform("all")] if len(frame) else frame
    title = f"Where people are in the {int(frame['day'].max()) if len(frame) else days} days after admission"
    bands = _bands(chart, view, frame)
    if len(frame) and frame["hidden"].all():
        return chart.nothing(title, "Hidden to protect people: too few journeys")
    if not bands or len(bands[0].share) < 2:
        n = _started(result, view)
        return chart.nothing(title, "Nobody was followed for a day" if n else NONE, n=None if n else 0)
    return _Drawing(chart, view, bands, np.sort(frame["day"].unique()).astype(float), horizon).draw(title)


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


def _bands(chart: Chart, view: View, frame: pd.DataFrame) -> list[_Band]:
    """Return the states from the top of the stack down."""
    ramp = dict(zip(view.levels, chart.colours.intensity(len(view.levels)), strict=True))
    text = frame["state"].astype(str)
    seen = list(dict.fromkeys(text))
    exits = [state for state in _EXIT_NAMES if state in seen]
    exits += [state for state in seen if state not in view.levels and state not in exits]
    out = []
    for state in [*(name for name in view.levels if name in seen), *exits]:
        share = frame[text == state].sort_values("day")["estimate"].to_numpy(float)
        care = state in view.levels
        fill = (
            ramp[state]
            if care
            else chart.palette.fill("left")
            if state == "left early"
            else chart.colours.grey(_EXIT_FILLS.get(state, MID))
        )
        name = chart.labels[state] if care else _EXIT_NAMES.get(state, state.capitalize())
        if np.nanmax(share, initial=0.0) > 0.0005:
            out.append(_Band(state, name, np.nan_to_num(share), chart.faded(fill, state), care))
    return out


class _Drawing:
    """The stack with names at both ends and inside."""

    def __init__(
        self, chart: Chart, view: View, bands: Sequence[_Band], days: NDArray[np.float64], horizon: int
    ) -> None:
        self.chart, self.view, self.bands, self.days, self.horizon = chart, view, bands, days, horizon

    def draw(self, title: str) -> Axes:
        """Draw everything and return the Axes."""
        chart, view, last = self.chart, self.view, float(self.days[-1])
        chart.open(
            title=title, subtitle=self._subtitle(), masked=int(view.frame["hidden"].sum()),
            notes=[
                view.size(None),
                "Aalen–Johansen state occupation: people count for as long as they were followed.",
                f"Nobody was followed after day {int(last)}." if last < self.horizon else "",
            ],
        )  # fmt: skip
        chart.limits(x=(0, last), y=(0, 1))
        edges = self._stack()
        chart.grid(y=False)
        chart.ticks()
        scale_axis(chart.ax.yaxis, SHARE)
        # Names with their shares stand at the left instead of the numbers of the axis.
        chart.ax.tick_params(axis="y", labelleft=False, length=0)
        days_axis(chart.ax, [day for day in _TICKS if day <= last], "Days since admission")
        chart.frame.add(Ends(self._side(edges, 0), left=True))
        chart.frame.add(Ends(self._side(edges, -1)))
        bands = [(b.name, text_on(b.fill), edges[i + 1], edges[i]) for i, b in enumerate(self.bands)]
        chart.frame.add(_Inside(bands, self.days))
        top = sorted(self.bands, key=lambda b: -b.share[-1])
        return chart.close(
            data=self._data(),
            n=None,
            largest=[f"{b.name} {formatting.percent(float(b.share[-1]))} on day {int(last)}" for b in top],
            what=f"Chronogram of states over {int(last)} days",
        )

    def _subtitle(self) -> str:
        exits = [b.name.lower() for b in self.bands if not b.care]
        then = f", then {formatting.listing(exits)}" if exits else ""
        return (
            f"Share of people in each state by day since admission: levels from **most** to least "
            f"intensive{plain(then)}. "
            f"{plain(self.view.population())}"
        )

    def _stack(self) -> NDArray[np.float64]:
        """Fill the bands from the top; return the heights of their edges, top edge first."""
        chart, ground = self.chart, self.chart.colours.ground
        heights = np.vstack([b.share for b in self.bands])
        total = heights.sum(axis=0)
        edges = np.vstack([np.ones_like(total), 1 - np.cumsum(heights / np.where(total > 0, total, 1), axis=0)])
        for i, band in enumerate(self.bands):
            chart.area(self.days, edges[i + 1], edges[i], band.fill, z=1.5)
            if i:
                chart.line(self.days, edges[i], color=ground, lw=0.8, z=2.2)
        for mark in _GRID:
            chart.line([0, self.days[-1]], [mark, mark], color=ground, lw=0.6, z=2.1)
        return edges

    def _side(self, edges: NDArray[np.float64], at: int) -> list[End]:
        """Return the names of the bands at one end, with their shares."""
        chart, colours, ends = self.chart, self.chart.colours, []
        for i, band in enumerate(self.bands):
            if band.share[at] < 0.005:
                continue
            ink = colours.ink if band.care else colours.muted
            ink = chart.palette.ink("left") if band.state == "left early" else ink
            runs = [Run(band.name, ink, SEMIBOLD), Run(f" {formatting.percent(float(band.share[at]))}", ink, SEMIBOLD)]
            ends.append(End(float(edges[i, at] + edges[i + 1, at]) / 2, runs, colours.muted))
        return ends

    def _data(self) -> pd.DataFrame:
        tables = [pd.DataFrame({"state": b.state, "day": self.days, "estimate": b.share}) for b in self.bands]
        return pd.concat(tables, ignore_index=True)


class _Inside:
    """Names a band inside it, where it is high enough over the width of its name."""

    def __init__(
        self, bands: Sequence[tuple[str, str, NDArray[np.float64], NDArray[np.float64]]], days: NDArray[np.float64]
    ) -> None:
        self.bands, self.days = list(bands), days

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the names."""
        t, u, box = canvas.theme, canvas.u, canvas.box
        grid = [y for mark in _GRID for y in [canvas.at(0, mark)[1]] if box.y0 < y < box.y1]
        for name, color, below, above in self.bands:
            half = canvas.wide(name, t.body, SEMIBOLD) / 2 + 4 * u
            lower, upper = canvas.points(self.days, below), canvas.points(self.days, above)
            xs, best = lower[:, 0], (0.0, 0.0, 0.0)
            for x in np.linspace(box.x0 + half, box.x1 - half, 60):
                over = (xs >= x - half) & (xs <= x + half)
                if not over.any():
                    continue
                high, low = min(float(upper[over, 1].min()), box.y1), max(float(lower[over, 1].max()), box.y0)
                # A name stands between gridlines, not on one.
                cuts = [low, *(y for y in grid if low < y < high), max(high, low)]
                for a, b in pairwise(cuts):
                    # Half a point is no difference: the choice does not depend on how a layout was rounded.
                    if b - a > best[0] + 0.5:
                        best = (b - a, float(x), (a + b) / 2)
            if best[0] > t.body * 1.5:
                canvas.text(best[1], middle(best[2], t.body), name, color=color, weight=SEMIBOLD, align="center")
