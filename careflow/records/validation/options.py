"""The arguments of :func:`careflow.read_episodes`, checked before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careflow.continuum import Continuum
from careflow.errors import ArgumentError
from careflow.records.parsing import date_formats
from careflow.records.parsing.date_columns import Reading
from careflow.records.parsing.encode import Choices


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


def choices(
    continuum: Continuum | None,
    cutoff: date,
    start: date | None,
    levels: Mapping[Any, str] | None,
    reasons: Mapping[Any, str] | None,
    dates_read: Reading,
) -> Choices:
    """Check what was said about codes and dates.

    Raises
    ------
    ArgumentError
        The records would begin after they end.
    """
    if start is not None and start > cutoff:
        raise ArgumentError(
            f"start={start} is after cutoff={cutoff}: start is the first day of the records, cutoff the last."
        )
    return Choices(continuum or Continuum.standard(), levels, reasons, cutoff, start, dates_read)


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
    return Reading(date_formats.check_format(date_format), tz)


def _is_zone(tz: str) -> bool:
    try:
        return bool(ZoneInfo(tz).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
