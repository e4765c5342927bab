"""Limits of ordinary variation: funnels and control charts."""

from dataclasses import replace

import numpy as np
import pytest
from support import sample_results

from careflow import charts
from careflow.charts.data.control_limits import dispersion, funnel_limits, p_limits, signals, xmr_limits


def test_funnel_limits_hold_the_share_of_facilities_that_they_promise():
    rng = np.random.default_rng(2)
    size = rng.integers(30, 400, 4000)
    share = rng.binomial(size, 0.37) / size
    low, high = funnel_limits(0.37, size, 0.95)
    assert 0.035 < np.mean((share < low) | (share > high)) < 0.065


def test_chance_alone_is_no_over_dispersion():
    rng = np.random.default_rng(3)
    size = rng.integers(50, 400, 40)
    assert dispersion(rng.binomial(size, 0.4) / size, size, 0.4) == 1.0
    uneven = np.clip(rng.normal(0.4, 0.12, 40), 0.05, 0.95)
    assert dispersion(rng.binomial(size, uneven) / size, size, 0.4) > 2


@pytest.mark.slow
def test_a_funnel_widens_its_limits_for_over_dispersion_and_says_so():
    result = sample_results.rates(5, by="facility", values=[f"F{i}" for i in range(30)], masked=False)
    totals = result.directions.copy()
    rng = np.random.default_rng(1)
    share = np.clip(rng.normal(0.4, 0.15, len(totals)), 0.1, 0.9)
    totals["n"] = np.round(totals["of"] * share)
    totals["rate"] = totals["n"] / totals["of"]
    noisy = replace(result, directions=totals)
    wide, narrow = charts.funnel(noisy, "iop"), charts.funnel(noisy, "iop", overdispersion=False)
    assert "widened for over-dispersion" in wide.careflow.notes
    assert charts.chart_data(wide)["outside"].sum() < charts.chart_data(narrow)["outside"].sum()


def test_a_p_chart_marks_points_outside_and_runs_of_eight():
    mean, low, high = p_limits([20.0] * 12, [100.0] * 12, 6)
    value = np.array([0.2, 0.19, 0.19, 0.5, *[0.25] * 8])
    broken, runs = signals(value, mean, low, high)
    assert broken.tolist() == [False, False, False, *[True] * 9]
    assert runs == [(3, 11)]


def test_a_run_of_seven_or_one_that_is_broken_by_a_gap_is_no_signal():
    value = np.array([0.25] * 7 + [0.2] + [0.25] * 4 + [np.nan] + [0.25] * 4)
    broken, runs = signals(value, 0.2, np.zeros(17), np.ones(17))
    assert not broken.any()
    assert runs == []


def test_xmr_limits_are_those_of_the_baseline_only():
    assert xmr_limits([10, 12, 10, 12, 500, -500], 4) == (11.0, 5.68, 16.32)


@pytest.mark.slow
def test_a_control_chart_judges_no_period_that_is_not_yet_mature():
    data = charts.chart_data(charts.p_chart(sample_results.rates(5, by="quarter"), "iop", measure="step-down"))
    assert not data.loc[~data["mature"], "signal"].any()
