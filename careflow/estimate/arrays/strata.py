"""Strata of count tables, and sums of counts as dense arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals

from careflow.counts.calendar import UNITS, unit_of
from careflow.counts.count import last_day
from careflow.counts.definition import Definition

Ints = npt.NDArray[np.int64]

_SIXTEEN_BITS: Final = 1 << 16
_CLOSE: Final = 1 << 16
"""Values in a range of this size, or of 16 times their number, are coded by a lookup table instead of a sort."""


@dataclass(frozen=True)
class Strata:
    """The strata of a result, and the stratum of each row of the counts.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row for each stratum, with labels as ordered categoricals. It has every period from the first to that of the
        cut-off.
    codes : numpy.ndarray
        For each row of the counts, the row of its stratum in ``frame``.
    periods : numpy.ndarray or None
        The number of the period of each stratum; None without a period among the strata.
    """

    frame: pd.DataFrame
    codes: Ints
    periods: Ints | None

    def __len__(self) -> int:
        return len(self.frame)

    def partial(self, definition: Definition) -> npt.NDArray[np.bool_]:
        """Return for each stratum whether the start or the cut-off cuts its period; False without periods."""
        if self.periods is None or definition.unit is None:
            return np.zeros(len(self), dtype=bool)
        return np.array(
            [
                definition.calendar.cut(int(p), definition.unit, definition.start, definition.cutoff)
                for p in self.periods
            ]
        )

    def mature(self, definition: Definition, window: int) -> npt.NDArray[np.bool_]:
        """Return for each stratum whether its period is whole and its last day + window is not after the cut-off.

        Without periods all strata are mature, since only followed discharges are counted.
        """
        if self.periods is None:
            return np.ones(len(self), dtype=bool)
        followed = np.array([(definition.cutoff - last_day(definition, int(p))).days >= window for p in self.periods])
        return followed & ~self.partial(definition)

    def repeat(self, *axes: pd.Series) -> pd.DataFrame:
        """Return the strata crossed with further columns; the last column varies fastest."""
        frame = self.frame.loc[np.repeat(np.arange(len(self)), int(np.prod([len(axis) for axis in axes])))]
        frame = frame.reset_index(drop=True)
        inner = 1
        for axis in reversed(axes):
            column = pd.Series(np.tile(np.repeat(np.arange(len(axis)), inner), len(frame) // (inner * len(axis)) or 0))
            frame.insert(len(self.frame.columns), str(axis.name), axis.take(column.to_numpy()).reset_index(drop=True))
            inner *= len(axis)
        return frame


def strata_of(table: pd.DataFrame, definition: Definition, by: Sequence[str]) -> Strata:
    """Return the strata of a table of counts: the combinations of labels that occur, in every period of the records.

    The first period is that of the start of the records, if it is known, or else the first one with counts.
    """
    unit = unit_of(by)
    others = [name for name in by if name != unit]
    codes, keys = _codes(table, others) if others else (None, pd.DataFrame(index=range(1)))
    periods = None
    frame = keys
    if unit is not None:
        periods_of_rows = table[unit].to_numpy()
        final = definition.calendar.period(definition.cutoff, unit)
        first = int(periods_of_rows.min()) if len(periods_of_rows) else final
        if definition.start is not None:
            first = min(first, definition.calendar.period(definition.start, unit))
        span = np.arange(first, max(final, int(periods_of_rows.max()) if len(periods_of_rows) else final) + 1)
        if (shown := definition.shown_periods) is not None:
            span = np.array(shown)
        labels = [definition.calendar.label(int(p), unit) for p in span]
        # Counts have many rows: the codes, which results keep, take 32 bits.
        offset = (
            np.subtract(periods_of_rows, first, dtype=np.int32)
            if shown is None
            else np.searchsorted(span, periods_of_rows)
        )
        codes = offset if codes is None else offset * len(keys) + codes
        frame = keys.loc[np.tile(np.arange(len(keys)), len(span))].reset_index(drop=True)
        periods = np.repeat(span, len(keys))
        frame[unit] = pd.Categorical(np.repeat(labels, len(keys)), categories=labels, ordered=True)
    return Strata(frame[list(by)], np.zeros(len(table), dtype=np.int32) if codes is None else codes, periods)


def joint_strata(tables: Sequence[pd.DataFrame], definition: Definition, by: Sequence[str]) -> list[Strata]:
    """Return the common strata of several tables: the same ``frame``, with the ``codes`` of each table."""
    columns = [table[list(by)] for table in tables]
    for name in [name for name in by if name not in UNITS]:
        labels = union_categoricals([part[name] for part in columns], sort_categories=False).categories
        columns = [part.assign(**{name: part[name].cat.set_categories(labels)}) for part in columns]
    joint = strata_of(pd.concat(columns, ignore_index=True), definition, by)
    ends = np.cumsum([len(table) for table in tables])
    return [Strata(joint.frame, codes, joint.periods) for codes in np.split(joint.codes, ends[:-1])]


def _codes(table: pd.DataFrame, names: list[str]) -> tuple[Ints, pd.DataFrame]:
    """Return the code of each row, and the combinations of labels that occur, in the order of the labels."""
    code = np.zeros(len(table), dtype=np.int64)
    sizes = []
    for name in names:
        labels = table[name].cat.categories
        sizes.append(len(labels))
        code = code * len(labels) + table[name].cat.codes.to_numpy()
    combinations, row_codes = distinct(code)
    frame = pd.DataFrame(index=range(len(combinations)))
    for name, codes in zip(names, np.unravel_index(combinations, sizes), strict=True):
        labels = table[name].cat.categories
        frame[name] = pd.Categorical.from_codes(codes, categories=labels, ordered=True)
    return row_codes.astype(np.int32), frame


def rows_of_each(codes: Ints) -> Iterator[tuple[int, Ints | slice]]:
    """Yield each code that occurs, in rising order, with its rows: a slice if the codes are sorted."""
    rows = np.bincount(codes)
    stops = np.cumsum(rows)
    order = None
    if (codes[1:] < codes[:-1]).any():
        # numpy sorts 16-bit integers by counting, ten times faster.
        order = np.argsort(codes.astype(np.uint16) if len(rows) <= _SIXTEEN_BITS else codes, kind="stable")
    for code in np.flatnonzero(rows).tolist():
        part = slice(int(stops[code] - rows[code]), int(stops[code]))
        yield code, part if order is None else order[part]


def distinct(values: Ints) -> tuple[Ints, Ints]:
    """Return the distinct values in rising order, and the position of each value among them.

    Examples
    --------
    >>> [[array.tolist() for array in distinct(np.array([7, far, 7]))] for far in (3, 10**12)]
    [[[3, 7], [1, 0, 1]], [[7, 1000000000000], [0, 1, 0]]]
    """
    if not len(values):
        return values, values
    low, high = int(values.min()), int(values.max())
    if high - low > max(_CLOSE, 16 * len(values)):
        codes, uniques = pd.factorize(values, sort=True)
        return uniques, codes
    offset = values - low
    occurs = np.bincount(offset) > 0
    uniques = np.flatnonzero(occurs) + low
    return uniques, offset if len(uniques) == len(occurs) else (np.cumsum(occurs) - 1)[offset]


def add_up(weights: npt.ArrayLike, *axes: tuple[npt.ArrayLike, int]) -> Ints:
    """Sum integer weights into a dense array; each axis is the positions of the weights on it, and its length."""
    shape = tuple(length for _, length in axes)
    flat = np.zeros(len(np.asarray(weights)), dtype=np.int64)
    for positions, length in axes:
        flat = flat * length + np.asarray(positions, dtype=np.int64)
    return add_floats(weights, flat, shape).astype(np.int64)


def add_floats(weights: npt.ArrayLike, cells: Ints, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Sum whole numbers into a dense array of floats; ``cells`` are their positions in the flattened array."""
    total = np.bincount(cells, weights=np.asarray(weights, dtype=float), minlength=int(np.prod(shape)))
    return np.asarray(total, dtype=float).reshape(shape)
