"""The DuckDB engine; no other module uses DuckDB.

Statements are careflow's own text with fixed column names (``person``, ``level``, ``s0`` ...). Values from the data are
bound or registered, never inserted into the text. DuckDB's errors may quote rows, so each is replaced by an error of
careflow.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from careflow.errors import ArgumentError, CareflowError, RecordError
from careflow.records.engine.packed_keys import Range, count_keys, fits, grouped_sql, packed_sql, unpacked
from careflow.records.engine.progress import progress
from careflow.records.engine.temp_folders import temp_folder

T = TypeVar("T")


class Engine:
    """An in-process DuckDB database that belongs to one careflow object; threads that share it take turns.

    Data that exceed the memory limit go to a private folder (readable by this user only), which is removed with the
    engine, or by the next process if this one is killed. The engine loads no extensions and makes no network
    connections.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection, optional
        Default: a new database in memory.
    memory : str, optional
        The memory limit, such as ``"3GB"``; data beyond it are written to the folder for temporary files (``TMPDIR``).
        Default: 80% of the machine's memory.
    progress : bool, optional
        Whether long statements show a progress bar. Default: only on a terminal.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection | None = None,
        *,
        memory: str | None = None,
        progress: bool | None = None,
    ) -> None:
        # A connection holds one result at a time: a statement of another thread would replace it before it is fetched.
        self.lock = threading.RLock()
        self._numbers = itertools.count()
        self.progress = progress
        if connection is not None:
            self.connection = connection
            return
        settings: dict[str, Any] = {
            "temp_directory": str(temp_folder(self)),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # Freed memory goes back to the system at once.
            "allocator_background_threads": True,
        }
        if memory is not None:
            settings["memory_limit"] = memory_of(memory)
            # Keeping the order of rows, which is not needed, would hold them in memory.
            settings["preserve_insertion_order"] = False
        self.connection = guarded(lambda: duckdb.connect(":memory:", config=settings))
        self.run("SET TimeZone = 'UTC'")
        # In a notebook without ipywidgets DuckDB has no progress bar, and refuses this setting.
        with contextlib.suppress(duckdb.Error):
            self.connection.execute("SET enable_progress_bar = false")

    def run(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect."""
        with self.lock, self._bar("reading"):
            guarded(lambda: self.connection.execute(sql, parameters))

    def leave_out(self, table: str, rows: str) -> None:
        """Exclude rows of a table: set their ``codes`` to -1, or delete them."""
        # Deleting is slow: DuckDB keeps 16 KB of version data for each block of 2,048 rows.
        self.run(f"UPDATE {table} SET codes = -1 WHERE {rows}")

    def frame(self, sql: str, parameters: list[Any] | None = None) -> pd.DataFrame:
        """Return the rows of a query as a pandas frame."""
        with self.lock:
            return guarded(lambda: self.connection.execute(sql, parameters).df())

    def integers(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query whose columns are all integers without NULL."""
        with self.lock, self._bar("counting"):
            columns = guarded(lambda: self.connection.execute(sql).fetchnumpy())
        return pd.DataFrame({name: values.astype(np.int64, copy=False) for name, values in columns.items()}, copy=False)

    def counted(self, sql: str, ranges: Sequence[Range]) -> pd.DataFrame:
        """Count the equal rows of a query, whose columns are ``ranges`` in order; return them with the counts ``n``."""
        if not fits(ranges):
            return self.integers(grouped_sql(sql, ranges))

        def keys() -> Iterator[npt.NDArray[np.int64]]:
            # The Arrow protocol of a relation exists in every version of DuckDB.
            relation = self.connection.sql(packed_sql(sql, ranges))
            for batch in pa.RecordBatchReader.from_stream(relation):
                yield batch.column(0).to_numpy()

        with self.lock, self._bar("counting"):
            packed, n = guarded(lambda: count_keys(keys()))
        return unpacked(packed, n, ranges)

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a (small) query as tuples."""
        with self.lock:
            return guarded(lambda: self.connection.execute(sql, parameters).fetchall())

    def one(self, sql: str, parameters: list[Any] | None = None) -> tuple[Any, ...]:
        """Return the only row of a query."""
        return self.rows(sql, parameters)[0]

    def register(self, name: str, frame: Any) -> None:
        """Register a frame as a table."""
        with self.lock:
            guarded(lambda: self.connection.register(name, frame))

    def copy_from(self, other: Engine, sql: str, name: str) -> None:
        """Store the rows of another engine's query as the table ``name``, batch by batch."""

        def copy() -> None:
            # The Arrow protocol of a relation exists in every version of DuckDB.
            self.connection.register(f"{name}_rows", pa.RecordBatchReader.from_stream(other.connection.sql(sql)))
            try:
                self.connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {name}_rows")
            finally:
                self.connection.unregister(f"{name}_rows")

        with other.lock, self.lock, self._bar("reading"):
            guarded(copy)

    def unregister(self, name: str) -> None:
        """Remove a registered frame."""
        with self.lock:
            self.connection.unregister(name)

    def name(self, stem: str) -> str:
        """Return a new table name, unique in this engine."""
        return f"{stem}_{next(self._numbers)}"

    def _bar(self, what: str) -> AbstractContextManager[None]:
        return progress(self.connection.query_progress, what, self.progress)

    def close_file_access(self) -> None:
        """Permanently disable the engine's access to files, after the records are loaded."""
        self.run("SET enable_external_access = false")
        self.run("SET lock_configuration = true")


_FULL_DISK: Final = ("no space left", "disk quota", "file too large", "max_temp_directory_size", "disk is full")
_MEMORY: Final = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B", re.IGNORECASE)


def memory_of(text: str) -> str:
    """Check an amount of memory.

    Raises
    ------
    ArgumentError
        The text is not an amount of memory.
    """
    if not isinstance(text, str) or not _MEMORY.fullmatch(text.strip()):
        raise ArgumentError(f"memory= is an amount such as '3GB' or '500MB'; it was {text!r}")
    return text.strip()


def guarded(call: Callable[[], T]) -> T:
    """Call the engine; replace any error by one of careflow that quotes no data.

    Raises
    ------
    RecordError
        The engine raised an error.
    KeyboardInterrupt
        The user stopped the call.
    """
    # Raised outside the handler, so that the engine's error, which may quote data, is not its context.
    raised: BaseException
    try:
        return call()
    except (duckdb.Error, RuntimeError, UnicodeError, TypeError, ValueError) as error:
        # On Ctrl-C DuckDB raises a RuntimeError; the text of a duckdb.Error may quote a row with the word "interrupt".
        stopped = isinstance(error, duckdb.InterruptException) or (
            type(error) is RuntimeError and "interrupt" in str(error).lower()
        )
        raised = KeyboardInterrupt() if stopped else explain(error)
    raise raised


def explain(error: BaseException) -> CareflowError:
    """Return an error of careflow for an error of the engine, without its text."""
    kind = type(error).__name__
    text = str(error).lower()
    if any(word in text for word in _FULL_DISK):
        return RecordError(
            "the disk is full: data that do not fit in memory are written to the folder for temporary files, which has "
            "no space left. Free some space, set the environment variable TMPDIR to another folder, or raise memory=."
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return RecordError(
            "the engine ran out of memory. Give it more with memory=, or read fewer columns with columns={...}."
        )
    if isinstance(error, duckdb.IOException | duckdb.HTTPException):
        return RecordError("the file cannot be read: it is truncated or damaged, or is not what its name says.")
    if isinstance(error, duckdb.ConversionException):
        return RecordError(
            "a value cannot be converted: a date, time or number in the records is beyond the range of its type."
        )
    return RecordError(
        f"the engine could not read the records ({kind}). Its message may quote rows, so it is not shown; "
        "check that the file is whole and that its columns hold what their names say."
    )
