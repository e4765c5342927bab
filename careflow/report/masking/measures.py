"""The interim rule for measures: numbers of few people are hidden, and numbers that would split a hidden sum.

It is a rule of thumb, without a proof. A follow-up counts discharges that the transition rates count as well: it is
hidden where the two together would give a small number away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import LEFT_CARE, LEFT_REASONS
from careflow.counts.measures.checks import FOLLOW_UP, MEAN_STAY
from careflow.counts.measures.resolved import resolved
from careflow.estimate.measures.measure import Measured
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.result import ALL_LEVELS
from careflow.estimate.survival.stay_result import LengthOfStay
from careflow.report.masking.row_suppression import small

_SHARES: Final = ("n", "of", "rate", "se", "low", "high", "followed")
_MEANS: Final = ("n", "mean", "se", "low", "high", "rmean")

Key = tuple[str, str]
"""A quarter and a level."""


def mask_measure(result: Measured, rates: Rates, shown: Rates, stays: LengthOfStay, below: int) -> Measured:
    """Return a measure by quarter with a boolean column ``hidden``; hidden values are missing.

    Parameters
    ----------
    result : Measured
        By quarter.
    rates, shown : Rates
        The transition rates by quarter as they were estimated, and masked.
    stays : LengthOfStay
        The masked lengths of stay by quarter.
    below : int
        Counts from 1 to ``below - 1`` are hidden.

    Returns
    -------
    Measured
        Follow-up: all windows of a quarter and level are hidden where one of these is small: ``n``, ``of - n``, ``of``,
        the difference between two windows, that between ``of`` and the shown discharges of the rates, or the hidden
        moves that the measure would tell apart. Then all levels together are hidden as well. Mean stays are of
        ``2 * below`` closed stays or more. People served are hidden where they are few.
    """
    if result.measure.kind == FOLLOW_UP:
        return _follow_up(result, rates, shown, below)
    frame = result.frame.reset_index(drop=True)
    if result.measure.kind == MEAN_STAY:
        return result.with_frame(_means(frame, shown, stays, below))
    persons = frame["persons"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    hidden = small(persons, below)
    return result.with_frame(frame.assign(persons=pd.Series(persons).mask(hidden), hidden=hidden))


def _follow_up(result: Measured, rates: Rates, shown: Rates, below: int) -> Measured:
    frame = result.frame.reset_index(drop=True).astype(dict.fromkeys(("n", "of"), float))
    of_rates, splits = _discharges(shown), _splits(result, rates, shown, below)
    closed: set[Key] = set()
    for (quarter, level), rows in frame.groupby(["quarter", "level"], observed=True, sort=False):
        key = (str(quarter), str(level))
        n, of = rows["n"].to_numpy(), rows["of"].to_numpy()
        parts = [n, of, of - n, np.abs(np.diff(n)), np.abs(np.diff(of))]
        if str(level) != ALL_LEVELS:
            known = of_rates.get(key, np.nan)
            if np.isnan(known) or key in splits:
                closed.add(key)
            parts.append(np.abs(of - known))
        if any(bool(small(part, below).any()) for part in parts):
            closed.add(key)
    closed |= {(quarter, ALL_LEVELS) for quarter, _ in closed}
    keys = list(zip(frame["quarter"].astype(str), frame["level"].astype(str), strict=True))
    hidden = np.array([key in closed for key in keys], dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        unfollowed = np.rint(frame["of"] / frame["followed"] - frame["of"])
    frame.loc[hidden, list(_SHARES)] = np.nan
    frame.loc[small(unfollowed, below), "followed"] = np.nan
    return replace(result.with_frame(frame.assign(hidden=hidden)), contributors=None)


def _discharges(shown: Rates) -> dict[Key, float]:
    """Return the followed discharges of each quarter and level, missing where they are hidden."""
    rows = shown.frame.drop_duplicates(["quarter", "from"])
    return dict(zip(zip(rows["quarter"].astype(str), rows["from"].astype(str), strict=True), rows["of"], strict=True))


def _splits(result: Measured, rates: Rates, shown: Rates, below: int) -> set[Key]:
    """Return where a measure would tell a small part of the hidden cells of a row from the others."""
    care = rates.continuum
    arms = resolved(result.measure, care).arms
    counted = {
        (left, care.names[to])
        for place, left in enumerate(care.names)
        for arm in arms[place]
        for to in arm.levels
    }  # fmt: skip
    summed = LEFT_CARE if rates.frame["to"].isin(LEFT_REASONS).any() else ""
    cells: dict[Key, list[tuple[bool, int]]] = {}
    columns: list[Any] = [rates.frame[name].astype(str) for name in ("quarter", "from", "to")]
    for quarter, left, to, n, hidden in zip(*columns, rates.frame["n"], shown.frame["hidden"], strict=True):
        if hidden and to != summed:
            cells.setdefault((quarter, left), []).append(((left, to) in counted, int(n)))
    out = set()
    for key, parts in cells.items():
        inside, outside = (sum(n for is_in, n in parts if is_in == way) for way in (True, False))
        if inside and outside and bool(small([inside, outside], below).any()):
            out.add(key)
    return out


def _means(frame: pd.DataFrame, shown: Rates, stays: LengthOfStay, below: int) -> pd.DataFrame:
    frame = frame.astype({"n": float})
    keys = [frame[name].astype(str) for name in ("quarter", "level")]
    of = pd.Series([_discharges(shown).get(key, np.nan) for key in zip(*keys, strict=True)], index=frame.index)
    n = frame["n"].to_numpy()
    hidden = small(n, 2 * below) | of.isna().to_numpy() | small(np.abs(n - of.to_numpy()), below)
    beside = stays.frame.set_index([stays.frame[name].astype(str) for name in ("quarter", "level")])["rmean"]
    frame["rmean"] = beside.reindex(pd.MultiIndex.from_arrays(keys)).to_numpy()
    frame.loc[hidden, list(_MEANS)] = np.nan
    return frame.assign(hidden=hidden)
