"""Admissions by day with the level moved from, recent admissions, and records as they were at an earlier cut-off."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from support.drawn import day, linked
from support.reference import Linked, Stay, in_order, people
from support.strategies import FIXED, LEVELS, File, files, frame_of

import careflow as cf
from careflow.counts.event_tables import ENTERED
from careflow.errors import ArgumentError

ORIGIN = (day(0) - day(0).replace(year=1970, month=1, day=1)).days
AS_OF = ("exit", "exit~40", "gap", "stay by admission", "arrivals", "census")


def arrivals(moves: cf.Transitions) -> dict[tuple[str, str, int], int]:
    table = moves.counts(clocks="arrivals").tables["arrivals"]
    names = dict(enumerate(LEVELS)) | {ENTERED: "outside"}
    rows = zip(table["state"], table["event"], table["day"], table["n"], strict=True)
    found: Counter[tuple[str, str, int]] = Counter()
    for state, event, at, n in rows:
        found[names[state], names[event], int(at) - ORIGIN] += int(n)
    return dict(found)


def test_an_admission_that_a_move_led_to_is_not_from_outside() -> None:
    moves = linked(
        """
        person | level       | admit | discharge
        Ana    | residential | 0     | 20
        Ana    | php         | 25    | 40
        Ana    | iop         | 71    | 80
        """,
        cutoff=200,
    )
    assert arrivals(moves) == {
        ("residential", "outside", 0): 1,
        ("php", "residential", 25): 1,
        ("iop", "outside", 71): 1,
    }


def test_of_two_discharges_with_one_next_stay_the_last_leads_to_it() -> None:
    moves = linked(
        """
        person | level       | admit | discharge
        Ana    | residential | 0     | 20
        Ana    | php         | 10    | 20
        Ana    | iop         | 22    | 80
        """,
        cutoff=200,
    )
    assert arrivals(moves)["iop", "php", 22] == 1
    assert sum(arrivals(moves).values()) == 3


def test_recent_admissions_are_those_of_the_last_days_of_the_clock() -> None:
    drawn = "person | level | admit | discharge\nAna | php | 59 | 65\nBob | php | 60 | 70\nCyd | php | 70 | 72"
    moves = linked(drawn, cutoff=100)
    tables = moves.counts(clocks=["exit~10", "exit~11", "exit"]).tables
    assert {name: int(table["n"].sum()) // 2 for name, table in tables.items()} == {
        "exit~10": 1,
        "exit~11": 2,
        "exit": 3,
    }


@pytest.mark.slow
@FIXED
@given(files())
def test_each_admission_is_counted_once_with_the_last_move_to_it(file: File) -> None:
    expected: Counter[tuple[str, str, int]] = Counter()
    for mine in people(file.kept).values():
        ordered = in_order(mine, LEVELS)
        outcomes: dict[str, Linked] = {
            one.stay.episode: one for one in file.linked if one.stay.person == mine[0].person
        }
        origin = dict.fromkeys(range(len(ordered)), "outside")
        for stay in ordered:
            one = outcomes[stay.episode]
            if one.next is not None and one.outcome in LEVELS:
                origin[next(i for i, other in enumerate(ordered) if other.episode == one.next.episode)] = stay.level
        expected.update((stay.level, origin[i], stay.admit) for i, stay in enumerate(ordered))
    assert arrivals(file.moves()) == expected


@pytest.mark.slow
@FIXED
@given(files())
def test_tables_of_an_earlier_cut_off_are_those_of_the_records_until_then(file: File) -> None:
    """Facilities are two: of more, some would have too few early stays to be counted by."""

    def two(stays: list[Stay]) -> pd.DataFrame:
        frame = frame_of(stays)
        return frame.assign(facility=frame["facility"].str[-1].isin(list("02468")).map({True: "even", False: "odd"}))

    moves = file.moves(two(file.apart))
    known = [stay for stay in file.apart if stay.admit <= file.cutoff - 40]
    then = cf.read_episodes(
        two(known),
        cutoff=day(file.cutoff - 40),
        start=None if file.start is None else day(file.start),
        accept=["F04"],
    )
    now = moves.counts("facility", clocks=[f"{name}@-40" for name in AS_OF])
    for name, table in cf.link(then, within=file.within).counts("facility", clocks=AS_OF).tables.items():
        plain = [frame.astype({"facility": str}) for frame in (now.tables[f"{name}@-40"], table)]
        one, other = (frame.sort_values(list(frame.columns), ignore_index=True) for frame in plain)
        pd.testing.assert_frame_equal(one, other, obj=name)


@pytest.mark.slow
def test_the_tables_add_up_and_come_back_from_a_file(tmp_path: Path) -> None:
    moves = linked("person | level | admit | discharge\nAna | php | 59 | 65\nAna | iop | 66 |", cutoff=300)
    other = linked("person | level | admit | discharge\nBob | php | 59 | 65", cutoff=300)
    clocks = ["arrivals", "exit~200@-28", "gap@-28", "stay by admission@-28"]
    counts, more = (each.counts("month", clocks=clocks) for each in (moves, other))
    counts.save(tmp_path / "counts.parquet")
    loaded = cf.Counts.load(tmp_path / "counts.parquet")
    for name in clocks:
        table = counts.tables[name]
        pd.testing.assert_frame_equal(loaded.tables[name], table.sort_values(list(table.columns), ignore_index=True))
        pooled = (counts + more).tables[name]
        assert pooled["n"].sum() == counts.tables[name]["n"].sum() + more.tables[name]["n"].sum()


@pytest.mark.parametrize("name", ["gap~30", "arrivals~9", "exit@28", "exit~0", "journey@-28"])
def test_a_suffix_that_a_table_does_not_have_is_refused(name: str) -> None:
    moves = linked("person | level | admit | discharge\nAna | php | 0 | 5", cutoff=100)
    with pytest.raises(ArgumentError, match=f"no clock '{name}'"):
        moves.counts(clocks=name)
