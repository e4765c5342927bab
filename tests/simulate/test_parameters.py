"""The stated truth: what it allows, and expected values against arithmetic done by hand."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from careflow.continuum import Continuum
from careflow.errors import ArgumentError, DefinitionError
from careflow.simulate import LEVELS, Durations, Truth
from careflow.simulate.random import Chance, choice_table

TRUTH = Truth.standard()


def exits(truth: Truth, level: str, **how: object) -> dict[str, float]:
    frame = truth.transitions(**how)  # type: ignore[arg-type]
    return dict(frame[frame["from"] == level].set_index("to").probability)


def test_the_levels_are_those_of_the_standard_continuum() -> None:
    assert Continuum.standard().names == LEVELS


@pytest.mark.parametrize("within", [0, 7, 30, 90])
@pytest.mark.parametrize("changed", [False, True])
def test_true_rates_and_outcomes_of_a_level_sum_to_one(within: int, changed: bool) -> None:
    frame = TRUTH.transitions(within=within, changed=changed)
    sums = frame[frame["to"] != "left care"].groupby("from").probability.sum()
    assert sums.to_numpy() == pytest.approx(1, abs=1e-12)


def test_true_rates_are_the_sum_over_reasons_worked_by_hand() -> None:
    # residential: reason (completed 513, transferred out 133, left early 218 + terminated 70 + other 34 + unknown 15 =
    # 337, incarcerated 15) times the chance of PHP next (140, 120, 12, 0), all per mille; gaps of moves end on day 30
    before = exits(TRUTH, "residential")
    assert before["php"] == pytest.approx((513 * 140 + 133 * 120 + 337 * 12) / 1e6, abs=1e-12)
    after = exits(TRUTH, "residential", changed=True)
    assert after["php"] == pytest.approx((513 * 270 + 133 * 230 + 337 * 12) / 1e6, abs=1e-12)


def test_a_shorter_window_counts_the_share_of_gaps_that_are_as_short() -> None:
    # planned gaps are same-day for 58 in 100; others for 8 in 100
    same_day = exits(TRUTH, "residential", within=0)
    assert same_day["php"] == pytest.approx((0.58 * (513 * 140 + 133 * 120) + 0.08 * 337 * 12) / 1e6, abs=1e-12)


def test_a_window_longer_than_a_month_counts_returns_as_well() -> None:
    month, year = exits(TRUTH, "outpatient"), exits(TRUTH, "outpatient", within=365)
    assert exits(TRUTH, "outpatient", within=31)["residential"] >= month["residential"]
    assert year["residential"] > month["residential"] + 0.1
    assert year["died"] == month["died"] == pytest.approx(0.003)


def test_moves_that_overlap_are_concurrent_care() -> None:
    # PHP: 445 completed, 580 of them to IOP, 30 of these begin before the discharge
    php = exits(TRUTH, "php")
    assert php["concurrent"] == pytest.approx(445 * 580 * 30 / 1e9, abs=1e-12)


def test_only_residential_stays_are_changed_and_no_length_of_stay() -> None:
    before, after = TRUTH.transitions(), TRUTH.transitions(changed=True)
    differ = before[(before.probability - after.probability).abs() > 1e-12]
    assert set(differ["from"]) == {"residential"}


def test_nights_of_a_level_are_the_mixture_over_reasons() -> None:
    for level in LEVELS:
        nights = TRUTH.nights(level)
        assert nights.sum() == pytest.approx(1, abs=1e-12)
        zero = sum(weight / 1000 * TRUTH.nights(level, reason)[0] for reason, weight in TRUTH.reasons[level].items())
        assert nights[0] == pytest.approx(zero, abs=1e-12)


def test_quantiles_are_the_first_day_with_enough_stays_ended() -> None:
    nights = np.cumsum(TRUTH.nights("iop"))
    median = TRUTH.quantiles("iop", (0.5,))[0]
    assert nights[median] >= 0.5 > nights[median - 1]


def test_the_mean_is_the_sum_of_the_survival_curve() -> None:
    nights = TRUTH.nights("php")
    assert TRUTH.mean("php") == pytest.approx(float(np.arange(len(nights)) @ nights), abs=1e-9)
    survival = 1 - np.cumsum(nights)
    assert TRUTH.mean("php", horizon=10) == pytest.approx(survival[:10].sum(), abs=1e-9)


def test_durations_are_spread_evenly_between_knots_with_heaps_and_jumps() -> None:
    # a tenth on day 0, four tenths on days 2 and 3, half on days 10 to 14
    some = Durations(((0, 0), (100, 0), (100, 2), (500, 4), (500, 10), (1000, 15)))
    chances = some.probabilities()
    assert chances.tolist() == pytest.approx([0.1, 0, 0.2, 0.2, 0, 0, 0, 0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert (some.at_most(1), some.at_most(3), some.quantile(0.5), some.quantile(0.51)) == (0.1, 0.5, 3, 10)


@pytest.mark.parametrize(
    "knots", [((0, 0), (900, 5)), ((0, 5), (1000, 4)), ((100, 0), (1000, 4)), ((0, -1), (1000, 4))]
)
def test_durations_that_fall_or_do_not_reach_a_thousand_are_refused(knots: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(DefinitionError, match="from 0 to 1000 per mille"):
        Durations(knots)


@pytest.mark.parametrize(
    ("weights", "message"),
    [({"a": 500}, "sum to 500"), ({"a": 1100, "b": -100}, "none is negative"), ({"z": 1000}, "z: no such choice")],
)
def test_chances_that_do_not_make_a_choice_are_refused(weights: dict[str, int], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        choice_table(weights, ["a", "b"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entry": {"php": 999}}, "entry: chances are per mille"),
        ({"reasons": {}}, "reasons of inpatient"),
        ({"moves": {"php": {"died": {"iop": 1}}}}, "nothing follows a death"),
        ({"planned_gap": Durations(((0, 0), (1000, 40)))}, "at most 30 days"),
        ({"return_gap": Durations(((0, 30), (1000, 40)))}, "later than 30 days"),
        ({"taper_days": 10}, "shorter than the shortest completed stay"),
        ({"facilities": ()}, "no facility offers inpatient"),
        ({"stays": {}}, "stays of inpatient need the kinds"),
    ],
)
def test_a_truth_that_contradicts_itself_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        replace(TRUTH, **changes)  # type: ignore[arg-type]


def test_invalid_windows_and_levels_are_refused() -> None:
    with pytest.raises(ArgumentError, match="0 or more"):
        TRUTH.transitions(within=-1)
    with pytest.raises(ArgumentError, match="there are inpatient, residential"):
        TRUTH.nights("detox")


def test_draws_are_even_and_stay_below_their_limit() -> None:
    drawn = Chance(5).below(10, 100_000)
    assert drawn.min() == 0
    assert drawn.max() == 9
    assert np.abs(np.bincount(drawn) - 10_000).max() < 4 * np.sqrt(9_000)


def test_the_change_comes_with_the_third_quarter_of_2024() -> None:
    assert TRUTH.changed_on == date(2024, 7, 1)
