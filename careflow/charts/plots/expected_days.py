"""Expected days by state: bars in the colour of the level, in the order of the continuum, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.scale import STAYS
from careflow.charts.data.view import number, read
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import Word, Words
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.palette import intensity, luminance
from careflow.charts.drawing.rich_text import Run, plain
from careflow.charts.drawing.ticks import FitNames, name_axis, scale_axis

if TYPE_CHECKING:
    from careflow.estimate import ExpectedDays

TOTAL: Final = "Total in care"
_OUTSIDE: Final = ("left care", "died", "completed", "left early")


@drawn
def expected_days(
    result: ExpectedDays, *, quarter: str | None = None, outside: bool = False, **options: Unpack[Options]
) -> Axes:
    """Draw how many days people spend at each level, on average, up to the horizon, with the total in care.

    Parameters
    ----------
    result : ExpectedDays
        From :func:`careflow.expected_days`.
    quarter : str, optional
        The period to draw.
    outside : bool
        Also draw the days after leaving care.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.expected_days(cf.expected_days(moves, start="residential", days=90))
    >>> charts.alt_text(chart).split(". ")[0]
    'Expected days by level'
    """
    view = read(result, "ExpectedDays", "expected_days", quarter=quarter, where=options.get("where"))
    chart = Chart("expected_days", view, options, levels=1)
    title = "Expected days at each level of care"
    rows = {str(row["state"]): row for row in view.frame.to_dict("records")}
    order = [name for name in view.levels if name in rows]
    order += [s for s in rows if s not in order and (outside or s not in _OUTSIDE)]
    if not order:
        return chart.nothing(title)
    horizon = getattr(result, "horizon", None) or getattr(result, "days", None)
    within = f" in the {int(horizon)} days after admission" if isinstance(horizon, int) else ""
    hidden = sum(bool(rows[name]["hidden"]) for name in order)
    chart.open(
        title=title,
        subtitle=f"Mean days spent at each level{within}, with {view.ci}. {plain(view.population())}",
        notes=[
            view.size(None),
            view.interval(),
            "Total: all levels of care, without the time between stays.",
            _short_note(rows, order, horizon),
        ],
        masked=hidden,
    )
    return _draw(chart, rows, order)


def _draw(chart: Chart, rows: dict[str, Any], order: list[str]) -> Axes:
    view, colours = chart.view, chart.colours
    values = {name: [number(rows[name][c]) for c in ("days", "low", "high")] for name in order}
    care = [name for name in order if name in view.levels]
    total = float(np.sum([values[name][0] for name in care]))
    names = {name: chart.labels.get(name, name.capitalize()) for name in order}
    tops = [v for value in values.values() for v in value if formatting.known(v)]
    top = max([*tops, total if formatting.known(total) else 0.0, 1.0])
    places = [*map(float, range(len(order))), len(order) + 0.3]
    chart.limits(x=(0, top * 1.02), y=(places[-1] + 0.55, -0.6))
    chart.grid(x=bool(tops), y=False)
    chart.ticks()
    scale_axis(chart.ax.xaxis, STAYS, at_most=6)
    chart.ax.set_xlabel("Days")
    keys = [*order, TOTAL]
    formatter = name_axis(chart.ax.yaxis, keys, places, [*names.values(), TOTAL], chart)
    chart.frame.add(FitNames(formatter, "y", drop=chart.frame.drop))
    chart.ax.axhline(len(order) - 0.35, color=colours.rule, linewidth=0.8 * chart.u, zorder=0.6)
    ramp = dict(zip(view.levels, colours.intensity(len(view.levels)), strict=True))
    words = []
    for place, name in zip(places, order, strict=False):
        value = values[name]
        if bool(rows[name]["hidden"]) or not formatting.known(value[0]):
            words.append(Word(0, place, [Run(_lacking(rows, [name]), colours.muted)], 4, 0, "left"))
            continue
        _bar(chart, place, value, chart.faded(ramp.get(name, colours.mid), name))
        words.append(_figures(chart, place, value))
    if formatting.known(total):
        chart.ax.barh(places[-1], total, height=0.48, color=colours.grey("#4A5158"), zorder=1)
        words.append(Word(total, places[-1], [Run(_figure(total), colours.ink, SEMIBOLD)], 5, 0, "left"))
    else:
        words.append(Word(0, places[-1], [Run(_lacking(rows, care), colours.muted)], 4, 0, "left"))
    chart.frame.add(Words(words))
    ranked = sorted((n for n in order if formatting.known(values[n][0])), key=lambda n: -values[n][0])
    data = pd.DataFrame(
        [(n, *values[n], bool(rows[n]["hidden"])) for n in order], columns=["state", "days", "low", "high", "hidden"]
    )
    return chart.close(
        data=data,
        n=None,
        largest=[f"{names[n]} {_figure(values[n][0])} days" for n in ranked],
        what="Expected days by level",
    )


def _lacking(rows: dict[str, Any], names: Sequence[str]) -> str:
    """Return what stands in place of a missing number made from some rows: suppressed only where one is hidden."""
    return formatting.MASK if any(bool(rows[name]["hidden"]) for name in names) else "not followed"


def _short_note(rows: dict[str, Any], order: Sequence[str], horizon: object) -> str:
    """Return why numbers are missing that are not hidden; empty where none is."""
    missing = any(not rows[name]["hidden"] and not formatting.known(number(rows[name]["days"])) for name in order)
    until = f"{int(horizon)} days" if isinstance(horizon, int) else "so long"
    return f"Not followed: nobody was followed for {until}." if missing else ""


def _bar(chart: Chart, place: float, value: list[float], fill: str) -> None:
    days, low, high = value
    edge: dict[str, Any] = (
        {"edgecolor": intensity(5)[2], "linewidth": 0.6 * chart.u} if luminance(fill) > 0.4 else {"linewidth": 0}
    )
    chart.ax.barh(place, days, height=0.6, color=fill, zorder=1, **edge)
    if formatting.known(low) and formatting.known(high):
        for color, lw in ((chart.colours.ground, 2.6), (chart.colours.ink, 1.1)):
            chart.line([low, high], [place, place], color=color, lw=lw, z=3)


def _figures(chart: Chart, place: float, value: list[float]) -> Word:
    """Return the value of a bar and its interval in print, right of both."""
    days, low, high = value
    ink, muted = chart.colours.ink, chart.colours.muted
    runs, has = [Run(_figure(days), ink, SEMIBOLD)], formatting.known(low) and formatting.known(high)
    if has:
        runs.append(Run(f" {_figure(low)}–{_figure(high)}", muted))
    return Word(max(days, high) if has else days, place, runs, 5, 0, "left", int(has))


def _figure(days: float) -> str:
    return f"{days:.1f}" if days < 10 else formatting.count(days)
