"""pandas as a good user writes it: vectorized, no loop over people, rows checked before they are counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from peers import numbers
from peers.words import (
    COLUMNS,
    CONCURRENT,
    DIED,
    LEVELS,
    QUARTERS,
    REASON_CODE,
    REASONS,
    WITHIN,
    group_of,
    text_number,
)

CUTOFF = pd.Timestamp("2025-12-31")
PEOPLE = ["person_id", "admit_date", "discharge_date"]
ORDER = [*PEOPLE, "level", "discharge_reason"]
DAY = pd.Timedelta(days=1)


def run(path: str, job: str) -> dict[str, pd.DataFrame]:
    """Return the results of a job."""
    stays = link(checked(read(path)))
    flags(stays)
    results = rates(stays) | lengths(stays)
    if job == "core":
        results["incidence"] = incidence(stays)
        results["census"] = census(stays)
    return results


def read(path: str) -> pd.DataFrame:
    """Read the file, its dates as timestamps and what repeats as categories."""
    stays = pd.read_parquet(path, columns=[*COLUMNS, "facility", "payer"])
    for name in ("admit_date", "discharge_date"):
        stays[name] = pd.to_datetime(stays[name])
    stays["level"] = pd.Categorical(stays["level"], LEVELS, ordered=True)
    stays["discharge_reason"] = pd.Categorical(stays["discharge_reason"].fillna("unknown"), REASONS, ordered=True)
    return stays.astype({"facility": "category", "payer": "category"})


def checked(stays: pd.DataFrame) -> pd.DataFrame:
    """Set rows aside that have no person, level or possible dates, or are there twice."""
    wrong = stays[["person_id", "level", "admit_date", "discharge_reason"]].isna().any(axis=1)
    wrong |= stays["discharge_date"] < stays["admit_date"]
    for name in ("admit_date", "discharge_date"):
        wrong |= (stays[name] < pd.Timestamp("1900-01-02")) | (stays[name] >= pd.Timestamp("2200-01-01"))
    wrong |= (stays["admit_date"] > CUTOFF) | stays.duplicated()
    stays = stays[~wrong].copy()
    stays.loc[stays["discharge_date"] > CUTOFF, "discharge_date"] = pd.NaT
    ids = pd.Series(stays["person_id"].unique())
    number = ids.to_numpy() if pd.api.types.is_integer_dtype(ids) else text_number(ids.to_numpy())
    stays["grp"] = stays["person_id"].map(pd.Series(group_of(number), index=ids))
    return stays


def link(stays: pd.DataFrame) -> pd.DataFrame:
    """Find each discharge's next stay, and whether another one goes on."""
    stays = stays.sort_values(ORDER, ignore_index=True)
    stays["end"] = stays["discharge_date"].fillna(pd.Timestamp.max.normalize())
    person = stays.groupby("person_id", sort=False)
    stays["next_admit"], stays["next_level"] = person["admit_date"].shift(-1), person["level"].shift(-1)
    stays["reached"] = person["end"].cummax()
    stays["concurrent"] = stays.groupby("person_id", sort=False)["reached"].shift() > stays["end"]
    # A stay that ends after the next one begins is followed by the first that begins once it is over.
    early = stays.loc[stays["next_admit"] < stays["discharge_date"], ["person_id", "discharge_date"]].reset_index()
    others = early.merge(stays, on="person_id", suffixes=("", "_of_other"))
    goes_on = (others["admit_date"] < others["discharge_date"]) & (others["end"] > others["discharge_date"])
    stays.loc[others.loc[goes_on, "index"].unique(), "concurrent"] = True
    after = others[others["admit_date"] >= others["discharge_date"]].drop_duplicates("index").set_index("index")
    stays.loc[early["index"], "next_admit"] = after["admit_date"].reindex(early["index"])
    stays.loc[early["index"], "next_level"] = after["level"].reindex(early["index"])
    moved = stays["next_admit"] - stays["discharge_date"] <= WITHIN * DAY
    outcome = np.where(moved, stays["next_level"].cat.codes, REASON_CODE[stays["discharge_reason"].cat.codes])
    outcome = np.where(stays["concurrent"], CONCURRENT, outcome)
    stays["what"] = np.where(stays["discharge_reason"] == "died", DIED, outcome)
    return stays


