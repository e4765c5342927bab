"""Periods as days: the spans of months, quarters and years, of the calendar or of a fiscal year."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

PERIODS: Final = ("month", "quarter", "year")
MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
ON: Final = "on"
"""The stratum of a count on one day, such as those in care when a period ends."""
_LABEL: Final = re.compile(r"(FY)?(\d{4})(?:-(\d{2})|Q([1-4]))?")


def unit_of(names: Mapping[str, str] | tuple[str, ...]) -> str | None:
    """Return the period among the names of strata, None if there is none."""
    return next((name for name in names if name in PERIODS), None)


def span(label: str, fiscal_start: int | None = None) -> tuple[date, date] | None:
    """Return the first and the last day of a period; None where its label does not determine them.

    Parameters
    ----------
    fiscal_start : int, optional
        The first month of the year: labels of fiscal periods do not tell it.

    Examples
    --------
    >>> span("2025Q2")
    (datetime.date(2025, 4, 1), datetime.date(2025, 6, 30))
    >>> span("FY2026Q1", fiscal_start=7)
    (datetime.date(2025, 7, 1), datetime.date(2025, 9, 30))
    >>> span("FY2026Q1") is None
    True
    """
    found = _LABEL.fullmatch(label)
    if found is None:
        return None
    fiscal, year, month, quarter = found.groups()
    if fiscal and (fiscal_start or 1) == 1:
        return None
    begin = int(year) * 12 - (12 - fiscal_start + 1 if fiscal and fiscal_start else 0)
    first = begin + (int(month) - 1 if month else 3 * (int(quarter) - 1) if quarter else 0)
    length = 1 if month else 3 if quarter else 12
    return _first_day(first), _first_day(first + length) - timedelta(days=1)


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def coarser_period(label: str, unit: str, *, fiscal_start: int | None = None) -> str | None:
    """Return the quarter or year that contains a finer period, None if its label does not determine it.

    Examples
    --------
    >>> coarser_period("2025-05", "quarter"), coarser_period("FY2026Q1", "year")
    ('2025Q2', 'FY2026')
    """
    found = _LABEL.fullmatch(label)
    if found is None:
        return None
    fiscal, name, month, quarter = found.groups()
    if quarter:
        return f"{fiscal or ''}{name}" if unit == "year" else None
    if not month:
        return None
    start = fiscal_start or 1
    year, position = int(name), int(month) - start
    if fiscal_start is not None:
        year += int(position >= 0 and start > 1)
    year_name = f"FY{year}" if fiscal_start is not None else str(year)
    return year_name if unit == "year" else f"{year_name}Q{position % 12 // 3 + 1}"
