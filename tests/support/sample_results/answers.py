"""Made-up answers: a change split into mix and rates, bounds of rates, and a projection of the census."""

from __future__ import annotations

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import LEFT_CARE
from careflow.estimate import Bounds, Decomposition, Projection, WhatIf
from support.sample_results.base import continuum, provenance, wilson

FACTORS = ("payer", "facility", "rate", "total")


def decomposition(levels: int = 5) -> Decomposition:
    """Return a made-up decomposition of the change of every move from every level."""
    care, rng = continuum(levels), np.random.default_rng(11)
    frames, both = [], []
    for frm in care.names:
        for to in care.names:
            parts = np.round(rng.normal(0, 3, 3), 2)
            points = np.array([*parts, parts.sum()])
            numbers = {"points": points, "se": 1.2, "low": points - 2.4, "high": points + 2.4, "share": np.nan}
            frames.append(pd.DataFrame({"from": frm, "to": to, "factor": FACTORS, **numbers, "mature": True}))
            old = 0.3
            both.append((frm, to, 120, 400, old, 130, 420, old + points[-1] / 100, 12, 1))
    frame = pd.concat(frames, ignore_index=True).assign(hidden=False)
    columns = ["from", "to", "n_1", "of_1", "rate_1", "n_2", "of_2", "rate_2", "cells", "one_sided"]
    about = provenance("transition rate, decomposed", 820, "followed discharges", within=(30,))
    directions = frame.rename(columns={"to": "direction"}).head(0)
    return Decomposition(
        frame,
        about,
        care,
        *("quarter", "2024Q2", "2025Q2", FACTORS[:2]),
        directions=directions,
        rates=pd.DataFrame(both, columns=columns),
        detail=frame.head(0),
    )


def bounds(levels: int = 5) -> Bounds:
    """Return made-up bounds from every level; one row is hidden."""
    care, rng = continuum(levels), np.random.default_rng(12)
    rows = []
    for frm in care.names:
        for to in (*care.names, LEFT_CARE):
            n, unknown, of = int(rng.integers(20, 120)), int(rng.integers(30, 150)), 400
            ends = (n - min(unknown, n), n) if to == LEFT_CARE else (n, n + unknown)
            low, high = (wilson(np.array(end), np.array(of))[side] for side, end in enumerate(ends))
            rows.append((frm, to, n, unknown, of, n / of, ends[0] / of, ends[1] / of, float(low), float(high)))
    columns = ["from", "to", "n", "unknown", "of", "rate", "lower", "upper", "low", "high"]
    frame = pd.DataFrame(rows, columns=columns).assign(followed=1.0, mature=True, hidden=False)
    frame.loc[1, "hidden"] = True
    frame.loc[1, columns[2:]] = np.nan
    about = provenance("transition rate, bounds", 400 * levels, "followed discharges", within=(30,))
    directions = frame.rename(columns={"to": "direction"}).head(0)
    return Bounds(frame, about, care, unseen=("left early", "unknown"), pending="left out", directions=directions)


def projection(levels: int = 5) -> Projection:
    """Return a made-up projection of 84 days, with a what-if, for every level but the last; one row is hidden."""
    care, cutoff = continuum(levels), pd.Timestamp("2025-12-31")
    level = pd.Categorical(care.names, care.names, ordered=True)
    place = np.arange(levels)

    def by_level(days: pd.DataFrame) -> pd.DataFrame:
        return days.merge(pd.DataFrame({"level": level, "place": place}), how="cross")

    parts = []
    for scenario, growth in (("as is", 0.1), ("what if", 0.4)):
        frame = by_level(pd.DataFrame({"scenario": scenario, "ahead": np.arange(1, 85)}))
        frame["day"] = cutoff + pd.to_timedelta(frame["ahead"], unit="D")
        frame["census"] = 40.0 + 20 * frame["place"] + growth * frame["ahead"]
        half = 2.2 * np.sqrt(frame["ahead"])
        parts.append(frame.assign(low=frame["census"] - half, high=frame["census"] + half, entered=2.0, left=1.9))
    frame = pd.concat(parts, ignore_index=True)
    frame["scenario"] = pd.Categorical(frame["scenario"], ["as is", "what if"], ordered=True)
    frame["refused"] = frame["place"] == levels - 1
    frame["hidden"] = frame.index == 7 * levels
    frame.loc[frame["refused"] | frame["hidden"], ["census", "low", "high", "entered", "left"]] = np.nan
    history = by_level(pd.DataFrame({"day": pd.date_range("2025-01-01", cutoff)}))
    history["census"] = (
        (40 + 20 * history["place"] + 6 * np.sin(history["day"].dt.day_of_year / 30)).round().astype(int)
    )
    origins = pd.date_range("2025-01-01", periods=4, freq="56D")
    past = by_level(pd.DataFrame({"origin": origins}).merge(pd.DataFrame({"ahead": np.arange(1, 85)}), how="cross"))
    past["day"] = past["origin"] + pd.to_timedelta(past["ahead"], unit="D")
    past = past.assign(census=40.0 + 20 * past["place"], low=30.0, high=50.0 + 20 * past["place"], actual=40)
    scores = {"mae": 3.1, "mae_last": 4.2, "mae_season": 5.3, "coverage": 0.94, "speaks": place < levels - 1}
    about = provenance("projected census", 400 * levels, "recent stays", dated_by="", within=(30,))
    first, second = care.names[0], care.names[1]
    return Projection(
        frame.drop(columns="place"),
        about,
        care,
        difference=pd.DataFrame(),
        totals=pd.DataFrame(),
        replay=pd.DataFrame({"level": level, **scores, "fitted": 400, "today": 50}),
        history=history.drop(columns="place"),
        replayed=past.drop(columns="place"),
        what_if=(WhatIf.rate(first, second, 0.6),),
    )
