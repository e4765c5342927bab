"""One stay in two extracts: which of its rows holds. Drawn by hand."""

from __future__ import annotations

import pytest
from records.drawing import finding, read, stays

from careflow.records import Episodes

HEAD = "person_id | level | admit_date | discharge_date | discharge_reason | updated_at\n"


def rows(*drawn: str, **how: object) -> Episodes:
    return read(HEAD + "\n".join(drawn), **how)


@pytest.mark.slow
def test_the_newer_row_of_one_stay_holds_with_the_same_dates() -> None:
    """The stay is in two extracts."""
    episodes = rows(
        "A | php | 2024-02-01 | 2024-03-01 | completed  | 2024-03-31",
        "B | iop | 2024-02-03 | 2024-03-09 | left early | 2024-03-31",
        "A | php | 2024-02-01 | 2024-03-01 | completed  | 2024-06-30",
        "B | iop | 2024-02-03 | 2024-03-09 | completed  | 2024-06-30",
    )
    assert stays(episodes) == [("php", "02-01", "03-01", "completed"), ("iop", "02-03", "03-09", "completed")]
    assert finding(episodes, "R11") == ("set aside", 2, "2 replaced by a newer version")
    assert finding(episodes, "F01") is None
    assert sorted(episodes.set_aside_rows()["place"].dropna()) in ([], [1, 2])


@pytest.mark.slow
def test_of_three_extracts_the_newest_holds() -> None:
    day = "A | php | 2024-02-01 | 2024-03-0{} | completed | 2024-0{}-30"
    episodes = rows(day.format(1, 3), day.format(5, 6), day.format(5, 9))
    assert stays(episodes) == [("php", "02-01", "03-05", "completed")]


@pytest.mark.slow
def test_a_stay_of_no_night_is_replaced_only_by_one_with_the_same_hours() -> None:
    day = "A | iop | 2024-02-01{0} | 2024-02-01{0} | completed | 2024-0{1}-30"
    assert rows(day.format("", 3), day.format("", 6)).n == 1
    assert rows(day.format(" 08:00", 3), day.format(" 15:00", 6)).n == 2
    assert rows(day.format("", 3), "A | iop | 2024-02-01 | 2024-02-09 | completed | 2024-06-30").n == 2


def test_a_row_with_a_discharge_replaces_the_one_without() -> None:
    """Where there is no updated_at."""
    episodes = rows("A | php | 2024-02-01 |  |  | ", "A | php | 2024-02-01 | 2024-03-01 | completed | ")
    assert stays(episodes) == [("php", "02-01", "03-01", "completed")]
    assert finding(episodes, "R11") == ("set aside", 1, "1 replaced by a newer version")


@pytest.mark.slow
def test_a_discharge_after_the_cut_off_is_one_as_well() -> None:
    open_row, later = "A | php | 2024-12-01 |  |  | ", "A | php | 2024-12-01 | 2025-01-09 | completed | "
    episodes = rows(open_row, later)
    assert (episodes.n, episodes.open, finding(episodes, "R11")[1]) == (1, 1, 1)
    contradicting = rows(
        open_row, later, "A | php | 2024-12-01 | 2024-12-20 | completed | ", "B | php | 2024-12-01 | | | "
    )
    assert (contradicting.n, finding(contradicting, "R11")[1:]) == (1, (3, "which one is right is not known"))


@pytest.mark.slow
def test_an_open_stay_that_was_closed_as_stale_says_nothing_of_its_end() -> None:
    drawn = ("A | php | 2024-02-01 |  |  | ", "A | php | 2024-02-01 | 2024-03-01 | completed | ")
    assert stays(rows(*drawn, close_open_after=60)) == [("php", "02-01", "03-01", "completed")]


@pytest.mark.slow
def test_two_discharges_contradict_each_other() -> None:
    """Whether or not a third row is open."""
    drawn = ("A | php | 2024-02-01 | 2024-03-01 | completed | ", "A | php | 2024-02-01 | 2024-03-02 | completed | ")
    for more in ((), ("A | php | 2024-02-01 |  |  | ",)):
        episodes = rows(*drawn, *more, "B | php | 2024-02-01 | 2024-03-01 | completed | ")
        assert (episodes.n, finding(episodes, "R11")[1]) == (1, 2 + len(more))
