"""Confidence limits: Wilson for shares, log-log for curves, Garwood for intensities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from careflow.estimate.stats.jackknife import ROUNDING

Array = npt.NDArray[np.float64]


def wilson(p: npt.ArrayLike, n: npt.ArrayLike, quantile: npt.ArrayLike) -> tuple[Array, Array]:
    r"""Return Wilson's score limits of a share.

    .. math:: \frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    Parameters
    ----------
    p, n : array_like
        The share, and its (effective) denominator; the limits are missing where ``n`` is 0.
    quantile : array_like
        The two-sided quantile *z*, or *t* for clustered data.

    Returns
    -------
    low, high : numpy.ndarray

    References
    ----------
    Wilson EB (1927), JASA 22:209-212. The example is from Newcombe RG (1998), Statistics in Medicine 17:857-872.

    Examples
    --------
    >>> low, high = wilson(15 / 148, 148, 1.959964)
    >>> print(f"{low:.4f} to {high:.4f}")
    0.0624 to 0.1605
    """
    p, n, z = (np.asarray(x, dtype=float) for x in (p, n, quantile))
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = p + z**2 / (2 * n)
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        scale = 1 + z**2 / n
        low, high = (middle - half) / scale, (middle + half) / scale
    # Where the share is 0 or 1 the formula gives that limit only up to rounding error.
    low, high = (
        np.where(p == 0, np.where(np.isnan(low), np.nan, 0.0), low),
        np.where(p == 1, np.where(np.isnan(high), np.nan, 1.0), high),
    )
    return low, high


def log_log(estimate: npt.ArrayLike, se: npt.ArrayLike, quantile: npt.ArrayLike) -> tuple[Array, Array]:
    r"""Return limits that are symmetric on the scale of :math:`\log(-\log S)`; missing where ``estimate`` is 0 or 1.

    An estimate within rounding error of 0 or 1 is taken as 0 or 1.

    .. math:: S^{\exp(\pm z\,\mathrm{se}/(S\log S))}

    Parameters
    ----------
    estimate, se : array_like
        A probability (a survival curve, a cumulative incidence, a state occupation) and its standard error.
    quantile : array_like
        The two-sided quantile *z* or *t*.

    References
    ----------
    Kalbfleisch JD, Prentice RL (2002), The Statistical Analysis of Failure Time Data, section 1.4.

    Examples
    --------
    >>> low, high = log_log(0.5, 0.05, 1.959964)
    >>> print(f"{low:.4f} to {high:.4f}")
    0.3987 to 0.5931
    """
    s, e, z = (np.asarray(x, dtype=float) for x in (estimate, se, quantile))
    inside = (s > ROUNDING) & (s < 1 - ROUNDING)
    safe = np.where(inside, s, 0.5)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.exp(z * e / (safe * -np.log(safe)))
        low, high = safe**spread, safe ** (1 / spread)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def garwood(events: npt.ArrayLike, exposure: npt.ArrayLike, confidence: float = 0.95) -> tuple[Array, Array]:
    """Return the exact Poisson limits of a rate per unit of exposure.

    References
    ----------
    Garwood F (1936), Biometrika 28:437-442.

    Examples
    --------
    >>> low, high = garwood(10, 100)
    >>> print(f"{low:.4f} to {high:.4f}")
    0.0480 to 0.1839
    """
    n, time = np.asarray(events, dtype=float), np.asarray(exposure, dtype=float)
    tail = (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(n > 0, special.gammaincinv(np.maximum(n, 1e-300), tail), 0.0) / time
        high = special.gammaincinv(n + 1, 1 - tail) / time
    return low, high


def quantile_of(confidence: float, groups: Any = None) -> Array:
    """Return the two-sided quantile: Student's *t* with ``groups - 1`` degrees of freedom, or the normal one."""
    tail = (1 + confidence) / 2
    if groups is None:
        return np.asarray(special.ndtri(tail))
    df = np.asarray(groups, dtype=float) - 1
    return np.where(df > 0, special.stdtrit(np.maximum(df, 1), tail), np.nan)
