"""lifelines: read and linked by pandas, then a fit for every quarter and level; plain, without clustered errors.

Kaplan-Meier with late entry for lengths of stay by quarter; Aalen-Johansen, with the variances that it makes unless
told otherwise, for each way out, whose tied times it jitters, so that its incidences are not compared.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from lifelines import AalenJohansenFitter, KaplanMeierFitter

from peers import arrays_
from peers.words import CUTOFF, FIRSTS, LASTS, LEVELS, OUTCOMES, QUARTERS, WITHIN, quarter_of


def run(path: str, job: str, variances: bool = True) -> dict[str, pd.DataFrame]:
    warnings.simplefilter("ignore")
    stays = arrays_.link(arrays_.read(path))
    rows = []
    for q, (first, last) in enumerate(zip(FIRSTS, LASTS, strict=True)):
        within = stays[(stays["admit"] <= last) & (stays["end"] >= first)]
        for i, part in within.groupby("level"):
            entry = np.maximum(first - part["admit"], 0)
            day = np.minimum(part["end"], last) - part["admit"]
            # A stay that enters on the day on which it ends is at risk on it; lifelines takes entry to be after.
            fit = KaplanMeierFitter().fit(day + 0.5, part["end"] <= last, entry=entry)
            curve = fit.survival_function_.iloc[:, 0]
            reached = curve.index[curve <= 0.5 + 1e-11]
            rows.append((QUARTERS[q], LEVELS[i], len(part), np.floor(reached[0]) if len(reached) else np.nan))
    if job == "core":
        known = CUTOFF - WITHIN
        seen = stays[stays["admit"] <= known]
        day = np.minimum(seen["end"], known) - seen["admit"]
        event = np.where(seen["end"] <= known, seen["what"] + 1, 0)
        for _, part in seen.assign(day=day, event=event).groupby([quarter_of(seen["admit"]), "level"]):
            for cause in range(len(OUTCOMES)):
                if (part["event"] == cause + 1).any():
                    AalenJohansenFitter(calculate_variance=variances, seed=0).fit(part["day"], part["event"], cause + 1)
    return {"stays": pd.DataFrame(rows, columns=["quarter", "level", "n", "median"])}
