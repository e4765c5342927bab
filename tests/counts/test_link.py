"""What follows a discharge: every rule of linking, on stays drawn by hand.

The cut-off is day 365 and the window 30 days unless a test says otherwise, so that every discharge was followed.
"""

import pytest
from support.drawn import linked, next_steps

import careflow as cf

CUTOFF = 365


def after(table: str, *, within: int = 30, cutoff: int = CUTOFF, **how: object) -> dict[tuple[str, str], int]:
    return next_steps(linked(table, cutoff=cutoff, within=within, **how))


@pytest.mark.slow
def test_a_transfer_on_the_day_of_discharge_is_a_move() -> None:
    table = """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 30        | completed
        Ana    | php         | 30    | 50        | completed
        """
    assert after(table) == {("residential", "php"): 1, ("php", "completed"): 1}
    assert after(table, within=0) == {("residential", "php"): 1, ("php", "completed"): 1}


@pytest.mark.parametrize(("admit", "to"), [(60, "php"), (61, "completed")])
def test_an_admission_is_a_move_up_to_the_window_and_not_a_day_later(admit: int, to: str) -> None:
    actual = after(
        f"""
        person | level       | admit   | discharge | reason
        Ana    | residential | 0       | 30        | completed
        Ana    | php         | {admit} | 100       | died
        """
    )
    assert actual == {("residential", to): 1, ("php", "died"): 1}


def test_only_the_first_admission_after_a_discharge_counts() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 30        | completed
        Ana    | php         | 32    | 34        | completed
        Ana    | iop         | 35    | 60        | completed
        """
    )
    assert actual == {("residential", "php"): 1, ("php", "iop"): 1, ("iop", "completed"): 1}


def test_a_return_to_the_same_level_is_a_move_to_that_level() -> None:
    actual = after(
        """
        person | level | admit | discharge | reason
        Ana    | iop   | 0     | 30        | left early
        Ana    | iop   | 40    | 60        | completed
        """
    )
    assert actual == {("iop", "iop"): 1, ("iop", "completed"): 1}


def test_stays_of_other_people_are_no_next_stay() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 30        | completed
        Ben    | php         | 31    | 50        | completed
        """
    )
    assert actual == {("residential", "completed"): 1, ("php", "completed"): 1}


def test_rows_may_come_in_any_order() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | iop         | 60    | 90        | completed
        Ben    | php         | 31    | 50        | completed
        Ana    | residential | 0     | 30        | completed
        Ana    | php         | 31    | 55        | completed
        """
    )
    assert actual == {("residential", "php"): 1, ("php", "iop"): 1, ("iop", "completed"): 1, ("php", "completed"): 1}


# --- ties: admission, earlier discharge, open last, more intensive level, episode id ---------------------------------


def test_same_day_admissions_are_ordered_by_discharge() -> None:
    """Of two admissions on one day, the one discharged earlier comes first."""
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 10        | completed
        Ana    | php         | 12    | 40        | completed
        Ana    | iop         | 12    | 20        | completed
        """
    )
    # PHP goes on when IOP ends, so IOP's end leads nowhere: it is concurrent.
    assert actual == {("residential", "iop"): 1, ("iop", "concurrent"): 1, ("php", "completed"): 1}


