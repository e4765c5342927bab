"""Limits and tests of the difference of two estimates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Variance = Callable[[Array], Array]

LEAST: Final = 5
"""The smallest variance of a count for which the score test is used (see :func:`enough`)."""


def share_variance(share: Array) -> Array:
    """Return the variance of one observation of a share, ``share * (1 - share)``."""
    return share * (1 - share)


def recovered_limits(
    first: tuple[Array, Array, Array], second: tuple[Array, Array, Array], correlation: npt.ArrayLike = 0.0
) -> tuple[Array, Array]:
    r"""Return the limits of ``second - first`` from the estimate and the limits (low, high) of each.

    .. math::
        d - \sqrt{(r_2-l_2)^2 + (u_1-r_1)^2 - 2\rho(r_2-l_2)(u_1-r_1)} \quad\text{to}\quad
        d + \sqrt{(u_2-r_2)^2 + (r_1-l_1)^2 - 2\rho(u_2-r_2)(r_1-l_1)}

    With Wilson limits and no correlation this is Newcombe's hybrid score interval.

    References
    ----------
    Newcombe RG (1998), Statistics in Medicine 17:873-890, method 10, and 17:2635-2650 for correlated shares; Zou GY,
    Donner A (2008), Statistics in Medicine 27:1693-1702.

    Examples
    --------
    >>> from careflow.estimate.stats.intervals import wilson
    >>> one, two = (np.asarray(wilson(x / n, n, 1.959964)) for x, n in ((48, 80), (56, 70)))
    >>> low, high = recovered_limits((np.array(0.6), *one), (np.array(0.8), *two))
    >>> print(f"{low:.4f} to {high:.4f}")
    0.0524 to 0.3339
    """
    (r1, l1, u1), (r2, l2, u2), rho = first, second, np.asarray(correlation, dtype=float)
    below = (r2 - l2) ** 2 + (u1 - r1) ** 2 - 2 * rho * (r2 - l2) * (u1 - r1)
    above = (u2 - r2) ** 2 + (r1 - l1) ** 2 - 2 * rho * (u2 - r2) * (r1 - l1)
    difference = r2 - r1
    return difference - np.sqrt(np.maximum(below, 0)), difference + np.sqrt(np.maximum(above, 0))


def score_variance(
    rates: tuple[Array, Array], sizes: tuple[Array, Array], variance: Variance, correlation: npt.ArrayLike = 0.0
) -> Array:
    r"""Return the variance of the difference under the hypothesis that both rates are equal.

    .. math:: v(\bar r)\,(1/m_1 + 1/m_2 - 2\rho/\sqrt{m_1 m_2})

    Parameters
    ----------
    rates, sizes : pair of numpy.ndarray
        The estimates, and the (effective) sample size of each.
    variance : callable
        The variance of one observation at a rate: ``r(1-r)`` for shares.
    correlation : array_like
        The correlation of the two estimates.
    """
    (r1, r2), (m1, m2), rho = rates, sizes, np.asarray(correlation, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (m1 * r1 + m2 * r2) / (m1 + m2)
        return np.asarray(variance(pooled) * (1 / m1 + 1 / m2 - 2 * rho / np.sqrt(m1 * m2)))


def enough(rates: tuple[Array, Array], sizes: tuple[Array, Array], variance: Variance, unit: float = 1.0) -> Bools:
    r"""Say where both counts are large enough for the score test: :math:`m_k\,v(\bar r) \ge 5` on both sides.

    For shares that is :math:`m_k \bar r (1 - \bar r) \ge 5`, slightly stricter than Cochran's rule of at least 5
    expected events and 5 expected non-events. The rule uses the pooled rate, so it does not favour pairs that differ.

    Parameters
    ----------
    rates, sizes, variance
        As in :func:`score_variance`.
    unit : float
        The unit of the rates: 1 for shares, 100 for events per 100 days.

    References
    ----------
    Cochran WG (1954), Biometrics 10:417-451.

    Examples
    --------
    >>> rates, sizes = (np.array([0.1, 0.1]), np.array([0.2, 0.2])), (np.array([50.0, 30.0]), np.array([50.0, 50.0]))
    >>> enough(rates, sizes, share_variance).tolist()
    [True, False]
    """
    (r1, r2), (m1, m2) = rates, sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (m1 * r1 + m2 * r2) / (m1 + m2)
        return np.asarray(np.minimum(m1, m2) * variance(pooled) / unit**2 >= LEAST)


def two_sided(difference: Array, variance: Array, groups: npt.NDArray[Any] | None) -> Array:
    """Return two-sided p values of ``difference / sqrt(variance)``.

    The distribution is Student's *t* with ``groups - 1`` degrees of freedom, or the normal one without groups. The
    p value is missing where the variance is 0, as where both rates are 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, np.abs(difference) / np.sqrt(variance), np.nan)
    if groups is None:
        return np.asarray(2 * special.ndtr(-z))
    df = np.maximum(groups - 1, 1)
    return np.where(groups > 1, 2 * special.stdtr(df, -z), np.nan)


def jackknife_covariance(
    first: tuple[Array, Array, Bools], second: tuple[Array, Array, Bools]
) -> tuple[Array, Array, Array, npt.NDArray[np.int64]]:
    r"""Return the jackknife variances of two estimates, their covariance, and the number of groups.

    The groups are those that are not empty for at least one of the estimates.

    .. math:: \mathrm{cov} = \frac{G-1}{G}\sum_g (\hat\theta_{1(g)} - \hat\theta_1)(\hat\theta_{2(g)} - \hat\theta_2)

    Parameters
    ----------
    first, second : triple of numpy.ndarray
        The estimate, shape (...); the estimate without each group, shape (..., groups); and which groups are not
        empty.
    """
    changes_1, changes_2 = (
        np.where(present, without - estimate[..., None], 0.0) for estimate, without, present in (first, second)
    )
    groups = (first[2] | second[2]).sum(axis=-1)
    scale = np.where(groups > 1, (groups - 1) / np.maximum(groups, 1), np.nan)
    variances = (scale * (changes**2).sum(-1) for changes in (changes_1, changes_2))
    return *variances, scale * (changes_1 * changes_2).sum(-1), groups
