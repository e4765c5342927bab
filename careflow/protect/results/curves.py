"""Curves on few days, which are chosen from public numbers alone: how many there are, and their median.

A day that is left out because few events lie before it would tell that they are few. So the days do not depend on the
events. Where a gap between shown days holds 1 to 10 events, the whole curve is withheld. The events up to each shown
day are cells of the proof, so that what is withheld cannot be worked out from the rest of the release.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.protect.results.mask import significant

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

BELOW: Final = 11
FRACTIONS: Final = (
    (2, (1.0,)),
    (8, (1.0, 1.5)),
    (16, (0.5, 1.0, 1.5)),
    (48, (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)),
    (160, (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5)),
)
"""Multiples of the median at which a curve is shown, by how many times the threshold there are at least.

The smallest gap then holds the threshold or more, of lengths of stay that are exponential and of sums of four such."""
DAYS: Final = ((4, (30,)), (16, (14, 30, 90)), (48, (7, 14, 30, 60, 90, 180)))
"""Days at which a curve without a median is shown, likewise."""
LIMITS: Final = ("se", "low", "high")


def shown_days(n: float, median: float, below: int = BELOW) -> Ints:
    """Return the days at which a curve may be shown, from numbers that are public.

    Parameters
    ----------
    n : float
        How many the curve is of.
    median : float
        The median in days, which is public where there are 22; NaN where the curve does not reach it.
    below : int
        The threshold.

    Returns
    -------
    ndarray of int
        Days from 1 on, rising; none where there are too few.

    Examples
    --------
    >>> shown_days(100, 20).tolist(), shown_days(30, 20).tolist(), shown_days(21, 20).tolist()
    ([20, 30], [20], [])
    >>> shown_days(200, float("nan")).tolist()
    [14, 30, 90]
    """
    table = DAYS if np.isnan(median) else FRACTIONS
    chosen = next((steps for times, steps in reversed(table) if n >= times * below), ())
    days = np.rint(np.array(chosen, dtype=float) * (1.0 if np.isnan(median) else median)).astype(np.int64)
    return np.unique(np.maximum(days, 1))


def median_of(days: Ints, remaining: Floats) -> float:
    """Return the first day on which half or fewer remain, NaN where there is none."""
    reached = np.flatnonzero(remaining <= 0.5 + 1e-12)
    return float(days[reached[0]]) if len(reached) else float("nan")


def up_to(days: Ints, events: Ints, shown: Ints) -> Ints:
    """Return the events up to each shown day, of each row of ``events``.

    Examples
    --------
    >>> up_to(np.array([1, 3, 8]), np.array([[2, 3, 4]]), np.array([1, 7, 14])).tolist()
    [[2, 5, 9]]
    """
    summed = np.cumsum(np.concatenate([np.zeros((len(events), 1), dtype=np.int64), events], axis=1), axis=1)
    return np.asarray(summed[:, np.searchsorted(days, shown, side="right")], dtype=np.int64)


def has_small_gap(counts: Ints, below: int = BELOW) -> bool:
    """Whether 1 to ``below`` - 1 events lie between two shown days, or before the first, in any row of ``up_to``."""
    gaps = np.diff(counts, prepend=0, axis=1)
    return bool(((gaps > 0) & (gaps < below)).any())


def on_days(curves: Sequence[tuple[pd.DataFrame, Ints]], values: Iterable[str], start: float) -> pd.DataFrame:
    """Return curves on day 0, where they are ``start`` by definition, and on their shown days, to 3 significant digits.

    What is shown nowhere else is missing: the numbers at risk, and how long anybody was followed.
    """
    columns: dict[str, list[Floats]] = {name: [] for name in values}
    days: list[Ints] = []
    for part, shown in curves:
        position = np.searchsorted(part["day"].to_numpy(dtype=np.int64), shown, side="right") - 1
        days.append(np.concatenate([[0], shown]))
        for name, column in columns.items():
            first = start if name not in LIMITS else 0.0 if name == "se" else np.nan
            later = np.where(position >= 0, part[name].to_numpy(dtype=float)[position], first)
            column.append(np.concatenate([[first], later]))
    out = pd.concat([part.head(1) for part, _ in curves], ignore_index=True)
    out = out.iloc[np.repeat(np.arange(len(curves)), [len(one) for one in days])].reset_index(drop=True)
    unknown = {name: np.nan for name in ("at_risk", "events", "known_to") if name in out}
    printed = {name: significant(pd.Series(np.concatenate(column))) for name, column in columns.items()}
    return out.assign(day=np.concatenate(days), **printed, **unknown, hidden=False)
