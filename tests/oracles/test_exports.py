"""The exports open in the tools that they are for, and these find in them what careflow finds in its counts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import careflow as cf
from oracles import exports

FOUND: dict[str, Any] = json.loads((Path(__file__).parent / "exports.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def whole() -> cf.Transitions:
    return exports.moves_of(whole=True)


@pytest.fixture(scope="module")
def long() -> cf.Transitions:
    return exports.moves_of(whole=False)


@pytest.mark.slow
def test_lifelines_finds_the_curve_and_the_median_of_each_level(whole: cf.Transitions) -> None:
    stays = cf.length_of_stay(whole, cluster=None)
    assert set(FOUND["lifelines"]["levels"]) == set(whole.episodes.continuum.names)
    for level, theirs in FOUND["lifelines"]["levels"].items():
        curve = stays.curve[stays.curve["level"] == level].set_index("day")["survival"]
        ours = [curve[curve.index <= day].iloc[-1] for day in theirs["day"]]
        np.testing.assert_allclose(ours, theirs["survival"], rtol=0, atol=1e-12)
        assert stays.frame.set_index("level").loc[level, "median"] == theirs["median"]


@pytest.mark.slow
def test_mstate_finds_where_people_go_from_each_state(whole: cf.Transitions) -> None:
    """Where journeys begin is careflow's: those that are over on their first day have no row in mstate's format."""
    theirs = FOUND["mstate"]
    where = cf.occupation(whole, days=max(theirs["day"]), cluster=None).frame
    ours = where.pivot_table(index="day", columns="state", values="estimate", observed=False)[theirs["states"]]
    over = ["left care", "died"]
    begun = ours.loc[0].drop(over)
    path = np.tensordot(begun, np.array([theirs["probabilities"][state] for state in begun.index]), axes=1)
    path[:, [theirs["states"].index(state) for state in over]] += ours.loc[0, over].to_numpy()
    assert ours.loc[0, "left care"] > 0
    np.testing.assert_allclose(ours.loc[theirs["day"]], path, rtol=0, atol=1e-9)


@pytest.mark.slow
def test_pm4py_finds_the_journeys_and_what_follows_what(long: cf.Transitions) -> None:
    theirs, names = FOUND["pm4py"], long.episodes.continuum.names
    assert theirs["events"] == len(long.to_event_log(person_level=True))
    paths = cf.pathways(long, steps=1).frame
    assert theirs["cases"] == paths["n"].sum()
    first = paths.groupby("step_1", observed=True)["n"].sum()
    assert theirs["first"] == {level: n for level, n in first.items() if n}
    moves = long.counts(clocks="discharge").tables["discharge"]
    moves = moves[moves["event"] < len(names)].groupby(["state", "event"])["n"].sum()
    assert theirs["follows"] == sorted([names[a], names[b], n] for (a, b), n in moves.items())


@pytest.mark.slow
def test_traminer_finds_the_share_in_each_state_and_the_days_there(long: cf.Transitions) -> None:
    theirs = FOUND["TraMineR"]
    where = cf.occupation(long, days=exports.FOLLOWED, cluster=None)
    assert theirs["journeys"] == where.about.n
    shares = where.frame.pivot_table(index="state", columns="day", values="estimate", observed=False)
    np.testing.assert_allclose(shares.loc[theirs["states"], theirs["day"]], theirs["shares"], rtol=0, atol=1e-9)
    days = cf.expected_days(long, days=exports.FOLLOWED + 1, cluster=None).frame.set_index("state")["days"]
    np.testing.assert_allclose(days[theirs["states"]], theirs["days"], rtol=0, atol=1e-9)


def test_the_tools_say_their_versions() -> None:
    assert all(FOUND[tool]["version"][0].isdigit() for tool in ("lifelines", "mstate", "pm4py", "R", "TraMineR"))
