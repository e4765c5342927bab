"""Made-up answers: a change split into mix and rates, and bounds of rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import LEFT_CARE
from careflow.estimate import Bounds, Decomposition
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
