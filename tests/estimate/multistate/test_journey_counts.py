"""Journeys, drawn: states between stays, left care and died, overlaps, re-entry; and ways out of a level."""

import pytest
from support.drawn import linked

import careflow as cf

Where = list[tuple[int, str, float]]


def where(table: str, *days: int, cutoff: int = 200, within: int = 30, **how: object) -> Where:
    frame = cf.occupation(linked(table, cutoff=cutoff, within=within), days=100, cluster=None, **how).frame  # type: ignore[arg-type]
    rows = frame.loc[frame["day"].isin(days) & (frame["estimate"] > 0), ["day", "state", "estimate"]]
    return [(int(day), str(state), float(p)) for day, state, p in rows.itertuples(index=False)]


ANA = """
    person | level       | admit | discharge | reason
    Ana    | residential | 0     | 30        | completed
    Ana    | php         | 30    | 50        | completed
    Ana    | iop         | 55    | 60        | left early
    """


def test_a_journey_is_at_levels_between_stays_and_then_left_care() -> None:
    assert where(ANA, 0, 29, 30, 49, 50, 54, 55, 60, 100) == [
        (0, "residential", 1),
        (29, "residential", 1),
        (30, "php", 1),
        (49, "php", 1),
        (50, "between stays", 1),
        (54, "between stays", 1),
        (55, "iop", 1),
        (60, "left care", 1),
        (100, "left care", 1),
    ]


@pytest.mark.slow
def test_an_admission_after_the_window_begins_another_journey() -> None:
    """With re-entry it belongs to the same one."""
    table = """
        person | level | admit | discharge
        Ana    | php   | 0     | 10
        Ana    | iop   | 50    | 60
        """
    assert where(table, 5, 20, 55) == [(5, "php", 0.5), (5, "iop", 0.5), (20, "left care", 1), (55, "left care", 1)]
    assert where(table, 5, 20, 55, reentry=True) == [(5, "php", 1), (20, "left care", 1), (55, "iop", 1)]


def test_the_clock_may_start_at_the_first_admission_to_a_level() -> None:
    assert where(ANA, 0, 20, 25, start="php") == [(0, "php", 1), (20, "between stays", 1), (25, "iop", 1)]


def test_several_changes_on_one_day_are_one_net_move() -> None:
    table = """
        person | level       | admit | discharge
        Ana    | residential | 0     | 30
        Ana    | inpatient   | 30    | 30
        Ana    | php         | 30    | 50
        """
    assert where(table, 29, 30, 31) == [(29, "residential", 1), (30, "php", 1), (31, "php", 1)]


def test_death_is_an_absorbing_state() -> None:
    table = """
        person | level       | admit | discharge | reason
        Ana    | residential | 0     | 30        | died
        """
    assert where(table, 29, 30, 100) == [(29, "residential", 1), (30, "died", 1), (100, "died", 1)]


def test_a_death_counts_even_if_another_stay_ends_on_its_day() -> None:
    table = """
        person | level       | admit | discharge | reason
        Ana    | outpatient  | 0     | 30        | died
        Ana    | residential | 20    | 30        | completed
        """
    assert where(table, 19, 29, 30) == [(19, "outpatient", 1), (29, "residential", 1), (30, "died", 1)]


def test_while_stays_overlap_a_person_is_at_the_most_intensive_of_them() -> None:
    table = """
        person | level      | admit | discharge
        Ana    | outpatient | 0     | 90
        Ana    | inpatient  | 20    | 30
        """
    assert where(table, 10, 20, 29, 30, 90) == [
        (10, "outpatient", 1),
        (20, "inpatient", 1),
        (29, "inpatient", 1),
        (30, "outpatient", 1),
        (90, "left care", 1),
    ]


def test_after_overlapping_stays_a_move_is_the_next_admission() -> None:
    """The next one after the last of them."""
    table = """
        person | level      | admit | discharge
        Ana    | outpatient | 0     | 60
        Ana    | inpatient  | 20    | 30
        Ana    | iop        | 70    | 80
        """
    assert where(table, 40, 60, 69, 70, 80) == [
        (40, "outpatient", 1),
        (60, "between stays", 1),
        (69, "between stays", 1),
        (70, "iop", 1),
        (80, "left care", 1),
    ]


