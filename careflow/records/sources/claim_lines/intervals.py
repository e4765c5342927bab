"""Claims lines become intervals: nights of 24-hour care, days of service of all other care."""

from __future__ import annotations

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.care_levels import OPEN
from careflow.records.sources.claim_lines.corrections import Corrections
from careflow.records.sources.claim_lines.lines import Lines


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
          FROM ({good}) g),
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


def service_days(engine: Engine, lines: Lines, corrections: Corrections) -> str:
    """Return the table of days of service; of a person who died, up to the claim's last day."""
    table = engine.name("service")
    columns = "l.person, l.facility, l.payer, l.from_day, l.to_day, k.level, k.status, k.wm, k.otp"
    where, end = "k.level > 1 AND NOT k.attending", "greatest(to_day, from_day + days - 1)"
    picked = "line, person, facility, payer, level, status, wm, otp, from_day AS start_day, to_day"
    living = _good(lines, corrections, f"{columns}, k.days", f"{where} AND k.died = 0")
    engine.run(f"CREATE TEMP TABLE {table} AS SELECT {picked}, {end} AS end_day, 0 AS recorded FROM ({living}) g")
    dying = _good(lines, corrections, f"{columns}, k.days, l.claim, l.claim_to", f"{where} AND k.died = 1")
    deaths = engine.name("deaths")
    engine.run(f"CREATE TEMP TABLE {deaths} AS SELECT * FROM ({dying}) g")
    if engine.one(f"SELECT count(*) FROM {deaths}")[0]:
        every = _good(lines, corrections, "l.person, l.claim, l.to_day", where)
        with_last, both = engine.name("with_last"), engine.name("service")
        engine.run(
            f"""CREATE TEMP TABLE {with_last} AS
            SELECT d.*, greatest(coalesce(d.claim_to, c.last_line, d.to_day), d.from_day) AS died_on,
              d.to_day = coalesce(c.last_line, d.to_day) AS ends_last
            FROM {deaths} d LEFT JOIN (
              SELECT person, claim, max(to_day) AS last_line FROM ({every}) g
              WHERE claim IN (SELECT claim FROM {deaths}) GROUP BY person, claim) c
            ON d.person = c.person AND d.claim = c.claim"""
        )
        engine.run(
            f"""CREATE TEMP TABLE {both} AS
            SELECT * FROM {table} UNION ALL
            SELECT {picked}, CASE WHEN ends_last THEN died_on ELSE least({end}, died_on) END AS end_day,
              CASE WHEN ends_last THEN 1 ELSE 0 END AS recorded
            FROM {with_last}"""
        )
        engine.run(f"DROP TABLE {with_last}")
        engine.run(f"DROP TABLE {table}")
        table = both
    engine.run(f"DROP TABLE {deaths}")
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
