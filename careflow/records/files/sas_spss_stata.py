"""Files of SAS (sas7bdat, xpt), SPSS (sav, zsav, por) and Stata (dta), read by pyreadstat."""

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
"""Bytes that a value takes at least."""


class StatisticalSource:
    """A file of a statistics package; only the mapped columns are read whole, and ``caps`` are on what they take."""

    def __init__(self, path: Path, label: str, caps: SizeLimits) -> None:
        self.label = label
        self._path = path
        self._caps = caps
        self._reader = getattr(_pyreadstat(), READERS[path.suffix.lower()])
        about = self._read(metadataonly=True)[1]
        self.header = [str(name) for name in about.column_names]
        # Some formats do not say how many rows they have, but those are not compressed.
        self._rows = max(about.number_rows or 0, 0)

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each column of texts."""
        return PandasSource(self._read(row_limit=rows)[0], self.label).head(engine, rows)

    def load(self, engine: Engine, mapped: Mapped) -> SourceTable:
        """Read the mapped columns."""
        self._caps.check(self._path.stat().st_size, self._rows * len(mapped.used) * _CELL, "the file")
        options = {} if self._path.suffix.lower() == ".por" else {"usecols": list(mapped.used)}
        frame = self._read(**options)[0]
        return PandasSource(whole_numbers(frame[list(mapped.used)]), self.label).load(engine, mapped)

    def _read(self, **options: Any) -> Any:
        try:
            return self._reader(str(self._path), **options)
        except Exception:  # the reader's errors may quote values
            pass
        raise RecordError(f"{self.label} cannot be read: it is truncated, damaged, or is not what its name says.")


def whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn floating columns that hold whole numbers alone into integers: these files know no others."""
    frame = frame.copy()
    for name in frame.columns:
        column = frame[name]
        if column.dtype == np.float64:
            known = column.dropna()
            if (known == known.round()).all() and (known.abs() < 2**53).all():
                frame[name] = column.astype("Int64")
    return frame


def _pyreadstat() -> Any:
    try:
        return import_module("pyreadstat")
    except ModuleNotFoundError:
        pass
    raise RecordError("reading files of SAS, SPSS and Stata needs pyreadstat: pip install pyreadstat")
