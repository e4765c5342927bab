"""The programs behind the search: the cheapest change of a table that moves one cell, and the least a cell can be.

Linear programs by HiGHS through `scipy.optimize.milp`; the same as an integer program where the answer is not whole.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from careflow.protect.goals import Goals
from careflow.protect.system import Bools, Floats, Ints, System

TIME_LIMIT: Final = 60.0
"""Seconds that one integer program may take."""

OTHER_CORNERS: Final = 4
"""How often a linear program is solved again at prices slightly off, before an integer program is tried."""

PAID: Final = 10.0
"""What a goal is worth when many are met together: more than the moves between hidden cells that it takes;"""
APART: Final = 10.0
"""some are worth exp(10) times as much, or each would be met by half."""


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
        if (change := self._aimed(solved, p, low, high)) is not None:
            return change
        # Another corner of the same program is often whole, and a hundred times cheaper than an integer program.
        mixed = np.random.default_rng(p)
        for _ in range(OTHER_CORNERS):
            other = self._solve(p, low, high, cells, prices * mixed.uniform(0.5, 1.5, len(prices)), whole=False)
            if other is not None and (change := self._aimed(other, p, low, high)) is not None:
                return change
        used = cells[(np.abs(solved[cells]) > 1e-7) | (prices[cells] < 1)]
        for some in (used, cells) if exact else (used,):
            solved = self._solve(p, low, high, some, prices, whole=True)
            if solved is not None and (change := self._aimed(solved, p, low, high)) is not None:
                return change
        return None

    def least(self, p: int, cells: Ints) -> int:
        """Return the least value of cell ``p`` in any whole table that moves ``cells`` only."""
        aim = np.zeros(len(self.system))
        aim[p] = 1.0
        value = int(self.system.values[p])
        solved = self._solve(p, -np.inf, value, cells, aim, whole=True, signed=True)
        change = None if solved is None else self._aimed(solved, p, -np.inf, value)
        return value if change is None else value + int(change[p])

    def _aimed(self, solved: Floats, p: int, low: float, high: float) -> Ints | None:
        """Return the change in whole numbers if that is what the solver found, and cell ``p`` is where it should be."""
        change = self._whole(solved)
        return None if change is None or not low <= self.system.values[p] + change[p] <= high else change

    def _whole(self, solved: Floats) -> Ints | None:
        change = np.rint(solved).astype(np.int64)
        if np.abs(solved - change).max(initial=0) > 1e-5 or (self.system.relations @ change).any():
            return None
        return change

    def together(
        self, goals: Goals, opened: Bools, cells: Ints, prices: Floats, mixed: np.random.Generator
    ) -> Ints | None:
        """Return a whole change of ``cells`` that meets many of the open goals at once, or None.

        One linear program: each goal's cell is paid for going its way, as far as the goal asks. Where a cell has goals
        both ways, and where several compete, chance decides; call it again for the rest.
        """
        value, n = self.system.values[cells].astype(np.float64), len(cells)
        rise, fall = np.maximum(self.system.highest[cells] - value, 0), np.maximum(value - self.system.lowest[cells], 0)
        highs, price = np.concatenate([rise, fall]), np.concatenate([prices[cells], prices[cells]])
        place = np.full(len(self.system), -1)
        place[cells] = np.arange(n)
        chosen = mixed.permutation(np.flatnonzero(opened & np.isinf(goals.apart)))
        chosen = chosen[place[goals.cells[chosen]] >= 0]
        _, first = np.unique(goals.cells[chosen], return_index=True)
        chosen = chosen[first]
        at = place[goals.cells[chosen]]
        up, down = goals.low[chosen] - value[at], value[at] - goals.high[chosen]
        way, size = np.where(up > 0, at, n + at), np.maximum(up, down)
        highs[way] = np.minimum(highs[way], size)
        price[way] = -PAID * np.exp(mixed.uniform(0, APART, len(way))) / size
        solved = self._change(np.zeros(2 * n), highs, price, cells)
        return None if solved is None else self._whole(solved)

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
        price = prices[cells]
        price = np.concatenate([price, -price if signed else price])
        return self._change(lows, highs, price, cells, gap=(0.0 if signed else 0.2) if whole else None)

    def _change(
        self, lows: Floats, highs: Floats, price: Floats, cells: Ints, *, gap: float | None = None
    ) -> Floats | None:
        """Solve for the rises, then the falls, of some cells; in whole numbers, near enough to the best, with a gap."""
        n, matrix = len(cells), self.columns[:, cells]
        matrix = matrix[np.diff(sparse.csr_array(matrix).indptr) > 0]
        answer = milp(
            price,
            constraints=LinearConstraint(sparse.csc_array(sparse.hstack([matrix, -matrix])), 0, 0),
            bounds=Bounds(lows, highs),
            integrality=np.full(2 * n, int(gap is not None)),
            # The same program comes back with other bounds: to presolve it takes as long as to solve it.
            options={"presolve": False} if gap is None else {"time_limit": TIME_LIMIT, "mip_rel_gap": gap},
        )
        if answer.x is None:
            return None
        change = np.zeros(len(self.system))
        change[cells] = answer.x[:n] - answer.x[n:]
        return change
