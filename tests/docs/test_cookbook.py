"""Every recipe of the cookbook runs as it stands, in the order of the page."""

import ast
import itertools
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "cookbook.md"
CELL = re.compile(r"^```\{code-cell\} ipython3\n(.*?)^```$", re.M | re.S)


def recipes() -> dict[str, list[str]]:
    """Return the code cells of the page by the heading above them."""
    sections = re.split(r"^##+ (.*)$", PAGE.read_text("utf-8"), flags=re.M)
    named = {"start": sections[0], **dict(zip(sections[1::2], sections[2::2], strict=True))}
    return {name: CELL.findall(text) for name, text in named.items() if CELL.search(text)}


def run(cell: str, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does, and return what it shows."""
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cookbook>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<cookbook>", "eval"), names) if last else None


@pytest.mark.slow
def test_every_recipe_of_the_cookbook_runs_and_shows_something(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pptx")
    pytest.importorskip("xlsxwriter")
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, cells in recipes().items():
            shown = [run(cell, names) for cell in cells]
            assert name == "start" or "charts.show" in cells[-1] or shown[-1] is not None, name
    # What the page says of the graph is true of it.
    graph, path = names["graph"], names["path"]
    assert path[0] == "residential"
    assert path[-1] == "outpatient"
    assert names["share"] == pytest.approx(_product(graph, path))
    assert all(set(lost) <= set(graph) for lost in names["cut_off"].values())
    assert names["changed"].recoded["n"].tolist() == [1]


def test_the_cookbook_has_a_recipe_for_each_task_of_a_newcomer() -> None:
    words = " ".join(recipes()).lower()
    for task in (
        *("payer", "medians", "bounce-back", "census", "two facilities", "fiscal", "powerpoint and excel"),
        *("own columns", "changed", "colours", "age groups", "networkx"),
    ):
        assert task in words, task


def _product(graph: Any, path: list[str]) -> float:
    product = 1.0
    for edge in itertools.pairwise(path):
        product *= graph.edges[edge]["rate"]
    return product
