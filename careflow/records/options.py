"""The arguments of :func:`careflow.read_episodes`, checked before anything is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careflow.continuum import Continuum
from careflow.errors import ArgumentError
from careflow.records import dates
from careflow.records.basis import BASES
from careflow.records.dates import LONGEST_WINDOW
from careflow.records.daycolumns import Reading
from careflow.records.encode import Choices
from careflow.records.overlaps import POLICIES


@dataclass(frozen=True)
class Options:
    """What is to be done with stays once they are read.

    Attributes
    ----------
    overlaps : str
        The overlap policy.
    bridge_days : int
        The longest gap, in days, over which stays at one level and facility are joined; 0 joins none.
    close_open_after : int, optional
        Days after which a stay still open is closed.
    allow : tuple of str
        Columns that may pass the screen for identifiers.
    """

    overlaps: str = "flag"
    bridge_days: int = 0
    close_open_after: int | None = None
    allow: tuple[str, ...] = ()


def options(overlaps: str, bridge_days: int, close_open_after: int | None, allow: Collection[str]) -> Options:
    """Check what is to be done with the stays.

    Raises
    ------
    ArgumentError
        An option has a value that it cannot have.
    """
    if overlaps not in POLICIES:
        raise ArgumentError(f"overlaps={overlaps!r} is none of {', '.join(map(repr, POLICIES))}.")
    if not _whole(bridge_days, 0):
        raise ArgumentError(f"bridge_days= is a whole number of days from 0 to {LONGEST_WINDOW}.")
    if close_open_after is not None and not _whole(close_open_after, 1):
        raise ArgumentError(f"close_open_after= is a whole number of days from 1 to {LONGEST_WINDOW}, or None.")
    names = (allow,) if isinstance(allow, str) else tuple(allow)
    return Options(overlaps, bridge_days, close_open_after, names)


def choices(
    continuum: Continuum | None,
    cutoff: str | date,
    start: str | date | None,
    levels: Mapping[Any, str] | None,
    reasons: Mapping[Any, str] | None,
    dates_read: Reading,
) -> Choices:
    """Check what was said about codes and dates.

    Raises
    ------
    ArgumentError
        An argument has a value that it cannot have.
    """
    if continuum is not None and not isinstance(continuum, Continuum):
        raise ArgumentError("continuum is a Continuum, as Continuum.standard() or Continuum.of([...]) make it.")
    last = as_day(cutoff, "cutoff")
    first = None if start is None else as_day(start, "start")
    if first is not None and first > last:
        raise ArgumentError(f"start={first} is after cutoff={last}.")
    for name, mapping in (("levels", levels), ("reasons", reasons)):
        if mapping is not None and not isinstance(mapping, Mapping):
            raise ArgumentError(f"{name}= is a mapping {{code in the file: word of careflow}}.")
    return Choices(continuum or Continuum.standard(), levels, reasons, last, first, dates_read)


def reading(date_format: str | None, tz: str | None) -> Reading:
    """Check how dates are to be read.

    Raises
    ------
    ArgumentError
        The format is none, or there is no such time zone.
    """
    known = tz is None or _is_zone(tz)
    if not known:
        raise ArgumentError("tz= is the name of a time zone, such as 'America/New_York' or 'UTC'.")
    return Reading(dates.check_format(date_format), tz)


def basis(date_basis: str) -> str:
    """Check the basis of the dates.

    Raises
    ------
    ArgumentError
        There is no such basis.
    """
    if date_basis not in BASES:
        raise ArgumentError(f"date_basis={date_basis!r} is none of {', '.join(map(repr, BASES))}.")
    return date_basis


def as_day(value: str | date, name: str) -> date:
    """Return an argument as a day.

    Raises
    ------
    ArgumentError
        It is no date, or a text that is not written as ``2025-12-31``.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    day = dates.parser("%Y-%m-%d")(value) if isinstance(value, str) else None
    if day is None:
        raise ArgumentError(f"{name}= is a date or a text such as '2025-12-31'.")
    return day


def _is_zone(tz: object) -> bool:
    try:
        return isinstance(tz, str) and bool(ZoneInfo(tz).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LONGEST_WINDOW
