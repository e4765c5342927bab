"""The clustered log-rank test where each cluster is one stay."""

import numpy as np
import pandas as pd
from support.direct import process_table

from careflow.estimate.stats.group_scores import group_arrays
from careflow.estimate.stats.logrank import log_rank


def test_a_cluster_of_one_stay_counts_in_the_log_rank_test() -> None:
    """Nobody comes back, so that every cluster is one person."""
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        {"arm": np.arange(24) % 2, "jackknife_group": np.arange(24), "entry": 0, "exit": rng.integers(1, 30, 24)}
    )
    table = process_table(rows.assign(event=0), by=("arm",))
    seen = group_arrays(table, table["arm"].cat.codes.to_numpy(dtype=np.int64), 2, (0,))
    whole = log_rank(seen, "person")
    z, without = whole.observed - whole.expected, []
    for one in range(24):
        part = table[table["jackknife_group"] != one]
        left = log_rank(group_arrays(part, part["arm"].cat.codes.to_numpy(dtype=np.int64), 2, (0,)), None)
        without.append(left.observed - left.expected)
    u = np.stack(without, axis=1) * 24 / 23 - z[:, None]
    np.testing.assert_allclose(whole.variance, 23 / 24 * u @ u.T, rtol=1e-9)
