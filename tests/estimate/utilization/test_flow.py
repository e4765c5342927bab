"""People who come into care, move and leave: by hand, and against loops over the people of small tables."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import Any

import pandas as pd
import pytest
from support.drawn import linked
from support.reference import people
from support.small_tables import SmallTables, small_tables
from support.strategies import quarter_bounds

import careflow as cf
from careflow.errors import ArgumentError, CountsError, DisclosureError

PEOPLE = ["opening", "first_ever", "returned", "left", "died", "closing", "moved_within", "between", "not_yet_known"]


@pytest.fixture(scope="module", params=[0, 1, 2, 5])
def tables(request: pytest.FixtureRequest) -> SmallTables:
    return small_tables(request.param)


def by_loops(tables: SmallTables, first: int, last: int) -> dict[str, Counter[str]]:
    """Count the people of one period by the facility of the first stay of a journey."""
    found: dict[str, Counter[str]] = {}
    linked_stays = {id(one.stay): one for group in tables.tables.values() for one in group}
    for mine in people(one.stay for one in linked_stays.values()).values():
        journeys: list[list[Any]] = []
        reach = -inf
        for stay in mine:
            if stay.admit > reach + tables.within:
                journeys.append([])
            journeys[-1].append(stay)
            reach = max(reach, inf if stay.discharge is None else stay.discharge)
        of_facility: dict[str, list[tuple[int, float, bool, int, list[Any]]]] = {}
        for number, stays in enumerate(journeys):
            end = max(inf if stay.discharge is None else stay.discharge for stay in stays)
            died = any(stay.reason == "died" and stay.discharge is not None for stay in stays)
            of_facility.setdefault(stays[0].facility, []).append((stays[0].admit, end, died, number, stays))
        for facility, own in of_facility.items():
            count = found.setdefault(facility, Counter())
            near = [one for one in own if one[0] <= last and one[1] >= first]
            opening, closing = any(one[0] < first for one in near), any(one[1] > last for one in near)
            if near and not opening:
                count["first_ever" if near[0][3] == 0 else "returned"] += 1
            if near and not closing:
                known = near[-1][1] <= tables.cutoff - tables.within
                count["died" if near[-1][2] else "left" if known else "not_yet_known"] += 1
            count["opening"] += opening
            count["closing"] += closing
            moved = [
                (one.stay.discharge, one.next.admit)
                for *_, stays in own
                for one in map(linked_stays.get, map(id, stays))
                if one is not None and one.next is not None and one.outcome == one.next.level
            ]
            count["moved_within"] += any(first <= day <= last for _, day in moved)
            count["between"] += any(left <= last < day for left, day in moved)
    return found


@pytest.mark.slow
def test_people_are_counted_as_loops_count_them(tables: SmallTables) -> None:
    frame = cf.flow(tables.linked_moves, by=["quarter", "facility"]).frame.set_index(["quarter", "facility"])
    earliest = min(stay.admit for stay in tables.kept)
    for quarter, (first, last) in quarter_bounds(tables.cutoff).items():
        begin = max(first, earliest if tables.start is None else tables.start)
        if begin > min(last, tables.cutoff):
            continue
        for facility, count in by_loops(tables, begin, min(last, tables.cutoff)).items():
            actual = frame.loc[(quarter, facility), PEOPLE].to_dict()
            assert actual == {name: count[name] for name in PEOPLE}, (quarter, facility)


@pytest.mark.slow
def test_closing_is_opening_and_those_who_came_less_those_who_went(tables: SmallTables) -> None:
    frame = cf.flow(tables.linked_moves).frame
    gone = frame["left"] + frame["died"] + frame["not_yet_known"]
    assert (frame["closing"] == frame["opening"] + frame["first_ever"] + frame["returned"] - gone).all()
    assert frame["opening"].tolist()[1:] == frame["closing"].tolist()[:-1]
    assert (
        frame["first_ever"].sum() + frame["opening"].iloc[0]
        == cf.persons_served(tables.linked_moves, by="year").frame.query("level == 'any'")["persons"].max()
    )


def test_those_in_a_stay_on_the_last_day_are_closing_less_those_between(tables: SmallTables) -> None:
    frame = cf.flow(tables.linked_moves).frame
    stays = [one.stay for group in tables.tables.values() for one in group]
    in_care = {stay.person for stay in stays if stay.discharge is None}
    assert frame["closing"].iloc[-1] - frame["between"].iloc[-1] == len(in_care)


def test_who_leaves_and_returns_in_one_quarter_is_in_neither() -> None:
    moves = linked(
        """
        person | level | admit | discharge | reason
        Ana    | php   | 60    | 95        | completed
        Ana    | php   | 140   | 300       | completed
        Ben    | php   | 95    | 100       | completed
        Ben    | php   | 140   | 150       | died
        """,
        cutoff=400,
    )
    frame = cf.flow(moves).frame.set_index("quarter")
    assert frame.loc["2024Q2", PEOPLE].tolist() == [1, 1, 0, 0, 1, 1, 0, 0, 0]


def test_a_discharge_not_followed_has_not_left() -> None:
    moves = linked("person | level | admit | discharge\nAna | php | 0 | 85\nBen | php | 0 | 20", cutoff=100)
    frame = cf.flow(moves).frame
    assert frame[["left", "not_yet_known", "closing"]].values.tolist() == [[1, 1, 0], [0, 0, 0]]
    assert frame["mature"].tolist() == [False, False]


def test_a_gap_over_the_end_of_a_quarter_is_not_leaving() -> None:
    """The quarter ends on day 90."""
    moves = linked("person | level | admit | discharge\nAna | php | 0 | 88\nAna | iop | 95 | 120", cutoff=200)
    frame = cf.flow(moves).frame.set_index("quarter")
    assert frame.loc["2024Q1", ["closing", "between", "left", "moved_within"]].tolist() == [1, 1, 0, 0]
    assert frame.loc["2024Q2", ["opening", "returned", "moved_within", "left"]].tolist() == [1, 0, 1, 1]


def test_counts_and_releases_of_flows_say_what_they_lack() -> None:
    moves = small_tables(0).linked_moves
    counts = moves.counts(by=["quarter", "facility"], clocks="flow")
    pd.testing.assert_frame_equal(
        cf.flow(counts, by=["quarter", "facility"]).frame, cf.flow(moves, by=["quarter", "facility"]).frame
    )
    with pytest.raises(ArgumentError, match="people do not add up over strata"):
        cf.flow(counts)
    with pytest.raises(CountsError, match="hold no 'flow' table"):
        cf.flow(moves.counts(by="quarter", clocks="served"))
    with pytest.raises(DisclosureError, match="Flow cannot be published"):
        cf.protect(cf.flow(moves))


def test_a_part_of_the_records_has_the_rows_of_all() -> None:
    moves = small_tables(1).linked_moves
    whole = cf.flow(moves, by=["quarter", "facility"]).frame
    one = whole[whole["facility"] == "T01"].drop(columns="facility").reset_index(drop=True)
    part = cf.flow(moves, where={"facility": "T01"}, last=2).frame.reset_index(drop=True)
    assert part[PEOPLE].to_numpy().tolist() == one[PEOPLE].tail(2).to_numpy().tolist()
