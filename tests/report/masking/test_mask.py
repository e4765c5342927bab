"""What the interim mask hides of a result."""

import numpy as np
import pandas as pd
import pytest
from support.made_up import CELLS, linked, made_up

import careflow as cf
from careflow.errors import DisclosureError
from careflow.estimate.result import Result
from careflow.report import mask

SHARES = ["n", "rate", "se", "low", "high"]


def cell(frame: pd.DataFrame, frm: str, to: str, quarter: str = "2024Q1") -> pd.Series:
    column = "to" if "to" in frame else "direction"
    found = frame[(frame["quarter"] == quarter) & (frame["from"] == frm) & (frame[column] == to)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.fixture(scope="module")
def masked(counts: cf.Counts):
    return mask(cf.transition_rates(counts, by="quarter"))


@pytest.mark.slow
def test_a_small_count_is_hidden_with_all_that_is_made_from_it(masked):
    row = cell(masked.frame, "residential", "terminated")
    assert row["hidden"]
    assert row[SHARES].isna().all()
    assert row["of"] == sum(n for (frm, _), n in CELLS.items() if frm == "residential")


@pytest.mark.slow
def test_a_second_count_is_hidden_against_subtraction(masked):
    """So that the first is not found."""
    assert cell(masked.frame, "residential", "incarcerated")["hidden"]


def test_what_need_not_be_hidden_is_unchanged(counts, masked):
    plain = cf.transition_rates(counts, by="quarter").frame
    shown = ~masked.frame["hidden"].to_numpy()
    assert shown.sum() > len(plain) / 2
    pd.testing.assert_frame_equal(masked.frame.loc[shown, SHARES], plain.loc[shown, SHARES].astype(float))


def test_the_mask_leaves_the_result_that_it_was_given_alone(counts):
    rates = cf.transition_rates(counts, by="quarter")
    before = rates.frame.copy()
    mask(rates)
    pd.testing.assert_frame_equal(rates.frame, before)


def test_zeros_are_shown(masked):
    row = cell(masked.frame, "php", "terminated")
    assert not row["hidden"]
    assert row["n"] == 0


@pytest.mark.slow
def test_a_level_with_few_discharges_is_hidden_with_its_denominator():
    cells = {**CELLS, ("inpatient", "completed"): 7}
    rates = mask(cf.transition_rates(linked(made_up(cells)), by="quarter"))
    few = rates.frame[(rates.frame["from"] == "inpatient") & (rates.frame["quarter"] < "2024Q4")]
    assert few["hidden"].all()
    assert few[["of", "followed", *SHARES]].isna().all(axis=None)
    ways = rates.directions[(rates.directions["from"] == "inpatient") & (rates.directions["quarter"] < "2024Q4")]
    assert ways["of"].isna().all()


@pytest.mark.slow
def test_one_level_with_few_discharges_in_all_takes_another_one_with_it():
    stays = made_up()
    more = pd.DataFrame(
        [
            (f"X{i}", "inpatient", pd.Timestamp("2024-02-01").date(), pd.Timestamp("2024-02-05").date(), "completed")
            for i in range(7)
        ],
        columns=stays.columns,
    )
    rates = mask(cf.transition_rates(linked(pd.concat([stays, more])), by="quarter"))
    hidden = rates.frame[rates.frame["of"].isna()].groupby(["quarter", "from"], observed=True).ngroups
    assert hidden == 2, "the sum over all levels is shown, so that one hidden alone is found by subtraction"


@pytest.mark.slow
def test_a_sum_by_direction_is_hidden_where_it_would_give_a_count_away():
    cells = {**CELLS, ("php", "outpatient"): 4}
    rates = mask(cf.transition_rates(linked(made_up(cells)), by="quarter"))
    moved, total = cell(rates.frame, "php", "outpatient"), cell(rates.directions, "php", "step-down")
    others = [cell(rates.frame, "php", to)["hidden"] for to in ("iop",)]
    assert moved["hidden"]
    assert total["hidden"] or any(others)


@pytest.mark.slow
def test_the_share_followed_is_hidden_where_it_shows_how_few_were_not():
    stays = made_up()
    late = pd.DataFrame(
        [
            (f"L{i}", "php", pd.Timestamp("2024-09-01").date(), pd.Timestamp("2024-12-20").date(), "completed")
            for i in range(4)
        ],
        columns=stays.columns,
    )
    early = late.assign(person_id=[f"E{i}" for i in range(4)], discharge_date=pd.Timestamp("2024-10-20").date())
    many = pd.concat([early.assign(person_id=[f"{i}-{j}" for i in range(4)]) for j in range(6)])
    rates = mask(cf.transition_rates(linked(pd.concat([stays, late, many])), by="quarter"))
    row = cell(rates.frame, "php", "completed", "2024Q4")
    assert row["of"] == 24
    assert np.isnan(row["followed"])


def test_lengths_of_stay_need_twice_eleven_that_ended(counts):
    stays = mask(cf.length_of_stay(counts, by="quarter"))
    plain = cf.length_of_stay(counts, by="quarter").frame
    ended = plain["n"] - plain["open"]
    few = (ended > 0) & (ended < 22)
    assert stays.frame.loc[few, "hidden"].all()
    assert stays.frame.loc[stays.frame["hidden"], ["n", "median", "rmean"]].isna().all(axis=None)
    assert stays.frame.loc[(ended > 0) & (ended < 44), ["q25", "q75"]].isna().all(axis=None)
    assert stays.about.missing == ""


def test_a_curve_keeps_days_between_which_eleven_ended(counts):
    stays = mask(cf.length_of_stay(counts, by="quarter"))
    assert len(stays.curve)
    assert (stays.curve["events"] >= 11).all()
    assert (stays.curve["at_risk"] >= 11).all()


@pytest.mark.slow
def test_a_result_about_ten_people_is_refused():
    cells = {("residential", "completed"): 3}
    with pytest.raises(DisclosureError, match=r"fewer than 11 people .* put more quarters or more facilities together"):
        mask(cf.transition_rates(linked(made_up(cells)), by="quarter"))


def test_another_kind_of_result_is_refused(counts):
    with pytest.raises(TypeError, match="Rates, LengthOfStay, Census and Pathways"):
        mask(Result(pd.DataFrame(), cf.transition_rates(counts).about, cf.Continuum.standard()))
    with pytest.raises(TypeError, match="it was given CumulativeIncidence"):
        mask(cf.cumulative_incidence(linked(made_up(CELLS))))
