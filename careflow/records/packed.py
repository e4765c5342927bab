"""Counting rows of small whole numbers: each row packed in one 64-bit key, keys sorted, equal ones counted.

An engine that groups by five columns hashes and compares five columns for every row. One key is computed where the
rows are, in parallel, and numpy sorts keys at memory's speed. Keys come in batches, so that the memory needed is that
of the distinct rows and of one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Keys = npt.NDArray[np.int64]

BATCH: Final = 1 << 24
"""Keys that are sorted at a time: 128 MB."""


@dataclass(frozen=True)
class Range:
    """A column of whole numbers from ``low`` to ``low + size - 1``."""

    name: str
    low: int
    size: int

    @property
    def bits(self) -> int:
        """How many bits of a key hold a value."""
        return (self.size - 1).bit_length()


def fits(ranges: Sequence[Range]) -> bool:
    """Say whether every combination of values has a 64-bit key of its own."""
    return sum(column.bits for column in ranges) < 64


def packed_sql(sql: str, ranges: Sequence[Range]) -> str:
    """Return the SQL of the keys of a query's rows.

    Examples
    --------
    >>> packed_sql("SELECT a, b FROM t", [Range("a", 0, 3), Range("b", -1, 10)])
    'SELECT (CAST(0 AS BIGINT) * 4 + a) * 16 + (b - -1) AS packed FROM (SELECT a, b FROM t)'
    """
    key = "CAST(0 AS BIGINT)"
    for i, column in enumerate(ranges):
        value = f"({column.name} - {column.low})" if column.low else column.name
        key = f"{'(' + key + ')' if i else key} * {1 << column.bits} + {value}"
    return f"SELECT {key} AS packed FROM ({sql})"


def grouped_sql(sql: str, ranges: Sequence[Range]) -> str:
    """Return the SQL of the same counts by grouping, for engines from which no rows are taken."""
    names = ", ".join(column.name for column in ranges)
    return f"SELECT {names}, count(*) AS n FROM ({sql}) GROUP BY {names}"


def count_keys(batches: Iterable[Keys]) -> tuple[Keys, Keys]:
    """Return the distinct keys in order, and how often each occurs.

    Examples
    --------
    >>> keys, n = count_keys([np.array([7, 3, 7]), np.array([3, 9])])
    >>> keys.tolist(), n.tolist()
    ([3, 7, 9], [2, 2, 1])
    """
    keys = n = np.empty(0, dtype=np.int64)
    waiting: list[Keys] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= BATCH:
            keys, n = _merged(keys, n, *_counted(np.concatenate(waiting)))
            waiting = []
    return _merged(keys, n, *_counted(np.concatenate([np.empty(0, dtype=np.int64), *waiting])))


def unpacked(keys: Keys, n: Keys, ranges: Sequence[Range]) -> pd.DataFrame:
    """Return the rows that keys stand for, with their counts in a column ``n``."""
    columns = {column.name: np.empty(len(keys), dtype=np.int32) for column in ranges}
    value = np.empty_like(keys)
    rest = sum(column.bits for column in ranges)
    for column in ranges:
        rest -= column.bits
        np.right_shift(keys, rest, out=value)
        np.bitwise_and(value, (1 << column.bits) - 1, out=value)
        np.add(value, column.low, out=columns[column.name], casting="unsafe")
    return pd.DataFrame(columns | {"n": n}, copy=False)


def _counted(keys: Keys) -> tuple[Keys, Keys]:
    keys.sort()
    starts = _starts(keys)
    n = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=n[:-1])
    n[-1:] = len(keys) - starts[-1:]
    return keys[starts], n


def _merged(keys: Keys, n: Keys, more_keys: Keys, more_n: Keys) -> tuple[Keys, Keys]:
    """Add up two lists of keys that are in order."""
    if not len(keys) or not len(more_keys):
        return (keys, n) if len(keys) else (more_keys, more_n)
    every = np.concatenate([keys, more_keys])
    order = np.argsort(every, kind="stable")  # the stable sort merges what is in order already
    every = every[order]
    starts = _starts(every)
    return every[starts], np.add.reduceat(np.concatenate([n, more_n])[order], starts)


def _starts(keys: Keys) -> Keys:
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, dtype=np.int64)
