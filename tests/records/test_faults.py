"""Every fault of real files: what it looks like, what is done with it, and what is said."""

import re

import pandas as pd
import pytest
from records.drawing import finding, frame, read, repeat, squeezed, stays

from careflow.errors import ArgumentError, CareflowError, RecordError


def refused(table, *, kind=RecordError, **how):
    with pytest.raises(kind) as caught:
        read(table, **how)
    assert caught.value.__context__ is None, "the error carries another one, which may quote rows"
    return squeezed(str(caught.value))


# -- columns ---------------------------------------------------------------------------------------------------


def test_a_missing_column_stops_and_the_columns_of_the_file_are_named():
    said = refused("""
        person_id | level | adm_date   | discharge_date
        A         | php   | 2024-03-01 | 2024-03-19
    """)
    assert said == (
        "column admit_date is missing; the file has: person_id, level, adm_date, discharge_date. "
        "Name it with columns={'admit_date': 'its name in the file'}. Did you mean adm_date?"
    )


def test_a_column_that_stands_twice_stops():
    table = frame("""
        person_id | level | level2 | admit_date
        A         | php   | iop    | 2024-03-01
    """).rename(columns={"level2": "level"})
    assert refused(table) == "column level occurs more than once in the file. Rename one of them."


def test_a_mapped_column_that_is_not_there_stops():
    said = refused(
        """
        person_id | level | admit_date
        A         | php   | 2024-03-01
    """,
        kind=ArgumentError,
        columns={"facility": "site"},
    )
    assert (
        said == "columns= maps facility to site, which is not in the file; the file has: person_id, level, admit_date."
    )


def test_a_column_of_nothing_is_missing_whatever_its_type():
    table = repeat(2).assign(discharge_date=[float("nan")] * 2)
    assert read(table).open == 2


def test_a_first_line_of_names_of_people_is_not_repeated():
    said = refused(pd.DataFrame([["Ann Lee", "php"]], columns=["Maria Lopez", "php"]))
    assert "(column 1), php" in said
    assert "Lopez" not in said


def test_a_first_line_of_values_is_not_repeated():
    table = pd.DataFrame([["A17", "php", "2024-03-02"]], columns=["A16", "php", "2024-03-01"])
    said = refused(table)
    assert said == "the first line of the file holds values, not the names of columns. Put a line of names above it."


# -- rows that are set aside -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "row"),
    [
        ("R01 no person", " | php | 2024-03-01 | 2024-03-19"),
        ("R02 no level", "A | | 2024-03-01 | 2024-03-19"),
        ("R03 unknown level", "A | jail | 2024-03-01 | 2024-03-19"),
        ("R04 no admission date", "A | php | | 2024-03-19"),
        ("R05 impossible date", "A | php | 2024-02-30 | 2024-03-19"),
        ("R05 impossible date", "A | php | 2024-03-01 | 2024-04-31"),
        ("R05 impossible date", "A | php | 9999-12-31 |"),
        ("R05 impossible date", "A | php | 1900-01-01 | 2024-03-19"),
        ("R06 discharged before admitted", "A | php | 2024-03-19 | 2024-03-01"),
        ("R07 admitted after the cut-off", "A | php | 2025-01-01 | 2025-02-01"),
        ("R12 discharged before the start", "A | php | 2023-01-01 | 2023-12-30"),
    ],
)
def test_a_row_that_cannot_be_counted_is_set_aside_by_its_rule(rule, row):
    episodes = read(
        f"""
        person_id | level | admit_date | discharge_date
        {row}
        B | iop | 2024-03-02 | 2024-05-01
        C | iop | 2024-03-02 | 2024-05-01
    """,
        start="2023-12-31",
    )
    assert finding(episodes, rule)[:2] == ("set aside", 1)
    assert (episodes.rows_in, episodes.n, episodes.set_aside) == (3, 2, 1)
    assert episodes.set_aside_rows()["rule"].tolist() == [rule[:3]]


