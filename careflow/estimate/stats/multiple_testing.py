"""P values corrected for multiple testing."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from careflow.errors import ArgumentError

Array = npt.NDArray[np.float64]
Correction = Literal["holm", "bh"] | None

_NAMES: Final = {"holm": "p corrected by Holm", "bh": "p corrected by Benjamini and Hochberg", None: "p not corrected"}


def correction_name(correction: Correction) -> str:
    """Return the name of a correction in a provenance.

    Raises
    ------
    ArgumentError
        If there is no such correction.
    """
    if correction not in _NAMES:
        raise ArgumentError(f"correction is 'holm', 'bh' or None; it was {correction!r}")
    return _NAMES[correction]


def adjusted(p: npt.ArrayLike, correction: Correction) -> Array:
    """Return p values corrected for the number of tests; missing p values stay missing and do not count as tests.

    Parameters
    ----------
    p : array_like
        P values.
    correction : {"holm", "bh"} or None
        ``"holm"`` bounds the probability of any false positive; ``"bh"`` the expected share of false positives among
        the positives, if the tests are independent or positively dependent.

    Raises
    ------
    ArgumentError
        If there is no such correction.

    References
    ----------
    Holm S (1979), Scandinavian Journal of Statistics 6:65-70. Benjamini Y, Hochberg Y (1995), JRSS B 57:289-300.

    Examples
    --------
    >>> adjusted([0.01, 0.04, np.nan, 0.03], "holm").round(4).tolist()
    [0.03, 0.06, nan, 0.06]
    >>> adjusted([0.01, 0.04, np.nan, 0.03], "bh").round(4).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    correction_name(correction)
    values = np.asarray(p, dtype=float)
    out = values.copy()
    tests = np.flatnonzero(~np.isnan(values))
    if correction is None or not len(tests):
        return out
    order = tests[np.argsort(values[tests], kind="stable")]
    rank, m = np.arange(1, len(order) + 1), len(order)
    if correction == "holm":
        out[order] = np.maximum.accumulate((m - rank + 1) * values[order])
    else:
        out[order] = np.minimum.accumulate((values[order] * m / rank)[::-1])[::-1]
    return np.asarray(np.minimum(out, 1.0))
