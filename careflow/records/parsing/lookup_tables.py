"""Distinct texts of a column, and the lookup tables that turn them into codes and days in the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import FLOAT, SourceTable

MOST_TEXTS = 20_000


def text_of(source: SourceTable, name: str) -> str:
    """Return the SQL of a column as text; a floating number 3.0 becomes the code "3"."""
    return f"regexp_replace(r.{name}::VARCHAR, '\\.0$', '')" if source.kinds[name] == FLOAT else f"r.{name}::VARCHAR"


def distinct(
    engine: Engine,
    source: SourceTable,
    name: str,
    shown: str,
    key: str | None = None,
    most: int = MOST_TEXTS,
    hint: str = "is this the right column?",
) -> dict[str, int]:
    """Return the distinct texts of a column, each with its number of rows.

    Raises
    ------
    RecordError
        There are more than ``most`` of them.
    """
    rows = engine.rows(
        f"SELECT {key or text_of(source, name)} AS v, count(*) FROM {source.relation} r GROUP BY 1 "
        f"HAVING v IS NOT NULL LIMIT {most + 1}"
    )
    if len(rows) > most:
        raise RecordError(f"{shown} has more than {most:,} different values: {hint}", check="S09", n=len(rows))
    return dict(rows)


@dataclass
class Lookups:
    """Lookup tables registered with the engine, and the joins that use them.

    Attributes
    ----------
    joins : list of str
        LEFT JOINs with the relation ``r``.
    names : list of str
        The registered tables, to be removed after use.
    """

    joins: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def codes(self, engine: Engine, key: str, codes: Mapping[str, int], short: str) -> str:
        """Add a table of codes; return the SQL of the code, -1 for a text without one."""
        values = {"v": pa.array(list(codes), pa.string()), "code": pa.array(list(codes.values()), pa.int32())}
        self._add(engine, pa.table(values), key, short)
        return f"coalesce({short}_map.code, -1)"

    def days(
        self,
        engine: Engine,
        key: str,
        states: Mapping[str, tuple[int | None, int]],
        short: str,
        moments: Mapping[str, int | None] | None = None,
    ) -> None:
        """Add a table of days and states; ``moments`` are minutes from 1970-01-01 UTC, for texts with an offset."""
        table = {
            "v": pa.array(list(states), pa.string()),
            "day": pa.array([day for day, _ in states.values()], pa.int32()),
            "state": pa.array([state for _, state in states.values()], pa.int8()),
        }
        if moments is not None:
            table["moment"] = pa.array([moments[text] for text in states], pa.int32())
        self._add(engine, pa.table(table), key, short)

    def drop(self, engine: Engine) -> None:
        """Remove the tables from the engine."""
        for name in self.names:
            engine.unregister(name)

    def _add(self, engine: Engine, table: pa.Table, key: str, short: str) -> None:
        if not table.num_rows:  # Spark Connect takes no table without rows; NULL joins with nothing
            table = pa.table([pa.nulls(1, kind.type) for kind in table.schema], schema=table.schema)
        name = engine.name("lookup")
        engine.register(name, table)
        self.names.append(name)
        self.joins.append(f"LEFT JOIN {name} {short}_map ON {key} = {short}_map.v")
