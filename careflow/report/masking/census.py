"""The interim rule for a census: a small flow is hidden with all that would give it away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import numpy as np

from careflow.estimate.utilization.census import Census
from careflow.report.masking.row_suppression import Flags, small

FLOWS: Final = ("opening", "admitted", "discharged", "closing")
_AVERAGES: Final = ("person_days", "average")


def mask_census(result: Census, below: int, closed: Collection[tuple[str, str]] = ()) -> Census:
    """Return a census with ``hidden``; hidden numbers are missing.

    Opening and admitted less discharged is closing, and the closing of one period is the opening of the next. So a
    level and period with a small flow loses all four; the periods beside it lose the number that they share with it,
    and their admissions, from which it could be worked out. With any flow goes the average. The days are left out,
    because each of their steps is one person who came or went.

    Parameters
    ----------
    result : Census
        By one period, and nothing else.
    below : int
        Counts from 1 to ``below - 1`` are hidden.
    closed : collection of (str, str)
        Periods and levels whose discharges are hidden elsewhere.
    """
    frame = result.frame.reset_index(drop=True)
    frame = frame.astype(dict.fromkeys([*FLOWS, *_AVERAGES], float))
    period = result.about.by[0]
    gone: dict[str, Flags] = {name: np.zeros(len(frame), dtype=bool) for name in FLOWS}
    for level, at in frame.groupby("level", observed=True, sort=False).indices.items():
        n = frame[list(FLOWS)].to_numpy()[at]
        secret = [(str(when), str(level)) in closed for when in frame[period].iloc[at]]
        whole = small(n, below).any(axis=1) | np.array(secret, dtype=bool)
        for name in FLOWS:
            gone[name][at] = whole
        gone["closing"][at[:-1]] |= whole[1:]
        gone["opening"][at[1:]] |= whole[:-1]
        gone["admitted"][at] |= gone["opening"][at] | gone["closing"][at]
    hidden = np.logical_or.reduce(list(gone.values()))
    for name in FLOWS:
        frame[name] = frame[name].mask(gone[name])
    for name in _AVERAGES:
        frame[name] = frame[name].mask(hidden)
    return replace(result, frame=frame.assign(hidden=hidden), daily=result.daily.head(0))
