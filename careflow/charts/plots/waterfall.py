"""The waterfall: a rate of one side, a bar for what each factor or cause adds or takes, the rate of the other side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.scale import SHARE
from careflow.charts.data.view import View, number, read
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import Word, Words
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, plain
from careflow.charts.drawing.ticks import FitNames, name_axis, scale_axis
from careflow.continuum.outcomes import DIRECTIONS
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Decomposition, Diff

POINTS: Final = 100
_RATE, _TOTAL = "rate", "total"


@dataclass(frozen=True)
class _Step:
    """One bar: where it begins and ends, and the limits of its end; shares."""

    name: str
    start: float
    end: float
    low: float
    high: float
    whole: bool


@drawn
def waterfall(
    result: Decomposition | Diff, frm: str | None = None, to: str | None = None, *, quarter: str | None = None,
    **options: Unpack[Options],
) -> Axes:  # fmt: skip
    """Draw what each factor adds to a rate or takes from it, from the rate of one side to that of the other.

    The line at the end of a bar is the interval of its factor. The causes of a change between releases have none: both
    tables are counted.

    Parameters
    ----------
    result : Decomposition or Diff
        From :meth:`careflow.estimate.Rates.decompose`, or from :func:`careflow.diff`.
    frm : str, optional
        The level left; needed if the result is about several.
    to : str, optional
        The level, outcome or direction reached; needed if the result is about several.
    quarter : str, optional
        The period to draw, if the result is by period.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> rates = cf.transition_rates(moves, by=["year", "facility"])
    >>> chart = charts.waterfall(rates.decompose("2023", "2024", over="facility"), "residential", "php")
    >>> chart.careflow.title
    'Why the rate from Residential to PHP differs: 2023 and 2024'
    """
    ways = to in DIRECTIONS and to not in set(getattr(result, "frame", pd.DataFrame()).get("to", ()))
    chosen: dict[str, Any] = {"quarter": quarter, "where": options.get("where")}
    kinds = ("Decomposition", "Diff")
    view = read(result, kinds, "waterfall", frame="directions" if ways else "frame", **chosen)
    column = "direction" if ways else "to"
    frm, to = (_one(view.frame, name, given) for name, given in (("from", frm), (column, to)))
    chart = Chart("waterfall", view, options, levels=1)
    rows = _of(view.frame, frm, to, column)
    goal, left = (chart.labels.get(name, name) for name in (to, frm))
    telling = _of_releases(result, view, left, goal) if hasattr(result, "cutoffs") else _of_sides(result, left, goal)
    both = view.rows_of(result.rates).rename(columns={"old": "rate_1", "new": "rate_2"})
    both = _of(both, frm, to, column) if column in both else both.head(0)
    return _draw(chart, rows, both, telling)


@dataclass(frozen=True)
class _Telling:
    """The words of a waterfall: its title and sentence, the names of both whole bars, and its notes."""

    title: str
    sentence: str
    sides: tuple[str, str]
    notes: tuple[str, ...]


def _of_sides(result: Any, left: str, goal: str) -> _Telling:
    """Return the words of a decomposition."""
    sides = formatting.period(result.first), formatting.period(result.second)
    factors = formatting.listing(list(result.over))
    return _Telling(
        f"Why the rate from {left} to {goal} differs: {' and '.join(sides)}",
        f"Share of discharges from {plain(left)} to {plain(goal)}: what the mix by {plain(factors)} and the rates "
        f"themselves add, in percentage points, with {result.about.confidence * 100:g}% CI.",
        sides,
        ("Arithmetic, not causes: what changes together with the mix is not told apart from it.",),
    )


def _of_releases(result: Any, view: View, left: str, goal: str) -> _Telling:
    """Return the words of a change between releases."""
    first, second = (formatting.day(day) for day in result.cutoffs)
    sides = (f"Old file, to {first}", f"New file, to {second}")
    when = f": {view.when}" if view.when else ""
    counts = result.made_of == "counts"
    return _Telling(
        f"Why the rate from {left} to {goal} moved{when}",
        f"Share of discharges from {plain(left)} to {plain(goal)} in two releases: what each rule and each kind of "
        "changed record adds, in percentage points.",
        sides,
        ("Late, changed and removed records cannot be told apart from counts.",) * counts,
    )


def _one(frame: pd.DataFrame, column: str, given: str | None) -> str:
    there = list(dict.fromkeys(frame[column].astype(str)))
    if given is None and len(there) == 1:
        return there[0]
    if given is None or given not in there:
        name = "frm" if column == "from" else "to"
        raise ArgumentError(f"say which: {name}= one of {', '.join(map(repr, there))}")
    return given


def _of(frame: pd.DataFrame, frm: str, to: str, column: str) -> pd.DataFrame:
    return frame[(frame["from"].astype(str) == frm) & (frame[column].astype(str) == to)]


def _draw(chart: Chart, rows: pd.DataFrame, both: pd.DataFrame, telling: _Telling) -> Axes:
    hidden = int(rows["hidden"].any())
    known = len(both) > 0
    sizes = [number(both[f"of_{side}"].iloc[0]) if known else np.nan for side in (1, 2)]
    old, new = (number(both[f"rate_{side}"].iloc[0]) if known else np.nan for side in (1, 2))
    parts = [(_name(row), row) for row in rows.to_dict("records") if _label(row) != _TOTAL]
    complete = all(formatting.known(number(row["points"])) for _, row in parts)
    if not formatting.known(old) or not formatting.known(new) or not complete:
        return chart.nothing(telling.title, formatting.MASK if hidden else "No discharges on one side", n=None)
    steps = _steps(parts, old, telling.sides)
    n = float(np.sum(sizes))
    chart.open(
        title=telling.title,
        subtitle=f"{telling.sentence} {plain(chart.view.population())}",
        notes=[
            f"n = {formatting.count(sizes[0])} and {formatting.count(sizes[1])} discharges.",
            *filter(None, [chart.view.interval()]),
            *telling.notes,
        ],
        masked=hidden,
    )
    _axes(chart, steps)
    _bars(chart, steps)
    ranked = sorted((step for step in steps if not step.whole), key=lambda step: -abs(step.end - step.start))
    data = pd.DataFrame(
        [(s.name, s.start, s.end, (s.end - s.start) * POINTS, s.low, s.high, False) for s in steps],
        columns=["step", "start", "end", "points", "low", "high", "hidden"],
    )
    return chart.close(
        data=data,
        n=n,
        largest=[f"{step.name} {_points(step)}" for step in ranked],
        what=f"Waterfall from {formatting.percent(steps[0].end)} to {formatting.percent(steps[-1].end)}",
    )


def _label(row: Mapping[Any, Any]) -> str:
    return str(row["factor"] if "factor" in row else row["cause"])


def _name(row: Mapping[Any, Any]) -> str:
    """Return what the bar of a row is called."""
    label = _label(row)
    if "factor" in row:
        return "Rates" if label == _RATE else f"Mix by {label}"
    where = f", {row['where']}" if row["where"] == "next stay" else ""
    return f"{label[:1].upper()}{label[1:]}{where}"


def _steps(parts: Sequence[tuple[str, Mapping[Any, Any]]], old: float, sides: tuple[str, str]) -> list[_Step]:
    """Return the bars from the old rate over the factors or causes to the new rate."""
    steps, at = [_Step(sides[0], 0.0, old, np.nan, np.nan, whole=True)], old
    for name, row in parts:
        change, low, high = (number(row.get(key)) / POINTS for key in ("points", "low", "high"))
        steps.append(_Step(name, at, at + change, at + low, at + high, whole=False))
        at += change
    return [*steps, _Step(sides[1], 0.0, at, np.nan, np.nan, whole=True)]


def _axes(chart: Chart, steps: Sequence[_Step]) -> None:
    ends = np.array([[step.start, step.end, step.low, step.high] for step in steps])
    low, high = min(float(np.nanmin(ends)), 0.0), float(np.nanmax(ends))
    places = list(map(float, range(len(steps))))
    chart.limits(x=(low, (high or SHARE.least) * 1.02), y=(places[-1] + 0.6, -0.6))
    chart.grid(x=True, y=False)
    chart.ticks()
    scale_axis(chart.ax.xaxis, SHARE, at_most=6)
    chart.ax.set_xlabel("Share of discharges")
    names = [step.name for step in steps]
    formatter = name_axis(chart.ax.yaxis, names, places, names, chart)
    chart.frame.add(FitNames(formatter, "y", drop=chart.frame.drop))


def _bars(chart: Chart, steps: Sequence[_Step]) -> None:
    """Draw the bars with their intervals and, right of both, their numbers."""
    colours, words = chart.colours, []
    for place, step in enumerate(steps):
        fill = colours.grey("#4A5158") if step.whole else chart.palette.fill("down" if step.end >= step.start else "up")
        chart.ax.barh(place, step.end - step.start, left=step.start, height=0.58, color=fill, linewidth=0, zorder=1.5)
        if place + 1 < len(steps):
            chart.line([step.end, step.end], [place, place + 1], color=colours.axis, lw=0.8, z=1)
        right = max(value for value in (step.start, step.end, step.high) if formatting.known(value))
        runs = [Run(formatting.percent(step.end) if step.whole else _points(step), colours.ink, SEMIBOLD)]
        if not step.whole and formatting.known(step.low) and formatting.known(step.high):
            for color, lw in ((colours.ground, 2.6), (colours.ink, 1.1)):
                chart.line([step.low, step.high], [place, place], color=color, lw=lw, z=3)
            limits = [(value - step.start) * POINTS for value in (step.low, step.high)]
            runs.append(Run(f" {limits[0]:+.1f} to {limits[1]:+.1f}".replace("-", "\N{MINUS SIGN}"), colours.muted))
        words.append(Word(right, place, runs, 5, 0, "left", len(runs) - 1))
    chart.frame.add(Words(words))


def _points(step: _Step) -> str:
    return f"{(step.end - step.start) * POINTS:+.1f}".replace("-", "\N{MINUS SIGN}")
