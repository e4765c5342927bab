"""The one place that talks to the embedded engine.

Statements are careflow's own text: names in them are fixed (``person``, ``level``, ``s0`` ...), and values from data
are bound or registered, never pasted. The engine's own errors quote the rows that they stumble over, so none of them
is let through.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import duckdb
import numpy as np
import pandas as pd

from careflow.errors import CareflowError, RecordError

T = TypeVar("T")


class Engine:
    """An in-process DuckDB database that belongs to one careflow object.

    What it must spill goes to a private folder (readable by this user alone) that is removed with the engine. It
    loads no extension and calls nobody.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection, optional
        Default: a new database in memory.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection | None = None) -> None:
        self._numbers = itertools.count()
        if connection is not None:
            self.connection = connection
            return
        folder = tempfile.mkdtemp(prefix="careflow-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        settings: dict[str, Any] = {
            "temp_directory": folder,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        self.connection = guarded(lambda: duckdb.connect(":memory:", config=settings))
        self.run("SET TimeZone = 'UTC'")
        # In a notebook without ipywidgets the engine has no bar, and refuses to be told to show none.
        with contextlib.suppress(duckdb.Error):
            self.connection.execute("SET enable_progress_bar = false")

    def run(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect."""
        guarded(lambda: self.connection.execute(sql, parameters))

    def frame(self, sql: str, parameters: list[Any] | None = None) -> pd.DataFrame:
        """Return the rows of a query as a pandas frame."""
        return guarded(lambda: self.connection.execute(sql, parameters).df())

    def integers(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query without a missing value, all of whose columns are whole numbers."""
        columns = guarded(lambda: self.connection.execute(sql).fetchnumpy())
        return pd.DataFrame({name: values.astype(np.int64, copy=False) for name, values in columns.items()}, copy=False)

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a (small) query as tuples."""
        return guarded(lambda: self.connection.execute(sql, parameters).fetchall())

    def one(self, sql: str, parameters: list[Any] | None = None) -> tuple[Any, ...]:
        """Return the only row of a query."""
        return self.rows(sql, parameters)[0]

    def register(self, name: str, frame: Any) -> None:
        """Make a frame of ours readable under ``name``."""
        guarded(lambda: self.connection.register(name, frame))

    def unregister(self, name: str) -> None:
        """Forget a registered frame."""
        self.connection.unregister(name)

    def name(self, stem: str) -> str:
        """Return a table name that nobody else of this engine has."""
        return f"{stem}_{next(self._numbers)}"

    def close_doors(self) -> None:
        """Take away the engine's access to files, for good: after this it knows only what was loaded."""
        self.run("SET enable_external_access = false")
        self.run("SET lock_configuration = true")


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
    if isinstance(error, duckdb.OutOfMemoryException):
        return RecordError("the engine ran out of memory. Give it more, or read fewer columns with columns={...}.")
    if isinstance(error, duckdb.IOException | duckdb.HTTPException):
        return RecordError("the file cannot be read: it is truncated or damaged, or is not what its name says.")
    return RecordError(
        f"the engine could not read the records ({kind}). Its message quotes rows, so it is not shown here; "
        "check that the file is whole and that its columns hold what their names say."
    )
