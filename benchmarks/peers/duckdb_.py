"""DuckDB: the same by hand-written SQL, with no checks of the records."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from peers import numbers
from peers.words import (
    CONCURRENT,
    CUTOFF,
    DIED,
    FIRSTS,
    LASTS,
    LEVELS,
    NEVER,
    REASON_CODE,
    REASONS,
    WITHIN,
    quarter_of,
)  # fmt: skip

LEHMER = "({0} % 2147483647 * 48271 % 2147483647 * 40692 % 2147483399 % 100)::SMALLINT"

LINK = """
CREATE TABLE linked AS
WITH raw AS ({raw}),
ordered AS (
  SELECT *, lead(admit) OVER o AS na, lead(level) OVER o AS nl,
    max(ends) OVER (o ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
  FROM raw WINDOW o AS (PARTITION BY person ORDER BY admit, ends, level, reason)),
over AS (SELECT DISTINCT person, ends FROM ordered WHERE na < ends AND ends < {never}),
again AS (
  SELECT o.person, o.ends, min(s.admit) FILTER (s.admit >= o.ends) AS na,
    arg_min(s.level, (s.admit::BIGINT * 4000000 + least(s.ends, 3000000)) * 8 + s.level)
      FILTER (s.admit >= o.ends) AS nl,
    coalesce(bool_or(s.admit < o.ends AND s.ends > o.ends), false) AS goes_on
  FROM over o JOIN raw s ON s.person = o.person GROUP BY ALL)
SELECT grp, level, admit, ends, CASE
    WHEN reason = {died_reason} THEN {died}
    WHEN coalesce(reach, 0) > ends OR coalesce(goes_on, false) THEN {concurrent}
    WHEN (CASE WHEN a.person IS NULL THEN o.na ELSE a.na END) - ends <= {within}
      THEN CASE WHEN a.person IS NULL THEN o.nl ELSE a.nl END
    ELSE outcome END AS what
FROM ordered o LEFT JOIN again a USING (person, ends)
LEFT JOIN outcomes ON outcomes.code = o.reason
"""
RAW = """
SELECT {person} AS person, {group} AS grp, (list_position({levels}, level) - 1)::SMALLINT AS level,
  coalesce(list_position({reasons}, discharge_reason) - 1, {unknown})::SMALLINT AS reason,
  admit_date - DATE '1970-01-01' AS admit,
  CASE WHEN discharge_date - DATE '1970-01-01' <= {cutoff} THEN discharge_date - DATE '1970-01-01'
    ELSE {never} END AS ends
FROM read_parquet('{path}')
"""
SEEN = """
WITH seen AS (
  SELECT q AS quarter, level, grp, greatest(first - admit, 0) AS entry, least(ends, last) - admit AS day,
    CASE WHEN ends <= last THEN 1 ELSE -1 END AS event
  FROM linked JOIN quarters ON admit <= last AND ends >= first)
"""
CAME = """
WITH seen AS (
  SELECT q AS quarter, level, grp, least(ends, {known}) - admit AS day,
    CASE WHEN ends <= {known} THEN what ELSE -1 END AS event
  FROM linked JOIN days ON days.day = admit WHERE admit <= {known})
"""


RATES = (
    "SELECT q AS quarter, level, what, grp, count(*) AS n FROM linked JOIN days ON day = ends "
    f"WHERE ends <= {CUTOFF - WITHIN} GROUP BY ALL"
)
ENDS = "SELECT quarter, level, grp, event, day, count(*) AS n FROM seen GROUP BY ALL"
ENTRIES = "SELECT quarter, level, grp, entry AS day, count(*) AS n FROM seen GROUP BY ALL"
ADMITTED = "SELECT admit AS day, level, count(*) AS n FROM linked GROUP BY ALL"
DISCHARGED = f"SELECT ends AS day, level, count(*) AS n FROM linked WHERE ends < {NEVER} GROUP BY ALL"


def run(path: str, job: str) -> dict[str, pd.DataFrame]:
    base = linked(path)

    def frame(sql: str) -> pd.DataFrame:
        return pd.DataFrame(base.execute(sql).fetchnumpy())

    results = numbers.rates(frame(RATES)) | numbers.lengths(frame(SEEN + ENTRIES), frame(SEEN + ENDS))
    if job == "core":
        came = CAME.format(known=CUTOFF - WITHIN)
        results["incidence"] = numbers.incidence(frame(came + ENTRIES.replace("entry", "0")), frame(came + ENDS))
        results["census"] = numbers.census(frame(ADMITTED), frame(DISCHARGED))
    return results


def count(path: str, memory: str) -> int:
    """Link and count within a limit of memory; return how many stays are closed."""
    base = linked(path, memory)
    came = CAME.format(known=CUTOFF - WITHIN)
    for sql in (RATES, SEEN + ENTRIES, SEEN + ENDS, came + ENDS, ADMITTED):
        base.execute(sql).fetchnumpy()
    return int(base.execute(DISCHARGED).fetchnumpy()["n"].sum())


def linked(path: str, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """Return a database with the linked stays."""
    base = duckdb.connect()
    base.execute("SET enable_progress_bar = false")
    if memory:
        base.execute(f"SET memory_limit = '{memory}'")
        base.execute("SET preserve_insertion_order = false")
        base.execute(f"SET temp_directory = '{Path(tempfile.gettempdir()) / 'careflow-bench-spill'}'")
    base.register("outcomes", pd.DataFrame({"code": range(len(REASONS)), "outcome": REASON_CODE}).astype("int32"))
    every = np.arange(FIRSTS[0], CUTOFF + 1)
    base.register("days", pd.DataFrame({"day": every, "q": quarter_of(every)}).astype("int32"))
    base.register("quarters", pd.DataFrame({"q": range(12), "first": FIRSTS, "last": LASTS}).astype("int32"))
    base.execute(
        LINK.format(
            raw=_raw(base, path),
            never=NEVER,
            died_reason=REASONS.index("died"),
            died=DIED,
            concurrent=CONCURRENT,
            within=WITHIN,
        )
    )
    return base


def _raw(base: duckdb.DuckDBPyConnection, path: str) -> str:
    text = base.execute(f"SELECT typeof(person_id) FROM read_parquet('{path}') LIMIT 1").fetchone()[0] == "VARCHAR"
    person, group, source = "person_id", LEHMER.format("person_id"), RAW
    if text:
        # Each text is hashed for its group once.
        base.execute(
            f"CREATE TABLE people AS SELECT id, row_number() OVER () AS person, {LEHMER.format('number')} AS grp FROM "
            "(SELECT DISTINCT person_id AS id, CASE WHEN regexp_full_match(person_id, '[1-9][0-9]*') "
            "THEN person_id::BIGINT ELSE ('0x' || left(md5(person_id), 8))::BIGINT END AS number "
            f"FROM read_parquet('{path}'))"
        )
        person, group, source = "person", "grp", RAW + " JOIN people ON id = person_id"
    return source.format(
        person=person, group=group, levels=LEVELS, reasons=REASONS, unknown=len(REASONS) - 1, cutoff=CUTOFF,
        never=NEVER, path=path,
    )  # fmt: skip
