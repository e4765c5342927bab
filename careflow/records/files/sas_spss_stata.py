"""SAS (sas7bdat, xpt), SPSS (sav, zsav, por) and Stata (dta) files, read with pyreadstat."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.dataframes import PandasSource
from careflow.records.files.size_limits import SizeLimits
from careflow.records.files.source import SourceTable
from careflow.records.schema import Mapped

READERS: Final = {
    ".sas7bdat": "read_sas7bdat",
    ".xpt": "read_xport",
    ".sav": "read_sav",
    ".zsav": "read_sav",
    ".por": "read_por",
    ".dta": "read_dta",
}


_CELL: Final = 8
"""The least number of bytes of a value."""


class StatisticalSource:
    """A file of a statistics package; only the mapped columns are read completely."""

    def __init__(self, path: Path, label: str, limits: SizeLimits) -> None:
        self.label = label
        self._path = path
        self._limits = limits
        self._reader = getattr(_pyreadstat(), READERS[path.suffix.lower()])
        about = self._read(metadataonly=True)[1]
        self.header = [str(name) for name in about.column_names]
        # Formats that do not store the number of rows are not compressed.
        self._rows = max(about.number_rows or 0, 0)

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each text column."""
        return PandasSource(self._read(row_limit=rows)[0], self.label).head(engine, rows)

    def load(self, engine: Engine, mapped: Mapped) -> SourceTable:
        """Read the mapped columns."""
        self._limits.check(self._path.stat().st_size, self._rows * len(mapped.used) * _CELL, "the file")
        options = {} if self._path.suffix.lower() == ".por" else {"usecols": list(mapped.used)}
        frame = self._read(**options)[0]
        return PandasSource(whole_numbers(frame[list(mapped.used)]), self.label).load(engine, mapped)

    def _read(self, **options: Any) -> Any:
        try:
            return self._reader(str(self._path), **options)
        except Exception:  # the reader's errors may quote values
            pass
        raise RecordError(
            f"{self.label} cannot be read: it is truncated, damaged, or not of the format that its name says."
        )


def whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert floating columns that hold only whole numbers to integers, since these files store no integers."""
    frame = frame.copy()
    for name in frame.columns:
        column = frame[name]
        if column.dtype == np.float64:
            numbers = column.dropna()
            if (numbers == numbers.round()).all() and (numbers.abs() < 2**53).all():
                frame[name] = column.astype("Int64")
    return frame


def _pyreadstat() -> Any:
    try:
        return import_module("pyreadstat")
    except ModuleNotFoundError:
        pass
    raise RecordError("reading SAS, SPSS and Stata files needs pyreadstat: pip install pyreadstat")
