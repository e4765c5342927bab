"""Periods as days, by their labels: the spans of months, quarters and years, of the calendar or of a fiscal year."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Final

from careflow.counts.calendar import Calendar
from careflow.counts.period_labels import period_number

ON: Final = "on"
"""The stratum of a count on one day, such as those in care when a period ends."""
_LABEL: Final = re.compile(r"(FY)?(\d{4})(?:-(\d{2})|Q([1-4]))?")


@cache
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
    match = _LABEL.fullmatch(label)
    if match is None:
        return None
    fiscal, _, month, quarter = match.groups()
    if fiscal and (fiscal_start or 1) == 1:
        return None
    calendar = Calendar(fiscal_start or 1) if fiscal else Calendar()
    unit = "month" if month else "quarter" if quarter else "year"
    number = period_number(label, unit, calendar)
    return calendar.first(number, unit), calendar.last(number, unit)


def coarser_period(label: str, unit: str, *, fiscal_start: int | None = None) -> str | None:
    """Return the quarter or year that contains a finer period, None if its label does not determine it.

    Examples
    --------
    >>> coarser_period("2025-05", "quarter"), coarser_period("FY2026Q1", "year")
    ('2025Q2', 'FY2026')
    """
    match = _LABEL.fullmatch(label)
    if match is None:
        return None
    fiscal, year, month, quarter = match.groups()
    if quarter:
        return f"{fiscal or ''}{year}" if unit == "year" else None
    if not month:
        return None
    calendar = Calendar(fiscal_start or 1)
    return calendar.label(calendar.period(date(int(year), int(month), 1), unit), unit)
