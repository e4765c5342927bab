"""Details of another level split an OMOP visit; days that no detail covers keep the level of the visit."""

from __future__ import annotations

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.findings import FindingLog
from careflow.records.parsing.date_columns import OK, Reading, read_dates
from careflow.records.parsing.lookup_tables import Lookups
from careflow.records.sources.columns import InputTable, trimmed_sql


def split_by_details(engine: Engine, visits: str, details: InputTable, levels: str, reading: Reading) -> str:
    """Return the table of visits with those split that have details of another level.

    Parameters
    ----------
    engine : Engine
        Holds the visits.
    visits : str
        ``row_id, visit, person, facility, payer, level, start_day, end_day, still, reason``; the table is dropped.
    details : InputTable
        OMOP's table visit_detail.
    levels : str
        ``v, level, own``: what concepts and source values mean; it is unregistered.
    reading : Reading
        The format and the time zone of dates.
    """
    raw, lookups, table = details.load(engine), Lookups(), engine.name("details")
    names = ["visit_detail_start_date", "visit_detail_end_date"]
    days = read_dates(engine, raw, names, lookups, FindingLog(), reading)
    start, end = (
        f"CASE WHEN {days[f'visit_detail_{word}_state']} = {OK} THEN {days[f'visit_detail_{word}']} END"
        for word in ("start", "end")
    )
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT v.row_id, d.level, greatest(d.start_day, v.start_day) AS start_day,
          least(d.end_day, v.end_day) AS end_day
        FROM (
          SELECT {trimmed_sql(raw, "visit_occurrence_id")} AS visit, {start} AS start_day, {end} AS end_day,
            coalesce(by_source.level, by_concept.level) AS level
          FROM {raw.relation} r {" ".join(lookups.joins)}
          LEFT JOIN {levels} by_source
            ON {trimmed_sql(raw, "visit_detail_source_value")} = by_source.v AND by_source.own = 1
          LEFT JOIN {levels} by_concept ON {trimmed_sql(raw, "visit_detail_concept_id")} = by_concept.v) d
        JOIN {visits} v ON d.visit = v.visit
        WHERE d.level < 5 AND d.level <> v.level AND d.start_day < v.end_day AND d.end_day > v.start_day
          AND d.start_day < d.end_day"""
    )
    lookups.drop(engine)
    engine.unregister(levels)
    split = engine.name("split")
    # Between two neighbouring bounds one level holds: that of the most intensive detail, or the visit's.
    engine.run(
        f"""CREATE TEMP TABLE {split} AS
        WITH bounds AS (
          SELECT row_id, start_day AS day FROM {table} UNION SELECT row_id, end_day FROM {table}
          UNION SELECT v.row_id, v.start_day FROM {visits} v SEMI JOIN {table} d ON v.row_id = d.row_id
          UNION SELECT v.row_id, v.end_day FROM {visits} v SEMI JOIN {table} d ON v.row_id = d.row_id),
        spans AS (SELECT row_id, day, lead(day) OVER (PARTITION BY row_id ORDER BY day) AS until FROM bounds),
        levelled AS (
          SELECT s.row_id, s.day, s.until, min(d.level) AS level FROM spans s LEFT JOIN {table} d
            ON s.row_id = d.row_id AND d.start_day <= s.day AND d.end_day >= s.until
          WHERE s.until IS NOT NULL GROUP BY s.row_id, s.day, s.until),
        pieces AS (
          SELECT v.row_id, v.visit, v.person, v.facility, v.payer, coalesce(l.level, v.level) AS level, l.day, l.until,
            v.end_day, v.still, v.reason
          FROM levelled l JOIN {visits} v ON l.row_id = v.row_id),
        begun AS (
          SELECT *, CASE WHEN lag(level) OVER (PARTITION BY row_id ORDER BY day) = level THEN 0 ELSE 1 END AS fresh
          FROM pieces),
        numbered AS (SELECT *, sum(fresh) OVER (PARTITION BY row_id ORDER BY day) AS piece FROM begun)
        SELECT row_id, visit, person, facility, payer, level, min(day) AS start_day, max(until) AS end_day,
          still AND max(until) = end_day AS still, reason
        FROM numbered GROUP BY row_id, visit, person, facility, payer, level, piece, end_day, still, reason
        UNION ALL
        SELECT v.* FROM {visits} v ANTI JOIN {table} d ON v.row_id = d.row_id"""
    )
    engine.run(f"DROP TABLE {table}")
    engine.run(f"DROP TABLE {visits}")
    return split
