"""Rates as a matrix and as a graph."""

import numpy as np
import pytest
from support.drawn import linked
from support.made_up import CELLS, CUTOFF, made_up
from support.small_tables import small_tables

import careflow as cf
from careflow.errors import ArgumentError


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    stays = made_up()
    stays["payer"] = np.where(stays["person_id"].str[1:].astype(int) % 3 == 0, "private", "medicaid")
    return cf.link(cf.read_episodes(stays, cutoff=CUTOFF))


@pytest.mark.slow
def test_a_matrix_is_from_by_to_and_a_graph_has_the_moves_that_occurred(moves: cf.Transitions) -> None:
    rates = cf.transition_rates(moves, by="quarter")
    n, share = rates.matrix("2024Q1", value="n"), rates.matrix("2024Q1")
    assert n.index.tolist() == list(moves.episodes.continuum.names)
    assert {(frm, to): n.loc[frm, to] for frm, to in CELLS} == CELLS
    assert share.loc["php", "iop"] == pytest.approx(30 / 71)
    graph, every = rates.graph("2024Q1"), rates.graph("2024Q1", unused=True)
    assert set(graph.edges) == {key for key in CELLS if key[1] in n.index}, "what happened, and nothing else"
    assert graph.edges["php", "iop"]["n"] == 30
    assert graph.edges["php", "iop"]["direction"] == "step-down"
    assert every.edges["inpatient", "residential"]["n"] == 0
    assert set(every.edges) == set(graph.edges) | set(rates.continuum.graph.edges)
    assert graph.nodes["php"]["discharges"] == 71
    assert not graph.has_edge("php", "php")
    left = {name: graph.nodes["php"][name] for name in ("left_care", "left_early", "left_early_rate", "died")}
    assert left["left_care"] + left["died"] + sum(of["n"] for _, _, of in graph.out_edges("php", data=True)) == 71
    assert left["left_early_rate"] == left["left_early"] / 71
    places = {(of["x"], of["y"]) for _, of in graph.nodes(data=True)}
    assert len(places) == len(graph), "each level has a place of its own"


@pytest.mark.slow
@pytest.mark.parametrize("by", [(), ("quarter",), ("facility",)])
def test_nodes_of_the_graph_hold_the_people_served_there(by: tuple[str, ...]) -> None:
    moves = small_tables(0).linked_moves
    rates, served = cf.transition_rates(moves, by=by, cluster=None), cf.persons_served(moves, by=by).frame
    for label in served[by[0]].astype(str).unique() if by else [None]:
        rows = served if label is None else served[served[by[0]].astype(str) == label]
        graph = rates.graph(**({by[0]: label} if by else {}))
        people = dict(zip(rows["level"].astype(str), rows["persons"], strict=True))
        assert {name: people[name] for name in graph} == {name: of["people"] for name, of in graph.nodes(data=True)}
    assert served["persons"].max() > 1
    from_counts = cf.transition_rates(moves.counts(by=by), by=by, cluster=None)
    graph = from_counts.graph(**({by[0]: label} if by else {}))
    assert not any("people" in of for _, of in graph.nodes(data=True)), "counts hold no persons"


@pytest.mark.slow
def test_a_move_outside_the_continuum_is_in_the_graph() -> None:
    """One that nobody made is not."""
    moves = linked(
        "person | level | admit | discharge\nA | outpatient | 0 | 10\nA | inpatient | 12 | 20\nB | php | 0 | 9",
        cutoff=90,
    )
    rates = cf.transition_rates(moves)
    off = [(a, b) for a in rates.continuum.names for b in rates.continuum.names if not rates.continuum.has_edge(a, b)]
    assert [(a, b) for a, b in off if rates.graph().has_edge(a, b)] == [
        (a, b) for a, b in off if (a, b) == ("outpatient", "inpatient")
    ]
    assert rates.graph().edges["outpatient", "inpatient"]["n"] == 1


def test_margins_are_the_arrivals_and_the_discharges_of_each_level() -> None:
    rates = cf.transition_rates(small_tables(0).linked_moves, by="facility", cluster=None)
    rows = rates.at(facility="T01")
    for value in ("rate", "n"):
        table = rates.matrix(facility="T01", value=value, margins=True)
        plain = rates.matrix(facility="T01", value=value)
        assert np.array_equal(table.iloc[:-1, :-1].to_numpy(), plain.to_numpy(dtype=float), equal_nan=True)
        assert table.loc["arrivals"].drop("of").to_dict() == rows.groupby(rows["to"].astype(str))["n"].sum().to_dict()
        assert table["of"].drop("arrivals").to_dict() == dict(zip(rows["from"].astype(str), rows["of"], strict=True))
    with pytest.raises(ArgumentError, match="margins"):
        rates.matrix(facility="T01", margins="yes")  # type: ignore[arg-type]


def test_a_rate_of_fewer_than_five_discharges_is_thin() -> None:
    rates = cf.transition_rates(small_tables(0).linked_moves, by="facility")
    for frame in (rates.frame, rates.directions):
        assert frame["thin"].equals(frame["of"] < 5)
        assert 0 < frame["thin"].mean() < 1


def test_a_release_says_of_no_rate_that_it_is_thin() -> None:
    rates = cf.transition_rates(small_tables(0).linked_moves)
    for mode in ("suppress", "round"):
        released = cf.protect(rates, mode=mode)[0]  # type: ignore[arg-type]
        assert not released.frame["thin"].any()
        assert not released.directions["thin"].any()
