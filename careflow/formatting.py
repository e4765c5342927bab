"""Numbers, dates and lists as text, the same in every locale."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Final

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
"""In English, whatever the locale."""
MASK: Final = "s"

_SHARES: Final = re.compile(
    r"(rate|difference|se|low|high|followed|share|estimate|survival|of_stays)(_before|_[12])?$|survival_(se|low|high)$"
)
_WHOLE: Final = re.compile(
    r"(n|of|open|opening|admitted|discharged|closing|person_days|persons|at_risk|events|day|within|least_at_risk|known_to"
    r"|capacity|over_\d+)(_[12])?$"
)
_SMALL: Final = re.compile(r"p(_adjusted)?$")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")

_QUARTER: Final = re.compile(r"(?P<year>(?:FY)?\d{4})Q(?P<quarter>[1-4])$")
_MONTH: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})$")


def known(value: float | None) -> bool:
    """Return whether a value is a number, not missing."""
    return value is not None and not math.isnan(value)


def count(value: float) -> str:
    """Return a count as text: commas between thousands, ``s`` if it is suppressed.

    >>> count(6254.0)
    '6,254'
    """
    return f"{round_half_up(value):,}" if known(value) else MASK


def percent(share: float, *, sign: bool = True) -> str:
    """Return a share as a whole percentage; a share above 0 is never 0%, one below 1 never 100%.

    >>> percent(0.512), percent(0.002), percent(0.0)
    ('51%', '<1%', '0%')
    """
    if not known(share):
        return MASK
    whole = round_half_up(share * 100)
    text = "<1" if whole == 0 and share > 0 else ">99" if whole == 100 and share < 1 else str(whole)
    return text + ("%" if sign else "")


def decimal(value: float) -> str:
    """Return a number that is no count with two decimals, or one from 10 on; a number above 0 is never 0.

    >>> decimal(0.376), decimal(12.04), decimal(0.001), decimal(0.0)
    ('0.38', '12.0', '<0.01', '0')
    """
    if not known(value):
        return MASK
    if value == 0:
        return "0"
    text = f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return "<0.01" if text == "0.00" else text


def span(low: float, high: float) -> str:
    """Return an interval of shares in percent, with an en dash and without the percent sign.

    >>> span(0.4782, 0.5431)
    '48–54'
    """
    if not (known(low) and known(high)):
        return ""
    return f"{round_half_up(low * 100)}–{round_half_up(high * 100)}"


def days(value: float) -> str:
    """Return a number of days as text.

    >>> days(1.0), days(82.0)
    ('1 day', '82 days')
    """
    if not known(value):
        return "not reached"
    whole = round_half_up(value)
    return f"{whole:,} day" + ("" if whole == 1 else "s")


def round_half_up(value: float) -> int:
    """Round to a whole number, halves up.

    >>> round_half_up(2.5), round_half_up(3.5)
    (3, 4)
    """
    return math.floor(value + 0.5 + 1e-9)


def day(value: date) -> str:
    """Return a date as ``31 Dec 2025``, with non-breaking spaces."""
    return f"{value.day}\u00a0{MONTHS[value.month - 1][:3]}\u00a0{value.year}"


def period(value: object) -> str:
    """Return a period as ``2025 Q2`` with a non-breaking space, ``Apr 2025`` or ``2025``.

    >>> period("2025-04"), period("FY2026Q1").replace(chr(160), " ")
    ('Apr\\xa02025', 'FY2026 Q1')
    """
    text = str(value)
    if match := _QUARTER.match(text):
        return f"{match['year']}\u00a0Q{match['quarter']}"
    if match := _MONTH.match(text):
        return f"{MONTHS[int(match['month']) - 1][:3]}\u00a0{match['year']}"
    return text


def ticks(periods: Sequence[object]) -> list[tuple[int, str]]:
    """Return the ticks of periods: the first of each year (of each half year for months), by position.

    >>> ticks(["2023Q1", "2023Q2", "2024Q1", "2025Q1"])
    [(0, '2023'), (2, '’24'), (3, '’25')]
    """
    marks: list[tuple[int, str]] = []
    for position, value in enumerate(periods):
        text = str(value)
        quarter, month = _QUARTER.match(text), _MONTH.match(text)
        if quarter:
            if quarter["quarter"] == "1":
                marks.append((position, _year(quarter["year"], first=not marks)))
        elif month:
            if month["month"] == "01":
                marks.append((position, f"Jan {_year(month['year'], first=not marks)}"))
            elif month["month"] == "07":
                marks.append((position, f"Jul {month['year']}" if not marks else "Jul"))
        else:
            marks.append((position, text if not marks or not text.isdigit() else _year(text, first=False)))
    if not marks and periods:
        marks = [(0, period(periods[0]))]
    return marks


def listing(words: Sequence[str], most: int = 6) -> str:
    """Join words with commas, the last with "and".

    >>> listing(["PHP", "IOP", "Outpatient"])
    'PHP, IOP and Outpatient'
    """
    if len(words) > most:
        return ", ".join(words[:most]) + f" and {len(words) - most} more"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""


def nice_ceiling(value: float, steps: Sequence[float] = (1, 2, 2.5, 5, 10)) -> float:
    """Return the smallest round number that is not below ``value``.

    >>> nice_ceiling(0.83), nice_ceiling(130)
    (1.0, 200.0)
    """
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in steps if step * power >= value * (1 - 1e-12)), 10 * power)


def round_numbers(top: float) -> list[int]:
    """Return up to three round counts for a legend, the largest not above ``top``.

    >>> round_numbers(640)
    [100, 200, 500]
    """
    power = 10.0 ** math.floor(math.log10(max(top, 1)))
    steps = (10 * power, 5 * power, 2 * power, power, power / 2, power / 5)
    return sorted([int(step) for step in steps if 1 <= step <= top and step == int(step)][:3]) or [1]


def _year(text: str, *, first: bool) -> str:
    return text if first else f"’{text[-2:]}" if not text.startswith("FY") else f"FY{text[-2:]}"


def several(n: int, noun: str, plural: str = "") -> str:
    """Return a number and its noun.

    Examples
    --------
    >>> several(1, "stay"), several(1200, "stay"), several(1, "person", "people")
    ('1 stay', '1,200 stays', '1 person')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def people(n: int) -> str:
    """Return a number of people.

    Examples
    --------
    >>> people(2)
    '2 people'
    """
    return several(n, "person", "people")


def column_kind(name: str) -> str:
    """Return how the numbers of a column of a table are written: as shares, whole, small, or with one decimal.

    Examples
    --------
    >>> [column_kind(name) for name in ("rate_1", "of_2", "p_adjusted", "median", "note")]
    ['share', 'whole', 'small', 'number', 'wrapped']
    """
    kinds = {"share": _SHARES, "whole": _WHOLE, "small": _SMALL}
    kind = next((kind for kind, pattern in kinds.items() if pattern.match(name)), "number")
    return "wrapped" if name in ("meaning", "facts", "note") else kind


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula (OWASP ASVS 1.2.10).

    >>> harmless("=1+1"), harmless("PHP")
    ("'=1+1", 'PHP')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
