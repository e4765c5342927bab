"""Tables in memory: pandas, polars, a DuckDB relation, or any object with the Arrow stream protocol."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.arrow_columns import for_engine, holds_days, holds_text
from careflow.records.files.parquet import zones_of
from careflow.records.files.source import SourceTable, head_of, kinds_of, select_list
from careflow.records.schema import Mapped

_CONTAINERS = (list, tuple, dict, set, frozenset, bytes, bytearray, np.ndarray)


class ArrowSource:
    """An Arrow table; the mapped columns are read without a copy, unless the engine does not read their type."""

    def __init__(self, table: pa.Table, label: str) -> None:
        self.label = label
        self.header = list(table.column_names)
        self._table = table

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each text column."""
        # Arrow allows a column name twice; the first column of each name is checked.
        positions = {column: i for i, column in reversed(list(enumerate(self.header)))}
        kinds = self._table.schema.types
        first = {
            column: for_engine(self._table.column(i).slice(0, rows), column)
            for column, i in positions.items()
            if holds_text(kinds[i]) or holds_days(kinds[i])
        }
        if not first:
            return {}
        name = engine.name("head")
        engine.register(name, pa.table(first))
        return head_of(engine, name, self.header, rows)

    def load(self, engine: Engine, mapped: Mapped) -> SourceTable:
        """Create a view of the mapped columns."""
        picked = pa.table(
            {column: for_engine(self._table.column(self.header.index(column)), column) for column in mapped.used}
        )
        name = engine.name("frame")
        engine.register(name, picked)
        view = engine.name("raw")
        engine.run(f"CREATE TEMP VIEW {view} AS SELECT {select_list(mapped)} FROM {name}")
        return SourceTable(view, kinds_of(engine, view, mapped), "NULL", zones=zones_of(picked.schema, mapped))


class PandasSource:
    """A pandas frame; columns of Python objects are converted to text."""

    def __init__(self, frame: pd.DataFrame, label: str) -> None:
        self.label = label
        self.header = [str(column) for column in frame.columns]
        self._frame = frame

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each text column."""
        first = self._frame.head(rows)
        texts = {}
        for i, name in enumerate(self.header):
            column = first.iloc[:, i]
            # A column that cannot be shown as text is refused by load(), if it is read at all.
            with suppress(Exception):
                if not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
                    texts[name] = sorted({str(value) for value in column[~column.isna()]})
        return texts

    def load(self, engine: Engine, mapped: Mapped) -> SourceTable:
        """Convert the mapped columns to Arrow, and load them."""
        columns = {}
        for name in mapped.used:
            columns[name] = arrow_column(self._frame.iloc[:, self.header.index(name)], name)
        return ArrowSource(pa.table(columns), self.label).load(engine, mapped)


def arrow_column(values: pd.Series[Any], name: str) -> pa.Array | pa.ChunkedArray:
    """Return a pandas column as Arrow, objects as text.

    Raises
    ------
    RecordError
        The column holds values that cannot be converted.
    """
    try:
        if isinstance(values.dtype, pd.CategoricalDtype):
            values = values.astype(values.cat.categories.dtype)
        if values.dtype == object:
            values = _texts(values, name)
        elif isinstance(values.dtype, pd.PeriodDtype):
            values = values.dt.start_time
        return pa.Array.from_pandas(values)
    except RecordError:
        raise
    except Exception:  # whatever the objects of the frame raise may quote rows
        pass
    raise RecordError(f"column {name} holds values that are neither text, numbers nor dates.", check="S05")


def stream_table(source: Any) -> pa.Table:
    """Read a whole stream of Arrow batches.

    Raises
    ------
    RecordError
        The stream breaks off, or cannot be imported.
    """
    try:
        return pa.RecordBatchReader.from_stream(source).read_all()
    except Exception:  # whatever the producer raises may quote rows
        pass
    raise RecordError(
        "the table cannot be read: its stream of Arrow batches broke off before its end, or a column has a type that "
        "Arrow does not have. Select only the columns that describe the stays."
    )


def _texts(values: pd.Series[Any], name: str) -> pd.Series[Any]:
    # pandas.isna is True for None, NaN, NaT and pd.NA; the text "NA" is a value and stays.
    kinds = {type(value) for value in values[~values.isna()]}
    if any(issubclass(kind, _CONTAINERS) for kind in kinds):
        raise RecordError(
            f"column {name} holds lists, structures or raw bytes; give text, numbers or dates.", check="S05"
        )
    if not kinds:
        return pd.Series(pd.array([None] * len(values), dtype="string"))
    if all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds):
        with suppress(OverflowError):  # numbers of 2**63 and more are read as text
            return values.astype("Int64")
    if all(hasattr(kind, "isoformat") for kind in kinds):
        return pd.Series([None if pd.isna(v) else v.isoformat() for v in values], dtype="string")
    return pd.Series([None if pd.isna(v) else str(v) for v in values], dtype="string")
