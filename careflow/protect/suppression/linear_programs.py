"""The programs of the search: the cheapest change of a table that moves one cell, and the least value of a cell.

Linear programs, solved by HiGHS. Where the solution is not whole, the diving heuristic of
`careflow.protect.suppression.diving` is tried, then an integer program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from careflow.protect.suppression.diving import EPS, round_by_diving
from careflow.protect.suppression.linear_system import Bools, Floats, Ints, System
from careflow.protect.suppression.protection_goals import ProtectionGoals
from careflow.protect.suppression.solver import Solver

ATTEMPTS: Final = 4
"""Diving attempts; all but the first at slightly random prices."""

HIDDEN_PRICE: Final = 1.0
"""The cost of moving a hidden cell by one; to move a shown cell, and so to hide it, costs a thousand or more."""
GOAL_REWARD: Final = 10_000.0
"""The reward of a goal when many are met together: more than the cost of moving the hidden cells that it takes."""
REWARD_SPREAD: Final = 10.0
"""Rewards vary by up to a factor of exp(10), or every goal would be met by half."""


@dataclass(frozen=True, eq=False)
class LinearProgram:
    """A linear program over the rises, then the falls, of some cells.

    Attributes
    ----------
    cells : ndarray of int, shape (n,)
        The cells that may move.
    lows, highs, price : ndarray of float, shape (2 n,)
        Bounds, and the price of a unit.
    """

    cells: Ints
    lows: Floats
    highs: Floats
    price: Floats


class Program:
    """Changes ``y`` of the table of a system: ``M y = 0``, each cell within the bounds that a reader knows."""

    def __init__(self, system: System) -> None:
        self.system = system
        columns = sparse.csc_array(system.relations)
        self.solver = Solver(sparse.csc_array(sparse.hstack([columns, -columns])))

    def cheapest(
        self, cell: int, low: float, high: float, cells: Ints, prices: Floats, *, exact: bool = True
    ) -> Ints | None:
        """Return the cheapest whole change of ``cells`` that brings ``cell`` into ``[low, high]``, or None.

        Parameters
        ----------
        prices : ndarray of float, shape (cells of the system,)
            The cost of moving each cell by one.
        exact : bool
            Try integer programs where diving finds no whole solution; otherwise return None then.
        """
        program = self._towards(cell, low, high, cells, prices)
        solution = None if program is None else self._solve(program)
        if program is None or solution is None:
            return None
        change = self._diving(program, solution, np.random.default_rng(cell), ATTEMPTS)
        if change is not None or not exact:
            return change
        moved = np.abs(solution).reshape(2, -1).max(axis=0) > 1e-7
        used = cells[moved | (prices[cells] <= HIDDEN_PRICE)]
        for subset in (used, cells) if len(used) < len(cells) else (cells,):
            program = self._towards(cell, low, high, subset, prices)
            solution = None if program is None else self._solve(program, gap=0.2)
            if (
                program is not None
                and solution is not None
                and (change := self._integer_change(program, solution)) is not None
            ):
                return change
        return None

    def least(self, cell: int, cells: Ints) -> int:
        """Return the least value of ``cell`` in any whole-number table that moves ``cells`` only."""
        value = int(self.system.values[cell])
        objective = np.zeros(len(self.system))
        objective[cell] = 1.0
        program = self._towards(cell, -np.inf, value, cells, objective)
        if program is None:
            return value
        program.price[len(cells) :] *= -1
        solution = self._solve(program, gap=0.0)
        change = None if solution is None else self._integer_change(program, solution)
        return value if change is None else value + int(change[cell])

    def meet_many(
        self, goals: ProtectionGoals, unmet: Bools, cells: Ints, prices: Floats, rng: np.random.Generator
    ) -> Ints | None:
        """Return a whole change of ``cells`` that meets many of the unmet goals at once, or None.

        One linear program: each goal rewards its cell for moving towards its interval. Where a cell has goals up and
        down, and where goals compete, the choice is random; call it again for the others.
        """
        program, n = self._unrestricted(cells, prices), len(cells)
        position = np.full(len(self.system), -1)
        position[cells] = np.arange(n)
        chosen = rng.permutation(np.flatnonzero(unmet & np.isinf(goals.min_size)))
        chosen = chosen[position[goals.cells[chosen]] >= 0]
        _, first_of_cell = np.unique(goals.cells[chosen], return_index=True)
        chosen = chosen[first_of_cell]
        index, value = position[goals.cells[chosen]], self.system.values[goals.cells[chosen]]
        up, down = goals.low[chosen] - value, value - goals.high[chosen]
        variable, size = np.where(up > 0, index, n + index), np.maximum(up, down)
        program.highs[variable] = np.minimum(program.highs[variable], size)
        program.price[variable] = -GOAL_REWARD * np.exp(rng.uniform(0, REWARD_SPREAD, len(variable))) / size
        solution = self._solve(program)
        return None if solution is None else self._diving(program, solution, rng, ATTEMPTS // 2)

    def _unrestricted(self, cells: Ints, prices: Floats) -> LinearProgram:
        """Return the program in which each cell may move within the bounds that a reader knows, at a price a unit."""
        system = self.system
        value = system.values[cells].astype(np.float64)
        rise, fall = np.maximum(system.highest[cells] - value, 0), np.maximum(value - system.lowest[cells], 0)
        return LinearProgram(cells, np.zeros(2 * len(cells)), np.concatenate([rise, fall]), np.tile(prices[cells], 2))

    def _towards(self, cell: int, low: float, high: float, cells: Ints, prices: Floats) -> LinearProgram | None:
        """Return the program that brings ``cell`` into ``[low, high]``, None where its bounds exclude that."""
        index = np.flatnonzero(cells == cell)
        if len(index) == 0:
            return None
        program, n, value = self._unrestricted(cells, prices), len(cells), float(self.system.values[cell])
        if low > value:
            program.lows[index], program.highs[n + index] = low - value, 0
        if high < value:
            program.lows[n + index], program.highs[index] = value - high, 0
        return None if (program.lows > program.highs).any() else program

    def _diving(self, program: LinearProgram, solution: Floats, rng: np.random.Generator, attempts: int) -> Ints | None:
        """Return a whole change within the bounds, by diving from a linear solution; None when no dive finds one."""
        if (change := self._integer_change(program, solution)) is not None:
            return change
        for attempt in range(attempts):
            price = program.price * rng.uniform(0.5, 1.5, len(program.price)) if attempt else program.price
            integer = round_by_diving(
                self._with_prices(program.cells, price), solution, program.lows, program.highs, rng
            )
            if integer is not None and (change := self._integer_change(program, integer)) is not None:
                return change
        return None

    def _with_prices(self, cells: Ints, price: Floats) -> Callable[[Floats, Floats], Floats | None]:
        """Return the solution of the program with these prices as a function of its bounds."""
        return lambda lows, highs: self._solve(LinearProgram(cells, lows, highs, price))

    def _integer_change(self, program: LinearProgram, solution: Floats) -> Ints | None:
        """Return the change of the whole table, if the solution is whole and the sums hold."""
        moved = np.rint(solution).astype(np.int64)
        n, change = len(program.cells), np.zeros(len(self.system), dtype=np.int64)
        change[program.cells] = moved[:n] - moved[n:]
        if np.abs(solution - moved).max(initial=0) > EPS or (self.system.relations @ change).any():
            return None
        return change

    def _solve(self, program: LinearProgram, *, gap: float | None = None) -> Floats | None:
        """Minimise price (rises, falls); with ``gap`` in whole numbers, to that relative gap. None: no solution."""
        size = len(self.system)
        columns = np.concatenate([program.cells, size + program.cells])
        price, lows, highs = (np.zeros(2 * size) for _ in range(3))
        price[columns], lows[columns], highs[columns] = program.price, program.lows, program.highs
        if gap is None:
            solution = self.solver.solve(price, lows, highs)
        else:
            solution = self.solver.solve_integer(price, lows, highs, gap)
        return None if solution is None else solution[columns]
