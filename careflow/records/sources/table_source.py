"""What the stay sources that read tables have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from careflow.errors import ArgumentError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.size_limits import SizeLimits
from careflow.records.sources.columns import InputTable


class TableSource:
    """A stay source of one or more tables.

    Parameters
    ----------
    tables : InputTable
        The tables; the first is the one of people.
    """

    name = ""

    def __init__(self, *tables: InputTable) -> None:
        self._tables = tables

    @property
    def label(self) -> str:
        """The name of the first file in messages."""
        return self._tables[0].opened.label

    @property
    def path(self) -> Any:
        """The first file, which must not change while it is read."""
        path = self._tables[0].path
        return path if isinstance(path, str | Path) else None

    @property
    def limits(self) -> SizeLimits:
        """Limits on the decompressed size; ``read_episodes`` lifts them by ``accept=["S08"]``."""
        return self._tables[0].limits

    @limits.setter
    def limits(self, limits: SizeLimits) -> None:
        for table in self._tables:
            table.limits = limits

    @property
    def engine(self) -> Engine | None:
        """The engine of the cluster that the tables are on.

        Raises
        ------
        ArgumentError
            Some tables are on a cluster and others are not.
        """
        engines = [table.engine for table in self._tables]
        if any(engines) and not all(engines):
            raise ArgumentError("some tables are on a cluster and others are not; give all of them on the cluster.")
        return engines[0]

    @property
    def header(self) -> list[str]:
        """The columns of all tables."""
        return list(dict.fromkeys(name for table in self._tables for name in table.opened.header))

    @property
    def dates(self) -> frozenset[str]:
        """The columns of days, which are not looked at for birth dates."""
        return frozenset(
            column
            for table in self._tables
            for name, column in table.mapped.fields.items()
            if name.casefold().endswith(("date", "updated_at"))
        )

    @property
    def person_column(self) -> str:
        """The column of ids in the file."""
        return self._tables[0].mapped.fields.get("person_id", "person_id")

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each column."""
        texts: dict[str, list[str]] = {}
        for table in self._tables:
            for name, values in table.opened.head(engine, rows).items():
                texts[name] = sorted({*texts.get(name, ()), *values})
        return texts
