"""Where no reason of leaving is known: that 0% completed would be said of people of whom nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum.outcomes import LEFT_REASONS

UNKNOWN: Final = "unknown"
_KNOWN: Final = tuple(reason for reason in LEFT_REASONS if reason != UNKNOWN)
_ESTIMATES: Final = ("rate", "se", "low", "high")


def no_reason_known(frame: pd.DataFrame, keys: Sequence[str], n: str = "n", to: str = "to") -> npt.NDArray[np.bool_]:
    """Return which rows are of a known reason at a level that people left, all of them for unknown reasons.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows by ``keys`` and ``to``.
    keys : sequence of str
        The strata and the level left.
    n, to : str
        The columns of the count and of the outcome. A missing count is one that is suppressed.

    Examples
    --------
    >>> frame = pd.DataFrame({"from": ["php"] * 2 + ["iop"] * 2, "to": ["completed", "unknown"] * 2,
    ...     "n": [0, 9, 2, 7]})
    >>> no_reason_known(frame, ["from"]).tolist()
    [True, False, False, False]
    """
    outcome, count = frame[to].astype(str), frame[n].astype(float)
    known = outcome.isin(_KNOWN)
    unknown = (outcome == UNKNOWN) & ~(count == 0)
    by = [frame[key].astype(str) for key in keys]
    some_known = (known & ~(count == 0)).groupby(by).transform("any")
    return np.asarray(known & unknown.groupby(by).transform("any") & ~some_known, dtype=np.bool_)


def without_unknown_shares(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return rates in which the shares of known reasons are missing where no reason is known.

    The counts stay: no discharge is known to have ended so.
    """
    if not {"from", "to", "n", "rate"} <= set(frame):
        return frame
    keys = [name for name in (*by, "within", "from") if name in frame]
    gone = no_reason_known(frame, keys)
    return (
        frame.assign(**{name: frame[name].mask(gone) for name in _ESTIMATES if name in frame}) if gone.any() else frame
    )
