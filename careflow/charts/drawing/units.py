"""Axes in real units: periods, dates and levels, how they are converted, ticked and printed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, Locator
from matplotlib.units import ConversionInterface
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.spelling import level_named, period_named

Floats = NDArray[np.float64]
_FISCAL: Final = re.compile(r"^FY")
_EMS: Final = 3.4
"""Room that a tick of one quarter needs, in type sizes."""


@dataclass(frozen=True)
class Periods:
    """Periods on an axis of dates: where each begins and ends, as matplotlib counts days.

    Attributes
    ----------
    names : list of str
        As the result has them, in order.
    start, end : array of float
    """

    names: list[str]
    start: Floats
    end: Floats

    @classmethod
    def of(cls, names: Sequence[str]) -> Periods:
        """Read the names; those of fiscal years stand at the dates of calendar years of that name."""
        periods = [period_named(_FISCAL.sub("", name)) for name in names]
        if any(period is None for period in periods):
            places = np.arange(len(names), dtype=float)
            return cls(list(names), places - 0.5, places + 0.5)
        known = [period for period in periods if period is not None]
        start = dates.date2num([period.start_time.to_pydatetime() for period in known])
        end = dates.date2num([(period + 1).start_time.to_pydatetime() for period in known])
        return cls(list(names), np.asarray(start, dtype=float), np.asarray(end, dtype=float))

    @property
    def middle(self) -> Floats:
        """Where the periods stand."""
        return (self.start + self.end) / 2

    def at(self, day: float) -> int | None:
        """Return the place of the period that a day lies in."""
        places = np.flatnonzero((self.start <= day) & (day < self.end))
        return int(places[0]) if len(places) else None


class DateConverter(ConversionInterface):
    """A period is its middle, a date is itself; numbers are days as matplotlib counts them."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.places = {name: float(x) for name, x in zip(names, Periods.of(names).middle, strict=True)} if names else {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DateConverter)

    def __hash__(self) -> int:
        return hash(DateConverter)

    def convert(self, value: Any, unit: Any, axis: Any) -> Any:
        """Return numbers for dates and periods."""
        return _each(self._one, value)

    def default_units(self, x: Any, axis: Any) -> None:
        """Return nothing: there is one unit."""

    def axisinfo(self, unit: Any, axis: Any) -> None:
        """Return nothing: ticks are set with the chart."""

    def _one(self, value: Any) -> float:
        if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
            return float(value)
        if value in self.places if isinstance(value, str) else False:
            return self.places[value]
        period = period_named(value) if isinstance(value, (str, pd.Period)) else None
        if period is not None:
            after = (period + 1).start_time
            return float(dates.date2num((period.start_time + (after - period.start_time) / 2).to_pydatetime()))
        return float(dates.date2num(pd.Timestamp(value).to_pydatetime()))


class LevelConverter(ConversionInterface):
    """Any accepted spelling of a level is its place on the axis."""

    def __init__(self, names: Sequence[str], places: Sequence[float], labels: Sequence[str]) -> None:
        self.places = dict(zip(names, places, strict=True))
        self.labels = dict(zip(names, labels, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LevelConverter) and other.places == self.places

    def __hash__(self) -> int:
        return hash(tuple(self.places))

    def convert(self, value: Any, unit: Any, axis: Any) -> Any:
        """Return the places of levels."""
        return _each(self._one, value)

    def default_units(self, x: Any, axis: Any) -> None:
        """Return nothing: there is one unit."""

    def axisinfo(self, unit: Any, axis: Any) -> None:
        """Return nothing: ticks are set with the chart."""

    def _one(self, value: Any) -> float:
        if isinstance(value, (int, float, np.number)):
            return float(value)
        return float(self.places[level_named(str(value), list(self.places), self.labels.__getitem__)])


def convert_with(axis: Axis, converter: ConversionInterface) -> None:
    """Let an axis take periods or levels, unless it takes something already."""
    present = axis.get_converter()
    if present is None:
        axis.set_converter(converter)


@dataclass
class PeriodTicks:
    """Ticks of periods: each of them, or the firsts of years, by what is in view and how wide that is."""

    periods: Periods
    size: float
    starts: bool = False
    """Ticks stand where periods begin, and not at their middles."""
    texts: dict[float, str] = field(default_factory=dict)

    def lay_out(self, axis: Axis) -> list[float]:
        """Choose ticks for what is in view."""
        low, high = sorted(axis.get_view_interval())
        middle = self.periods.start if self.starts else self.periods.middle
        shown = np.flatnonzero((middle >= low) & (middle <= high))
        figure = axis.get_figure(root=True)
        wide = axis.axes.bbox.width / figure.dpi * 72
        names = [self.periods.names[i] for i in shown]
        if len(names) and wide / len(names) >= _EMS * self.size and len(names) <= 16:
            texts = _all_of(names)
        else:
            texts = _thinned(formatting.ticks(names), wide / (4.2 * self.size)) if names else {}
        self.texts = {float(middle[shown[i]]): text for i, text in texts.items()}
        return list(self.texts)


def _all_of(names: Sequence[str]) -> dict[int, str]:
    """Return a text for each period: its part of the year, and the year under the first of it."""
    out, before = {}, ""
    for i, name in enumerate(names):
        quarter = re.match(r"^(.*?)-?(Q\d)$", name)
        month = re.match(r"^(\d{4})-(\d\d)$", name)
        if quarter or month:
            match = quarter or month
            assert match is not None
            year, part = match[1], match[2] if quarter else formatting.MONTHS[int(match[2]) - 1]
            out[i] = f"{part}\n{year}" if year != before else part
            before = year
        else:
            out[i] = name
    return out


def _thinned(ticks: Sequence[tuple[int, str]], room: float) -> dict[int, str]:
    every = max(math.ceil(len(ticks) / max(room, 1.0)), 1)
    return dict(ticks[::every])


class PeriodLocator(Locator):
    """Places the ticks of periods."""

    def __init__(self, ticks: PeriodTicks) -> None:
        self.ticks = ticks

    def __call__(self) -> list[float]:
        """Return the ticks in view."""
        return self.ticks.lay_out(self.axis)

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return where the periods between two days stand."""
        return [float(x) for x in self.ticks.periods.middle if vmin <= x <= vmax]


class PeriodFormatter(Formatter):
    """Prints the ticks of periods, and the period under the pointer."""

    def __init__(self, ticks: PeriodTicks) -> None:
        self.ticks = ticks

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Print a tick; a day that has none as its period."""
        return self.ticks.texts.get(float(x), "") if self.ticks.texts else self.format_data_short(x)

    def format_data_short(self, value: float) -> str:
        """Print the period that a day lies in, or the day."""
        place = self.ticks.periods.at(value)
        if place is not None:
            return formatting.period(self.ticks.periods.names[place]).replace("\u00a0", " ")
        return str(dates.num2date(value).date())


def _each(one: Callable[[Any], float], value: Any) -> Any:
    if isinstance(value, (str, pd.Period)) or not isinstance(value, Iterable):
        return one(value)
    return np.array([one(each) for each in value], dtype=float)