def test_of_two_admissions_on_one_day_the_open_one_comes_last() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 10        | completed
        Ana    | php         | 12    |           |
        Ana    | iop         | 12    | 20        | completed
        """
    )
    assert actual == {("residential", "iop"): 1, ("iop", "concurrent"): 1}


def test_of_two_stays_with_the_same_days_the_more_intensive_comes_first() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | iop         | 12    | 20        | completed
        Ana    | php         | 12    | 20        | completed
        Ana    | residential | 0     | 10        | completed
        Ana    | outpatient  | 25    | 40        | completed
        """
    )
    # Both end on day 20, so neither is discharged while the other goes on; the next of both is outpatient.
    assert actual == {
        ("residential", "php"): 1,
        ("php", "outpatient"): 1,
        ("iop", "outpatient"): 1,
        ("outpatient", "completed"): 1,
    }


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second"), [("e1", "e2"), ("e2", "e1"), ("9", "10"), ("10", "9")])
def test_of_two_stays_alike_in_days_and_level_the_episode_id_decides(first: str, second: str) -> None:
    moves = linked(
        f"""
        person | level | admit | discharge | reason     | episode  | facility
        Ana    | php   | 0     | 10        | completed  | e0       | North
        Ana    | iop   | 12    | 12        | left early | {first}  | East
        Ana    | iop   | 12    | 12        | terminated | {second} | West
        """,
        cutoff=CUTOFF,
    )
    actual = next_steps(moves)
    # The first of the two zero-night stays moves on to the second; only the second leaves care.
    last = "terminated" if first in {"e1", "9"} else "left early"
    assert actual == {("php", "iop"): 1, ("iop", "iop"): 1, ("iop", last): 1}


# --- stays of no night -----------------------------------------------------------------------------------------------


def test_a_stay_of_no_night_is_followed_by_an_admission_on_its_day() -> None:
    actual = after(
        """
        person | level     | admit | discharge | reason
        Ana    | inpatient | 5     | 5         | completed
        Ana    | php       | 5     | 30        | completed
        """
    )
    assert actual == {("inpatient", "php"): 1, ("php", "completed"): 1}


def test_a_stay_of_no_night_on_the_day_of_discharge_is_the_next_stay() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 20        | completed
        Ana    | inpatient   | 20    | 20        | completed
        Ana    | php         | 20    | 40        | completed
        """
    )
    assert actual == {("residential", "inpatient"): 1, ("inpatient", "php"): 1, ("php", "completed"): 1}


def test_two_stays_of_no_night_on_one_day_follow_each_other_by_intensity() -> None:
    actual = after(
        """
        person | level     | admit | discharge | reason
        Ana    | iop       | 5     | 5         | completed
        Ana    | inpatient | 5     | 5         | completed
        """
    )
    assert actual == {("inpatient", "iop"): 1, ("iop", "completed"): 1}


def test_a_stay_of_no_night_within_another_stay_is_concurrent() -> None:
    actual = after(
        """
        person | level      | admit | discharge | reason
        Ana    | outpatient | 0     | 100       | completed
        Ana    | inpatient  | 50    | 50        | completed
        """
    )
    assert actual == {("inpatient", "concurrent"): 1, ("outpatient", "completed"): 1}


# --- overlaps under "flag" -------------------------------------------------------------------------------------------


def test_a_discharge_while_another_stay_goes_on_is_concurrent() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 30        | completed
        Ana    | iop         | 20    | 60        | completed
        Ana    | outpatient  | 61    | 90        | completed
        """
    )
    assert actual == {("residential", "concurrent"): 1, ("iop", "outpatient"): 1, ("outpatient", "completed"): 1}


def test_the_next_stay_is_found_beyond_one_nested_within() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 60        | completed
        Ana    | inpatient   | 10    | 15        | completed
        Ana    | iop         | 20    | 25        | completed
        Ana    | php         | 70    | 90        | completed
        """
    )
    assert actual == {
        ("inpatient", "concurrent"): 1,
        ("iop", "concurrent"): 1,
        ("residential", "php"): 1,
        ("php", "completed"): 1,
    }


def test_beyond_a_nested_stay_ties_are_settled_by_the_same_order() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 60        | completed
        Ana    | inpatient   | 10    | 15        | completed
        Ana    | iop         | 70    | 80        | completed
        Ana    | php         | 70    | 80        | completed
        """
    )
    assert actual == {
        ("inpatient", "concurrent"): 1,
        ("residential", "php"): 1,
        ("php", "completed"): 1,
        ("iop", "completed"): 1,
    }


