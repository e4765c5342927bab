"""Limits and tests of the difference of two estimates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import special

from careflow.estimate.stats.jackknife import ROUNDING

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

    as a sum of squares, so that it is exactly 0 where :math:`m_1 = m_2` and :math:`\rho = 1`.

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
        one, two = 1 / np.sqrt(m1), 1 / np.sqrt(m2)
        return np.asarray(variance(pooled) * ((one - two) ** 2 + 2 * (1 - rho) * one * two))


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


def jackknife_variances(
    first: tuple[Array, Array, Bools], second: tuple[Array, Array, Bools]
) -> tuple[Array, Array, Array, npt.NDArray[np.int64]]:
    r"""Return the jackknife variances of two estimates and of their difference, and the number of groups of either.

    .. math:: \mathrm{var} = \frac{G-1}{G}\sum_g (\Delta_{2(g)} - \Delta_{1(g)})^2, \qquad
        \Delta_{k(g)} = \hat\theta_{k(g)} - \hat\theta_k

    The variance of the difference is a sum of squares, since two variances less twice a covariance cancel: where both
    estimates change alike without every group it is exactly 0.

    Parameters
    ----------
    first, second : triple of numpy.ndarray
        The estimate, shape (...); the estimate without each group, shape (..., groups); and which groups are not
        empty.
    """
    changes_1, changes_2 = (_changes(*side) for side in (first, second))
    scale = ROUNDING * np.fmax(np.abs(first[0]), np.abs(second[0]))[..., None]
    change = changes_2 - changes_1
    with np.errstate(invalid="ignore"):
        change[np.abs(change) <= scale] = 0.0
    groups = (first[2] | second[2]).sum(axis=-1)
    factor = np.where(groups > 1, (groups - 1) / np.maximum(groups, 1), np.nan)
    variances = (factor * (changes**2).sum(-1) for changes in (changes_1, changes_2, change))
    return *variances, groups


def jackknife_difference(
    first: tuple[Array, Array, Bools], second: tuple[Array, Array, Bools]
) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    """Return the jackknife variance of ``second - first``, the correlation of the two, and the number of groups.

    The parameters are those of :func:`jackknife_variances`.
    """
    variance_1, variance_2, variance, groups = jackknife_variances(first, second)
    product = variance_1 * variance_2
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = np.where(product > 0, (variance_1 + variance_2 - variance) / (2 * np.sqrt(product)), 0.0)
    return variance, np.where(np.abs(rho) > 1 - ROUNDING, np.sign(rho), rho), groups


def _changes(estimate: Array, without: Array, present: Bools) -> Array:
    """Return how much each group that holds anyone changes an estimate; less than rounding error is 0."""
    change = np.where(present, without - estimate[..., None], 0.0)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(change) <= ROUNDING * np.abs(estimate)[..., None], 0.0, change)
