"""Clustered limits of shares, with effective sizes worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from careflow.estimate.stats.intervals import wilson
from careflow.estimate.stats.proportions import shares


def leave_one_out(n: np.ndarray, of: np.ndarray) -> float:
    """Return the delete-a-group jackknife variance of a share, group by group."""
    rate, groups = n.sum() / of.sum(), [g for g in range(len(of)) if of[g] > 0]
    without = [(n.sum() - n[g]) / (of.sum() - of[g]) for g in groups]
    return (len(groups) - 1) / len(groups) * sum((one - rate) ** 2 for one in without)


def test_a_share_of_1_has_the_size_by_the_pooled_design_effect() -> None:
    """The design effect is that of the strata together."""
    of = np.array([[[4, 6, 5, 9], [7, 3, 8, 2]], [[8, 8, 6, 10], [5, 9, 4, 6]]])
    n = np.array([[[4, 6, 5, 9], [0, 0, 0, 0]], [[0, 8, 1, 9], [3, 4, 2, 3]]])
    actual = shares(n, of, cluster="person", confidence=0.95)
    for i in range(2):
        together_n, together = n[:, i].sum(axis=0), of[:, i].sum(axis=0)
        pooled = together_n.sum() / together.sum()
        effect = max(leave_one_out(together_n, together) * together.sum() / (pooled * (1 - pooled)), 1.0)
        assert actual.size[0, i] == pytest.approx(of[0, i].sum() / effect)
    assert actual.size[0, 0] < 24  # groups differ, so that they tell less than as many strangers
    p, variance = 18 / 32, leave_one_out(n[1, 0], of[1, 0])
    assert actual.size[1, 0] == pytest.approx(p * (1 - p) / variance)


def test_a_share_that_is_none_everywhere_has_the_limits_of_its_number() -> None:
    of = np.full((1, 8), 5)
    none, every = (shares(n, of, cluster="person", confidence=0.95) for n in (np.zeros_like(of), of))
    t = stats.t.ppf(0.975, 7)
    assert none.high[0] == pytest.approx(float(wilson(0.0, 40, t)[1]), abs=1e-12)
    assert (every.low[0], every.high[0]) == (pytest.approx(float(wilson(1.0, 40, t)[0]), abs=1e-12), 1.0)


def test_a_share_between_takes_its_own_variance_and_not_the_pooled_one() -> None:
    of = np.full((2, 10), 6)
    n = np.array([[3, 2, 4, 3, 3, 2, 4, 3, 1, 5], [6, 0] * 5])
    actual = shares(n, of, cluster="person", confidence=0.95)
    p = n[1].sum() / 60
    assert actual.size[1] == pytest.approx(p * (1 - p) / actual.se[1] ** 2)
    assert actual.size[0] == pytest.approx(min(0.5 * 0.5 / actual.se[0] ** 2, 60))
