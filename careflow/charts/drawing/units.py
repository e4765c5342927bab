"""Axes in real units: periods, dates and levels, how they are converted, ticked and printed."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axis import Axis, XAxis, YAxis
from matplotlib.ticker import Formatter, Locator, TickHelper
from matplotlib.units import ConversionInterface
from numpy.typing import NDArray

from careflow import formatting
from careflow.arguments.folding import label_among
from careflow.arguments.messages import brief, hint
from careflow.arguments.periods import Span, Spelled, read_period
from careflow.continuum import Continuum
from careflow.counts.calendar import Calendar
from careflow.counts.period_labels import period_number
from careflow.errors import ArgumentError
from careflow.estimate.select import name_among

Floats = NDArray[np.float64]
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
    def of(cls, names: Sequence[str], calendar: Calendar) -> Periods:
        """Read the names that a calendar gives its periods.

        Examples
        --------
        >>> [day_said(day) for day in Periods.of(["FY2026Q1"], Calendar(fiscal_start=7)).start]
        ['2025-07-01']
        """
        spans = [_span(name, calendar) for name in names]
        start, end = (np.array([span[i] for span in spans], dtype=float) for i in (0, 1))
        return cls(list(names), start, end)

    @property
    def middle(self) -> Floats:
        """Where the periods stand."""
        return (self.start + self.end) / 2

    def at(self, day: float) -> int | None:
        """Return the place of the period that a day lies in."""
        places = np.flatnonzero((self.start <= day) & (day < self.end))
        return int(places[0]) if len(places) else None


class _Converter(ConversionInterface):
    """Converts values one by one; numbers are places on the axis already."""

    # The interface says that this is static; matplotlib calls it on the converter of the axis.
    def convert(self, value: Any, unit: Any, axis: Any) -> Any:  # type: ignore[override]
        """Return the places of one value, or of many."""
        if isinstance(value, (str, pd.Period)) or not isinstance(value, Iterable):
            return self._place(value)
        return np.array([self._place(each) for each in value], dtype=float)

    @staticmethod
    def default_units(x: Any, axis: Any) -> None:
        """Return nothing: there is one unit."""

    @staticmethod
    def axisinfo(unit: Any, axis: Any) -> None:
        """Return nothing: ticks are set with the chart."""

    def _place(self, value: Any) -> float:
        return float(value) if isinstance(value, (int, float, np.number)) else self._one(value)

    @abstractmethod
    def _one(self, value: Any) -> float:
        """Return the place of what is no number."""


class DateConverter(_Converter):
    """A period is its middle, a date is itself; numbers are days as matplotlib counts them.

    Parameters
    ----------
    calendar : Calendar
        Whose periods stand on the axis: with fiscal years a quarter or a year is written with FY.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DateConverter) and other.calendar == self.calendar

    def __hash__(self) -> int:
        return hash(self.calendar)

    def _one(self, value: Any) -> float:
        if isinstance(value, pd.Period) or isinstance(read_period(value), Spelled):
            return sum(_span(value, self.calendar)) / 2
        return place_of(pd.Timestamp(value).to_pydatetime())


class LevelConverter(_Converter):
    """Any accepted spelling of a level is its place on the axis."""

    def __init__(
        self, names: Sequence[str], places: Sequence[float], labels: Sequence[str], continuum: Continuum
    ) -> None:
        self.places, self.continuum = dict(zip(names, places, strict=True)), continuum
        self.labels = dict(zip(labels, names, strict=False))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LevelConverter) and other.places == self.places

    def __hash__(self) -> int:
        return hash(tuple(self.places))

    def _one(self, value: Any) -> float:
        name = name_among(value, self.places, self.continuum)
        if name is None and (label := label_among(value, self.labels)) is not None:
            name = self.labels[label]
        if name is None:
            there = ", ".join(map(repr, self.places))
            raise ArgumentError(f"no {brief(value)} on this axis{hint(value, self.places)}; there are {there}")
        return float(self.places[name])


def convert_with(axis: Axis, converter: ConversionInterface) -> None:
    """Let an axis take periods or levels, unless it takes something already."""
    present = axis.get_converter()
    if present is None:
        axis.set_converter(converter)


def axis_of(ticks: TickHelper) -> XAxis | YAxis:
    """Return the axis that a locator or a formatter was set on."""
    return cast(XAxis | YAxis, ticks.axis)


def length(axis: XAxis | YAxis) -> float:
    """Return how long an axis is, in points."""
    box, figure = axis.axes.bbox, axis.get_figure(root=True)
    assert figure is not None
    return float((box.height if axis.axis_name == "y" else box.width) / figure.dpi * 72)


def label_size(axis: Axis, size: float = 10.0) -> float:
    """Return the type size of the labels of an axis, in points; ``size`` where it has no ticks yet."""
    return float(axis.majorTicks[0].label1.get_fontsize()) if axis.majorTicks else size


@dataclass
class PeriodTicks:
    """Ticks of periods: each of them, or the firsts of years, by what is in view and how wide that is."""

    periods: Periods
    size: float
    starts: bool = False
    """Ticks stand where periods begin, and not at their middles."""
    texts: dict[float, str] = field(default_factory=dict)

    def lay_out(self, axis: XAxis | YAxis) -> list[float]:
        """Choose ticks for what is in view."""
        low, high = sorted(axis.get_view_interval())
        middle = self.periods.start if self.starts else self.periods.middle
        shown = np.flatnonzero((middle >= low) & (middle <= high))
        wide = length(axis)
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
            year, part = match[1], match[2] if quarter else formatting.MONTHS[int(match[2]) - 1][:3]
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
        return self.ticks.lay_out(axis_of(self))

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
        return day_said(value)


def day_said(day: float) -> str:
    """Print a day as matplotlib counts them.

    >>> day_said(0.0)
    '1970-01-01'
    """
    at: datetime = dates.num2date(day)  # type: ignore[no-untyped-call]
    return at.date().isoformat()


def _span(period: object, calendar: Calendar) -> tuple[float, float]:
    """Return the day on which a period begins, and the day after it."""
    spelled = read_period(period)
    if isinstance(spelled, Spelled):
        number = period_number(period, spelled.unit, calendar)
        spelled = Span(calendar.first(number, spelled.unit), calendar.last(number, spelled.unit))
    if spelled is None:
        raise ArgumentError(f"{brief(period)} is no quarter, month or year")
    return place_of(spelled.first), place_of(spelled.last + timedelta(days=1))


def place_of(day: date) -> float:
    """Return the place of a date on an axis: its number of days as matplotlib counts them.

    >>> place_of(date(1970, 1, 2))
    1.0
    """
    return float(dates.date2num(day))  # type: ignore[no-untyped-call]
