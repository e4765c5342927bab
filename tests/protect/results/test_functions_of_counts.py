"""What stands on counts without printing them: occupation, days, comparisons, tests, chains."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.drawn import linked

import careflow as cf
from careflow.continuum import Continuum
from careflow.errors import DisclosureError
from careflow.estimate.stats.multiple_testing import adjusted
from careflow.protect import audit, protect
from careflow.protect.results.occupation import resolution


@pytest.fixture(scope="module")
def many():
    """Return moves of 4,000 made-up people between two levels, all of whose rates stand on many."""
    rows = []
    for person in range(4000):
        first, second = person % 2, 1 - person % 2
        rows.append((person, ["php", "iop"][first], 0, 10 + person % 5, "completed", ["x", "y"][person % 3 // 2]))
        if person % 3:
            rows.append((person, ["php", "iop"][second], 20, 40, "left early", ["x", "y"][person % 3 // 2]))
    frame = pd.DataFrame(rows, columns=["person_id", "level", "admit", "discharge", "discharge_reason", "payer"])
    for name in ("admit", "discharge"):
        days = pd.Timestamp("2024-02-01") + pd.to_timedelta(frame.pop(name), unit="D")
        frame[f"{name}_date"] = days.dt.strftime("%Y-%m-%d")
    return cf.link(cf.read_episodes(frame, Continuum.of(["php", "iop"]), cutoff="2024-12-31"), within=30)


@pytest.mark.slow
def test_occupation_by_strata_has_digits_for_11_people_of_each_stratum(moves) -> None:
    given = cf.occupation(moves, days=60, by="payer")
    safe = protect(given)[0]
    for record in given.started.to_dict("records"):
        digits = resolution(record["n"], 11)
        rows = safe.frame[safe.frame["payer"] == record["payer"]]
        assert digits >= 1
        assert record["n"] * 10.0**-digits >= 11
        assert (rows["estimate"].round(digits) == rows["estimate"]).all()
    assert not safe.frame["hidden"].any()
    assert safe.started[["n", "persons"]].isna().all(axis=None)


@pytest.mark.slow
def test_a_stratum_of_too_few_journeys_is_hidden(moves) -> None:
    """Too few journeys in all are refused."""
    given = cf.occupation(moves, days=60, by="quarter")
    few = given.started["n"] < 110
    assert few.any()
    assert not few.all()
    frame = protect(given)[0].frame
    hidden = frame.groupby("quarter", observed=True)["hidden"].first()
    assert hidden.tolist() == few.tolist()
    assert frame.loc[frame["hidden"], ["estimate", "se", "low", "high"]].isna().all(axis=None)
    with pytest.raises(DisclosureError, match="110 journeys are needed in a stratum; take more quarters"):
        protect(cf.expected_days(moves, days=60, by="month"))


@pytest.mark.slow
def test_no_day_on_which_the_last_person_of_a_state_was_followed_is_shown() -> None:
    """One of 401 people is in IOP, and not followed after day 40."""
    rows = [f"P{i} | php | 0 |" for i in range(400)]
    table = ["person | level | admit | discharge", *rows, "Cyd | php | 60 | 70", "Cyd | iop | 70 |"]
    given = cf.occupation(linked("\n".join(table), cutoff=130, within=30), days=100)
    frame = protect(given)[0].frame
    iop = frame["state"] == "iop"
    assert given.frame.loc[iop, "estimate"].notna().sum() == 41
    assert frame.loc[iop, "estimate"].isna().all()
    assert frame["hidden"].tolist() == iop.tolist()
    assert frame.loc[~iop, "estimate"].notna().all()


def test_expected_days_never_tell_of_fewer_than_11_days_of_people(moves) -> None:
    given = cf.expected_days(moves, days=180)
    few = 9 / given.started["n"].sum()
    given = replace(given, frame=given.frame.assign(days=given.frame["days"].where(given.frame.index > 0, few)))
    safe = protect(given)[0].frame
    n = int(given.started["n"].sum())
    unit = 10.0 ** -resolution(n, 11)
    assert unit * n >= 11
    assert np.allclose(safe["days"] / unit, (safe["days"] / unit).round())
    assert safe["days"].iloc[0] == 0


@pytest.mark.slow
def test_a_difference_is_shown_only_where_both_rates_are(moves) -> None:
    given = cf.transition_rates(moves, by="quarter").compare("2024Q3", "2025Q2")
    safe = protect(given)
    assert audit(safe).ok
    assert audit(list(safe)).ok
    for frame in (safe[0].frame, safe[0].directions):
        counts = frame[["n_1", "of_1", "n_2", "of_2"]]
        assert (frame["hidden"] == counts.isna().any(axis=1)).all()
        assert not frame["hidden"].all()
        assert frame.loc[frame["hidden"], ["difference", "se", "low", "high", "p", "p_adjusted"]].isna().all(axis=None)
        assert not ((counts > 0) & (counts < 11)).any(axis=None)
    assert safe[0].frame["hidden"].any()


@pytest.mark.slow
def test_p_values_are_corrected_for_those_that_are_shown(moves) -> None:
    given = cf.transition_rates(moves, by="quarter").compare("2024Q3", "2025Q2", correction="bh")
    frame = protect(given)[0].frame
    shown = ~frame["hidden"]
    assert np.allclose(
        frame.loc[shown, "p_adjusted"], adjusted(given.frame.loc[shown.to_numpy(), "p"], "bh"), equal_nan=True
    )


@pytest.mark.slow
def test_a_comparison_and_its_rates_share_their_cells(moves) -> None:
    rates = cf.transition_rates(moves, by="year")
    both = protect([rates, rates.compare("2024", "2025")])
    alone = protect(rates)
    assert alone.proof.hidden.any()
    assert len(both.proof.system) == len(alone.proof.system)
    assert (both.proof.hidden == alone.proof.hidden).all()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
def test_comparisons_of_every_method_are_protected(moves, method) -> None:
    given = cf.transition_rates(moves, by="payer", method=method).compare(payer=("medicaid", "private"))
    assert audit(protect(given)).ok


@pytest.mark.slow
def test_a_comparison_of_one_outcome_is_protected_with_the_rest_of_its_row(moves) -> None:
    rates = cf.transition_rates(moves, by="quarter")
    safe = protect(rates.compare("2024Q3", "2025Q2", to="left early"))
    assert audit(safe).ok
    assert any("the remainder of" in name for name in safe.proof.system.names)
    with pytest.raises(DisclosureError, match="compare every outcome"):
        protect(cf.transition_rates(moves, by="quarter", method="intensity").compare("2024Q3", "2025Q2", to="iop"))


def test_a_p_value_is_shown_only_where_every_group_s_numbers_are(moves) -> None:
    given = cf.logrank_test(moves, by="payer")
    safe = protect(given)
    assert audit(safe).ok
    frame, groups = safe[0].frame, safe[0].groups
    whole = groups.groupby("level", observed=True)["hidden"].any()
    assert frame.set_index("level")["hidden"].to_dict() == whole.to_dict()
    assert frame["p"].isna().tolist() == (frame["hidden"] | given.frame["p"].isna()).tolist()
    assert not frame["hidden"].all()
    assert groups.loc[groups["level"].isin(whole[whole].index), "expected"].isna().all()
    counts = groups[["n", "observed"]]
    assert not ((counts > 0) & (counts < 11)).any(axis=None)


def test_a_test_is_tied_to_the_stays_that_it_compares(moves) -> None:
    safe = protect([cf.logrank_test(moves, by="payer"), cf.length_of_stay(moves, by="payer")])
    assert audit(safe).ok
    assert any(name.endswith("less the others") for name in safe.proof.system.names)


@pytest.mark.parametrize("clock", ["stay", "gap"])
def test_gray_s_test_is_protected_over_all_causes(moves, clock) -> None:
    safe = protect(cf.gray_test(moves, by="payer", clock=clock))
    assert audit(safe).ok
    counts = safe[0].groups[["n", "observed"]]
    assert not ((counts > 0) & (counts < 11)).any(axis=None)
    assert safe[0].frame["hidden"].any() == (clock == "stay")


@pytest.mark.slow
def test_a_chain_is_shown_where_every_count_is_shown(many) -> None:
    """It holds no counts."""
    rates, stays = cf.transition_rates(many), cf.length_of_stay(many)
    given = cf.chain(rates, stays)
    safe = protect([rates, stays, given])
    shown = safe[2]
    assert not shown.frame["hidden"].any()
    assert shown.rates is None
    assert shown.stays is None
    exact = given.frame["measure"] != "days"
    assert (shown.frame.loc[exact, "estimate"] == given.frame.loc[exact, "estimate"]).all()
    days = shown.frame.loc[~exact, "estimate"].dropna()
    assert all(float(f"{day:.3g}") == day for day in days)
    assert audit(safe).ok


@pytest.mark.slow
def test_a_chain_is_refused_where_one_of_its_rates_is_hidden(moves) -> None:
    """A chain gives its rates back to whoever inverts it."""
    rates = cf.transition_rates(moves)
    view = cf.chain(rates)
    expected = view.matrix("stays").to_numpy()
    back = np.eye(len(expected)) - np.linalg.inv(expected)
    assert np.allclose(back, rates.matrix().to_numpy()[:, : len(expected)])
    quarters = cf.transition_rates(moves, by="quarter")
    assert protect(quarters)[0].frame.groupby("quarter", observed=True)["hidden"].any().all()
    with pytest.raises(DisclosureError, match=r"every rate can be computed .* in every stratum; protect and publish"):
        protect(cf.chain(quarters))


@pytest.mark.slow
def test_a_chain_by_strata_is_shown_where_nothing_is_hidden(many) -> None:
    view = cf.chain(cf.transition_rates(many, by="payer"))
    frame = protect(view)[0].frame
    hidden = frame.groupby("payer", observed=True)["hidden"].agg(["all", "any"])
    assert (hidden["all"] == hidden["any"]).all()
    assert not hidden["all"].all()


def test_a_markov_test_is_refused_with_what_to_do_instead(moves) -> None:
    with pytest.raises(DisclosureError, match=r"MarkovTest cannot be published.*say in words"):
        protect(cf.markov_test(moves))


@pytest.mark.slow
def test_functions_of_counts_go_through_the_ledger(moves, tmp_path) -> None:
    rates = cf.transition_rates(moves, by="year")
    given = [rates, rates.compare("2024", "2025"), cf.logrank_test(moves, by="payer"),
             cf.occupation(moves, days=30, by="payer")]  # fmt: skip
    one, other = protect(given, ledger=tmp_path), protect(given, ledger=tmp_path)
    for a, b in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(a.frame, b.frame)
