"""The last of what other tests do not tell apart, found by changing the code a little: numbers worked out by hand."""

import numpy as np
import pytest
from scipy import stats
from support.drawn import linked

import careflow as cf
from careflow.continuum.outcomes import LEFT_REASONS
from careflow.errors import ArgumentError
from careflow.estimate.rates.intensity import _intensity
from careflow.estimate.rates.methods import METHODS
from careflow.estimate.stats.differences import jackknife_covariance, score_variance
from careflow.estimate.stats.group_scores import Score
from careflow.estimate.stats.homogeneity import Table, chi_squared
from careflow.estimate.stats.kaplan_meier import incidence_se
from careflow.estimate.stats.multiple_testing import adjusted
from careflow.estimate.stats.proportions import shares
from careflow.estimate.survival.cumulative_incidence import cause_sets

STAYS = linked(
    """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Bob    | php   | 0     | 12        | left early
    Cem    | php   | 0     | 20        | completed
    """,
    cutoff=200,
)


@pytest.mark.parametrize("names", ["abc", "abcdefg"])
def test_left_care_is_the_sum_of_its_reasons_on_a_continuum_of_any_number_of_levels(names: str) -> None:
    to, sets, causes = cause_sets(cf.Continuum.of(list(names)), "stay")
    levels, reasons = len(names), len(LEFT_REASONS)
    assert to == [*names, *LEFT_REASONS, "left care", "died", "concurrent"]
    assert sets.shape == (len(to), len(causes))
    left = sets[to.index("left care")]
    assert np.flatnonzero(left).tolist() == list(range(levels, levels + reasons))
    others = np.delete(sets, to.index("left care"), axis=0)
    assert (others == np.eye(len(causes))).all()


def test_the_variance_of_one_observation_is_that_of_its_method() -> None:
    share, intensity = METHODS["followed"].variance, METHODS["intensity"].variance
    assert share is not None
    assert intensity is not None
    assert share(np.array(0.25)) == pytest.approx(0.1875)
    assert intensity(np.array(2.0)) == pytest.approx(200)


def test_a_corrected_p_value_is_at_most_1() -> None:
    assert adjusted([0.6, 0.7], "holm").tolist() == [1.0, 1.0]


def test_the_variance_under_no_difference_is_less_where_the_sides_go_together() -> None:
    """At a pooled rate of 1/2 and of 4 and 16: (1/4 + 1/16 - 2 * 0.5 / 8) / 4."""
    half, m1, m2 = np.array(0.5), np.array(4.0), np.array(16.0)
    found = score_variance((half, half), (m1, m2), lambda rate: rate * (1 - rate), 0.5)
    assert found == pytest.approx((1 / 4 + 1 / 16 - 1 / 8) / 4)


def test_one_group_has_no_spread_and_two_have() -> None:
    for groups, spread in ((1, np.nan), (2, 0.5 * (0.1**2 + 0.2**2))):
        present = np.arange(3) < groups
        side = (np.array(0.5), np.array([0.4, 0.7, 0.5]), present)
        assert jackknife_covariance(side, side)[0] == pytest.approx(spread, nan_ok=True)


def test_two_groups_have_a_test_of_a_table_unless_nothing_varies() -> None:
    z, two = np.array([2.0]), np.array([True, True])
    statistic, _, effect, p = chi_squared([Table(z, np.array([[1.0, 3.0]]), 1, 20, 2)], two)
    assert (statistic, effect, p) == pytest.approx((4, 1, stats.f.sf(4, 1, 1)))
    assert np.isnan(chi_squared([Table(z, np.array([[2.0, 2.0]]), 1, 20, 2)], two)[2:]).all()


def test_three_clusters_are_enough_for_three_arms() -> None:
    variance = np.array([[4.0, -2.0, -2.0], [-2.0, 4.0, -2.0], [-2.0, -2.0, 4.0]])
    p = Score(np.array([4.0, -1.0, -3.0]), np.zeros(3), variance).test(3)[2]
    assert p == pytest.approx(stats.f.sf(13 / 3 / 4, 2, 1))


def test_events_of_every_cause_are_those_of_all_causes_unless_told() -> None:
    events, at_risk = np.array([[1, 0, 2], [2, 1, 0]]), np.array([10, 6, 4])
    told = incidence_se(events, at_risk, events.sum(axis=0))
    np.testing.assert_array_equal(incidence_se(events, at_risk), told)


def test_what_is_not_said_of_journeys_is_a_year_or_four_steps() -> None:
    assert cf.occupation(STAYS).frame["day"].max() == 365
    assert cf.expected_days(STAYS).days == 365
    assert cf.length_of_stay(STAYS).horizon == 365
    assert cf.pathways(STAYS).steps == 4


@pytest.mark.parametrize("days", [0, 3651])
def test_days_of_a_journey_are_1_to_3650(days: int) -> None:
    with pytest.raises(ArgumentError, match="1 to 3650"):
        cf.expected_days(STAYS, days=days)
    assert cf.expected_days(STAYS, days=3650, cluster=None).frame["days"].sum() == pytest.approx(3650)


def test_days_of_pathways_are_whole_numbers_that_rise() -> None:
    assert cf.pathways(STAYS, days=[30]).days == (30,)
    for days, said in (([True], "days is a whole number from 0 to 3650"), ([0, 30, 20], "counted from 0 and rise")):
        with pytest.raises(ArgumentError, match=said):
            cf.pathways(STAYS, days=days)


def test_expected_days_are_bounded_by_none_and_all() -> None:
    frame = cf.expected_days(STAYS, days=11, cluster=None).frame
    assert (frame["low"].min(), frame["high"].max()) == (0, 11)


def test_one_rate_is_mature_without_quarters() -> None:
    assert cf.transition_rates(STAYS).frame["mature"].all()


def leave_one_out(n: np.ndarray, of: np.ndarray) -> float:
    """Return the delete-a-group jackknife variance of a share, group by group."""
    rate, groups = n.sum() / of.sum(), [g for g in range(len(of)) if of[g] > 0]
    without = [(n.sum() - n[g]) / (of.sum() - of[g]) for g in groups]
    return (len(groups) - 1) / len(groups) * sum((one - rate) ** 2 for one in without)


def test_a_share_of_1_counts_for_as_many_as_the_design_effect_of_the_strata_together_leaves() -> None:
    of = np.array([[[4, 6, 5, 9], [7, 3, 8, 2]], [[8, 8, 6, 10], [5, 9, 4, 6]]])
    n = np.array([[[4, 6, 5, 9], [0, 0, 0, 0]], [[0, 8, 1, 9], [3, 4, 2, 3]]])
    found = shares(n, of, cluster="person", confidence=0.95)
    for i in range(2):
        together_n, together = n[:, i].sum(axis=0), of[:, i].sum(axis=0)
        pooled = together_n.sum() / together.sum()
        effect = max(leave_one_out(together_n, together) * together.sum() / (pooled * (1 - pooled)), 1.0)
        assert found.size[0, i] == pytest.approx(of[0, i].sum() / effect)
    assert found.size[0, 0] < 24  # groups differ, so that they tell less than as many strangers
    p, variance = 18 / 32, leave_one_out(n[1, 0], of[1, 0])
    assert found.size[1, 0] == pytest.approx(p * (1 - p) / variance)


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
