"""Limits of ordinary variation: funnels, p-charts and XmR charts."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

RUN: Final = 8
"""How many points in a row on one side of the mean make a signal."""


def funnel_limits(target: float, size: ArrayLike, coverage: float) -> tuple[Floats, Floats]:
    r"""Return the exact binomial limits of a share around ``target`` for groups of ``size``.

    The limit is the interpolated quantile of Spiegelhalter (2005, Statistics in Medicine 24:1185-1202, appendix A.1.1):
    with r the smallest count whose distribution function F reaches p,
    :math:`\left(r - \frac{F(r) - p}{F(r) - F(r-1)}\right) / n`.

    Parameters
    ----------
    target : float
        The common share, 0 to 1.
    size : array of int
        Sizes of the groups.
    coverage : float
        0.95 or 0.998.

    Examples
    --------
    >>> low, high = funnel_limits(0.5, [100], 0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.397, 0.593)
    """
    n = np.asarray(size, dtype=float)
    low, high = (_quantile(n, target, p) for p in ((1 - coverage) / 2, (1 + coverage) / 2))
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def _quantile(n: Floats, target: float, p: float) -> Floats:
    if target <= 0 or target >= 1:
        return np.full_like(n, target)
    from scipy.stats import binom  # half a second, which only a funnel needs

    r = binom.ppf(p, n, target)
    at, before = binom.cdf(r, n, target), binom.cdf(r - 1, n, target)
    return np.asarray((r - (at - p) / np.maximum(at - before, 1e-300)) / n)


def dispersion(share: ArrayLike, size: ArrayLike, target: float, trim: float = 0.1) -> float:
    """Return the over-dispersion factor: the mean squared z-score, the outer 10% on each side drawn in.

    Spiegelhalter (2005), section 4; 1 where the groups vary no more than chance makes them.
    """
    p, n = np.asarray(share, dtype=float), np.asarray(size, dtype=float)
    if len(p) < 5 or not 0 < target < 1:
        return 1.0
    z = (p - target) / np.sqrt(target * (1 - target) / n)
    low, high = np.quantile(z, [trim, 1 - trim])
    phi = float(np.mean(np.clip(z, low, high) ** 2))
    return phi if phi > 1 + 2 * np.sqrt(2 / len(p)) else 1.0


def p_limits(n: ArrayLike, of: ArrayLike, baseline: int | slice) -> tuple[float, Floats, Floats]:
    """Return the mean share of the first ``baseline`` points, and limits of 3 sigma at each point (Shewhart).

    A slice names the points of the baseline instead.

    >>> mean, low, high = p_limits([20, 30], [100, 100], 2)
    >>> mean, round(float(high[0]), 4)
    (0.25, 0.3799)
    """
    n, of = np.asarray(n, dtype=float), np.asarray(of, dtype=float)
    first = baseline if isinstance(baseline, slice) else slice(0, baseline)
    mean = float(np.nansum(n[first]) / np.nansum(np.where(np.isnan(n[first]), np.nan, of[first])))
    half = 3 * np.sqrt(mean * (1 - mean) / of)
    return mean, np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)


def xmr_limits(values: ArrayLike, baseline: int | slice) -> tuple[float, float, float]:
    """Return mean and limits of an XmR chart: mean ± 2.66 times the average moving range of the baseline (Wheeler).

    >>> xmr_limits([10.0, 12.0, 10.0, 12.0], 4)
    (11.0, 5.68, 16.32)
    """
    x = np.asarray(values, dtype=float)[baseline if isinstance(baseline, slice) else slice(0, baseline)]
    x = x[np.isfinite(x)]
    mean = float(x.mean())
    half = 2.66 * float(np.abs(np.diff(x)).mean()) if len(x) > 1 else float("nan")
    return mean, round(mean - half, 10), round(mean + half, 10)


def signals(
    values: ArrayLike, mean: float, low: ArrayLike, high: ArrayLike
) -> tuple[NDArray[np.bool_], list[tuple[int, int]]]:
    """Return which points break a rule, and the runs (first, last) of 8 or more on one side of the mean.

    A missing point, and one on the mean, ends a run.
    """
    x = np.asarray(values, dtype=float)
    with np.errstate(invalid="ignore"):
        out = (x < np.asarray(low)) | (x > np.asarray(high))
    side = np.where(np.isfinite(x), np.sign(np.round(x - mean, 12)), 0)
    runs, start = [], 0
    for i in range(1, len(x) + 1):
        if i == len(x) or side[i] != side[start] or side[i] == 0:
            if i - start >= RUN and side[start] != 0:
                runs.append((start, i - 1))
            start = i
    for first, last in runs:
        out[first : last + 1] = True
    return out, runs
