"""What the report says in words: only what its numbers support."""

from dataclasses import fields

import pandas as pd
import pytest
from support.made_up import CELLS, QUARTERS, linked, made_up

import careflow as cf
from careflow.charts import alt_text
from careflow.estimate.changes.change import corrected
from careflow.report.content.content import Content, content
from careflow.report.content.data_quality import attrition
from careflow.report.content.estimates import EVENT_TABLES
from careflow.report.content.figures import plans


def said(stays: pd.DataFrame, quarter: str | None = None) -> Content:
    counts = linked(stays).counts(by="quarter", clocks=("discharge", "stay"))
    return content(counts, quarter=quarter, title=None, source=None, findings=None)


@pytest.fixture(scope="module")
def same() -> Content:
    return said(made_up())


@pytest.mark.slow
def test_where_nothing_changed_the_report_says_so(same):
    assert same.summary[-1].startswith("The records have no admission or discharge after 5\u00a0Aug\u00a02024")
    assert f"{sum(CELLS.values())} discharges of 2024\u00a0Q3 were followed for 30 days." in same.summary[-1]
    assert same.summary[-2].startswith("Changed: nothing clearly. What differs from 2024\u00a0Q2 may be chance (")
    changes = next(table for table in same.tables if table.name == "changes").frame
    assert not changes["clear"].eq(True).any()
    assert (changes["difference"].dropna() == 0).all()


@pytest.mark.slow
def test_a_change_beyond_chance_is_said_with_its_size_and_the_new_rate():
    stays = made_up()
    last = pd.to_datetime(stays["admit_date"]).dt.quarter.eq(3) & stays["level"].eq("residential")
    completed = stays.index[last & stays["discharge_reason"].eq("completed")]
    stays.loc[completed, "discharge_reason"] = "left early"
    told = said(stays)
    assert told.summary[-2].startswith("Changed, beyond what chance explains (24 comparisons): Residential discharges")
    # 40 of 175 completed in the quarter before, and 35 left early; now nobody, and 75.
    assert "completed fell from 23% to 0%" in told.summary[-2]
    assert "left early rose from 20% to 43% (+23 points, +13 to +33), 2024\u00a0Q2 to 2024\u00a0Q3" in told.summary[-2]
    rows = [[cell.text for cell in row] for row in told.chosen.changes.rows]
    assert next(row for row in rows if row[:2] == ["Residential", "Left early"])[-1] == "clear"


@pytest.mark.slow
def test_the_first_lines_answer_the_first_questions_in_at_most_six_lines(moves):
    """Of 175 residential discharges 60 went to PHP and 24 to IOP: 48%."""
    told = content(
        moves.counts(by="quarter", clocks=EVENT_TABLES), quarter=None, title=None, source=None, findings=None
    )
    stepped, median, average, back, changed, rest = told.summary
    assert stepped.startswith(
        "Stepped down within 30 days of leaving 24-hour care (Inpatient and Residential), 2024\u00a0Q3: 48% (40–56); "
    )
    assert median.startswith("Median stay, 2024\u00a0Q3: Residential 15 days (13–17)")
    assert average.startswith("In care on average, 2024\u00a0Q3: Residential ")
    assert back.startswith("Back at the level left, or a more intensive one, within 30 days of stepping down, 2024")
    assert changed.startswith("Changed: ")
    assert "followed for 30 days" in rest


def shifted() -> pd.DataFrame:
    """Eight quarters of 200 residential discharges; 30 go to PHP in each of the first five, then 60."""
    rows = []
    for quarter, begin in enumerate(pd.date_range("2022-01-05", periods=8, freq="QS")):
        for i in range(200):
            person = f"P{quarter}-{i}"
            left = begin + pd.Timedelta(days=20)
            rows.append((person, "residential", begin, left, "completed"))
            if i < (30 if quarter < 5 else 60):
                rows.append((person, "php", left + pd.Timedelta(days=2), left + pd.Timedelta(days=9), "completed"))
    return pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date", "discharge_reason"])


