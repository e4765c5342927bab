"""Dates as text: one declared format for the whole file, or the only format that fits.

``03/02/2024`` can be 2 March or 3 February. The distinct texts of all date columns are tried against a fixed list of
formats. Exactly one format must fit; otherwise reading stops and names the formats that do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from careflow.errors import ArgumentError, RecordError
from careflow.records.parsing.declared_formats import day_reader, declared, month

EPOCH: Final = date(1970, 1, 1)
EXCEL_EPOCH: Final = date(1899, 12, 30)
LONGEST_WINDOW: Final = 3650
"""The longest window in days (ten years) over which stays are linked or joined."""
MISSING: Final = frozenset({"", "na", "n/a", "nan", "nat", "null", "none", "."})
"""Texts that mean a missing date, in lower case."""

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
"""The known formats. ``"excel"`` (day numbers) is used only when declared."""

_TWO_DIGIT_YEAR = re.compile(r"\d{1,2}([/.-])(\d{1,2}|[A-Za-z]{3})\1\d{2}")
_EXCEL = re.compile(r"(?P<n>\d{1,7})(\.\d+)?")
_PART = r"(\d{1,2}|[A-Za-z]{3})"
_ZEROS: Final = (
    re.compile(r"[0\-/. ]{0,9}(0)[0\-/. ]{0,9}"),
    re.compile(rf"(0000|1900)[-/. ]?{_PART}[-/. ]?(\d{{1,2}})"),
    re.compile(rf"{_PART}[-/. ]?{_PART}[-/. ]?(0000|1900)"),
)
# Second 60 is a leap second.
_TIME = re.compile(r"[T ](?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?P<s>:([0-5]\d|60)([.,]\d+)?)?( ?[AaPp][Mm])?")
_ZONE = re.compile(r"( ?(Z|UTC|GMT|(?P<sign>[+-])(?P<h>\d{2})(:?(?P<m>\d{2}))?))?")


@dataclass(frozen=True)
class DateTexts:
    """The distinct texts of a date column, with the number of rows of each."""

    column: str
    counts: Mapping[str, int]


def is_missing(text: str) -> bool:
    """Return whether a text means a missing date."""
    return text.strip().lower() in MISSING


def is_zero(text: str) -> bool:
    """Return whether a text is the day 0 that databases and spreadsheets write for a missing date.

    Examples
    --------
    >>> [is_zero(text) for text in ("0000-00-00", "1900-01-00", "1/0/1900", "0", "2024-00-00", "1900-01-01")]
    [True, True, True, True, False, False]
    """
    match = next(filter(None, (shape.fullmatch(text) for shape in _ZEROS)), None)
    return match is not None and any(part.isdigit() and not int(part) for part in match.groups())


def parser(date_format: str) -> Callable[[str], date | None]:
    """Return a function that reads a text by one format; it returns None if the text does not fit or is no real day."""
    if date_format == "excel":
        return _from_excel
    shape = _SHAPES.get(date_format)
    return _by_shape(re.compile(shape)) if shape else day_reader(date_format)


def days(texts: Iterable[str], date_format: str) -> dict[str, int | None]:
    """Read texts by one format, as days since 1970-01-01; None for a text that does not fit."""
    read = parser(date_format)
    dates = {text: read(text) for text in texts}
    return {text: None if day is None else (day - EPOCH).days for text, day in dates.items()}


def detect(columns: Iterable[DateTexts]) -> str:
    """Return the only format that fits the texts of all date columns.

    The fit is counted in rows. A format that fits all rows but a few is accepted, and those few are impossible dates,
    unless a second format fits about as many.

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
    reads = {name: _fitting(name, counts) for name in _SHAPES}
    counts = {text: counts[text] for text in counts if any(text in fit for fit in reads.values()) or not is_zero(text)}
    total = sum(counts.values())
    if not total:
        return "%Y-%m-%d"
    words = " and ".join(column.column for column in named)
    fits = {name: sum(counts[text] for text in texts) for name, texts in reads.items()}
    best = max(fits, key=lambda name: fits[name])
    complete = [name for name in fits if fits[name] == total]
    if not complete:
        _refuse_mixture(counts, reads, total, words)
    # A second format that fits almost as many rows is a rival: the dates that it misses may be wrong dates.
    rivals = complete or [name for name in fits if 0 < fits[name] >= fits[best] - max(total // 100, total - fits[best])]
    if len(rivals) > 1:
        advice = f"date_format={rivals[0]!r}." if complete else "date_format=... (what does not fit it is set aside)."
        raise RecordError(
            f"the {total:,} dates of {words} can be read in more than one way ({' or '.join(rivals)}). "
            f"Say which: {advice}",
            check="S04",
            n=total,
        )
    if fits[best] * 2 <= total:
        _refuse(counts, total, words, best, fits[best])
    return best


def _refuse_mixture(counts: Mapping[str, int], reads: Mapping[str, set[str]], total: int, words: str) -> None:
    """Stop if the dates are written in two or more formats, each in more than 1% of the rows."""
    shapes = {**reads, "years of two digits": set(filter(_TWO_DIGIT_YEAR.fullmatch, counts))}
    shapes["day numbers of Excel"] = set(filter(_is_excel, counts))
    rest, parts = set(counts), []
    while rest:
        fits = {name: sum(counts[text] for text in texts & rest) for name, texts in shapes.items()}
        best = max(fits, key=lambda name: fits[name])
        if fits[best] <= total // 100:
            break
        alike = [name for name, texts in shapes.items() if texts & rest == shapes[best] & rest]
        parts.append((fits[best], " or ".join(alike)))
        rest -= shapes[best]
    if len(parts) < 2:
        return
    many = {2: "two", 3: "three"}.get(len(parts), str(len(parts)))
    listed = ", ".join(f"{n:,} {'' if i else 'dates '}fit {names}" for i, (n, names) in enumerate(parts))
    left = f", {n:,} fit none of them" if (n := sum(counts[text] for text in rest)) else ""
    raise RecordError(
        f"{many} formats are mixed: {listed}{left}. Write all {total:,} dates of {words} in one format: with "
        "a single format the others would be set aside or read as wrong days.",
        check="S04",
        n=total - parts[0][0],
    )


def _refuse(counts: Mapping[str, int], total: int, words: str, best: str, fitted: int) -> None:
    short = sum(n for text, n in counts.items() if _TWO_DIGIT_YEAR.fullmatch(text))
    numbers = sum(n for text, n in counts.items() if _is_excel(text))
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
    """Return the declared format if it can be used.

    Raises
    ------
    ArgumentError
        The format is not one of a full date, has a year of two digits, or is ambiguous.
    """
    if not isinstance(date_format, str | None):
        raise ArgumentError("date_format= is a text such as '%Y-%m-%d', or 'excel'")
    if date_format is not None:
        declared(date_format)
    return date_format


class Written(NamedTuple):
    """The parts of a date text.

    Attributes
    ----------
    date : str
        The date as written.
    offset : int, optional
        Offset from UTC in minutes; None without a time zone.
    late : bool
        Whether the time of day is 24:00.
    clock : bool
        Whether there is a time of day other than midnight.
    """

    date: str
    offset: int | None = None
    late: bool = False
    clock: bool = False


def split_time(text: str) -> Written:
    """Split a text into its date and its time of day; the date is "" if something else follows it.

    Examples
    --------
    >>> split_time("2024-03-01T23:30:00+01:00")
    Written(date='2024-03-01', offset=60, late=False, clock=True)
    >>> split_time("2024-03-01 24:00").late, split_time("2024-03-01").offset
    (True, None)
    """
    match = _TIME.search(text)
    if not match:
        return Written(text)
    zone = _ZONE.fullmatch(text[match.end() :])
    late = int(match["h"]) == 24
    exact = not int(match["m"]) and not (match["s"] or "").strip(":0.,")
    if not zone or (late and not exact):
        return Written("")
    return Written(text[: match.start()], _offset(zone), late, not (late or (exact and not int(match["h"]))))


def _offset(zone: re.Match[str]) -> int | None:
    if not zone[0]:
        return None
    minutes = 60 * int(zone["h"] or 0) + int(zone["m"] or 0)
    return -minutes if zone["sign"] == "-" else minutes


def _fitting(date_format: str, counts: Mapping[str, int]) -> set[str]:
    read = parser(date_format)
    return {text for text in counts if read(text) is not None}


def _is_excel(text: str) -> bool:
    return _EXCEL.fullmatch(text) is not None and 15000 < float(text) < 80000


def _by_shape(shape: re.Pattern[str]) -> Callable[[str], date | None]:
    def read(text: str) -> date | None:
        match = shape.fullmatch(text)
        if not match or not text.isascii():
            return None
        part = match.groupdict()
        number = month(part["b"]) if "b" in part else int(part["m"])
        try:
            return date(int(part["y"]), number, int(part["d"]))
        except ValueError:
            return None

    return read


def _from_excel(text: str) -> date | None:
    match = _EXCEL.fullmatch(text)
    # Excel's day 60 is 29 February 1900, which did not exist; earlier numbers are off by one. 0 and 1 mean no date.
    if not match or 1 < int(match["n"]) <= 60 or int(match["n"]) > 2958465:
        return None
    return EXCEL_EPOCH + timedelta(days=int(match["n"]))
