"""The delete-a-group jackknife: clustered standard errors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


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
        The standard error is missing where fewer than two groups are present.

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
    return np.where(groups > 1, se, np.nan), groups
