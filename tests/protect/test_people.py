"""Many moves of few people: a count is small when fewer than 11 people are behind it, whatever it counts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import audit, protect

BUSY = 3
"""So many people come and go all the time."""


@pytest.fixture(scope="module")
def episodes():
    """Return stays of 600 made-up people, and of a few who go from inpatient to PHP and back the whole year."""
    rows = []
    for person in range(600):
        day = person % 300
        rows += [(person, "residential", day, day + 9), (person, "iop", day + 12, day + 30)]
    for person in range(BUSY):
        for turn in range(25):
            day = 3 + 14 * turn
            rows += [(1000 + person, "inpatient", day, day + 5), (1000 + person, "php", day + 6, day + 12)]
    frame = pd.DataFrame(rows, columns=["person_id", "level", "admit", "discharge"])
    frame["discharge_reason"] = "completed"
    frame["payer"] = np.where(np.arange(len(frame)) % 2, "x", "y")
    for name in ("admit", "discharge"):
        days = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame.pop(name), unit="D")
        frame[f"{name}_date"] = days.dt.strftime("%Y-%m-%d")
    return cf.read_episodes(frame, cf.Continuum.standard(), cutoff="2025-02-28")


@pytest.fixture(scope="module")
def few(episodes):
    return cf.link(episodes, within=10)


def of_few(frame, counts):
    """Return the counts of the levels at which only the few are."""
    key = next(name for name in ("from", "level", "step_1") if name in frame)
    return frame.loc[frame[key].astype(str).isin(["inpatient", "php"]), list(counts)]


CASES = {
    "rates": (lambda moves: cf.transition_rates(moves), ("n", "of")),
    "incidence": (lambda moves: cf.transition_rates(moves, method="incidence"), ("n", "of")),
    "comparison": (
        lambda moves: cf.transition_rates(moves, by="payer").compare(payer=("x", "y")),
        ("n_1", "of_1", "n_2", "of_2"),
    ),
    "stays": (lambda moves: cf.length_of_stay(moves), ("n", "open")),
    "census": (lambda moves: cf.census(moves, by="year"), ("opening", "admitted", "discharged", "closing")),
    "readmissions": (lambda moves: cf.readmissions(moves), ("n", "of")),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
def test_a_count_of_many_stays_of_few_people_is_hidden(few, kind) -> None:
    made, counts = CASES[kind]
    given = made(few)
    truth = of_few(given.frame, counts)
    assert (truth >= 11).any(axis=None), "there must be something that looks large"
    safe = protect(given)
    shown = of_few(safe[0].frame, counts)
    assert not (shown > 0).any(axis=None)
    assert safe.proof.check().ok
    assert audit(safe).ok
    assert "Distinct people" not in safe.statement
    assert safe[0].contributors is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
def test_without_knowing_the_people_it_would_be_shown(few, kind) -> None:
    made, counts = CASES[kind]
    given = made(few)
    blind = replace(
        given, contributors=None, **({"direction_contributors": None} if kind in ("rates", "incidence") else {})
    )
    safe = protect(blind)
    assert (of_few(safe[0].frame, counts) > 0).any(axis=None)
    assert "Distinct people behind the counts are not known" in safe.statement


@pytest.mark.slow
def test_a_test_between_groups_of_few_people_is_hidden(few) -> None:
    safe = protect(cf.logrank_test(few, by="payer"))
    rows = safe[0].groups[safe[0].groups["level"].isin(["inpatient", "php"])]
    assert not (rows[["n", "observed"]] > 0).any(axis=None)
    assert safe[0].frame.set_index("level").loc[["inpatient", "php"], "hidden"].all()


@pytest.mark.slow
def test_a_census_of_many_people_is_shown(few) -> None:
    frame = protect(cf.census(few, by="quarter"))[0].frame.set_index(["quarter", "level"])
    flows = frame.loc[("2024Q2", "residential"), ["opening", "admitted", "discharged", "closing"]].tolist()
    assert min(flows) > 11
    assert frame.loc[("2024Q2", "inpatient"), ["admitted", "discharged"]].isna().all()


def test_people_behind_a_count_are_never_more_than_there_are(moves) -> None:
    tests = cf.gray_test(moves, "php", by="payer"), cf.logrank_test(moves, by="payer")
    for given in (cf.length_of_stay(moves), cf.census(moves), cf.readmissions(moves), *tests):
        people, frame = given.contributors, getattr(given, "groups", given.frame)
        assert len(people) == len(frame)
        for name in [name for name in people.columns if name in frame]:
            counts, behind = frame[name].to_numpy(), people[name].to_numpy()
            assert (behind <= counts).all(), (type(given).__name__, name)
            assert ((behind > 0) == (counts > 0)).all()
            assert behind.max() <= 100


def test_many_journeys_of_few_people_are_hidden(episodes) -> None:
    """Each turn is a journey of its own; 75 of them are of three people."""
    paths = cf.pathways(cf.link(episodes, within=1), steps=2)
    assert of_few(paths.frame, ["n"]).max().item() == 25 * BUSY
    for given in (paths, paths.gathered()):
        safe = protect(given)
        assert not (of_few(safe[0].frame, ["n"]) > 0).any(axis=None)
        assert audit(safe).ok
        assert "Distinct people" not in safe.statement
        assert safe[0].contributors is None
    blind = protect(replace(paths, contributors=None))
    assert of_few(blind[0].frame, ["n"]).max().item() == 25 * BUSY


def test_a_release_of_counts_without_people_says_that_they_are_not_known(few) -> None:
    safe = protect([cf.transition_rates(few), cf.pathways(few.counts(clocks="paths:2"), steps=2)])
    assert "Distinct people are not known for every count" in safe.statement


def test_curves_and_shares_without_counts_rest_on_people_enough(few) -> None:
    """Occupation shows no count; a stratum of fewer than 11 people is hidden however many journeys they make."""
    frame = protect(cf.occupation(few, days=30))[0].frame
    assert not frame["hidden"].any()
    started = cf.occupation(few, start="inpatient", days=30).started
    assert int(started["persons"].iloc[0]) <= BUSY


def test_people_by_labels_beside_all_people_are_refused(moves, tmp_path) -> None:
    """Where each has one payer, all people less those of the shown payers are those of the hidden one."""
    protect(cf.persons_served(moves, by="quarter"), ledger=tmp_path)
    protect(cf.persons_served(moves, by="year"), ledger=tmp_path)
    with pytest.raises(DisclosureError, match="people by no stratum and payer can be subtracted"):
        protect(cf.persons_served(moves, by=["quarter", "payer"]), ledger=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_hidden_people_may_all_be_11(seed) -> None:
    """A part is at most the whole, and the whole at most the sum of its parts, with 11 in each hidden place as well."""
    moves = cf.link(cf.read_episodes(cf.simulate.simulate(40, seed=seed), cutoff="2025-12-31", progress=False))
    safe = protect([cf.persons_served(moves, by=unit) for unit in ("quarter", "year")])
    frames = [result.frame.fillna({"persons": 11}) for result in safe]
    assert sum(int(frame["hidden"].sum()) for frame in frames) > 20
    years = frames[0].assign(year=frames[0]["quarter"].astype(str).str[:4]).groupby(["year", "level"], observed=True)
    of_year = frames[1].assign(year=frames[1]["year"].astype(str)).set_index(["year", "level"])["persons"]
    assert (years["persons"].max() <= of_year).all()
    assert (of_year <= years["persons"].sum()).all()
    for frame, unit in zip(frames, ("quarter", "year"), strict=True):
        level = frame[frame["level"] != "any"].groupby(unit, observed=True)["persons"]
        anywhere = frame[frame["level"] == "any"].set_index(unit)["persons"]
        assert (level.max() <= anywhere).all()
        assert (anywhere <= level.sum()).all()


def test_the_statement_tells_of_earlier_counts_without_known_people(moves, tmp_path) -> None:
    unknown = replace(cf.transition_rates(moves), contributors=None, direction_contributors=None)
    protect(unknown, ledger=tmp_path)
    for result in (cf.transition_rates(moves, by="year"), cf.census(moves, by="year")):
        assert "Distinct people" not in protect(result).statement
        assert "Distinct people are not known for every count" in protect(result, ledger=tmp_path).statement
