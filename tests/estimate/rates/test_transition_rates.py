"""Transition rates: strata, windows, maturity, and records without a discharge."""

import pytest
from support.drawn import linked
from support.endings import ENDINGS

import careflow as cf
from careflow.errors import ArgumentError
from careflow.records.privacy.jackknife_groups import group

STAYS = linked(
    """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Bob    | php   | 0     | 12        | left early
    Cem    | php   | 0     | 20        | completed
    """,
    cutoff=200,
)


ONE_OPEN = "person | level | admit\nAna | php | 0"


def test_months_and_years_are_named_as_quarters_are(moves: cf.Transitions) -> None:
    rates = cf.transition_rates(moves, by="month")
    assert (rates.at("2024-02")["month"] == "2024-02").all()
    assert rates.matrix("2024-02").shape == rates.matrix("2024-03").shape


@pytest.mark.parametrize("method", ["followed", "intensity"])
def test_contributors_of_a_rate_are_its_jackknife_groups(method: str) -> None:
    rows = "\n".join(f"P{i} | php | 0 | 10\nP{i} | iop | 12 | 20" for i in range(5))
    moves = linked(f"person | level | admit | discharge\n{rows}\nP0 | php | 40 | 50\nP0 | iop | 51 | 60", cutoff=200)
    rates = cf.transition_rates(moves, method=method)  # type: ignore[arg-type]
    people = rates.contributors
    assert people is not None
    php = people[people["from"] == "php"].set_index("to")["persons"]
    assert php["iop"] == len({group(f"P{i}") for i in range(5)})
    assert php.drop("iop").sum() == 0


def test_one_window_left_of_several_need_not_be_named(moves: cf.Transitions) -> None:
    rates = cf.transition_rates(moves, by="quarter", within=[7, 30])
    with pytest.raises(ArgumentError, match="say which within, as in within=30: 7, 30"):
        rates.matrix("2024Q1")
    week = rates.with_frame(rates.frame[rates.frame["within"] == 7])
    assert week.matrix("2024Q1").equals(cf.transition_rates(moves, by="quarter", within=7).matrix("2024Q1"))


@pytest.mark.slow
def test_n_of_several_windows_is_of_the_longest() -> None:
    """The provenance counts the discharges followed for the longest window."""
    rows = linked("person | level | admit | discharge\nAna | php | 0 | 10\nBob | php | 80 | 90", cutoff=100)
    actual = {str(within): cf.transition_rates(rows, within=within).about.n for within in (7, 30, [7, 30])}
    assert actual == {"7": 2, "30": 1, "[7, 30]": 1}


def test_a_death_is_no_move() -> None:
    """By whatever method; one discharge is followed or it is not."""
    for method in ("followed", "incidence", "intensity"):
        rates = cf.transition_rates(ENDINGS, method=method)  # type: ignore[arg-type]
        ways = rates.directions[rates.directions["from"] == "php"].set_index("direction")["n"]
        assert ways.to_dict() == {"step-down": 1, "step-up": 0, "lateral": 0}
        followed = rates.frame.groupby("from", observed=False)["followed"].first()
        assert followed[["php", "iop"]].tolist() == [1, 1]
        assert followed[["residential", "outpatient"]].isna().all()


def test_one_rate_is_mature_without_quarters() -> None:
    assert cf.transition_rates(STAYS).frame["mature"].all()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
@pytest.mark.parametrize("by", [None, "quarter"])
def test_without_a_discharge_there_are_no_rates(method: str, by: str | None) -> None:
    frame = cf.transition_rates(linked(ONE_OPEN, cutoff=100), method=method, by=by).frame
    rate = frame.loc[frame["from"] == "iop", ["rate", "se", "low", "high"]]
    assert len(rate)
    assert rate.isna().all(axis=None)
