"""The outcomes of discharges by the level before."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from support.drawn import linked
from support.reference import Linked, followed, in_order, people
from support.strategies import FIXED, LEVELS, File, files

import careflow as cf
from careflow.counts.sql.previous_level import NO_EARLIER


def table(moves: cf.Transitions) -> pd.DataFrame:
    return moves.counts(clocks="history").tables["history"]


def befores(moves: cf.Transitions) -> dict[tuple[str, str | None], int]:
    names = moves.episodes.continuum.names
    rows = table(moves)
    return {
        (names[state], None if before == NO_EARLIER else names[before]): int(n)
        for state, before, n in zip(rows["state"], rows["before"], rows["n"], strict=True)
    }


def test_the_level_before_is_the_one_that_a_move_led_from() -> None:
    moves = linked(
        """
        person | level       | admit | discharge
        Ana    | residential | 0     | 20
        Ana    | php         | 25    | 40
        Ana    | iop         | 40    | 60
        """,
        cutoff=200,
    )
    assert befores(moves) == {("residential", None): 1, ("php", "residential"): 1, ("iop", "php"): 1}


def test_a_stay_that_begins_later_than_the_window_has_no_level_before() -> None:
    moves = linked(
        """
        person | level       | admit | discharge
        Ana    | residential | 0     | 20
        Ana    | php         | 51    | 60
        """,
        cutoff=200,
    )
    assert befores(moves) == {("residential", None): 1, ("php", None): 1}


def test_a_discharge_that_is_not_followed_is_left_out() -> None:
    moves = linked("person | level | admit | discharge\nAna | php | 0 | 20\nBob | php | 0 | 75", cutoff=100)
    assert befores(moves) == {("php", None): 1}


def test_a_stay_whose_past_may_lie_before_the_records_is_left_out() -> None:
    drawn = "person | level | admit | discharge\nAna | php | 20 | 40\nBob | php | 45 | 60"
    assert befores(linked(drawn, cutoff=200, start=15)) == {("php", None): 1}


@pytest.mark.slow
@FIXED
@given(files())
def test_histories_of_random_files_equal_the_reference(file: File) -> None:
    outcome = {id(one.stay): one for one in file.linked}
    expected: Counter[tuple[str, str | None, str]] = Counter()
    for mine in people(one.stay for one in file.linked).values():
        ordered = [outcome[id(stay)] for stay in in_order(mine, LEVELS)]
        for one in ordered:
            if followed(one.stay, file.cutoff, file.within) and one.stay.admit - file.within >= _first(file):
                expected[one.stay.level, _before(ordered, one), _next(one)] += 1
    rows = table(file.moves())
    actual: Counter[tuple[str, str | None, str]] = Counter()
    words = dict(enumerate(LEVELS))
    for state, before, what, n in rows[["state", "before", "event", "n"]].itertuples(index=False):
        actual[words[state], words.get(before), words.get(what, "out")] += n
    assert actual == expected


def _first(file: File) -> int:
    return -(10**9) if file.start is None else file.start


def _before(ordered: list[Linked], one: Linked) -> str | None:
    """Return the level of the last stay, in the order of linking, that moved to this one."""
    led = [other for other in ordered if other.next is one.stay and other.outcome in LEVELS]
    last = ordered[ordered.index(one) - 1] if ordered.index(one) else None
    return last.stay.level if last in led and last is not None else None


def _next(one: Linked) -> str:
    return one.outcome if one.outcome in LEVELS else "out"
