"""The replicates that the standard error of a rate is made of."""

import numpy as np
import pandas as pd
import pytest
from support.endings import ENDINGS

import careflow as cf
from careflow.estimate.stats.jackknife import jackknife_se
from careflow.records.privacy.jackknife_groups import group


@pytest.mark.slow
@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
def test_replicates_are_those_that_the_standard_error_is_of(method: str) -> None:
    rng = np.random.default_rng(4)
    rows = []
    for person in range(60):
        day = int(rng.integers(0, 60))
        for level in rng.choice(["residential", "php", "iop"], 3):
            rows.append((person, level, day, day := day + int(rng.integers(1, 20))))
            day += int(rng.integers(0, 40))
    stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    for name in ("admit_date", "discharge_date"):
        stays[name] = pd.Timestamp("2024-01-01") + pd.to_timedelta(stays[name], unit="D")
    moves = cf.link(cf.read_episodes(stays, cutoff="2024-06-30"), within=30)
    for flows in cf.transition_rates(moves, method=method)._inputs.rate_arrays():  # type: ignore[arg-type, union-attr]
        block = flows.by_window[0]
        again, _ = jackknife_se(block.rate, block.replicates.without, block.replicates.present)  # type: ignore[union-attr]
        assert (block.se > 0).sum() > 5
        np.testing.assert_allclose(again, block.se, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
def test_at_a_level_without_anybody_no_group_is_present(method: str) -> None:
    rates = cf.transition_rates(ENDINGS, method=method)  # type: ignore[arg-type]
    for flows in rates._inputs.rate_arrays():  # type: ignore[union-attr]
        present = flows.by_window[0].replicates.present.sum(axis=-1)  # type: ignore[union-attr]
        assert (present[0, [0, 1, 4]] == 0).all()
        assert (present[0, 2] == len({group(name) for name in ("Ana", "Bob", "Cem", "Dan", "Eva")})).all()
