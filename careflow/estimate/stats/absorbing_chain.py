"""The embedded Markov chain of levels, absorbed by the outcomes; time between levels plays no part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AbsorbingChain:
    """Expectations of a chain, by the level it starts at (the axis before the last).

    Attributes
    ----------
    stays : numpy.ndarray, shape (..., levels, levels)
        Expected number of stays at each level, the first one included.
    reached : numpy.ndarray, shape (..., levels, levels)
        Probability of ever reaching each level; for the starting level, of ever returning to it.
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
        The rows of *Q* and *R*, joined. A missing row is a level without observed exits.

    Returns
    -------
    AbsorbingChain
        Missing for a starting level from which a level with a missing row, or a cycle without exit, can be reached.

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
    has_row = ~np.isnan(p).any(axis=-1)
    p = np.where(has_row[..., None], p, 0.0)
    q, r = p[..., :levels], p[..., levels:]
    reachable = _closure(q > 0)
    can_end = (reachable & (r.sum(axis=-1) > 0)[..., None, :]).any(axis=-1)
    solvable = ~(reachable & ~(has_row & can_end)[..., None, :]).any(axis=-1)
    eye = np.eye(levels)
    stays = np.linalg.inv(eye - np.where(solvable[..., None], q, 0.0))
    returns = np.diagonal(stays, axis1=-2, axis2=-1)[..., None, :]
    result = (stays, (stays - eye) / returns, stays @ r)
    return AbsorbingChain(*(np.where(solvable[..., None], array, np.nan) for array in result))


def _closure(edges: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which levels can be reached from each, itself included, in any number of steps."""
    reachable = edges | np.eye(edges.shape[-1], dtype=bool)
    steps = 1
    while steps < edges.shape[-1]:
        reachable = (reachable.astype(np.int64) @ reachable.astype(np.int64)) > 0
        steps *= 2
    return np.asarray(reachable)
