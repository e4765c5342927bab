"""The continuum is a networkx graph with all it knows, and costs nothing until asked."""

import io
import json
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError

import networkx as nx
import pytest

from careflow.continuum import Continuum, Level

CARE = Continuum.standard()


def test_nodes_and_edges_carry_what_the_continuum_knows() -> None:
    graph = CARE.graph
    assert isinstance(graph, nx.DiGraph)
    assert list(graph) == list(CARE.names)
    assert graph.nodes["php"]["live_in"] == "sometimes"
    assert graph.nodes["php"]["rank"] == 3
    assert "medication management" in graph.nodes["iop"]["services"]
    assert graph.edges["residential", "php"] == {"direction": "step-down", "basis": "named", "reason": ""}
    assert graph.edges["outpatient", "iop"]["direction"] == "step-up"
    assert graph.edges["iop", "outpatient"]["basis"] == "added"
    assert set(graph.edges) == {(edge.frm, edge.to) for edge in CARE.edges}


def test_each_graph_is_a_fresh_copy() -> None:
    graph = CARE.graph
    graph.remove_node("iop")
    graph.nodes["php"]["rank"] = 99
    assert "iop" in CARE.graph
    assert CARE.graph.nodes["php"]["rank"] == 3


@pytest.mark.parametrize(
    "care", [CARE, Continuum.asam(3), Continuum.asam(4), Continuum.teds()], ids=lambda care: care.name
)
def test_networkx_can_work_on_it_and_write_it(care: Continuum) -> None:
    graph = care.graph
    assert nx.is_strongly_connected(graph)
    assert sum(nx.pagerank(graph).values()) == pytest.approx(1)
    assert len(nx.to_numpy_array(graph)) == len(care)
    nx.write_gexf(graph, io.BytesIO())
    written = io.BytesIO()
    nx.write_graphml(graph, written)
    written.seek(0)
    again = nx.read_graphml(written)
    assert {node: dict(values) for node, values in again.nodes(data=True)} == dict(graph.nodes(data=True))
    json.dumps(nx.node_link_data(graph))


def test_steps_down_have_no_way_back() -> None:
    for care in (CARE, Continuum.asam(3), Continuum.asam(4), Continuum.teds()):
        graph = care.graph
        down = [(a, b) for a, b, direction in graph.edges(data="direction") if direction == "step-down"]
        assert nx.is_directed_acyclic_graph(graph.edge_subgraph(down))


def test_importing_the_package_loads_neither_networkx_nor_pandas() -> None:
    code = (
        "import sys; from careflow.continuum import Continuum; Continuum.standard(); Continuum.asam(4).crosswalk();"
        "print([name for name in ('networkx', 'pandas', 'matplotlib', 'duckdb') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_continuum_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        CARE.name = "mine"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        CARE["php"].short = "Day"  # type: ignore[misc]
    values = CARE.to_dict()
    values["levels"].clear()
    assert len(CARE.to_dict()["levels"]) == 5


def test_a_continuum_can_be_pickled_and_is_a_key() -> None:
    again = pickle.loads(pickle.dumps(CARE))
    assert again == CARE
    assert {CARE: 1}[again] == 1
    assert again.direction("php", "iop") == "step-down"


@pytest.mark.slow
def test_the_repr_is_one_line_of_provenance() -> None:
    for care in (CARE, Continuum.asam(3), Continuum.asam(4), Continuum.teds(), Continuum.of(map(str, range(100)))):
        assert "\n" not in repr(care)
        assert len(repr(care)) < 240
        assert f"{len(care)} levels" in repr(care)
    assert repr(Continuum.asam(4)).endswith("6 pairs of levels not ranked against each other; edges not declared>")
    assert " 98 > 99;" in repr(Continuum.of(map(str, range(100))))


def test_the_html_is_small_and_escaped() -> None:
    care = Continuum.of(["<b>bold</b>", 'x" onload="alert(1)', *map(str, range(60))], name="<i>")
    html = care._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert 'x" onload' not in html
    assert html.count("<tr>") == 21


def test_the_html_tells_services_professionals_hours_and_who_lives_in() -> None:
    html = CARE._repr_html_()
    for part in ("medication management (where needed)", "family therapy", "psychiatrists", "live in", "sometimes"):
        assert part in html
    assert "hours a week" in html
    mixed = Continuum("mixed", [Level("a", rank=1, services=("x",)), Level("b", rank=2, services=("y",))])._repr_html_()
    assert '<th style="text-align:left">services</th>' in mixed
