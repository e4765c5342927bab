"""Estimates of records in which hardly anything happened: no answer is missing, never 0 and never an error."""

import pytest
from support.drawn import linked

import careflow as cf

ONE_OPEN = "person | level | admit\nAna | php | 0"


@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
@pytest.mark.parametrize("by", [None, "quarter"])
def test_without_a_discharge_there_are_no_rates(method: str, by: str | None) -> None:
    frame = cf.transition_rates(linked(ONE_OPEN, cutoff=100), method=method, by=by).frame
    rate = frame.loc[frame["from"] == "iop", ["rate", "se", "low", "high"]]
    assert len(rate)
    assert rate.isna().all(axis=None)


@pytest.mark.parametrize("by", [None, "quarter"])
def test_an_open_stay_alone_has_no_median_and_a_level_without_stays_no_mean(by: str | None) -> None:
    frame = cf.length_of_stay(linked(ONE_OPEN, cutoff=60), by=by).frame.set_index("level")
    assert frame.loc["php", ["n", "open"]].tolist() == [1, 1]
    assert frame.loc["php", ["median", "q25", "q75", "discharged_mean", "discharged_median"]].isna().all()
    assert frame.loc["iop", "n"] == 0
    assert frame.loc["iop", ["median", "rmean", "rmean_se"]].isna().all()


@pytest.mark.parametrize("clock", ["stay", "gap"])
def test_without_an_event_a_cumulative_incidence_is_zero_or_not_there(clock: str) -> None:
    frame = cf.cumulative_incidence(linked(ONE_OPEN, cutoff=100), "php", clock=clock).frame
    assert (frame["estimate"] == 0).all()


def test_a_stay_admitted_after_the_last_known_day_is_on_no_clock_of_outcomes() -> None:
    moves = linked("person | level | admit\nAna | php | 80", cutoff=100, within=30)
    assert cf.cumulative_incidence(moves, "php").frame.empty
    assert cf.occupation(moves, days=10).frame["estimate"].isna().all() or cf.occupation(moves, days=10).frame.empty


def test_nobody_returned_and_nobody_bounced_back() -> None:
    moves = linked(ONE_OPEN, cutoff=100)
    for frame in (cf.readmissions(moves).frame, cf.bounce_back(moves).frame):
        assert (frame["of"] == 0).all()
        assert frame["rate"].isna().all()


def test_one_open_stay_is_counted_and_served() -> None:
    moves = linked(ONE_OPEN, cutoff=100)
    census = cf.census(moves).frame.set_index(["quarter", "level"])
    assert census.loc[("2024Q2", "php"), ["opening", "admitted", "discharged", "closing"]].tolist() == [1, 0, 0, 1]
    served = cf.persons_served(moves).frame
    assert served.loc[served["persons"] > 0, "level"].tolist() == ["php", "any"] * 2
    assert cf.pathways(moves).frame["n"].sum() == 1
