"""Attrition from the rows of the file to the linked discharges: every step is shown, and the steps add up."""

from __future__ import annotations

import pandas as pd
import pytest
from support.drawn import drawn, linked, next_steps

import careflow as cf
from careflow.errors import ArgumentError
from careflow.simulate import benchmark_data

STAYS = """
    person | level       | admit | discharge | reason
    Ana    | residential | 0     | 30        | completed
    Ana    | php         | 35    | 60        | completed
    Ana    | iop         | 95    | 120       | left early
    Ben    | residential | 10    | 20        | died
    Cy     | outpatient  | 0     | 200       | completed
    Cy     | php         | 20    | 40        | completed
    Dee    | iop         | 150   | 195       | completed
    Dee    | outpatient  | 199   |           |
    Eve    | iop         | 150   | 195       | completed
    Flo    | php         | 170   | 190       | died
    Gus    |             | 170   | 190       | died
    Hal    | iop         | 170   | 160       | completed
"""


def steps(moves: cf.Transitions) -> list[tuple[str, int, int]]:
    return list(moves.attrition.itertuples(index=False, name=None))


def test_every_step_from_the_file_to_the_linked_discharges_is_shown() -> None:
    assert steps(linked(STAYS, cutoff=210)) == [
        ("rows of the file", 12, 12),
        ("set aside: no level (R02)", -1, 11),
        ("set aside: discharged before admitted (R06)", -1, 10),
        ("stays", 10, 10),
        ("open at the cut-off", -1, 9),
        ("followed for fewer than 30 days: not yet known", -2, 7),
        ("followed for fewer than 30 days: moved", -1, 6),
        ("followed for fewer than 30 days: died", -1, 5),
        ("discharges followed for 30 days", 5, 5),
        ("died: nothing follows", -1, 4),
        ("concurrent: another stay goes on", -1, 3),
        ("left care: no admission within 30 days", -2, 1),
        ("linked: moved within 30 days", 1, 1),
    ]


def test_a_longer_window_links_more_and_follows_fewer() -> None:
    actual = {step: n for step, n, _ in steps(linked(STAYS, cutoff=210, within=60))}
    assert actual["discharges followed for 60 days"] == 5
    assert actual["linked: moved within 60 days"] == 2


def add_up(moves: cf.Transitions) -> None:
    """The law of the table: what is left is what was left before, and what the step took or added."""
    table = moves.attrition
    before = 0
    for step, n, left in table.itertuples(index=False, name=None):
        total = step in ("rows of the file", "stays") or step.startswith(("discharges followed", "linked"))
        assert (n == left and (not before or left == before)) if total else left == before + n, step
        before = left
    n = dict(zip(table["step"], table["n"], strict=True))
    assert n["rows of the file"] == moves.episodes.rows_in
    assert n["stays"] == moves.episodes.n
    assert -sum(k for step, k in n.items() if step.startswith("set aside")) == moves.episodes.set_aside
    rates = cf.transition_rates(moves, cluster=None).frame
    of = rates.groupby("from", observed=False)["of"].first().sum()
    assert n[f"discharges followed for {moves.within} days"] == of
    ends = next_steps(moves)
    levels = moves.episodes.continuum.names
    assert n[f"linked: moved within {moves.within} days"] == sum(k for (_, to), k in ends.items() if to in levels)
    for word in ("died", "concurrent"):
        taken = -sum(k for step, k in n.items() if step.startswith(f"{word}: "))
        assert taken == sum(k for (_, to), k in ends.items() if to == word)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    frame = pd.read_parquet(benchmark_data(3_000, tmp_path_factory.mktemp("stays") / "stays.parquet", "text"))
    frame.loc[::50, "level"] = "somewhere"
    table = pd.concat([frame, frame.iloc[::90], drawn(STAYS).astype(object)])
    return table.astype(dict.fromkeys(("admit_date", "discharge_date"), "datetime64[s]"))


@pytest.mark.slow
@pytest.mark.parametrize(("overlaps", "within"), [("flag", 30), ("flag", 0), ("highest", 30), ("latest", 90)])
def test_the_steps_add_up_and_end_at_the_denominators_of_the_rates(
    dirty: pd.DataFrame, overlaps: str, within: int
) -> None:
    episodes = cf.read_episodes(dirty, cutoff="2025-12-31", overlaps=overlaps, accept=["R02", "R03", "R10", "R11"])
    add_up(cf.link(episodes, within=within))


def test_the_summary_line_agrees_with_the_steps() -> None:
    moves = linked(STAYS, cutoff=210)
    assert repr(moves) == (
        "<Transitions: 2 moves within 30 days (2 step-down), 2 left care, 2 died, 1 concurrent; 1 open, "
        "2 not yet known; cut-off 2024-07-29>"
    )


def test_quarters_of_admission_give_no_attrition() -> None:
    table = pd.DataFrame({"person_id": ["a"], "level": ["php"], "admit_date": ["2024Q1"], "nights": ["20"]})
    moves = cf.link(cf.read_episodes(table, cutoff="2024-12-31", date_basis="quarter"))
    with pytest.raises(ArgumentError, match="cannot answer what follows a discharge"):
        _ = moves.attrition
