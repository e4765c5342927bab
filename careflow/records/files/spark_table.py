"""A table of a Spark session, read on its cluster."""

from __future__ import annotations

from typing import Any, Final

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.engine.spark_engine import SparkEngine
from careflow.records.files.source import DATE, FLOAT, INTEGER, MOMENT, STAMP, TEXT, SourceTable, internal_names
from careflow.records.schema import Mapped

_KINDS: Final = {
    "tinyint": INTEGER,
    "smallint": INTEGER,
    "int": INTEGER,
    "bigint": INTEGER,
    "float": FLOAT,
    "double": FLOAT,
    "date": DATE,
    "timestamp": MOMENT,
    "timestamp_ntz": STAMP,
    "string": TEXT,
    "boolean": TEXT,
    "void": TEXT,
}


class SparkSource:
    """A Spark DataFrame, classic or Connect.

    Direct identifiers are recognised by the names of columns and the labels of strata; rows are not sampled, since no
    row leaves the cluster.
    """

    def __init__(self, frame: Any) -> None:
        self.label = "a Spark table"
        self.header: list[str] = list(frame.columns)
        self.engine = SparkEngine(frame.sparkSession)
        self._frame = frame

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return nothing: no row leaves the cluster."""
        return {}

    def load(self, engine: Engine, mapped: Mapped) -> SourceTable:
        """Read the mapped columns once, on the cluster."""
        names = internal_names(mapped)
        kinds = {}
        for name, column in names.items():
            kind = dict(self._frame.dtypes)[column]
            kinds[name] = _kind(kind)
            if not kinds[name]:
                raise RecordError(
                    f"column {column} holds lists, structures or raw bytes; give it as text, a number or a date.",
                    check="S05",
                )
        zone = str(self._frame.sparkSession.conf.get("spark.sql.session.timeZone"))
        view = self.engine.name("raw")
        picked = self._frame.select(*(self._frame[_quoted(column)].alias(name) for name, column in names.items()))
        self.engine.keep(view, picked)
        return SourceTable(view, kinds, "NULL", zones={name: zone for name, kind in kinds.items() if kind == MOMENT})


def _quoted(column: str) -> str:
    return f"`{column.replace('`', '``')}`"


def _kind(kind: str) -> str:
    if kind.startswith(("varchar", "char")):
        return TEXT
    if kind.startswith("decimal"):
        return TEXT if kind.endswith(",0)") else FLOAT
    return _KINDS.get(kind, "")
