"""Counting rows of small whole numbers: each row packed in one key, keys sorted, equal ones counted.

An engine that groups by five columns hashes and compares five columns for every row. One key is computed where the
rows are, in parallel, and numpy sorts keys at memory's speed. Keys come in batches, so that the memory needed is that
of the distinct rows and of one batch.
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
"""Keys that are sorted at a time."""

BLOCK: Final = 1 << 16
"""Keys that are looked at together."""

HALF: Final = 1 << 31
"""Below this a key fits in 32 bits, and each half of one in 64: an engine reckons with small numbers twice as fast."""


@dataclass(frozen=True)
class Range:
    """A column of whole numbers from ``low`` to ``low + size - 1``, and the kind of number in which they are kept."""

    name: str
    low: int
    size: int
    kind: type[np.signedinteger[Any]] = np.int32


def fits(ranges: Sequence[Range]) -> bool:
    """Say whether every combination of values has a 64-bit key of its own."""
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
    """Return where the lower half of a key begins: it holds the last columns, as many as fit."""
    return next(i for i in range(len(ranges) + 1) if _keys(ranges[i:]) <= HALF)


def _sum(ranges: Sequence[Range]) -> str:
    terms = []
    for i, column in enumerate(ranges):
        value, weight = f"CAST({column.name} AS INTEGER)", _keys(ranges[i + 1 :])
        value = f"({value} - {column.low})" if column.low else value
        terms.append(f"{value} * {weight}" if weight > 1 else value)
    return " + ".join(terms)


def grouped_sql(sql: str, ranges: Sequence[Range]) -> str:
    """Return the SQL of the same counts by grouping, in the same order, for engines from which no rows are taken."""
    names = ", ".join(column.name for column in ranges)
    return f"SELECT {names}, count(*) AS n FROM ({sql}) GROUP BY {names} ORDER BY {names}"


def count_keys(batches: Iterable[Keys]) -> tuple[Keys, Keys]:
    """Return the distinct keys in order, and how often each occurs.

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
    """Return the rows that keys stand for, with their counts in a column ``n``."""
    columns = {column.name: np.empty(len(keys), dtype=column.kind) for column in ranges}
    for part in _blocks(len(keys)):
        rest = keys[part]
        for column in reversed(ranges):
            # Two steps that numpy does at memory's speed; divmod is one that it does not.
            whole = rest // column.size
            np.add(rest - whole * column.size, column.low, out=columns[column.name][part], casting="unsafe")
            rest = whole
    return pd.DataFrame(columns | {"n": n}, copy=False)


def _blocks(length: int) -> Iterator[slice]:
    """Yield slices that fit the processor's cache: memory touched for the first time takes longer than arithmetic."""
    for start in range(0, length, BLOCK):
        yield slice(start, min(start + BLOCK, length))


def _counted(keys: Keys) -> tuple[Keys, Keys]:
    """Count equal keys, which are put in order where they are."""
    keys.sort()
    n = _bounds(keys)
    found = keys[n[:-1]]
    for part in _blocks(len(found)):
        n[part] = np.diff(n[part.start : part.stop + 1])
    return found, n[:-1]


def _merged(keys: Keys, n: Keys, more_keys: Keys, more_n: Keys) -> tuple[Keys, Keys]:
    """Add up two lists of keys that are in order."""
    if not len(keys) or not len(more_keys):
        return (keys, n) if len(keys) else (more_keys, more_n)
    place = np.searchsorted(keys, more_keys)
    known = np.take(keys, place, mode="clip") == more_keys
    n[place[known]] += more_n[known]
    place, new = place[~known], ~known
    return np.insert(keys, place, more_keys[new]), np.insert(n, place, more_n[new])


def _bounds(keys: Keys) -> Keys:
    """Return where keys that are in order change, and where they end."""
    fresh = np.ones(len(keys) + 1, dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:-1])
    return np.flatnonzero(fresh)
