"""Scores of groups, their covariance, and the tests made of them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.direct import process_table

from careflow.estimate.stats.gray import gray
from careflow.estimate.stats.group_scores import GroupArrays, Score, covariance_of_sums, group_arrays
from careflow.estimate.stats.logrank import log_rank


def two_arms(seed: int) -> pd.DataFrame:
    """Return made-up stays of two arms, several a person, as counts of two causes."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(120), 3)
    exit, follow = rng.geometric(1 / (15 + person % 20)), rng.integers(10, 60, len(person))
    what = np.where(exit <= follow, rng.integers(0, 2, len(person)), 201)
    rows = pd.DataFrame(
        {"arm": person % 2, "jackknife_group": person % 12, "entry": 0, "exit": np.minimum(exit, follow)}
    )
    return process_table(rows.assign(event=what), by=("arm",))


def seen(table: pd.DataFrame) -> GroupArrays:
    return group_arrays(table, table["arm"].cat.codes.to_numpy(dtype=np.int64), 2, (0, 1))


def of_gray(table: pd.DataFrame, cluster: str | None) -> Score:
    return gray(seen(table), np.array([[0, 1]]), cluster)[0]  # type: ignore[arg-type]


def of_log_rank(table: pd.DataFrame, cluster: str | None) -> Score:
    return log_rank(seen(table), cluster)  # type: ignore[arg-type]


@pytest.mark.parametrize("test", [of_gray, of_log_rank])
def test_the_clustered_covariance_is_that_of_leave_one_out_scores(test: object) -> None:
    """The scores of a test, without each jackknife group in turn."""
    table = two_arms(8)
    whole = test(table, "person")  # type: ignore[operator]
    z = whole.observed - whole.expected
    without = []
    for one in range(12):
        left = test(table[table["jackknife_group"] != one], None)  # type: ignore[operator]
        without.append(left.observed - left.expected)
    np.testing.assert_allclose(whole.variance, covariance_of_sums(z, np.stack(without, axis=1)), rtol=1e-9)
    u = np.stack(without, axis=1) * 12 / 11 - z[:, None]
    np.testing.assert_allclose(whole.variance, 11 / 12 * u @ u.T, rtol=1e-9)


def test_a_clustered_test_of_groups_is_hotellings() -> None:
    """With 3 arms and 12 clusters the statistic is (12 - 1) * 2 / (12 - 2) times an F of 2 and 10 degrees."""
    z, variance = np.array([4.0, -1.0, -3.0]), np.array([[4.0, -2.0, -2.0], [-2.0, 4.0, -2.0], [-2.0, -2.0, 4.0]])
    score = Score(z, np.zeros(3), variance)
    for clusters, p in ((None, stats.chi2.sf(13 / 3, 2)), (12, stats.f.sf(13 / 3 * 10 / (11 * 2), 2, 10))):
        assert score.test(clusters) == (pytest.approx(13 / 3), 2, pytest.approx(p, rel=1e-9))
    assert np.isnan(score.test(2)[2])


@pytest.mark.parametrize("unit", [1e-7, 1.0, 1e7])
def test_a_test_of_groups_does_not_depend_on_the_unit_of_its_scores(unit: float) -> None:
    variance = np.array([[4.0, -2.0, -2.0], [-2.0, 4.0, -2.0], [-2.0, -2.0, 4.0]])
    score = Score(np.array([4.0, -1.0, -3.0]) * unit, np.zeros(3), variance * unit**2)
    assert score.test(None)[:2] == (pytest.approx(13 / 3), 2)


def test_three_clusters_are_enough_for_three_groups() -> None:
    variance = np.array([[4.0, -2.0, -2.0], [-2.0, 4.0, -2.0], [-2.0, -2.0, 4.0]])
    p = Score(np.array([4.0, -1.0, -3.0]), np.zeros(3), variance).test(3)[2]
    assert p == pytest.approx(stats.f.sf(13 / 3 / 4, 2, 1))
