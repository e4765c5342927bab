"""The chain view: stays, levels and days to come from rates, as a Markov chain with outcomes that end it."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.drawn import ORIGIN, linked
from support.endings import ENDINGS
from support.made_up import CUTOFF, made_up
from support.made_up import linked as linked_made_up
from support.reference import jackknife

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.stats.absorbing_chain import absorbing_chain
from careflow.estimate.stats.intervals import log_log
from careflow.records.privacy.jackknife_groups import group

CARE = cf.Continuum.of(["php", "iop"])


def ways(*people: tuple[str, ...], reasons: bool = True) -> cf.Transitions:
    """Link made-up people, each a way through levels that ends in a reason; every stay lasts 10 days."""
    rows = []
    for i, (*levels, reason) in enumerate(people):
        for step, level in enumerate(levels):
            admit = ORIGIN + pd.Timedelta(days=12 * step)
            last = step == len(levels) - 1
            rows.append((i, level, admit, admit + pd.Timedelta(days=10), reason if last else "completed"))
    names = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason"]
    return cf.link(cf.read_episodes(pd.DataFrame(rows, columns=names), CARE, cutoff="2025-12-31"))


ROUND = ways(
    ("php", "iop", "completed"),
    ("php", "iop", "php", "left early"),
    ("php", "left early"),
    ("iop", "completed"),
    ("php", "iop", "completed"),
)
"""Five discharges from php: 3 to iop, 2 left early; four from iop: 1 to php, 3 completed."""


def test_expected_stays_are_the_fundamental_matrix() -> None:
    actual = cf.chain(cf.transition_rates(ROUND)).matrix("stays")
    q = np.array([[0, 3 / 5], [1 / 4, 0]])
    assert actual.to_numpy() == pytest.approx(np.linalg.inv(np.eye(2) - q), abs=1e-12)


def test_a_level_is_reached_ever_or_come_back_to() -> None:
    actual = cf.chain(cf.transition_rates(ROUND)).matrix("reached")
    assert actual.loc["php", "iop"] == pytest.approx(3 / 5)
    assert actual.loc["php", "php"] == pytest.approx(3 / 5 * 1 / 4)
    assert actual.loc["iop", "php"] == pytest.approx(1 / 4)


def test_outcomes_are_reached_with_probabilities_that_sum_to_one() -> None:
    actual = cf.chain(cf.transition_rates(ROUND)).matrix("reached")
    outcomes = actual.drop(columns=["php", "iop", "left care"])
    assert outcomes.sum(axis=1).tolist() == pytest.approx([1, 1], abs=1e-12)
    # From php: leave early at once, or after a round of php, iop, php.
    assert actual.loc["php", "left early"] == pytest.approx((2 / 5) / (1 - 3 / 20))
    reasons = outcomes.drop(columns=["died", "concurrent"])
    assert actual["left care"].tolist() == pytest.approx(reasons.sum(axis=1).tolist(), abs=1e-12)


def test_expected_days_are_stays_times_their_mean() -> None:
    rates, stays = cf.transition_rates(ROUND), cf.length_of_stay(ROUND)
    view = cf.chain(rates, stays)
    assert view.matrix("days").to_numpy() == pytest.approx(10 * view.matrix("stays").to_numpy(), abs=1e-9)
    assert "days" not in set(cf.chain(rates).frame["measure"])


def test_the_number_of_stays_is_that_of_simulated_chains() -> None:
    q = np.array([[0.0, 0.6], [0.25, 0.0]])
    rng, visits = np.random.default_rng(2), np.zeros(2)
    for _ in range(20_000):
        at = 0
        while True:
            visits[at] += 1
            if rng.random() > q[at].sum():
                break
            at = 1 - at
    actual = absorbing_chain(np.column_stack([q, 1 - q.sum(axis=1)])).stays[0]
    assert visits / 20_000 == pytest.approx(actual, abs=0.03)


def test_a_reachable_level_without_rates_gives_no_answer() -> None:
    """Nothing is known of what followed a level that can be reached."""
    actual = absorbing_chain([[0.0, 0.5, 0.5], [np.nan, np.nan, np.nan]])
    assert np.isnan(actual.stays).all()
    apart = absorbing_chain([[0.5, 0.0, 0.5], [np.nan, np.nan, np.nan]])
    assert apart.stays[0].tolist() == [2.0, 0.0]
    assert np.isnan(apart.stays[1]).all()


def test_a_cycle_without_exit_has_no_answer() -> None:
    actual = absorbing_chain([[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
    assert np.isnan(actual.stays[:2]).all()
    assert actual.stays[2].tolist() == [0.0, 0.0, 2.0]


@pytest.mark.slow
def test_the_error_is_the_jackknife_of_the_whole_chain() -> None:
    rng = np.random.default_rng(4)
    people = []
    for _ in range(150):
        way = ["php"]
        while len(way) < 4 and rng.random() < 0.5:
            way.append(str(rng.choice(["php", "iop"])))
        people.append((*way, "completed"))
    frame = cf.chain(cf.transition_rates(ways(*people))).frame
    rows = [(group(i), way) for i, way in enumerate(people)]

    def stays(left: list[tuple[str, ...]]) -> float:
        n = np.zeros((2, 3))
        names = ["php", "iop", "completed"]
        for way in left:
            for one, following in pairwise(way):
                n[names.index(one), names.index(following)] += 1
        return float(absorbing_chain(n / n.sum(axis=1, keepdims=True)).stays[0, 1])

    of = frame[(frame["start"] == "php") & (frame["state"] == "iop") & (frame["measure"] == "stays")].iloc[0]
    assert of["estimate"] == pytest.approx(stays(people), abs=1e-12)
    assert of["se"] == pytest.approx(jackknife(rows, stays)[0], abs=1e-12)
    assert of["low"] < of["estimate"] < of["high"]


def test_days_vary_with_rates_and_lengths_together() -> None:
    view = cf.chain(cf.transition_rates(ROUND), cf.length_of_stay(ROUND)).frame.set_index(["start", "measure", "state"])
    stays, days = (view.loc[("php", measure, "iop")] for measure in ("stays", "days"))
    assert days["se"] == pytest.approx(10 * stays["se"], abs=1e-9)  # every stay lasts 10 days


CONCURRENT = """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Ana    | iop   | 5     | 60        | completed
    Bob    | php   | 0     | 10        | left early
    Cem    | iop   | 0     | 20        | completed
    """


@pytest.mark.slow
def test_concurrent_care_is_an_outcome_or_left_out() -> None:
    rates = cf.transition_rates(linked(CONCURRENT, cutoff=300))
    kept = cf.chain(rates).matrix("reached")
    assert kept.loc["php", ["left early", "concurrent"]].tolist() == [0.5, 0.5]
    without = cf.chain(rates, concurrent="leave out")
    assert without.matrix("reached").loc["php", "left early"] == 1.0
    assert "concurrent" not in without.matrix("reached").columns
    assert "is left out" in without.about.definition
    assert "is an outcome" in cf.chain(rates).about.definition


def test_the_definition_says_that_only_the_level_matters() -> None:
    about = cf.chain(cf.transition_rates(ROUND), cf.length_of_stay(ROUND)).about
    assert "(Markov)" in about.definition
    assert "day 365" in about.definition
    assert "clustered by person" in about.interval


@pytest.mark.slow
def test_each_quarter_has_a_chain_of_its_own_with_its_maturity() -> None:
    moves = linked_made_up(made_up())
    view = cf.chain(cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter", horizon="longest"))
    assert view.frame["quarter"].unique().tolist() == ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]
    assert view.frame.groupby("quarter", observed=True)["mature"].first().tolist() == [True, True, True, False]
    one = view.matrix("days", "2024Q2")
    assert one.loc["php", "php"] > 0
    with pytest.raises(ArgumentError, match="say which quarter"):
        view.matrix("days")
    with pytest.raises(ArgumentError, match="measure is 'stays', 'reached' or 'days'"):
        view.matrix("visits", "2024Q2")


@pytest.mark.slow
def test_stays_of_all_quarters_serve_rates_of_each() -> None:
    moves = linked_made_up(made_up())
    view = cf.chain(cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, horizon="longest"))
    mean = cf.length_of_stay(moves, horizon="longest").frame.set_index("level").loc["php", "rmean"]
    stays, days = (view.matrix(measure, "2024Q2").loc["php", "php"] for measure in ("stays", "days"))
    assert days == pytest.approx(stays * mean, abs=1e-9)


@pytest.mark.slow
def test_a_chain_needs_shares_of_one_window_as_they_were_estimated() -> None:
    moves = linked_made_up(made_up())
    with pytest.raises(ArgumentError, match="shares of discharges within one window"):
        cf.chain(cf.transition_rates(moves, method="intensity"))
    with pytest.raises(ArgumentError, match="shares of discharges within one window"):
        cf.chain(cf.transition_rates(moves, within=[7, 30]))
    with pytest.raises(ArgumentError, match="concurrent is 'outcome' or 'leave out'"):
        cf.chain(cf.transition_rates(moves), concurrent="drop")  # type: ignore[arg-type]
    safe = cf.protect.protect([cf.transition_rates(moves)])[0]
    with pytest.raises(DisclosureError, match="chain needs the counts of which they were made"):
        cf.chain(safe)
    incidence = cf.chain(cf.transition_rates(moves, method="incidence")).matrix("reached")
    assert incidence[["left care", "died", "concurrent"]].dropna().sum(axis=1).tolist() == pytest.approx([1.0] * 3)


@pytest.mark.slow
def test_rates_and_stays_that_do_not_belong_together_are_refused() -> None:
    moves = linked_made_up(made_up())
    rates = cf.transition_rates(moves)
    with pytest.raises(ArgumentError, match="the rates are by nothing and the stays by quarter"):
        cf.chain(rates, cf.length_of_stay(moves, by="quarter"))
    with pytest.raises(ArgumentError, match="cut-offs or continua differ"):
        cf.chain(rates, cf.length_of_stay(linked("person | level | admit\nAna | php | 0", cutoff=100)))
    stays = cf.length_of_stay(moves)
    with pytest.raises(ArgumentError, match="give it the result of length_of_stay"):
        cf.chain(rates, stays.with_frame(stays.frame))


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    stays = made_up()
    stays["payer"] = np.where(stays["person_id"].str[1:].astype(int) % 3 == 0, "private", "medicaid")
    return cf.link(cf.read_episodes(stays, cutoff=CUTOFF))


@pytest.mark.slow
def test_limits_of_a_chain_are_students_and_log_log_for_probabilities(moves: cf.Transitions) -> None:
    frame = cf.chain(cf.transition_rates(moves), cf.length_of_stay(moves)).frame
    rows = frame[(frame["estimate"] > 0) & (frame["se"] > 0)]
    t = stats.t.ppf(0.975, len({group(person) for person in made_up()["person_id"].unique()}) - 1)
    counted, shares = rows[rows["measure"] != "reached"], rows[rows["measure"] == "reached"]
    assert (counted["low"] > 0).any()
    np.testing.assert_allclose(counted["low"], np.maximum(counted["estimate"] - t * counted["se"], 0), rtol=1e-9)
    np.testing.assert_allclose(counted["high"], counted["estimate"] + t * counted["se"], rtol=1e-9)
    low, high = log_log(shares["estimate"], shares["se"], t)
    np.testing.assert_allclose(shares[["low", "high"]], np.stack([low, high], axis=1), rtol=1e-9)


def test_a_chain_by_quarter_has_the_days_of_each_quarter(
    moves: cf.Transitions,
) -> None:
    """None where no stay was seen."""
    rates, stays = cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter", horizon="longest")
    view = cf.chain(rates, stays)
    means = stays.frame.set_index(["quarter", "level"])["rmean"]
    for quarter in ("2024Q1", "2024Q2", "2024Q3"):
        count, days = (view.matrix(measure, quarter) for measure in ("stays", "days"))
        assert days.loc["php", "php"] == pytest.approx(count.loc["php", "php"] * means[quarter, "php"])
    assert view.frame["mature"].tolist() == view.frame["quarter"].ne("2024Q4").tolist()


def test_left_care_of_a_chain_is_the_sum_of_its_reasons() -> None:
    reached = cf.chain(cf.transition_rates(ENDINGS)).matrix("reached").loc["php"]
    assert reached["left care"] == pytest.approx(4 / 5)
    assert reached[["completed", "left early", "terminated", "died"]].tolist() == pytest.approx([0.4, 0.2, 0.2, 0.2])


@pytest.mark.slow
def test_days_of_a_chain_are_those_of_the_quarter_of_admission() -> None:
    """Admitted in the first quarter for 100 days, in the second for 20; nobody left in the first."""
    rows = "\n".join(f"P{i} | php | {i} | {100 + i}\nQ{i} | php | {100 + i} | {120 + i}" for i in range(4))
    moves = linked(f"person | level | admit | discharge\n{rows}", cutoff=273)
    view = cf.chain(
        cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter", cohort="admission")
    )
    assert view.matrix("days", "2024Q2").loc["php", "php"] == pytest.approx(20)


@pytest.mark.slow
def test_days_of_a_chain_from_a_thin_mean_are_thin() -> None:
    """Twenty are in PHP from before the records begin; of two newcomers, one leaves after a night."""
    rows = "\n".join(f"P{i} | php | 0 | 60\nP{i} | iop | 61 | 70" for i in range(20))
    moves = linked(
        f"person | level | admit | discharge\n{rows}\nQ | php | 40 | 41\nR | php | 40 | 100", cutoff=200, start=30
    )
    stays = cf.length_of_stay(moves)
    thin = stays.frame.set_index("level")["rmean_thin"]
    assert (thin["php"], thin["iop"]) == (True, False)
    frame = cf.chain(cf.transition_rates(moves), stays).frame
    rows_of_days = frame[frame["measure"] == "days"].set_index(["start", "state"])
    assert rows_of_days.loc[("php", "php"), "estimate"] > 0
    days = rows_of_days["thin"]
    assert days["php", "php"]
    assert not days["php", "iop"]
    assert not days["iop", "php"], "nobody goes from IOP to PHP: 0 days, whatever the mean"
    assert not frame.loc[frame["measure"] != "days", "thin"].any()
