"""Prepare columns of Arrow for the engine: types that it does not read become types that it reads, or are refused."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from careflow.errors import RecordError

_FAR: Final = {"s": 6_000_000_000_000, "ms": 6_000_000_000_000_000}
"""The year 192,000: the engine counts microseconds in 64 bits, which seconds and milliseconds can exceed."""


def holds_text(kind: pa.DataType) -> bool:
    """Return whether a column of this type holds texts, in any encoding.

    Examples
    --------
    >>> holds_text(pa.dictionary(pa.int8(), pa.string())), holds_text(pa.int64())
    (True, False)
    """
    kind = value_type(kind)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def holds_days(kind: pa.DataType) -> bool:
    """Return whether a column of this type holds dates or timestamps, in any encoding."""
    kind = value_type(kind)
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def for_engine(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return a column as the engine reads it.

    Times beyond what the engine counts become the year 192,000, which is as impossible.

    Raises
    ------
    RecordError
        The column holds lists, structures, unions, times, intervals or raw bytes.

    Examples
    --------
    >>> for_engine(pa.chunked_array([pa.array([2**60], pa.timestamp("s"))]), "discharge_date").cast(pa.int64())[0]
    <pyarrow.Int64Scalar: 6000000000000>
    """
    if isinstance(column.type, pa.BaseExtensionType):
        if column.type.extension_name == "arrow.uuid":
            return column
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    kind = value_type(column.type)
    if not _is_readable(kind):
        raise RecordError(
            f"column {name} holds lists, structures, times or raw bytes; give text, numbers or dates.", check="S05"
        )
    if pa.types.is_run_end_encoded(column.type):
        column = pa.chunked_array([pc.run_end_decode(chunk) for chunk in column.chunks], column.type.value_type)
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    if pa.types.is_decimal256(kind):
        return column.cast(pa.float64() if kind.scale else pa.string())
    if pa.types.is_timestamp(kind) and kind.unit in _FAR and column.type == kind:
        return _within(column, _FAR[kind.unit])
    return column


def value_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values of a dictionary, of run ends or of an extension type.

    Examples
    --------
    >>> value_type(pa.run_end_encoded(pa.int32(), pa.string()))
    DataType(string)
    """
    if isinstance(kind, pa.BaseExtensionType):
        return value_type(kind.storage_type)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return value_type(kind.value_type)
    return kind


def _is_readable(kind: pa.DataType) -> bool:
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return holds_text(kind) or holds_days(kind) or bool(numbers or pa.types.is_boolean(kind) or pa.types.is_null(kind))


def _within(column: pa.ChunkedArray, far: int) -> pa.ChunkedArray:
    numbers = column.cast(pa.int64())
    ends = pc.min_max(numbers)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    if low is None or (low >= -far and high <= far):
        return column
    lifted = pc.max_element_wise(numbers, -far, skip_nulls=False)
    return pc.min_element_wise(lifted, far, skip_nulls=False).cast(column.type)
