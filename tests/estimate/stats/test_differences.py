"""Limits and p-values of differences, each worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from careflow.estimate.stats.differences import jackknife_variances, recovered_limits, score_variance, two_sided


def test_limits_of_a_difference_allow_for_the_correlation() -> None:
    """With correlation 1 the half-widths 0.3 and 0.1 leave 0.2, with -1 they make 0.4."""
    one, two = (tuple(np.array(x) for x in (r, r - half, r + half)) for r, half in ((0.5, 0.1), (0.6, 0.3)))
    for rho, half in ((1.0, 0.2), (-1.0, 0.4), (0.0, np.hypot(0.1, 0.3))):
        low, high = recovered_limits(one, two, rho)  # type: ignore[arg-type]
        assert (low, high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-12)


def test_limits_of_a_difference_use_the_side_that_each_limit_is_on() -> None:
    one, two = (tuple(np.array(x) for x in limits) for limits in ((0.5, 0.4, 0.8), (0.6, 0.58, 0.61)))
    low, high = recovered_limits(one, two, 0.5)  # type: ignore[arg-type]
    assert low == pytest.approx(0.1 - np.sqrt(0.02**2 + 0.3**2 - 0.02 * 0.3), abs=1e-12)
    assert high == pytest.approx(0.1 + np.sqrt(0.01**2 + 0.1**2 - 0.01 * 0.1), abs=1e-12)


def test_p_of_a_clustered_difference_is_students() -> None:
    """With one degree of freedom fewer than there are jackknife groups."""
    difference, variance = np.array([0.2, -0.2, 0.2, 0.2]), np.array([0.01, 0.01, 0.01, 0.0])
    actual = two_sided(difference, variance, np.array([5, 2, 1, 5]))
    assert actual[:2].tolist() == pytest.approx([2 * stats.t.sf(2, 4), 2 * stats.t.sf(2, 1)], abs=1e-12)
    assert np.isnan(actual[2:]).all()
    assert two_sided(difference, variance, None)[:2].tolist() == pytest.approx([2 * stats.norm.sf(2)] * 2, abs=1e-12)


def test_a_positive_correlation_lowers_the_variance_of_a_difference() -> None:
    """At a pooled rate of 1/2 and of 4 and 16: (1/4 + 1/16 - 2 * 0.5 / 8) / 4."""
    half, m1, m2 = np.array(0.5), np.array(4.0), np.array(16.0)
    actual = score_variance((half, half), (m1, m2), lambda rate: rate * (1 - rate), 0.5)
    assert actual == pytest.approx((1 / 4 + 1 / 16 - 1 / 8) / 4)


def test_one_group_has_no_spread_and_two_have() -> None:
    for groups, spread in ((1, np.nan), (2, 0.5 * (0.1**2 + 0.2**2))):
        present = np.arange(3) < groups
        side = (np.array(0.5), np.array([0.4, 0.7, 0.5]), present)
        assert jackknife_variances(side, side)[0] == pytest.approx(spread, nan_ok=True)


def test_estimates_that_change_alike_differ_by_a_constant() -> None:
    """Their difference is 0.4 without any group: its variance is 0, not a rounding error."""
    change = np.array([0.1, -0.2, 0.3, -0.15])
    sides = [(np.array(value), value + change, np.ones(4, dtype=bool)) for value in (0.3, 0.7)]
    one, two, difference, groups = jackknife_variances(*sides)
    assert (float(one), float(two)) == pytest.approx([3 / 4 * 0.1625] * 2)
    assert (float(difference), int(groups)) == (0.0, 4)


def test_equal_sizes_of_full_correlation_leave_no_variance() -> None:
    half, m = np.array(0.5), np.array(7.3)
    assert score_variance((half, half), (m, m), lambda rate: rate * (1 - rate), 1.0) == 0
