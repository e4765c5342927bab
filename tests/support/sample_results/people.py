"""Made-up counts of people: the census, and pathways."""

from __future__ import annotations

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import CONCURRENT, DIED, LEFT_CARE, LEFT_REASONS
from careflow.estimate import Census, Pathways
from support.sample_results.base import QUARTERS, as_levels, continuum, provenance, rates


def census(levels: int = 5, *, seed: int = 4) -> Census:
    """Return a made-up census by quarter, with its days."""
    care = continuum(levels)
    rng = np.random.default_rng(seed)
    days = np.arange(np.datetime64("2023-01-01"), np.datetime64("2026-01-01"))
    quarter = pd.PeriodIndex(pd.DatetimeIndex(days), freq="Q").astype(str)
    parts, daily = [], []
    for i, name in enumerate(care.names):
        walk = 40 + 22 * i + np.cumsum(rng.normal(0.02, 1.0, len(days)))
        inside = np.maximum(np.round(walk), 5)
        daily.append(pd.DataFrame({"level": name, "day": days, "stays": inside}))
        parts.append(pd.DataFrame({"quarter": quarter, "level": name, "stays": inside}))
    grouped = pd.concat(parts).groupby(["quarter", "level"])["stays"]
    frame = grouped.agg(opening="first", closing="last", person_days="sum", average="mean").reset_index()
    frame["quarter"] = pd.Categorical(frame["quarter"], list(QUARTERS), ordered=True)
    about = provenance("census", 14_000, "stays", dated_by="days in the period", interval="", by=("quarter",))
    return Census(as_levels(frame, care), about, care, daily=as_levels(pd.concat(daily, ignore_index=True), care))


def pathways(levels: int = 5, *, steps: int = 4, seed: int = 6, people: int = 2600, masked: bool = True) -> Pathways:
    """Return made-up pathways of four stays; those of 1 to 10 journeys are hidden."""
    care = continuum(levels)
    rng = np.random.default_rng(seed)
    chance = rates(levels, masked=False).frame
    chance = chance[chance["to"].astype(str) != LEFT_CARE]
    ends = [*care.names, *LEFT_REASONS, DIED, "in care", "not yet known"]
    known = {name: _of(chance, name) for name in care.names}
    rows = []
    for first, n in zip(care.names, rng.multinomial(people, rng.dirichlet(np.full(len(care), 6.0))), strict=True):
        for _ in range(n):
            path = [first]
            while len(path) < steps and path[-1] in care.names:
                of = known[path[-1]]
                path.append(str(rng.choice(of[0], p=of[1])) if rng.random() > 0.05 else "in care")
            rows.append(tuple(path + [None] * (steps - len(path))))
    columns = [f"step_{i + 1}" for i in range(steps)]
    frame = pd.DataFrame(rows, columns=columns).value_counts(dropna=False).rename("n").reset_index()
    frame = frame.sort_values(["n", *columns], ascending=[False, *[True] * steps], ignore_index=True)
    frame["n"] = frame["n"].astype(float)
    frame["share"] = frame["n"] / frame["n"].sum()
    for column in columns:
        frame[column] = pd.Categorical(frame[column], ends, ordered=True)
    if masked:
        frame["hidden"] = frame["n"] < 11
        frame.loc[frame["hidden"], ["n", "share"]] = np.nan
    about = provenance("pathways", people, "journeys", within=(30,), dated_by="", interval="")
    return Pathways(frame, about, care, steps=steps)


def _of(chance: pd.DataFrame, origin: str) -> tuple[list[str], np.ndarray]:
    part = chance[(chance["from"] == origin) & (chance["to"] != CONCURRENT)]
    share = part["rate"].to_numpy(float)
    return [str(to) for to in part["to"]], share / share.sum()
