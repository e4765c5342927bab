"""The one place that talks to the embedded engine.

Statements are careflow's own text: names in them are fixed (``person``, ``level``, ``s0`` ...), and values from data
are bound or registered, never pasted. The engine's own errors quote the rows that they stumble over, so none of them
is let through.
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

    What it must spill goes to a private folder (readable by this user alone) that is removed with the engine, or by the
    next process if this one is killed. It loads no extension and calls nobody.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection, optional
        Default: a new database in memory.
    memory : str, optional
        The most memory that it takes, as ``"3GB"``; what needs more is spilled to the system's folder for temporary
        files (``TMPDIR`` names another). Default: four fifths of the machine's.
    progress : bool, optional
        Whether statements that take long show a bar. Default: on a terminal.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection | None = None,
        *,
        memory: str | None = None,
        progress: bool | None = None,
    ) -> None:
        # A connection holds one answer at a time: another thread's statement would replace it before it is fetched.
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
            # Memory that is freed goes back to the system, instead of waiting for the next statement.
            "allocator_background_threads": True,
        }
        if memory is not None:
            settings["memory_limit"] = memory_of(memory)
            # Rows need not come out in the order in which they went in; keeping it would hold them in memory.
            settings["preserve_insertion_order"] = False
        self.connection = guarded(lambda: duckdb.connect(":memory:", config=settings))
        self.run("SET TimeZone = 'UTC'")
        # In a notebook without ipywidgets the engine has no bar, and refuses to be told to show none.
        with contextlib.suppress(duckdb.Error):
            self.connection.execute("SET enable_progress_bar = false")

    def run(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect."""
        with self.lock, self._bar("reading"):
            guarded(lambda: self.connection.execute(sql, parameters))

    def leave_out(self, table: str, rows: str) -> None:
        """Leave rows out of a table, whose ``codes`` then are negative, or take them out."""
        # For each row that is deleted the engine notes who may still see it and its 2,047 neighbours, in 16 KB.
        self.run(f"UPDATE {table} SET codes = -1 WHERE {rows}")

    def frame(self, sql: str, parameters: list[Any] | None = None) -> pd.DataFrame:
        """Return the rows of a query as a pandas frame."""
        with self.lock:
            return guarded(lambda: self.connection.execute(sql, parameters).df())

    def integers(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query without a missing value, all of whose columns are whole numbers."""
        with self.lock, self._bar("counting"):
            columns = guarded(lambda: self.connection.execute(sql).fetchnumpy())
        return pd.DataFrame({name: values.astype(np.int64, copy=False) for name, values in columns.items()}, copy=False)

    def counted(self, sql: str, ranges: Sequence[Range]) -> pd.DataFrame:
        """Count the equal rows of a query, whose columns are the ranges in their order; the counts are ``n``."""
        if not fits(ranges):
            return self.integers(grouped_sql(sql, ranges))

        def keys() -> Iterator[npt.NDArray[np.int64]]:
            # Through the Arrow protocol of a relation, which every version of the engine has.
            relation = self.connection.sql(packed_sql(sql, ranges))
            for batch in pa.RecordBatchReader.from_stream(relation):
                yield batch.column(0).to_numpy()

        with self.lock, self._bar("counting"):
            found, n = guarded(lambda: count_keys(keys()))
        return unpacked(found, n, ranges)

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a (small) query as tuples."""
        with self.lock:
            return guarded(lambda: self.connection.execute(sql, parameters).fetchall())

    def one(self, sql: str, parameters: list[Any] | None = None) -> tuple[Any, ...]:
        """Return the only row of a query."""
        return self.rows(sql, parameters)[0]

    def register(self, name: str, frame: Any) -> None:
        """Make a frame of ours readable under ``name``."""
        with self.lock:
            guarded(lambda: self.connection.register(name, frame))

    def unregister(self, name: str) -> None:
        """Forget a registered frame."""
        with self.lock:
            self.connection.unregister(name)

    def name(self, stem: str) -> str:
        """Return a table name that nobody else of this engine has."""
        return f"{stem}_{next(self._numbers)}"

    def _bar(self, what: str) -> AbstractContextManager[None]:
        return progress(self.connection.query_progress, what, self.progress)

    def close_doors(self) -> None:
        """Take away the engine's access to files, for good: after this it knows only what was loaded."""
        self.run("SET enable_external_access = false")
        self.run("SET lock_configuration = true")


_FULL_DISK: Final = ("no space left", "disk quota", "file too large", "max_temp_directory_size", "disk is full")
_MEMORY: Final = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B", re.IGNORECASE)


def memory_of(text: str) -> str:
    """Return an amount of memory as the engine reads it.

    Raises
    ------
    ArgumentError
        It is no amount of memory.
    """
    if not isinstance(text, str) or not _MEMORY.fullmatch(text.strip()):
        raise ArgumentError(f"memory= is an amount such as '3GB' or '500MB'; it was {text!r}")
    return text.strip()


def guarded(call: Callable[[], T]) -> T:
    """Do something with the engine; whatever it raises becomes an error of careflow that quotes nothing.

    Raises
    ------
    RecordError
        The engine refused.
    KeyboardInterrupt
        The analyst stopped it.
    """
    # Raised outside the handler: an exception that carried the engine's own as its context would carry its text.
    refused: BaseException
    try:
        return call()
    except (duckdb.Error, RuntimeError, UnicodeError, TypeError, ValueError) as error:
        # On Ctrl-C the engine raises a RuntimeError; a duckdb.Error may quote a row that has the word in it.
        stopped = isinstance(error, duckdb.InterruptException) or (
            type(error) is RuntimeError and "interrupt" in str(error).lower()
        )
        refused = KeyboardInterrupt() if stopped else explain(error)
    raise refused


def explain(error: BaseException) -> CareflowError:
    """Turn an engine's error into one of careflow's, without a word of its text."""
    kind = type(error).__name__
    text = str(error).lower()
    if any(word in text for word in _FULL_DISK):
        return RecordError(
            "the disk is full: what does not fit in memory is spilled to the folder for temporary files, and there is "
            "no room left. Make room, name another folder by the environment variable TMPDIR, or give more memory=."
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return RecordError(
            "the engine ran out of memory. Give it more with memory=, or read fewer columns with columns={...}."
        )
    if isinstance(error, duckdb.IOException | duckdb.HTTPException):
        return RecordError("the file cannot be read: it is truncated or damaged, or is not what its name says.")
    return RecordError(
        f"the engine could not read the records ({kind}). Its message quotes rows, so it is not shown here; "
        "check that the file is whole and that its columns hold what their names say."
    )
