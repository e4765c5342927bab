"""What a source hands over: a relation of the mapped columns in the engine, not yet understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.schema import Mapped

TEXT, INTEGER, FLOAT, DATE, STAMP, MOMENT = "text", "integer", "float", "date", "timestamp", "moment"
LONGEST = 300
"""Characters of a value that the screen for identifiers looks at."""

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}


@dataclass(frozen=True)
class SourceTable:
    """Mapped columns in the engine, one row a row of the file, under careflow's own column names.

    Attributes
    ----------
    relation : str
        Table or view with the columns of :func:`internal_names`.
    kinds : mapping
        For each of those columns how its values are stored: as text, whole numbers, floating numbers, dates,
        timestamps without a zone, or moments (timestamps in a zone).
    row : str
        SQL of the row's position in the file, from 0; ``"NULL"`` where there is none.
    ragged : int
        Rows that could not be split into the file's columns and so are not in the relation.
    zones : mapping
        The time zone of each column of moments.
    notes : tuple of (str, int, str)
        What was mended on the way in: check, number of rows, note.
    held : bool
        Whether the relation is a table of the engine, which takes memory until it is dropped.
    """

    relation: str
    kinds: Mapping[str, str]
    row: str
    ragged: int = 0
    zones: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[tuple[str, int, str], ...] = ()
    held: bool = False


class Source(Protocol):
    """A place that records come from."""

    label: str
    header: list[str]

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each column; only the screen for identifiers looks."""
        ...

    def load(self, engine: Engine, mapped: Mapped) -> SourceTable:
        """Bring the mapped columns, and no others, into the engine."""
        ...


def internal_names(mapped: Mapped) -> dict[str, str]:
    """Return ``{careflow's own column name: the file's}``: the fields by name, the strata as x0, x1, ..."""
    return {**mapped.fields, **{f"x{i}": column for i, column in enumerate(mapped.strata.values())}}


def quote(name: str) -> str:
    """Quote a column name of the file for SQL."""
    return '"' + name.replace('"', '""') + '"'


def select_list(mapped: Mapped) -> str:
    """Return the SQL that picks the mapped columns and gives them careflow's own names."""
    return ", ".join(f"{quote(column)} AS {name}" for name, column in internal_names(mapped).items())


def head_of(engine: Engine, relation: str, header: list[str], rows: int) -> dict[str, list[str]]:
    """Return the distinct texts in the first rows of a relation whose columns are named as in the file."""
    texts = [
        name
        for name, kind, *_ in engine.rows(f"DESCRIBE {relation}")
        if name in header and _kind(kind) in {TEXT, DATE, STAMP, MOMENT}
    ]
    if not texts:
        return {}
    picked = ", ".join(f"left({quote(name)}::VARCHAR, {LONGEST})" for name in texts)
    sample = engine.rows(f"SELECT {picked} FROM {relation} LIMIT {rows}")
    return {name: sorted({row[i] for row in sample if row[i] is not None}) for i, name in enumerate(texts)}


def kinds_of(engine: Engine, relation: str, mapped: Mapped) -> dict[str, str]:
    """Say how each column of a relation is stored.

    Raises
    ------
    RecordError
        A column holds lists, structures or raw bytes.
    """
    names = internal_names(mapped)
    found = {name: _kind(kind) for name, kind, *_ in engine.rows(f"DESCRIBE {relation}") if name in names}
    # A frame has no values to tell what an empty column is of, and calls it floating.
    for name in [name for name, kind in found.items() if kind == FLOAT]:
        if not engine.one(f"SELECT count(*) FILTER (NOT isnan({name}::DOUBLE)) FROM {relation}")[0]:
            found[name] = TEXT
    for name, kind in found.items():
        if not kind:
            raise RecordError(
                f"column {names[name]} holds lists, structures, times or raw bytes; give text, numbers or dates.",
                check="S05",
            )
    return found


def _kind(kind: str) -> str:
    kind = kind.upper()
    if kind in _INTEGERS:
        return INTEGER
    if kind in {"DOUBLE", "FLOAT"}:
        return FLOAT
    if kind == "DATE":
        return DATE
    if kind in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"}:
        return MOMENT
    if kind.startswith("TIMESTAMP"):
        return STAMP
    if kind in {"VARCHAR", "UUID", "HUGEINT", "UHUGEINT", "UBIGINT", "BOOLEAN", '"NULL"', "NULL"}:
        return TEXT
    if kind.startswith("ENUM") or (kind.startswith("DECIMAL") and kind.endswith(",0)")):
        return TEXT
    return FLOAT if kind.startswith("DECIMAL") else ""
