"""Intensities: moves per hundred days, their errors and limits."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.drawn import linked
from support.endings import ENDINGS

import careflow as cf
from careflow.estimate.rates.intensity import _intensity
from careflow.estimate.stats.intervals import garwood
from careflow.records.privacy.jackknife_groups import group


def leave_one_out(n: np.ndarray, of: np.ndarray) -> float:
    """Return the delete-a-group jackknife variance of a share, group by group."""
    rate, groups = n.sum() / of.sum(), [g for g in range(len(of)) if of[g] > 0]
    without = [(n.sum() - n[g]) / (of.sum() - of[g]) for g in groups]
    return (len(groups) - 1) / len(groups) * sum((one - rate) ** 2 for one in without)


@pytest.mark.slow
def test_a_group_that_spent_one_day_at_a_level_counts_for_an_intensity() -> None:
    rows = linked("person | level | admit | discharge\n70001 | php | 0 | 10\n70002 | php | 0 | 1", cutoff=100)
    rates = cf.transition_rates(rows, method="intensity")
    for flows in rates._inputs.rate_arrays():  # type: ignore[union-attr]
        present = flows.by_window[0].replicates.present  # type: ignore[union-attr]
        assert present[0, 2].sum(axis=-1).tolist() == [len({group("70001"), group("70002")})] * present.shape[2]
        assert present[0, [0, 1, 3, 4]].sum() == 0
    assert rates.matrix(value="se").loc["php", ["iop", "died"]].tolist() == [0, 0]
    assert rates.matrix(value="se").loc["php", "left care"] > 0


def test_one_move_and_no_move_have_limits_of_their_own() -> None:
    """Clustered limits for one move; Garwood's of 0 for none."""
    rows = "\n".join(f"P{i} | php | 0 | {10 + i}" for i in range(9))
    moves = linked(f"person | level | admit | discharge\n{rows}\nP0 | iop | 12 | 20", cutoff=100)
    frame = cf.transition_rates(moves, method="intensity").frame
    php = frame[frame["from"] == "php"].set_index("to")
    one, none, spent = php.loc["iop"], php.loc["outpatient"], sum(range(10, 19))
    assert (one["n"], one["of"], none["n"]) == (1, spent, 0)
    effective = min((one["rate"] / one["se"]) ** 2, 1.0)
    low, high = garwood(effective, effective / (one["rate"] / 100))
    assert [one["low"], one["high"]] == pytest.approx([100 * low, 100 * high], abs=1e-12)
    assert one["low"] > 0
    assert [none["low"], none["high"]] == pytest.approx([100 * x for x in garwood(0, spent)], abs=1e-12)


def test_counts_without_a_period_have_the_nights_of_all_of_them() -> None:
    counts = ENDINGS.counts(clocks=["discharge", "exposure"])
    ours, theirs = (cf.transition_rates(x, method="intensity").frame for x in (counts, ENDINGS))
    pd.testing.assert_frame_equal(ours, theirs)


@pytest.mark.slow
def test_the_plain_error_of_an_intensity_is_that_of_a_poisson_count() -> None:
    """Four moves in 100 days: 4 per 100 days, give or take the root of 4."""
    rows = "\n".join(f"P{i} | php | 0 | 25\nP{i} | iop | 26 | 40" for i in range(4))
    moves = linked(f"person | level | admit | discharge\n{rows}", cutoff=200)
    rates = cf.transition_rates(moves, method="intensity", cluster=None)
    assert rates.matrix().loc["php", "iop"] == pytest.approx(4)
    assert rates.matrix(value="se").loc["php", "iop"] == pytest.approx(2)


def test_limits_of_an_intensity_are_those_of_the_effective_number_of_moves() -> None:
    moves, days = np.array([[[9, 1, 0, 14]]]), np.array([[[100, 200, 150, 250]]])
    rate, se, low, high, spent = _intensity(moves, days, "person", 0.9)
    one = 24 / 700
    effective = min(one**2 / leave_one_out(moves[0, 0], days[0, 0]), 24)
    assert effective < 24
    assert rate.item() == pytest.approx(100 * one)
    assert se.item() == pytest.approx(100 * one / np.sqrt(effective))
    assert spent.item() == pytest.approx(effective / one)
    assert low.item() == pytest.approx(100 * stats.chi2.ppf(0.05, 2 * effective) / 2 / (effective / one))
    assert high.item() == pytest.approx(100 * stats.chi2.ppf(0.95, 2 * effective + 2) / 2 / (effective / one))


def test_plain_limits_of_an_intensity_are_garwoods() -> None:
    moves, days = np.array([[[9, 1, 0, 14]]]), np.array([[[100, 200, 150, 250]]])
    rate, se, low, high, spent = _intensity(moves, days, None, 0.9)
    assert (rate.item(), spent.item()) == (pytest.approx(2400 / 700), 700)
    assert se.item() == pytest.approx(100 * np.sqrt(24) / 700)
    assert low.item() == pytest.approx(100 * stats.chi2.ppf(0.05, 48) / 2 / 700)
    assert high.item() == pytest.approx(100 * stats.chi2.ppf(0.95, 50) / 2 / 700)
