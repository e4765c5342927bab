"""Levels of care whose intervals become stays, and what the ways of joining them have in common.

Nights are half-open intervals, days of service closed ones; ``last`` is the end of an interval either way: the morning
after the latest night, or the latest day of service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from careflow.records.engine.duckdb_engine import Engine

BY_STATUS, BY_GAP, BY_BREAK, OPEN = range(4)
ENDED_BY: Final = ("status", "gap", "break", "open")
"""How a stay ended: by a recorded discharge, by days without care, by a more intensive stay, or not yet."""

MOST_GAP: Final = 90
"""The longest gap in days that the histogram shows."""

FACTORS: Final = (0.5, 1, 2)
"""Stays are also counted with half and twice the gap."""

SHIFT: Final = 200_000
"""Added to days, so that they are positive and can be packed."""

STATUSES: Final = 32_768
CODES: Final = 1 << 24
"""More than there are discharge statuses, and facilities or payers."""


@dataclass(frozen=True)
class Level:
    """How intervals of one level become stays.

    Attributes
    ----------
    number : int
        Its place among the levels, 0 the most intensive.
    nights : bool
        Whether it is a 24-hour level, whose intervals are nights.
    gap : int
        The most days to the next interval that still continues a stay.
    by_facility : bool
        Whether a stay is at one facility.
    """

    number: int
    nights: bool
    gap: int
    by_facility: bool = True

    @property
    def gaps(self) -> tuple[int, ...]:
        """Half the gap, the gap and twice the gap."""
        return tuple(int(self.gap * factor) for factor in FACTORS)


STAY: Final = "person, level, facility, payer, admit, last, recorded, status, wm, otp, ended"
"""The columns of a table of stays, one row each; ``ended`` is a place in :data:`ENDED_BY`."""


@dataclass(frozen=True)
class JoinedStays:
    """The stays of a level and what was counted on the way.

    Attributes
    ----------
    table : str
        The columns of :data:`STAY`; without ``ended`` as long as only the intervals are joined.
    stays : tuple of int
        Their number with half the gap, the gap and twice the gap.
    gaps : mapping of int to int
        How many gaps there are of so many days, up to 90.
    returned, admitted_before : int
        Returns within a day after a recorded discharge (C25), and stays whose admission was before their first line
        (C23).
    """

    table: str
    stays: tuple[int, ...]
    gaps: Mapping[int, int]
    returned: int = 0
    admitted_before: int = 0


def word_sql(number: str, words: Sequence[str]) -> str:
    """Return the SQL of the word at a number's place.

    Examples
    --------
    >>> word_sql("s.ended", ["status", "gap"])
    "CASE s.ended WHEN 0 THEN 'status' WHEN 1 THEN 'gap' END"
    """
    cases = " ".join(f"WHEN {i} THEN '{word}'" for i, word in enumerate(words))
    return f"CASE {number} {cases} END"


def packed_end() -> str:
    """Return the SQL of an integer that orders intervals by their end, then a recorded discharge, then the status."""
    return f"((end_day + {SHIFT})::BIGINT * 2 + recorded) * {STATUSES} + status"


def unpacked_end(packed: str) -> str:
    """Return the SQL of ``last, recorded, status`` of such an integer."""
    return (
        f"({packed} // {2 * STATUSES} - {SHIFT})::INTEGER AS last, {packed} // {STATUSES} % 2 AS recorded, "
        f"{packed} % {STATUSES} AS status"
    )


def gaps_with_a_stay(engine: Engine, ordered: str, above: str | None, level: Level) -> str:
    """Find the gaps that hold a whole stay at a more intensive level, of at least one night or day.

    Parameters
    ----------
    engine : Engine
        Holds the tables.
    ordered : str
        The table of intervals in order: ``person, facility, start_day, last, gap, first_one, inside, after_recorded``.
    above : str, optional
        The table of the stays at more intensive levels.
    level : Level
        The level of the intervals.

    Returns
    -------
    str
        The table of ``person, facility, start_day, last``; "" if there is none.
    """
    if above is None:
        return ""
    table = engine.name("between")
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT DISTINCT a.person, a.facility, a.start_day, a.last FROM {ordered} a JOIN {above} s
          ON a.person = s.person AND a.last <= s.admit AND s.admit < s.last AND s.last <= a.start_day
        WHERE NOT a.inside AND NOT a.first_one AND NOT a.after_recorded AND a.gap BETWEEN 1 AND {max(level.gaps)}
          AND s.ended <> {OPEN}"""
    )
    return table


def split_by(between: str) -> tuple[str, str]:
    """Return the SQL of whether a gap of intervals ``a`` holds a stay, and of the join that it needs."""
    if not between:
        return "false", ""
    return "b.person IS NOT NULL", (
        f"LEFT JOIN {between} b ON a.person = b.person AND a.start_day = b.start_day AND a.last = b.last "
        "AND a.facility = b.facility"
    )