def flags(stays: pd.DataFrame) -> dict[str, int]:
    """Count what is kept and yet odd: overlaps, same-day changes, care after death, long stays, shared ids."""
    meets = stays["next_admit"] == stays["discharge_date"]
    died = stays["discharge_reason"] == "died"
    nights = stays["discharge_date"].fillna(CUTOFF) - stays["admit_date"]
    places = stays.groupby(["person_id", stays["admit_date"].dt.year])["facility"].nunique()
    return {
        "overlaps": int((stays["next_admit"] < stays["end"]).sum()),
        "same-day changes": int((meets & (stays["level"].cat.codes != stays["next_level"].cat.codes)).sum()),
        "same-day returns": int((meets & (stays["level"].cat.codes == stays["next_level"].cat.codes)).sum()),
        "after death": int((died & (stays["next_admit"] > stays["discharge_date"])).sum()),
        "long": int((nights > 365 * DAY).sum()),
        "no night": int((nights == 0 * DAY).sum()),
        "shared ids": int((places > 12).sum()),
    }


def rates(stays: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what followed each discharge, by quarter."""
    followed = stays[stays["discharge_date"] <= CUTOFF - WITHIN * DAY]
    return numbers.rates(_sizes(followed, followed["discharge_date"], ["what"]))


def lengths(stays: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return lengths of stay by quarter: everybody's days in it."""
    parts = []
    for quarter in QUARTERS:
        period = pd.Period(quarter)
        first, last = period.start_time, period.end_time.normalize()
        seen = stays[(stays["admit_date"] <= last) & (stays["end"] >= first)]
        here = seen[["level", "grp"]].assign(
            date=first,
            entry=(first - seen["admit_date"]).dt.days.clip(lower=0),
            day=(seen["end"].clip(upper=last) - seen["admit_date"]).dt.days,
            event=np.where(seen["end"] <= last, 1, -1),
        )
        parts.append(here)
    seen = pd.concat(parts, ignore_index=True)
    entries = _sizes(seen, seen["date"], ["entry"]).rename(columns={"entry": "day"})
    return numbers.lengths(entries, _sizes(seen, seen["date"], ["event", "day"]))


def incidence(stays: pd.DataFrame) -> pd.DataFrame:
    """Return how stays end, by day, for each quarter of admission."""
    known = CUTOFF - WITHIN * DAY
    seen = stays[stays["admit_date"] <= known]
    seen = seen.assign(
        day=(seen["end"].clip(upper=known) - seen["admit_date"]).dt.days,
        event=np.where(seen["end"] <= known, seen["what"], -1),
    )
    entries = _sizes(seen.assign(day=0), seen["admit_date"], ["day"])
    return numbers.incidence(entries, _sizes(seen, seen["admit_date"], ["event", "day"]))


def census(stays: pd.DataFrame) -> pd.DataFrame:
    """Return who came, went and was in care, by quarter."""
    days = {name: (stays[name] - pd.Timestamp(0)).dt.days for name in ("admit_date", "discharge_date")}
    level = stays["level"].cat.codes
    counted = [
        pd.DataFrame({"day": day, "level": level}).dropna().astype(int).value_counts().rename("n").reset_index()
        for day in days.values()
    ]
    return numbers.census(*counted)


def _sizes(stays: pd.DataFrame, date: pd.Series, more: list[str]) -> pd.DataFrame:
    quarter = (date.dt.year - 2023) * 4 + date.dt.quarter - 1
    keys = stays.assign(quarter=quarter, level=stays["level"].cat.codes)
    return keys.groupby(["quarter", "level", "grp", *more], sort=False).size().rename("n").reset_index()
