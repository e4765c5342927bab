"""Over-dispersion and Laney's limits: worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from careflow.estimate.overdispersion import laney_limits, phi, tau2


def test_outer_scores_are_drawn_in_to_their_quantiles() -> None:
    z = np.arange(-5.0, 6.0)  # quantiles of 10% and 90%, linear: -4 and 4
    assert phi(z) == pytest.approx((2 * 16 + 2 * 16 + 2 * (9 + 4 + 1)) / 11)
    assert phi([1.0, np.nan, 1.0]) == 1.0
    assert np.isnan(phi([]))


def test_variance_beyond_chance_is_that_of_moments() -> None:
    y, s = np.array([-0.2, 0.1, 0.3, -0.1]), np.array([0.05, 0.05, 0.1, 0.1])
    w, k = 1 / s**2, 4
    expected = (k * phi(y / s) - (k - 1)) / (w.sum() - (w**2).sum() / w.sum())
    assert tau2(y, s) == pytest.approx(expected)
    assert tau2([0.01, -0.01, 0.0], [0.1, 0.1, 0.1]) == 0.0
    assert tau2([0.5], [0.1]) == 0.0


def test_laney_limits_widen_with_the_moving_range() -> None:
    n, of = np.array([20.0, 40.0, 20.0, 40.0]), np.full(4, 100.0)
    mean, low, high = laney_limits(n, of)
    sigma = np.sqrt(0.3 * 0.7 / 100)
    assert mean == pytest.approx(0.3)
    assert high == pytest.approx(np.full(4, 0.3 + 3 * sigma * (0.2 / sigma) / 1.128))
    assert low.tolist() == [0.0] * 4
    gap = laney_limits([20.0, np.nan, 40.0, 20.0, 40.0], [100.0, 0.0, 100.0, 100.0, 100.0])
    assert gap[2][0] == pytest.approx(high[0])