@pytest.mark.slow
def test_a_stay_that_starts_on_the_day_of_discharge_does_not_overlap() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 60        | completed
        Ana    | inpatient   | 10    | 60        | completed
        Ana    | php         | 60    | 90        | completed
        """
    )
    assert actual == {("residential", "php"): 1, ("inpatient", "php"): 1, ("php", "completed"): 1}


def test_an_open_stay_makes_the_end_of_a_later_one_concurrent() -> None:
    actual = after(
        """
        person | level      | admit | discharge | reason
        Ana    | outpatient | 0     |           |
        Ana    | php        | 50    | 80        | completed
        Ana    | iop        | 90    | 99        | completed
        """
    )
    assert actual == {("php", "concurrent"): 1, ("iop", "concurrent"): 1}


@pytest.mark.slow
def test_a_longer_earlier_stay_matters_even_when_shorter_ones_lie_between() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | outpatient  | 0     | 200       | completed
        Ana    | residential | 10    | 20        | completed
        Ana    | php         | 30    | 40        | completed
        Ana    | iop         | 50    | 60        | completed
        """
    )
    assert actual == {
        ("residential", "concurrent"): 1,
        ("php", "concurrent"): 1,
        ("iop", "concurrent"): 1,
        ("outpatient", "completed"): 1,
    }


# --- death -----------------------------------------------------------------------------------------------------------


def test_nothing_follows_a_death_even_if_a_row_does() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 30        | died
        Ana    | php         | 35    | 50        | completed
        """
    )
    assert actual == {("residential", "died"): 1}


@pytest.mark.slow
def test_a_death_while_another_stay_goes_on_is_a_death() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | outpatient  | 0     | 100       | completed
        Ana    | residential | 10    | 30        | died
        """
    )
    assert actual == {("residential", "died"): 1, ("outpatient", "died"): 1}


def test_a_death_is_no_part_of_left_care() -> None:
    rates = cf.transition_rates(
        linked(
            """
            person | level | admit | discharge | reason
            Ana    | php   | 0     | 30        | died
            Ben    | php   | 0     | 30        | completed
            Cyd    | php   | 0     | 30        | left early
            Dov    | php   | 0     | 30        | left early
            """,
            cutoff=CUTOFF,
        )
    ).frame
    row = rates[rates["from"] == "php"].set_index("to")["rate"]
    assert row[["died", "completed", "left early", "left care"]].tolist() == [0.25, 0.25, 0.5, 0.75]


# --- left care, or not yet known -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("discharge", "known"), [(70, True), (71, False)])
def test_left_care_needs_follow_up_for_the_whole_window(discharge: int, known: bool) -> None:
    moves = linked(
        f"""
        person | level | admit | discharge   | reason
        Ana    | php   | 0     | {discharge} | completed
        """,
        cutoff=100,
        within=30,
    )
    assert next_steps(moves) == ({("php", "completed"): 1} if known else {})
    assert ("1 left care; 0 open, 0 not yet known" if known else "0 left care; 0 open, 1 not yet known") in repr(moves)


def test_a_death_near_the_cut_off_waits_for_its_window() -> None:
    """As every discharge does."""
    moves = linked(
        """
        person | level | admit | discharge | reason
        Ana    | php   | 0     | 69        | died
        Ben    | php   | 0     | 95        | died
        """,
        cutoff=100,
    )
    assert next_steps(moves) == {("php", "died"): 1}


def test_an_early_move_of_a_discharge_not_yet_followed_is_left_out() -> None:
    moves = linked(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 60        | completed
        Ben    | residential | 0     | 65        | completed
        Ben    | php         | 66    |           |
        Cyd    | residential | 0     | 80        | completed
        Cyd    | php         | 81    |           |
        """,
        cutoff=100,
        within=30,
    )
    assert next_steps(moves) == {("residential", "completed"): 1, ("residential", "php"): 1}
    row = cf.transition_rates(moves).frame.query("`from` == 'residential' and to == 'php'").iloc[0]
    assert (row["n"], row["of"], row["rate"]) == (1, 2, 0.5)
    assert row["followed"] == pytest.approx(2 / 3, abs=1e-15)


@pytest.mark.slow
def test_an_admission_after_the_cut_off_is_not_known_yet() -> None:
    actual = after(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 30        | completed
        Ana    | php         | 55    | 90        | completed
        """,
        cutoff=50,
        within=20,
    )
    assert actual == {("residential", "completed"): 1}


