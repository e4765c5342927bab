"""The comparison: what differs between two periods or groups, a dot and an interval a row, both rates at the right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.differences import Difference, Differences, differences_of
from careflow.charts.data.scale import DAYS, INTENSITY, SHARE, Scale
from careflow.charts.data.thin import MARK, thin_note
from careflow.charts.data.time_series import words_for
from careflow.charts.data.transitions import OUTCOME_NAMES
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import Word, Words
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import LEADING, SEMIBOLD
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, cut, plain
from careflow.charts.drawing.ticks import FitNames, Printed, Steps, name_axis, slot_width

if TYPE_CHECKING:
    from careflow.estimate import Comparison, StayComparison

_SIGN: Final = 0.9
"""How far above the first row the names of both sides stand, in rows."""


@drawn
def comparison(
    result: Comparison | StayComparison, *, frm: str | None = None, to: str | None = None, top: int = 12,
    **options: Unpack[Options],
) -> Axes:  # fmt: skip
    """Draw how much rates or lengths of stay differ between two periods, or two groups, with intervals.

    A row is a move, an outcome or a level, in the order of the continuum: a dot at the difference (second less first),
    its interval, a line at 0, and at the right both numbers. What is not 0 after the correction for all rows is in
    ink, the rest in grey; a hidden row is ``s``. The x axis has shares (0.05 is 5 percentage points), moves per 100
    person-days, or days.

    Parameters
    ----------
    result : Comparison or StayComparison
        From ``rates.compare(...)`` or ``stays.compare(...)``.
    frm, to : str, optional
        Only rows of that level left; only those to that level, outcome or direction.
    top : int
        The most rows: those with the smallest p value are kept.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.comparison(cf.transition_rates(moves, by="year").compare("2023", "2024"), frm="residential")
    >>> chart.careflow.title
    'Transitions from Residential within 30 days: 2024 against 2023'
    """
    found = differences_of(result, frm, to, top, options.get("where"))
    chart = Chart("comparison", found.view, options, levels=1)
    first, second = found.names
    title = _title(chart, found, frm, to)
    if not found.rows:
        return chart.nothing(title, "Nobody on one of the two sides" if found.absent else "No rows", n=found.n)
    hollow = "" if all(one.mature for one in found.rows) else "Hollow: not mature on both sides, will change."
    ranked = "with the smallest p values" if found.tests else "with the largest differences"
    chart.open(
        title=title,
        subtitle=f"{plain(second)} less {plain(first)}, {_unit(found.scale)}, with {found.view.ci}; "
        f"{_test(found)}. {plain(found.view.population())}",
        notes=[
            f"n = {formatting.count(found.n)} {found.view.unit} on both sides." if formatting.known(found.n) else "",
            found.view.interval(),
            f"{len(found.rows)} rows {ranked} of {len(found.rows) + found.more}." if found.more else "",
            f"{found.absent} with nobody on one side not drawn." if found.absent else "",
            hollow,
            thin_note(found.view) if any(one.thin for one in found.rows) else "",
        ],
        masked=sum(one.hidden for one in found.rows),
    )
    names = _Names(chart, frm, to)
    _axes(chart, found, names)
    _marks(chart, found)
    chart.frame.add(_Sides(found))
    largest = sorted((one for one in found.rows if formatting.known(one.value)), key=lambda one: -abs(one.value))
    return chart.close(
        data=_data(found),
        n=found.n,
        largest=[f"{names.of(one)} {signed(found.scale, one.value, unit=True)}" for one in largest],
        what=f"Differences, {sum(one.clear for one in found.rows)} of {len(found.rows)} not 0 after correction",
    )


def signed(scale: Scale, value: float, *, unit: bool = False) -> str:
    """Return a difference in print: ``+5``, ``−3``; shares in percentage points.

    >>> signed(SHARE, -0.034), signed(DAYS, 2.0, unit=True), signed(SHARE, 0.0)
    ('−3', '+2 days', '0')
    """
    if scale is INTENSITY:
        text, words = f"{abs(value):.2f}", "per 100 person-days"
    else:
        amount = abs(value) * (100 if scale is SHARE else 1)
        text, words = formatting.count(amount), "points" if scale is SHARE else "days"
        text = f"{amount:.1f}" if 0 < amount < 0.95 else text
    sign = "" if not float(text.replace(",", "")) else "−" if value < 0 else "+"
    return f"{sign}{text}{f' {words}' if unit else ''}"


def _ticks(scale: Scale, values: Sequence[float]) -> list[str]:
    return [signed(scale, value) for value in values]


def _unit(scale: Scale) -> str:
    return {SHARE.name: "percentage points", DAYS.name: "days"}.get(scale.name, "moves per 100 person-days")


def _test(found: Differences) -> str:
    if not found.tests:
        return "no test, so none is in ink"
    rows = f" for all {found.tests} rows" if found.tests > 1 else ""
    return f"in ink: not 0 after correction{rows}"


def _title(chart: Chart, found: Differences, frm: str | None, to: str | None) -> str:
    labels, within = chart.labels, f" within {found.view.within} days" if found.view.within else ""
    what = found.what
    if found.what == "Transitions":
        goal = "" if to is None else f"moved to {labels[to]}" if to in labels else words_for(to)
        what = f"{goal[:1].upper()}{goal[1:]}" if goal else "Transitions"
        what = f"{what}{f' from {labels[frm]}' if frm else ''}{within}"
    elif frm:
        what = f"{what}, {labels[frm]}"
    return f"{what}: {found.names[1]} against {found.names[0]}"


class _Names:
    """What the rows are called: by what differs between them."""

    def __init__(self, chart: Chart, frm: str | None, to: str | None) -> None:
        self.labels, self.frm, self.to = chart.labels, frm, to

    def key(self, one: Difference) -> str:
        """Return the name that places a row on the axis."""
        if not one.to or self.to is not None:
            return one.frm
        return one.to if self.frm is not None else f"{one.frm} to {one.to}"

    def of(self, one: Difference) -> str:
        """Return the name of a row."""
        frm = self.labels[one.frm]
        if not one.to or self.to is not None:
            return frm
        goal = self.labels.get(one.to, OUTCOME_NAMES.get(one.to, one.to))
        if self.frm is not None:
            return goal if one.to in self.labels else goal[:1].upper() + goal[1:]
        return f"{frm} to {goal}" if one.to in self.labels else f"{frm}: {goal}"


def _axes(chart: Chart, found: Differences, names: _Names) -> None:
    rows, scale = found.rows, found.scale
    ends = np.array([[one.value, one.low, one.high] for one in rows], dtype=float)
    ends = ends[np.isfinite(ends)]
    low, high = (min(float(ends.min()), 0.0), max(float(ends.max()), 0.0)) if len(ends) else (0.0, 0.0)
    if high - low <= 0:
        low, high = -scale.least, scale.least
    edge = 0.05 * (high - low)
    chart.limits(x=(low - edge, high + edge), y=(len(rows) - 0.4, -_SIGN - 0.45))
    chart.grid(x=True, y=False)
    chart.ticks()
    axis = chart.ax.xaxis
    axis.set_major_locator(Steps(scale.steps, at_most=6, room=34))
    axis.set_major_formatter(Printed(partial(signed, scale, unit=True), partial(_ticks, scale)))
    unit = _unit(scale)
    chart.ax.set_xlabel(f"{unit[:1].upper()}{unit[1:]}")
    formatter = name_axis(
        chart.ax.yaxis, [names.key(one) for one in rows], [float(i) for i in range(len(rows))],
        [names.of(one) for one in rows], chart,
        color=[chart.colours.ink if one.clear else chart.colours.muted for one in rows],
    )  # fmt: skip
    chart.frame.add(FitNames(formatter, "y", first=[one.clear for one in rows], drop=chart.frame.drop))
    chart.ax.axvline(0.0, color=chart.colours.ink, linewidth=0.9 * chart.u, zorder=1.5)


def _marks(chart: Chart, found: Differences) -> None:
    colours, words = chart.colours, []
    for place, one in enumerate(found.rows):
        color = colours.ink if one.clear else colours.outline
        color = chart.faded(color, one.frm, one.to, (one.frm, one.to))
        if one.hidden:
            words.append(Word(0.0, place, [Run(formatting.MASK, colours.muted)], 5, 0, "left"))
            continue
        if formatting.known(one.low) and formatting.known(one.high):
            chart.line([one.low, one.high], [place, place], color=color, lw=1.6, z=3)
        if one.mature:
            chart.dots([one.value], [place], size=7.4, color=color, z=4)
        else:
            chart.dots([one.value], [place], size=6.6, color=colours.ground, edge=color, lw=1.4, z=4)
        if one.thin:
            words.append(Word(one.value, place - 0.36, [Run(MARK, colours.muted)], 0, 0, "center", 1))
    chart.frame.add(Words(words))


class _Sides:
    """Sets both numbers of each row at its right, under the names of both sides."""

    def __init__(self, found: Differences) -> None:
        self.rows, self.scale, self.names = found.rows, found.scale, found.names

    def __call__(self, canvas: LayerCanvas) -> Box:
        """Draw the numbers of the rows in view, where rows are far enough apart; their room is taken in any case."""
        t, u, box = canvas.theme, canvas.u, canvas.box
        ink, muted = canvas.colours.ink, canvas.colours.muted
        room, names = 0.25 * slot_width(canvas), " → ".join(self.names)
        lines = [(-_SIGN, Run(cut(names, t.body, room, t.family, SEMIBOLD), muted, SEMIBOLD))]
        for place, one in enumerate(self.rows):
            figures = " → ".join(_figure(self.scale, side) for side in one.sides)
            lines.append((float(place), Run(formatting.MASK if one.hidden else figures, ink if one.clear else muted)))
        pitch, x = _pitch(canvas), box.x1 + 8 * u
        size = t.body if pitch >= t.body * LEADING else t.small
        for y, run in lines:
            if canvas.sees(y=y) and pitch >= t.small * LEADING:
                canvas.runs(x, middle(canvas.at(0, y)[1], size), [run], size=size)
        wide = max(canvas.wide(run.text, t.body, run.weight) for _, run in lines)
        return Box(box.x0, box.y0, x + wide, box.y1)


def _pitch(canvas: LayerCanvas) -> float:
    """Return how far apart rows are, in points."""
    return abs(canvas.at(0, 1)[1] - canvas.at(0, 0)[1])


def _figure(scale: Scale, value: float) -> str:
    return "–" if not formatting.known(value) else scale.figure(value).removesuffix(" days").removesuffix(" day")


def _data(found: Differences) -> pd.DataFrame:
    columns = ["from", "to", "difference", "low", "high", "first", "second", "clear", "hidden", "mature"]
    rows = [
        (one.frm, one.to, one.value, one.low, one.high, *one.sides, one.clear, one.hidden, one.mature)
        for one in found.rows
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.rename(columns={"from": "level"}).drop(columns="to") if not any(table["to"]) else table
