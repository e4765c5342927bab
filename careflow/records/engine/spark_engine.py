"""The engine of a cluster: the same statements, run by the Spark session that the table belongs to.

The stays remain on the cluster. Every table of careflow's is computed once and cut off from what it was made of (a
local checkpoint), so that a source which changes later, or a worker that is lost, ends in an error and never in tables
of two different readings.
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

_SETTINGS: Final = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
"""How careflow's statements are understood, whatever the session's own settings; those are put back."""

_CREATE: Final = re.compile(r"\s*CREATE (?:TEMP )?TABLE (\w+) AS\s(.*)", re.DOTALL)
_VIEW: Final = re.compile(r"\s*CREATE TEMP VIEW (\w+) AS\s(.*)", re.DOTALL)
_DROP: Final = re.compile(r"\s*DROP (?:TABLE|VIEW) (\w+)\s*")
_DROP_COLUMN: Final = re.compile(r"\s*ALTER TABLE (\w+) DROP COLUMN (\w+)\s*")
_DELETE: Final = re.compile(r"\s*DELETE FROM (\w+) WHERE (.*)", re.DOTALL)
_INSERT: Final = re.compile(r"\s*INSERT INTO (\w+) \(([\w, ]+)\) SELECT [\w, ]+ FROM (\w+)\s*")
_UPDATE: Final = re.compile(r"\s*UPDATE (\w+) SET (.*?)(?: FROM (\w+))? WHERE (.*)", re.DOTALL)
_ONE_AT_A_TIME: Final = threading.RLock()
"""Settings belong to a session, which several engines and threads share: none may put them back for another."""

_INSERTED: Final = 60
"""Numbers of inserted rows have a bit from here on, far above those that Spark gives."""

_LACKS: Final = {"AnalysisException", "ParseException", "PySparkNotImplementedError", "UnsupportedOperationException"}
"""Errors that mean that the session cannot do what it was asked."""


class SparkEngine(Engine):
    """Runs careflow's statements in a Spark session, classic or Connect.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        The session of the table. Its temporary views get names that nobody else has, and are dropped with the engine.
    """

    def __init__(self, session: Any) -> None:
        super().__init__(connection=_Absent())  # type: ignore[arg-type]
        self.session = session
        self.tag = f"careflow_{secrets.token_hex(4)}"
        self._inserted = 0
        self._views: set[str] = set()
        # Not when Python ends: the session ends with it, and one of Connect would be asked again for minutes.
        weakref.finalize(self, _forget, session, self._views).atexit = False

    def run(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect."""
        kinds: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
            (_CREATE, self._create),
            (_VIEW, self._view),
            (_DROP, self.unregister),
            (_DROP_COLUMN, self._drop_column),
            (_DELETE, self._delete),
            (_INSERT, self._insert),
            (_UPDATE, self._update),
        )
        do, found = next((do, found) for pattern, do in kinds if (found := pattern.fullmatch(sql)))
        self._guarded(lambda: do(*found.groups()))

    def leave_out(self, table: str, rows: str) -> None:
        """Take rows out of a table."""
        self.run(f"DELETE FROM {table} WHERE {rows}")

    def frame(self, sql: str, parameters: list[Any] | None = None) -> pd.DataFrame:
        """Return the rows of a query as a pandas frame."""
        frame: pd.DataFrame = self._guarded(lambda: self._query(sql).toArrow()).to_pandas()
        return frame

    def integers(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query without a missing value, all of whose columns are whole numbers."""
        return self.frame(sql).astype(np.int64)

    def counted(self, sql: str, ranges: Sequence[Range]) -> pd.DataFrame:
        """Count the equal rows of a query on the cluster, so that only the counts leave it."""
        return self.integers(grouped_sql(sql, ranges))

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a (small) query as tuples."""
        return [tuple(row) for row in self._guarded(lambda: self._query(sql).collect())]

    def register(self, name: str, frame: Any) -> None:
        """Send a (small) frame of ours to the cluster under ``name``."""
        table = small_table(frame)
        self._guarded(lambda: self._name(name, self.session.createDataFrame(table)))

    def unregister(self, name: str) -> None:
        """Forget a table or a view."""
        self._guarded(lambda: self.session.catalog.dropTempView(name))
        self._views.discard(name)

    def name(self, stem: str) -> str:
        """Return a table name that nobody else of this session has."""
        return f"{self.tag}_{super().name(stem)}"

    def close_doors(self) -> None:
        """Nothing to close: the session is the analyst's own, and careflow asks it for nothing but its tables."""

    def keep(self, name: str, frame: Any) -> None:
        """Compute a frame of the analyst's once, as the session reads it, and make it a table of careflow's.

        A frame of Spark Connect is a plan that nobody has looked at yet: under careflow's settings its days would be
        those of another time zone.
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
        # The stays are the one table whose rows are named by number, when some are changed or set aside.
        if "_stays_" in name and "rowid" not in frame.columns and "_aside" not in name:
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
        test = f"{source}.place IS NOT NULL" if source else where
        columns = [
            f"CAST(CASE WHEN {test} THEN {new[column]} ELSE {table}.{column} END AS {kind}) AS {column}"
            if column in new
            else f"{table}.{column}"
            for column, kind in self.session.table(table).dtypes
        ]
        self._create(table, f"SELECT {', '.join(columns)} FROM {table}{join}")

    def _guarded(self, call: Callable[[], T], settings: Mapping[str, str] = _SETTINGS) -> T:
        """Do something with the session; whatever it raises becomes an error of careflow that quotes nothing."""
        refused: BaseException
        with _ONE_AT_A_TIME, self._settings(settings):
            try:
                return call()
            except KeyboardInterrupt:
                # A classic session forgets the tags of a thread whose call was broken off, and PySpark's own Ctrl-C,
                # which means to cancel every job, fails in the middle of that call: the cluster would go on.
                with suppress(Exception):
                    _ = self.session.interruptTag(self.tag) or self.session.interruptAll()
                raise
            except Exception as error:
                refused = explain(error)
        raise refused

    @contextmanager
    def _settings(self, settings: Mapping[str, str]) -> Iterator[None]:
        refused: CareflowError | None = None
        before: dict[str, str] = {}
        try:
            before |= {name: self.session.conf.get(name) for name in settings}
            self._set(settings)
            self.session.addTag(self.tag)
        except Exception as error:
            refused = explain(error)
        if refused is not None:
            raise refused
        try:
            yield
        finally:
            # A session that is gone has taken its settings with it.
            with suppress(Exception):
                self.session.removeTag(self.tag)
                self._set(before)

    def _set(self, settings: Mapping[str, str]) -> None:
        for name, value in settings.items():
            self.session.conf.set(name, value)


def _forget(session: Any, views: set[str]) -> None:
    # A session that is gone has taken its views with it.
    with suppress(Exception):
        for name in views:
            session.catalog.dropTempView(name)


def explain(error: Exception) -> CareflowError:
    """Turn an error of Spark's into one of careflow's, without a word of its text."""
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
    """Stands where the embedded engine keeps its connection; a cluster's engine has none."""


def small_table(frame: Any) -> pa.Table:
    """Return a frame of ours as the cluster gets it: texts and 32-bit integers, both of which may be missing.

    As Arrow it becomes rows of the plan itself; as Python's own tuples it would need a Python on every worker.
    """
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    kinds = [pa.string() if _is_text(field.type) else pa.int32() for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
