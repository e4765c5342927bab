"""Distinct values and their codes."""

import numpy as np

from careflow.estimate.arrays.strata import distinct


def test_an_empty_array_has_no_distinct_values() -> None:
    values, codes = distinct(np.array([], dtype=np.int64))
    assert (len(values), len(codes)) == (0, 0)
