"""Dates as text: one declared format for the whole file, or the single format that fits it.

Different readers take ``03/02/2024`` for 2 March and for 3 February without a word. Here the distinct texts of all date
columns are tried against a fixed list of formats; exactly one must fit, else reading stops and names those that do.
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
"""So many days, ten years, is the longest time over which one stay is linked or joined to another."""
MISSING: Final = frozenset({"", "na", "n/a", "nan", "nat", "null", "none", "."})
"""Texts that stand for no date (compared without regard to case)."""

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
_PART = r"(\d{1,2}|[A-Za-z]{3})"
_ZEROS: Final = (
    re.compile(r"[0\-/. ]{0,9}(0)[0\-/. ]{0,9}"),
    re.compile(rf"(0000|1900)[-/. ]?{_PART}[-/. ]?(\d{{1,2}})"),
    re.compile(rf"{_PART}[-/. ]?{_PART}[-/. ]?(0000|1900)"),
)
# The last second of a day may be its 61st.
_TIME = re.compile(r"[T ](?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?P<s>:([0-5]\d|60)([.,]\d+)?)?( ?[AaPp][Mm])?")
_ZONE = re.compile(r"( ?(Z|UTC|GMT|(?P<sign>[+-])(?P<h>\d{2})(:?(?P<m>\d{2}))?))?")


@dataclass(frozen=True)
class DateTexts:
    """The distinct texts of a date column, each with the number of its rows."""

    column: str
    counts: Mapping[str, int]


def is_missing(text: str) -> bool:
    """Say whether a text stands for no date at all."""
    return text.strip().lower() in MISSING


def is_zero(text: str) -> bool:
    """Say whether a text is what databases and spreadsheets write for no date: their day 0.

    Examples
    --------
    >>> [is_zero(text) for text in ("0000-00-00", "1900-01-00", "1/0/1900", "0", "2024-00-00", "1900-01-01")]
    [True, True, True, True, False, False]
    """
    found = next(filter(None, (shape.fullmatch(text) for shape in _ZEROS)), None)
    return found is not None and any(part.isdigit() and not int(part) for part in found.groups())


def parser(date_format: str) -> Callable[[str], date | None]:
    """Return the reader of one format: a text to its day, or None when it does not fit or there is no such day."""
    if date_format == "excel":
        return _from_excel
    shape = _SHAPES.get(date_format)
    return _by_shape(re.compile(shape)) if shape else day_reader(date_format)


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
    reads = {name: _fitting(name, counts) for name in _SHAPES}
    counts = {text: counts[text] for text in counts if any(text in fit for fit in reads.values()) or not is_zero(text)}
    total = sum(counts.values())
    if not total:
        return "%Y-%m-%d"
    words = " and ".join(column.column for column in named)
    fits = {name: sum(counts[text] for text in texts) for name, texts in reads.items()}
    best = max(fits, key=lambda name: fits[name])
    whole = [name for name in fits if fits[name] == total]
    if not whole:
        _refuse_mixture(counts, reads, total, words)
    # Were the misfits of the best format wrong dates, as many could hide behind a second format that seems to fit less.
    rivals = whole or [name for name in fits if 0 < fits[name] >= fits[best] - max(total // 100, total - fits[best])]
    if len(rivals) > 1:
        advice = f"date_format={rivals[0]!r}." if whole else "date_format=... (what does not fit it is set aside)."
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
    """Stop if what one format does not fit is written in another, in more than 1% of the rows."""
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
    told = ", ".join(f"{n:,} {'' if i else 'dates '}fit {names}" for i, (n, names) in enumerate(parts))
    left = f", {n:,} fit none of them" if (n := sum(counts[text] for text in rest)) else ""
    raise RecordError(
        f"{many} formats are mixed: {told}{left}. Write all {total:,} dates of {words} in one format: by any one "
        "format the others would be set aside, or read as another day.",
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
    """Return a declared format if it can be used.

    Raises
    ------
    ArgumentError
        It is no format of a full date, its year has two digits, or it cannot be read without a guess.
    """
    if not isinstance(date_format, str | None):
        raise ArgumentError("date_format= is a text such as '%Y-%m-%d', or 'excel'")
    if date_format is not None:
        declared(date_format)
    return date_format


class Written(NamedTuple):
    """What a text says: the date as it is written, its offset from UTC in minutes, and two things of its time of day.

    ``offset`` is None without a time zone, ``late`` says that the time is 24:00, ``clock`` that it is not midnight.
    """

    date: str
    offset: int | None = None
    late: bool = False
    clock: bool = False


def split_time(text: str) -> Written:
    """Split a text into its date and what follows; nothing at all when what follows the date is no time of day.

    Examples
    --------
    >>> split_time("2024-03-01T23:30:00+01:00")
    Written(date='2024-03-01', offset=60, late=False, clock=True)
    >>> split_time("2024-03-01 24:00").late, split_time("2024-03-01").offset
    (True, None)
    """
    found = _TIME.search(text)
    if not found:
        return Written(text)
    zone = _ZONE.fullmatch(text[found.end() :])
    late = int(found["h"]) == 24
    exact = not int(found["m"]) and not (found["s"] or "").strip(":0.,")
    if not zone or (late and not exact):
        return Written("")
    return Written(text[: found.start()], _offset(zone), late, not (late or (exact and not int(found["h"]))))


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
        found = shape.fullmatch(text)
        if not found or not text.isascii():
            return None
        part = found.groupdict()
        number = month(part["b"]) if "b" in part else int(part["m"])
        try:
            return date(int(part["y"]), number, int(part["d"]))
        except ValueError:
            return None

    return read


def _from_excel(text: str) -> date | None:
    found = _EXCEL.fullmatch(text)
    # 60 is the 29 February 1900 that Excel believes in; day numbers before it are off by one. 0 and 1 are no dates.
    if not found or 1 < int(found["n"]) <= 60 or int(found["n"]) > 2958465:
        return None
    return EXCEL_EPOCH + timedelta(days=int(found["n"]))