def test_the_same_row_again_is_set_aside_and_one_of_each_is_kept():
    episodes = read("""
        person_id | level | admit_date | discharge_date | facility
        A | php | 2024-03-01 | 2024-03-19 | F
        A | php | 2024-03-01 | 2024-03-19 | F
        A | php | 2024-03-01 | 2024-03-19 | F
        A | php | 2024-03-01 | 2024-03-19 | G
    """)
    assert finding(episodes, "R10") == ("set aside", 2, "one of each is kept")
    assert episodes.n == 2


def test_two_stays_at_different_hours_of_one_day_are_two_stays():
    episodes = read("""
        person_id | level | admit_date | discharge_date
        A | php | 2024-03-01 08:00 | 2024-03-01 09:00
        A | php | 2024-03-01 10:00 | 2024-03-01 11:00
        A | php | 2024-03-01 10:00 | 2024-03-01 11:00
    """)
    assert (episodes.n, finding(episodes, "R10")[1]) == (2, 1)


def test_two_versions_of_a_stay_are_both_set_aside():
    episodes = read("""
        person_id | level | admit_date | discharge_date
        A | php | 2024-03-01 | 2024-03-19
        A | php | 2024-03-01 | 2024-04-02
        B | php | 2024-03-01 | 2024-04-02
    """)
    assert finding(episodes, "R11") == ("set aside", 2, "which one is right is not known")
    assert (episodes.n, episodes.persons) == (1, 1)


def test_the_newest_version_is_kept_when_the_file_says_which_it_is():
    episodes = read("""
        person_id | level | admit_date | discharge_date | updated_at
        A | php | 2024-03-01 | 2024-03-19 | 2024-03-20
        A | php | 2024-03-01 | 2024-04-02 | 2024-04-03
    """)
    assert finding(episodes, "R11")[:2] == ("set aside", 1)
    assert stays(episodes) == [("php", "03-01", "04-02", "unknown")]


def test_stays_of_one_day_with_ids_of_their_own_are_no_versions():
    episodes = read("""
        person_id | level | admit_date | discharge_date | episode_id
        A | php | 2024-03-01 | 2024-03-19 | 1
        A | php | 2024-03-01 | 2024-04-02 | 2
    """)
    assert (episodes.n, episodes.set_aside) == (2, 0)


def test_a_torn_line_of_a_file_is_set_aside(tmp_path):
    path = tmp_path / "stays.csv"
    path.write_text("person_id,level,admit_date\nA,php,2024-03-01\nB,php\nC,php,2024-03-01,?\nD,iop,2024-03-05\n")
    episodes = read_path(path)
    assert finding(episodes, "R13") == ("set aside", 2, "not the 3 columns of the header")
    assert (episodes.rows_in, episodes.n) == (4, 2)


def read_path(path, **how):
    from careflow.records import read_episodes

    return read_episodes(path, **{"cutoff": "2024-12-31", **how})


# -- limits ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_over_five_percent_set_aside_stops():
    table = repeat(200, level=["php"] * 9 + [None])
    said = refused(table)
    assert said == (
        "of 200 rows, too many would be set aside: 20 (10.0%) no level (R02). "
        "Correct the file, or accept the loss: accept=['R02']."
    )
    assert read(table, accept=["R02"]).set_aside == 20


@pytest.mark.slow
def test_over_one_percent_for_one_reason_stops_from_a_hundred_rows_on():
    bad = repeat(10_000, level=["php"] * 49 + ["jail"])
    said = refused(bad)
    assert "200 (2.0%) unknown level (R03)" in said
    assert "levels={code: level}" in said
    assert read(repeat(5_000, level=["php"] * 49 + ["jail"])).set_aside == 100


def test_over_one_percent_impossible_dates_stops_however_few():
    said = refused(repeat(300, discharge_date=["2024-03-19"] * 49 + ["2024-02-31"]))
    assert "6 (2.0%) impossible date (R05)" in said
    assert "Are the dates written in two formats?" in said


