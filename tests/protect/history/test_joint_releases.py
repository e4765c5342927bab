"""All releases of a ledger are one system: attacked by an attacker that knows nothing of how it is protected."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from support.release_attacker import attack, moves_of, printed, records
from support.release_plans import attacked, random_plan

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import Ledger, protect
from careflow.protect.history.series_plan import joined, plan_of
from careflow.protect.history.state import from_plain
from careflow.protect.release import enter_results

LEVEL, TO = "residential", "iop"


@pytest.fixture(scope="module")
def stays() -> pd.DataFrame:
    return records(60, 3)


@pytest.fixture(scope="module")
def moves(stays) -> cf.Transitions:
    return moves_of(stays)


def one_cell(frame: pd.DataFrame, **where: str) -> float:
    for name, value in ({"from": LEVEL, "to": TO} | where).items():
        frame = frame[frame[name].astype(str) == value]
    return float(frame["n"].iloc[0])


def cube_with(*counts: int) -> np.ndarray:
    """Return a cube of 40 everywhere, but for moves from the first level to the second in each stratum."""
    cube = np.full((len(counts), 3, 12), 40, dtype=np.int64)
    cube[:, 0, 1] = counts
    return cube


@pytest.mark.slow
def test_quarters_then_the_year_are_attacked_together(stays, moves, tmp_path) -> None:
    """Old code let a reader subtract three quarters from the year."""
    seen = []
    for unit in ("quarter", "year"):
        seen += [printed(one) for one in protect([cf.transition_rates(moves, by=unit)], ledger=tmp_path)]
    found = attack(seen, stays)
    assert found.small > 50
    assert found.ok, found.exact + found.certainly_small


@pytest.mark.slow
def test_without_a_ledger_the_attacker_finds_small_counts(stays, moves) -> None:
    seen = [printed(protect(cf.transition_rates(moves, by=unit))[0]) for unit in ("quarter", "year")]
    assert not attack(seen, stays).ok


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["suppress", "round"])
@pytest.mark.parametrize("seed", range(4))
def test_random_plans_of_releases_give_no_small_count_away(seed, mode) -> None:
    """Two hundred are attacked by benchmarks/releases.py."""
    outcome = attacked(random_plan(seed), records(40, seed), mode)
    assert outcome.published
    assert outcome.findings.ok, (outcome.plan, outcome.findings)


@pytest.mark.slow
def test_the_year_of_four_hidden_quarters_of_3_is_hidden(made, tmp_path) -> None:
    cube = cube_with(3, 3, 3, 3)
    protect(made["by_quarter"](cube), ledger=tmp_path)
    year = pd.DataFrame({"year": pd.Categorical(["2023"], ["2023"], ordered=True)})
    second = protect(made["rates"](cube.sum(axis=0, keepdims=True), year), ledger=tmp_path)
    names = second.proof.system.names
    linked = second.proof.system.relations
    at = [i for i, name in enumerate(names) if name.startswith(f"{LEVEL} to {TO} within 30 days")]
    assert any(set(at) <= set(linked[[row]].indices) for row in range(linked.shape[0]))
    assert second.proof.check().ok


@pytest.mark.slow
def test_a_hidden_payer_cannot_be_subtracted_from_a_later_total(made, tmp_path) -> None:
    cube = cube_with(40, 3)
    payers = pd.DataFrame({"payer": ["a", "b"]})
    first = protect(made["rates"](cube, payers), ledger=tmp_path)
    second = protect(made["overall"](cube), ledger=tmp_path)
    assert np.isnan(one_cell(first.frame, payer="b"))
    assert np.isnan(one_cell(first.frame, payer="a")) or np.isnan(one_cell(second.frame))


@pytest.mark.parametrize("order", [(30, 14), (14, 30)])
def test_moves_between_two_windows_of_two_releases_are_a_count(made, tmp_path, order) -> None:
    """3 moved after 14 to 30 days: old code showed 43 within 30 and, in the next release, 40 within 14."""
    cubes = {30: cube_with(43), 14: cube_with(40)}
    cubes[14][0, 0, 4] += 3
    for within in order:
        safe = protect(made["by_quarter"](cubes[within], within=(within,)), ledger=tmp_path)
    assert np.isnan(one_cell(safe.frame))
    assert safe.proof.check().ok


def test_a_difference_of_11_or_more_between_windows_is_shown(made, tmp_path) -> None:
    cubes = {30: cube_with(60), 14: cube_with(40)}
    cubes[14][0, 0, 4] += 20
    for within in (30, 14):
        safe = protect(made["by_quarter"](cubes[within], within=(within,)), ledger=tmp_path)
    assert one_cell(safe.frame) == 40


@pytest.mark.slow
def test_those_in_care_at_the_end_of_a_quarter_and_its_year_are_one_count(moves, tmp_path) -> None:
    quarters, years = (protect(cf.census(moves, by=unit), ledger=tmp_path).frame for unit in ("quarter", "year"))
    last = quarters[quarters["quarter"] == "2024Q4"].set_index("level")["closing"]
    year = years[years["year"] == "2024"].set_index("level")["closing"]
    assert last.isna().any()
    pd.testing.assert_series_equal(last.isna(), year.isna())


@pytest.mark.slow
def test_who_did_not_return_is_who_left_care(moves) -> None:
    """Old code hid one and showed the other."""
    rates, returns = protect([cf.transition_rates(moves, by="year"), cf.readmissions(moves, by="year")])
    left = rates.frame[rates.frame["to"] == "left care"].set_index(["year", "from"])["n"]
    here = returns.frame.set_index(["year", "from"])
    hidden = left.index[left.isna()]
    assert len(hidden)
    assert here.loc[hidden, ["n", "of"]].isna().any(axis=1).all()


@pytest.mark.slow
def test_steps_and_endings_of_pathways_are_linked_to_moves_and_reasons(moves) -> None:
    safe = protect([cf.transition_rates(moves), cf.census(moves, by="year"), cf.pathways(moves, steps=3)])
    names = safe.proof.system.names
    assert any("after the steps of the pathways" in name and name.startswith("moves from") for name in names)
    assert any("left early after the steps" in name for name in names)
    assert any("that begin no journey" in name for name in names)
    assert safe.proof.check().ok


@pytest.mark.slow
def test_pathways_beside_rates_of_shorter_windows_only_are_refused(moves) -> None:
    with pytest.raises(DisclosureError, match=r"within 30 days.*release rates within=30 beside them"):
        protect([cf.transition_rates(moves, within=14), cf.pathways(moves, steps=3)])


def with_rules(result, **changes):
    return replace(result, about=replace(result.about, **changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"linked": 60}, r"the link window was 30 and is 60\. Instead, link the records with the window"),
        ({"overlaps": "merge"}, r"the policy for overlaps was flag and is merge"),
        (
            {"calendar": cf.Calendar(fiscal_start=7)},
            r"first month of the year was 1 and is 7\. Instead, release months",
        ),
    ],
)
def test_what_does_not_fit_the_plan_of_a_ledger_is_refused_at_once(made, tmp_path, changes, says) -> None:
    rules = {"linked": 30, "overlaps": "flag", "calendar": cf.Calendar()}
    given = with_rules(made["by_quarter"](cube_with(40)), **rules)
    protect(given, ledger=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(DisclosureError, match=says):
        protect(with_rules(given, **(rules | changes)), ledger=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert Ledger.open(tmp_path).state.plan["rules"]["link window"] == 30


def of_year_begun_in(month: int, moves, unit: str):
    return cf.transition_rates(moves, by=unit, calendar=cf.Calendar(fiscal_start=month))


@pytest.mark.slow
@pytest.mark.parametrize("reverse", [False, True])
def test_months_beside_fiscal_years_sum_to_them_in_either_order(moves, reverse) -> None:
    """Old code took the calendar of the first result, so that a fiscal year was no sum of the months before it."""
    given = [of_year_begun_in(1, moves, "month"), of_year_begun_in(7, moves, "year")]
    table, _ = enter_results(given[::-1] if reverse else given)
    members = table.families["discharges", "iop"]
    months = [*(f"2023-{month:02d}" for month in range(7, 13)), *(f"2024-{month:02d}" for month in range(1, 7))]
    assert {members[(("year", "FY2024"),)], *(members[(("month", month),)] for month in months)} in map(set, table.sums)


@pytest.mark.slow
def test_months_after_fiscal_years_are_of_the_calendar_of_the_series(moves) -> None:
    months = of_year_begun_in(1, moves, "month")
    plan = plan_of([of_year_begun_in(7, moves, "year")])
    assert [enter_results([months], plan=each)[0].fiscal_start for each in (plan, plan_of([months]))] == [7, 1]


CALENDARS = {
    "months, then fiscal quarters": [("month", 1), ("quarter", 7)],
    "fiscal years, then months": [("year", 7), ("month", 1)],
    "fiscal months, then years": [("month", 7), ("year", 1)],
}


@pytest.mark.slow
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("plan", CALENDARS)
def test_months_and_the_periods_of_one_calendar_are_attacked(stays, moves, tmp_path, plan, together) -> None:
    """Old code let a reader subtract months from a year of another calendar: 163 counts were certainly small.

    Which months are empty may pin a year that is out already: then they are refused.
    """
    given = [of_year_begun_in(start, moves, unit) for unit, start in CALENDARS[plan]]
    if together:
        released = list(protect(given))
    else:
        released = [protect(given[0], ledger=tmp_path)[0]]
        with suppress(DisclosureError):
            released += protect(given[1], ledger=tmp_path)
    starts = [start for _, start in CALENDARS[plan]]
    found = attack([printed(one, fiscal_start=at) for one, at in zip(released, starts, strict=False)], stays)
    assert found.small > 50
    assert found.ok, found.exact + found.certainly_small


@pytest.mark.slow
@pytest.mark.parametrize("units", [("quarter", "quarter"), ("year", "quarter"), ("quarter", "year")])
@pytest.mark.parametrize("together", [True, False])
def test_periods_of_two_calendars_are_refused_before_any_search(moves, tmp_path, units, together, monkeypatch) -> None:
    """Quarters of two calendars overlap by months: their differences would be counts of their own."""
    fiscal, calendar = of_year_begun_in(7, moves, units[0]), of_year_begun_in(1, moves, units[1])
    if not together:
        protect(fiscal, ledger=tmp_path)
    monkeypatch.setattr("careflow.protect.release.prove", None)
    with pytest.raises(DisclosureError, match=r"first month of the year was 7 and is 1\. Instead, release months"):
        protect([fiscal, calendar] if together else calendar, ledger=None if together else tmp_path)


def splits(made, *strata: list[str]) -> dict:
    plan: dict = {}
    for by in strata:
        given = made["by_quarter"](cube_with(40))
        plan = joined(plan, plan_of([with_rules(given, by=tuple(by))]))
    return plan


@pytest.mark.parametrize(
    "strata",
    [
        [["quarter", "payer"], ["quarter", "facility"], ["payer", "facility"]],
        [["payer", "month"], ["facility", "quarter"], ["payer", "facility", "year"]],
    ],
)
def test_splits_in_a_circle_are_refused_with_what_to_release(made, strata) -> None:
    with pytest.raises(DisclosureError, match="Release one table by all of these strata together, or leave one pair"):
        splits(made, *strata)


def test_splits_that_form_a_tree_are_linked(made) -> None:
    plan = splits(made, ["quarter", "payer"], ["year", "facility"], ["month"], [], ["payer"])
    assert plan["strata"] == [[], ["facility", "year"], ["month"], ["payer"], ["payer", "quarter"]]


def test_results_of_a_part_of_the_records_are_refused(made) -> None:
    given = made["by_quarter"](cube_with(40))
    object.__setattr__(given.about, "where", {"payer": "a"})
    with pytest.raises(DisclosureError, match=r"where=.*release every part of the stratum instead, with by="):
        plan_of([given])


def test_a_state_without_a_plan_is_a_broken_ledger() -> None:
    with pytest.raises(DisclosureError, match="the ledger is broken"):
        from_plain({"cells": [], "sums": [], "latest": {}, "rows": {}})


@pytest.mark.slow
def test_a_new_quarter_is_what_the_total_has_grown_by(made, tmp_path) -> None:
    """All discharges of two releases, and the new quarter beside the second: their difference is that quarter."""
    cube = cube_with(40, 40, 5)
    protect(made["overall"](cube[:2], cutoff=date(2023, 6, 30)), ledger=tmp_path)
    when = {"cutoff": date(2023, 9, 30)}
    second = protect([made["by_quarter"](cube, **when), made["overall"](cube, **when)], ledger=tmp_path)
    assert np.isnan(one_cell(second[0].frame, quarter="2023Q3"))
    assert np.isnan(one_cell(second[1].frame))


def test_limits_of_a_share_of_0_depend_on_shown_rows_only(made) -> None:
    """The design effect of a hidden row, and the pooled one that an estimate takes, change nothing that is shown."""
    cube = cube_with(3, 40, 40)
    cube[:, 0, 5] = 0
    frames = []
    for effect in (1.0, 3.0):
        given = made["by_quarter"](cube)
        hidden = (given.frame["n"] > 0) & (given.frame["n"] < 11)
        zero = given.frame["rate"] == 0
        frame = given.frame.assign(
            se=given.frame["se"].mask(hidden, 0.01 * effect), high=given.frame["high"].mask(zero, 0.01 * effect)
        )
        frames.append(protect(replace(given, frame=frame)).frame)
    pd.testing.assert_frame_equal(*frames)
    assert (frames[0].loc[frames[0]["rate"] == 0, "high"] > 0).all()
