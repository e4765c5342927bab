"""Admissions with changes of level, and enrolments: drawn as tables, with the stays that they are."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from records.drawing import finding, frame, stays

import careflow as cf
from careflow.errors import ArgumentError, RecordError

ADMISSIONS = """
person_id | admission_id | admit_date | discharge_date | discharge_reason
A         | 1            | 2024-01-02 | 2024-03-01     | completed
B         | 2            | 2024-01-10 |                |
"""

CHANGES = """
admission_id | change_date | level
1            | 2024-01-02  | residential
1            | 2024-02-01  | php
2            | 2024-01-10  | iop
"""


def read(admissions: str, changes: str | None = None, **options: Any) -> cf.Episodes:
    source = cf.sources.events(frame(admissions), None if changes is None else frame(changes), **options)
    return cf.read_episodes(source, cutoff="2024-12-31")


def counted(episodes: cf.Episodes) -> dict[str, int]:
    losses = episodes.losses
    return {rule: n for rule, n in zip(losses["rule"], losses["n"], strict=True) if rule not in ("E00", "E09")}


def changes(*rows: str) -> str:
    return "admission_id | change_date | level | sequence | track\n" + "\n".join(rows)


@pytest.mark.slow
def test_a_level_holds_until_the_next_change_or_the_discharge() -> None:
    episodes = read(ADMISSIONS, CHANGES)
    assert stays(episodes) == [
        ("residential", "01-02", "02-01", "transferred out"),
        ("iop", "01-10", None, "unknown"),
        ("php", "02-01", "03-01", "completed"),
    ]
    assert counted(episodes) == {}
    assert episodes.attrition["left"].tolist()[0] == 5


def test_an_admission_without_changes_is_a_stay_at_its_own_level() -> None:
    table = "person_id | admission_id | admit_date | discharge_date | level\nA | 1 | 2024-01-02 | 2024-01-09 | RTC"
    assert stays(read(table, levels={"rtc": "residential"})) == [("residential", "01-02", "01-09", "unknown")]


@pytest.mark.slow
def test_columns_of_the_admissions_become_strata_of_the_stays() -> None:
    admissions = frame(ADMISSIONS).assign(PROGRAM=["north", "south"])
    source = cf.sources.events(admissions, frame(CHANGES), columns={"program": "PROGRAM"})
    episodes = cf.read_episodes(source, cutoff="2024-12-31")
    labels = zip(episodes.rows()["level"].astype(str), episodes.rows()["program"].astype(str), strict=True)
    assert set(labels) == {("residential", "north"), ("php", "north"), ("iop", "south")}
    with pytest.raises(ArgumentError, match="of ids or days"):
        read(ADMISSIONS, CHANGES, columns={"stay": "admission_id"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "expected", "rules"),
    [
        # The last of several on one day, by sequence: 10 comes after 9.
        (
            ["1 | 2024-01-02 | php | 9 |", "1 | 2024-01-02 | residential | 10 |"],
            [("residential", "01-02", "03-01", "completed")],
            {"E04": 1},
        ),
        # The same level again is no change.
        (
            ["1 | 2024-01-02 | php | |", "1 | 2024-02-02 | php | |"],
            [("php", "01-02", "03-01", "completed")],
            {"E05": 1},
        ),
        # Up to seven days after the admission the first level is carried back.
        (["1 | 2024-01-09 | php | |"], [("php", "01-02", "03-01", "completed")], {"E03": 1}),
        # Midnight in UTC is the day before.
        (["1 | 2024-01-01 | php | |"], [("php", "01-02", "03-01", "completed")], {"E06": 1}),
        # On the day of discharge, and after it.
        (
            ["1 | 2024-01-02 | php | |", "1 | 2024-03-01 | iop | |", "1 | 2024-03-02 | iop | |"],
            [("php", "01-02", "03-01", "completed")],
            {"E08": 1, "E07": 1},
        ),
        # Of an admission that is not there.
        (
            ["1 | 2024-01-02 | php | |", "9 | 2024-03-01 | iop | |"],
            [("php", "01-02", "03-01", "completed")],
            {"E01": 1},
        ),
    ],
    ids=["last of a day", "same level", "carried back", "day before", "at and after discharge", "unknown admission"],
)
def test_a_change_has_one_fate(rows: list[str], expected: list[Any], rules: dict[str, int]) -> None:
    one = "\n".join(ADMISSIONS.strip().splitlines()[:2])
    episodes = read(one, changes(*rows))
    assert stays(episodes) == expected
    assert counted(episodes) == rules


def test_days_before_a_late_first_level_have_none() -> None:
    one = "\n".join(ADMISSIONS.strip().splitlines()[:2])
    episodes = read(one, changes("1 | 2024-01-10 | php | |"))
    assert stays(episodes) == [("php", "01-10", "03-01", "completed")]
    assert finding(episodes, "R02") is not None


@pytest.mark.slow
def test_an_unknown_level_stays_its_own_piece() -> None:
    one = "\n".join(ADMISSIONS.strip().splitlines()[:2])
    rows = changes("1 | 2024-01-02 | php | |", "1 | 2024-01-12 | jail | |", "1 | 2024-01-22 | php | |")
    episodes = read(one, rows)
    assert [stay[:3] for stay in stays(episodes)] == [("php", "01-02", "01-12"), ("php", "01-22", "03-01")]
    assert finding(episodes, "R03") is not None


def test_of_two_versions_of_an_admission_the_newest_is_kept() -> None:
    table = """
    person_id | admission_id | admit_date | discharge_date | level | updated_at
    A         | 1            | 2024-01-02 |                | php   | 2024-02-01
    A         | 1            | 2024-01-02 | 2024-03-01     | php   | 2024-04-01
    """
    episodes = read(table)
    assert stays(episodes) == [("php", "01-02", "03-01", "unknown")]
    assert counted(episodes) == {"E02": 1}


def test_without_a_time_of_writing_no_version_is_kept() -> None:
    table = """
    person_id | admission_id | admit_date | discharge_date | level
    A         | 1            | 2024-01-02 | 2024-02-01     | php
    A         | 1            | 2024-01-02 | 2024-03-01     | php
    B         | 2            | 2024-01-02 | 2024-03-01     | iop
    B         | 2            | 2024-01-02 | 2024-03-01     | iop
    """
    episodes = read(table)
    assert stays(episodes) == [("iop", "01-02", "03-01", "unknown")]
    assert counted(episodes) == {"E02": 3}


@pytest.mark.slow
def test_what_was_authorized_is_a_table_beside_what_was_delivered() -> None:
    one = "\n".join(ADMISSIONS.strip().splitlines()[:2])
    rows = changes(
        "1 | 2024-01-02 | residential | | delivered",
        "1 | 2024-02-01 | php | | delivered",
        "1 | 2024-01-02 | residential | | authorized",
        "1 | 2024-01-22 | php | | authorized",
    )
    episodes = read(one, rows)
    assert [stay[:3] for stay in stays(episodes)] == [("residential", "01-02", "02-01"), ("php", "02-01", "03-01")]
    assert counted(episodes) == {"E10": 2}
    # Residential 20 days of 30 as authorized, then 10 as php; php from 1 February to the cut-off of the piece.
    expected = {("residential", "residential"): 20, ("residential", "php"): 10, ("php", "php"): 29}
    found = episodes.tables["tracks"]
    pairs = zip(found["delivered"], found["authorized"], found["days"], strict=True)
    assert {(delivered, authorized): days for delivered, authorized, days in pairs} == expected


@pytest.mark.slow
def test_the_order_of_the_rows_does_not_matter() -> None:
    mixed = frame(CHANGES).sample(frac=1, random_state=1)
    source = cf.sources.events(frame(ADMISSIONS).iloc[::-1], mixed)
    assert stays(cf.read_episodes(source, cutoff="2024-12-31")) == stays(read(ADMISSIONS, CHANGES))


ENROLLMENT = """
PersonalID | EnrollmentID | EntryDate  | ProjectID
A          | e1           | 2024-01-02 | 10
B          | e2           | 2024-01-10 | 11
"""
EXIT = "EnrollmentID | ExitDate | Destination\ne1 | 2024-02-01 | 24"
PROJECT = "ProjectID | ProjectType\n10 | 2\n11 | 13"


@pytest.mark.slow
def test_enrolments_are_stays_at_the_level_of_their_project() -> None:
    source = cf.sources.enrolments(
        frame(ENROLLMENT), frame(EXIT), frame(PROJECT), levels={2: "residential", 13: "php"}, reasons={24: "died"}
    )
    episodes = cf.read_episodes(source, cutoff="2024-12-31")
    assert stays(episodes) == [("residential", "01-02", "02-01", "died"), ("php", "01-10", None, "unknown")]
    by_project = cf.sources.enrolments(
        frame(ENROLLMENT), frame(EXIT), levels={"10": "residential", "11": "iop"}, level_from="ProjectID"
    )
    assert [stay[0] for stay in stays(cf.read_episodes(by_project, cutoff="2024-12-31"))] == ["residential", "iop"]


@pytest.mark.slow
def test_columns_of_the_enrolments_become_strata_of_the_stays() -> None:
    entries = frame(ENROLLMENT).assign(HOUSEHOLD=["one", "several"])
    levels, by = {"10": "residential", "11": "iop"}, "ProjectID"
    source = cf.sources.enrolments(
        entries, frame(EXIT), levels=levels, level_from=by, columns={"household": "HOUSEHOLD"}
    )
    rows = cf.read_episodes(source, cutoff="2024-12-31").rows()
    assert set(zip(rows["level"].astype(str), rows["household"].astype(str), strict=True)) == {
        ("residential", "one"), ("iop", "several"),
    }  # fmt: skip
    odd = cf.sources.enrolments(entries, frame(EXIT), levels=levels, level_from=by, columns={"x": "EntryDate"})
    with pytest.raises(ArgumentError, match="of ids or days"):
        cf.read_episodes(odd, cutoff="2024-12-31")


def test_enrolments_have_no_default_levels() -> None:
    with pytest.raises(ArgumentError, match="needs levels="):
        cf.sources.enrolments(frame(ENROLLMENT), frame(EXIT), frame(PROJECT))
    with pytest.raises(ArgumentError, match="give the table of projects as"):
        cf.sources.enrolments(frame(ENROLLMENT), frame(EXIT), levels={2: "php"})


def test_a_missing_column_is_named() -> None:
    with pytest.raises(RecordError, match="column change_date is missing"):
        cf.read_episodes(
            cf.sources.events(frame(ADMISSIONS), pd.DataFrame({"admission_id": ["1"], "level": ["php"]})),
            cutoff="2024-12-31",
        )
