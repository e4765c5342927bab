"""Quarters, months and years of the calendar or of a fiscal year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from careflow.arguments import Argument, constructed, whole

_EPOCH: Final = date(1970, 1, 1).toordinal()
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_check_month: Final = whole(1, 12)
_QUARTER: Final = 92
UNITS: Final = tuple(_MONTHS)
"""The periods that estimates can be split by."""


def unit_of(names: Iterable[str]) -> str | None:
    """Return the unit of periods among the names of strata, None if there is none.

    Examples
    --------
    >>> unit_of(["payer", "quarter"])
    'quarter'
    """
    return next((name for name in names if name in UNITS), None)


def day_number(day: date) -> int:
    """Return the number of days from 1970-01-01 to ``day``, the days of the engine.

    Examples
    --------
    >>> day_number(date(1970, 1, 31))
    30
    """
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the date ``number`` days after 1970-01-01."""
    return date.fromordinal(number + _EPOCH)


def ends_early(last: date, cutoff: date) -> bool:
    """Return whether the last admission or discharge is more than 92 days (a quarter) before the cut-off.

    Examples
    --------
    >>> ends_early(date(2025, 9, 30), date(2025, 12, 31)), ends_early(date(2025, 9, 29), date(2025, 12, 31))
    (False, True)
    """
    return (cutoff - last).days > _QUARTER


@constructed
@dataclass(frozen=True)
class Calendar:
    """Periods of the calendar year, or of a fiscal year that starts in another month.

    Periods are consecutive integers. A fiscal year is named after the calendar
    year in which it ends.

    Parameters
    ----------
    fiscal_start : int
        First month of the year, 1 to 12.

    Examples
    --------
    >>> july = Calendar(fiscal_start=7)
    >>> july.label(july.period(date(2025, 8, 1), "quarter"), "quarter")
    'FY2026Q1'
    >>> july.first(july.period(date(2025, 8, 1), "quarter"), "quarter")
    datetime.date(2025, 7, 1)
    """

    fiscal_start: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "fiscal_start", _check_month(self.fiscal_start, Argument("Calendar", "fiscal_start")))

    def periods(self, days: npt.NDArray[np.int64], unit: str) -> npt.NDArray[np.int64]:
        """Return the period of each day number."""
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
        return (months - (self.fiscal_start - 1)) // _MONTHS[unit]

    def period(self, day: date, unit: str) -> int:
        """Return the period in which a day lies."""
        return int(self.periods(np.array([day_number(day)]), unit)[0])

    def first(self, period: int, unit: str) -> date:
        """Return the first day of a period."""
        month = period * _MONTHS[unit] + self.fiscal_start - 1
        return date(month // 12, month % 12 + 1, 1)

    def last(self, period: int, unit: str) -> date:
        """Return the last day of a period."""
        return day_of(day_number(self.first(period + 1, unit)) - 1)

    def cut(self, period: int, unit: str, start: date | None, cutoff: date) -> bool:
        """Return whether a period is partial: not wholly between ``start`` (if it is known) and ``cutoff``.

        Examples
        --------
        >>> calendar = Calendar()
        >>> first = calendar.period(date(2024, 3, 31), "quarter")
        >>> whole = date(2024, 1, 1), date(2024, 3, 31)
        >>> [calendar.cut(first, "quarter", *days) for days in (whole, (date(2024, 1, 2), whole[1]), (None, whole[1]))]
        [False, True, False]
        """
        return self.last(period, unit) > cutoff or (start is not None and self.first(period, unit) < start)

    def label(self, period: int, unit: str) -> str:
        """Return the name of a period: ``2025Q2``, ``FY2026Q1``, ``2025-04``, ``2025``."""
        if unit == "month":
            return f"{self.first(period, unit):%Y-%m}"
        year, part = divmod(period * _MONTHS[unit], 12)
        name = str(year) if self.fiscal_start == 1 else f"FY{year + 1}"
        return name if unit == "year" else f"{name}Q{part // 3 + 1}"
