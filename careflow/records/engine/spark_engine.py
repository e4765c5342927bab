"""The Spark engine: the same statements, run in the Spark session that the table belongs to.

The stays remain on the cluster. Every table of careflow is computed once and stored (a local checkpoint). So if the
source changes later or a worker is lost, the result is an error, and never a mixture of two readings.
"""

from __future__ import annotations

import re
import secrets
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from careflow.errors import CareflowError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.engine.packed_keys import Range, grouped_sql
from careflow.records.engine.spark_sql import spark_sql

T = TypeVar("T")

_SETTINGS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # Spark 4's optimizer fails on the UNION ALL of some pruned tables ("key not found") when it infers constraints.
    "spark.sql.constraintPropagation.enabled": "false",
}
"""Settings of the session while careflow's statements run; the session's own are restored afterwards."""

_CREATE: Final = re.compile(r"\s*CREATE (?:TEMP )?TABLE (\w+) AS\s(.*)", re.DOTALL)
_VIEW: Final = re.compile(r"\s*CREATE TEMP VIEW (\w+) AS\s(.*)", re.DOTALL)
_DROP: Final = re.compile(r"\s*DROP (?:TABLE|VIEW) (\w+)\s*")
_DROP_COLUMN: Final = re.compile(r"\s*ALTER TABLE (\w+) DROP COLUMN (\w+)\s*")
_DELETE: Final = re.compile(r"\s*DELETE FROM (\w+) WHERE (.*)", re.DOTALL)
_INSERT: Final = re.compile(r"\s*INSERT INTO (\w+) \(([\w, ]+)\) SELECT [\w, ]+ FROM (\w+)\s*")
_UPDATE: Final = re.compile(r"\s*UPDATE (\w+) SET (.*?)(?: FROM (\w+))? WHERE (.*)", re.DOTALL)
_ONE_AT_A_TIME: Final = threading.RLock()
"""Engines and threads may share a session and its settings, so their statements run one at a time."""

_INSERTED: Final = 60
"""Row ids of inserted rows have a bit set from this position on, far above the ids that Spark gives."""

_LACKS: Final = {"AnalysisException", "ParseException", "PySparkNotImplementedError", "UnsupportedOperationException"}
"""Errors that mean that the session does not support a statement."""


