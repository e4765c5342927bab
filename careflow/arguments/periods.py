"""How analysts write a quarter, a month or a year."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from numbers import Integral
from typing import Any, Final, NamedTuple

from careflow.arguments.checks import Argument, text
from careflow.arguments.folding import alike
from careflow.arguments.messages import brief
from careflow.errors import ArgumentError
from careflow.formatting import MONTHS

EXAMPLES: Final = {"quarter": "2025Q2", "month": "2025-04", "year": "2025"}
"""One label of each unit."""

_FISCAL: Final = r"(?P<fiscal>(?:fy|fiscal year|fiscal) ?)?"
_YEAR: Final = r"(?P<year>\d{4})"
_SHORT: Final = r"(?P<year>\d{4}|\d{2})"
_QUARTER: Final = r"(?:q|quarter) ?(?P<part>[1-4])"
_WORD: Final = r"(?P<word>[a-z]{3,9})\.?"
_FORMS: Final = {
    "quarter": (
        rf"{_FISCAL}{_SHORT} ?[-/]? ?{_QUARTER}",
        rf"{_QUARTER} ?[-/,]? ?(?:of )?{_FISCAL}{_SHORT}",
        rf"(?P<part>[1-4])q ?[-/]? ?{_FISCAL}{_SHORT}",
    ),
    "month": (
        rf"{_YEAR} ?[-/.m] ?(?P<part>\d{{1,2}})",
        r"(?P<year>\d{4})(?P<part>\d{2})",
        rf"(?P<part>\d{{1,2}}) ?[-/.] ?{_YEAR}",
        rf"{_WORD},? ?[-/]? ?{_YEAR}",
        rf"{_YEAR} ?[-/]? ?{_WORD}",
    ),
    "year": (rf"{_FISCAL}{_YEAR}", r"(?P<fiscal>fy ?)(?P<year>\d{2})"),
}


class Spelled(NamedTuple):
    """A period as it was written: its unit, year and place in the year, and whether the year is called fiscal."""

    unit: str
    year: int
    part: int = 1
    fiscal: bool = False


class Span(NamedTuple):
    """The first and the last day of what was given as a date or as a period of pandas."""

    first: date
    last: date


def read_period(value: object) -> Spelled | Span | None:
    """Return what a text, a number, a date or a period of pandas says, or None if it can be read as none of them.

    Examples
    --------
    >>> {read_period(text) for text in ("2025Q2", "2025-Q2", "2025q2", "Q2 2025", "2025 Q2", "2Q25")}
    {Spelled(unit='quarter', year=2025, part=2, fiscal=False)}
    >>> read_period("FY26 Q1"), read_period("April 2025").part, read_period(2025).unit
    (Spelled(unit='quarter', year=2026, part=1, fiscal=True), 4, 'year')
    """
    if isinstance(value, date):  # so is a Timestamp of pandas; its NaT is not equal to itself
        return _one_day(value) if value == value else None
    if hasattr(value, "start_time") and hasattr(value, "end_time"):
        return Span(value.start_time.date(), value.end_time.date())
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":
        return read_period(value.astype("datetime64[D]").item())  # type: ignore[attr-defined]
    if isinstance(value, Integral) and not isinstance(value, bool):
        return _spelled("year", {"year": str(int(value))}) if len(str(int(value))) == 4 else None
    if not isinstance(value, str):
        return None
    text = alike(value)
    try:
        return _one_day(datetime.fromisoformat(text.upper())) if len(text) >= 10 else _from_text(text)
    except ValueError:
        return _from_text(text)


def period(value: Any, argument: Argument) -> Any:
    """Check that a value can be read as a quarter, a month or a year; which one it means depends on the result."""
    if read_period(value) is None and not isinstance(value, str):
        raise ArgumentError(
            f"{argument.name} is a quarter such as {EXAMPLES['quarter']!r}, a month such as {EXAMPLES['month']!r} or a "
            f"year such as {EXAMPLES['year']!r}, as the result is split; it was {brief(value)}."
        )
    return value


def labels(value: Mapping[str, Any], argument: Argument) -> Mapping[str, Any]:
    """Check labels of strata, given each by the name of its stratum: a period, a window in days, or a text."""
    return {
        name: period(label, Argument(argument.call, name))
        if name in EXAMPLES
        else (label if name == "within" else text(label, Argument(argument.call, name)))
        for name, label in value.items()
    }


def _one_day(day: date) -> Span:
    only = day.date() if isinstance(day, datetime) else day
    return Span(only, only)


def _from_text(text: str) -> Spelled | None:
    for unit, forms in _FORMS.items():
        for form in forms:
            if (match := re.fullmatch(form, text)) and (spelled := _spelled(unit, match.groupdict())) is not None:
                return spelled
    return None


def _spelled(unit: str, parts: dict[str, str | None]) -> Spelled | None:
    year = str(parts["year"])
    part = int(parts.get("part") or 1)
    if word := parts.get("word"):
        part = next((number for number, name in enumerate(MONTHS, start=1) if name.lower().startswith(word)), 0)
    if unit == "month" and not 1 <= part <= 12:
        return None
    return Spelled(unit, int(year) + (2000 if len(year) == 2 else 0), part, bool(parts.get("fiscal")))
