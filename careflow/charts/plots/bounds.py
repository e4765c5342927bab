"""Bounds: for each place that a discharge can lead to, how low and how high its share can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Unpack

import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.scale import SHARE
from careflow.charts.data.view import number, read
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import Word, Words
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, plain
from careflow.charts.drawing.ticks import FitNames, name_axis, scale_axis
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Bounds

_NUMBERS: Final = ("rate", "lower", "upper", "low", "high")


@drawn
def bounds(result: Bounds, frm: str | None = None, *, quarter: str | None = None, **options: Unpack[Options]) -> Axes:
    """Draw between which bounds each rate from a level lies, whatever became of those who were not seen again.

    The bar is what is possible, the line its interval, the tick what was seen.

    Parameters
    ----------
    result : Bounds
        From :meth:`careflow.estimate.Rates.bounds`.
    frm : str, optional
        The level left; needed if the result is about several.
    quarter : str, optional
        The period to draw.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.bounds(cf.transition_rates(moves).bounds(), "residential")
    >>> chart.careflow.title
    'Where discharges from Residential went: what is certain and what is possible'
    """
    view = read(result, "Bounds", "bounds", quarter=quarter, where=options.get("where"))
    there = list(dict.fromkeys(view.frame["from"].astype(str)))
    if frm is None and len(there) > 1:
        raise ArgumentError(f"say which level: frm= one of {', '.join(map(repr, there))}")
    frm = frm or there[0]
    if frm not in there:
        raise ArgumentError(f"no level {frm!r} in these bounds; there are {', '.join(map(repr, there))}")
    chart = Chart("bounds", view, options, levels=1)
    left = chart.labels.get(frm, frm)
    rows = view.frame[view.frame["from"].astype(str) == frm]
    title = f"Where discharges from {left} went: what is certain and what is possible"
    of = number(rows["of"].iloc[0]) if len(rows) else 0.0
    unknown = number(rows["unknown"].iloc[0]) if len(rows) else 0.0
    if not rows["rate"].notna().any():
        return chart.nothing(title, n=None if rows["hidden"].any() else of)
    within = f" within {view.within} days" if view.within else ""
    seen = f"{formatting.count(unknown)} of {formatting.count(of)}" if formatting.known(unknown) else "some"
    chart.open(
        title=title,
        subtitle=f"Bars: possible shares of {plain(left)} discharges{within}, whatever became of the {seen} not "
        f"seen again; tick: seen; line: {view.ci}. {plain(view.population())}",
        notes=[
            f"n = {formatting.count(of)} {view.unit}." if formatting.known(of) else view.size(None),
            f"Not seen again: {formatting.listing(list(result.unseen))}. No assumption is made of them.",
            view.interval(),
        ],
        masked=int(rows["hidden"].sum()),
    )
    return _draw(chart, rows, of)


def _draw(chart: Chart, rows: pd.DataFrame, of: float) -> Axes:
    names = [str(name) for name in rows["to"]]
    places = list(map(float, range(len(names))))
    chart.limits(x=(0, 1.02), y=(places[-1] + 0.6, -0.6))
    chart.grid(x=True, y=False)
    chart.ticks()
    scale_axis(chart.ax.xaxis, SHARE, at_most=6)
    chart.ax.set_xlabel("Share of discharges")
    called = [chart.labels.get(name, name.capitalize()) for name in names]
    formatter = name_axis(chart.ax.yaxis, names, places, called, chart)
    chart.frame.add(FitNames(formatter, "y", drop=chart.frame.drop))
    words, told = [], []
    for place, name, row in zip(places, called, rows.to_dict("records"), strict=True):
        values = {key: number(row[key]) for key in _NUMBERS}
        if bool(row["hidden"]) or not formatting.known(values["rate"]):
            words.append(Word(0, place, [Run(formatting.MASK, chart.colours.muted)], 4, 0, "left"))
            continue
        words.append(_bar(chart, place, values))
        told.append((values["upper"], f"{name} {formatting.span(values['lower'], values['upper'])}%"))
    chart.frame.add(Words(words))
    return chart.close(
        data=rows[["to", "n", "unknown", "of", *_NUMBERS, "hidden"]],
        n=of if formatting.known(of) else None,
        largest=[text for _, text in sorted(told, reverse=True)],
        what="Bounds of rates",
    )


def _bar(chart: Chart, place: float, values: dict[str, Any]) -> Word:
    """Draw one bar with its line and tick; return its numbers."""
    colours, low, high = chart.colours, values["low"], values["high"]
    lower, upper = values["lower"], values["upper"]
    chart.ax.barh(place, upper - lower, left=lower, height=0.5, color=colours.intensity(5)[2], linewidth=0, zorder=1.5)
    if formatting.known(low) and formatting.known(high):
        for color, lw in ((colours.ground, 2.6), (colours.ink, 1.1)):
            chart.line([low, high], [place, place], color=color, lw=lw, z=3)
    chart.line([values["rate"]] * 2, [place - 0.3, place + 0.3], color=colours.ink, lw=2.2, z=4)
    runs = [Run(f"{formatting.span(lower, upper)}%", colours.ink, SEMIBOLD)]
    if formatting.known(low):
        runs.append(Run(f" {formatting.span(low, high)}", colours.muted))
    right = max(upper, high) if formatting.known(high) else upper
    at_left = right > 0.8
    edge = min(lower, low) if formatting.known(low) else lower
    return Word(
        edge if at_left else right, place, runs, -5 if at_left else 5, 0, "right" if at_left else "left", len(runs) - 1
    )
