"""Ranks may be partial; a cycle of ranks is an error that names it."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careflow.continuum import Continuum, Level
from careflow.continuum.order import order_of
from careflow.errors import DefinitionError


def ranked(**ranks: object) -> Continuum:
    return Continuum.from_dict({"name": "x", "levels": [{"name": name, "rank": rank} for name, rank in ranks.items()]})


def test_equal_ranks_are_lateral() -> None:
    care = ranked(day=2, evening=2, res=1)
    assert care.names == ("res", "day", "evening")
    assert care.direction("day", "evening") == care.direction("evening", "day") == "lateral"
    assert care.direction("res", "evening") == "step-down"
    assert [level.rank for level in care] == [1, 2, 2]


def test_a_level_is_above_if_no_dimension_is_lower_and_one_is_higher() -> None:
    care = ranked(a={"setting": 1, "medical": 1}, b={"setting": 1, "medical": 2}, c={"setting": 2, "medical": 1})
    assert care.direction("a", "b") == care.direction("a", "c") == "step-down"
    assert care.direction("b", "c") == "lateral"
    assert care.silent == 1


def test_what_follows_from_above_need_not_be_written() -> None:
    care = Continuum("x", (Level("c"), Level("b"), Level("a")), above=(("a", "b"), ("b", "c")))
    assert care.names == ("a", "b", "c")
    assert care.direction("c", "a") == "step-up"


def test_levels_that_nothing_joins_are_lateral() -> None:
    care = Continuum("x", (Level("a"), Level("b"), Level("c")), above=(("b", "c"),))
    assert care.names == ("a", "b", "c")
    assert care.direction("a", "c") == "lateral"
    assert care.silent == 2


def test_without_ranks_the_list_is_the_order() -> None:
    assert Continuum.of(["x", "a", "m"]).direction("a", "x") == "step-up"


def test_above_may_be_added_to_ranks() -> None:
    values = {"name": "x", "levels": [{"name": "a", "rank": 1}, {"name": "b", "rank": 1, "above": ["a"]}]}
    assert Continuum.from_dict(values).direction("b", "a") == "step-down"


def test_ranks_and_above_that_contradict_each_other_are_a_cycle() -> None:
    values = {"name": "x", "levels": [{"name": "a", "rank": 1}, {"name": "b", "rank": 2, "above": ["a"]}]}
    with pytest.raises(DefinitionError) as caught:
        Continuum.from_dict(values)
    assert str(caught.value) == ("the ranks form a cycle: 'a' above 'b' above 'a'; remove one of these.")


def test_only_the_levels_of_the_cycle_are_named() -> None:
    pairs = [("top", "b"), ("b", "c"), ("c", "d"), ("d", "b"), ("d", "end")]
    with pytest.raises(DefinitionError, match="cycle: 'b' above 'c' above 'd' above 'b';"):
        order_of(["top", "b", "c", "d", "end"], pairs)


def test_a_ladder_keeps_the_levels_and_ranks_them_all() -> None:
    care = ranked(res=1, day=2, evening=2)
    ladder = care.ladder()
    assert ladder.names == care.names
    assert ladder.silent == 0
    assert ladder.direction("day", "evening") == "step-down"
    assert ladder.name == "x (ladder)"
    assert ladder.ladder() is ladder


def test_equal_orders_are_equal_however_they_were_written() -> None:
    by_list = Continuum("x", (Level("a"), Level("b"), Level("c")))
    by_pairs = Continuum("x", (Level("b"), Level("c"), Level("a")), above=(("a", "b"), ("a", "c"), ("b", "c")))
    assert by_list == by_pairs == ranked(b=2, a=1, c=7.5)
    assert hash(by_list) == hash(by_pairs)
    assert by_list != Continuum.of(["a", "c", "b"], name="x")
    assert by_list != "x"


NAMES = "abcdefg"
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda p: p[0] != p[1]), max_size=14)


def reached(pairs: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """The transitive closure by Warshall's algorithm."""
    out = set(pairs)
    for middle, high, low in product(NAMES, NAMES, NAMES):
        if (high, middle) in out and (middle, low) in out:
            out.add((high, low))
    return out


@pytest.mark.slow
@given(PAIRS, st.permutations(NAMES))
def test_an_order_is_the_closure_of_its_pairs_or_a_cycle(pairs: list[tuple[str, str]], names: list[str]) -> None:
    closure = reached(pairs)
    if any(high == low for high, low in closure):
        with pytest.raises(DefinitionError, match="cycle") as caught:
            order_of(names, pairs)
        cycle = str(caught.value).split(": ")[1].split(";")[0].replace("'", "").split(" above ")
        assert cycle[0] == cycle[-1]
        assert len(set(cycle)) == len(cycle) - 1
        assert set(pairwise(cycle)) <= set(pairs)
        return
    order = order_of(names, pairs)
    place = {name: i for i, name in enumerate(order.names)}
    assert {(a, b) for a in NAMES for b in NAMES if order.below[place[a]] >> place[b] & 1} == closure
    assert all(place[high] < place[low] for high, low in closure)
    assert reached(list(order.covers)) == closure
    assert all(reached([p for p in order.covers if p != pair]) != closure for pair in order.covers)
    assert order.silent == 21 - len(closure)
    rank = dict(zip(order.names, order.ranks, strict=True))
    assert all(rank[high] < rank[low] for high, low in closure)
    assert all(
        any(rank[high] == rank[name] - 1 for high, low in closure if low == name) for name in NAMES if rank[name] > 1
    )


@pytest.mark.slow
@given(PAIRS)
def test_directions_mirror_each_other(pairs: list[tuple[str, str]]) -> None:
    try:
        care = Continuum("x", tuple(map(Level, NAMES)), above=tuple(pairs))
    except DefinitionError:
        return
    mirror = {"step-down": "step-up", "step-up": "step-down", "lateral": "lateral"}
    assert all(care.direction(a, b) == mirror[care.direction(b, a)] for a in NAMES for b in NAMES)
    assert Continuum.from_dict(care.to_dict()) == care
