"""Ids, facilities, payers and discharge statuses of claims lines as numbers, in tables of the engine."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from careflow.continuum.outcomes import DIED, REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import INTEGER, SourceTable
from careflow.records.parsing.lookup_tables import distinct
from careflow.records.privacy.pseudonyms import check_unique
from careflow.records.sources.columns import digits_sql, trimmed_sql


@dataclass(frozen=True)
class NumberedPeople:
    """How the ids of lines ``r`` become numbers.

    Attributes
    ----------
    table : str
        What the numbers stand for, ``v, code``; "" where the ids are whole numbers themselves.
    person : str
        SQL of the number, NULL without an id.
    join : str
        The LEFT JOIN that it needs, or "".
    written : str
        The table of ids that are written otherwise than they are compared, or "".
    """

    table: str
    person: str
    join: str = ""
    written: str = ""


def number_people(engine: Engine, raw: SourceTable) -> NumberedPeople:
    """Number the people: by a keyed hash of the id, after checking that no two ids share one.

    A line's number is then computed, which is faster than looking it up. Only distinct ids are trimmed.
    """
    if raw.kinds["person_id"] == INTEGER:
        return NumberedPeople("", "r.person_id::BIGINT")
    table, written, key = engine.name("people"), engine.name("people_written"), secrets.randbits(62)
    hashed = f"(hash({{}}, {key}::BIGINT) >> 1)::BIGINT"
    trimmed = trimmed_sql(raw, "person_id").replace("r.person_id", "raw")
    engine.run(
        f"CREATE TEMP TABLE {table}_seen AS SELECT raw, {trimmed} AS v "
        f"FROM (SELECT DISTINCT r.person_id::VARCHAR AS raw FROM {raw.relation} r) WHERE raw IS NOT NULL"
    )
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT v, {hashed.format('v')} AS code "
        f"FROM (SELECT DISTINCT v FROM {table}_seen) WHERE v IS NOT NULL"
    )
    check_unique(int(engine.one(f"SELECT count(*) - count(DISTINCT code) FROM {table}")[0]))
    engine.run(
        f"CREATE TEMP TABLE {written} AS SELECT raw, CASE WHEN v IS NOT NULL THEN {hashed.format('v')} END AS code "
        f"FROM {table}_seen WHERE v IS NULL OR v <> raw"
    )
    engine.run(f"DROP TABLE {table}_seen")
    person = f"CASE WHEN r.person_id IS NOT NULL THEN {hashed.format('r.person_id::VARCHAR')} END"
    if not engine.one(f"SELECT count(*) FROM {written}")[0]:
        engine.run(f"DROP TABLE {written}")
        return NumberedPeople(table, person)
    person = f"CASE WHEN person_of.raw IS NULL THEN {person} ELSE person_of.code END"
    join = f"LEFT JOIN {written} person_of ON r.person_id::VARCHAR = person_of.raw"
    return NumberedPeople(table, person, join, written)


def number_texts(engine: Engine, raw: SourceTable, name: str, stem: str) -> str:
    """Number the texts of a column: ``v, code``, and in the table ``..._raw`` the code of each text as written.

    Only distinct texts are trimmed: trimming every line takes longer than the rest.
    """
    table = engine.name(stem)
    engine.run(
        f"CREATE TEMP TABLE {table}_seen AS SELECT raw, {trimmed_sql(raw, name).replace(f'r.{name}', 'raw')} AS v "
        f"FROM (SELECT DISTINCT r.{name}::VARCHAR AS raw FROM {raw.relation} r)"
    )
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT v, row_number() OVER (ORDER BY v) AS code "
        f"FROM (SELECT DISTINCT v FROM {table}_seen) WHERE v IS NOT NULL"
    )
    engine.run(f"CREATE TEMP TABLE {table}_raw AS SELECT s.raw, t.code FROM {table}_seen s JOIN {table} t ON s.v = t.v")
    engine.run(f"DROP TABLE {table}_seen")
    return table


def number_statuses(engine: Engine, raw: SourceTable, reasons: Mapping[str, str]) -> str:
    """Register the discharge statuses of the file in their order; the highest has the highest number."""
    name = "discharge_disposition_code"
    if name not in raw.kinds:
        return ""
    texts = sorted(distinct(engine, raw, name, name, digits_sql(raw, name, 2)))
    reason = [reasons.get(text) for text in texts]
    table = engine.name("statuses")
    columns = {
        "v": pa.array(texts, pa.string()),
        "code": pa.array(range(1, len(texts) + 1), pa.int32()),
        "recorded": pa.array([int(word is not None) for word in reason], pa.int32()),
        "reason": pa.array([REASONS.index(word or "unknown") for word in reason], pa.int32()),
        "died": pa.array([int(word == DIED) for word in reason], pa.int32()),
    }
    engine.register(f"{table}_view", _never_empty(pa.table(columns)))
    engine.run(f"CREATE TEMP TABLE {table} AS SELECT * FROM {table}_view")
    engine.unregister(f"{table}_view")
    return table


def _never_empty(table: pa.Table) -> pa.Table:
    return table if table.num_rows else pa.table([pa.nulls(1, kind.type) for kind in table.schema], table.schema)
