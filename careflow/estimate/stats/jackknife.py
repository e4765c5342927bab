"""The delete-a-group jackknife: clustered standard errors."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ROUNDING: Final = 1e-11
"""Products of shares are compared up to this: far above rounding error, far below a difference of one person."""


def jackknife_se(estimate: Array, without: Array, present: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    r"""Return the delete-a-group jackknife standard error, and the number of groups.

    .. math:: \mathrm{var} = \frac{G-1}{G}\sum_g (\hat\theta_{(g)} - \hat\theta)^2

    over the :math:`G` groups that are not empty in the stratum.

    Parameters
    ----------
    estimate : numpy.ndarray, shape (...)
        The estimate of all groups.
    without : numpy.ndarray, shape (..., groups)
        The estimate without each group.
    present : numpy.ndarray of bool, shape (..., groups)
        Which groups are not empty.

    Returns
    -------
    se, groups : numpy.ndarray, shape (...)
        The standard error is missing where fewer than two groups are present. It is exactly 0 where no group changes
        the estimate by more than rounding error.

    References
    ----------
    Kott PS (2001), The delete-a-group jackknife, Journal of Official Statistics 17:521-526.

    Examples
    --------
    >>> se, groups = jackknife_se(np.array(0.5), np.array([0.4, 0.6, 0.5]), np.array([True, True, False]))
    >>> print(f"{se:.3f} from {groups:.0f} groups")
    0.100 from 2 groups
    """
    groups = present.sum(axis=-1).astype(float)
    square = np.where(present, (without - estimate[..., None]) ** 2, 0.0).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt((groups - 1) / groups * square)
    return np.where(groups > 1, without_rounding_error(se, np.abs(estimate)), np.nan), groups


def clustered_se(estimate: Array, without: Array, present: npt.NDArray[np.bool_]) -> tuple[Array, int]:
    """Return the errors of :func:`jackknife_se` for a curve (..., days) from its curves (..., groups, days).

    The groups are the same for all curves; the largest estimate of the curves is the scale of their rounding error.
    """
    groups = int(present.sum())
    if groups < 2:
        return np.full(estimate.shape, np.nan), groups
    change = (without if groups == len(present) else without[..., present, :]) - estimate[..., None, :]
    square = np.einsum("...gd,...gd->...d", change, change)
    scale = np.nanmax(np.abs(estimate), initial=0.0)
    return without_rounding_error(np.sqrt(square * ((groups - 1) / groups)), scale), groups


def without_rounding_error(se: Array, scale: npt.ArrayLike) -> Array:
    """Return standard errors with 0 for those that are the rounding error of numbers of this size.

    Examples
    --------
    >>> without_rounding_error(np.array([3e-16, 1e-4]), 1.0).tolist()
    [0.0, 0.0001]
    """
    with np.errstate(invalid="ignore"):
        return np.where(se <= ROUNDING * np.asarray(scale), 0.0, se)
