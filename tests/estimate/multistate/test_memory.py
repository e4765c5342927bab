"""Made-up people with and without a memory: who has one is found, by a landmark or by the Markov test."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

import careflow as cf

pytestmark = pytest.mark.slow

LEVELS = ("php", "iop", "outpatient")
WORLDS, PEOPLE = 20, 150
LANDMARK, DAYS = 14, 42
LATER = (7, 14, 21)
Length = Callable[[np.random.Generator], int]


def forgetful(rng: np.random.Generator) -> int:
    """Return a length of stay that is as likely to end on any day as on the day before."""
    return int(rng.geometric(1 / 20))


def planned(rng: np.random.Generator) -> int:
    """Return a length of stay that ends about its planned day: how long somebody has been there matters."""
    return int(rng.integers(15, 25))


def world(seed: int, length: Length, memory: float = 0.0) -> cf.Transitions:
    """Return made-up people of several facilities, who move on the day they leave, or leave care.

    With a ``memory`` they tend to go back to the level before.
    """
    rng, rows = np.random.default_rng(seed), []
    for person in range(WORLDS * PEOPLE):
        at, before, day = int(rng.integers(0, 3)), None, 0
        while day < 200:
            rows.append((person, f"F{person % WORLDS:02}", LEVELS[at], day, day := day + length(rng)))
            if rng.random() < 0.4:
                break
            others = [level for level in range(3) if level != at]
            to = before if before is not None and rng.random() < memory else int(rng.choice(others))
            before, at = at, to
    stays = pd.DataFrame(rows, columns=["person_id", "facility", "level", "admit_date", "discharge_date"])
    for name in ("admit_date", "discharge_date"):
        stays[name] = pd.Timestamp("2024-01-01") + pd.to_timedelta(stays[name], unit="D")
    return cf.link(cf.read_episodes(stays, cutoff="2025-12-31"), within=30)


def from_then_on(moves: cf.Transitions, by: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return where people of IOP are, some days after they came there, and after day 14 of those who are there then."""
    keys = ["state", "day"] if by is None else [by, "state", "day"]
    both = (cf.occupation(moves, start="iop", days=DAYS, landmark=at, by=by).frame for at in (None, LANDMARK))
    whole, landmark = (frame[frame["day"].isin(LATER)].set_index(keys) for frame in both)
    return whole, landmark.reindex(whole.index)


@pytest.fixture(scope="module")
def without_memory() -> cf.Transitions:
    return world(1, forgetful)


@pytest.fixture(scope="module")
def semi_markov() -> cf.Transitions:
    return world(2, planned)


def test_without_memory_a_landmark_does_not_change_the_curve(
    without_memory: cf.Transitions,
) -> None:
    """The band of the curve from a landmark holds the curve from the first day."""
    whole, landmark = from_then_on(without_memory, None)
    inside = whole["estimate"].between(landmark["low"], landmark["high"])
    assert inside[landmark["low"].notna()].all()
    assert landmark["low"].notna().sum() == 4 * len(LATER)


def test_without_a_memory_few_of_twenty_data_sets_differ(without_memory: cf.Transitions) -> None:
    assert differing(without_memory) <= 3


def test_a_landmark_shows_the_memory_of_planned_stays(semi_markov: cf.Transitions) -> None:
    """Whoever has been there for two weeks leaves sooner than somebody who has just come."""
    whole, landmark = from_then_on(semi_markov, None)
    assert whole.loc[("iop", 7), "estimate"] > landmark.loc[("iop", 7), "high"] + 0.3
    assert differing(semi_markov) >= WORLDS - 1


def differing(moves: cf.Transitions) -> int:
    """Count the worlds in which the landmark curve of IOP is further away on day 7 than chance would have it."""
    whole, landmark = (frame.xs(("iop", 7), level=("state", "day")) for frame in from_then_on(moves, "facility"))
    error = np.sqrt(whole["se"] ** 2 + landmark["se"] ** 2)
    assert len(error) == WORLDS
    assert (error > 0).all()
    return int((np.abs(whole["estimate"] - landmark["estimate"]) > 1.96 * error).sum())


def p_values(moves: cf.Transitions) -> pd.Series:
    frame = cf.markov_test(moves, by="facility", correction=None).frame
    return frame.loc[frame["from"] == "all levels", "p"]


def test_p_values_are_uniform_without_a_memory(without_memory: cf.Transitions) -> None:
    p = p_values(without_memory)
    assert len(p) == WORLDS
    assert kstest(p, "uniform").pvalue > 0.01
    assert (p < 0.05).sum() <= 3


def test_the_markov_test_finds_a_memory_in_nearly_every_data_set() -> None:
    assert (p_values(world(3, forgetful, memory=0.8)) < 0.05).sum() >= WORLDS - 1


def test_the_markov_test_does_not_reject_for_planned_stays(semi_markov: cf.Transitions) -> None:
    assert (p_values(semi_markov) < 0.05).sum() <= 3