def test_what_the_analysts_own_window_leaves_out_never_stops():
    episodes = read(repeat(300, admit_date=["2024-03-01", "2025-03-01"], discharge_date=None))
    assert finding(episodes, "R07")[:2] == ("set aside", 150)


def test_a_file_of_which_nothing_is_left_stops():
    said = refused("""
        person_id | level | admit_date
        A |      | 2024-03-01
        B | jail | 2024-03-01
    """)
    assert said == (
        "no stay is left of 2 rows: no level 1, unknown level 1. Unknown: 1 code, each seen fewer than 11 times. "
        "Say what the file's codes mean with levels={code: level}."
    )


def test_a_rule_that_does_not_exist_cannot_be_accepted():
    assert refused("person_id | level | admit_date", kind=ArgumentError, accept=["R99"]).startswith(
        "accept= has 1 unknown rules; the rules are: R01, "
    )


# -- rows that are mended or read as something else --------------------------------------------------------------


@pytest.mark.parametrize("endless", ["9999-12-31", "2999-12-31", "1900-01-01"])
def test_an_end_of_time_discharge_is_an_open_stay(endless):
    episodes = read(f"""
        person_id | level | admit_date | discharge_date
        A | php | 2024-03-01 | {endless}
    """)
    assert finding(episodes, "R09") == ("fixed", 1, "9999-12-31, 0000-00-00 and the like: read as still open")
    assert episodes.open == 1


def test_a_discharge_after_the_cutoff_is_an_open_stay():
    episodes = read("""
        person_id | level | admit_date | discharge_date
        A | php | 2024-12-01 | 2025-01-01
        B | php | 2024-12-01 | 2024-12-31
    """)
    assert finding(episodes, "R08") == ("fixed", 1, "read as still open at the cut-off")
    assert (episodes.n, episodes.open) == (2, 1)


def test_spaces_case_and_short_names_of_levels_are_mended_and_counted():
    table = frame("""
        person_id | level | admit_date
        A | php | 2024-03-01
        B | PHP | 2024-03-01
        C | Iop | 2024-03-01
        D | php | 2024-03-01
    """)
    table.loc[3, "level"] = "\u00a0php \t"
    episodes = read(table)
    assert finding(episodes, "levels mended")[:2] == ("fixed", 3)
    assert [row[0] for row in stays(episodes)] == ["iop", "php", "php", "php"]


def test_spaces_around_ids_are_mended_and_ids_stay_one():
    table = repeat(3, person_id=["A", " A", "A\u00a0"], level=["php", "iop", "outpatient"])
    episodes = read(table)
    assert finding(episodes, "ids mended") == ("fixed", 2, "spaces around the id")
    assert episodes.persons == 1


def test_words_for_missing_are_no_date_and_no_level_but_may_be_a_person():
    episodes = read("""
        person_id | level | admit_date | discharge_date
        NA | php | 2024-03-01 | NA
        B  | php | 2024-03-01 | NULL
        C  | NA  | 2024-03-01 | 2024-03-19
    """)
    assert finding(episodes, "ids that read like 'missing'")[:2] == ("flagged", 1)
    assert finding(episodes, "discharge_date written as missing")[:2] == ("fixed", 2)
    assert finding(episodes, "R02")[1] == 1
    assert (episodes.n, episodes.open, episodes.persons) == (2, 2, 2)


# -- codes -------------------------------------------------------------------------------------------------------


def test_unknown_levels_are_named_only_when_eleven_rows_have_them():
    table = repeat(1000, level=["php"] * 40 + ["WM-3.7"] + ["php"] * 40)
    table.loc[3, "level"] = "Jane's place"
    episodes = read(table)
    assert finding(episodes, "R03") == ("set aside", 13, "2 codes: 'WM-3.7' (12) and 1 more. Map them with levels=")


