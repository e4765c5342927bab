"""Pathways with rare continuations put together: no journey is lost, and no pathway is rare."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import careflow as cf
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


@settings(max_examples=200, deadline=None)
@given(paths=journeys, below=st.integers(2, 12))
def test_no_journey_is_lost_and_no_pathway_is_rare(paths, below):
    counts = tally(paths)
    found = list(_gather(counts, (), below))
    assert sum(n for _, n in found) == len(paths)
    assert len({path for path, _ in found}) == len(found)
    if len(paths) >= below:
        assert all(n >= below for _, n in found)
    for path, n in found:
        if RARER not in path:
            assert counts[path] == n, "what is told apart is as it was"
        else:
            assert path.index(RARER) == len(path) - 1


def test_who_began_alike_stays_together():
    counts = {("php", "iop", "completed"): 3, ("php", "iop", "left early"): 30, ("php", "completed"): 40, ("iop",): 20}
    assert dict(_gather(counts, (), 11)) == {
        ("php", "iop", RARER): 33,
        ("php", "completed"): 40,
        ("iop",): 20,
    }, "3 alone would be rare, so the next rarest goes with them"


def test_each_stratum_is_gathered_by_itself():
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
