"""The attacker's programs: the feasibility interval of each unknown cell of one block, in whole numbers."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from careflow.errors import DisclosureError
from careflow.protect.suppression.diving import EPS, round_by_diving
from careflow.protect.suppression.linear_system import Floats
from careflow.protect.suppression.solver import MAX_NODES

ATTEMPTS: Final = 4
"""Diving attempts from a linear solution before an integer program is solved."""


class Attacker:
    """Feasibility intervals of the unknown cells of one block: A w = b, low <= w <= high, w whole.

    Every whole-number table found bounds every interval from inside. A cell that has its linear bound in one of them
    needs no program of its own.

    Attributes
    ----------
    least, most : ndarray of float, shape (n,)
        The least and the most of each cell in the whole-number tables found so far.
    """

    def __init__(self, matrix: sparse.csc_array, right_side: Floats, low: Floats, high: Floats) -> None:
        self.matrix, self.right_side, self.low, self.high = matrix.astype(np.float64), right_side, low, high
        self.least, self.most = np.full(len(low), np.inf), np.full(len(low), -np.inf)
        self.rng = np.random.default_rng(len(low))

    def interval(self, index: int) -> tuple[float, float]:
        """Return the least and the most of one cell; infinite without a bound.

        Raises
        ------
        DisclosureError
            When no table agrees with the published numbers.
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
        # No whole-number table is beyond the linear bound, rounded inwards.
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
        """Record a table if it is of whole numbers, and return whether it is."""
        integer = np.rint(solution)
        if np.abs(solution - integer).max() > EPS:
            return False
        self.least, self.most = np.minimum(self.least, integer), np.maximum(self.most, integer)
        return True

    def _is_attained(self, index: int, sign: float, bound: float, solution: Floats) -> bool:
        """Whether a whole-number table has the cell at its bound, by diving with the cell fixed there."""
        lows, highs = self.low.copy(), self.high.copy()
        lows[index] = highs[index] = bound * sign
        for _ in range(ATTEMPTS):
            # Any such table will do: a random objective leads to another vertex each time.
            objective = np.where(np.isfinite(lows), self.rng.uniform(0, 1, len(lows)), 0)
            start = solution if abs(solution[index] - bound * sign) < EPS else self._solve(objective, lows, highs)
            if start is None:
                return False
            integer = round_by_diving(partial(self._solve, objective), start, lows, highs, self.rng)
            if integer is not None and self._record(integer):
                return True
        return False

    def _solve(self, objective: Floats, lows: Floats, highs: Floats, *, integer: bool = False) -> Floats | None:
        """Minimise the objective; None when there is no solution, no bound or (in whole numbers) too many nodes."""
        result = milp(
            objective,
            constraints=LinearConstraint(self.matrix, self.right_side, self.right_side),
            bounds=Bounds(lows, highs),
            integrality=np.full(len(objective), int(integer)),
            options={"node_limit": MAX_NODES} if integer else {"presolve": False},
        )
        if result.status == 2 and lows is self.low:
            raise DisclosureError(
                "the published numbers contradict each other, so these tables are not of the same records"
            )
        return None if result.x is None else np.asarray(result.x, dtype=np.float64)