def test_levels_of_the_file_are_mapped():
    episodes = read(
        """
        person_id | level | admit_date
        A | 2.10 | 2024-03-01
        B | 2.1  | 2024-03-01
        C | php  | 2024-03-01
    """,
        levels={"2.10": "residential", "2.1": "iop"},
    )
    assert [row[0] for row in stays(episodes)] == ["iop", "php", "residential"]


def test_a_map_to_a_level_that_is_none_is_refused():
    said = refused(
        """
        person_id | level | admit_date
        A | x | 2024-03-01
    """,
        kind=ArgumentError,
        levels={"x": "spa"},
    )
    assert said == ("levels= maps to 'spa'; the continuum has: inpatient, residential, php, iop, outpatient.")


@pytest.mark.slow
def test_reasons_are_mapped_and_unknown_ones_are_counted_as_unknown():
    table = """
        person_id | level | admit_date | discharge_date | discharge_reason
        A | php | 2024-03-01 | 2024-03-19 | 07
        B | php | 2024-03-01 | 2024-03-19 | Completed
        C | php | 2024-03-01 | 2024-03-19 | moved away
    """
    episodes = read(table, reasons={"07": "left early"})
    assert sorted(row[3] for row in stays(episodes)) == ["completed", "left early", "unknown"]
    action, n, note = finding(episodes, "unknown reasons")
    assert (action, n) == ("flagged", 1)
    assert "moved away" not in note
    assert refused(table, kind=ArgumentError, reasons={"07": "vanished"}).startswith(
        "reasons= maps to 'vanished'; the reasons"
    )


# -- what is kept and flagged ------------------------------------------------------------------------------------


def test_same_day_changes_and_stays_of_no_night_are_flagged():
    """Same-day returns too."""
    episodes = read("""
        person_id | level | admit_date | discharge_date
        A | residential | 2024-03-01 | 2024-03-19
        A | php         | 2024-03-19 | 2024-04-19
        A | php         | 2024-04-19 | 2024-05-01
        B | iop         | 2024-04-19 | 2024-04-19
    """)
    assert [finding(episodes, check)[:2] for check in ("F02", "F05", "F09")] == [("flagged", 1)] * 3


def test_an_open_stay_before_another_and_an_overlap_are_flagged():
    episodes = read("""
        person_id | level | admit_date | discharge_date
        A | outpatient | 2024-03-01 |
        A | php        | 2024-04-19 | 2024-05-01
    """)
    assert finding(episodes, "F06")[:2] == ("flagged", 1)
    assert finding(episodes, "F01") == (
        "flagged", 1, "of 1 person; overlaps='flag': kept; a discharge while another stay goes on is 'concurrent'"
    )  # fmt: skip


def test_an_admission_after_death_is_flagged():
    table = """
        person_id | level | admit_date | discharge_date | discharge_reason
        A | residential | 2024-03-01 | 2024-03-19 | died
        A | php         | 2024-04-19 | 2024-05-01 | completed
        B | residential | 2024-03-01 | 2024-03-19 | died
    """
    assert finding(read(table), "F04")[:2] == ("flagged", 1)


@pytest.mark.slow
def test_many_admissions_after_death_stop_since_ids_may_have_been_merged():
    ids = [f"P{i}" for i in range(12)]
    first = repeat(12, person_id=ids, discharge_reason="died")
    later = repeat(12, person_id=ids, admit_date="2024-05-01", discharge_date=None, discharge_reason=None)
    table = pd.concat([first, later])
    assert refused(table).startswith("12 of 12 people who died are admitted after their death: ids of several people")
    assert finding(read(table, accept=["F04"]), "F04")[1] == 12


def test_a_very_long_stay_is_flagged_sooner_where_people_live_in():
    episodes = read("""
        person_id | level | admit_date | discharge_date
        A | residential | 2023-03-01 | 2024-03-19
        B | outpatient  | 2023-03-01 | 2024-03-19
    """)
    assert finding(episodes, "F03")[:2] == ("flagged", 1)


