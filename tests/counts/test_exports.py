"""Rows of persons for other tools: they need person_level, and give the same estimates."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from support.drawn import day, linked
from support.strategies import File

import careflow as cf
from careflow.errors import ArgumentError

EXPORTS = ("to_lifelines", "to_mstate", "to_event_log", "to_sequences")
FILE = File(seed=5, cutoff=180, within=20, start=None)
LATE = File(seed=6, cutoff=180, within=20, start=30)

ANA_AND_BOB = """
    person | level       | admit | discharge | reason
    Ana    | residential | 0     | 20        | completed
    Ana    | iop         | 25    | 40        | left early
    Bob    | php         | 10    |           |
    """


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return linked(ANA_AND_BOB, cutoff=100)


@pytest.mark.parametrize("export", EXPORTS)
def test_rows_of_persons_need_person_level(export: str, moves: cf.Transitions) -> None:
    with pytest.raises(ArgumentError, match=rf"{export} returns .* records of people.* say person_level=True"):
        getattr(moves, export)()
    with pytest.raises(ArgumentError, match="person_level=True"):
        getattr(moves, export)(person_level=1)


@pytest.mark.slow
@pytest.mark.parametrize("export", EXPORTS)
def test_people_have_numbers_of_their_own_the_same_in_every_export(export: str) -> None:
    rows = linked(ANA_AND_BOB.replace("Ana", "70001").replace("Bob", "70002"), cutoff=100)
    actual = getattr(rows, export)(person_level=True)
    person = actual.get("person", actual.get("case:person"))
    assert set(person) <= {1, 2}
    assert "7000" not in actual.to_csv()


def test_each_export_says_that_it_has_rows_of_persons() -> None:
    for export in EXPORTS:
        assert "records of people" in (getattr(cf.Transitions, export).__doc__ or "")


def test_a_row_for_lifelines_is_a_stay_with_its_length_and_what_came_next(moves: cf.Transitions) -> None:
    rows = moves.to_lifelines(person_level=True).sort_values("duration")
    assert rows[["level", "entry", "duration", "observed", "next"]].astype(str).values.tolist() == [
        ["iop", "0", "15", "True", "left early"],
        ["residential", "0", "20", "True", "iop"],
        ["php", "0", "90", "False", "in care"],
    ]


@pytest.mark.slow
@pytest.mark.parametrize("file", [FILE, LATE], ids=["all", "late entry"])
def test_rows_for_lifelines_have_the_length_of_stay_curve(file: File) -> None:
    """Their Kaplan-Meier curve is that of length_of_stay."""
    moves = file.moves()
    rows, curves = moves.to_lifelines(person_level=True), cf.length_of_stay(moves, cluster=None).curve
    for level, curve in curves.groupby("level", observed=True):
        of = rows[rows["level"] == level]
        left = 1.0
        for at, at_risk, survival in curve[["day", "at_risk", "survival"]].itertuples(index=False):
            n = int(((of["entry"] <= at) & (of["duration"] >= at)).sum())
            left *= 1 - int(((of["duration"] == at) & of["observed"]).sum()) / n
            assert n == at_risk
            assert survival == pytest.approx(left, abs=1e-12)
    assert len(rows) == moves.episodes.n


def product_integral(rows: pd.DataFrame, start: np.ndarray, days: int) -> np.ndarray:
    """Return where people are on each day, from rows in mstate's long format."""
    size = len(start)
    spells = rows.drop_duplicates(["id", "Tstart"])
    p, path = start / start.sum(), [start / start.sum()]
    for t in range(1, days + 1):
        at_risk = spells[(spells["Tstart"] < t) & (spells["Tstop"] >= t)].groupby("from").size()
        moved = rows[(rows["Tstop"] == t) & (rows["status"] == 1)].groupby(["from", "to"]).size()
        step = np.eye(size)
        for (i, j), n in moved.items():
            step[i - 1, j - 1] += n / at_risk[i]
            step[i - 1, i - 1] -= n / at_risk[i]
        p = p @ step
        path.append(p)
    return np.array(path)


@pytest.mark.slow
@pytest.mark.parametrize("start", [None, "php"])
def test_the_rows_for_mstate_give_the_state_occupation(start: str | None) -> None:
    moves = FILE.moves()
    where = cf.occupation(moves, start=start, days=40, cluster=None).frame
    expected = where.pivot_table(index="day", columns="state", values="estimate", observed=False, dropna=False)
    actual = product_integral(moves.to_mstate(person_level=True, start=start), expected.to_numpy()[0], 40)
    given = expected.notna().to_numpy()  # a state in which nobody is followed is missing
    assert given[:21].all()
    assert np.allclose(actual[given], expected.to_numpy()[given], rtol=0, atol=1e-12)


