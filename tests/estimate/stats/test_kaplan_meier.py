"""Standard errors of curves and incidences from arrays."""

import numpy as np
import pytest

from careflow.estimate.stats.group_scores import covariance_of_sums
from careflow.estimate.stats.jackknife import clustered_se
from careflow.estimate.stats.kaplan_meier import incidence_se


def test_events_of_all_causes_default_to_the_sum_over_causes() -> None:
    events, at_risk = np.array([[1, 0, 2], [2, 1, 0]]), np.array([10, 6, 4])
    told = incidence_se(events, at_risk, events.sum(axis=0))
    np.testing.assert_array_equal(incidence_se(events, at_risk), told)


def test_two_clusters_are_enough_for_an_error() -> None:
    both = np.ones(2, dtype=bool)
    se, groups = clustered_se(np.array([0.5]), np.array([[0.4], [0.7]]), both)
    assert (se[0], groups) == (pytest.approx(np.sqrt((0.01 + 0.04) / 2)), 2)
    assert np.isnan(clustered_se(np.array([0.5]), np.array([[0.4], [0.7]]), np.array([True, False]))[0]).all()
    spread = covariance_of_sums(np.array([1.0, -1.0]), np.array([[1.0, 0.0], [-1.0, 0.0]]))
    np.testing.assert_allclose(spread, [[1, -1], [-1, 1]])


def test_the_error_of_all_causes_takes_their_sum() -> None:
    """The causes given are all that there are."""
    events, at_risk = np.array([[1, 0, 2], [0, 3, 1]]), np.array([10, 9, 5])
    np.testing.assert_allclose(incidence_se(events, at_risk), incidence_se(events, at_risk, events.sum(axis=0)))
