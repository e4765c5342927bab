"""Arguments of :func:`careflow.read_episodes`, checked before the file is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careflow.continuum import Continuum
from careflow.continuum.crosswalk import Crosswalk
from careflow.errors import ArgumentError
from careflow.records.parsing import date_formats
from careflow.records.parsing.date_columns import Reading
from careflow.records.parsing.encode import Choices
from careflow.records.parsing.level_column import check_unknown, continuum_of


@dataclass(frozen=True)
class Options:
    """What to do with stays once they are read.

    Attributes
    ----------
    overlaps : str
        The overlap policy.
    bridge_days : int
        The longest gap in days between stays at one level and facility that are joined; 0 joins none.
    close_open_after : int, optional
        Days after which a stay that is still open is closed.
    allow : tuple of str
        Columns that are accepted although they look like direct identifiers.
    """

    overlaps: str = "flag"
    bridge_days: int = 0
    close_open_after: int | None = None
    allow: tuple[str, ...] = ()


def check_choices(
    continuum: Continuum | None,
    cutoff: date,
    start: date | None,
    levels: Mapping[Any, str] | Crosswalk | None,
    reasons: Mapping[Any, str] | None,
    dates_read: Reading,
    unknown: str = "set aside",
) -> Choices:
    """Check the arguments about codes and dates.

    Raises
    ------
    ArgumentError
        ``start`` is after ``cutoff``.
    """
    if start is not None and start > cutoff:
        raise ArgumentError(
            f"start={start} is after cutoff={cutoff}: start is the first day of the records, cutoff the last."
        )
    care = check_unknown(unknown, continuum_of(continuum, levels))
    return Choices(care, levels, reasons, cutoff, start, dates_read)


def check_reading(date_format: str | None, tz: str | None) -> Reading:
    """Check the arguments about the format and the time zone of dates.

    Raises
    ------
    ArgumentError
        The format cannot be used, or there is no such time zone.
    """
    if tz is not None and not _is_zone(tz):
        raise ArgumentError("tz= is the name of a time zone, such as 'America/New_York' or 'UTC'.")
    return Reading(date_formats.check_format(date_format), tz)


def _is_zone(tz: str) -> bool:
    try:
        return bool(ZoneInfo(tz).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
