"""Where no reason of leaving is known, no chart, report or test of change says that 0% completed."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.charts.data.transitions import moves, other_outcomes
from careflow.charts.data.view import read
from careflow.estimate.changes.change import changes_of
from careflow.estimate.rates.comparison import COMPARED
from careflow.estimate.rates.known_reasons import may_be_unknown, no_reason_known, without_unknown_shares
from careflow.report.content.quarters import key_grid

BEGIN = {"2024Q1": "2024-01-02", "2024Q2": "2024-04-02"}


@cache
def rates() -> cf.estimate.Rates:
    """Return rates of 40 discharges a quarter, 10 of them moves; the second quarter has no reasons."""
    rows: list[tuple[Any, ...]] = []
    for quarter, first in BEGIN.items():
        for i in range(40):
            person, day = f"{quarter}{i}", pd.Timestamp(first)
            reason = ("completed" if i % 2 else "left early") if quarter == "2024Q1" else None
            rows.append((person, "residential", day, day + pd.Timedelta(days=10 + i % 7), reason))
            if i < 10:
                rows.append((person, "php", day + pd.Timedelta(days=20), None, None))
    columns = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason"]
    linked = cf.link(cf.read_episodes(pd.DataFrame(rows, columns=columns), cutoff="2024-12-31"))
    return cf.transition_rates(linked, by="quarter")


def of_residential(frame: pd.DataFrame, quarter: str, to: str) -> Any:
    rows = frame[(frame["quarter"].astype(str) == quarter) & (frame["from"] == "residential") & (frame["to"] == to)]
    return rows.iloc[0]


def test_shares_of_known_reasons_are_missing_where_none_is_known() -> None:
    plain = rates()
    frame = without_unknown_shares(plain.frame, plain.about.by)
    assert of_residential(frame, "2024Q1", "completed")["rate"] == 15 / 40
    for reason in ("completed", "left early", "terminated"):
        row = of_residential(frame, "2024Q2", reason)
        assert row["n"] == 0
        assert np.isnan([row[name] for name in ("rate", "se", "low", "high")]).all()
    assert of_residential(frame, "2024Q2", "unknown")["rate"] == 30 / 40
    assert of_residential(frame, "2024Q2", "left care")["rate"] == 30 / 40
    assert of_residential(frame, "2024Q2", "php")["rate"] == 10 / 40
    assert of_residential(plain.frame, "2024Q2", "completed")["rate"] == 0, "the frame of the result is n / of"


def test_a_hidden_count_may_be_of_unknown_reasons_a_reason_is_known() -> None:
    frame = pd.DataFrame({"from": "a", "to": ["completed", "left early", "unknown"], "n": [0.0, 0.0, np.nan]})
    assert no_reason_known(frame, ["from"]).tolist() == [True, True, False]
    assert not no_reason_known(frame.assign(n=[0.0, np.nan, np.nan]), ["from"]).any()
    assert not no_reason_known(frame.assign(n=[0.0, 0.0, 0.0]), ["from"]).any()


def test_charts_draw_no_share_of_completed_where_no_reason_is_known() -> None:
    for quarter, completed in (("2024Q1", 15 / 40), ("2024Q2", np.nan)):
        view = read(rates(), "Rates", "flow_map", quarter=quarter)
        by_edge = moves(view)
        assert by_edge["residential", "completed"].share == pytest.approx(completed, nan_ok=True)
        other = other_outcomes(view, by_edge)["residential"].share
        assert other == (0 if quarter == "2024Q1" else 30 / 40), "the unknown ones are among the other outcomes"


def test_the_report_says_not_known_instead_of_no_one_completed() -> None:
    frame = without_unknown_shares(rates().frame, ("quarter",)).assign(hidden=False)
    rows = frame[frame["quarter"] == "2024Q2"].to_dict("records")
    ways = rates().directions.assign(hidden=False)
    ways = ways[ways["quarter"] == "2024Q2"]
    shares: Any = {(str(row["from"]), str(row["to"])): row for row in rows}
    directions: Any = {(str(row["from"]), str(row["direction"])): row for row in ways.to_dict("records")}
    grid = key_grid(rates().continuum, "", shares, directions, None)
    cells = dict(zip(grid.head, grid.rows[1], strict=True))
    assert [cells[name].text for name in ("Completed", "Left early", "Other outcomes")] == ["not known"] * 2 + ["75%"]


def test_no_change_of_completed_is_tested_where_one_side_has_no_reason() -> None:
    changes = changes_of(rates()).between([("2024Q1", "2024Q2")])
    rows = changes[changes["from"] == "residential"].set_index("measure")
    assert not rows.loc["completed", "tested"]
    assert rows.loc[["completed", "left early"], ["difference", "p"]].isna().all(axis=None)
    assert rows.loc["php", "difference"] == 0


@pytest.mark.slow
def test_a_comparison_of_completed_is_missing_where_one_side_has_no_reason() -> None:
    frame = rates().compare("2024Q1", "2024Q2").frame
    rows = frame[frame["from"] == "residential"].set_index("to")
    assert rows.loc[["completed", "left early"], list(COMPARED)].isna().all(axis=None)
    assert rows.loc["completed", ["n_1", "of_1", "n_2", "of_2"]].tolist() == [15, 40, 0, 40]
    assert rows.loc["left care", "difference"] == 0
    assert rows.loc["php", "difference"] == 0
    for to in ("completed", ["completed", "left early"], {"known": ["completed", "left early"]}):
        assert rates().compare("2024Q1", "2024Q2", frm="residential", to=to).frame["difference"].isna().all()
    left = rates().compare("2024Q1", "2024Q2", frm="residential", to=["completed", "left early", "unknown"])
    assert left.frame["difference"].tolist() == [0]


def by_payer() -> cf.estimate.Rates:
    """Return rates of two payers in two quarters, 20 discharges each; of payer b in the second no reason is known."""
    rows: list[tuple[Any, ...]] = []
    for quarter, first in BEGIN.items():
        for payer in "ab":
            for i in range(20):
                reason = None if (quarter, payer) == ("2024Q2", "b") else "completed" if i % 4 else "left early"
                day = pd.Timestamp(first)
                rows.append((f"{quarter}{payer}{i}", payer, "residential", day, day + pd.Timedelta(days=10), reason))
    columns = ["person_id", "payer", "level", "admit_date", "discharge_date", "discharge_reason"]
    linked = cf.link(cf.read_episodes(pd.DataFrame(rows, columns=columns), cutoff="2024-12-31"))
    return cf.transition_rates(linked, frm="residential", by=["quarter", "payer"])


@pytest.mark.slow
def test_a_decomposition_of_completed_is_missing_where_a_cell_has_no_reason() -> None:
    split = by_payer().decompose("2024Q1", "2024Q2", over="payer")
    points = split.frame.set_index(["to", "factor"])["points"]
    assert points["completed"].isna().all()
    assert points["left care"].tolist() == [0, 0, 0]
    both = split.rates.set_index("to").loc["completed"]
    assert both[["n_1", "of_1", "n_2", "of_2"]].tolist() == [30, 40, 15, 40], "the counts stay"
    detail = split.detail.set_index("to")["points"]
    assert detail["completed"].isna().all()
    assert detail["left care"].notna().all()


@pytest.mark.slow
def test_standardized_numbers_are_missing_where_a_cell_has_no_reason() -> None:
    held = by_payer().standardize(over="payer").frame.set_index(["quarter", "to"])
    assert held.loc[("2024Q1", "completed"), "standardized"] == 30 / 40
    assert np.isnan(held.loc[("2024Q2", "completed"), "standardized"])
    assert held.loc[("2024Q2", "left care"), "standardized"] == 1
    units = by_payer().indirect("payer", over="quarter").frame.set_index(["payer", "to"])
    assert units.loc[("a", "completed"), "ratio"] == 30 / 22.5
    assert units.loc[("b", "completed"), ["ratio", "low", "high", "z"]].isna().all()
    assert not units.loc[("b", "completed"), "signal"]


def test_a_missing_comparison_does_not_tell_that_hidden_reasons_are_0() -> None:
    known = ["completed", "left early", "unknown"]
    frame = pd.DataFrame({"from": "a", "to": known, "n": [0.0, np.nan, 9.0]})
    assert may_be_unknown(frame, ["from"]).tolist() == [True, False, False], "whatever the hidden count is"
    assert not may_be_unknown(frame.assign(n=[0.0, np.nan, 0.0]), ["from"]).any()
    assert may_be_unknown(frame[:1], ["from"]).tolist() == [True]


@pytest.mark.slow
@pytest.mark.parametrize("early", [0, 3])
def test_protected_comparisons_of_completed_do_not_depend_on_hidden_reasons(early: int) -> None:
    rows: list[tuple[Any, ...]] = []
    for quarter, first in BEGIN.items():
        for i in range(60):
            reason = "completed" if quarter == "2024Q1" and i % 2 else "left early" if i < early else None
            day = pd.Timestamp(first)
            rows.append((f"{quarter}{i}", "residential", day, day + pd.Timedelta(days=10), reason))
    columns = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason"]
    linked = cf.link(cf.read_episodes(pd.DataFrame(rows, columns=columns), cutoff="2024-12-31"))
    change = cf.transition_rates(linked, by="quarter", cluster=None).compare("2024Q1", "2024Q2", frm="residential")
    (safe,) = cf.protect([change])
    row = safe.frame.set_index("to").loc["completed"]
    if early:
        assert safe.frame.set_index("to").loc["left early", "hidden"]
    assert row["n_2"] == 0 or row["hidden"]
    assert np.isnan(row["difference"])
