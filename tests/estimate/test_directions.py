"""Directions are sums over the levels that lie that way, by each method."""

import numpy as np
import pytest
from support.made_up import CUTOFF, made_up

import careflow as cf


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return cf.link(cf.read_episodes(made_up(), cutoff=CUTOFF), within=30)


@pytest.mark.parametrize("cluster", ["person", None])
@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
def test_a_direction_is_the_sum_of_its_levels(moves: cf.Transitions, method: str, cluster: str | None) -> None:
    rates = cf.transition_rates(moves, by="quarter", method=method, cluster=cluster)
    keys = ["quarter", "from", "direction"]
    levels = rates.frame[rates.frame["direction"].notna()].astype(dict.fromkeys(keys, str))
    summed = levels.groupby(keys, as_index=False).agg({"n": "sum", "rate": lambda share: share.sum(min_count=1)})
    shown = rates.directions.astype(dict.fromkeys(keys, str))
    both = shown.merge(summed, on=keys, suffixes=("", "_sum"))
    assert len(both) == len(summed)
    assert both["n"].sum() > 0
    np.testing.assert_array_equal(both["n"], both["n_sum"])
    np.testing.assert_allclose(both["rate"], both["rate_sum"], atol=1e-12)
    assert set(shown["direction"]) == {"step-down", "step-up", "lateral"}
