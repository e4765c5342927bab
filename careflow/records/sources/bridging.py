"""Intervals of care become stays: which interval continues a stay, how a stay ends, and when it is open.

Used for all records that name days or spans of service, not stays: claims lines, and outpatient visits.
"""

from __future__ import annotations

from dataclasses import replace

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.care_levels import BY_BREAK, BY_GAP, BY_STATUS, OPEN, JoinedStays, Level
from careflow.records.sources.day_stays import join_days
from careflow.records.sources.night_stays import join_nights


def level_stays(engine: Engine, intervals: str, above: str | None, level: Level, cutoff: int) -> JoinedStays:
    """Join the intervals of one level to stays; their table has :data:`STAY`.

    Parameters
    ----------
    engine : Engine
        Holds the tables.
    intervals : str
        A query of ``person, facility, payer, start_day, end_day, recorded, status, wm, otp``, whole numbers; of nights
        also ``admission``.
    above : str, optional
        The table of the stays at more intensive levels.
    level : Level
        The level and its gap.
    cutoff : int
        The last complete day.
    """
    joined = (join_nights if level.nights else join_days)(engine, intervals, above, level)
    table = _ended(engine, joined.table, above, level, cutoff)
    engine.run(f"DROP TABLE {joined.table}")
    return replace(joined, table=table)


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
