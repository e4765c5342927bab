"""Declared date formats: check the format, and locate the time of day in it.

The directives are those of ``strptime``; months and weekdays are English, whatever the machine's language. The format
is used to read the day only. If the time of day does not follow the date, or has no colons, the engine first rewrites
the text as ``<day> HH:MM``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from careflow.errors import ArgumentError
from careflow.formatting import MONTHS

_NUMBER: Final = r"\d{1,2}"
_DAY: Final = {
    "Y": r"\d{4}", "m": _NUMBER, "d": _NUMBER, "j": r"\d{3}",
    "b": "[A-Za-z]{3}", "B": "[A-Za-z]{3,9}", "a": "[A-Za-z]{3}", "A": "[A-Za-z]{6,9}",
}  # fmt: skip
_CLOCK: Final = {
    "H": _NUMBER, "I": _NUMBER, "M": r"\d{2}", "S": r"\d{2}", "f": r"\d{1,9}",
    "p": "[AaPp][Mm]", "z": r"(?:Z|[+-]\d{2}(?::?\d{2})?)", "Z": "(?:Z|UTC|GMT)",
}  # fmt: skip
_DIGITS: Final = frozenset("YmdjHIMSf")
_SHOWN: Final = " ".join(f"%{letter}" for letter in {**_DAY, **_CLOCK})
_COLONS: Final = re.compile(r"[T ]%[HI]:%M(:%S([.,]%f)?)?( ?%p)?( ?%[zZ])?")
"""A time of day behind the date, which is read in any format."""

_ZULU: Final = re.compile(r"(%[HMSfp](?:\.0+)?) ?(?:Z|UTC|GMT)(?![A-Za-z])")
_EDGE: Final = r"[\s\x{a0}\x{feff}\x{200b}]*"
_BETWEEN: Final = " T"


@dataclass(frozen=True)
class Declared:
    """How texts in a declared format are read.

    Attributes
    ----------
    day : str
        The format of the day alone.
    pattern, plain : str
        A regular expression of the whole text, and its replacement: the day followed by the time. Both are empty if no
        rewriting is needed.
    """

    day: str
    pattern: str = ""
    plain: str = ""


@lru_cache(maxsize=64)
def declared(date_format: str) -> Declared:
    """Parse a declared format.

    Raises
    ------
    ArgumentError
        The format is not one of a full date, or is ambiguous.

    Examples
    --------
    >>> declared("%d.%m.%Y %H:%M").day, declared("%H.%M, %d.%m.%Y").day
    ('%d.%m.%Y', '%d.%m.%Y')
    """
    if date_format == "excel":
        return Declared("excel")
    # A Z behind the time of day means UTC.
    parts = re.findall(r"%.?|[^%]+", _ZULU.sub(r"\1%Z", date_format))
    letters = [part[1:] for part in parts if part[0] == "%" and part != "%%"]
    _check(letters, date_format)
    clock = [i for i, part in enumerate(parts) if part[0] == "%" and part[1] in _CLOCK]
    if not clock:
        return Declared(date_format)
    before, time, after = parts[: clock[0]], parts[clock[0] : clock[-1] + 1], parts[clock[-1] + 1 :]
    if any(part[0] == "%" and part[1] in _DAY for part in time):
        raise ArgumentError("date_format= has a part of the date between parts of the time of day")
    head = "".join(before).rstrip(_BETWEEN)
    if not after and _COLONS.fullmatch("".join(parts)[len(head) :]):
        return Declared(head)
    return _rewritten(parts, clock)


def day_reader(day: str) -> Callable[[str], date | None]:
    """Return a function that reads the day of a text in a format without a time of day; None if it does not fit.

    Examples
    --------
    >>> day_reader("%A, %B %d, %Y")("Friday, March 1, 2024")
    datetime.date(2024, 3, 1)
    """
    parts = re.findall(r"%.|[^%]+", day)
    pattern = re.compile("".join(_expression(parts, i, named=True) for i in range(len(parts))))

    def read(text: str) -> date | None:
        match = pattern.fullmatch(text) if text.isascii() else None
        return _day(match.groupdict()) if match else None

    return read


def month(word: str) -> int:
    """Return the number of an English month name or its first three letters; 0 for any other word."""
    word = word.capitalize()
    return next((i for i, name in enumerate(MONTHS, start=1) if word in (name, name[:3])), 0)


def _check(letters: list[str], date_format: str) -> None:
    if "y" in letters:
        raise ArgumentError("date_format= has %y: careflow does not guess the century; write years with four digits")
    strange = [letter for letter in letters if letter not in _DAY and letter not in _CLOCK]
    if strange:
        raise ArgumentError(f"date_format= has %{strange[0]}, which is not supported; supported are: {_SHOWN}")
    double = [letter for letter in letters if letters.count(letter) > 1]
    if double:
        raise ArgumentError(f"date_format= has %{double[0]} more than once")
    months = {"m", "b", "B"}.intersection(letters)
    if "Y" not in letters or not ({"d", "j"} & set(letters)) or not (months or "j" in letters):
        raise ArgumentError("date_format= needs a year, a month and a day, as in '%Y-%m-%d', or is 'excel'")
    if len(months) + ("j" in letters) > 1 or {"d", "j"} <= set(letters):
        raise ArgumentError("date_format= has the month or the day twice")
    if {"M", "S", "f", "p"} & set(letters) and not {"H", "I"} & set(letters):
        raise ArgumentError("date_format= has a part of the time of day, but not the hour: %H, or %I with %p")
    if {"H", "I"} <= set(letters) or ("I" in letters) != ("p" in letters):
        raise ArgumentError("date_format= has %H, the hour of 24, or %I with %p, the hour of 12")
    if set(date_format) & set("'\\") or not date_format.isascii():
        raise ArgumentError("date_format= has a quotation mark, a backslash, or a letter that is not ASCII")


def _rewritten(parts: list[str], clock: list[int]) -> Declared:
    """Return the rewriting of a format into the day followed by the time of day."""
    days = [i for i, part in enumerate(parts) if part[0] == "%" and part[1] in _DAY]
    spans = {"head": [i for i in days if i < clock[0]], "tail": [i for i in days if i > clock[-1]]}
    spans |= {{"I": "H", "Z": "z"}.get(parts[i][1], parts[i][1]): [i] for i in clock if parts[i] != "%f"}
    spans = {name: span for name, span in spans.items() if span}
    first, last = {span[0] for span in spans.values()}, {span[-1] for span in spans.values()}
    pattern = "".join(
        f"{'(' if i in first else ''}{_expression(parts, i)}{')' if i in last else ''}" for i in range(len(parts))
    )
    order = sorted(spans, key=lambda name: spans[name][0])
    back = {name: f"\\{number}" for number, name in enumerate(order, start=1)}
    seconds = f":{back['S']}" if "S" in back else ""
    time = f"{back['H']}:{back.get('M', '00')}{seconds}{back.get('p', '')}{back.get('z', '')}"
    halves = [name for name in ("head", "tail") if name in spans]
    return Declared(
        day=" ".join("".join(parts[spans[name][0] : spans[name][-1] + 1]) for name in halves),
        pattern=f"^{_EDGE}{pattern}{_EDGE}$",
        plain=f"{' '.join(back[name] for name in halves)} {time}",
    )


def _expression(parts: list[str], i: int, *, named: bool = False) -> str:
    """Return the regular expression of one part of a format."""
    part = parts[i]
    if part[0] != "%" or part == "%%":
        return re.sub(r"(?:\\? )+", " +", re.escape(part.replace("%%", "%")))
    letter = part[1]
    shape = {**_DAY, **_CLOCK}[letter]
    if shape == _NUMBER and (_touches(parts, i - 1, -1) or _touches(parts, i + 1, 0)):
        shape = r"\d{2}"  # 2024111 would be 11 January or 1 November
    return f"(?P<{letter}>{shape})" if named else shape


def _touches(parts: list[str], i: int, end: int) -> bool:
    """Return whether part ``i`` has a digit at one end (0 its first character, -1 its last)."""
    if not 0 <= i < len(parts):
        return False
    return parts[i][1] in _DIGITS if parts[i][0] == "%" else parts[i][end].isdigit()


def _day(part: dict[str, str]) -> date | None:
    try:
        if "j" in part:
            day = date(int(part["Y"]), 1, 1) + timedelta(days=int(part["j"]) - 1)
            return day if day.year == int(part["Y"]) else None
        number = int(part["m"]) if "m" in part else month(part.get("b") or part["B"])
        return date(int(part["Y"]), number, int(part["d"]))
    except (ValueError, OverflowError):
        return None
