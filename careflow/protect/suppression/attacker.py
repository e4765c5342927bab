"""The attacker's programs: the least and the most that each unknown number of one block can be, in whole numbers."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from careflow.errors import DisclosureError
from careflow.protect.suppression.diving import EPS, dive
from careflow.protect.suppression.linear_system import Floats

TIME_LIMIT: Final = 60.0
"""Seconds that one integer program may take."""
WAYS: Final = 4
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

    def __init__(self, matrix: sparse.csc_array, right: Floats, low: Floats, high: Floats) -> None:
        self.matrix, self.right, self.low, self.high = matrix.astype(np.float64), right, low, high
        self.least, self.most = np.full(len(low), np.inf), np.full(len(low), -np.inf)
        self.mixed = np.random.default_rng(len(low))

    def interval(self, at: int) -> tuple[float, float]:
        """Return the least and the most of one number; infinite without a bound.

        Raises
        ------
        DisclosureError
            When no table agrees with what is published.
        """
        return self._end(at, 1.0), -self._end(at, -1.0) or 0.0

    def _end(self, at: int, sign: float) -> float:
        """Return the least of sign * w."""
        if (seen := self._seen(at, sign)) == (self.low if sign > 0 else -self.high)[at]:
            return seen
        aim = np.zeros(len(self.low))
        aim[at] = sign
        answer = self._solve(aim, self.low, self.high)
        if answer is None:
            return -np.inf
        # No whole table is beyond the linear bound, rounded inwards.
        bound = float(np.ceil(answer[at] * sign - EPS))
        if self._keep(answer) or self._seen(at, sign) == bound or self._reached(at, sign, bound, answer):
            return bound
        whole = self._solve(aim, self.low, self.high, whole=True)
        if whole is None:
            return bound
        self._keep(whole)
        return float(np.rint(whole[at]) * sign)

    def _seen(self, at: int, sign: float) -> float:
        return float(self.least[at] if sign > 0 else -self.most[at])

    def _keep(self, answer: Floats) -> bool:
        """Remember a table if it is whole, and say whether it is."""
        whole = np.rint(answer)
        if np.abs(answer - whole).max() > EPS:
            return False
        self.least, self.most = np.minimum(self.least, whole), np.maximum(self.most, whole)
        return True

    def _reached(self, at: int, sign: float, bound: float, answer: Floats) -> bool:
        """Whether a whole table has the number at its bound, by dives that keep it there."""
        lows, highs = self.low.copy(), self.high.copy()
        lows[at] = highs[at] = bound * sign
        for _ in range(WAYS):
            # Any table will do, so chance says which: another corner each time.
            aim = np.where(np.isfinite(lows), self.mixed.uniform(0, 1, len(lows)), 0)
            start = answer if abs(answer[at] - bound * sign) < EPS else self._solve(aim, lows, highs)
            if start is None:
                return False
            whole = dive(partial(self._solve, aim), start, lows, highs, self.mixed)
            if whole is not None and self._keep(whole):
                return True
        return False

    def _solve(self, aim: Floats, lows: Floats, highs: Floats, *, whole: bool = False) -> Floats | None:
        """Return the answer of least aim; None when there is none, without a bound or (in whole numbers) in time."""
        found = milp(
            aim,
            constraints=LinearConstraint(self.matrix, self.right, self.right),
            bounds=Bounds(lows, highs),
            integrality=np.full(len(aim), int(whole)),
            options={"time_limit": TIME_LIMIT} if whole else {"presolve": False},
        )
        if found.status == 2 and lows is self.low:
            raise DisclosureError(
                "the published numbers contradict each other, so these tables are not of the same records"
            )
        return None if found.x is None else np.asarray(found.x, dtype=np.float64)
