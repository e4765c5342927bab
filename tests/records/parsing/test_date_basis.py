"""Dates that were made anonymous: what each basis gives, and what it refuses."""

import pytest
from records.drawing import finding, frame, read, stays

from careflow.errors import ArgumentError, RecordError
from careflow.records.parsing.date_basis import CALENDAR, DAYS, LINKING, require


def test_days_since_one_day_for_all_are_dates():
    episodes = read(
        """
        person_id | level       | admit_date | discharge_date
        A         | residential | 0          | 30
        A         | php         | 33         |
        B         | iop         | -3         | 366
        C         | iop         | 5          | 4
        D         | iop         | soon       | 4
    """,
        date_basis="offset",
        anchor="2024-01-01",
    )
    assert stays(episodes) == [
        ("residential", "01-01", "01-31", "unknown"),
        ("php", "02-03", None, "unknown"),
        ("iop", "12-29", None, "unknown"),
    ]
    assert [finding(episodes, rule)[1] for rule in ("R05", "R06", "R08")] == [1, 1, 1]


def test_days_since_a_day_of_the_row_need_that_day():
    episodes = read(
        """
        person_id | level       | admit_date | discharge_date | first_seen
        A         | residential | 0          | 30             | 01.03.2024
        B         | iop         | 10         | 20             | 15.03.2024
        C         | iop         | 10         | 20             |
    """,
        date_basis="offset",
        columns={"anchor_date": "first_seen"},
    )
    assert stays(episodes) == [("residential", "03-01", "03-31", "unknown"), ("iop", "03-25", "04-04", "unknown")]
    assert finding(episodes, "R05")[1] == 1


def test_numbers_may_be_stored_as_numbers():
    table = frame("""
        person_id | level | admit_date | discharge_date
        A         | php   | 0          | 30
    """).astype({"admit_date": int, "discharge_date": int})
    assert stays(read(table, date_basis="offset", anchor="2024-01-01")) == [("php", "01-01", "01-31", "unknown")]


def test_offsets_without_a_day_zero_are_refused():
    with pytest.raises(ArgumentError, match="date_basis='offset' needs day 0: anchor='2023-01-01'"):
        read("person_id | level | admit_date\nA | php | 0", date_basis="offset")


def test_quarters_and_nights_give_stays_and_refuse_what_follows_them():
    episodes = read(
        """
        person_id | level | admit_date | nights
        A         | php   | 2024Q1     | 18
        B         | php   | 2024-Q2    |
        C         | php   | 2024Q7     | 3
    """,
        date_basis="quarter",
    )
    assert stays(episodes) == [("php", "01-01", "01-19", "unknown"), ("php", "04-01", None, "unknown")]
    assert finding(episodes, "R05")[1] == 1
    with pytest.raises(ArgumentError, match=r"^date_basis='quarter' cannot answer what follows a discharge"):
        require(episodes, LINKING)
    with pytest.raises(ArgumentError, match="on which days of the quarter"):
        require(episodes, DAYS)
    require(episodes, CALENDAR)
    with pytest.raises(RecordError, match="needs the nights of each stay"):
        read("person_id | level | admit_date\nA | php | 2024Q1", date_basis="quarter")


def test_shifted_dates_refuse_calendar_periods_and_say_so():
    episodes = read(
        """
        person_id | level | admit_date | discharge_date
        A         | php   | 2024-01-01 | 2024-01-19
    """,
        date_basis="shifted",
    )
    assert repr(episodes) == "<Episodes: 1 stay of 1 person, 0 open, 0 set aside, dates: shifted>"
    with pytest.raises(ArgumentError) as caught:
        require(episodes, CALENDAR)
    assert str(caught.value) == (
        "date_basis='shifted' cannot answer calendar periods: each person's dates are shifted by another number of "
        "days, so a quarter mixes all quarters."
    )
    require(episodes, LINKING)


def test_actual_dates_answer_everything():
    episodes = read("person_id | level | admit_date\nA | php | 2024-01-01")
    for need in (CALENDAR, LINKING, DAYS):
        require(episodes, need)


def test_a_date_basis_that_is_none_is_refused():
    with pytest.raises(
        ArgumentError, match="date_basis is 'actual', 'shifted', 'offset', 'quarter' or 'duration'; it was 'real'"
    ):
        read("person_id | level | admit_date\nA | php | 2024-01-01", date_basis="real")


def test_moments_of_several_offsets_are_days_of_the_declared_zone():
    episodes = read(
        """
        person_id | level | admit_date                | discharge_date
        A         | php   | 2024-03-01T23:30:00-05:00 | 2024-03-19T03:30:00Z
        B         | php   | 2024-07-02T04:30:00Z      | 2024-08-01 10:00
        C         | php   | 2024-07-02T04:30:00Z      | soon
    """,
        tz="America/New_York",
    )
    assert stays(episodes) == [("php", "03-01", "03-18", "unknown"), ("php", "07-02", "08-01", "unknown")]
    assert finding(episodes, "R05")[1] == 1
    with pytest.raises(ArgumentError, match="tz= is the name of a time zone"):
        read("person_id | level | admit_date\nA | php | 2024-01-01", tz="New York'; --")


def test_reasons_of_the_file_are_kept_as_a_stratum():
    episodes = read(
        """
        person_id | level | admit_date | discharge_date | discharge_reason
        A         | php   | 2024-01-01 | 2024-01-19     | 07
        B         | php   | 2024-01-01 | 2024-01-19     | 01
    """,
        reasons={"07": "left early"},
    )
    assert episodes.strata["raw_reason"].labels == ("01", "07")
    rows = episodes.rows()
    assert sorted(zip(rows["reason"], rows["raw_reason"], strict=True)) == [("left early", "07"), ("unknown", "01")]


def test_when_levels_and_labels_were_seen_is_shown():
    seen = read("""
        person_id | level | admit_date | facility
        A         | php   | 2024-01-01 | F
        B         | php   | 2024-05-01 | G
    """).seen()
    assert seen["label"].tolist() == ["php", "F", "G"]
    assert seen["last"].dt.strftime("%m-%d").tolist() == ["05-01", "01-01", "05-01"]
