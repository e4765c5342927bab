"""How the values of a measure are printed, and where their axis ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from careflow import formatting
from careflow.charts.data.ticks import COUNT_STEPS, SHARE_STEPS, shares


@dataclass(frozen=True)
class Scale:
    """One kind of values.

    Attributes
    ----------
    name : str
        What a value is called: ``"Rate"``.
    figure : callable
        Print one value.
    steps : tuple of float
        Between ticks.
    most : float
        The largest value that can be.
    least : float
        Where the axis ends if all values are 0 and have no interval.
    """

    name: str
    figure: Callable[[float], str]
    steps: tuple[float, ...]
    most: float
    least: float

    def span(self, low: float, high: float) -> str:
        """Print an interval, empty if a limit is missing."""
        if not (formatting.known(low) and formatting.known(high)):
            return ""
        if self.most == 1:
            return formatting.span(low, high)
        print_ = formatting.decimal if self.figure is formatting.decimal else formatting.count
        return f"{print_(low)}–{print_(high)}"

    def ticks(self, values: Sequence[float]) -> list[str]:
        """Print the ticks of the axis."""
        if self.most == 1:
            return shares(values)
        return [formatting.count(value) if value == int(value) else f"{value:.10g}" for value in values]


_FINE: Final = tuple(float(f"{m}e{p}") for p in range(-3, 3) for m in (1, 2, 5))

SHARE: Final = Scale("Rate", formatting.percent, SHARE_STEPS, 1.0, 0.05)
DAYS: Final = Scale("Median", formatting.days, COUNT_STEPS, math.inf, 5.0)
STAYS: Final = Scale("Average", formatting.count, COUNT_STEPS, math.inf, 5.0)
PEOPLE: Final = Scale("People", formatting.count, COUNT_STEPS, math.inf, 5.0)
INTENSITY: Final = Scale("Intensity", formatting.decimal, _FINE, math.inf, 0.1)
