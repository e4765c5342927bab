"""Intervals of care become stays: which interval continues a stay, how a stay ends, and when it is open.

Used for all records that name days or spans of service, not stays: claims lines, and outpatient visits. Nights are
half-open intervals, days of service closed ones; ``last`` is the end of an interval either way: the morning after the
latest night, or the latest day of service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.admission_dates import NO_DAY, continue_admissions

BY_STATUS, BY_GAP, BY_BREAK, OPEN = range(4)
ENDED_BY: Final = ("status", "gap", "break", "open")
"""How a stay ended: by a recorded discharge, by days without care, by a more intensive stay, or not yet."""

MOST_GAP: Final = 90
"""The longest gap in days that the histogram shows."""

FACTORS: Final = (0.5, 1, 2)
"""Stays are also counted with half and twice the gap."""

_SHIFT: Final = 200_000
"""Added to days, so that they are positive and can be packed."""
_STATUSES: Final = 32_768
_CODES: Final = 1 << 24


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


@dataclass(frozen=True)
class LevelStays:
    """The stays of a level and what was counted on the way.

    Attributes
    ----------
    table : str
        ``person, level, facility, payer, admit, last, recorded, status, wm, otp, ended``, one row a stay.
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
    returned: int
    admitted_before: int


def level_stays(engine: Engine, intervals: str, above: str | None, level: Level, cutoff: int) -> LevelStays:
    """Join the intervals of one level to stays.

    Parameters
    ----------
    engine : Engine
        Holds the tables.
    intervals : str
        A query of ``person, facility, payer, start_day, end_day, recorded, status, admission, wm, otp``, whole numbers.
    above : str, optional
        The table of the stays at more intensive levels.
    level : Level
        The level and its gap.
    cutoff : int
        The last complete day.
    """
    ordered = _ordered(engine, intervals, above, level)
    if level.nights:
        continue_admissions(engine, ordered)
    stays = [int(n or 0) for n in engine.one(f"SELECT {_sums(['b0', 'b1', 'b2'])} FROM {ordered}")]
    returned, *_ = engine.one(f"SELECT count(*) FILTER (after_discharge AND gap <= 1) FROM {ordered}")
    # Outside a stay only, and not after a recorded discharge: these gaps are what the choice of a gap decides.
    rows = engine.rows(
        f"SELECT gap, count(*) FROM {ordered} WHERE bridgeable AND gap <= {MOST_GAP} GROUP BY gap ORDER BY gap"
    )
    joined, before = _joined(engine, ordered, above, level)
    engine.run(f"DROP TABLE {ordered}")
    table = _ended(engine, joined, above, level, cutoff)
    engine.run(f"DROP TABLE {joined}")
    return LevelStays(table, tuple(stays), {int(gap): int(n) for gap, n in rows}, int(returned), before)


def _sums(names: list[str]) -> str:
    return ", ".join(f"sum({name})::BIGINT" for name in names)


