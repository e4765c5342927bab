"""A diving heuristic: bound the variables nearest to whole numbers, solve again, until the solution is whole.

In tables of three and more axes the vertices of a linear program often have halves and thirds. Bounding a few of them
makes the rest whole within a few programs of a hundredth of a second each; an integer program takes fifty times that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from careflow.protect.suppression.linear_system import Bools, Floats

EPS: Final = 1e-5
"""Tolerance within which a number is taken as whole."""
MAX_PROGRAMS: Final = 14
"""The most linear programs in one dive; most dives take one to three."""
FIXED_SHARE: Final = 3
"""One in this many fractional variables is bounded at a time: with more, fewer dives succeed; with fewer, they last."""


def round_by_diving(
    solve: Callable[[Floats, Floats], Floats | None],
    start: Floats,
    lows: Floats,
    highs: Floats,
    rng: np.random.Generator,
) -> Floats | None:
    """Return a whole solution of a linear program, or None when the dive, which is random, finds none.

    Parameters
    ----------
    solve : callable
        Takes lower and upper bounds, returns a solution within them or None.
    start : ndarray of float, shape (n,)
        A solution within ``lows`` and ``highs``, which are whole or infinite.
    mixed : numpy.random.Generator
        Breaks ties: which variables are bounded first, and whether halves go up or down.

    Examples
    --------
    >>> def least(lows, highs):  # of 2 a + 2 b = 6, the lowest a at its bound
    ...     return np.array([lows[0], 3.0 - lows[0]]) if lows[0] + lows[1] <= 3 else None
    >>> start, lows, highs = np.array([0.5, 2.5]), np.zeros(2), np.full(2, 9.0)
    >>> round_by_diving(least, start, lows, highs, np.random.default_rng(0)).tolist()
    [0.0, 3.0]
    """
    lows, highs, solution = lows.copy(), highs.copy(), start
    for _ in range(MAX_PROGRAMS):
        distance = np.abs(solution - np.rint(solution))
        fractional = np.flatnonzero(distance > EPS)
        if len(fractional) == 0:
            return solution
        order = np.argsort(distance[fractional] + rng.uniform(0, 0.1, len(fractional)))
        chosen = fractional[order[: max(1, len(fractional) // FIXED_SHARE)]]
        value, floor = solution[chosen], np.floor(solution[chosen])
        upwards: Bools = value + rng.uniform(-0.05, 0.05, len(chosen)) > floor + 0.5
        lows[chosen[upwards]], highs[chosen[~upwards]] = floor[upwards] + 1, floor[~upwards]
        bounded = solve(lows, highs)
        if bounded is None:
            return None
        solution = bounded
    return None
