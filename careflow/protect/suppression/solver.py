"""A program that is solved many times with other bounds and prices: HiGHS begins each time from where it ended."""

from __future__ import annotations

from typing import Any, Final

import highspy
import numpy as np
from scipy import sparse

from careflow.protect.suppression.linear_system import Floats

MAX_NODES: Final = 5_000
"""The most nodes of one integer program. A limit in seconds would hide other cells on a slow machine."""
OPTIONS: Final[dict[str, bool | int | str]] = {
    "output_flag": False,
    "threads": 1,
    # Presolving takes as long as solving, and would forget the last basis.
    "presolve": "off",
}


class _Silent(highspy.Highs):
    """HiGHS without its banner: enabling callbacks, of which none is used, prints one."""

    def enableCallbacks(self) -> None:
        """Do nothing."""


class Solver:
    """Minimise ``price x`` subject to ``A x = 0`` and ``lows <= x <= highs``, again and again.

    Attributes
    ----------
    price, lows, highs : ndarray of float, shape (columns,)
        As the solver has them now: only what differs is changed.

    Examples
    --------
    >>> solver = Solver(sparse.csc_array([[1.0, -1.0]]))
    >>> solver.solve(np.ones(2), np.array([3.0, 0.0]), np.array([9.0, 9.0])).tolist()
    [3.0, 3.0]
    >>> solver.solve(np.ones(2), np.array([3.0, 0.0]), np.array([9.0, 2.0])) is None
    True
    """

    def __init__(self, matrix: sparse.csc_array) -> None:
        rows, columns = matrix.shape
        self.price, self.lows, self.highs = (np.zeros(columns) for _ in range(3))
        program: Any = highspy.HighsLp()
        program.num_row_, program.num_col_ = rows, columns
        program.col_cost_, program.col_lower_, program.col_upper_ = self.price, self.lows, self.highs
        program.row_lower_ = program.row_upper_ = np.zeros(rows)
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = matrix.indptr
        program.a_matrix_.index_ = matrix.indices
        program.a_matrix_.value_ = matrix.data.astype(np.float64)
        self.highs_solver: Any = _Silent()  # type: ignore[no-untyped-call]
        for name, value in OPTIONS.items():
            self.highs_solver.setOptionValue(name, value)
        self.highs_solver.passModel(program)

    def solve(self, price: Floats, lows: Floats, highs: Floats) -> Floats | None:
        """Return a solution, or None where there is none."""
        self._change(price, lows, highs)
        self.highs_solver.run()
        if self.highs_solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self.highs_solver.getSolution().col_value)

    def solve_integer(self, price: Floats, lows: Floats, highs: Floats, gap: float) -> Floats | None:
        """Return a solution in whole numbers to a relative gap, or None where none was found within `MAX_NODES`."""
        solver, columns = self.highs_solver, np.arange(len(self.price), dtype=np.int32)
        self._change(price, lows, highs)
        options: dict[str, Any] = {"presolve": "choose", "mip_max_nodes": MAX_NODES, "mip_rel_gap": gap}
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.changeColsIntegrality(len(columns), columns, np.full(len(columns), 1, dtype=np.uint8))
        solver.run()
        # At the limit it may be feasible and not the best.
        feasible = solver.getInfo().primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
        solution = np.array(solver.getSolution().col_value) if feasible else None
        solver.changeColsIntegrality(len(columns), columns, np.zeros(len(columns), dtype=np.uint8))
        solver.setOptionValue("presolve", OPTIONS["presolve"])
        return solution

    def _change(self, price: Floats, lows: Floats, highs: Floats) -> None:
        solver = self.highs_solver
        columns = np.flatnonzero(price != self.price).astype(np.int32)
        if len(columns):
            solver.changeColsCost(len(columns), columns, price[columns])
        columns = np.flatnonzero((lows != self.lows) | (highs != self.highs)).astype(np.int32)
        if len(columns):
            solver.changeColsBounds(len(columns), columns, lows[columns], highs[columns])
        self.price, self.lows, self.highs = price.copy(), lows.copy(), highs.copy()
