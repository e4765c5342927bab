"""Differences between two quarters or two groups, and rates by days of follow-up."""

import copy
import pickle
from dataclasses import replace
from math import erf

import numpy as np
import pandas as pd
import pytest
from support.drawn import drawn, linked
from support.made_up import CUTOFF, made_up
from support.made_up import linked as linked_made_up
from support.reference import jackknife

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.records.privacy.jackknife_groups import group


def stays_of(moved: dict[tuple[str, str], tuple[int, int]], *, people: int = 10**6) -> pd.DataFrame:
    """Return made-up PHP stays: {(quarter's first day, payer): (moved to IOP, all)}, by so many people in turn."""
    rows = []
    for (first, payer), (to_iop, every) in moved.items():
        begin = pd.Timestamp(first)
        for i in range(every):
            person = len(rows) % people if people < 10**6 else len(rows)
            rows.append((person, "php", begin, begin + pd.Timedelta(days=1), payer))
            if i < to_iop:
                rows.append((person, "iop", begin + pd.Timedelta(days=2), begin + pd.Timedelta(days=3), payer))
    columns = ["person_id", "level", "admit_date", "discharge_date", "payer"]
    return pd.DataFrame(rows, columns=columns)


def rates_of(stays: pd.DataFrame, **how: object) -> cf.estimate.Rates:
    return cf.transition_rates(cf.link(cf.read_episodes(stays, cutoff="2025-12-31")), **how)  # type: ignore[arg-type]


def row(frame: pd.DataFrame, frm: str = "php", to: str = "iop", **strata: str) -> pd.Series:
    for name, label in ({"from": frm, "to": to} | strata).items():
        frame = frame[frame[name] == label]
    assert len(frame) == 1
    return frame.iloc[0]


NEWCOMBE = stays_of({("2024-01-02", "x"): (48, 80), ("2024-04-02", "x"): (56, 70)})
"""Newcombe (1998), Statistics in Medicine 17:873-890, table II (a): 56/70 less 48/80 is 0.0524 to 0.3339."""


def test_a_plain_difference_of_two_quarters_has_newcombes_limits() -> None:
    change = rates_of(NEWCOMBE, by="quarter", cluster=None).compare("2024Q1", "2024Q2")
    actual = row(change.frame)
    assert actual[["n_1", "of_1", "n_2", "of_2"]].tolist() == [48, 80, 56, 70]
    assert actual["difference"] == pytest.approx(0.2)
    assert actual[["low", "high"]].astype(float).round(4).tolist() == [0.0524, 0.3339]


@pytest.mark.slow
def test_the_plain_test_is_the_score_test_of_two_shares() -> None:
    actual = row(rates_of(NEWCOMBE, by="quarter", cluster=None).compare("2024Q1", "2024Q2").frame)
    pooled = 104 / 150
    z = 0.2 / np.sqrt(pooled * (1 - pooled) * (1 / 80 + 1 / 70))
    assert actual["p"] == pytest.approx(2 * (1 - 0.5 * (1 + erf(z / np.sqrt(2)))), abs=1e-12)


@pytest.mark.slow
def test_the_other_way_round_it_is_the_same_difference_with_the_other_sign() -> None:
    rates = rates_of(NEWCOMBE, by="quarter", cluster=None)
    there, back = (row(rates.compare(*pair).frame) for pair in (("2024Q1", "2024Q2"), ("2024Q2", "2024Q1")))
    assert [there["difference"], there["low"], there["high"]] == pytest.approx(
        [-back["difference"], -back["high"], -back["low"]], abs=1e-15
    )
    assert there["p"] == back["p"]


