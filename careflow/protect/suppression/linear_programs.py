"""The programs behind the search: the cheapest change of a table that moves one cell, and the least a cell can be.

Linear programs by HiGHS through `scipy.optimize.milp`. Where the answer is not whole,
`careflow.protect.suppression.diving` bounds it towards whole numbers and solves again; an integer program is the last
resort.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from careflow.protect.suppression.diving import EPS, dive
from careflow.protect.suppression.linear_system import Bools, Floats, Ints, System
from careflow.protect.suppression.protection_goals import Goals

TIME_LIMIT: Final = 60.0
"""Seconds that one integer program may take."""

DIVES: Final = 4
"""How often a way to whole numbers is tried, at prices slightly off but for the first time."""

HIDDEN_PRICE: Final = 1.0
"""What it costs to move a hidden cell by one; to move a shown one, and so to hide it, costs a thousand and more."""
PAID: Final = 10_000.0
"""What a goal is worth when many are met together: more than the moves between hidden cells that it takes;"""
APART: Final = 10.0
"""some are worth exp(10) times as much, or each would be met by half."""


@dataclass(frozen=True, eq=False)
class Box:
    """A linear program over the rises, then the falls, of some cells.

    Attributes
    ----------
    cells : ndarray of int, shape (n,)
        What may move.
    lows, highs, price : ndarray of float, shape (2 n,)
        Bounds, and the price of a unit.
    """

    cells: Ints
    lows: Floats
    highs: Floats
    price: Floats


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
            Try integer programs where linear ones do not come to whole numbers; otherwise give up then.
        """
        box = self._box(p, low, high, cells, prices)
        solved = None if box is None else self._solve(box)
        if box is None or solved is None:
            return None
        change = self._dived(box, solved, np.random.default_rng(p), DIVES)
        if change is not None or not exact:
            return change
        moved = np.abs(solved).reshape(2, -1).max(axis=0) > 1e-7
        used = cells[moved | (prices[cells] <= HIDDEN_PRICE)]
        for some in (used, cells) if len(used) < len(cells) else (cells,):
            box = self._box(p, low, high, some, prices)
            solved = None if box is None else self._solve(box, gap=0.2)
            if box is not None and solved is not None and (change := self._whole(box, solved)) is not None:
                return change
        return None

    def least(self, p: int, cells: Ints) -> int:
        """Return the least value of cell ``p`` in any whole table that moves ``cells`` only."""
        value = int(self.system.values[p])
        aim = np.zeros(len(self.system))
        aim[p] = 1.0
        box = self._box(p, -np.inf, value, cells, aim)
        if box is None:
            return value
        box.price[len(cells) :] *= -1
        solved = self._solve(box, gap=0.0)
        change = None if solved is None else self._whole(box, solved)
        return value if change is None else value + int(change[p])

    def together(
        self, goals: Goals, opened: Bools, cells: Ints, prices: Floats, mixed: np.random.Generator
    ) -> Ints | None:
        """Return a whole change of ``cells`` that meets many of the open goals at once, or None.

        One linear program: each goal's cell is paid for going its way, as far as the goal asks. Where a cell has goals
        both ways, and where several compete, chance decides; call it again for the rest.
        """
        box, n = self._free(cells, prices), len(cells)
        place = np.full(len(self.system), -1)
        place[cells] = np.arange(n)
        chosen = mixed.permutation(np.flatnonzero(opened & np.isinf(goals.apart)))
        chosen = chosen[place[goals.cells[chosen]] >= 0]
        _, first = np.unique(goals.cells[chosen], return_index=True)
        chosen = chosen[first]
        at, value = place[goals.cells[chosen]], self.system.values[goals.cells[chosen]]
        up, down = goals.low[chosen] - value, value - goals.high[chosen]
        way, size = np.where(up > 0, at, n + at), np.maximum(up, down)
        box.highs[way] = np.minimum(box.highs[way], size)
        box.price[way] = -PAID * np.exp(mixed.uniform(0, APART, len(way))) / size
        solved = self._solve(box)
        return None if solved is None else self._dived(box, solved, mixed, DIVES // 2)

    def _free(self, cells: Ints, prices: Floats) -> Box:
        """Return the program in which each cell may go as far as a reader can think, at a price a unit."""
        system = self.system
        value = system.values[cells].astype(np.float64)
        rise, fall = np.maximum(system.highest[cells] - value, 0), np.maximum(value - system.lowest[cells], 0)
        return Box(cells, np.zeros(2 * len(cells)), np.concatenate([rise, fall]), np.tile(prices[cells], 2))

    def _box(self, p: int, low: float, high: float, cells: Ints, prices: Floats) -> Box | None:
        """Return the program that brings cell ``p`` into ``[low, high]``, None where it cannot go there."""
        at = np.flatnonzero(cells == p)
        if len(at) == 0:
            return None
        box, n, value = self._free(cells, prices), len(cells), float(self.system.values[p])
        if low > value:
            box.lows[at], box.highs[n + at] = low - value, 0
        if high < value:
            box.lows[n + at], box.highs[at] = value - high, 0
        return None if (box.lows > box.highs).any() else box

    def _dived(self, box: Box, solved: Floats, mixed: np.random.Generator, ways: int) -> Ints | None:
        """Return a whole change in the box, from a linear answer on; None when no way comes to whole numbers."""
        if (change := self._whole(box, solved)) is not None:
            return change
        for way in range(ways):
            price = box.price * mixed.uniform(0.5, 1.5, len(box.price)) if way else box.price
            whole = dive(self._at(box.cells, price), solved, box.lows, box.highs, mixed)
            if whole is not None and (change := self._whole(box, whole)) is not None:
                return change
        return None

    def _at(self, cells: Ints, price: Floats) -> Callable[[Floats, Floats], Floats | None]:
        """Return the program of these prices as a function of its bounds."""
        return lambda lows, highs: self._solve(Box(cells, lows, highs, price))

    def _whole(self, box: Box, solved: Floats) -> Ints | None:
        """Return the change of the whole table, if the answer is whole and the sums hold."""
        moved = np.rint(solved).astype(np.int64)
        n, change = len(box.cells), np.zeros(len(self.system), dtype=np.int64)
        change[box.cells] = moved[:n] - moved[n:]
        if np.abs(solved - moved).max(initial=0) > EPS or (self.system.relations @ change).any():
            return None
        return change

    def _solve(self, box: Box, *, gap: float | None = None) -> Floats | None:
        """Solve min price (rises, falls); in whole numbers, near enough to the best, with a gap. None: no answer."""
        n, matrix = len(box.cells), self.columns[:, box.cells]
        matrix = matrix[np.diff(sparse.csr_array(matrix).indptr) > 0]
        answer = milp(
            box.price,
            constraints=LinearConstraint(sparse.csc_array(sparse.hstack([matrix, -matrix])), 0, 0),
            bounds=Bounds(box.lows, box.highs),
            integrality=np.full(2 * n, int(gap is not None)),
            # The same program comes back with other bounds: to presolve it takes as long as to solve it.
            options={"presolve": False} if gap is None else {"time_limit": TIME_LIMIT, "mip_rel_gap": gap},
        )
        return None if answer.x is None else np.asarray(answer.x, dtype=np.float64)