def _ordered(engine: Engine, intervals: str, above: str | None, level: Level) -> str:
    """Order the intervals and decide which begin a stay: ``b0, b1, b2`` with half the gap, the gap, twice the gap."""
    part = "person, facility" if level.by_facility else "person"
    # Equal intervals: the one with the earliest admission date first, so that the order of the file does not matter.
    order = "start_day, end_day, admission, recorded DESC, status DESC, facility, payer"
    # A stay of no night may end when the stay before it does; then it is the one that goes on or not.
    no_night = "CASE WHEN start_day = end_day THEN 1 ELSE 0 END" if level.nights else "0"
    packed = f"((end_day + {_SHIFT})::BIGINT * 2 + {no_night}) * 2 + recorded"
    table = engine.name("ordered")
    overlaps = "start_day < last" if level.nights else "start_day <= last"
    engine.run(
        f"""CREATE TEMP TABLE {table}_all AS
        WITH one AS (
          SELECT person, facility, payer, start_day, end_day, recorded, status,
            coalesce(admission, {NO_DAY}) AS admission, max(wm) AS wm, max(otp) AS otp
          FROM ({intervals})
          GROUP BY person, facility, payer, start_day, end_day, recorded, status, coalesce(admission, {NO_DAY})),
        placed AS (
          SELECT *, row_number() OVER w AS place,
            max({packed}) OVER (PARTITION BY {part} ORDER BY {order}
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
            lag(start_day) OVER w AS start_before, lag(end_day) OVER w AS end_before
          FROM one WINDOW w AS (PARTITION BY {part} ORDER BY {order})),
        compared AS (
          SELECT *, (before // 4 - {_SHIFT})::INTEGER AS last, before % 2 AS after_recorded FROM placed)
        SELECT person, facility, payer, start_day, end_day, recorded, status, admission, wm, otp, place, last,
          coalesce(start_day - last, 0) AS gap, before IS NULL AS first_one,
          coalesce({overlaps} OR (start_day = start_before AND end_day = end_before), false) AS inside,
          coalesce(after_recorded = 1, false) AS after_recorded
        FROM compared"""
    )
    between = _between(engine, f"{table}_all", above, level)
    missing = "b.person IS NOT NULL" if between else "false"
    join = (
        f"LEFT JOIN {between} b ON a.person = b.person AND a.start_day = b.start_day AND a.last = b.last "
        "AND a.facility = b.facility"
        if between
        else ""
    )
    # 1 begins a stay; an interval inside the stay never does, the first of a person always.
    begins = ", ".join(
        f"CASE WHEN first_one THEN 1 WHEN inside THEN 0 WHEN after_recorded OR gap > {gap} OR split THEN 1 ELSE 0 END "
        f"AS b{i}"
        for i, gap in enumerate(level.gaps)
    )
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT *, {begins},
          NOT first_one AND NOT inside AND after_recorded AS after_discharge,
          NOT first_one AND NOT inside AND NOT after_recorded AS bridgeable
        FROM (SELECT a.*, {missing} AS split FROM {table}_all a {join})"""
    )
    engine.run(f"DROP TABLE {table}_all")
    if between:
        engine.run(f"DROP TABLE {between}")
    return table


def _between(engine: Engine, ordered: str, above: str | None, level: Level) -> str:
    """Find the gaps that hold a whole stay at a more intensive level, of at least one night or day."""
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


def _joined(engine: Engine, ordered: str, above: str | None, level: Level) -> tuple[str, int]:
    """Return the table of stays without their ends, and how many were admitted before their first line."""
    part = "person, facility" if level.by_facility else "person"
    ending = f"((end_day + {_SHIFT})::BIGINT * 2 + recorded) * {_STATUSES} + status"
    first = f"(start_day + {_SHIFT})::BIGINT * {_CODES}"
    facility = "facility" if level.by_facility else f"(min({first} + facility) % {_CODES})::BIGINT"
    table = engine.name("joined")
    grouped = ", facility" if level.by_facility else ""
    engine.run(
        f"""CREATE TEMP TABLE {table}_all AS
        SELECT person, {facility} AS facility, (min({first} + payer) % {_CODES})::BIGINT AS payer,
          stay, min(start_day) AS first_day, max({ending}) AS ending, min(admission) AS admission,
          max(wm) AS wm, max(otp) AS otp
        FROM (SELECT *, sum(b1) OVER (PARTITION BY {part} ORDER BY place) AS stay FROM {ordered})
        GROUP BY person{grouped}, stay"""
    )
    earlier = f"admission < first_day AND admission > coalesce(lag_last, {-_SHIFT}) - 1" if level.nights else "false"
    if level.nights and above is not None:
        join = f"""ANTI JOIN {above} s ON c.person = s.person AND c.facility = s.facility
          AND s.admit <= c.first_day AND (s.last > c.admission OR s.ended = {OPEN})"""
    else:
        join = ""
    decoded = f"(ending // {2 * _STATUSES} - {_SHIFT})::INTEGER AS last, ending // {_STATUSES} % 2 AS recorded"
    engine.run(
        f"""CREATE TEMP TABLE {table}_before AS
        SELECT c.person, c.facility, c.stay FROM (
          SELECT *, lag(last) OVER (PARTITION BY person, facility ORDER BY stay) AS lag_last
          FROM (SELECT *, {decoded} FROM {table}_all)) c {join}
        WHERE {earlier}"""
    )
    before = int(engine.one(f"SELECT count(*) FROM {table}_before")[0])
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT a.person, {level.number} AS level, a.facility, a.payer,
          CASE WHEN b.person IS NULL THEN a.first_day ELSE a.admission END AS admit, {decoded},
          ending % {_STATUSES} AS status, a.wm, a.otp
        FROM {table}_all a LEFT JOIN {table}_before b
          ON a.person = b.person AND a.facility = b.facility AND a.stay = b.stay"""
    )
    engine.run(f"DROP TABLE {table}_all")
    engine.run(f"DROP TABLE {table}_before")
    return table, before


def _ended(engine: Engine, joined: str, above: str | None, level: Level, cutoff: int) -> str:
    """Return the table of stays with how each ended."""
    table = engine.name("level_stays")
    ended = (
        f"CASE WHEN recorded = 1 THEN CASE WHEN last > {cutoff} THEN {OPEN} ELSE {BY_STATUS} END "
        f"WHEN broken THEN {BY_BREAK} WHEN {cutoff} < last + {level.gap} THEN {OPEN} ELSE {BY_GAP} END"
    )
    if above is None:
        engine.run(
            f"CREATE TEMP TABLE {table} AS SELECT *, {ended} AS ended FROM (SELECT *, false AS broken FROM {joined})"
        )
        return table
    more = f"s.admit - j.last BETWEEN 0 AND {level.gap}"
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT *, {ended} AS ended FROM (
          SELECT *, false AS broken FROM (
            SELECT * FROM {joined} j ANTI JOIN {above} s ON j.person = s.person AND {more})
          UNION ALL
          SELECT *, true AS broken FROM (
            SELECT * FROM {joined} j SEMI JOIN {above} s ON j.person = s.person AND {more}))"""
    )
    return table
