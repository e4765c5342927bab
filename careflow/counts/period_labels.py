"""Which period of a result a text, a date or a period of pandas means."""

from __future__ import annotations

from collections.abc import Iterable

from careflow.arguments.messages import brief
from careflow.arguments.periods import EXAMPLES, Span, Spelled, read_period
from careflow.counts.calendar import Calendar
from careflow.errors import ArgumentError
from careflow.formatting import MONTHS


def period_label(value: object, unit: str, calendar: Calendar | None = None) -> str:
    """Return the label that careflow gives a period, however it is written.

    A date means the period in which it lies. With fiscal years a period is written with FY, since ``2026Q1`` alone
    could be either; a period of pandas must be one of the calendar.

    Parameters
    ----------
    value : str, int, datetime.date, pandas.Timestamp or pandas.Period
        The period.
    unit : {"quarter", "month", "year"}
        What the labels are.
    calendar : Calendar, optional
        Default: the calendar year.

    Raises
    ------
    ArgumentError
        If it cannot be read, is of another unit, or is no period of the calendar.

    Examples
    --------
    >>> period_label("Q2 2025", "quarter"), period_label("Apr 2025", "month"), period_label(2025, "year")
    ('2025Q2', '2025-04', '2025')
    >>> from datetime import date
    >>> period_label(date(2025, 8, 1), "quarter", Calendar(fiscal_start=7))
    'FY2026Q1'
    >>> period_label("2026Q1", "quarter", Calendar(fiscal_start=7))
    Traceback (most recent call last):
    careflow.errors.ArgumentError: '2026Q1' could be of the calendar year or of the fiscal year; this result is by \
fiscal quarter, of years that begin in July: 'FY2026Q1' is 2025-07-01 to 2025-09-30.
    """
    calendar = calendar or Calendar()
    return calendar.label(period_number(value, unit, calendar), unit)


def period_number(value: object, unit: str, calendar: Calendar) -> int:
    """Return the number that a calendar gives a period; parameters and errors are those of :func:`period_label`.

    Examples
    --------
    >>> period_number("2025Q2", "quarter", Calendar()) - period_number("2025Q1", "quarter", Calendar())
    1
    """
    spelled = read_period(value)
    fiscal = calendar.fiscal_start > 1
    by = f"this result is by {'fiscal ' if fiscal and unit != 'month' else ''}{unit}"
    if spelled is None:
        raise ArgumentError(f"{brief(value)} is no {unit}; write it such as {_example(unit, calendar)!r}.")
    if isinstance(spelled, Span):
        number = calendar.period(spelled.first, unit)
        whole = spelled == (calendar.first(number, unit), calendar.last(number, unit))
        if spelled.first != spelled.last and not whole:
            raise ArgumentError(
                f"{brief(str(value))} is {spelled.first} to {spelled.last}; {by}, and none of them spans these days."
            )
        return number
    if spelled.unit != unit:
        raise ArgumentError(f"{brief(value)} is a {spelled.unit}; {by}, such as {_example(unit, calendar)!r}.")
    number = (spelled.year - (fiscal and unit != "month")) * {"quarter": 4, "month": 12, "year": 1}[unit]
    number += spelled.part - 1 - (calendar.fiscal_start - 1 if unit == "month" else 0)
    if unit != "month" and spelled.fiscal != fiscal:
        raise ArgumentError(f"{_of_another_year(value, spelled, by, calendar)} {_days(number, unit, calendar)}.")
    return number


def period_among(value: object, labels: Iterable[object], unit: str, calendar: Calendar | None = None) -> str:
    """Return which of the labels of a result a period means, however it is written; see :func:`period_label`.

    Raises
    ------
    ArgumentError
        If it is none of them; the message names those that there are.

    Examples
    --------
    >>> period_among("2025 Q2", ["2025Q1", "2025Q2"], "quarter")
    '2025Q2'
    """
    known = [str(label) for label in labels]
    if isinstance(value, list | tuple | set):
        raise ArgumentError(f"{unit}= is one {unit}, and was given {len(value)}; there are {', '.join(known)}.")
    if value in known:
        return str(value)
    there = f"there are {', '.join(known)}"
    if read_period(value) is None:
        raise ArgumentError(
            f"no {unit} {brief(value)} in this result; {there}; a {unit} is written such as "
            f"{_example(unit, calendar or Calendar())!r}."
        )
    label = period_label(value, unit, calendar)
    if label not in known:
        raise ArgumentError(f"no {unit} {label!r} in this result; {there}.")
    return label


def _example(unit: str, calendar: Calendar) -> str:
    fiscal = calendar.fiscal_start > 1 and unit != "month"
    return f"{'FY' if fiscal else ''}{EXAMPLES[unit]}"


def _of_another_year(value: object, spelled: Spelled, by: str, calendar: Calendar) -> str:
    """Say that a period is of the fiscal year in a result by calendar year, or the other way round."""
    if spelled.fiscal:
        return (
            f"{brief(value)} is of a fiscal year; {by} of the calendar year (calendar=cf.Calendar(fiscal_start=7) "
            "estimates by fiscal years that begin in July):"
        )
    begin = MONTHS[calendar.fiscal_start - 1]
    return f"{brief(value)} could be of the calendar year or of the fiscal year; {by}, of years that begin in {begin}:"


def _days(number: int, unit: str, calendar: Calendar) -> str:
    return f"{calendar.label(number, unit)!r} is {calendar.first(number, unit)} to {calendar.last(number, unit)}"
