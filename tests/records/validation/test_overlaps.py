"""Each overlap policy is one rule; the cases are the ones that docs/records.md draws."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from records.drawing import drawn_stays, finding, overlaps_left, read, stays

from careflow.errors import ArgumentError, RecordError

NESTED = """
    person_id | level      | admit_date | discharge_date | discharge_reason
    A         | outpatient | 2024-01-01 | 2024-04-01     | completed
    A         | php        | 2024-02-01 | 2024-03-01     | completed
"""
TAPER = """
    person_id | level      | admit_date | discharge_date | discharge_reason
    A         | iop        | 2024-01-01 | 2024-02-01     | completed
    A         | outpatient | 2024-01-20 | 2024-05-01     | left early
"""


def after(table, policy, **how):
    return stays(read(table, overlaps=policy, **how))


def test_flag_keeps_overlapping_stays_as_they_are():
    assert after(NESTED, "flag") == drawn_stays("""
        level      | admit | discharge | reason
        outpatient | 01-01 | 04-01     | completed
        php        | 02-01 | 03-01     | completed
    """)


def test_highest_splits_a_stay_around_a_more_intensive_one():
    assert after(NESTED, "highest") == drawn_stays("""
        level      | admit | discharge | reason
        outpatient | 01-01 | 02-01     | transferred out
        php        | 02-01 | 03-01     | completed
        outpatient | 03-01 | 04-01     | completed
    """)


def test_highest_trims_a_stay_begun_inside_a_more_intensive_one():
    assert after(TAPER, "highest") == drawn_stays("""
        level      | admit | discharge | reason
        iop        | 01-01 | 02-01     | completed
        outpatient | 02-01 | 05-01     | left early
    """)


def test_highest_absorbs_a_less_intensive_stay_inside_a_more_intensive_one():
    episodes = read(
        """
        person_id | level | admit_date | discharge_date | discharge_reason
        A         | php   | 2024-01-01 | 2024-04-01     | completed
        A         | iop   | 2024-02-01 | 2024-03-01     | completed
    """,
        overlaps="highest",
    )
    assert stays(episodes) == [("php", "01-01", "04-01", "completed")]
    assert finding(episodes, "F01") == (
        "fixed", 1, "of 1 person; overlaps='highest': 0 trimmed, 0 added by splitting, 1 absorbed"
    )  # fmt: skip
    assert episodes.attrition["left"].tolist() == [2, 1, 1, 1]


def test_highest_gives_shared_days_of_one_level_to_the_stay_admitted_first():
    assert after(
        """
        person_id | level | admit_date | discharge_date | discharge_reason
        A         | php   | 2024-01-01 | 2024-02-01     | completed
        A         | php   | 2024-01-20 | 2024-03-01     | left early
    """,
        "highest",
    ) == drawn_stays("""
        level | admit | discharge | reason
        php   | 01-01 | 02-01     | completed
        php   | 02-01 | 03-01     | left early
    """)


def test_highest_compares_with_more_than_the_stay_just_before():
    """Of nested stays, the one just before may be a short one."""
    assert after(
        """
        person_id | level      | admit_date | discharge_date | discharge_reason
        A         | outpatient | 2024-01-01 | 2024-06-01     | completed
        A         | iop        | 2024-02-01 | 2024-03-01     | completed
        A         | php        | 2024-02-10 | 2024-02-20     | completed
        A         | iop        | 2024-04-01 | 2024-05-01     | completed
    """,
        "highest",
    ) == drawn_stays("""
        level      | admit | discharge | reason
        outpatient | 01-01 | 02-01     | transferred out
        iop        | 02-01 | 02-10     | transferred out
        php        | 02-10 | 02-20     | completed
        iop        | 02-20 | 03-01     | completed
        outpatient | 03-01 | 04-01     | transferred out
        iop        | 04-01 | 05-01     | completed
        outpatient | 05-01 | 06-01     | completed
    """)


def test_highest_lets_a_stay_of_no_night_split_only_what_is_less_intensive():
    assert after(
        """
        person_id | level      | admit_date | discharge_date | discharge_reason
        A         | iop        | 2024-01-01 | 2024-02-01     | completed
        A         | inpatient  | 2024-01-10 | 2024-01-10     | completed
        A         | outpatient | 2024-01-20 | 2024-01-20     | completed
        A         | outpatient | 2024-02-01 | 2024-02-01     | completed
    """,
        "highest",
    ) == drawn_stays("""
        level      | admit | discharge | reason
        iop        | 01-01 | 01-10     | transferred out
        inpatient  | 01-10 | 01-10     | completed
        iop        | 01-10 | 02-01     | completed
        outpatient | 02-01 | 02-01     | completed
    """)


def test_highest_keeps_an_open_stay_open_and_ends_what_lies_inside_it():
    assert after(
        """
        person_id | level      | admit_date | discharge_date | discharge_reason
        A         | outpatient | 2024-01-01 |                |
        A         | php        | 2024-12-01 |                |
    """,
        "highest",
    ) == drawn_stays("""
        level      | admit | discharge | reason
        outpatient | 01-01 | 12-01     | transferred out
        php        | 12-01 |           | unknown
    """)


@pytest.mark.slow
def test_latest_ends_the_earlier_stay_and_does_not_resume_it():
    assert after(NESTED, "latest") == drawn_stays("""
        level      | admit | discharge | reason
        outpatient | 01-01 | 02-01     | transferred out
        php        | 02-01 | 03-01     | completed
    """)
    assert after(TAPER, "latest") == drawn_stays("""
        level      | admit | discharge | reason
        iop        | 01-01 | 01-20     | transferred out
        outpatient | 01-20 | 05-01     | left early
    """)


def test_latest_closes_an_open_stay_at_the_next_admission():
    episodes = read(
        """
        person_id | level      | admit_date | discharge_date
        A         | outpatient | 2024-01-01 |
        A         | php        | 2024-02-01 | 2024-03-01
    """,
        overlaps="latest",
    )
    assert episodes.open == 0
    assert stays(episodes)[0] == ("outpatient", "01-01", "02-01", "transferred out")


def test_error_stops_with_the_number_of_stays_and_the_choices():
    with pytest.raises(RecordError) as caught:
        read(NESTED, overlaps="error")
    assert str(caught.value) == (
        "1 stay of 1 person begin while an earlier stay goes on. Choose what to do: overlaps='highest' (the more "
        "intensive level has each day), 'latest' (a new admission ends the earlier stay) or 'flag' (kept as they are)."
    )


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["flag", "highest", "latest", "error"])
def test_stays_that_touch_do_not_overlap(policy):
    table = """
        person_id | level       | admit_date | discharge_date | discharge_reason
        A         | residential | 2024-01-01 | 2024-02-01     | completed
        A         | php         | 2024-02-01 | 2024-03-01     | completed
        A         | iop         | 2024-03-01 | 2024-03-01     | completed
        A         | outpatient  | 2024-03-01 |                |
        B         | php         | 2024-01-15 | 2024-02-15     | completed
    """
    episodes = read(table, overlaps=policy)
    assert (episodes.n, finding(episodes, "F01")) == (5, None)


def test_only_people_with_overlaps_are_touched():
    other = "    B         | php        | 2024-02-01 | 2024-03-01     | completed\n"
    assert len(after(NESTED + other, "highest")) == 4


# -- bridging ----------------------------------------------------------------------------------------------------

PIECES = """
    person_id | level | admit_date | discharge_date | discharge_reason | facility
    A         | iop   | 2024-01-01 | 2024-01-08     | transferred out  | F
    A         | iop   | 2024-01-08 | 2024-01-15     | other            | F
    A         | iop   | 2024-01-18 | 2024-01-25     | completed        | F
    A         | iop   | 2024-01-26 | 2024-02-20     | completed        | G
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "left"),
    [(0, ["01-08", "01-15", "01-25", "02-20"]), (1, ["01-15", "01-25", "02-20"]), (3, ["01-25", "02-20"])],
)
def test_gaps_up_to_the_bridge_days_are_joined(days, left):
    """At one level and facility."""
    episodes = read(PIECES, bridge_days=days)
    assert [row[2] for row in stays(episodes)] == left
    assert episodes.n == 4 - (0 if finding(episodes, "stays joined") is None else finding(episodes, "stays joined")[1])


