"""Corrected p-values."""

import numpy as np

from careflow.estimate.stats.multiple_testing import adjusted


def test_a_corrected_p_value_is_at_most_1() -> None:
    assert adjusted([0.6, 0.7], "holm").tolist() == [1.0, 1.0]


def test_no_correction_leaves_p_values_and_none_is_above_one() -> None:
    assert adjusted([0.5, np.nan, 0.9], None)[[0, 2]].tolist() == [0.5, 0.9]
    assert adjusted([0.5, 0.9], "holm").tolist() == [1.0, 1.0]
    assert np.isnan(adjusted([np.nan], "holm")).all()
