"""pandas by hand-tuned arrays: columns as numbers, sorted once, shifted and grouped; nothing is checked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

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
)  # fmt: skip


def run(path: str, job: str) -> dict[str, pd.DataFrame]:
    stays = link(read(path))
    results = rates(stays) | lengths(stays)
    if job == "core":
        results["incidence"] = incidence(stays)
        results["census"] = census(stays)
    return results


def read(path: str) -> pd.DataFrame:
    table = pq.read_table(path, columns=COLUMNS)
    raw = table.to_pandas(date_as_object=False, strings_to_categorical=False, self_destruct=True)
    ids = raw["person_id"]
    person, known = pd.factorize(ids)
    number = known.to_numpy() if pd.api.types.is_integer_dtype(known) else text_number(known)
    frame = pd.DataFrame({"person": person, "grp": group_of(number)[person]})
    frame["level"] = pd.Categorical(raw["level"], LEVELS).codes
    reason = pd.Categorical(raw["discharge_reason"], REASONS).codes
    frame["reason"] = np.where(reason < 0, len(REASONS) - 1, reason)
    frame["admit"] = days_of(raw["admit_date"]).astype(np.int64)
    frame["end"] = days_of(raw["discharge_date"])
    frame.loc[(raw["discharge_date"].isna() | (frame["end"] > CUTOFF)).to_numpy(), "end"] = NEVER
    return frame


def days_of(dates: pd.Series) -> np.ndarray:
    """Return dates as days since 1970-01-01."""
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)


def link(stays: pd.DataFrame) -> pd.DataFrame:
    stays = stays.sort_values(["person", "admit", "end", "level", "reason"], ignore_index=True)
    person, admit, end, level = (stays[c].to_numpy() for c in ("person", "admit", "end", "level"))
    follows = np.append(person[1:] == person[:-1], False)
    next_admit = np.where(follows, np.append(admit[1:], 0), NEVER)
    next_level = np.append(level[1:], -1)
    reach = stays["end"].groupby(stays["person"]).cummax().to_numpy()
    concurrent = np.append(False, (person[1:] == person[:-1]) & (reach[:-1] > end[1:]))
    rows = np.flatnonzero(follows & (next_admit < end) & (end < NEVER))
    later, goes_on = second_look(person, admit, end, rows)
    next_admit[rows] = np.where(later >= 0, admit[later], NEVER)
    next_level[rows] = np.where(later >= 0, level[later], -1)
    concurrent[rows] |= goes_on
    died = (stays["reason"] == REASONS.index("died")).to_numpy()
    moved = (next_admit < NEVER) & (next_admit - end <= WITHIN)
    what = np.where(moved, next_level, REASON_CODE[stays["reason"]])
    what = np.where(concurrent, CONCURRENT, what)
    return stays.assign(what=np.where(died, DIED, what))


def rates(stays: pd.DataFrame) -> dict[str, pd.DataFrame]:
    followed = stays[stays["end"] <= CUTOFF - WITHIN]
    counts = _sizes(followed.assign(quarter=quarter_of(followed["end"])), ["quarter", "level", "what", "grp"])
    return numbers.rates(counts)


def lengths(stays: pd.DataFrame) -> dict[str, pd.DataFrame]:
    parts = []
    for q, (first, last) in enumerate(zip(FIRSTS, LASTS, strict=True)):
        within = stays[(stays["admit"] <= last) & (stays["end"] >= first)]
        part = within[["level", "grp"]].copy()
        part["quarter"] = q
        part["entry"] = np.maximum(first - within["admit"], 0)
        part["day"] = np.minimum(within["end"], last) - within["admit"]
        part["event"] = np.where(within["end"] <= last, 1, -1)
        parts.append(part)
    seen = pd.concat(parts, ignore_index=True)
    entries = _sizes(seen, ["quarter", "level", "grp", "entry"]).rename(columns={"entry": "day"})
    return numbers.lengths(entries, _sizes(seen, ["quarter", "level", "grp", "event", "day"]))


def incidence(stays: pd.DataFrame) -> pd.DataFrame:
    known = CUTOFF - WITHIN
    seen = stays[stays["admit"] <= known]
    seen = seen.assign(
        quarter=quarter_of(seen["admit"]),
        day=np.minimum(seen["end"], known) - seen["admit"],
        event=np.where(seen["end"] <= known, seen["what"], -1),
    )
    entries = _sizes(seen.assign(day=0), ["quarter", "level", "grp", "day"])
    return numbers.incidence(entries, _sizes(seen, ["quarter", "level", "grp", "event", "day"]))


def census(stays: pd.DataFrame) -> pd.DataFrame:
    admitted = _sizes(stays.rename(columns={"admit": "day"}), ["day", "level"])
    closed = stays[stays["end"] < NEVER].rename(columns={"end": "day"})
    return numbers.census(admitted, _sizes(closed, ["day", "level"]))


def _sizes(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame.groupby(keys, sort=False).size().rename("n").reset_index()
