"""Numbers of strata."""

import numpy as np

from careflow.estimate.arrays.strata import numbered


def test_nobody_has_no_places() -> None:
    found, place = numbered(np.array([], dtype=np.int64))
    assert (len(found), len(place)) == (0, 0)
