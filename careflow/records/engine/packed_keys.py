"""Count equal rows of small integers: pack each row into one key, sort the keys, and count equal keys.

Grouping by five columns hashes and compares five columns for every row. Here the engine computes one key per row, in
parallel, and numpy sorts the keys. Keys come in batches, so that memory is needed only for the distinct rows and one
batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Keys = npt.NDArray[np.signedinteger[Any]]

BATCH: Final = 1 << 24
"""Number of keys sorted at a time."""

BLOCK: Final = 1 << 16
"""Number of keys processed together, to fit the processor's cache."""

HALF: Final = 1 << 31
"""Limit of each half of a key: arithmetic with 32-bit integers is twice as fast as with 64-bit integers."""


@dataclass(frozen=True)
class Range:
    """A column of integers from ``low`` to ``low + size - 1``, and the numpy type that holds them."""

    name: str
    low: int
    size: int
    kind: type[np.signedinteger[Any]] = np.int32


def fits(ranges: Sequence[Range]) -> bool:
    """Return whether every combination of values has a unique 64-bit key."""
    return _keys(ranges[: _split(ranges)]) <= HALF


def packed_sql(sql: str, ranges: Sequence[Range]) -> str:
    """Return the SQL of the keys of a query's rows.

    Examples
    --------
    >>> packed_sql("SELECT a, b FROM t", [Range("a", 0, 3), Range("b", -1, 10)])
    'SELECT CAST(a AS INTEGER) * 10 + (CAST(b AS INTEGER) - -1) AS packed FROM (SELECT a, b FROM t)'
    """
    split = _split(ranges)
    high, low = ranges[:split], ranges[split:]
    key = f"CAST({_sum(high)} AS BIGINT) * {_keys(low)} + ({_sum(low)})" if high else _sum(low)
    return f"SELECT {key} AS packed FROM ({sql})"


def _keys(ranges: Sequence[Range]) -> int:
    return math.prod(column.size for column in ranges)


def _split(ranges: Sequence[Range]) -> int:
    """Return the index of the first column in the low half of a key, which holds as many last columns as fit."""
    return next(i for i in range(len(ranges) + 1) if _keys(ranges[i:]) <= HALF)


def _sum(ranges: Sequence[Range]) -> str:
    terms = []
    for i, column in enumerate(ranges):
        value, weight = f"CAST({column.name} AS INTEGER)", _keys(ranges[i + 1 :])
        value = f"({value} - {column.low})" if column.low else value
        terms.append(f"{value} * {weight}" if weight > 1 else value)
    return " + ".join(terms)


def grouped_sql(sql: str, ranges: Sequence[Range]) -> str:
    """Return the SQL of the same counts by GROUP BY, in the same order, for engines that must not return rows."""
    names = ", ".join(column.name for column in ranges)
    return f"SELECT {names}, count(*) AS n FROM ({sql}) GROUP BY {names} ORDER BY {names}"


def count_keys(batches: Iterable[Keys]) -> tuple[Keys, Keys]:
    """Return the distinct keys in order, and the count of each.

    Examples
    --------
    >>> keys, n = count_keys([np.array([7, 3, 7]), np.array([3, 9])])
    >>> keys.tolist(), n.tolist()
    ([3, 7, 9], [2, 2, 1])
    """
    keys = n = np.empty(0, dtype=np.int32)
    room, filled = keys, 0
    for batch in batches:
        if not len(room):
            room = np.empty(max(BATCH, len(batch)), dtype=batch.dtype)
        if filled + len(batch) > len(room):
            keys, n = _merged(keys, n, *_counted(room[:filled]))
            room, filled = room if len(batch) <= len(room) else np.empty(len(batch), dtype=batch.dtype), 0
        room[filled : filled + len(batch)] = batch
        filled += len(batch)
    return _merged(keys, n, *_counted(room[:filled]))


def unpacked(keys: Keys, n: Keys, ranges: Sequence[Range]) -> pd.DataFrame:
    """Return the rows that were packed into the keys, with their counts in the column ``n``."""
    columns = {column.name: np.empty(len(keys), dtype=column.kind) for column in ranges}
    for part in _blocks(len(keys)):
        rest = keys[part]
        for column in reversed(ranges):
            # Two fast numpy steps; divmod is slower.
            whole = rest // column.size
            np.add(rest - whole * column.size, column.low, out=columns[column.name][part], casting="unsafe")
            rest = whole
    return pd.DataFrame(columns | {"n": n}, copy=False)


def _blocks(length: int) -> Iterator[slice]:
    """Yield slices that fit the processor's cache."""
    for start in range(0, length, BLOCK):
        yield slice(start, min(start + BLOCK, length))


def _counted(keys: Keys) -> tuple[Keys, Keys]:
    """Return the distinct keys and their counts; ``keys`` is sorted in place."""
    keys.sort()
    n = _bounds(keys)
    distinct = keys[n[:-1]]
    for part in _blocks(len(distinct)):
        n[part] = np.diff(n[part.start : part.stop + 1])
    return distinct, n[:-1]


def _merged(keys: Keys, n: Keys, more_keys: Keys, more_n: Keys) -> tuple[Keys, Keys]:
    """Merge two sorted lists of keys, adding their counts."""
    if not len(keys) or not len(more_keys):
        return (keys, n) if len(keys) else (more_keys, more_n)
    positions = np.searchsorted(keys, more_keys)
    present = np.take(keys, positions, mode="clip") == more_keys
    n[positions[present]] += more_n[present]
    positions, new = positions[~present], ~present
    return np.insert(keys, positions, more_keys[new]), np.insert(n, positions, more_n[new])


def _bounds(keys: Keys) -> Keys:
    """Return the positions at which sorted keys change, and their length."""
    fresh = np.ones(len(keys) + 1, dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:-1])
    return np.flatnonzero(fresh)
