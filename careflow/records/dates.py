"""Dates as text: one declared format for the whole file, or the single format that fits it.

Different readers take ``03/02/2024`` for 2 March and for 3 February without a word. Here the distinct texts of all date
columns are tried against a fixed list of formats; exactly one must fit, else reading stops and names those that do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from careflow.errors import ArgumentError, RecordError

EPOCH: Final = date(1970, 1, 1)
EXCEL_EPOCH: Final = date(1899, 12, 30)
LONGEST_WINDOW: Final = 3650
"""So many days, ten years, is the longest time over which one stay is linked or joined to another."""
MISSING: Final = frozenset({"", "na", "n/a", "nan", "nat", "null", "none", "."})
"""Texts that stand for no date (compared without regard to case)."""

_MONTHS = {
    m: i
    for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_SHAPES: Final[dict[str, str]] = {
    "%Y-%m-%d": r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})",
    "%Y/%m/%d": r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})",
    "%Y%m%d": r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
    "%m/%d/%Y": r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})",
    "%d/%m/%Y": r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})",
    "%m-%d-%Y": r"(?P<m>\d{1,2})-(?P<d>\d{1,2})-(?P<y>\d{4})",
    "%d-%m-%Y": r"(?P<d>\d{1,2})-(?P<m>\d{1,2})-(?P<y>\d{4})",
    "%d.%m.%Y": r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
    "%d-%b-%Y": r"(?P<d>\d{1,2})-(?P<b>[A-Za-z]{3})-(?P<y>\d{4})",
    "%d%b%Y": r"(?P<d>\d{1,2})(?P<b>[A-Za-z]{3})(?P<y>\d{4})",
    "%d %b %Y": r"(?P<d>\d{1,2}) (?P<b>[A-Za-z]{3}) (?P<y>\d{4})",
}
FORMATS: Final = (*_SHAPES, "excel")
"""The formats that are tried when none is declared; ``"excel"`` (day numbers) only ever when declared."""

_TWO_DIGIT_YEAR = re.compile(r"\d{1,2}([/.-])(\d{1,2}|[A-Za-z]{3})\1\d{2}")
_EXCEL = re.compile(r"(?P<n>\d{1,7})(\.\d+)?")
_TIME = re.compile(r"[T ]([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d([.,]\d+)?)?( ?[AaPp][Mm])?")
_ZONE = re.compile(r" ?(Z|UTC|[+-]\d{2}(:?\d{2})?)")


@dataclass(frozen=True)
class DateTexts:
    """The distinct texts of a date column, each with the number of its rows."""

    column: str
    counts: Mapping[str, int]


def is_missing(text: str) -> bool:
    """Say whether a text stands for no date at all."""
    return text.strip().lower() in MISSING


def parser(date_format: str) -> Callable[[str], date | None]:
    """Return the reader of one format: a text to its day, or None when it does not fit or there is no such day."""
    if date_format == "excel":
        return _from_excel
    shape = _SHAPES.get(date_format)
    return _by_shape(re.compile(shape)) if shape else _by_strptime(date_format)


def days(texts: Iterable[str], date_format: str) -> dict[str, int | None]:
    """Read texts by one format, in days since 1970-01-01; None where a text is no day in it."""
    read = parser(date_format)
    found = {text: read(text) for text in texts}
    return {text: None if day is None else (day - EPOCH).days for text, day in found.items()}


def detect(columns: Iterable[DateTexts]) -> str:
    """Find the one format that fits the texts of all date columns.

    The fit is counted in rows. A format that fits all but a few is taken (those few are impossible dates), unless a
    second format does as well.

    Raises
    ------
    RecordError
        No format fits, more than one does, years have two digits, or the dates are the day numbers of Excel.

    Examples
    --------
    >>> detect([DateTexts("admit_date", {"13/02/2024": 5, "03/02/2024": 2})])
    '%d/%m/%Y'
    """
    named = list(columns)
    counts: dict[str, int] = {}
    for column in named:
        for text, n in column.counts.items():
            if not is_missing(text):
                counts[text] = counts.get(text, 0) + n
    total = sum(counts.values())
    if not total:
        return "%Y-%m-%d"
    fits = {name: _fit(name, counts) for name in _SHAPES}
    best = max(fits, key=lambda name: fits[name])
    # Were the misfits of the best format wrong dates, as many could hide behind a second format that seems to fit less.
    rivals = [name for name in fits if fits[name] == total] or [
        name for name in fits if 0 < fits[name] >= fits[best] - max(total // 100, total - fits[best])
    ]
    words = " and ".join(column.column for column in named)
    if len(rivals) > 1:
        raise RecordError(
            f"the {total:,} dates of {words} can be read in more than one way ({' or '.join(rivals)}). "
            f"Say which: date_format={rivals[0]!r}.",
            check="S04",
            n=total,
        )
    if fits[best] * 2 <= total:
        _refuse(counts, total, words, best, fits[best])
    return best


def _refuse(counts: Mapping[str, int], total: int, words: str, best: str, fitted: int) -> None:
    short = sum(n for text, n in counts.items() if _TWO_DIGIT_YEAR.fullmatch(text))
    numbers = sum(n for text, n in counts.items() if _EXCEL.fullmatch(text) and 15000 < float(text) < 80000)
    if short * 2 > total:
        raise RecordError(
            f"{short:,} of {total:,} dates of {words} have a year of two digits; careflow does not guess the century. "
            "Write the years with four digits.",
            check="S04",
            n=short,
        )
    if numbers * 2 > total:
        raise RecordError(
            f"{numbers:,} of {total:,} dates of {words} look like Excel day numbers; pass date_format='excel'.",
            check="S04",
            n=numbers,
        )
    nearest = f"{best} fits {fitted:,}" if fitted else f"tried: {', '.join(_SHAPES)}"
    raise RecordError(
        f"no single date format fits all {total:,} dates of {words}; {nearest}. Say which: date_format=...",
        check="S04",
        n=total,
    )


def check_format(date_format: str | None) -> str | None:
    """Return a declared format if it can be used.

    Raises
    ------
    ArgumentError
        It is no format of a full date, or its year has two digits.
    """
    if date_format is None or date_format == "excel":
        return date_format
    if not isinstance(date_format, str):
        raise ArgumentError("date_format= is a text such as '%Y-%m-%d', or 'excel'")
    if "%y" in date_format:
        raise ArgumentError("date_format= has %y: careflow does not guess the century; write years with four digits")
    hour = re.search(r"[T ]*%[HI]", date_format)
    if hour:
        date_format = date_format[: hour.start()]
    full = "%Y" in date_format and (any(m in date_format for m in ("%m", "%b", "%B")) and "%d" in date_format)
    if not (full or ("%Y" in date_format and "%j" in date_format)):
        raise ArgumentError("date_format= needs a year, a month and a day, as in '%Y-%m-%d', or is 'excel'")
    return date_format


def split_time(text: str) -> tuple[str, str]:
    """Split a text into its date and its time zone ("" without one); ("", "") when what follows the date is no time.

    Examples
    --------
    >>> split_time("2024-03-01T23:30:00+01:00"), split_time("2024-03-01")
    (('2024-03-01', '+01:00'), ('2024-03-01', ''))
    """
    found = _TIME.search(text)
    if not found:
        return text, ""
    rest = text[found.end() :]
    zone = _ZONE.fullmatch(rest)
    if rest and not zone:
        return "", ""
    return text[: found.start()], zone[1] if zone else ""


def _fit(date_format: str, counts: Mapping[str, int]) -> int:
    read = parser(date_format)
    return sum(n for text, n in counts.items() if read(text) is not None)


def _by_shape(shape: re.Pattern[str]) -> Callable[[str], date | None]:
    def read(text: str) -> date | None:
        found = shape.fullmatch(text)
        if not found or not text.isascii():
            return None
        part = found.groupdict()
        month = _MONTHS.get(part["b"].lower(), 0) if "b" in part else int(part["m"])
        try:
            return date(int(part["y"]), month, int(part["d"]))
        except ValueError:
            return None

    return read


def _by_strptime(date_format: str) -> Callable[[str], date | None]:
    def read(text: str) -> date | None:
        try:
            return datetime.strptime(text, date_format).date()
        except ValueError:
            return None

    return read


def _from_excel(text: str) -> date | None:
    found = _EXCEL.fullmatch(text)
    # 60 is the 29 February 1900 that Excel believes in; day numbers before it are off by one.
    if not found or int(found["n"]) <= 60 or int(found["n"]) > 2958465:
        return None
    return EXCEL_EPOCH + timedelta(days=int(found["n"]))