def test_a_journey_is_followed_to_the_cut_off_less_the_window() -> None:
    """Ana, discharged after the last known day, is censored in PHP on that day; Ben is followed beyond it."""
    table = """
        person | level | admit | discharge
        Ana    | php   | 50    | 75
        Ben    | php   | 0     | 40
        """
    assert where(table, 19, 20, 39, 40, cutoff=100) == [
        (19, "php", 1),
        (20, "php", 1),
        (39, "php", 1),
        (40, "left care", 1),
    ]


def test_expected_days_add_up_to_the_horizon() -> None:
    frame = cf.expected_days(linked(ANA, cutoff=200), days=100, cluster=None).frame.set_index("state")["days"]
    assert frame[frame > 0].to_dict() == {"residential": 30, "php": 20, "iop": 5, "between stays": 5, "left care": 40}


@pytest.mark.parametrize(
    ("steps", "rows"),
    [
        (1, [["residential", 1, 1.0]]),
        (3, [["residential", "php", "iop", 1, 1.0]]),
        (4, [["residential", "php", "iop", "left early", 1, 1.0]]),
    ],
)
def test_a_pathway_is_the_first_levels_of_a_journey_and_its_end(steps: int, rows: list[list[object]]) -> None:
    frame = cf.pathways(linked(ANA, cutoff=200), steps=steps).frame
    assert frame.values.tolist() == rows


def test_pathways_that_go_on_say_so() -> None:
    table = """
        person | level | admit | discharge
        Ana    | php   | 0     |
        Ben    | iop   | 0     | 90
        """
    frame = cf.pathways(linked(table, cutoff=100), steps=2).frame
    assert frame[["step_1", "step_2"]].values.tolist() == [["php", "in care"], ["iop", "not yet known"]]


# --- ways out of a level ---------------------------------------------------------------------------------------------

WAYS = """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Ana    | iop   | 12    | 40        | completed
    Ben    | php   | 0     | 20        | left early
    Cyd    | php   | 0     | 20        | died
    Dov    | php   | 0     |           |
    """


def test_incidences_of_a_level_and_its_survival_sum_to_one() -> None:
    result = cf.cumulative_incidence(linked(WAYS, cutoff=100), "php", cluster=None)
    rows = result.frame[(result.frame["estimate"] > 0) & (result.frame["to"] != "left care")]
    actual = [(day, str(to), p) for day, to, p in rows[["day", "to", "estimate"]].itertuples(index=False)]
    assert sorted(actual) == [
        (10, "iop", 0.25),
        (20, "died", 0.25),
        (20, "iop", 0.25),
        (20, "left early", 0.25),
        (70, "died", 0.25),
        (70, "iop", 0.25),
        (70, "left early", 0.25),
    ]
    assert result.survival["estimate"].tolist() == [0.75, 0.25, 0.25]


def test_the_stay_clock_with_outcomes_stops_at_the_cut_off_less_the_window() -> None:
    """With a cut-off on day 45 outcomes are known up to day 15, so the discharges on day 20 are not seen yet."""
    frame = cf.cumulative_incidence(linked(WAYS, cutoff=45), "php", cluster=None).frame
    assert frame.loc[frame["estimate"] > 0, ["to", "day", "estimate"]].values.tolist() == [
        ["iop", 10, 0.25],
        ["iop", 15, 0.25],
    ]


def test_the_gap_clock_counts_a_next_level_however_late() -> None:
    table = """
        person | level | admit | discharge | reason
        Ana    | php   | 0     | 10        | completed
        Ana    | iop   | 60    | 70        | completed
        Ben    | php   | 0     | 10        | died
        Cyd    | php   | 0     | 10        | completed
        Dov    | php   | 0     | 60        | completed
        """
    frame = cf.cumulative_incidence(linked(table, cutoff=90), "php", clock="gap", cluster=None).frame
    rows = frame[frame["to"].isin(["iop", "died"]) & (frame["estimate"] > 0)]
    # Death on day 0; Dov is censored on day 30, so that on day 50 one of two moves on: 3/4 x 1/2.
    assert sorted(rows[["to", "day", "estimate"]].values.tolist()) == [
        ["died", 0, 0.25],
        ["died", 30, 0.25],
        ["died", 50, 0.25],
        ["died", 80, 0.25],
        ["iop", 50, 0.375],
        ["iop", 80, 0.375],
    ]
