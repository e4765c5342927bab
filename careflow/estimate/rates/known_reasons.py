"""Where no reason of leaving is known: that 0% completed would be said of people of whom nobody knows.

Estimates decide it from counts (:func:`unknown_shares`), charts, report and protection from the counts that are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum.outcomes import LEFT_REASONS
from careflow.estimate.arrays.strata import Ints
from careflow.estimate.rates.unions import Moves

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


def may_be_unknown(
    frame: pd.DataFrame, keys: Sequence[str], n: str = "n", to: str = "to", more: Sequence[str] = ()
) -> npt.NDArray[np.bool_]:
    """Return which shares of known reasons a reader of a frame cannot know to be of people whose reason is known.

    Parameters
    ----------
    frame, keys, n, to
        As in :func:`no_reason_known`. A missing count, or row, may be 0.
    more : sequence of str
        Outcomes besides the known reasons that are made of these alone.

    Examples
    --------
    >>> frame = pd.DataFrame({"from": "php", "to": ["completed", "left early", "unknown"], "n": [0, np.nan, 9]})
    >>> may_be_unknown(frame, ["from"]).tolist()
    [True, False, False]
    >>> may_be_unknown(frame.assign(n=[0, 2, 9]), ["from"]).tolist()
    [False, False, False]
    """
    outcome, count = frame[to].astype(str), frame[n].astype(float)
    by = [frame[key].astype(str) for key in keys] or [pd.Series("", frame.index)]
    known = outcome.isin((*_KNOWN, *more))
    some_known = (known & (count > 0)).groupby(by).transform("any")
    all_known = ((outcome == UNKNOWN) & (count == 0)).groupby(by).transform("any")
    return np.asarray(known & (count == 0) & ~some_known & ~all_known, dtype=np.bool_)


def unknown_shares(cells: Ints, moves: Moves, levels: int) -> npt.NDArray[np.bool_]:
    """Return which rows are of known reasons alone, at levels that people left, all of them for unknown reasons.

    Parameters
    ----------
    cells : numpy.ndarray of int, shape (strata, levels, codes)
        Discharges by level left and code: levels, reasons of leaving care, died, concurrent.
    moves : Moves
        The levels left and the codes that each row puts together.
    levels : int
        The number of levels.

    Returns
    -------
    numpy.ndarray of bool, shape (strata, origins, targets)
    """
    reasons = cells[:, :, levels : levels + len(LEFT_REASONS)]
    left = np.einsum("sfr,of->sor", reasons, moves.members.astype(np.int64))
    is_known = np.array([reason != UNKNOWN for reason in LEFT_REASONS])
    nothing_known = (left[..., ~is_known].sum(axis=-1) > 0) & (left[..., is_known].sum(axis=-1) == 0)
    return np.asarray(nothing_known[..., None] & _of_known_reasons(moves), dtype=np.bool_)


def reasons_alone(moves: Moves | None) -> tuple[str, ...]:
    """Return the names of the rows that put known reasons together, and nothing else."""
    return () if moves is None else tuple(np.array(moves.targets, dtype=object)[_of_known_reasons(moves)])


def _of_known_reasons(moves: Moves) -> npt.NDArray[np.bool_]:
    """Return which targets are of known reasons alone."""
    first = moves.reached.shape[2] - len(LEFT_REASONS) - 2  # died and concurrent are last
    codes = np.zeros(moves.reached.shape[2], dtype=bool)
    codes[[first + i for i, reason in enumerate(LEFT_REASONS) if reason != UNKNOWN]] = True
    return np.asarray(moves.reached.any(axis=(1, 2)) & ~moves.reached[:, :, ~codes].any(axis=(1, 2)))


def without_unknown_shares(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return rates in which the shares of known reasons are missing where no reason is known.

    The counts stay: no discharge is known to have ended so.
    """
    if not {"from", "to", "n", "rate"} <= set(frame):
        return frame
    keys = [name for name in (*by, "within", "from") if name in frame]
    return masked_estimates(frame, no_reason_known(frame, keys))


def masked_estimates(frame: pd.DataFrame, gone: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return rates in which the shares and limits of some rows are missing; their counts stay."""
    if not gone.any():
        return frame
    return frame.assign(**{name: frame[name].mask(gone) for name in _ESTIMATES if name in frame})
