"""Lengths of stay as rows of dots: quantiles of a survival curve, and how dots that would touch are stacked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from careflow.charts.data.thin import is_thin
from careflow.charts.data.view import View, masked, number

DOTS: Final = (50, 25, 20, 10)


@dataclass(frozen=True)
class Stay:
    """One row."""

    name: str
    n: float
    median: float
    q25: float
    q75: float
    hidden: bool
    dots: NDArray[np.float64]
    curve: pd.DataFrame | None
    thin: bool = False
    """Whether the median rests on few stays at risk."""
    thin_quartiles: bool = False
    """Whether a quartile that is known does."""


def curves_of(curve: pd.DataFrame, view: View) -> dict[str, pd.DataFrame]:
    """Return the survival curve of each level, for the chosen stratum."""
    table = view.rows_of(masked(curve))
    text = table["level"].astype(str)
    parts = {name: table[text == name].sort_values("day") for name in view.levels}
    return {name: part for name, part in parts.items() if len(part) and part["survival"].notna().any()}


def stays_of(view: View, curves: Mapping[str, pd.DataFrame], most: int) -> list[Stay]:
    """Return a row for every level, with dots of at least 11 stays each where it has a curve."""
    rows = {str(row["level"]): row for row in view.frame.to_dict("records")}
    out = []
    for name in view.levels:
        row = rows.get(name)
        if row is None:
            out.append(Stay(name, 0.0, np.nan, np.nan, np.nan, False, np.empty(0), None))
            continue
        n, hidden = number(row["n"]), bool(row["hidden"])
        curve = None if hidden else curves.get(name)
        count = next((d for d in DOTS if d <= most and d <= n / 11), 0) if curve is not None else 0
        median, q25, q75 = (number(row.get(key)) for key in ("median", "q25", "q75"))
        dots = quantiles(curve, count, smooth=view.protected) if curve is not None and count else np.empty(0)
        quartiles = any(is_thin(row, key) and np.isfinite(number(row.get(key))) for key in ("q25", "q75"))
        out.append(Stay(name, n, median, q25, q75, hidden, dots, curve, is_thin(row), quartiles))
    return out


def quantiles(curve: pd.DataFrame, count: int, *, smooth: bool = False) -> NDArray[np.float64]:
    """Return the days at which equal shares of stays have ended; infinite where the curve does not get there.

    ``smooth`` reads a curve that is known on some days only along straight lines between them, not as steps.
    """
    rows = curve[curve["survival"].notna()]
    day, survival = rows["day"].to_numpy(float), rows["survival"].to_numpy(float)
    shares = 1 - (np.arange(count) + 0.5) / count
    if smooth:
        if day[0] > 0:
            day, survival = np.concatenate([[0.0], day]), np.concatenate([[1.0], survival])
        at = np.interp(-shares, -survival, day)
        return np.where(shares >= survival[-1], np.round(at), np.inf)
    reached = [np.flatnonzero(survival <= s + 1e-12) for s in shares]
    return np.array([day[r[0]] if len(r) else np.inf for r in reached])


def _columns(xs: NDArray[np.float64], size: float) -> list[list[int]]:
    """Group dots, in order, that would touch the first one of their column."""
    groups: list[list[int]] = []
    for i, x in enumerate(xs):
        if groups and x - xs[groups[-1][0]] < size * 0.98:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def tallest(xs: NDArray[np.float64], size: float) -> int:
    """Return how many dots of a size the highest stack has."""
    return max((len(group) for group in _columns(xs, size)), default=0)


def stacked(xs: NDArray[np.float64], size: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the dots stand: those of a column one above the other."""
    x, y = xs.copy(), np.zeros_like(xs)
    for group in _columns(xs, size):
        x[group] = xs[group].mean()
        y[group] = np.arange(len(group)) * size
    return x, y
