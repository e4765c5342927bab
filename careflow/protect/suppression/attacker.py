"""The attacker's programs: the least and the most that each unknown number of one block can be, in whole numbers."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from careflow.errors import DisclosureError
from careflow.protect.suppression.diving import EPS, round_by_diving
from careflow.protect.suppression.linear_system import Floats

TIME_LIMIT: Final = 60.0
"""Seconds that one integer program may take."""
ATTEMPTS: Final = 4
"""How often a linear answer is dived from before an integer program is asked."""


class Attacker:
    """Intervals of the unknown numbers of one block: A w = b, low <= w <= high, w whole.

    Every whole table that was found says of every number how far it can go at least: one at its linear bound, in any of
    them, needs no program of its own.

    Attributes
    ----------
    least, most : ndarray of float, shape (n,)
        The least and the most of each number in the whole tables found so far.
    """

    def __init__(self, matrix: sparse.csc_array, right_side: Floats, low: Floats, high: Floats) -> None:
        self.matrix, self.right_side, self.low, self.high = matrix.astype(np.float64), right_side, low, high
        self.least, self.most = np.full(len(low), np.inf), np.full(len(low), -np.inf)
        self.rng = np.random.default_rng(len(low))

    def interval(self, index: int) -> tuple[float, float]:
        """Return the least and the most of one number; infinite without a bound.

        Raises
        ------
        DisclosureError
            When no table agrees with what is published.
        """
        return self._bound(index, 1.0), -self._bound(index, -1.0) or 0.0

    def _bound(self, index: int, sign: float) -> float:
        """Return the least of sign * w."""
        if (extreme := self._extreme(index, sign)) == (self.low if sign > 0 else -self.high)[index]:
            return extreme
        objective = np.zeros(len(self.low))
        objective[index] = sign
        solution = self._solve(objective, self.low, self.high)
        if solution is None:
            return -np.inf
        # No whole table is beyond the linear bound, rounded inwards.
        bound = float(np.ceil(solution[index] * sign - EPS))
        if (
            self._record(solution)
            or self._extreme(index, sign) == bound
            or self._is_attained(index, sign, bound, solution)
        ):
            return bound
        integer = self._solve(objective, self.low, self.high, integer=True)
        if integer is None:
            return bound
        self._record(integer)
        return float(np.rint(integer[index]) * sign)

    def _extreme(self, index: int, sign: float) -> float:
        return float(self.least[index] if sign > 0 else -self.most[index])

    def _record(self, solution: Floats) -> bool:
        """Remember a table if it is whole, and say whether it is."""
        integer = np.rint(solution)
        if np.abs(solution - integer).max() > EPS:
            return False
        self.least, self.most = np.minimum(self.least, integer), np.maximum(self.most, integer)
        return True

    def _is_attained(self, index: int, sign: float, bound: float, solution: Floats) -> bool:
        """Whether a whole table has the number at its bound, by dives that keep it there."""
        lows, highs = self.low.copy(), self.high.copy()
        lows[index] = highs[index] = bound * sign
        for _ in range(ATTEMPTS):
            # Any table will do, so chance says which: another corner each time.
            objective = np.where(np.isfinite(lows), self.rng.uniform(0, 1, len(lows)), 0)
            start = solution if abs(solution[index] - bound * sign) < EPS else self._solve(objective, lows, highs)
            if start is None:
                return False
            integer = round_by_diving(partial(self._solve, objective), start, lows, highs, self.rng)
            if integer is not None and self._record(integer):
                return True
        return False

    def _solve(self, objective: Floats, lows: Floats, highs: Floats, *, integer: bool = False) -> Floats | None:
        """Return the answer of least aim; None when there is none, without a bound or (in whole numbers) in time."""
        result = milp(
            objective,
            constraints=LinearConstraint(self.matrix, self.right_side, self.right_side),
            bounds=Bounds(lows, highs),
            integrality=np.full(len(objective), int(integer)),
            options={"time_limit": TIME_LIMIT} if integer else {"presolve": False},
        )
        if result.status == 2 and lows is self.low:
            raise DisclosureError(
                "the published numbers contradict each other, so these tables are not of the same records"
            )
        return None if result.x is None else np.asarray(result.x, dtype=np.float64)
