"""From a linear answer to whole numbers."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from careflow.protect import prove, table
from careflow.protect.suppression import linear_programs
from careflow.protect.suppression import solver as solver_module
from careflow.protect.suppression.diving import round_by_diving

ODD = np.array([[1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0]])
"""Three numbers, each two of which make a sum: at 3, 3, 3 all are 1.5, unless the fourth takes 1."""


def solver(right, most):
    def solve(lows, highs):
        found = linprog([1, 1, 1, 5], A_eq=ODD, b_eq=right, bounds=np.c_[lows, np.minimum(highs, most)])
        return found.x if found.status == 0 else None

    return solve


def test_a_dive_ends_at_whole_numbers_within_the_program() -> None:
    solve, lows, highs = solver([3, 3, 3], [9, 9, 9, 9]), np.zeros(4), np.full(4, 9.0)
    start = solve(lows, highs)
    assert np.abs(start - np.rint(start)).max() > 0.4
    ways = [round_by_diving(solve, start, lows, highs, np.random.default_rng(seed)) for seed in range(8)]
    found = [way for way in ways if way is not None]  # to bound 1.5 by 2 leads nowhere: chance decides
    assert len(found) >= 2
    assert all(np.array_equal(way, np.rint(way)) and (ODD @ way == [3, 3, 3]).all() for way in found)


def test_diving_without_an_integer_solution_gives_none() -> None:
    """The bounds are left as they were."""
    solve, lows, highs = solver([3, 3, 3], [9, 9, 9, 0]), np.zeros(4), np.full(4, 9.0)
    assert round_by_diving(solve, solve(lows, highs), lows, highs, np.random.default_rng(0)) is None
    assert not lows.any()
    assert (highs == 9).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_sparse_tables_of_three_axes_are_proved_without_integer_programs(seed, monkeypatch) -> None:
    solve, whole = linear_programs.Program._solve, []

    def counted(self, box, *, gap=None):
        whole.append(gap is not None)
        return solve(self, box, gap=gap)

    monkeypatch.setattr(linear_programs.Program, "_solve", counted)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(600, rng.dirichlet(np.full(120, 0.35))).reshape(5, 6, 4)
    assert prove(table(counts)).check()
    assert len(whole) > 50
    assert sum(whole) <= 2


@pytest.mark.slow
def test_an_integer_program_ends_after_nodes_and_not_after_seconds(monkeypatch) -> None:
    """On a slow machine a limit in seconds would hide other cells than on a fast one."""
    rng = np.random.default_rng(3)
    weights = rng.integers(900, 2000, 40).astype(float)
    matrix = sparse.csc_array(np.append(weights, -1.0)[None, :])
    lows, highs = np.append(np.zeros(40), 21_001.0), np.append(np.ones(40), 21_001.0)
    for nodes in (1, 5_000):
        monkeypatch.setattr(solver_module, "MAX_NODES", nodes)
        program = solver_module.Solver(matrix)
        program.solve_integer(np.append(weights * rng.random(40), 0.0), lows, highs, 0.0)
        assert program.highs_solver.getInfo().mip_node_count <= nodes
        assert program.highs_solver.getOptionValue("time_limit")[1] == np.inf
