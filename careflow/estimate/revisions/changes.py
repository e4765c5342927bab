"""The frames of a diff: what each rule and each cause adds to a rate, as parts that sum to its change exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.calendar import UNITS
from careflow.counts.count import MISSING, OPEN

POINTS: Final = 100
TOTAL: Final = "total"
RULE: Final = "rule"
MOVED, NOT_MOVED = "moved", "did not move"
DISCHARGE: Final = "discharge"
"""Where a change is, when it is at the discharge itself."""
LAST: Final = (MISSING, OPEN)
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """One published table, in the rows that all tables of a diff share."""

    n: Array
    of: Array
    rate: Array
    low: Array
    high: Array
    mature: npt.NDArray[np.bool_]

    def at(self, rows: npt.NDArray[np.int64]) -> Table:
        """Return the numbers of some rows."""
        return Table(*(getattr(self, name)[rows] for name in ("n", "of", "rate", "low", "high", "mature")))


def aligned(frames: Sequence[pd.DataFrame], keys: Sequence[str]) -> tuple[pd.DataFrame, list[Table]]:
    """Return the labels of all rows, in order, and the numbers of each frame in these rows.

    A row that a frame lacks has no discharges there.
    """
    plain = [frame.astype(dict.fromkeys(keys, "str")) for frame in frames]
    every = pd.concat([frame[list(keys)] for frame in plain], ignore_index=True).drop_duplicates(ignore_index=True)
    for name in keys:
        every[name] = pd.Categorical(every[name], _in_order(name, frames), ordered=True)
    every = every.sort_values(list(keys), ignore_index=True)
    index = pd.MultiIndex.from_frame(every.astype("str"))
    tables = []
    for frame in plain:
        rows = frame.set_index(list(keys))
        there = index.isin(rows.index)
        rows = rows.reindex(index)
        # What is missing in a row that is there was hidden by protection, and stays missing.
        n, of = (np.where(there, rows[name].to_numpy(float, na_value=np.nan), 0.0) for name in ("n", "of"))
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = n / of
        low, high = (rows[name].to_numpy(float, na_value=np.nan) for name in ("low", "high"))
        tables.append(Table(n, of, rate, low, high, rows["mature"].eq(True).to_numpy(bool)))
    return every, tables


def _in_order(name: str, frames: Sequence[pd.DataFrame]) -> list[str]:
    """Return the labels of a column in several frames: periods in time, others as the frames have them."""
    labels: dict[str, None] = {}
    for frame in frames:
        column = frame[name]
        categories = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column.unique()
        labels |= dict.fromkeys(map(str, categories))
    if name in UNITS:
        return sorted(labels)
    return [*(label for label in labels if label not in LAST), *(label for label in labels if label in LAST)]


def points_of(n: Array, of: Array, before: Table, after: Table) -> Array:
    """Return what changes of numerators and denominators add to a rate, in percentage points.

    With the means of both rates and of both denominators, (change of n - mean rate x change of of) / mean of. These
    parts sum to the change of the rate exactly, in whatever order they are taken.
    """
    rate, size = (before.rate + after.rate) / 2, (before.of + after.of) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(POINTS * (n - rate * of) / size)


def rule_rows(keys: pd.DataFrame, tables: Sequence[Table], rules: Sequence[str]) -> list[pd.DataFrame]:
    """Return the rows of each rule: the change between the table before it and the one after it."""
    some = np.any([table.of > 0 for table in tables], axis=0)
    return [
        keys[some].assign(cause=rule, where=RULE, points=POINTS * (after.rate - before.rate)[some])
        for rule, before, after in zip(rules, tables, tables[1:], strict=False)
    ]


def counted_rows(keys: pd.DataFrame, before: Table, after: Table) -> list[pd.DataFrame]:
    """Return what counts can tell: how many more moved, and how many more did not."""
    moved, of = after.n - before.n, after.of - before.of
    parts = []
    for cause, n, each in ((MOVED, moved, moved), (NOT_MOVED, np.zeros(len(keys)), of - moved)):
        rows = keys.assign(cause=cause, where=DISCHARGE, n=n, of=each, points=points_of(n, each, before, after))
        parts.append(rows[each != 0])
    return parts


def record_rows(keys: pd.DataFrame, changed: pd.DataFrame, before: Table, after: Table) -> list[pd.DataFrame]:
    """Return what each cause adds, from the number of changed discharges and their sums by cause."""
    names = list(keys)
    place = keys.astype("str").assign(place=np.arange(len(keys)))
    rows = changed.astype(dict.fromkeys(names, "str")).merge(place, on=names, how="left", validate="many_to_one")
    at = rows["place"].to_numpy()
    sides = [
        Table(*(np.asarray(getattr(side, name))[at] for name in Table.__annotations__)) for side in (before, after)
    ]
    out = keys.iloc[at].reset_index(drop=True)
    for name in ("cause", "where", "records", "n", "of"):
        out[name] = rows[name].to_numpy()
    out["points"] = points_of(out["n"].to_numpy(float), out["of"].to_numpy(float), *sides)
    return [out]


def with_totals(keys: pd.DataFrame, parts: Sequence[pd.DataFrame], old: Table, new: Table) -> pd.DataFrame:
    """Return all rows in order, each rate with its total last."""
    whole = keys.assign(
        cause=TOTAL, where=TOTAL, n=new.n - old.n, of=new.of - old.of, points=POINTS * (new.rate - old.rate)
    )
    frame = pd.concat([part for part in (*parts, whole) if len(part)], ignore_index=True)
    if "records" not in frame:
        frame["records"] = np.nan
    records = frame[frame["records"].notna()].groupby(list(keys), observed=True)["records"].sum()
    last = frame["cause"] == TOTAL
    if len(records):
        index = pd.MultiIndex.from_frame(frame.loc[last, list(keys)])
        frame.loc[last, "records"] = records.reindex(index).fillna(0).to_numpy()
    order = {name: place for place, name in enumerate(dict.fromkeys(frame["cause"]))}
    for name in ("cause", "where"):
        frame[name] = pd.Categorical(frame[name], _causes(frame[name], order if name == "cause" else {}), ordered=True)
    for name in ("records", "n", "of"):
        frame[name] = frame[name].astype("Float64").astype("Int64")
    frame = frame.sort_values([*keys, "cause", "where"], kind="stable", ignore_index=True)
    return frame[[*keys, "cause", "where", "records", "n", "of", "points"]]


def _causes(labels: pd.Series[Any], order: dict[str, int]) -> list[str]:
    known = [name for name in ORDER if name in set(labels)]
    rules = sorted((name for name in set(labels) if name not in ORDER), key=lambda name: order.get(name, 0))
    return [*rules, *known]


ORDER: Final = (
    *(RULE, "removed", "since", "late", "admission", "level", "discharge date", "reason", "stratum", "followed"),
    *(MOVED, NOT_MOVED, DISCHARGE, "next stay", "other stay", TOTAL),
)
"""Causes and places as they stand in the frames; rules before them."""


def both_sides(keys: pd.DataFrame, old: Table, new: Table) -> pd.DataFrame:
    """Return the rates of both releases, and whether the new one lies in the interval of the old one."""
    inside = pd.Series((old.low <= new.rate) & (new.rate <= old.high), dtype="boolean")
    inside = inside.mask(np.isnan(old.low) | np.isnan(new.rate))
    sizes = {"n_1": old.n, "of_1": old.of, "n_2": new.n, "of_2": new.of}
    return keys.assign(
        old=old.rate, new=new.rate, inside=inside, points=POINTS * (new.rate - old.rate),
        **{name: pd.array(values, dtype="Float64").astype("Int64") for name, values in sizes.items()},
        low=old.low, high=old.high, mature=old.mature & new.mature,
    )  # fmt: skip
