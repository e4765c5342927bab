"""Chi-squared tests of tables, plain and clustered, each worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from careflow.estimate.stats.homogeneity import Table, chi_squared, residuals


def test_a_table_of_one_row_is_no_test() -> None:
    for cells in (np.full((1, 3, 2), 20), np.full((3, 1, 2), 20), np.full((0, 3, 2), 20)):
        table = residuals(cells)
        assert (table.residuals.size, table.without.shape, table.df) == (0, (0, 2), 0)
        assert (table.n, table.rows) == (cells.sum(), len(cells))


def test_two_histories_and_two_next_steps_are_a_test() -> None:
    table = residuals(np.array([[[10], [30]], [[30], [10]]]))
    assert (table.df, table.n, table.rows) == (1, 80, 2)
    assert (table.residuals**2).sum() == pytest.approx(20.0)


@pytest.mark.parametrize("much", [1.0, 0.1])
def test_the_clustered_test_of_a_table_is_rao_and_scotts_second_order_f(much: float) -> None:
    """Three groups and two residuals, each changed by leaving a group out as written here."""
    z, change = np.array([3.0, 1.0]), np.array([[1.0, -1.0, 0.5], [0.0, 2.0, -1.0]]) * much
    table = Table(z, z[:, None] + change, 2, 50, 2)
    delta = 2 / 3 * change @ change.T
    about = np.trace(delta) ** 2 / np.trace(delta @ delta)
    statistic, df, effect, p = chi_squared([table], np.ones(3, dtype=bool))
    assert (statistic, df, effect) == (pytest.approx(10), 2, pytest.approx(np.trace(delta) / 2))
    assert p == pytest.approx(stats.f.sf(10 / np.trace(delta), about, about * 2), rel=1e-9)


def test_two_groups_have_a_test_of_a_table_unless_nothing_varies() -> None:
    z, two = np.array([2.0]), np.array([True, True])
    statistic, _, effect, p = chi_squared([Table(z, np.array([[1.0, 3.0]]), 1, 20, 2)], two)
    assert (statistic, effect, p) == pytest.approx((4, 1, stats.f.sf(4, 1, 1)))
    assert np.isnan(chi_squared([Table(z, np.array([[2.0, 2.0]]), 1, 20, 2)], two)[2:]).all()


def test_a_table_without_jackknife_variance_has_no_clustered_test() -> None:
    alike = residuals(np.full((2, 2, 5), 10))
    statistic, df, effect, p = chi_squared([alike], np.ones(5, dtype=bool))
    assert (statistic, df) == (pytest.approx(0), 1)
    assert np.isnan([effect, p]).all()
    alone = chi_squared([residuals(np.array([[[10], [30]], [[30], [10]]]))], np.ones(1, dtype=bool))
    assert alone[:2] == (pytest.approx(20), 1)
    assert np.isnan(alone[2:]).all()


def test_histories_and_next_steps_seen_ten_times_are_kept() -> None:
    table = np.array([[[10], [20]], [[0], [10]], [[0], [9]]])
    actual = residuals(table)
    assert (actual.n, actual.rows, actual.df) == (40, 2, 1)