def test_a_joined_stay_ends_for_the_last_reason():
    assert stays(read(PIECES, bridge_days=3))[0] == ("iop", "01-01", "01-25", "completed")


def test_nothing_is_joined_across_another_stay_or_after_a_death():
    table = """
        person_id | level | admit_date | discharge_date | discharge_reason
        A         | iop   | 2024-01-01 | 2024-01-08     | completed
        A         | php   | 2024-01-08 | 2024-01-09     | completed
        A         | iop   | 2024-01-09 | 2024-01-15     | completed
        B         | iop   | 2024-01-01 | 2024-01-08     | died
        B         | iop   | 2024-01-08 | 2024-01-15     | completed
    """
    assert read(table, bridge_days=5).n == 5


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["flag", "highest", "latest", "error"])
def test_bridging_goes_from_the_latest_end_so_far(policy):
    """Over a stay that lies inside another."""
    table = """
        person_id | level | admit_date | discharge_date | discharge_reason
        A         | iop   | 2024-01-01 | 2024-01-31     | transferred out
        A         | iop   | 2024-01-10 | 2024-01-15     | left early
        A         | iop   | 2024-01-31 | 2024-02-15     | completed
    """
    episodes = read(table, bridge_days=1, overlaps=policy)
    assert stays(episodes) == [("iop", "01-01", "02-15", "completed")]
    assert finding(episodes, "stays joined")[1] == 2
    assert [finding(episodes, check) for check in ("F01", "F05")] == [None, None]


