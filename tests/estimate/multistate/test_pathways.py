"""Pathways: rare continuations put together, their days and steps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drawn import linked
from support.made_up import CUTOFF, made_up

import careflow as cf
from careflow.errors import ArgumentError
from careflow.estimate.multistate.pathways import RARER, _gather

LEVELS = ("php", "iop")


ENDS = ("completed", "left early")


journeys = st.lists(
    st.tuples(st.lists(st.sampled_from(LEVELS), min_size=1, max_size=3), st.sampled_from(ENDS)).map(
        lambda one: (*one[0], one[1])[:4] if len(one[0]) < 4 else tuple(one[0])
    ),
    max_size=120,
)


def tally(paths):
    counts = {}
    for path in paths:
        counts[path] = counts.get(path, 0) + 1
    return counts


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(paths=journeys, below=st.integers(2, 12))
def test_merged_pathways_keep_every_journey_and_none_is_rare(paths, below):
    counts = tally(paths)
    actual = list(_gather(counts, (), below))
    assert sum(n for _, n in actual) == len(paths)
    assert len({path for path, _ in actual}) == len(actual)
    if len(paths) >= below:
        assert all(n >= below for _, n in actual)
    for path, n in actual:
        if RARER not in path:
            assert counts[path] == n, "what is told apart is as it was"
        else:
            assert path.index(RARER) == len(path) - 1


def test_rare_continuations_are_merged_after_their_common_steps():
    counts = {("php", "iop", "completed"): 3, ("php", "iop", "left early"): 30, ("php", "completed"): 40, ("iop",): 20}
    assert dict(_gather(counts, (), 11)) == {
        ("php", "iop", RARER): 33,
        ("php", "completed"): 40,
        ("iop",): 20,
    }, "3 alone would be rare, so the next rarest goes with them"


@pytest.mark.slow
def test_rare_continuations_are_merged_within_each_stratum():
    stays = pd.DataFrame(
        {
            "person_id": [f"{site}{i}" for site in "ab" for i in range(3)],
            "level": ["php"] * 6,
            "site": list("aaabbb"),
            "admit_date": ["2024-01-01"] * 6,
            "discharge_date": ["2024-02-01"] * 6,
            "discharge_reason": ["completed"] * 3 + ["completed", "completed", "left early"],
        }
    )
    moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31", columns={"site": "site"}))
    frame = cf.pathways(moves, steps=2, by="site").gathered(below=2).frame
    assert frame[["site", "step_2", "n", "share"]].values.tolist() == [
        ["a", "completed", 3, 1.0],
        ["b", RARER, 3, 1.0],
    ]


STAYS = linked(
    """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Bob    | php   | 0     | 12        | left early
    Cem    | php   | 0     | 20        | completed
    """,
    cutoff=200,
)


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    stays = made_up()
    stays["payer"] = np.where(stays["person_id"].str[1:].astype(int) % 3 == 0, "private", "medicaid")
    return cf.link(cf.read_episodes(stays, cutoff=CUTOFF))


def test_days_of_pathways_are_whole_numbers_that_rise() -> None:
    assert cf.pathways(STAYS, days=[30]).days == (30,)
    for days, said in (([True], "days is a whole number from 0 to 3650"), ([0, 30, 20], "counted from 0 and rise")):
        with pytest.raises(ArgumentError, match=said):
            cf.pathways(STAYS, days=days)


@pytest.mark.slow
def test_the_longest_and_the_shortest_path_are_answered(moves: cf.Transitions) -> None:
    assert len(cf.pathways(moves, steps=1).frame)
    assert "step_12" in cf.pathways(moves, steps=12).frame


@pytest.mark.slow
def test_rare_continuations_are_merged_up_to_the_threshold() -> None:
    def ways(**n: int) -> dict[str, int]:
        reasons = {"done": "completed", "left": "left early", "stop": "terminated", "other": "other"}
        people = [reason for short, reason in reasons.items() for _ in range(n[short])]
        rows = "\n".join(f"P{i} | php | 0 | 9 | {reason}" for i, reason in enumerate(people))
        moves = linked(f"person | level | admit | discharge | reason\n{rows}", cutoff=90)
        frame = cf.pathways(moves, steps=2).gathered(below=5).frame
        assert frame["share"].sum() == pytest.approx(1)
        return dict(zip(frame["step_2"].astype(str), frame["n"], strict=True))

    # 3 and 3 are enough together; 1 alone is not, and takes the next smallest with it, and no other.
    assert ways(done=10, left=3, stop=3, other=6) == {"completed": 10, "other": 6, "rarer ways": 6}
    assert ways(done=10, left=2, stop=3, other=6) == {"completed": 10, "other": 6, "rarer ways": 5}
    assert ways(done=10, left=1, stop=6, other=8) == {"completed": 10, "other": 8, "rarer ways": 7}
    assert ways(done=10, left=5, stop=6, other=8) == {"completed": 10, "left early": 5, "terminated": 6, "other": 8}


BACK_AND_FORTH = """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Ana    | php   | 60    | 70        | completed
    Ana    | php   | 120   | 130       | left early
    Bob    | php   | 0     | 12        | completed
    """


@pytest.mark.parametrize("chosen", [{"steps": 2}, {"days": (0, 20)}])
def test_people_of_pathways_are_jackknife_groups_not_journeys(chosen) -> None:
    paths = cf.pathways(linked(BACK_AND_FORTH, cutoff=300), **chosen)
    assert paths.frame["n"].tolist() == [3, 1]
    assert paths.contributors.sum(axis=1).tolist() == [2, 1], "three completed journeys are of Ana and Bob"
    merged = paths.gathered(below=4)
    assert merged.frame["n"].tolist() == [4]
    assert merged.contributors.sum(axis=1).tolist() == [2], "Ana has journeys in both of the rows put together"


@pytest.mark.slow
def test_counts_without_jackknife_groups_know_no_people_of_pathways() -> None:
    moves = linked(BACK_AND_FORTH, cutoff=300)
    plain = cf.pathways(moves.counts(clocks="paths:2"), steps=2)
    assert plain.contributors is None
    assert plain.gathered(4).contributors is None
    known = cf.pathways(moves.counts(clocks=["paths:2", "ways:2"]), steps=2)
    pd.testing.assert_frame_equal(known.frame, plain.frame)
    assert known.contributors is not None


@pytest.mark.slow
def test_merged_pathways_have_the_groups_of_those_they_are_made_of(moves: cf.Transitions) -> None:
    paths = cf.pathways(moves, steps=3, by="payer")
    merged = paths.gathered()
    for payer in ("medicaid", "private"):
        whole, parts = (one.contributors[(one.frame["payer"] == payer).to_numpy()].any() for one in (paths, merged))
        assert whole.equals(parts)
    same = merged.frame[merged.frame["step_2"].astype(str) != RARER].index
    assert len(merged.contributors) == len(merged.frame) < len(paths.frame)
    assert (merged.contributors.sum(axis=1) <= merged.frame["n"]).all()
    assert len(same)
