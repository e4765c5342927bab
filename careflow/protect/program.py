"""The programs behind the search: the cheapest change of a table that moves one cell, and the least a cell can be.

Linear programs by HiGHS through `scipy.optimize.milp`; the same as an integer program where the answer is not whole.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from careflow.protect.system import Floats, Ints, System

TIME_LIMIT: Final = 60.0
"""Seconds that one integer program may take."""

OTHER_CORNERS: Final = 4
"""How often a linear program is solved again at prices slightly off, before an integer program is tried."""


class Program:
    """Changes ``y`` of one system's table: ``M y = 0``, each cell within what a reader knows of it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.columns = sparse.csc_array(system.relations).astype(np.float64)

    def cheapest(
        self, p: int, low: float, high: float, cells: Ints, prices: Floats, *, exact: bool = True
    ) -> Ints | None:
        """Return the cheapest whole change of ``cells`` that brings cell ``p`` into ``[low, high]``, or None.

        Parameters
        ----------
        prices : ndarray of float, shape (cells of the system,)
            What moving each cell by one costs.
        exact : bool
            Try integer programs over all cells when the linear answer is not whole; otherwise give up sooner.
        """
        solved = self._solve(p, low, high, cells, prices, whole=False)
        if solved is None:
            return None
        if (change := self._whole(solved, p, low, high)) is not None:
            return change
        # Another corner of the same program is often whole, and a hundred times cheaper than an integer program.
        mixed = np.random.default_rng(p)
        for _ in range(OTHER_CORNERS):
            other = self._solve(p, low, high, cells, prices * mixed.uniform(0.5, 1.5, len(prices)), whole=False)
            if other is not None and (change := self._whole(other, p, low, high)) is not None:
                return change
        used = cells[(np.abs(solved[cells]) > 1e-7) | (prices[cells] < 1)]
        for some in (used, cells) if exact else (used,):
            solved = self._solve(p, low, high, some, prices, whole=True)
            if solved is not None and (change := self._whole(solved, p, low, high)) is not None:
                return change
        return None

    def least(self, p: int, cells: Ints) -> int:
        """Return the least value of cell ``p`` in any whole table that moves ``cells`` only."""
        aim = np.zeros(len(self.system))
        aim[p] = 1.0
        value = int(self.system.values[p])
        solved = self._solve(p, -np.inf, value, cells, aim, whole=True, signed=True)
        change = None if solved is None else self._whole(solved, p, -np.inf, value)
        return value if change is None else value + int(change[p])

    def _whole(self, solved: Floats, p: int, low: float, high: float) -> Ints | None:
        """Return the change in whole numbers if that is what the solver found."""
        change = np.rint(solved).astype(np.int64)
        if np.abs(solved - change).max(initial=0) > 1e-5 or (self.system.relations @ change).any():
            return None
        return change if low <= self.system.values[p] + change[p] <= high else None

    def _solve(
        self, p: int, low: float, high: float, cells: Ints, prices: Floats, *, whole: bool, signed: bool = False
    ) -> Floats | None:
        """Solve min prices |y| (or prices y, ``signed``), with the rise and the fall of a cell as variables apart."""
        system = self.system
        value, n = system.values[cells].astype(np.float64), len(cells)
        rise, fall = np.maximum(system.highest[cells] - value, 0), np.maximum(value - system.lowest[cells], 0)
        at = np.flatnonzero(cells == p)
        if len(at) == 0:
            return None
        gain, loss = low - value[at[0]], value[at[0]] - high
        lows = np.zeros(2 * n)
        if gain > 0:
            lows[at], fall[at] = gain, 0
        if loss > 0:
            lows[n + at], rise[at] = loss, 0
        highs = np.concatenate([rise, fall])
        if (lows > highs).any():
            return None
        matrix = self.columns[:, cells]
        price = prices[cells]
        answer = milp(
            np.concatenate([price, -price if signed else price]),
            constraints=LinearConstraint(sparse.csc_array(sparse.hstack([matrix, -matrix])), 0, 0),
            bounds=Bounds(lows, highs),
            integrality=np.full(2 * n, int(whole)),
            options={"time_limit": TIME_LIMIT, "mip_rel_gap": 0.0 if signed else 0.2} if whole else {},
        )
        if answer.x is None:
            return None
        change = np.zeros(len(system))
        change[cells] = answer.x[:n] - answer.x[n:]
        return change
