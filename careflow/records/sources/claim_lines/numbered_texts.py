"""Ids, facilities, payers and discharge statuses of claims lines as numbers, in tables of the engine."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from careflow.continuum.outcomes import DIED, REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import SourceTable
from careflow.records.parsing.lookup_tables import distinct
from careflow.records.sources.columns import digits_sql, trimmed_sql


def number_texts(engine: Engine, raw: SourceTable, name: str, stem: str, order: str = "ORDER BY v") -> str:
    """Number the texts of a column: ``v, code``, and in the table ``..._raw`` the code of each text as written.

    Only distinct texts are trimmed: trimming every line takes longer than the rest.
    """
    table = engine.name(stem)
    engine.run(
        f"CREATE TEMP TABLE {table}_seen AS SELECT raw, {trimmed_sql(raw, name).replace(f'r.{name}', 'raw')} AS v "
        f"FROM (SELECT DISTINCT r.{name}::VARCHAR AS raw FROM {raw.relation} r)"
    )
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT v, row_number() OVER ({order}) AS code "
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
