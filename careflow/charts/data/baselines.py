"""Baselines of control charts: which periods set the limits of which, and the limits of each period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.control_limits import signals
from careflow.charts.data.view import View
from careflow.counts.period_labels import period_among
from careflow.errors import ArgumentError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Baseline = int | tuple[str, str]
"""How many periods from the first set the limits, or the first and the last of those that do."""
MakeLimits = Callable[[slice, slice], tuple[float, Any, Any]]
"""Returns mean and limits of a stage, from the periods of the stage and, among these, of its baseline."""

FALSE: Final = 0.0027
"""The chance that a point of an unchanged process lies outside 3 sigma."""


@dataclass(frozen=True)
class Stage:
    """Periods with limits of their own, and those among them that set the limits (places from the first of all)."""

    periods: slice
    base: slice


@dataclass(frozen=True)
class Limits:
    """Mean and limits of each period, the stages, which periods are left out, and the rule in words."""

    mean: Floats
    low: Floats
    high: Floats
    stages: tuple[Stage, ...]
    excluded: Bools
    rule: str

    def judged(self, value: Floats) -> tuple[Bools, list[tuple[int, int]]]:
        """Return which points break a rule, and the runs, each within a stage; points left out are not judged."""
        broken, runs = np.zeros(len(value), dtype=bool), []
        for stage in self.stages:
            part, first = stage.periods, stage.periods.start
            kept = np.where(self.excluded[part], np.nan, value[part])
            broken[part], found = signals(kept, float(self.mean[first]), self.low[part], self.high[part])
            runs += [(begin + first, end + first) for begin, end in found]
        return broken, runs


def stages_of(
    view: View, order: Sequence[str], baseline: Baseline, rebase: Sequence[str], exclude: Sequence[str]
) -> tuple[tuple[Stage, ...], Bools]:
    """Return the stages of a chart and which periods are left out.

    Raises
    ------
    ArgumentError
        If a period is not there, or a baseline is not within the first stage.
    """
    unit = view.period or "quarter"

    def place(name: str) -> int:
        return list(order).index(str(period_among(name, list(order), unit, view.about.calendar)))

    starts = sorted({0, *(place(name) for name in _several(rebase))})
    ends = [*starts[1:], len(order)]
    stages = []
    for first, end in zip(starts, ends, strict=True):
        base = slice(first, min(first + baseline, end) if isinstance(baseline, int) else end)
        if not isinstance(baseline, int) and first == 0:
            begin, last = (place(name) for name in baseline)
            if not first <= begin <= last < end:
                raise ArgumentError("baseline= is a first and a last period, both before the first of rebase=")
            base = slice(begin, last + 1)
        stages.append(Stage(slice(first, end), base))
    excluded = np.zeros(len(order), dtype=bool)
    excluded[[place(name) for name in _several(exclude)]] = True
    return tuple(stages), excluded


def limits_of(stages: tuple[Stage, ...], excluded: Bools, make: MakeLimits, rule: str) -> Limits:
    """Return the limits of every period, stage by stage."""
    mean, low, high = (np.full(len(excluded), np.nan) for _ in range(3))
    for stage in stages:
        first = stage.periods.start
        base = slice(stage.base.start - first, stage.base.stop - first)
        mean[stage.periods], low[stage.periods], high[stage.periods] = make(stage.periods, base)
    return Limits(mean, low, high, stages, excluded, rule)


def baseline_words(limits: Limits, order: Sequence[str], unit: str) -> str:
    """Return which periods set the limits: ``Limits set on the first 8 quarters``."""
    first = limits.stages[0].base
    again = [formatting.period(order[stage.periods.start]) for stage in limits.stages[1:]]
    if first.start == 0:
        words = f"Limits set on the first {first.stop} {unit}s"
    else:
        words = f"Limits set on {formatting.period(order[first.start])} – {formatting.period(order[first.stop - 1])}"
    return words + (f", and anew from {formatting.listing(again)}" if again else "")


def false_alarms(limits: Limits, value: Floats) -> str:
    """Return how many points would lie outside by chance alone, in words."""
    n = int((np.isfinite(value) & ~limits.excluded).sum())
    return f"By chance alone about {n * FALSE:.1g} of {n} points would lie outside."


def _several(names: Sequence[str]) -> Sequence[str]:
    return (names,) if isinstance(names, str) else names