class SparkEngine(Engine):
    """Runs careflow's statements in a Spark session (classic or Connect).

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        The session of the table. careflow's temporary views get unique names, and are dropped with the engine.
    """

    def __init__(self, session: Any) -> None:
        super().__init__(connection=_Absent())  # type: ignore[arg-type]
        self.session = session
        self.tag = f"careflow_{secrets.token_hex(4)}"
        self._inserted = 0
        self._views: set[str] = set()
        # Not at exit: the session ends with Python, and a Connect session would retry for minutes.
        weakref.finalize(self, _drop_views, session, self._views).atexit = False

    def run(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect."""
        handlers: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
            (_CREATE, self._create),
            (_VIEW, self._view),
            (_DROP, self.unregister),
            (_DROP_COLUMN, self._drop_column),
            (_DELETE, self._delete),
            (_INSERT, self._insert),
            (_UPDATE, self._update),
        )
        handler, match = next((do, match) for pattern, do in handlers if (match := pattern.fullmatch(sql)))
        self._guarded(lambda: handler(*match.groups()))

    def leave_out(self, table: str, rows: str) -> None:
        """Delete rows of a table."""
        self.run(f"DELETE FROM {table} WHERE {rows}")

    def frame(self, sql: str, parameters: list[Any] | None = None) -> pd.DataFrame:
        """Return the rows of a query as a pandas frame."""
        frame: pd.DataFrame = self._guarded(lambda: self._query(sql).toArrow()).to_pandas()
        return frame

    def integers(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query whose columns are all integers without NULL."""
        return self.frame(sql).astype(np.int64)

    def counted(self, sql: str, ranges: Sequence[Range]) -> pd.DataFrame:
        """Count the equal rows of a query on the cluster; only the counts are returned."""
        return self.integers(grouped_sql(sql, ranges))

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a (small) query as tuples."""
        return [tuple(row) for row in self._guarded(lambda: self._query(sql).collect())]

    def register(self, name: str, frame: Any) -> None:
        """Send a small frame to the cluster, as the view ``name``."""
        table = small_table(frame)
        self._guarded(lambda: self._name(name, self.session.createDataFrame(table)))

    def unregister(self, name: str) -> None:
        """Drop a table or a view."""
        self._guarded(lambda: self.session.catalog.dropTempView(name))
        self._views.discard(name)

    def name(self, stem: str) -> str:
        """Return a new table name, unique in this session."""
        return f"{self.tag}_{super().name(stem)}"

    def close_file_access(self) -> None:
        """Do nothing: the session belongs to the user, and careflow reads only its tables."""

    def keep(self, name: str, frame: Any) -> None:
        """Compute a frame of the user once, under the session's own settings, and store it as a table of careflow.

        A Spark Connect frame is an unevaluated plan: under careflow's settings its days would be those of another time
        zone.
        """
        self._guarded(lambda: self._keep(name, frame), settings={})

    def _keep(self, name: str, frame: Any) -> None:
        self._name(name, frame.localCheckpoint(eager=True))

    def _name(self, name: str, frame: Any) -> None:
        frame.createOrReplaceTempView(name)
        self._views.add(name)

    def _query(self, sql: str) -> Any:
        return self.session.sql(spark_sql(sql))

    def _create(self, name: str, sql: str) -> None:
        frame = self._query(sql)
        # Only the tables of stays and of lines need row ids, for rows that are changed or set aside.
        if ("_stays_" in name or "_lines_" in name) and "rowid" not in frame.columns and "_aside" not in name:
            frame = frame.selectExpr("*", "monotonically_increasing_id() AS rowid")
        self._keep(name, frame)

    def _view(self, name: str, sql: str) -> None:
        self._name(name, self._query(sql))

    def _drop_column(self, table: str, column: str) -> None:
        self._keep(table, self.session.table(table).drop(column))

    def _delete(self, table: str, where: str) -> None:
        self._create(table, f"SELECT * FROM {table} WHERE NOT ({where})")

    def _insert(self, table: str, columns: str, source: str) -> None:
        self._inserted += 1
        given = [column.strip() for column in columns.split(",")]
        number = f"{self._inserted << _INSERTED} + monotonically_increasing_id()"
        new = [
            f"CAST({column if column in given else number if column == 'rowid' else 'NULL'} AS {kind}) AS {column}"
            for column, kind in self.session.table(table).dtypes
        ]
        self._create(table, f"SELECT * FROM {table} UNION ALL SELECT {', '.join(new)} FROM {source}")

    def _update(self, table: str, changes: str, source: str | None, where: str) -> None:
        new = dict(change.split(" = ", 1) for change in changes.split(", "))
        join = f" LEFT JOIN {source} ON {where}" if source else ""
        test = f"{source}.stay_id IS NOT NULL" if source else where
        columns = [
            f"CAST(CASE WHEN {test} THEN {new[column]} ELSE {table}.{column} END AS {kind}) AS {column}"
            if column in new
            else f"{table}.{column}"
            for column, kind in self.session.table(table).dtypes
        ]
        self._create(table, f"SELECT {', '.join(columns)} FROM {table}{join}")

    def _guarded(self, call: Callable[[], T], settings: Mapping[str, str] = _SETTINGS) -> T:
        """Call the session; replace any error by one of careflow that quotes no data."""
        raised: BaseException
        with _ONE_AT_A_TIME, self._settings(settings):
            try:
                return call()
            except KeyboardInterrupt:
                # After Ctrl-C a classic session has lost the thread's tags, and PySpark's own handler fails to cancel
                # the jobs, so the cluster would keep running them.
                with suppress(Exception):
                    _ = self.session.interruptTag(self.tag) or self.session.interruptAll()
                raise
            except Exception as error:
                raised = explain(error)
        raise raised

    @contextmanager
    def _settings(self, settings: Mapping[str, str]) -> Iterator[None]:
        raised: CareflowError | None = None
        before: dict[str, str] = {}
        try:
            before |= {name: self.session.conf.get(name) for name in settings}
            self._set(settings)
            self.session.addTag(self.tag)
        except Exception as error:
            raised = explain(error)
        if raised is not None:
            raise raised
        try:
            yield
        finally:
            # A closed session has no settings to restore.
            with suppress(Exception):
                self.session.removeTag(self.tag)
                self._set(before)

    def _set(self, settings: Mapping[str, str]) -> None:
        for name, value in settings.items():
            self.session.conf.set(name, value)


def _drop_views(session: Any, views: set[str]) -> None:
    # A closed session has no views to drop.
    with suppress(Exception):
        for name in views:
            session.catalog.dropTempView(name)


def explain(error: Exception) -> CareflowError:
    """Return an error of careflow for an error of Spark, without its text."""
    if isinstance(error, CareflowError):
        return error
    kind = type(error).__name__
    if kind in _LACKS:
        return RecordError(
            f"Spark refused a statement of careflow's ({kind}): this session lacks something that careflow needs. "
            "It needs Spark 4.0 or later, with its built-in functions as they come."
        )
    return RecordError(
        f"Spark did not finish ({kind}): a worker was lost, memory or disk ran out, or the session ended. Nothing was "
        "counted. Its message may quote rows, so it is not shown here; the cluster's own log has it. Read again."
    )


class _Absent:
    """A placeholder for the DuckDB connection, which this engine does not have."""


def small_table(frame: Any) -> pa.Table:
    """Return a small frame as an Arrow table of texts and nullable 32-bit integers.

    Arrow rows become part of the plan; Python tuples would need Python on every worker.
    """
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    kinds = [pa.string() if _is_text(field.type) else pa.int32() for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
