"""At least how many people are behind a count: what protection needs to know beside the count."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from careflow.counts.rules import GROUPS
from careflow.estimate.cells import Ints, add_up


def at_least(n: npt.ArrayLike, grp: npt.ArrayLike, *axes: tuple[npt.ArrayLike, int]) -> Ints:
    """Return at least how many distinct people are behind each sum of ``n``: the jackknife groups with any of them.

    A person is in one group, so there are no fewer people than groups; a group may hold several.

    Parameters
    ----------
    n : array_like of int
        Counts, one a row.
    grp : array_like of int
        The jackknife group of each row.
    *axes : pair of array_like and int
        Places and length of each axis, as in `careflow.estimate.cells.add_up`.

    Examples
    --------
    >>> at_least([1, 2, 1], [7, 7, 8], ([0, 0, 0], 1)).tolist()
    [2]
    """
    return np.asarray((add_up(n, *axes, (grp, GROUPS)) > 0).sum(axis=-1), dtype=np.int64)
