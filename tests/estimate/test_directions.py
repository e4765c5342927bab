"""Directions are sums over the levels that lie that way, by each method."""

import numpy as np
import pytest
from scipy.stats import chi2
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


def test_a_level_that_nobody_left_has_counts_of_0_and_no_rate(moves: cf.Transitions) -> None:
    for method in ("followed", "incidence", "intensity"):
        frame = cf.transition_rates(moves, method=method).frame
        none = frame[frame["from"] == "inpatient"]
        assert (none["n"] == 0).all()
        assert (none["of"] == 0).all()
        assert none[["rate", "se", "low", "high"]].isna().all(axis=None)


def test_clustered_limits_of_an_intensity_are_garwoods_at_the_effective_number_of_moves(moves: cf.Transitions) -> None:
    frame = cf.transition_rates(moves, method="intensity").frame
    row = frame[(frame["from"] == "residential") & (frame["direction"] == "step-down") & (frame["n"] > 0)].iloc[0]
    events = min((row["rate"] / row["se"]) ** 2, row["n"])
    exposure = events / (row["rate"] / 100)
    assert row["low"] == pytest.approx(100 * chi2.ppf(0.025, 2 * events) / 2 / exposure, rel=1e-9)
    assert row["high"] == pytest.approx(100 * chi2.ppf(0.975, 2 * events + 2) / 2 / exposure, rel=1e-9)


def test_a_return_is_within_30_days_unless_told_otherwise(moves: cf.Transitions) -> None:
    assert cf.readmissions(moves).days == 30
    assert cf.bounce_back(moves).days == 30
