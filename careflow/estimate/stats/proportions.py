"""Shares with Wilson limits at the effective sample size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from careflow.estimate.arguments import Cluster
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.estimate.stats.jackknife import jackknife_se

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shares:
    """Shares and their limits, arrays of one shape; ``size`` is the (effective) sample size."""

    share: Array
    se: Array
    low: Array
    high: Array
    size: Array


def shares(n: npt.NDArray[np.int64], of: npt.NDArray[np.int64], *, cluster: Cluster, confidence: float) -> Shares:
    """Return ``n / of`` with standard errors and Wilson limits.

    With persons clustered the variance is the delete-a-group jackknife variance and the quantile is Student's *t* with
    ``groups - 1`` degrees of freedom. The effective sample size is ``p(1-p)/variance``, at most ``of``. Where the share
    is 0 or 1 it is ``of`` divided by the design effect of the share pooled over the strata (axis 0).

    Parameters
    ----------
    n : numpy.ndarray of int, shape (strata, ..., groups)
        Numerators, by jackknife group.
    of : numpy.ndarray of int, same shape
        Denominators.
    """
    total_n, total = n.sum(axis=-1), of.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = total_n / total
        plain_se = np.sqrt(p * (1 - p) / total)
    if cluster is None:
        return Shares(p, plain_se, *wilson(p, total, quantile_of(confidence)), total.astype(float))
    se, groups = _clustered(n, of)
    size = effective_size(p, se, total, design_effect(n, of))
    return Shares(p, se, *wilson(p, size, quantile_of(confidence, groups)), size)


def design_effect(n: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> Array:
    """Return the design effect of the share pooled over the strata (axis 0), at least 1; the last axis are groups."""
    n, of = n.sum(axis=0), of.sum(axis=0)
    se, _ = _clustered(n, of)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = n.sum(axis=-1) / of.sum(axis=-1)
        effect = se**2 * of.sum(axis=-1) / (pooled * (1 - pooled))
    return np.asarray(np.where(np.isfinite(effect), np.maximum(effect, 1.0), 1.0))


def effective_size(p: Array, se: Array, total: npt.ArrayLike, effect: Array) -> Array:
    """Return the effective sample size of shares: at most ``total``, which a share of 0 or 1 divides by ``effect``."""
    total = np.asarray(total, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where((p > 0) & (p < 1), np.minimum(p * (1 - p) / se**2, total), total / effect)
    # A jackknife variance of 0 gives no reason for an effective size below the number itself.
    return np.where((se == 0) & (p > 0) & (p < 1), total, size)


def shares_without(n: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> Array:
    """Return the shares without each jackknife group, in the shape of ``n``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((n.sum(axis=-1, keepdims=True) - n) / (of.sum(axis=-1, keepdims=True) - of))


def _clustered(n: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    with np.errstate(divide="ignore", invalid="ignore"):
        p = n.sum(axis=-1) / of.sum(axis=-1)
    return jackknife_se(p, shares_without(n, of), of > 0)
