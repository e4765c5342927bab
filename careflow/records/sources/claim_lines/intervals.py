"""Claims lines become intervals: nights of 24-hour care, days of service of all other care."""

from __future__ import annotations

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.bridging import OPEN


def good_lines(engine: Engine, lines: str, corrected: str) -> str:
    """Return the table of the lines that no rule set aside."""
    table = engine.name("good")
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT l.* FROM {lines} l ANTI JOIN {corrected} c ON l.line = c.line "
        "WHERE l.rule = 0"
    )
    return table


def nights(engine: Engine, good: str) -> str:
    """Return the table of nights: the lines of 24-hour levels, by the header of their claim or by their own days.

    ``interim`` marks claims whose frequency says that the stay goes on although a discharge is written (C24), ``two``
    claims with two 24-hour levels (C29).
    """
    table = engine.name("nights")
    by_claim = "OVER (PARTITION BY person, claim)"
    recorded = "CASE WHEN NOT interim AND ends THEN 1 ELSE 0 END"
    left = "CASE WHEN discharge >= {0} THEN discharge ELSE {1} END"
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        WITH one AS (
          SELECT *, recorded = 1 OR (status = 0 AND discharge IS NOT NULL) AS ends,
            min(level) {by_claim} <> max(level) {by_claim} AND claim IS NOT NULL AS two,
            claim IS NULL OR to_day = max(to_day) {by_claim} AS ends_last,
            billed AND claim_from IS NOT NULL AND claim_to IS NOT NULL AS headed
          FROM {good} WHERE level < 2 AND NOT attending),
        judged AS (
          SELECT *, headed AND NOT two AS by_header,
            {recorded} * CASE WHEN (headed AND NOT two) OR ends_last THEN 1 ELSE 0 END AS leaves
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
    return table


def service_days(engine: Engine, good: str) -> str:
    """Return the table of days of service; of a person who died, up to the claim's last day."""
    table = engine.name("service")
    deaths = engine.name("deaths")
    engine.run(
        f"""CREATE TEMP TABLE {deaths} AS
        SELECT person, claim, max(to_day) AS last_line FROM {good}
        WHERE level > 1 AND NOT attending AND claim IN (SELECT claim FROM {good} WHERE died = 1)
        GROUP BY person, claim"""
    )
    bundle = "greatest(to_day, from_day + days - 1)"
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        WITH dated AS (
          SELECT g.*, CASE WHEN g.died = 1 THEN greatest(coalesce(g.claim_to, d.last_line, g.to_day), g.from_day) END
            AS died_on, g.to_day = coalesce(d.last_line, g.to_day) AS ends_last
          FROM {good} g LEFT JOIN {deaths} d ON g.person = d.person AND g.claim = d.claim
          WHERE g.level > 1 AND NOT g.attending)
        SELECT line, claim, number, person, facility, payer, level, status, admission, wm, otp, from_day, to_day,
          from_day AS start_day,
          CASE WHEN died_on IS NULL THEN {bundle} WHEN ends_last THEN died_on ELSE least({bundle}, died_on) END
            AS end_day,
          CASE WHEN died_on IS NOT NULL AND ends_last THEN 1 ELSE 0 END AS recorded
        FROM dated"""
    )
    engine.run(f"DROP TABLE {deaths}")
    return table


def inside_sql(stays: str, lines: str, *, closed_at: int, levels: int) -> str:
    """Return the SQL of the lines that lie inside a stay of the person, whatever the facility.

    Parameters
    ----------
    stays : str
        The table of stays.
    lines : str
        A query of lines with ``person, from_day, to_day``.
    closed_at : int
        From this level on, the day of discharge is inside, too.
    levels : int
        Only stays at levels before this one.
    """
    return (
        f"SELECT l.* FROM ({lines}) l SEMI JOIN {stays} s ON l.person = s.person AND s.level < {levels} "
        f"AND l.from_day >= s.admit AND (s.ended = {OPEN} OR l.to_day < s.last "
        f"OR (s.level >= {closed_at} AND l.to_day = s.last))"
    )