@pytest.mark.slow
def test_two_groups_of_one_stratum_are_compared_within_each_of_the_others() -> None:
    stays = stays_of(
        {
            ("2024-01-02", "medicaid"): (30, 40),
            ("2024-01-02", "private"): (10, 40),
            ("2024-04-02", "medicaid"): (20, 40),
            ("2024-04-02", "private"): (20, 40),
        }
    )
    rates = rates_of(stays, by=["quarter", "payer"], cluster=None)
    frame = rates.compare(payer=("medicaid", "private")).frame
    assert list(frame.columns[:4]) == ["quarter", "from", "to", "direction"]
    assert row(frame, quarter="2024Q1")["difference"] == pytest.approx(-0.5)
    assert row(frame, quarter="2024Q2")["difference"] == pytest.approx(0.0)
    over = rates.compare("2024Q1", "2024Q2").frame
    assert row(over, payer="private")["difference"] == pytest.approx(0.25)


@pytest.mark.slow
def test_a_group_that_is_not_there_in_a_stratum_has_no_difference() -> None:
    stays = stays_of({("2024-01-02", "x"): (3, 9), ("2024-01-02", "y"): (3, 9)}).assign(site="A")
    more = stays_of({("2024-01-02", "x"): (2, 8)}).assign(site="B")
    more["person_id"] += 1000
    both = pd.concat([stays, more])
    moves = cf.link(cf.read_episodes(both, cutoff="2025-12-31", columns={"site": "site"}))
    frame = cf.transition_rates(moves, by=["site", "payer"]).compare(payer=("x", "y")).frame
    actual = row(frame, site="B")
    assert actual[["n_1", "of_1", "n_2", "of_2"]].tolist() == [2, 8, 0, 0]
    assert actual[["rate_2", "difference", "se", "low", "high", "p"]].isna().all()


@pytest.mark.slow
def test_people_who_are_in_both_quarters_are_allowed_for() -> None:
    """Two hundred people who do the same in both quarters: the difference hardly varies."""
    rng = np.random.default_rng(7)
    willing = rng.random(200) < 0.5
    rows = []
    for quarter in ("2024-01-02", "2024-04-02"):
        for person in range(200):
            begin = pd.Timestamp(quarter) + pd.Timedelta(days=person % 50)
            rows.append((person, "php", begin, begin + pd.Timedelta(days=1)))
            if willing[person] != (person % 20 == 0 and quarter == "2024-04-02"):
                rows.append((person, "iop", begin + pd.Timedelta(days=2), begin + pd.Timedelta(days=3)))
    stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    clustered = row(rates_of(stays, by="quarter").compare("2024Q1", "2024Q2").frame)
    plain = row(rates_of(stays, by="quarter", cluster=None).compare("2024Q1", "2024Q2").frame)
    assert clustered["difference"] == plain["difference"]
    assert clustered["se"] < 0.5 * plain["se"]
    assert clustered["high"] - clustered["low"] < 0.5 * (plain["high"] - plain["low"])