def test_a_reason_without_a_discharge_and_the_reverse_are_flagged():
    episodes = read("""
        person_id | level | admit_date | discharge_date | discharge_reason
        A | php | 2024-03-01 |            | completed
        B | php | 2024-03-01 | 2024-03-19 |
    """)
    assert finding(episodes, "F08 reason without")[:2] == ("flagged", 1)
    assert finding(episodes, "F08 discharge without")[:2] == ("flagged", 1)


@pytest.mark.slow
def test_rows_that_look_like_parts_of_stays_are_flagged():
    weeks = [f"2024-03-{d:02d}" for d in (1, 8, 15, 22)]
    table = repeat(120, person_id=[f"P{i // 4}" for i in range(120)], admit_date=weeks,
                   discharge_date=[*weeks[1:], "2024-03-29"])  # fmt: skip
    action, n, note = finding(read(table), "F10")
    assert (action, n) == ("flagged", 90)
    assert "bridge_days=1" in note
    assert read(table, bridge_days=1).n == 30


def test_a_person_in_two_facilities_for_long_may_be_two():
    episodes = read("""
        person_id | level | admit_date | discharge_date | facility
        A | residential | 2024-03-01 | 2024-05-19 | F
        A | residential | 2024-03-10 | 2024-05-01 | G
    """)
    assert finding(episodes, "F11")[:2] == ("flagged", 1)


def test_a_person_in_very_many_facilities_may_be_many():
    months = [f"2024-{m:02d}-{d:02d}" for m in range(1, 8) for d in (1, 15)]
    table = repeat(14, person_id="A", admit_date=months, discharge_date=months, facility=[f"F{i}" for i in range(14)])
    assert finding(read(table), "F11")[:2] == ("flagged", 1)


# -- ids ---------------------------------------------------------------------------------------------------------


def test_floating_ids_stop():
    said = refused(repeat(2).assign(person_id=[1.0, 2.0]))
    assert said.startswith("person_id is stored as floating numbers: leading zeros and digits after the 15th are lost")


def test_leading_zeros_make_another_person_and_mixed_widths_are_flagged():
    episodes = read(repeat(3, person_id=["00123", "123", "0000456"]))
    assert episodes.persons == 3
    assert finding(episodes, "ids of several widths")[:2] == ("flagged", 2)


# -- the window --------------------------------------------------------------------------------------------------


def test_a_stay_admitted_before_the_start_is_kept_and_flagged():
    episodes = read(
        """
        person_id | level | admit_date | discharge_date
        A | php | 2023-12-01 | 2024-01-01
        B | php | 2023-12-01 | 2024-01-20
    """,
        start="2024-01-01",
    )
    assert finding(episodes, "F07")[:2] == ("flagged", 2)
    assert episodes.n == 2


@pytest.mark.slow
def test_stale_open_stays_are_closed_only_on_request():
    table = """
        person_id | level | admit_date | discharge_date
        A | php | 2024-01-01 |
        B | php | 2024-12-20 |
    """
    assert read(table).open == 2
    episodes = read(table, close_open_after=90)
    assert finding(episodes, "stale open")[:2] == ("fixed", 1)
    assert stays(episodes) == [("php", "01-01", "03-31", "unknown"), ("php", "12-20", None, "unknown")]


@pytest.mark.parametrize("how", [
    {"cutoff": "31.12.2024"}, {"cutoff": None}, {"start": "2025-06-01"}, {"overlaps": "merge"}, {"bridge_days": -1},
    {"close_open_after": 0}, {"date_format": "%d.%m.%y"}, {"date_format": "%Y"}, {"levels": ["php"]},
    {"continuum": "asam"},
])  # fmt: skip
def test_an_argument_that_cannot_be_is_refused(how):
    said = refused(
        """
        person_id | level | admit_date
        A | php | 2024-03-01
    """,
        kind=ArgumentError,
        **how,
    )
    assert re.match(r"^[\w= ]", said)
    assert isinstance(ArgumentError(""), CareflowError)