@pytest.mark.slow
def test_a_shift_is_found_with_the_quarter_from_which_it_holds():
    """30 of 200 against 60 of 200 by quarter: no quarter against the one before is clear among 60; 3 against 5 are."""
    counts = cf.link(cf.read_episodes(shifted(), cutoff="2024-06-30")).counts(
        by="quarter", clocks=("discharge", "stay")
    )
    told = content(counts, quarter="2024Q1", title=None, source=None, findings=None)
    line = next(line for line in told.summary if line.startswith("Changed"))
    assert "Residential discharges that moved to PHP rose from 15% to 30% (+15 points, +11 to +19)" in line
    assert "from 2023\u00a0Q3 on (3 quarters to 2024\u00a0Q1 against the 5 before)" in line
    control = next(plan for plan in plans(told) if plan.name == "changed_1")
    assert control.heading == "Changed: Residential to PHP, control chart"
    assert control.draw.keywords["baseline"] == ("2022Q2", "2023Q2")
    assert alt_text(control.draw()).startswith("Control chart, 3 points break a rule")


def test_one_clear_looking_change_among_many_is_not_called_clear():
    """60 of 200 and 84 of 200 have p = 0.012: clear by itself, and not among 20."""
    names = ["measure", "from", "p", "tested"]
    alone = corrected(pd.DataFrame([("completed", "iop", 0.012, True)], columns=names))
    assert alone["changed"].tolist() == [True]
    others = [("completed", "php", 0.5, True)] * 19
    many = corrected(pd.DataFrame([("completed", "iop", 0.012, True), *others], columns=names))
    assert many["p_adjusted"].iloc[0] == pytest.approx(0.24)
    assert not many["changed"].any()
    without = [(*one[:3], False) for one in others]
    untested = corrected(pd.DataFrame([("completed", "iop", 0.012, True), *without], columns=names))
    assert untested["changed"].tolist() == [True] + [False] * 19


@pytest.mark.slow
def test_no_change_is_told_from_or_to_a_quarter_that_is_not_mature(same):
    assert [one.mature for one in same.periods] == [True, True, True, False]
    assert [one.changes is not None for one in same.periods] == [False, True, True, False]
    assert "2024\u00a0Q4 is not yet mature" in same.summary[-1]


@pytest.mark.slow
def test_a_change_of_a_hidden_rate_is_not_told_and_counted():
    stays = made_up({**CELLS, ("iop", "completed"): 5})
    told = said(stays)
    changes = next(table for table in told.tables if table.name == "changes").frame
    secret = changes[changes["hidden"]]
    assert len(secret)
    assert secret[["difference", "low", "high"]].isna().all(axis=None)
    assert "more are not known" in told.chosen.changes.note


@pytest.mark.slow
def test_the_rest_of_the_outcomes_is_what_is_left_to_a_hundred(same):
    row = next(row for row in same.chosen.key.rows if row[0].text == "Outpatient")
    assert {cell.text for cell in row[2:]} <= {"–", "·", "not reached"}, "no discharge is no answer, and not 0%"
    at = same.chosen.key.head.index("Stepped down")
    assert row[at].text == "·", "nobody can step down from the least intensive level"
    row = next(row for row in same.chosen.moves.rows if row[0].text == "Residential")
    assert row[-1].text == "9%"  # terminated 3 and incarcerated 13 of 175


def test_every_heading_that_needs_one_has_its_definition(same):
    keys = {term.key for term in same.terms}
    for one in same.periods:
        for grid in (one.key, one.moves, one.changes):
            assert grid is None or set(grid.terms) - {""} <= keys


@pytest.mark.slow
def test_few_rows_set_aside_are_hidden_with_the_total_they_come_from(counts):
    few = pd.DataFrame(
        [
            ("R06 discharged before admitted", "set aside", 4, "of 4 people"),
            ("F01 overlaps", "flagged", 30, "of 3 people"),
        ],
        columns=["check", "action", "n", "note"],
    )
    values = {field.name: getattr(counts, field.name) for field in fields(counts)}
    aside = cf.Counts(**values | {"set_aside": 4})
    found = attrition(aside, few, 11)
    assert dict(found.steps)["Set aside by the checks"] == dict(found.steps)["Rows read"] == "s"
    assert found.table["n"].isna().tolist() == [True, False]
    assert found.table["note"].tolist() == ["", "of s people"]


def test_the_quarters_are_those_of_the_records(same):
    assert [one.name for one in same.periods][: len(QUARTERS)] == list(QUARTERS)