@pytest.mark.slow
def test_the_clustered_error_is_the_jackknife_of_the_difference() -> None:
    rng = np.random.default_rng(11)
    moved = {q: rng.random(90) < 0.4 for q in ("2024-01-02", "2024-04-02")}
    rows, outcomes = [], []
    for quarter, of in moved.items():
        for i in range(90):
            person, begin = i % 60, pd.Timestamp(quarter) + pd.Timedelta(days=40 * (i // 60))
            rows.append((person, "php", begin, begin + pd.Timedelta(days=1)))
            if of[i]:
                rows.append((person, "iop", begin + pd.Timedelta(days=2), begin + pd.Timedelta(days=3)))
            outcomes.append((group(person), (quarter, bool(of[i]))))
    stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    actual = row(rates_of(stays, by="quarter").compare("2024Q1", "2024Q2").frame)

    def difference(left: list[tuple[str, bool]]) -> float:
        share = {q: np.mean([hit for quarter, hit in left if quarter == q]) for q in moved}
        return float(share["2024-04-02"] - share["2024-01-02"])

    assert actual["se"] == pytest.approx(jackknife(outcomes, difference)[0], abs=1e-12)


def test_limits_are_recovered_from_those_of_both_rates() -> None:
    rates = rates_of(NEWCOMBE, by="quarter", cluster=None)
    one, two = (row(rates.at(quarter)) for quarter in ("2024Q1", "2024Q2"))
    actual = row(rates.compare("2024Q1", "2024Q2").frame)
    low = 0.2 - np.hypot(two["rate"] - two["low"], one["high"] - one["rate"])
    assert actual["low"] == pytest.approx(low, abs=1e-15)
    z = quantile_of(0.95)
    assert (one["low"], one["high"]) == pytest.approx(tuple(map(float, wilson(0.6, 80, z))), abs=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
@pytest.mark.parametrize("cluster", ["person", None])
def test_every_method_can_be_compared(method: str, cluster: str | None) -> None:
    rates = rates_of(NEWCOMBE, by="quarter", method=method, cluster=cluster)
    comparison = rates.compare("2024Q1", "2024Q2")
    actual = row(comparison.frame)
    assert actual["difference"] == pytest.approx(
        row(rates.at("2024Q2"))["rate"] - row(rates.at("2024Q1"))["rate"], abs=1e-12
    )
    assert actual["low"] < actual["difference"] < actual["high"]
    assert 0 < actual["p"] < (0.2 if method == "intensity" else 0.05)
    assert ("Wald" if method == "incidence" else "score") in comparison.about.interval


@pytest.mark.slow
def test_p_values_are_corrected_for_the_differences_of_the_frame() -> None:
    rates = rates_of(NEWCOMBE, by="quarter", cluster=None)
    every = rates.compare("2024Q1", "2024Q2").frame
    tests = every["p"].notna().sum()
    assert tests > 1
    assert row(every)["p_adjusted"] == pytest.approx(min(1, row(every)["p"] * tests))
    one = rates.compare("2024Q1", "2024Q2", frm="php", to="iop").frame
    assert len(one) == 1
    assert one["p_adjusted"].tolist() == one["p"].tolist()
    none = rates.compare("2024Q1", "2024Q2", correction=None)
    assert none.frame["p_adjusted"].equals(none.frame["p"].rename("p_adjusted"))
    assert "not corrected" in none.about.interval


@pytest.mark.slow
def test_two_rates_of_0_have_no_test() -> None:
    actual = row(rates_of(NEWCOMBE, by="quarter").compare("2024Q1", "2024Q2").frame, to="died")
    assert actual["difference"] == 0
    assert np.isnan(actual["p"])
    assert actual["low"] < 0 < actual["high"]


@pytest.mark.slow
def test_directions_are_compared_too() -> None:
    frame = rates_of(NEWCOMBE, by="quarter", cluster=None).compare("2024Q1", "2024Q2").directions
    actual = frame[(frame["from"] == "php") & (frame["direction"] == "step-down")].iloc[0]
    assert actual["difference"] == pytest.approx(0.2)


@pytest.mark.slow
def test_several_windows_are_compared_each_for_itself() -> None:
    frame = rates_of(NEWCOMBE, by="quarter", within=[7, 30], cluster=None).compare("2024Q1", "2024Q2").frame
    assert frame["within"].unique().tolist() == [7, 30]
    of_move = frame.loc[(frame["from"] == "php") & (frame["to"] == "iop"), "difference"]
    assert of_move.tolist() == pytest.approx([0.2, 0.2])


@pytest.mark.slow
def test_a_difference_names_its_two_sides_and_their_maturity() -> None:
    comparison = rates_of(NEWCOMBE, by="quarter").compare("2024Q1", "2024Q2")
    assert "2024Q2 less 2024Q1" in comparison.about.definition
    assert (comparison.stratum, comparison.first, comparison.second) == ("quarter", "2024Q1", "2024Q2")
    assert comparison.frame["mature"].all()
    late = rates_of(NEWCOMBE, by="quarter").compare("2024Q1", "2025Q4")
    assert not late.frame["mature"].any()
    assert late.about.missing == "not both mature"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "named", "text"),
    [
        (("2024Q1",), {}, "two different labels of quarter"),
        (("2024Q1", "2024Q1"), {}, "two different labels of quarter"),
        ((), {}, "takes one pair"),
        (("2024Q1", "2024Q2"), {"payer": ("x", "y")}, "takes one pair"),
        ((), {"payer": ("x", "y")}, "not split by payer; it is split by quarter"),
        (("2024Q1", "2031Q1"), {}, "no quarter '2031Q1' in this result; there are 2024Q1, 2024Q2"),
        (
            ("2024Q1", "2024Q2"),
            {"frm": "ipo"},
            "no from 'ipo' in this result .did you mean 'iop'",
        ),
        (("2024Q1", "2024Q2"), {"correction": "bonferoni"}, "correction is 'holm', 'bh' or None"),
    ],
)
def test_a_pair_that_does_not_fit_is_answered_with_what_would(given: tuple[str, ...], named: dict, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        rates_of(NEWCOMBE, by="quarter").compare(*given, **named)


def test_rates_without_quarters_say_so() -> None:
    with pytest.raises(ArgumentError, match=r"not split by quarter \(it is by payer\); name the stratum"):
        rates_of(NEWCOMBE, by="payer").compare("2024Q1", "2024Q2")


@pytest.mark.slow
def test_protected_or_changed_rates_cannot_be_compared() -> None:
    rates = cf.transition_rates(linked_made_up(made_up()), by="quarter")
    rates.compare("2024Q1", "2024Q2")
    safe = cf.protect.protect([rates])[0]
    with pytest.raises(
        DisclosureError, match="these rates are protected, and compare needs the counts of which they were made"
    ):
        safe.compare("2024Q1", "2024Q2")
    with pytest.raises(ArgumentError, match="compare the result of transition_rates"):
        rates.with_frame(rates.frame.head()).compare("2024Q1", "2024Q2")


def test_results_made_from_rates_do_not_keep_their_inputs() -> None:
    rates = rates_of(NEWCOMBE, by="quarter")
    assert rates._inputs is not None
    for made in (rates.with_frame(rates.frame), replace(rates, frame=rates.frame)):
        assert made._inputs is None
        assert b"_inputs" not in pickle.dumps(made) or pickle.loads(pickle.dumps(made))._inputs is None
    assert copy.copy(rates)._inputs is rates._inputs


TRIANGLE = """
    person | level | admit      | discharge
    Ana    | php   | 2024-01-02 | 2024-02-01
    Ana    | iop   | 2024-02-05 | 2024-02-10
    Bob    | php   | 2024-01-02 | 2024-02-01
    Bob    | iop   | 2024-02-21 | 2024-02-25
    Cem    | php   | 2024-04-02 | 2024-05-01
    Cem    | iop   | 2024-05-03 | 2024-05-09
    """


@pytest.mark.slow
def test_a_triangle_is_quarters_by_days_of_follow_up() -> None:
    """Cells that are not mature are missing."""
    moves = linked(drawn(TRIANGLE), cutoff=pd.Timestamp("2024-07-12").date(), within=60)
    rates = cf.transition_rates(moves, by="quarter", within=[7, 30, 60], cluster=None)
    actual = rates.triangle("php", "iop")
    assert actual.columns.tolist() == [7, 30, 60]
    assert actual.index.tolist() == ["2024Q1", "2024Q2", "2024Q3"]
    assert actual.loc["2024Q1"].tolist() == [0.5, 1.0, 1.0]
    assert actual.loc["2024Q2", 7] == 1.0
    assert actual.loc["2024Q2", [30, 60]].isna().all()
    assert actual.loc["2024Q3"].isna().all()
    assert rates.triangle("php", "iop", value="of").loc["2024Q1"].tolist() == [2, 2, 2]


@pytest.mark.slow
def test_a_triangle_needs_a_period_and_every_other_stratum_settled() -> None:
    with pytest.raises(ArgumentError, match="a triangle is by period"):
        rates_of(NEWCOMBE).triangle("php", "iop")
    split = rates_of(NEWCOMBE, by=["quarter", "payer"], within=[7, 30])
    with pytest.raises(ArgumentError, match="say which payer, as in payer='x': x"):
        split.triangle("php", "iop")
    with pytest.raises(ArgumentError, match="no to 'ipo' in this result"):
        split.triangle("php", "ipo", payer="x")
    assert split.triangle("php", "iop", payer="x").loc["2024Q1"].tolist() == [0.6, 0.6]


@pytest.mark.slow
def test_a_triangle_of_protected_rates_shows_nothing_hidden() -> None:
    rates = cf.transition_rates(linked_made_up(made_up()), by="quarter")
    safe = cf.protect.protect([rates])[0]
    hidden = safe.frame[safe.frame["hidden"]].iloc[0]
    assert np.isnan(safe.triangle(hidden["from"], hidden["to"]).loc[hidden["quarter"]].iloc[0])


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    stays = made_up()
    stays["payer"] = np.where(stays["person_id"].str[1:].astype(int) % 3 == 0, "private", "medicaid")
    return cf.link(cf.read_episodes(stays, cutoff=CUTOFF))


@pytest.mark.slow
def test_a_difference_from_a_constant_rate_has_limits() -> None:
    """In the first quarter nobody moves, so that leaving out whomever changes nothing."""
    rows = [(i, "php", f"2024-01-{i + 1:02}", "2024-02-01") for i in range(8)]
    for i in range(8):
        rows.append((i, "php", f"2024-05-{i + 1:02}", "2024-06-01"))
        rows += [(i, "iop", "2024-06-02", "2024-06-20")] if i % 2 else []
    stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    rates = cf.transition_rates(cf.link(cf.read_episodes(stays, cutoff="2024-12-31")), by="quarter")
    row = rates.compare("2024Q1", "2024Q2", frm="php", to="iop").frame.iloc[0]
    first, second = (rates.matrix(q, value="se").loc["php", "iop"] for q in ("2024Q1", "2024Q2"))
    assert first == 0
    assert row["se"] == pytest.approx(second)
    assert row["low"] < row["difference"] < row["high"]
    assert 0 < row["p"] < 1


@pytest.mark.slow
def test_a_difference_of_one_person_has_no_clustered_error() -> None:
    table = "person | level | admit | discharge\nA | php | 0 | 10\nA | php | 95 | 99\nA | iop | 100 | 104"
    moves = linked(table, cutoff=273)
    row = cf.transition_rates(moves, by="quarter").compare("2024Q1", "2024Q2", frm="php", to="iop").frame.iloc[0]
    assert row["difference"] == 1
    assert row[["se", "low", "high", "p"]].isna().all()


@pytest.mark.slow
def test_a_pair_with_an_absent_group_is_as_mature_as_the_other() -> None:
    """At site b nobody is private, so that there is nothing to compare, and nothing that is still to come."""
    table = """
        person | level | admit | discharge | payer    | site
        A      | php   | 0     | 10        | medicaid | a
        B      | php   | 0     | 10        | private  | a
        C      | php   | 0     | 10        | medicaid | b
        D      | php   | 150   | 175       | medicaid | a
    """
    moves = linked(table, cutoff=181, columns={"site": "site"})
    change = cf.transition_rates(moves, by=["quarter", "payer", "site"]).compare(payer=("medicaid", "private"))
    php = change.frame[(change.frame["from"] == "php") & (change.frame["to"] == "iop")]
    actual = php.set_index(["quarter", "site"])
    assert actual["mature"].to_dict() == {
        ("2024Q1", "a"): True,
        ("2024Q1", "b"): True,
        ("2024Q2", "a"): False,
        ("2024Q2", "b"): False,
    }
    assert actual.loc[("2024Q1", "b"), ["n_1", "of_1", "n_2", "of_2"]].tolist() == [0, 1, 0, 0]
    assert actual.loc[("2024Q1", "b"), ["difference", "p"]].isna().all()
