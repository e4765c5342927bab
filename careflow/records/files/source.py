"""The interface of sources: each loads the mapped columns into the engine as they are, without interpreting them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.schema import Mapped

TEXT, INTEGER, FLOAT, DATE, STAMP, MOMENT = "text", "integer", "float", "date", "timestamp", "moment"
LONGEST = 300
"""Characters of a value that are checked for direct identifiers."""

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}


@dataclass(frozen=True)
class SourceTable:
    """The mapped columns in the engine, one row per row of the file, under careflow's column names.

    Attributes
    ----------
    relation : str
        A table or view with the columns of :func:`internal_names`.
    kinds : mapping
        The storage type of each of those columns: text, whole numbers, floating numbers, dates, timestamps without a
        time zone, or moments (timestamps with a time zone).
    row : str
        SQL of the row number in the file, from 0; ``"NULL"`` if there is none.
    ragged : int
        Rows with a wrong number of cells; they are not in the relation.
    ragged_rows : str
        The table ``row`` of their row numbers from 0, NULL where they are not known; "" without ragged rows.
    zones : mapping
        The time zone of each column of moments.
    notes : tuple of (str, int, str)
        Corrections made while loading: check, number of rows, note.
    held : bool
        Whether the relation is a table of the engine, which takes memory until it is dropped.
    """

    relation: str
    kinds: Mapping[str, str]
    row: str
    ragged: int = 0
    ragged_rows: str = ""
    zones: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[tuple[str, int, str], ...] = ()
    held: bool = False


class Source(Protocol):
    """A source of records.

    Attributes
    ----------
    label : str
        Its name in messages.
    header : list of str
        The columns of the file.
    """

    label: str
    header: list[str]

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each column, to check them for direct identifiers."""
        ...

    def load(self, engine: Engine, mapped: Mapped) -> SourceTable:
        """Load the mapped columns, and no others, into the engine."""
        ...


def internal_names(mapped: Mapped) -> dict[str, str]:
    """Return ``{careflow's column name: column in the file}``: fields by their names, strata as x0, x1, ..."""
    return {**mapped.fields, **{f"x{i}": column for i, column in enumerate(mapped.strata.values())}}


def quote(name: str) -> str:
    """Quote a column name of the file for SQL."""
    return '"' + name.replace('"', '""') + '"'


def select_list(mapped: Mapped) -> str:
    """Return the SELECT list of the mapped columns under careflow's names."""
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
    """Return the storage type of each column of a relation.

    Raises
    ------
    RecordError
        A column holds lists, structures or raw bytes.
    """
    names = internal_names(mapped)
    kinds = {name: _kind(kind) for name, kind, *_ in engine.rows(f"DESCRIBE {relation}") if name in names}
    # pandas stores a column without values as floating numbers.
    for name in [name for name, kind in kinds.items() if kind == FLOAT]:
        if not engine.one(f"SELECT count(*) FILTER (NOT isnan({name}::DOUBLE)) FROM {relation}")[0]:
            kinds[name] = TEXT
    for name, kind in kinds.items():
        if not kind:
            raise RecordError(
                f"column {names[name]} holds lists, structures, times or raw bytes; give text, numbers or dates.",
                check="S05",
            )
    return kinds


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
