"""Levels passed over, and moves along and off the edges of the continuum."""

from __future__ import annotations

import pandas as pd
import pytest
from support.drawn import linked
from support.small_tables import SmallTables, small_tables
from support.strategies import LEVELS

import careflow as cf

MOVES = """
    person | level       | admit | discharge | reason
    Ana    | residential | 0     | 30        | completed
    Ana    | outpatient  | 31    | 50        | completed
    Ana    | inpatient   | 52    | 60        | completed
    Ben    | php         | 0     | 10        | completed
    Ben    | php         | 12    | 20        | completed
    Ben    | outpatient  | 20    | 90        | completed
    """


@pytest.fixture(scope="module", params=[0, 1, 2])
def tables(request: pytest.FixtureRequest) -> SmallTables:
    return small_tables(request.param)


def row(frame: pd.DataFrame, frm: str, to: str) -> list[object]:
    """Return n, the number of levels passed over and the edge; -1 and - if missing."""
    one = frame[(frame["from"] == frm) & (frame["to"] == to)].fillna({"passed": -1, "edge": "-"}).iloc[0]
    return [one["n"], one["passed"], one["edge"]]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
def test_a_rate_says_what_it_passes_over_and_which_edge_it_is(method: str) -> None:
    frame = cf.transition_rates(linked(MOVES, cutoff=200), method=method, cluster=None).frame  # type: ignore[arg-type]
    assert row(frame, "residential", "outpatient") == [1, 2, "off the continuum"]
    assert row(frame, "outpatient", "inpatient") == [1, 3, "added"]
    assert row(frame, "php", "outpatient") == [1, 1, "added"]
    assert row(frame, "residential", "php") == [0, 0, "named"]
    assert row(frame, "php", "php") == [1, 0, "-"]
    assert row(frame, "php", "left care") == [0, -1, "-"]


def test_rows_put_together_say_only_what_all_their_moves_share() -> None:
    rates = cf.transition_rates(linked(MOVES, cutoff=200), frm="residential", to={"day": ["php", "iop"], "last": "op"})
    assert rates.frame["edge"].tolist() == ["named", "off the continuum"]
    assert rates.frame["passed"].fillna(-1).tolist() == [-1, 2]


def test_every_rate_has_the_edge_of_the_definition(tables: SmallTables) -> None:
    frame = cf.transition_rates(tables.linked_moves, cluster=None).frame
    edges = {(edge.frm, edge.to): edge.basis for edge in cf.Continuum.standard().edges}
    for one in frame[frame["to"].isin(LEVELS)].itertuples():
        frm, to = str(one[1]), str(one.to)
        assert (None if pd.isna(one.edge) else one.edge) == (
            None if frm == to else edges.get((frm, to), "off the continuum")
        )
        assert one.passed == max(0, abs(LEVELS.index(frm) - LEVELS.index(to)) - 1)


def test_the_finding_counts_the_moves_off_the_continuum(tables: SmallTables) -> None:
    moves = tables.linked_moves
    edges = {(edge.frm, edge.to) for edge in cf.Continuum.standard().edges}
    pairs = [(one.stay.level, one.outcome) for linked in tables.tables.values() for one in linked]
    off = sum(a != b and b in LEVELS and (a, b) not in edges for a, b in pairs)
    lines = moves.findings[moves.findings["check"].str.startswith("L01")]
    assert off > 0
    assert lines["n"].tolist() == [off]
    assert len(moves.findings) == len(moves.episodes.findings) + 1


def test_levels_without_edges_of_their_own_have_none_off() -> None:
    care = cf.Continuum.of(["inpatient", "residential", "php", "iop", "outpatient"])
    moves = linked(MOVES, cutoff=200, continuum=care)
    assert moves.findings.equals(moves.episodes.findings)


def test_levels_that_cannot_be_compared_pass_over_none() -> None:
    asam = cf.Continuum.asam(edition=4)
    assert asam.passed("2.7", "3.1") == ()
    assert set(asam.passed("3.7", "1.5")) == {
        name for name in asam.names if asam.direction("3.7", name) == asam.direction(name, "1.5") == "step-down"
    }
