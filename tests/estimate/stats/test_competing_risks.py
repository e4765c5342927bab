"""Incidences from arrays: at risk, events and the days between."""

import numpy as np
import pandas as pd

from careflow.estimate.arrays.counting_process import process_of
from careflow.estimate.stats.competing_risks import incidences


def test_n_of_the_survival_row_is_the_number_still_at_risk() -> None:
    """Of four, one ends each way on day 2, one is lost on it, one is there still on day 5."""
    rows = [(0, 0, 200, 0, 4), (0, 0, 0, 2, 1), (0, 0, 1, 2, 1), (0, 0, 201, 2, 1), (0, 0, 201, 5, 1)]
    cell = pd.DataFrame(rows, columns=["jackknife_group", "state", "event", "day", "n"])
    actual = incidences(process_of(cell, (0, 1)), np.eye(2, dtype=np.int64), None, 0.95)
    assert actual.days.tolist() == [0, 2, 5]
    assert actual.n.tolist() == [[0, 1, 1], [0, 1, 1], [4, 1, 0]]
