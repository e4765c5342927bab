"""Survival curves as charts draw them: a few groups, each on its grid of days that may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.charts.data.competing_risks import LEAST, Cause, Floats, Incidence, guarded_days, risk_at, step_at
from careflow.charts.data.thin import is_thin
from careflow.charts.data.view import View, masked
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.colours import Colours
from careflow.charts.drawing.palette import contrast, mix
from careflow.errors import ArgumentError

MOST: Final = 4
"""Curves that can be told apart."""


@dataclass(frozen=True)
class Group:
    """One curve on its grid of days."""

    name: str
    color: str
    days: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    ended: Floats | None = None
    """How many had ended by each day, where that is known."""
    thin: bool = False
    """Whether the median rests on few stays at risk."""


def groups_of(
    result: Any, chart: Chart, level: str | None, levels: Sequence[str] | None, strata: Sequence[str], horizon: int
) -> tuple[list[Group], list[str]]:
    """Return the curves to draw, and the levels that were left out.

    Parameters
    ----------
    result : LengthOfStay
    chart : Chart
        With the view of the curves.
    level : str, optional
        The one level whose ``strata`` are compared.
    levels : sequence of str, optional
        Which levels are compared; by default those with most stays.
    strata : sequence of str
        Strata of the result, those of its period left out.
    horizon : int
        Days to draw.

    Raises
    ------
    ArgumentError
        If there are more than can be told apart.
    """
    view = chart.view
    frame = view.frame
    if level is not None:
        frame = frame[frame["level"].astype(str) == level]
        key = strata[0] if strata else "level"
        names = list(dict.fromkeys(frame[key].astype(str)))
        if len(names) > MOST:
            raise ArgumentError(
                f"the result has {len(names)} values of {key!r}, and more than {MOST} curves cannot be told apart: "
                f"make it of fewer, or choose one with where={{{key!r}: ...}}"
            )
        ink, grey = chart.colours.ink, chart.colours.grey
        colors = [ink, *map(grey, ("#7C858E", "#A9B1B9", "#4A5158"))] if strata else [ink]
        labels = {name: name if strata else chart.labels[level] for name in names}
    else:
        key = "level"
        size = {name: _size(result, view, name, part) for name, part in frame.groupby(frame[key].astype(str))}
        kept = sorted(size, key=lambda name: -size[name])[:MOST] if levels is None else list(levels)
        if len(kept) > MOST:
            raise ArgumentError(f"kaplan_meier compares up to {MOST} levels, not {len(kept)}")
        names = [name for name in view.levels if name in kept and name in size]
        ramp = dict(zip(view.levels, chart.colours.intensity(len(view.levels)), strict=True))
        colors = [_line(ramp[name], chart.colours) for name in names]
        labels = chart.labels
    groups = {
        name: _group(labels[name], color, frame[frame[key].astype(str) == name].sort_values("day"), horizon, chart)
        for name, color in zip(names, colors, strict=False)
    }
    thin = _thin(result, view, key, level)
    left_out = [labels[name] for name in view.levels if key == "level" and level is None and levels is None
                and name in size and name not in names]  # fmt: skip
    drawn = [
        replace(group, thin=name in thin)
        for name, group in groups.items() if group is not None and len(group.days) > 1
    ]  # fmt: skip
    return drawn, left_out


def _thin(result: Any, view: View, key: str, level: str | None) -> set[str]:
    """Return the groups whose row of the result is marked as thin."""
    table = view.rows_of(masked(result.frame))
    if level is not None:
        table = table[table["level"].astype(str) == level]
    return {str(row[key]) for row in table.to_dict("records") if is_thin(row)}


def _size(result: Any, view: View, name: str, part: pd.DataFrame) -> float:
    """Return how many stays a curve rests on: those at risk, or where that is hidden the ``n`` of the level."""
    if part["at_risk"].notna().any():
        return float(part["at_risk"].max())
    table = view.rows_of(result.frame)
    return float(table.loc[table["level"].astype(str) == name, "n"].sum())


def _line(fill: str, colours: Colours) -> str:
    """Darken a pale violet until a line of it stands out on white; on another ground make it stand out from that."""
    if not colours.plain:
        return colours.mark(fill)
    while contrast(fill, colours.ground) < 2.6:
        fill = mix(fill, "#51458A", 0.1)
    return fill


def _group(name: str, color: str, curve: pd.DataFrame, horizon: int, chart: Chart) -> Group | None:
    curve = curve[curve["survival"].notna()]
    if not len(curve):
        return None
    day, risk = curve["day"].to_numpy(float), curve["at_risk"].to_numpy(float)
    if chart.view.protected:
        kept = day <= horizon
        survival, low, high = (curve[c].to_numpy(float)[kept] for c in ("survival", "low", "high"))
        return Group(name, color, day[kept], survival, low, high, risk[kept])
    enough = day[~(risk < LEAST)]
    if not len(enough):
        return None
    last = min(horizon, int(enough[-1]))
    if last == 0 and curve["survival"].iloc[-1] == 0:
        last = 1  # every stay ended on its first day: the curve falls there and stays at 0
    grid = np.arange(0, last + 1, dtype=float)
    values = [step_at(day, curve[c].to_numpy(float), grid, 1.0) for c in ("survival", "low", "high")]
    at_risk = np.where((grid > day[-1]) & (values[0] == 0), 0.0, risk_at(day, risk, grid))
    events = step_at(day, np.cumsum(curve["events"].to_numpy(float)), grid, 0.0)
    group = Group(name, color, grid, values[0], values[1], values[2], at_risk, events)
    if not chart.external:
        return group
    cause = Cause("", "", 1 - values[0], values[1], values[2], events)
    at = np.array(guarded_days(Incidence(grid, [cause], values[0], at_risk)))
    shown = [value[at] for value in values]
    for value in shown:
        value[0] = 1.0  # the beginning is before any discharge
    return Group(name, color, grid[at], shown[0], shown[1], shown[2], at_risk[at])
