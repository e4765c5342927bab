"""The interim rule for a census: a small flow is hidden with all numbers that reveal it."""

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

    Opening + admitted - discharged = closing, and the closing of one period is the opening of the next. So all four
    flows of a level and period are hidden where one is small. In the periods before and after, the shared number is
    hidden, and the admissions, which would reveal it. Where a flow is hidden, so is the average. The daily census is
    left out, because each of its steps is one person.

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
    flow_hidden: dict[str, Flags] = {name: np.zeros(len(frame), dtype=bool) for name in FLOWS}
    for level, at in frame.groupby("level", observed=True, sort=False).indices.items():
        n = frame[list(FLOWS)].to_numpy()[at]
        closed_here = [(str(when), str(level)) in closed for when in frame[period].iloc[at]]
        whole = small(n, below).any(axis=1) | np.array(closed_here, dtype=bool)
        for name in FLOWS:
            flow_hidden[name][at] = whole
        flow_hidden["closing"][at[:-1]] |= whole[1:]
        flow_hidden["opening"][at[1:]] |= whole[:-1]
        flow_hidden["admitted"][at] |= flow_hidden["opening"][at] | flow_hidden["closing"][at]
    hidden = np.logical_or.reduce(list(flow_hidden.values()))
    for name in FLOWS:
        frame[name] = frame[name].mask(flow_hidden[name])
    for name in _AVERAGES:
        frame[name] = frame[name].mask(hidden)
    return replace(result, frame=frame.assign(hidden=hidden), daily=result.daily.head(0))
