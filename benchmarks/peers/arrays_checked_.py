"""arrays_, with the checks of the records that careflow makes, and with the strata that it keeps for ``by=``."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from peers import arrays_
from peers.words import COLUMNS, CUTOFF, LEVELS, NEVER, REASONS, group_of, text_number

EARLIEST, LATEST = -25566, 84006


def run(path: str, job: str) -> dict[str, pd.DataFrame]:
    stays = arrays_.link(read(path))
    findings(stays)
    results = arrays_.rates(stays) | arrays_.lengths(stays)
    if job == "core":
        results["incidence"] = arrays_.incidence(stays)
        results["census"] = arrays_.census(stays)
    return results


def read(path: str) -> pd.DataFrame:
    raw = pq.read_table(path, columns=[*COLUMNS, "facility", "payer"]).to_pandas(date_as_object=False)
    known_reason = raw["discharge_reason"].isin(REASONS) | raw["discharge_reason"].isna()
    odd = raw["person_id"].isna() | ~raw["level"].isin(LEVELS) | raw["admit_date"].isna() | ~known_reason
    admit, end = arrays_.days_of(raw["admit_date"]), arrays_.days_of(raw["discharge_date"])
    closed = raw["discharge_date"].notna().to_numpy()
    odd |= (admit < EARLIEST) | (admit >= LATEST) | (admit > CUTOFF)
    odd |= closed & ((end < admit) | (end < EARLIEST) | (end >= LATEST))
    odd |= raw.duplicated()
    if odd.any():
        raw, admit, end, closed = raw[~odd], admit[~odd], end[~odd], closed[~odd]
    person, ids = pd.factorize(raw["person_id"])
    number = ids.to_numpy() if pd.api.types.is_integer_dtype(ids) else text_number(ids)
    frame = pd.DataFrame({"person": person, "grp": group_of(number)[person]})
    frame["level"] = pd.Categorical(raw["level"], LEVELS).codes
    reason = pd.Categorical(raw["discharge_reason"], REASONS).codes
    frame["reason"] = np.where(reason < 0, len(REASONS) - 1, reason)
    frame["admit"] = admit
    frame["end"] = np.where(closed & (end <= CUTOFF), end, NEVER)
    for name in ("facility", "payer"):
        frame[name] = pd.Categorical(raw[name].str.strip()).codes
    return frame


def findings(stays: pd.DataFrame) -> dict[str, int]:
    """Count what careflow flags: overlaps, same-day changes, returns, care after death, long stays, shared ids."""
    same = stays["person"].eq(stays["person"].shift(-1))
    start, level = stays["admit"].shift(-1), stays["level"].shift(-1)
    meets, died = same & (stays["end"] == start), stays["reason"] == REASONS.index("died")
    places = stays[["person", "facility"]].assign(year=stays["admit"] // 365).drop_duplicates()
    return {
        "ties": int((same & (stays["admit"] == start) & (stays["end"] == stays["end"].shift(-1))).sum()),
        "overlaps": int((same & (stays["end"] > start)).sum()),
        "same-day changes": int((meets & (level != stays["level"])).sum()),
        "same-day returns": int((meets & (level == stays["level"])).sum()),
        "after death": int((same & died & (stays["end"] < start)).sum()),
        "long": int((np.minimum(stays["end"], CUTOFF) - stays["admit"] > 365).sum()),
        "no night": int((stays["end"] == stays["admit"]).sum()),
        "shared ids": int((places.groupby(["person", "year"]).size() > 12).sum()),
    }
