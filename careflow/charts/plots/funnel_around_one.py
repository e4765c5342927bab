"""The funnel of observed over expected: each unit by its expected number, against limits around 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.special import ndtri

from careflow import formatting
from careflow.charts.data.scale import Scale
from careflow.charts.data.ticks import COUNT_STEPS
from careflow.charts.data.view import number, read
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends, Word, Words
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, plain
from careflow.charts.drawing.ticks import scale_axis
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import ObservedExpected

LEAST = 11
_CURVE = "#8B939B"
RATIO = Scale("Ratio", formatting.decimal, (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0), np.inf, 1.5)
EXPECTED = Scale("Expected", formatting.count, COUNT_STEPS, np.inf, 5.0)


def funnel_around_one(
    result: ObservedExpected, frm: str | None, to: str | None, quarter: str | None, limits: Sequence[float],
    options: Options,
) -> Axes:  # fmt: skip
    """Draw observed over expected by the expected number; see :func:`careflow.charts.funnel`.

    Raises
    ------
    ArgumentError
        If the level or outcome is not there, or several are and none is named.
    """
    unit = result.unit
    view = read(result, "ObservedExpected", "funnel", quarter=quarter, where=options.get("where"), keep=[unit])
    rows = view.frame
    for column, name, value in (("from", "frm", frm), ("to", "to", to)):
        there = list(dict.fromkeys(rows[column].astype(str)))
        chosen = there[0] if value is None and len(there) == 1 else value
        if chosen not in there:
            raise ArgumentError(f"say which: {name}= one of {', '.join(map(repr, there))}")
        rows = rows[rows[column].astype(str) == chosen]
    frm, to = str(rows["from"].iloc[0]), str(rows["to"].iloc[0])
    chart = Chart("funnel", view, options, levels=1)
    left, goal = chart.labels.get(frm, frm), chart.labels.get(to, to)
    title = f"Observed over expected, {left} to {goal}, by {unit}"
    rows = rows[rows["hidden"] | (rows["of"] != 0)]  # a unit that nobody left has nothing to be compared
    small = rows["observed"].between(1, LEAST - 1) | (rows["of"] < LEAST) | rows["ratio"].isna() | rows["hidden"]
    shown, few = rows[~small], int(small.sum())
    if len(shown) < 2:
        return chart.nothing(
            title, f"Too few by {unit} with 11 or more observed", n=number(rows["of"].sum(skipna=False))
        )
    inner, outer = sorted(limits)
    sets = view.rows_of(result.dispersion)
    of_set = sets[(sets["from"].astype(str) == frm) & (sets["to"].astype(str) == to)].iloc[0]
    phi = max(number(of_set["phi"]), 1.0)
    over = formatting.listing(list(result.over))
    chart.open(
        title=title,
        subtitle=f"Observed over expected number if each {plain(over)} had the rate of all together, against "
        f"{inner * 100:g}% and {outer * 100:g}% limits around 1. {plain(view.population())}",
        notes=[
            f"n = {formatting.count(shown['of'].sum())} {view.unit}, {len(shown)} by {unit}.",
            f"Limits: normal{f', widened for over-dispersion (φ = {phi:.1f})' if phi > 1 else ''}.",
            f"By chance alone {number(of_set['expected_false']):.1g} of {int(of_set['units'])} would lie outside.",
            f"{few} with 1–10 observed, or suppressed, not drawn." if few else "",
        ],
        masked=int(rows["hidden"].sum()),
    )
    return _draw(chart, shown, unit, (inner, outer), phi)


def _draw(chart: Chart, shown: pd.DataFrame, unit: str, limits: tuple[float, float], phi: float) -> Axes:
    expected, ratio, z = (shown[name].to_numpy(float) for name in ("expected", "ratio", "z"))
    # The variance of O is a little less than E: a share of it that is the same along the curves.
    shrink = float(np.nanmedian(np.where(z != 0, ((ratio - 1) * np.sqrt(expected) / np.where(z != 0, z, 1)), np.nan)))
    shrink = shrink if np.isfinite(shrink) else 1.0
    out = np.abs(z) > ndtri((1 + limits[1]) / 2) * np.sqrt(phi)
    most = float(expected.max()) * 1.05
    sizes = np.geomspace(max(float(expected.min()) * 0.8, 1.0), most, 160)
    curves = {level: ndtri((1 + level) / 2) * np.sqrt(phi) * shrink / np.sqrt(sizes) for level in limits}
    top = max(float(ratio.max()) * 1.12, 1 + float(np.quantile(curves[limits[1]], 0.8)))
    chart.limits(x=(0, most), y=(0, top))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, RATIO, at_most=6)
    scale_axis(chart.ax.xaxis, EXPECTED, at_most=6)
    chart.ax.set_xlabel("Expected number")
    colours = chart.colours
    chart.ax.axhline(1, color=colours.ink, linewidth=1.2 * chart.u, zorder=2)
    for level, dash in zip(limits, ((3.2, 2.0), None), strict=True):
        for sign in (-1, 1):
            curve = np.clip(1 + sign * curves[level], 0, None)
            chart.line(sizes, curve, color=colours.grey(_CURVE), lw=1.1, dash=dash, z=1.5)
    chart.dots(expected[~out], ratio[~out], size=7.4, color=colours.outline, z=3)
    chart.dots(expected[out], ratio[out], size=7.8, color=colours.ink, z=4)
    ends = [End(1.0, [Run("As expected", colours.ink, SEMIBOLD)], colours.ink)]
    ends += [End(1 + float(curves[level][-1]), [Run(f"{level * 100:g}% limit", colours.muted)], colours.muted)
             for level in limits]  # fmt: skip
    chart.frame.add(Ends(ends, leader=False))
    chart.frame.add(Words(_names(chart, shown[out], unit, most)))
    ranked = shown.nlargest(3, "ratio")
    keep = [unit, "observed", "expected", "ratio", "low", "high", "z", "hidden"]
    return chart.close(
        data=shown[keep].assign(outside=out),
        n=float(shown["of"].sum()),
        largest=[f"{row[unit]} {row['ratio']:.2f}" for _, row in ranked.iterrows()],
        what=f"Funnel around 1, {int(out.sum())} of {len(shown)} outside the {limits[1] * 100:g}% limits",
    )


def _names(chart: Chart, outside: pd.DataFrame, unit: str, most: float) -> list[Word]:
    words = []
    for row in outside.to_dict("records"):
        x: Any = row["expected"]
        left = x > 0.75 * most
        runs = [Run(f"{row[unit]}  {row['ratio']:.2f}", chart.colours.ink, SEMIBOLD)]
        words.append(Word(x, row["ratio"], runs, -7 if left else 7, 0, "right" if left else "left"))
    return words