@pytest.mark.slow
def test_a_discharge_after_the_cut_off_is_an_open_stay() -> None:
    moves = linked(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 30        | completed
        Ana    | php         | 35    | 90        | died
        """,
        cutoff=65,
    )
    assert next_steps(moves) == {("residential", "php"): 1}
    assert "1 open" in repr(moves)


def test_a_discharge_on_the_cut_off_is_closed() -> None:
    """A move on that day is seen."""
    moves = linked(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 30        | completed
        Ana    | php         | 30    |           |
        """,
        cutoff=30,
        within=0,
    )
    assert next_steps(moves) == {("residential", "php"): 1}


@pytest.mark.slow
def test_an_open_stay_followed_by_another_is_still_open() -> None:
    moves = linked(
        """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     |           |
        Ana    | php         | 40    | 50        | completed
        """,
        cutoff=CUTOFF,
    )
    assert next_steps(moves) == {("php", "concurrent"): 1}
    assert "1 open" in repr(moves)


@pytest.mark.slow
def test_reasons_split_leaving_and_add_up_to_it() -> None:
    rates = cf.transition_rates(
        linked(
            """
            person | level | admit | discharge | reason
            A      | iop   | 0     | 30        | completed
            B      | iop   | 0     | 30        | left early
            C      | iop   | 0     | 30        | terminated
            D      | iop   | 0     | 30        | transferred out
            E      | iop   | 0     | 30        | incarcerated
            F      | iop   | 0     | 30        | other
            G      | iop   | 0     | 30        |
            H      | iop   | 0     | 30        | unknown
            """,
            cutoff=CUTOFF,
        )
    ).frame
    row = rates[rates["from"] == "iop"].set_index("to")["n"]
    reasons = ["completed", "left early", "terminated", "transferred out", "incarcerated", "other", "unknown"]
    assert row[reasons].tolist() == [1, 1, 1, 1, 1, 1, 2]
    assert row["left care"] == 8


@pytest.mark.slow
def test_a_discharge_with_a_move_does_not_count_for_its_reason() -> None:
    actual = after(
        """
        person | level | admit | discharge | reason
        Ana    | php   | 0     | 30        | left early
        Ana    | iop   | 33    | 60        | terminated
        """
    )
    assert actual == {("php", "iop"): 1, ("iop", "terminated"): 1}


# --- directions ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_move_has_the_direction_of_the_continuum() -> None:
    directions = cf.transition_rates(
        linked(
            """
            person | level       | admit | discharge | reason
            Ana    | residential | 0     | 30        | completed
            Ana    | php         | 30    | 50        | completed
            Ana    | inpatient   | 50    | 60        | completed
            Ana    | inpatient   | 61    | 65        | completed
            Ana    | outpatient  | 65    | 99        | completed
            """,
            cutoff=CUTOFF,
        )
    ).directions
    moved = directions[directions["n"] > 0]
    assert set(zip(moved["from"], moved["direction"], moved["n"], strict=True)) == {
        ("residential", "step-down", 1),
        ("php", "step-up", 1),
        ("inpatient", "lateral", 1),
        ("inpatient", "step-down", 1),
    }


@pytest.mark.slow
@pytest.mark.parametrize("within", [-1, 3651, 2.5, True, "30", None])
def test_a_window_that_is_no_number_of_days_is_refused(within: object) -> None:
    with pytest.raises(cf.CareflowError, match="within is a whole number of days from 0 to 3650"):
        linked("person | level | admit\nAna | php | 0", cutoff=9, within=within)  # type: ignore[arg-type]
