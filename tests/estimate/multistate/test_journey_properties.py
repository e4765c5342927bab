"""The journey clock on random files against the slow reference: where people are, for how long, by which ways.

The reference follows people who are in one place at a time, so the files are thinned to such stays.
"""

from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from support import brute, reference
from support.reference import Linked, kept, link
from support.strategies import FIXED, LEVELS, File, files, frame_of

import careflow as cf
from careflow.errors import ArgumentError
from careflow.records.privacy.jackknife_groups import group

pytestmark = pytest.mark.slow

STATES = (*LEVELS, "between stays", "left care", "died")
DAYS = 40
GONE = ("left care", "died")
"""States that nobody leaves, without re-entry."""
Path = tuple[str, ...]


def shares_by_day(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of an occupation, a row a day and a column a state."""
    return frame.pivot(index="day", columns="state", values="estimate")[list(STATES)].astype(float)


def as_known(shares: list[dict[str, float] | None]) -> list[list[float]]:
    """Return shares of each day in the order of the states, missing where nobody was followed."""
    return [[np.nan if day is None else day[state] for state in STATES] for day in shares]


def linked(file: File) -> list[Linked]:
    return link(kept(file.apart, file.cutoff, file.start), LEVELS, file.within)


def paths(file: File, start: str | None, *, reentry: bool) -> list[tuple[str, Path]]:
    """Return (person, state on each day) of every journey, from its origin to the last day that is known."""
    known = file.cutoff - file.within
    chains = reference.journeys(linked(file), LEVELS)
    if reentry:
        people: dict[str, list[Linked]] = {}
        for chain in chains:
            people.setdefault(chain[0].stay.person, []).extend(chain)
        chains = list(people.values())
    actual = []
    for chain in chains:
        origin = next((one.stay.admit for one in chain if start in (None, one.stay.level)), None)
        if origin is None or origin > known or origin < file.first:
            continue
        states = [reference.state_after(chain, LEVELS, t) for t in range(origin, known + 1)]
        actual.append((chain[0].stay.person, tuple(str(state) for state in states)))
    return actual


@FIXED
@given(files())
@pytest.mark.parametrize("start", [None, "php"])
@pytest.mark.parametrize("reentry", [False, True])
def test_occupation_is_aalen_johansen_over_net_moves(start: str | None, reentry: bool, file: File) -> None:
    moves = file.moves(frame_of(file.apart))
    frame = cf.occupation(moves, start=start, days=DAYS, reentry=reentry, cluster=None).frame
    of = [path for _, path in paths(file, start, reentry=reentry)]
    if not of:
        assert frame["estimate"].isna().all()
        return
    expected = brute.occupation(of, STATES, DAYS, ("died",) if reentry else GONE)
    actual = shares_by_day(frame)
    assert np.allclose(actual, as_known(expected), rtol=0, atol=1e-12, equal_nan=True)
    assert np.allclose(actual.dropna().sum(axis=1), 1, rtol=0, atol=1e-12)
    spent = cf.expected_days(moves, start=start, days=DAYS, reentry=reentry, cluster=None).frame
    assert spent["state"].tolist() == list(STATES)
    if expected[DAYS] is None:
        assert spent["days"].isna().all()
        return
    area = [sum(p[state] for p in expected[:DAYS] if p) for state in STATES]
    assert spent["days"].tolist() == pytest.approx(area, abs=1e-9)
    assert spent["days"].sum() == pytest.approx(DAYS, abs=1e-9)


@FIXED
@given(files())
def test_the_clustered_errors_of_days_are_the_jackknife_of_the_rows(file: File) -> None:
    few = [stay for stay in file.apart if stay.facility < "W10"]
    frame = cf.expected_days(file.moves(frame_of(few)), days=DAYS, cluster="person").frame.set_index("state")
    spent, known = frame["se"], frame["days"].notna()
    rows = [(group(person), path) for person, path in paths(file, None, reentry=False) if person < "W10"]
    for state in ("php", "left care"):

        def days(left: list[Path], state: str = state) -> Fraction | None:
            actual = reference.occupation(left, STATES, DAYS)[:DAYS] if left else []
            return sum((p[state] for p in actual), Fraction(0)) if left else None

        if rows and known[state]:  # unknown where nobody in some state is followed to the horizon
            assert spent[state] == pytest.approx(reference.jackknife(rows, days)[0], abs=1e-9, nan_ok=True)


@FIXED
@given(files())
def test_without_censoring_occupation_is_the_plain_share(file: File) -> None:
    moves = file.moves(frame_of(file.apart))
    of = [path for _, path in paths(file, None, reentry=False)]
    shortest = min((len(path) for path in of), default=0) - 1
    if shortest < 1:
        return
    frame = cf.occupation(moves, days=shortest, cluster=None).frame
    for t, state, estimate in frame[["day", "state", "estimate"]].itertuples(index=False):
        assert estimate == pytest.approx(sum(path[t] == state for path in of) / len(of), abs=1e-12)


@FIXED
@given(files())
def test_shares_stay_between_zero_and_one_with_stays_that_overlap_too(file: File) -> None:
    for reentry in (False, True):
        frame = cf.occupation(file.moves(), days=DAYS, by="facility", reentry=reentry).frame.dropna(subset=["estimate"])
        assert frame["estimate"].between(-1e-12, 1 + 1e-12).all()
        sums = frame.groupby(["facility", "day"], observed=True)["estimate"].sum()
        assert np.allclose(sums, 1, rtol=0, atol=1e-12)
        known = frame.dropna(subset=["low", "high"])
        assert (known["low"] <= known["estimate"] + 1e-12).all()
        assert (known["estimate"] <= known["high"] + 1e-12).all()


@FIXED
@given(files())
def test_pathways_are_the_first_levels_of_each_journey_and_how_it_ended(file: File) -> None:
    moves = file.moves(frame_of(file.apart))
    for steps in (1, 3):
        expected: Counter[Path] = Counter()
        for chain in reference.journeys(linked(file), LEVELS):
            last = chain[-1]
            end = last.outcome
            if end == "open":
                end = "in care"
            elif end != "died" and not reference.followed(last.stay, file.cutoff, file.within):
                end = "not yet known"
            expected[(*(one.stay.level for one in chain), end)[:steps]] += 1
        frame = cf.pathways(moves, steps=steps).frame
        columns = [f"step_{i}" for i in range(1, steps + 1)]
        actual: Counter[Path] = Counter()
        for *path, n in frame[[*columns, "n"]].itertuples(index=False, name=None):
            actual[tuple(str(step) for step in path if isinstance(step, str))] += n
        assert actual == expected
        assert frame["share"].sum() == pytest.approx(1, abs=1e-12)
        assert frame["n"].is_monotonic_decreasing


@FIXED
@given(files())
@pytest.mark.parametrize("start", [None, "iop"])
def test_a_landmark_follows_only_those_in_the_state_on_that_day(start: str | None, file: File) -> None:
    landmark = 7
    frame = cf.occupation(file.moves(frame_of(file.apart)), start=start, landmark=landmark, days=20, cluster=None).frame
    of = [path[landmark:] for _, path in paths(file, None, reentry=False) if len(path) > landmark]
    of = [path for path in of if start in (None, path[0])]
    if not of:
        assert frame["estimate"].isna().all()
        return
    expected = brute.occupation(of, STATES, 20, GONE)
    assert np.allclose(shares_by_day(frame), as_known(expected), rtol=0, atol=1e-12, equal_nan=True)


def test_a_landmark_is_a_day_of_the_journey() -> None:
    moves = File(seed=1, cutoff=120, within=10, start=None).moves()
    with pytest.raises(ArgumentError, match="landmark is a whole number from 0 to 3650"):
        cf.occupation(moves, landmark=-1)
    whole, landmark = (cf.expected_days(moves, days=20, landmark=at, cluster=None).frame for at in (None, 0))
    assert whole["days"].tolist() == landmark["days"].tolist()