@pytest.mark.slow
def test_bridging_goes_over_a_stay_at_another_level_that_ends_before():
    table = """
        person_id | level | admit_date | discharge_date | discharge_reason
        A         | iop   | 2024-01-01 | 2024-01-31     | transferred out
        A         | php   | 2024-01-10 | 2024-01-15     | completed
        A         | iop   | 2024-02-01 | 2024-02-15     | completed
    """
    joined = [("iop", "01-01", "02-15", "completed"), ("php", "01-10", "01-15", "completed")]
    assert stays(read(table, bridge_days=1)) == joined
    longer = table.replace("2024-01-15", "2024-02-01")
    assert read(longer, bridge_days=1).n == 3, "PHP goes on beyond the end of the first"


def test_a_joined_stay_ends_as_the_one_that_ends_last():
    table = """
        person_id | level | admit_date | discharge_date | discharge_reason | payer
        A         | iop   | 2024-01-01 | 2024-01-31     | completed        | medicaid
        A         | iop   | 2024-01-10 | 2024-01-15     | left early       | private
    """
    episodes = read(table, bridge_days=1)
    assert stays(episodes) == [("iop", "01-01", "01-31", "completed")]
    assert episodes.rows()["payer"].tolist() == ["medicaid"]


@pytest.mark.slow
@pytest.mark.parametrize(("how", "gone"), [({"bridge_days": 1}, "F10"), ({"overlaps": "latest"}, "F06")])
def test_no_finding_advises_what_was_done(how, gone):
    weeks = [f"2024-03-{day:02d}" for day in range(1, 31, 7)]
    pieces = [(f"P{i}", "iop", weeks[k], weeks[k + 1]) for i in range(30) for k in range(4)]
    pieces += [("Q", "outpatient", "2024-03-01", None), ("Q", "php", "2024-03-10", "2024-03-20")]
    table = pd.DataFrame(pieces, columns=["person_id", "level", "admit_date", "discharge_date"], dtype=object)
    before = {"F10": 90, "F05": None, "F06": 1}
    assert finding(read(table), gone)[1] == before[gone]
    assert finding(read(table, **how), gone) is None


@pytest.mark.slow
def test_findings_are_of_the_stays_as_they_are_kept():
    table = """
        person_id | level       | admit_date | discharge_date
        A         | residential | 2023-01-01 | 2023-07-01
        A         | residential | 2023-07-01 | 2024-03-01
        B         | iop         | 2024-01-01 | 2024-01-01
        B         | iop         | 2024-01-01 | 2024-01-31
    """
    plain, joined = read(table), read(table, bridge_days=1)
    told = [[finding(of, check) and finding(of, check)[1] for check in ("F03", "F05", "F09")] for of in (plain, joined)]
    assert told == [[None, 2, 1], [1, None, None]]


def test_bridge_days_is_a_number_of_days():
    with pytest.raises(ArgumentError, match="bridge_days is a whole number of days from 0 to 3650"):
        read(PIECES, bridge_days=True)


# -- what always holds -------------------------------------------------------------------------------------------


def in_care(episodes, by_person):
    """Count the days of care: of each person at any level, or of each person and level."""
    rows = episodes.rows()
    out = set()
    for row in rows.itertuples():
        end = "2025-01-01" if pd.isna(row.discharge) else row.discharge
        for day in np.arange(np.datetime64(row.admit, "D"), np.datetime64(end, "D")):
            out.add((str(day),) if by_person else (str(day), str(row.level)))
    return out


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_highest_keeps_every_day_in_care_and_leaves_no_overlap(seed):
    chance = np.random.default_rng(seed)
    rows = []
    for _ in range(12):
        begin = date(2024, 1, 1) + timedelta(days=int(chance.integers(0, 120)))
        end = begin + timedelta(days=int(chance.integers(0, 60)))
        level = ["inpatient", "residential", "php", "iop", "outpatient"][chance.integers(0, 5)]
        rows.append(("A", level, str(begin), str(end) if chance.random() < 0.9 else None, str(len(rows))))
    table = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date", "episode_id"])
    plain, settled = read(table), read(table, overlaps="highest")
    assert in_care(plain, True) == in_care(settled, True)
    assert overlaps_left(settled) == 0
    highest_by_day = {}
    order = settled.continuum.names
    for day, level in in_care(plain, False):
        best = highest_by_day.get(day, level)
        highest_by_day[day] = min(best, level, key=order.index)
    assert in_care(settled, False) == set(highest_by_day.items())
    assert read(settled_frame(settled), overlaps="error").n == settled.n


def settled_frame(episodes):
    rows = episodes.rows()
    return rows.assign(
        person_id="A", level=rows["level"].astype(str), admit_date=rows["admit"], discharge_date=rows["discharge"],
        episode_id=[str(i) for i in range(len(rows))],
    )[["person_id", "level", "admit_date", "discharge_date", "episode_id"]]  # fmt: skip
