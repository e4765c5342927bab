"""Directions are sums over the levels that lie that way, by each method."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from support.made_up import CUTOFF, made_up

import careflow as cf


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return cf.link(cf.read_episodes(made_up(), cutoff=CUTOFF), within=30)


@pytest.mark.slow
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


@pytest.mark.parametrize("cluster", ["person", None])
@pytest.mark.parametrize("clock", ["stay", "gap"])
def test_a_direction_of_an_incidence_is_the_sum_of_its_levels_on_each_day(
    moves: cf.Transitions, clock: str, cluster: str | None
) -> None:
    actual = cf.cumulative_incidence(moves, clock=clock, by="quarter", cluster=cluster)
    care = cf.Continuum.standard()
    levels = actual.frame[actual.frame["to"].isin(care.names)]
    way = [care.direction(a, b) for a, b in zip(levels["from"], levels["to"], strict=True)]
    keys = ["quarter", "from", "direction", "day"]
    summed = levels.assign(direction=way).astype(dict.fromkeys(keys[:3], str)).groupby(keys, as_index=False)
    summed = summed.agg({"estimate": "sum", "at_risk": "first"})
    shown = actual.directions.astype(dict.fromkeys(keys[:3], str))
    both = shown.merge(summed, on=keys, suffixes=("", "_sum"))
    assert len(both) == len(shown) == 3 * len(actual.survival)
    assert both["estimate"].sum() > 0
    np.testing.assert_allclose(both["estimate"], both["estimate_sum"], atol=1e-12)
    np.testing.assert_array_equal(both["at_risk"], both["at_risk_sum"])
    inside = both[both["low"].notna()]
    assert (inside["low"] <= inside["estimate"]).all()
    assert (inside["estimate"] <= inside["high"]).all()


def test_a_direction_has_the_interval_of_one_cause_of_its_levels() -> None:
    """Of these two levels, a step-down from PHP can only be a move to IOP."""
    rows = made_up()
    rows = rows[rows["level"].isin(["php", "iop"])]
    actual = cf.cumulative_incidence(cf.link(cf.read_episodes(rows, cutoff=CUTOFF), within=3650), "php", clock="gap")
    down = actual.directions[actual.directions["direction"] == "step-down"].reset_index(drop=True)
    iop = actual.frame[actual.frame["to"] == "iop"].reset_index(drop=True)
    numbers = ["estimate", "se", "low", "high", "at_risk"]
    assert down["estimate"].iloc[-1] > 0
    pd.testing.assert_frame_equal(down[numbers], iop[numbers])


def test_a_level_that_nobody_left_has_counts_of_0_and_no_rate(moves: cf.Transitions) -> None:
    for method in ("followed", "incidence", "intensity"):
        frame = cf.transition_rates(moves, method=method).frame
        none = frame[frame["from"] == "inpatient"]
        assert (none["n"] == 0).all()
        assert (none["of"] == 0).all()
        assert none[["rate", "se", "low", "high"]].isna().all(axis=None)


def test_clustered_limits_of_an_intensity_are_garwoods(moves: cf.Transitions) -> None:
    """At the effective number of moves."""
    frame = cf.transition_rates(moves, method="intensity").frame
    row = frame[(frame["from"] == "residential") & (frame["direction"] == "step-down") & (frame["n"] > 0)].iloc[0]
    events = min((row["rate"] / row["se"]) ** 2, row["n"])
    exposure = events / (row["rate"] / 100)
    assert row["low"] == pytest.approx(100 * chi2.ppf(0.025, 2 * events) / 2 / exposure, rel=1e-9)
    assert row["high"] == pytest.approx(100 * chi2.ppf(0.975, 2 * events + 2) / 2 / exposure, rel=1e-9)


def test_a_return_is_within_30_days_unless_told_otherwise(moves: cf.Transitions) -> None:
    assert cf.readmissions(moves).days == 30
    assert cf.bounce_back(moves).days == 30
