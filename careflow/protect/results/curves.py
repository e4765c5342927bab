"""Curves at protected days only: each gap between shown days holds no event or at least 11 of them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

GRID: Final = 7
"""Days between the days at which a curve may be shown."""
DECIMALS: Final = 4
"""At full precision a curve gives back who was at risk; a picture does not show the fifth decimal."""

Ints = npt.NDArray[np.int64]


def protected_days(days: Ints, events: Ints, at_risk: Ints, *, below: int = 11, grid: int = GRID) -> Ints:
    """Return the grid days at which a curve may be shown.

    Parameters
    ----------
    days : ndarray of int, shape (days,)
        The days of the table, rising.
    events : ndarray of int, shape (causes, days)
        Events of each cause that is shown.
    at_risk : ndarray of int, shape (days,)
        At risk on each day.
    below : int
        Each gap must hold 0 or at least this many events of each cause, and as many must remain at risk after it.
    grid : int
        Shown days are multiples of this.

    Returns
    -------
    ndarray of int
        Day 0 first. A gap runs from the day after one shown day to the next shown day, inclusive.

    Examples
    --------
    >>> days = np.arange(1, 41)
    >>> protected_days(days, np.ones((1, 40), int), np.arange(60, 20, -1)).tolist()
    [0, 14, 28]
    """
    shown = [0]
    last = int(days.max(initial=0))
    total = np.zeros((events.shape[0], last + 1), dtype=np.int64)
    total[:, days] = events
    summed = np.cumsum(total, axis=1)
    for day in range(grid, last + 1, grid):
        gap = summed[:, day] - summed[:, shown[-1]]
        rest = at_risk[days > day]
        enough = bool(len(rest)) and int(rest[0]) >= below
        if enough and ((gap == 0) | (gap >= below)).all():
            shown.append(day)
    # Events on day 0 are a gap of their own.
    start = summed[:, 0]
    if ((start > 0) & (start < below)).any():
        shown[0] = -1
    return np.array([day for day in shown if day >= 0], dtype=np.int64)


def guarded_curve(
    curve: pd.DataFrame, rows: pd.DataFrame, keys: list[str], *, below: int, grid: int = GRID
) -> pd.DataFrame:
    """Return Kaplan-Meier curves at protected days.

    Parameters
    ----------
    curve : DataFrame
        ``keys``, then ``day, at_risk, events, survival, se, low, high``.
    rows : DataFrame
        The keys of the curves that may be shown at all, with the ``n`` shown beside them, and ``counts``: whether
        ``at_risk`` and ``events`` (now per gap) may be kept. They are where exits other than events are also 0 or at
        least ``below`` in every gap; otherwise both are missing.

    Returns
    -------
    DataFrame
        As ``curve``, with ``hidden`` (False: what is hidden has no row).
    """
    names = rows[keys].astype(str).itertuples(index=False, name=None)
    wanted = dict(zip(names, zip(rows["n"], rows["counts"], strict=True), strict=True))
    parts = []
    for _, part in curve.groupby(keys, observed=True, sort=False):
        found = wanted.get(tuple(str(part[key].iloc[0]) for key in keys))
        if found is not None:
            parts.append(_one(part.sort_values("day"), int(found[0]), below, bool(found[1]), grid))
    if not parts:
        return curve.head(0).assign(hidden=pd.Series(dtype=bool))
    return pd.concat(parts, ignore_index=True)


def _one(part: pd.DataFrame, n: int, below: int, counts: bool, grid: int) -> pd.DataFrame:
    days, events, at_risk = (part[name].to_numpy(dtype=np.int64) for name in ("day", "events", "at_risk"))
    shown = protected_days(days, events[None, :], at_risk, below=below, grid=grid)
    place = np.searchsorted(days, shown, side="right") - 1
    first = part.iloc[[0] * len(shown)].reset_index(drop=True)
    out = first.assign(day=shown)
    for name, start in (("survival", 1.0), ("se", 0.0), ("low", np.nan), ("high", np.nan)):
        values = part[name].to_numpy(dtype=float)
        out[name] = np.round(np.where(place >= 0, values[place], start), DECIMALS)
    gaps = np.diff(np.concatenate([[0], np.cumsum(events)])[place + 1], prepend=0)
    risk = _at_risk(days, at_risk, shown)
    # Late entries before the first day, and whoever leaves by day 0, count as exits too.
    other = np.append(-np.diff(risk, prepend=at_risk[0]) - gaps, n - at_risk[0])
    keep = counts and bool(((other == 0) | (np.abs(other) >= below)).all())
    out["events"] = gaps.astype(float) if keep else np.nan
    out["at_risk"] = risk.astype(float) if keep else np.nan
    return out.assign(hidden=False)


def _at_risk(days: Ints, at_risk: Ints, shown: Ints) -> Ints:
    """At risk just after each shown day: the next day of the table tells."""
    after = np.searchsorted(days, shown, side="right")
    return np.asarray(at_risk[np.minimum(after, len(at_risk) - 1)], dtype=np.int64)
