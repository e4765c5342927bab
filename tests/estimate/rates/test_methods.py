"""The variance of one observation by each method."""

import numpy as np
import pytest

from careflow.estimate.rates.methods import METHODS


def test_the_variance_of_one_observation_is_that_of_its_method() -> None:
    share, intensity = METHODS["followed"].variance, METHODS["intensity"].variance
    assert share is not None
    assert intensity is not None
    assert share(np.array(0.25)) == pytest.approx(0.1875)
    assert intensity(np.array(2.0)) == pytest.approx(200)
