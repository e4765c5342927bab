"""Claims lines become intervals: nights of 24-hour care, days of service of all other care."""

from __future__ import annotations

from typing import Final

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.care_levels import OPEN
from careflow.records.sources.claim_lines.corrections import Corrections
from careflow.records.sources.claim_lines.lines import Lines

_PICKED: Final = "line, person, facility, payer, status, wm, otp, from_day AS start_day, to_day"
_END: Final = "greatest(to_day, from_day + days - 1)"
"""A bundle lasts at least its days."""


def _good(lines: Lines, corrections: Corrections, columns: str, where: str) -> str:
    """Return the SQL of the lines ``l`` of some kinds ``k`` that no rule sets aside."""
    rows = (
        f"SELECT l.rowid AS line, {columns} FROM {lines.table} l JOIN {lines.kinds.table} k ON l.kind = k.kind "
        f"WHERE l.rule = 0 AND k.rule = 0 AND {where}"
    )
    return corrections.without(rows)


def nights(engine: Engine, lines: Lines, corrections: Corrections) -> str:
    """Return the table of nights: the lines of 24-hour levels, by the header of their claim or by their own days.

    ``interim`` marks claims whose frequency says that the stay goes on although a discharge is written (C24), ``two``
    claims with two 24-hour levels (C29).
    """
    table = engine.name("nights")
    columns = "l.person, l.facility, l.payer, l.claim, l.units, l.from_day, l.to_day, l.claim_from, l.claim_to, "
    columns += "l.admission, l.discharge, k.level, k.status, k.recorded, k.interim, k.billed, k.wm, k.otp"
    good = _good(lines, corrections, columns, "k.level < 2 AND NOT k.attending")
    left = "CASE WHEN discharge >= {0} THEN discharge ELSE {1} END"
    # Most claims have one such line, so what the lines of a claim have to do with each other is found out apart.
    alone, claims = engine.name("nights_alone"), engine.name("claims")
    engine.run(f"CREATE TEMP TABLE {alone} AS SELECT * FROM ({good}) g")
    engine.run(
        f"""CREATE TEMP TABLE {claims} AS
        SELECT person, claim, min(level) <> max(level) AS two, max(to_day) AS last_line FROM {alone}
        WHERE claim IS NOT NULL GROUP BY person, claim HAVING count(*) > 1"""
    )
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        WITH one AS (
          SELECT a.*, recorded = 1 OR (status = 0 AND discharge IS NOT NULL) AS ends, coalesce(c.two, false) AS two,
            a.to_day = coalesce(c.last_line, a.to_day) AS ends_last,
            billed AND claim_from IS NOT NULL AND claim_to IS NOT NULL AS headed
          FROM {alone} a LEFT JOIN {claims} c ON a.person = c.person AND a.claim = c.claim),
        judged AS (
          SELECT *, headed AND NOT two AS by_header,
            CASE WHEN NOT interim AND ends AND ((headed AND NOT two) OR ends_last) THEN 1 ELSE 0 END AS leaves
          FROM one)
        SELECT claim, interim AND ends AS interim, two, person, facility, payer, level, leaves AS recorded, status,
          admission, wm, otp,
          CASE WHEN by_header THEN claim_from ELSE from_day END AS start_day,
          CASE WHEN by_header AND leaves = 1 THEN {left.format("claim_from", "claim_to")}
            WHEN by_header THEN claim_to + 1
            WHEN leaves = 1 THEN {left.format("from_day", "to_day")}
            WHEN units = to_day - from_day AND units > 0 THEN to_day
            ELSE to_day + 1 END AS end_day
        FROM judged"""
    )
    for used in (alone, claims):
        engine.run(f"DROP TABLE {used}")
    return table


class ServiceDays:
    """The lines of days of service; those of a person who died, up to the claim's last day.

    Parameters
    ----------
    engine : Engine
        Holds the lines.
    lines : Lines
        The lines.
    corrections : Corrections
        The lines that others correct.
    died : bool
        Whether there are any with a status that says that the person died.
    """

    def __init__(self, engine: Engine, lines: Lines, corrections: Corrections, *, died: bool) -> None:
        self._lines, self._corrections = lines, corrections
        self.deaths = self._last_days(engine) if died else ""

    def sql(self, level: int) -> str:
        """Return the SQL of the intervals of a level: ``line, ... start_day, end_day, recorded``, and ``to_day``."""
        good = self._good(f"k.level = {level} AND k.died = 0")
        living = f"SELECT {_PICKED}, {_END} AS end_day, 0 AS recorded FROM ({good}) g"
        if not self.deaths:
            return living
        return (
            f"{living} UNION ALL SELECT {_PICKED}, CASE WHEN ends_last THEN died_on ELSE least({_END}, died_on) END "
            f"AS end_day, CASE WHEN ends_last THEN 1 ELSE 0 END AS recorded FROM {self.deaths} d WHERE level = {level}"
        )

    def _good(self, where: str, more: str = "") -> str:
        columns = f"l.person, l.facility, l.payer, l.from_day, l.to_day, k.level, k.status, k.wm, k.otp, k.days{more}"
        return _good(self._lines, self._corrections, columns, f"k.level > 1 AND NOT k.attending AND {where}")

    def _last_days(self, engine: Engine) -> str:
        """Return the table of lines of people who died, with the last day of their claim."""
        dying, table = engine.name("dying"), engine.name("deaths")
        engine.run(
            f"CREATE TEMP TABLE {dying} AS SELECT * FROM ({self._good('k.died = 1', ', l.claim, l.claim_to')}) g"
        )
        every = self._good(f"l.claim IN (SELECT claim FROM {dying})", ", l.claim")
        engine.run(
            f"""CREATE TEMP TABLE {table} AS
            SELECT d.*, greatest(coalesce(d.claim_to, c.last_line, d.to_day), d.from_day) AS died_on,
              d.to_day = coalesce(c.last_line, d.to_day) AS ends_last
            FROM {dying} d LEFT JOIN (
              SELECT person, claim, max(to_day) AS last_line FROM ({every}) g GROUP BY person, claim) c
            ON d.person = c.person AND d.claim = c.claim"""
        )
        engine.run(f"DROP TABLE {dying}")
        return table


def attending_lines(engine: Engine, lines: Lines, corrections: Corrections) -> str:
    """Return the table of attending lines, which make no stay of their own."""
    table = engine.name("attending")
    good = _good(lines, corrections, "l.person, l.from_day AS start_day, l.to_day", "k.attending")
    engine.run(f"CREATE TEMP TABLE {table} AS SELECT * FROM ({good}) g")
    return table


def inside_sql(stays: str, lines: str, *, closed_at: int, levels: int) -> str:
    """Return the SQL of the lines that lie inside a stay of the person, whatever the facility.

    Parameters
    ----------
    stays : str
        The table of stays.
    lines : str
        A query of lines with ``person, start_day, to_day``.
    closed_at : int
        From this level on, the day of discharge is inside, too.
    levels : int
        Only stays at levels before this one.
    """
    return (
        f"SELECT l.* FROM ({lines}) l SEMI JOIN {stays} s ON l.person = s.person AND s.level < {levels} "
        f"AND l.start_day >= s.admit AND (s.ended = {OPEN} OR l.to_day < s.last "
        f"OR (s.level >= {closed_at} AND l.to_day = s.last))"
    )
