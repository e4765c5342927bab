"""Ids, facilities, payers and discharge statuses of claims lines as numbers, in tables of the engine."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from careflow.continuum.outcomes import DIED, REASONS
from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import INTEGER, SourceTable
from careflow.records.parsing.lookup_tables import distinct
from careflow.records.privacy.pseudonyms import check_unique
from careflow.records.sources.care_levels import CODES
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


@dataclass(frozen=True)
class NumberedTexts:
    """Texts of one or more columns as numbers, one for each combination, in the order of the texts; 0 for no text.

    Attributes
    ----------
    table : str
        ``code``, and a column of texts for each of ``names``; "" where there are no columns.
    names : tuple of str
        The names of the texts in the table.
    code : str
        SQL of the number of a line ``r``.
    join : str
        The LEFT JOIN that it needs, or "".
    written : str
        The table of the texts as they are written, or "".
    """

    table: str
    names: tuple[str, ...]
    code: str = "0"
    join: str = ""
    written: str = ""


def number_texts(engine: Engine, raw: SourceTable, columns: Mapping[str, str], stem: str) -> NumberedTexts:
    """Number the texts of some columns ``{name in the table: column}``.

    Only distinct texts are trimmed: trimming every line takes longer than the rest.

    Raises
    ------
    RecordError
        There are more combinations than numbers.
    """
    if not columns:
        return NumberedTexts("", ())
    table, written, seen = engine.name(stem), engine.name(f"{stem}_written"), engine.name(f"{stem}_seen")
    texts = ", ".join(f"r.{column}::VARCHAR AS {name}_raw" for name, column in columns.items())
    trimmed = ", ".join(
        f"{trimmed_sql(raw, column).replace(f'r.{column}', f'{name}_raw')} AS {name}"
        for name, column in columns.items()
    )
    picked, order = ", ".join(columns), ", ".join(f"{name} NULLS FIRST" for name in columns)
    engine.run(
        f"CREATE TEMP TABLE {seen} AS SELECT *, {trimmed} FROM (SELECT DISTINCT {texts} FROM {raw.relation} r) d"
    )
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT {picked}, row_number() OVER (ORDER BY {order}) AS code "
        f"FROM (SELECT DISTINCT {picked} FROM {seen}) d WHERE coalesce({picked}) IS NOT NULL"
    )
    if (n := int(engine.one(f"SELECT count(*) FROM {table}")[0])) >= CODES:
        raise RecordError(
            f"the columns of {' and '.join(columns)} have {n:,} different values, too many for strata.",
            check="S09",
            n=n,
        )
    # A comparison that takes NULL for a value is only needed where other columns are not NULL.
    equal = "=" if len(columns) == 1 else "IS NOT DISTINCT FROM"
    same = " AND ".join(f"s.{name} {equal} t.{name}" for name in columns)
    engine.run(
        f"CREATE TEMP TABLE {written} AS SELECT {', '.join(f's.{name}_raw' for name in columns)}, t.code "
        f"FROM {seen} s JOIN {table} t ON {same}"
    )
    engine.run(f"DROP TABLE {seen}")
    of_line = " AND ".join(f"r.{column}::VARCHAR {equal} {stem}_of.{name}_raw" for name, column in columns.items())
    join = f"LEFT JOIN {written} {stem}_of ON {of_line}"
    return NumberedTexts(table, tuple(columns), f"coalesce({stem}_of.code, 0)::INTEGER", join, written)


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
