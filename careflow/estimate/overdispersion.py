"""Over-dispersion between units: how much more they vary than chance, and limits that allow for it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

TRIM: Final = 0.1
"""The share of z-scores on each side that is drawn in."""
EVERY: Final = slice(None)
MOVING_RANGE: Final = 1.128
"""The mean range of two values of a normal distribution, in standard deviations."""


def phi(z: npt.ArrayLike) -> float:
    """Return the over-dispersion factor: the mean squared z-score, the outer ones drawn in to their 10% quantiles.

    Parameters
    ----------
    z : array_like
        Standardized residuals; missing ones are left out.

    Returns
    -------
    float
        1 if the units vary as chance makes them; missing without units.

    References
    ----------
    Spiegelhalter DJ (2005), Statistics in Medicine 24:1185-1202, section 4.

    Examples
    --------
    >>> round(phi([-1, 0, 1, 2, 30]), 3)
    71.76
    """
    known = np.asarray(z, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return float("nan")
    low, high = np.quantile(known, [TRIM, 1 - TRIM])
    return float(np.mean(np.clip(known, low, high) ** 2))


def tau2(y: npt.ArrayLike, s: npt.ArrayLike) -> float:
    r"""Return the variance between units beyond chance, by the method of moments.

    .. math::
        \tau^2 = \max\left(0, \frac{k\phi - (k-1)}{\sum w - \sum w^2/\sum w}\right), \qquad w = 1/s^2, \quad z = y/s

    Parameters
    ----------
    y, s : array_like
        How far each unit lies from the target, and its standard error.

    References
    ----------
    DerSimonian R, Laird N (1986), Controlled Clinical Trials 7:177-188; Spiegelhalter DJ (2005), Statistics in Medicine
    24:1185-1202.

    Examples
    --------
    >>> round(tau2([-0.2, 0.1, 0.3, -0.1], [0.05, 0.05, 0.1, 0.1]), 6)
    0.028636
    """
    distance, error = (np.asarray(values, dtype=float) for values in (y, s))
    known = np.isfinite(distance) & np.isfinite(error) & (error > 0)
    k = int(known.sum())
    if k < 2:
        return 0.0
    w = 1 / error[known] ** 2
    factor = phi(distance[known] / error[known])
    return max(0.0, float((k * factor - (k - 1)) / (w.sum() - (w**2).sum() / w.sum())))


def laney_limits(n: npt.ArrayLike, of: npt.ArrayLike, baseline: slice = EVERY) -> tuple[float, Array, Array]:
    r"""Return the mean share, and the limits of a p'-chart, which allow for variation between periods.

    .. math:: \bar p \pm 3 \sigma_{p} \sigma_z, \qquad \sigma_p = \sqrt{\bar p (1-\bar p)/n_i}

    with :math:`\sigma_z` the mean moving range of :math:`z_i = (p_i - \bar p)/\sigma_p`, divided by 1.128. Where
    :math:`\sigma_z` is 1 they are the limits of a p-chart.

    Parameters
    ----------
    n, of : array_like
        Numerator and denominator of each period, in order; periods without a denominator are left out.
    baseline : slice
        The periods that set the mean and the variation; by default all.

    Returns
    -------
    mean : float
    low, high : numpy.ndarray

    References
    ----------
    Laney DB (2002), Quality Engineering 14:531-537.

    Examples
    --------
    >>> mean, low, high = laney_limits([20, 40, 20, 40], [100, 100, 100, 100])
    >>> mean, float(low[0].round(4)), float(high[0].round(4))
    (0.3, 0.0, 0.8319)
    """
    hits, size = (np.asarray(values, dtype=float) for values in (n, of))
    known = np.isfinite(hits) & (size > 0)
    of_baseline = np.zeros(len(hits), dtype=bool)
    of_baseline[baseline] = True
    of_baseline &= known
    mean = float(hits[of_baseline].sum() / size[of_baseline].sum()) if of_baseline.any() else float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma = np.sqrt(mean * (1 - mean) / size)
        z = (hits / size - mean) / sigma
    moving = np.abs(np.diff(z[of_baseline]))
    spread = float(moving.mean()) / MOVING_RANGE if len(moving) else float("nan")
    half = 3 * sigma * spread
    return mean, np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)
