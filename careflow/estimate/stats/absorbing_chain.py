"""The embedded Markov chain: which level follows which, whatever the time between, until an outcome ends it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AbsorbingChain:
    """What a chain expects, from each level that it may start at (the axis before the last).

    Attributes
    ----------
    stays : numpy.ndarray, shape (..., levels, levels)
        Expected number of stays at each level, the first one included.
    reached : numpy.ndarray, shape (..., levels, levels)
        Probability of ever reaching each level; of ever coming back, for the level started at.
    outcome : numpy.ndarray, shape (..., levels, outcomes)
        Probability of each outcome.
    """

    stays: Array
    reached: Array
    outcome: Array


def absorbing_chain(probabilities: npt.ArrayLike) -> AbsorbingChain:
    r"""Solve a chain with absorbing outcomes.

    .. math::
        N = (I - Q)^{-1}, \qquad f_{ij} = \frac{N_{ij} - \delta_{ij}}{N_{jj}}, \qquad B = N R

    where *Q* holds the probabilities between levels and *R* those from levels to outcomes.

    Parameters
    ----------
    probabilities : array_like, shape (..., levels, levels + outcomes)
        Rows of *Q* beside *R*. A missing row is a level from which nobody was seen to leave.

    Returns
    -------
    AbsorbingChain
        Missing for a start from which a level of unknown exits, or a round without exit, can be reached.

    References
    ----------
    Kemeny JG, Snell JL (1960), Finite Markov Chains, chapter 3.

    Examples
    --------
    >>> result = absorbing_chain([[0.0, 0.5, 0.5], [0.2, 0.0, 0.8]])
    >>> result.stays.round(3).tolist(), result.reached.round(3).tolist()
    ([[1.111, 0.556], [0.222, 1.111]], [[0.1, 0.5], [0.2, 0.1]])
    """
    p = np.asarray(probabilities, dtype=float)
    levels = p.shape[-2]
    known = ~np.isnan(p).any(axis=-1)
    p = np.where(known[..., None], p, 0.0)
    q, r = p[..., :levels], p[..., levels:]
    reachable = _closure(q > 0)
    ends = (reachable & (r.sum(axis=-1) > 0)[..., None, :]).any(axis=-1)
    answered = ~(reachable & ~(known & ends)[..., None, :]).any(axis=-1)
    eye = np.eye(levels)
    stays = np.linalg.inv(eye - np.where(answered[..., None], q, 0.0))
    again = np.diagonal(stays, axis1=-2, axis2=-1)[..., None, :]
    result = (stays, (stays - eye) / again, stays @ r)
    return AbsorbingChain(*(np.where(answered[..., None], array, np.nan) for array in result))


def _closure(edges: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which levels can be reached from each, itself included, in any number of steps."""
    reachable = edges | np.eye(edges.shape[-1], dtype=bool)
    steps = 1
    while steps < edges.shape[-1]:
        reachable = (reachable.astype(np.int64) @ reachable.astype(np.int64)) > 0
        steps *= 2
    return np.asarray(reachable)
