"""Estimates that the date basis does not allow are refused with the reason; the others are made."""

import pandas as pd
import pytest

import careflow as cf
from careflow.errors import ArgumentError


@pytest.fixture
def shifted() -> cf.Transitions:
    rows = pd.DataFrame(
        {
            "person_id": ["a", "a", "b"],
            "level": ["residential", "php", "iop"],
            "admit_date": ["1990-01-01", "1990-01-25", "2031-05-01"],
            "discharge_date": ["1990-01-21", "1990-02-04", "2031-05-31"],
        }
    )
    return cf.link(cf.read_episodes(rows, cutoff="2040-12-31", date_basis="shifted"))


@pytest.fixture
def quarters() -> cf.Transitions:
    rows = pd.DataFrame(
        {
            "person_id": ["a", "a", "b"],
            "level": ["residential", "php", "residential"],
            "admit_date": ["2024Q1", "2024Q1", "2024Q2"],
            "nights": ["20", "10", "30"],
        }
    )
    return cf.link(cf.read_episodes(rows, cutoff="2024-12-31", date_basis="quarter"))


@pytest.mark.slow
def test_shifted_dates_keep_moves_and_lengths_of_stay(shifted: cf.Transitions) -> None:
    rates = cf.transition_rates(shifted, cluster=None).frame
    assert rates.loc[rates["n"] > 0, "to"].tolist() == ["php", "unknown", "left care", "unknown", "left care"]
    stays = cf.length_of_stay(shifted, cluster=None).frame.set_index("level")
    assert stays.loc["residential", "median"] == 20


@pytest.mark.slow
@pytest.mark.parametrize("estimate", [cf.transition_rates, cf.length_of_stay, cf.census])
def test_shifted_dates_have_no_quarters(shifted: cf.Transitions, estimate: object) -> None:
    with pytest.raises(ArgumentError, match="a quarter mixes all quarters"):
        estimate(shifted, by="quarter")  # type: ignore[operator]


def test_quarters_of_admission_give_lengths_of_stay_and_no_moves(quarters: cf.Transitions) -> None:
    stays = cf.length_of_stay(quarters, by="quarter", cohort="admission", cluster=None).frame
    row = stays[(stays["quarter"] == "2024Q2") & (stays["level"] == "residential")].iloc[0]
    assert (row["n"], row["median"]) == (1, 30)
    assert "not known from dates of basis 'quarter'" in repr(quarters)
    with pytest.raises(ArgumentError, match="which of a person's stays came first"):
        cf.transition_rates(quarters)


@pytest.mark.slow
def test_the_default_tables_are_those_that_the_date_basis_allows(shifted: cf.Transitions) -> None:
    held = shifted.counts().tables
    assert "discharge" in held
    assert "census" not in held
