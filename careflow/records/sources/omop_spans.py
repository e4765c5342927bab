"""Deaths, episodes and observation periods of OMOP: tables that name a person and one or two days."""

from __future__ import annotations

from careflow.continuum.outcomes import REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.findings import FindingLog
from careflow.records.parsing.date_columns import OK, Reading, read_dates
from careflow.records.parsing.lookup_tables import Lookups
from careflow.records.sources.columns import InputTable, trimmed_sql


def deaths_of(engine: Engine, death: InputTable | None, people: str, reading: Reading) -> str:
    """Return the table ``person, day`` of deaths; an empty one if there are none."""
    spans, table = _spans(engine, death, people, ("death_date", "death_date"), reading), engine.name("deaths")
    engine.run(f"CREATE TEMP TABLE {table} AS SELECT person, min(day) AS day FROM {spans} GROUP BY person")
    engine.run(f"DROP TABLE {spans}")
    return table


def episodes_of(
    engine: Engine, episode: InputTable | None, people: str, levels: str, cutoff: int, reading: Reading
) -> str:
    """Return the table of the episodes whose object is in ``levels=``; "" if there are none.

    ``levels`` has ``v, level, own`` and is unregistered; "" if ``levels=`` was not given.
    """
    if not levels:
        return ""
    if episode is None:
        engine.unregister(levels)
        return ""
    days = ("episode_start_date", "episode_end_date")
    spans, table = _spans(engine, episode, people, days, reading, "episode_object_concept_id"), engine.name("episodes")
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT e.person, 0 AS facility, 0 AS payer, l.level, e.day AS start_day,
          coalesce(e.until, {cutoff + 1}) AS end_day, e.until IS NULL AS still, {REASONS.index("unknown")} AS reason
        FROM {spans} e JOIN {levels} l ON e.concept = l.v AND l.own = 1
        WHERE e.day <= {cutoff} AND (e.until IS NULL OR e.until >= e.day)"""
    )
    engine.unregister(levels)
    engine.run(f"DROP TABLE {spans}")
    return table


def count_outside(engine: Engine, visits: str, period: InputTable | None, people: str, reading: Reading) -> int:
    """Count the visits in no observation period of the person."""
    if period is None:
        return 0
    spans = _spans(
        engine, period, people, ("observation_period_start_date", "observation_period_end_date"), reading
    )  # fmt: skip
    sql = f"""SELECT count(*) FROM (SELECT v.row_id FROM {visits} v ANTI JOIN {spans} o
      ON v.person = o.person AND v.start_day BETWEEN o.day AND o.until WHERE v.rule = 0)"""
    outside = int(engine.one(sql)[0])
    engine.run(f"DROP TABLE {spans}")
    return outside


def _spans(
    engine: Engine, source: InputTable | None, people: str, days: tuple[str, str], reading: Reading, more: str = ""
) -> str:
    """Return ``person, day, until`` of a table of people's days; an empty table if there is none."""
    table = engine.name("spans")
    if source is None:
        none = f"SELECT code AS person, 0 AS day, 0 AS until FROM {people} WHERE 1 = 0"
        engine.run(f"CREATE TEMP TABLE {table} AS {none}")
        return table
    raw, lookups = source.load(engine), Lookups()
    names = list(dict.fromkeys(column for column in days if column in raw.kinds))
    read = read_dates(engine, raw, names, lookups, FindingLog(), reading)
    day = {c: f"CASE WHEN {read[f'{c[:-5]}_state']} = {OK} THEN {read[c[:-5]]} END" for c in names}
    first, last = (day.get(column, "NULL::INTEGER") for column in days)
    extra = f", {trimmed_sql(raw, more)} AS concept" if more else ""
    engine.run(
        f"""CREATE TEMP TABLE {table} AS SELECT p.code AS person, {first} AS day, {last} AS until{extra}
        FROM {raw.relation} r {" ".join(lookups.joins)} JOIN {people} p ON {trimmed_sql(raw, "person_id")} = p.v"""
    )
    lookups.drop(engine)
    if raw.held:
        engine.run(f"DROP TABLE {raw.relation}")
    return table
