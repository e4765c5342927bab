"""polars: one global sort and shifts, lazily; the few stays that end after the next one begins get a second look."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl

from peers import numbers
from peers.words import (
    COLUMNS,
    CONCURRENT,
    CUTOFF,
    DIED,
    FIRSTS,
    LASTS,
    LEVELS,
    NEVER,
    REASON_CODE,
    REASONS,
    WITHIN,
    group_of,
    quarter_of,
    second_look,
    text_number,
)


def run(path: str, job: str) -> dict[str, pd.DataFrame]:
    stays = link(read(path))
    days = pl.DataFrame({"day": np.arange(FIRSTS[0], CUTOFF + 1, dtype=np.int32)})
    days = days.with_columns(quarter=pl.Series(quarter_of(days["day"].to_numpy()).astype(np.int8)))
    results = rates(stays, days) | lengths(stays)
    if job == "core":
        results["incidence"] = incidence(stays, days)
        results["census"] = census(stays)
    return results


def read(path: str) -> pl.DataFrame:
    day = pl.col("admit_date", "discharge_date").to_physical()
    reason = pl.col("discharge_reason").replace_strict(REASONS, range(len(REASONS)), default=len(REASONS) - 1)
    rows = pl.scan_parquet(path).select(COLUMNS).with_columns(day).select(
        "person_id",
        level=pl.col("level").replace_strict(LEVELS, range(len(LEVELS)), return_dtype=pl.Int8),
        reason=reason.cast(pl.Int8),
        admit="admit_date",
        end=pl.when(pl.col("discharge_date") <= CUTOFF).then("discharge_date").otherwise(NEVER).cast(pl.Int32),
    ).collect()  # fmt: skip
    ids = rows.select(pl.col("person_id").unique()).to_series()
    number = text_number(ids.to_list()) if ids.dtype == pl.String else ids.to_numpy()
    people = pl.DataFrame({"person_id": ids, "grp": group_of(number), "person": np.arange(len(ids), dtype=np.int32)})
    return rows.join(people, on="person_id").drop("person_id")


def link(stays: pl.DataFrame) -> pl.DataFrame:
    stays = stays.sort("person", "admit", "end", "level", "reason")
    same = pl.col("person") == pl.col("person").shift(-1)
    reach = pl.col("end").cum_max().over("person").shift(1)
    stays = stays.with_columns(
        next_admit=pl.when(same).then(pl.col("admit").shift(-1)).otherwise(NEVER),
        next_level=pl.col("level").shift(-1).fill_null(-1),
        concurrent=((pl.col("person") == pl.col("person").shift(1)) & (reach > pl.col("end"))).fill_null(False),
    )
    person, admit, end, level, next_admit, next_level, concurrent, reason = (
        stays[name].to_numpy().copy()
        for name in ("person", "admit", "end", "level", "next_admit", "next_level", "concurrent", "reason")
    )
    rows = np.flatnonzero((next_admit < end) & (end < NEVER))
    later, goes_on = second_look(person, admit, end, rows)
    next_admit[rows] = np.where(later >= 0, admit[later], NEVER)
    next_level[rows] = np.where(later >= 0, level[later], -1)
    concurrent[rows] |= goes_on
    moved = (next_admit < NEVER) & (next_admit - end.astype(np.int64) <= WITHIN)
    what = np.where(moved, next_level, REASON_CODE[reason])
    what = np.where(reason == REASONS.index("died"), DIED, np.where(concurrent, CONCURRENT, what))
    return stays.select("grp", "level", "admit", "end", what=pl.Series(what.astype(np.int8)))


def rates(stays: pl.DataFrame, days: pl.DataFrame) -> dict[str, pd.DataFrame]:
    followed = stays.filter(pl.col("end") <= CUTOFF - WITHIN).join(days, left_on="end", right_on="day")
    return numbers.rates(_sizes(followed, "quarter", "level", "what", "grp"))


def lengths(stays: pl.DataFrame) -> dict[str, pd.DataFrame]:
    parts = []
    for q, (first, last) in enumerate(zip(FIRSTS, LASTS, strict=True)):
        first, last = int(first), int(last)
        parts.append(
            stays.lazy().filter((pl.col("admit") <= last) & (pl.col("end") >= first)).select(
                "level",
                "grp",
                quarter=pl.lit(q, pl.Int8),
                entry=pl.max_horizontal(first - pl.col("admit"), 0),
                day=pl.min_horizontal("end", last) - pl.col("admit"),
                event=pl.when(pl.col("end") <= last).then(1).otherwise(-1),
            )
        )  # fmt: skip
    seen = pl.concat(parts).collect()
    entries = _sizes(seen, "quarter", "level", "grp", "entry").rename(columns={"entry": "day"})
    return numbers.lengths(entries, _sizes(seen, "quarter", "level", "grp", "event", "day"))


def incidence(stays: pl.DataFrame, days: pl.DataFrame) -> pd.DataFrame:
    known = CUTOFF - WITHIN
    seen = stays.filter(pl.col("admit") <= known).join(days, left_on="admit", right_on="day").with_columns(
        day=pl.min_horizontal("end", known) - pl.col("admit"),
        event=pl.when(pl.col("end") <= known).then("what").otherwise(-1),
    )  # fmt: skip
    entries = _sizes(seen.with_columns(day=0), "quarter", "level", "grp", "day")
    return numbers.incidence(entries, _sizes(seen, "quarter", "level", "grp", "event", "day"))


def census(stays: pl.DataFrame) -> pd.DataFrame:
    admitted = _sizes(stays.rename({"admit": "day"}), "day", "level")
    return numbers.census(admitted, _sizes(stays.filter(pl.col("end") < NEVER).rename({"end": "day"}), "day", "level"))


def _sizes(frame: pl.DataFrame, *keys: str) -> pd.DataFrame:
    counted = frame.lazy().group_by(keys).agg(n=pl.len()).collect()
    return pd.DataFrame({name: counted[name].to_numpy() for name in counted.columns})
