"""Incidences from arrays: at risk, events and the days between."""

import numpy as np
import pandas as pd

from careflow.counts.event_tables import CENSORED, ENTERED
from careflow.estimate.arrays.counting_process import process_of
from careflow.estimate.stats.competing_risks import groups_within, incidences


def test_n_of_the_survival_row_is_the_number_still_at_risk() -> None:
    """Of four, one ends each way on day 2, one is lost on it, one is there still on day 5."""
    rows = [(0, 0, 200, 0, 4), (0, 0, 0, 2, 1), (0, 0, 1, 2, 1), (0, 0, 201, 2, 1), (0, 0, 201, 5, 1)]
    cell = pd.DataFrame(rows, columns=["jackknife_group", "state", "event", "day", "n"])
    actual = incidences(process_of(cell, (0, 1)), np.eye(2, dtype=np.int64), None, 0.95)
    assert actual.days.tolist() == [0, 2, 5]
    assert actual.n.tolist() == [[0, 1, 1], [0, 1, 1], [4, 1, 0]]


def test_groups_that_hold_the_events_up_to_a_day_are_counted() -> None:
    """Two of group 4 have cause 0 on day 3, one of group 7 cause 1 on day 5, one of group 9 is censored on day 9."""
    cell = {
        "event": np.array([ENTERED] * 3 + [0, 1, CENSORED]), "jackknife_group": np.array([4, 7, 9, 4, 7, 9]),
        "day": np.array([0, 0, 0, 3, 5, 9]), "n": np.array([2, 1, 1, 2, 1, 1]),
    }  # fmt: skip
    process, sets = process_of(cell, (0, 1)), np.array([[1, 0], [0, 1], [1, 1]])
    expected = {2: [0, 0, 0, 3], 4: [1, 0, 1, 2], 5: [1, 1, 2, 1], 20: [1, 1, 2, 0]}
    for day, held in expected.items():
        groups, present = groups_within(process, sets, day)
        assert groups.tolist() == held
        assert present.tolist() == [3] * 4
