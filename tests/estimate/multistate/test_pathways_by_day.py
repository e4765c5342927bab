"""Pathways by day: the levels held on days since a journey's first admission, of journeys followed that long."""

import pandas as pd
import pytest
from support.drawn import linked
from support.made_up import made_up

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError

TABLE = """
    person | level       | admit | discharge | reason
    Ana    | residential | 0     | 30        | completed
    Ana    | php         | 30    | 50        | completed
    Ana    | iop         | 55    | 60        | left early
    Ben    | php         | 0     | 20        | died
    Cyd    | iop         | 5     |           |
    Dee    | iop         | 50    | 60        | completed
    """


def held(days: tuple[int, ...], cutoff: int = 120) -> list[list[object]]:
    frame = cf.pathways(linked(TABLE, cutoff=cutoff), days=days).frame
    rows = frame[[f"step_{i}" for i in range(1, len(days) + 1)]].astype(object)
    return sorted([[step for step in row if not pd.isna(step)] for row in rows.values.tolist()])


def test_a_journey_is_where_it_is_at_the_end_of_each_day():
    """Its end is told once."""
    assert held((0, 29, 30, 52, 55, 80)) == [
        ["iop", "iop", "iop", "iop", "iop", "iop"],
        ["php", "died"],
        ["residential", "residential", "php", "between stays", "iop", "left early"],
    ]


@pytest.mark.slow
def test_only_journeys_followed_to_the_last_day_count():
    assert ["iop", "completed"] not in held((0, 50))
    assert ["iop", "completed"] in held((0, 30)), "admitted on day 50, known to 90"


@pytest.mark.slow
def test_by_day_pathways_are_the_occupation_where_everyone_was_followed():
    moves = cf.link(cf.read_episodes(made_up(), cutoff="2026-12-31"))
    days = (0, 10, 30, 90)
    paths = cf.pathways(moves, days=days)
    where = cf.occupation(moves, days=90).frame.set_index(["day", "state"])["estimate"]
    for place, day in enumerate(days, 1):
        shares = paths.frame.groupby(f"step_{place}", observed=True)["share"].sum()
        for state in (*moves.episodes.continuum.names, "between stays"):
            assert shares.get(state, 0.0) == pytest.approx(where.get((day, state), 0.0), abs=1e-12)


@pytest.mark.slow
def test_pathways_by_day_are_merged_and_protected_by_themselves():
    moves = cf.link(cf.read_episodes(made_up(), cutoff="2026-12-31"))
    by_day, by_stay = cf.pathways(moves, days=(0, 14, 60)), cf.pathways(moves, steps=3)
    for given in (by_day, by_stay):
        safe = cf.protect([given.gathered()], progress=False)
        assert safe[0].frame["n"].sum() == given.frame["n"].sum()
        assert safe[0].days == given.days
        assert safe.proof.check()
    with pytest.raises(DisclosureError, match="cannot be linked to each other"):
        cf.protect([by_day.gathered(), by_stay.gathered()], progress=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "told"),
    [((30, 0), "counted from 0 and rise"), ((), "it was empty"), ((0, 1.5), "it was 1.5"), ((-1, 3), "it was -1")],
)
def test_invalid_days_are_refused(days, told):
    with pytest.raises(ArgumentError, match=told):
        cf.pathways(linked(TABLE, cutoff=120), days=days)
