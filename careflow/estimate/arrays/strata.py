"""Turn tidy counts into arrays: one axis for the strata, one for each thing counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals

from careflow.counts.calendar import UNITS
from careflow.counts.count import last_day
from careflow.counts.definition import Definition

Ints = npt.NDArray[np.int64]

_SIXTEEN_BITS: Final = 1 << 16
_CLOSE: Final = 1 << 16
"""Values that lie within so many, or within sixteen times their number, are looked up and not sorted."""


@dataclass(frozen=True)
class Strata:
    """The strata of a result: a row each, and where each row of the counts belongs.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row a stratum: labels as ordered categoricals. Every period from the first to that of the cut-off is there.
    place : numpy.ndarray
        For each row of the counts, its stratum.
    periods : numpy.ndarray or None
        The period of each stratum, if the strata have one.
    """

    frame: pd.DataFrame
    place: Ints
    periods: Ints | None

    def __len__(self) -> int:
        return len(self.frame)

    def partial(self, definition: Definition) -> npt.NDArray[np.bool_]:
        """Say of each stratum whether the start or the cut-off cuts its period; none is cut that has no period."""
        if self.periods is None or definition.unit is None:
            return np.zeros(len(self), dtype=bool)
        return np.array(
            [
                definition.calendar.cut(int(p), definition.unit, definition.start, definition.cutoff)
                for p in self.periods
            ]
        )

    def mature(self, definition: Definition, window: int) -> npt.NDArray[np.bool_]:
        """Say of each stratum whether its period is whole and its last day + window is not after the cut-off.

        Without a period among the strata only discharges that were followed are looked at, so all are mature.
        """
        if self.periods is None:
            return np.ones(len(self), dtype=bool)
        followed = np.array([(definition.cutoff - last_day(definition, int(p))).days >= window for p in self.periods])
        return followed & ~self.partial(definition)

    def repeat(self, *axes: pd.Series) -> pd.DataFrame:
        """Return the strata crossed with further columns, the last of them changing fastest."""
        frame = self.frame.loc[np.repeat(np.arange(len(self)), int(np.prod([len(axis) for axis in axes])))]
        frame = frame.reset_index(drop=True)
        inner = 1
        for axis in reversed(axes):
            column = pd.Series(np.tile(np.repeat(np.arange(len(axis)), inner), len(frame) // (inner * len(axis)) or 0))
            frame.insert(len(self.frame.columns), str(axis.name), axis.take(column.to_numpy()).reset_index(drop=True))
            inner *= len(axis)
        return frame


def strata_of(table: pd.DataFrame, definition: Definition, by: Sequence[str]) -> Strata:
    """Find the strata of a table of counts: those that occur, at every period that the records cover.

    Those begin with the start, if it is known, and else with the first period in which anything was counted.
    """
    unit = next((name for name in by if name in UNITS), None)
    others = [name for name in by if name != unit]
    place, keys = _codes(table, others) if others else (None, pd.DataFrame(index=range(1)))
    periods = None
    frame = keys
    if unit is not None:
        days = table[unit].to_numpy()
        final = definition.calendar.period(definition.cutoff, unit)
        first = int(days.min()) if len(days) else final
        if definition.start is not None:
            first = min(first, definition.calendar.period(definition.start, unit))
        span = np.arange(first, max(final, int(days.max()) if len(days) else final) + 1)
        if (shown := definition.shown_periods) is not None:
            span = np.array(shown)
        labels = [definition.calendar.label(int(p), unit) for p in span]
        # Counts have many rows: what is not needed is not made, and what results keep is made small.
        since = np.subtract(days, first, dtype=np.int32) if shown is None else np.searchsorted(span, days)
        place = since if place is None else since * len(keys) + place
        frame = keys.loc[np.tile(np.arange(len(keys)), len(span))].reset_index(drop=True)
        periods = np.repeat(span, len(keys))
        frame[unit] = pd.Categorical(np.repeat(labels, len(keys)), categories=labels, ordered=True)
    return Strata(frame[list(by)], np.zeros(len(table), dtype=np.int32) if place is None else place, periods)


def joint_strata(tables: Sequence[pd.DataFrame], definition: Definition, by: Sequence[str]) -> list[Strata]:
    """Find the strata of several tables together; each gets the same ``frame`` and its own ``place``."""
    columns = [table[list(by)] for table in tables]
    for name in [name for name in by if name not in UNITS]:
        labels = union_categoricals([part[name] for part in columns], sort_categories=False).categories
        columns = [part.assign(**{name: part[name].cat.set_categories(labels)}) for part in columns]
    together = strata_of(pd.concat(columns, ignore_index=True), definition, by)
    ends = np.cumsum([len(table) for table in tables])
    places = np.split(together.place, ends[:-1])
    return [Strata(together.frame, place, together.periods) for place in places]


def _codes(table: pd.DataFrame, names: list[str]) -> tuple[Ints, pd.DataFrame]:
    """Number the combinations of labels that occur, in the order of their labels."""
    code = np.zeros(len(table), dtype=np.int64)
    sizes = []
    for name in names:
        labels = table[name].cat.categories
        sizes.append(len(labels))
        code = code * len(labels) + table[name].cat.codes.to_numpy()
    found, place = numbered(code)
    frame = pd.DataFrame(index=range(len(found)))
    for name, codes in zip(names, np.unravel_index(found, sizes), strict=True):
        labels = table[name].cat.categories
        frame[name] = pd.Categorical.from_codes(codes, categories=labels, ordered=True)
    return place.astype(np.int32), frame


def rows_of_each(place: Ints) -> Iterator[tuple[int, Ints | slice]]:
    """Yield every place that occurs, rising, with its rows in their order: a slice where they stand together."""
    rows = np.bincount(place)
    stops = np.cumsum(rows)
    order = None
    if (place[1:] < place[:-1]).any():
        # Sixteen bits, wherever they are enough, are sorted by counting: ten times faster.
        order = np.argsort(place.astype(np.uint16) if len(rows) <= _SIXTEEN_BITS else place, kind="stable")
    for one in np.flatnonzero(rows).tolist():
        part = slice(int(stops[one] - rows[one]), int(stops[one]))
        yield one, part if order is None else order[part]


def numbered(values: Ints) -> tuple[Ints, Ints]:
    """Return the distinct values in order, and the place of each value among them.

    Examples
    --------
    >>> [[array.tolist() for array in numbered(np.array([7, far, 7]))] for far in (3, 10**12)]
    [[[3, 7], [1, 0, 1]], [[7, 1000000000000], [0, 1, 0]]]
    """
    if not len(values):
        return values, values
    low, high = int(values.min()), int(values.max())
    if high - low > max(_CLOSE, 16 * len(values)):
        place, found = pd.factorize(values, sort=True)
        return found, place
    since = values - low
    there = np.bincount(since) > 0
    found = np.flatnonzero(there) + low
    return found, since if len(found) == len(there) else (np.cumsum(there) - 1)[since]


def add_up(weights: npt.ArrayLike, *axes: tuple[npt.ArrayLike, int]) -> Ints:
    """Sum integer weights into a dense array; each axis is a pair of places and a length."""
    shape = tuple(length for _, length in axes)
    flat = np.zeros(len(np.asarray(weights)), dtype=np.int64)
    for place, length in axes:
        flat = flat * length + np.asarray(place, dtype=np.int64)
    return add_floats(weights, flat, shape).astype(np.int64)


def add_floats(weights: npt.ArrayLike, place: Ints, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Sum whole numbers into a dense array of floats; ``place`` is where each belongs in it, counted along all axes."""
    total = np.bincount(place, weights=np.asarray(weights, dtype=float), minlength=int(np.prod(shape)))
    return np.asarray(total, dtype=float).reshape(shape)
