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
from careflow.estimate.rates.known_reasons import no_reason_known, without_unknown_shares
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
