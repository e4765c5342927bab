"""Quantiles and limits at the smallest sizes."""

import pytest
from scipy import stats

from careflow.estimate.stats.intervals import garwood, quantile_of


def test_two_groups_have_the_quantile_of_one_degree_of_freedom() -> None:
    assert float(quantile_of(0.95, 2)) == pytest.approx(12.7062047, abs=1e-6)
    assert float(quantile_of(0.95, 3)) == pytest.approx(4.3026527, abs=1e-6)


def test_limits_of_part_of_an_event_are_those_of_chi_squared() -> None:
    """Effective numbers of events are no whole numbers, and may be below 1."""
    for n in (0.3, 0.5, 2.5):
        low, high = garwood(n, 10.0)
        assert (low, high) == pytest.approx(
            (stats.chi2.ppf(0.025, 2 * n) / 20, stats.chi2.ppf(0.975, 2 * n + 2) / 20), rel=1e-9
        )