def test_rows_for_mstate_are_numbered_as_mstate_does(moves: cf.Transitions) -> None:
    rows = moves.to_mstate(person_level=True)
    numbered = rows[["trans", "from", "to"]].drop_duplicates().sort_values("trans")
    assert numbered["trans"].tolist() == list(range(1, len(numbered) + 1))
    assert not numbered.duplicated(["from", "to"]).any()
    assert (rows["time"] == rows["Tstop"] - rows["Tstart"]).all()
    assert (rows.groupby(["id", "Tstart"])["status"].sum() <= 1).all()
    ana = rows[(rows["person"] == rows.loc[rows["from_state"] == "iop", "person"].iloc[0]) & (rows["status"] == 1)]
    steps = ana[["from_state", "to_state", "Tstart", "Tstop"]].astype(str).values.tolist()
    assert steps == [
        ["residential", "between stays", "0", "20"],
        ["between stays", "iop", "20", "25"],
        ["iop", "left care", "25", "40"],
    ]


def test_an_event_log_has_a_start_and_an_end_for_each_stay(moves: cf.Transitions) -> None:
    """A start and a complete for each stay, and an outcome at the end."""
    log = moves.to_event_log(person_level=True)
    ana = log[log["case:concept:name"] == log.loc[log["concept:name"] == "iop", "case:concept:name"].iloc[0]]
    actual = ana[["concept:name", "lifecycle:transition", "time:timestamp"]].itertuples(index=False, name=None)
    assert [(name, life, when.date()) for name, life, when in actual] == [
        ("residential", "start", day(0)),
        ("residential", "complete", day(20)),
        ("iop", "start", day(25)),
        ("iop", "complete", day(40)),
        ("left early", "complete", day(40)),
    ]
    bob = log[log["concept:name"] == "php"]
    assert bob["lifecycle:transition"].tolist() == ["start"]


def test_a_later_journey_is_another_case_of_the_same_person() -> None:
    log = linked(
        "person | level | admit | discharge\nAna | php | 0 | 20\nAna | php | 51 | 60", cutoff=200
    ).to_event_log(person_level=True)
    assert log["case:concept:name"].unique().tolist() == ["1.1", "1.2"]
    assert log["case:person"].unique().tolist() == [1]


@pytest.mark.slow
def test_a_facility_is_the_resource_of_its_events() -> None:
    log = FILE.moves().to_event_log(person_level=True)
    assert set(log["org:resource"]) == {stay.facility for stay in FILE.kept}


def test_a_sequence_has_states_up_to_the_end_of_follow_up(moves: cf.Transitions) -> None:
    rows = moves.to_sequences(person_level=True, days=60, every=20).set_index("day_0")
    ana, bob = rows.loc["residential"], rows.loc["php"]
    assert ana[["day_20", "day_40", "day_60"]].tolist() == ["between stays", "left care", "left care"]
    # Bob is known up to day 70, which is day 60 of his journey.
    assert bob[["day_20", "day_40", "day_60"]].tolist() == ["php", "php", "php"]
    later = moves.to_sequences(person_level=True, days=80, every=40).set_index("day_0").loc["php"]
    assert later["day_40"] == "php"
    assert pd.isna(later["day_80"])


@pytest.mark.slow
def test_without_censoring_sequences_are_the_plain_shares_of_occupation() -> None:
    moves = FILE.moves()
    rows = moves.to_sequences(person_level=True, days=10, every=5)
    where = cf.occupation(moves, days=10, cluster=None).frame
    known = rows[rows["day_10"].notna()]
    assert len(known) < len(rows)
    begun = where[where["day"] == 0].set_index("state")["estimate"]
    shares = rows["day_0"].value_counts(normalize=True, sort=False)
    assert begun.tolist() == pytest.approx(shares.reindex(begun.index).tolist(), abs=1e-12)


@pytest.mark.parametrize(("days", "every"), [(0, 7), (10, 0), (True, 7), (10, 1.5)])
def test_days_of_sequences_are_whole_numbers(days: object, every: object, moves: cf.Transitions) -> None:
    with pytest.raises(ArgumentError, match="is a whole number from 1 to 3650"):
        moves.to_sequences(person_level=True, days=days, every=every)  # type: ignore[arg-type]


def test_records_without_a_known_journey_give_no_rows() -> None:
    moves = linked("person | level | admit\nAna | php | 90", cutoff=date(2024, 4, 10))
    assert moves.to_sequences(person_level=True).empty
    assert moves.to_mstate(person_level=True).empty
    assert len(moves.to_lifelines(person_level=True)) == 1
