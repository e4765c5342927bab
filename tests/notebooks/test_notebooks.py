"""Notebooks run from top to bottom, and are committed without what they showed."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STARTERS = sorted((ROOT / "careflow" / "report" / "templates").glob("*.ipynb"))
EVERY = [*NOTEBOOKS, *STARTERS]


def run(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Run a copy of a notebook where it lies; a cell that fails raises."""
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    return client.execute()


def pictures(notebook: nbformat.NotebookNode) -> int:
    """Count the pictures shown, and insist that each comes with words for who cannot see it."""
    shown = [
        output["data"].get("text/html", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output
    ]
    assert not any("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))
    images = [text for text in shown if "<img " in text]
    assert all('alt="' in text for text in images)
    return len(images)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_a_notebook_is_committed_clean(path: Path) -> None:
    notebook = json.loads(path.read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_a_notebook_is_a_story_with_a_question_an_answer_and_short_cells(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    words = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert words[0].startswith("# ")
    assert any("question" in text for text in words)
    assert any("## The answer" in text for text in words)
    assert len(words) >= len(code) / 2
    assert all(len(source.splitlines()) <= 20 for source in code)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_papermill_finds_the_values_to_change(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0].cell_type == "code"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_from_top_to_bottom(path: Path) -> None:
    notebook = run(nbformat.read(path, as_version=4), path.parent)
    loud = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.get("name") == "stderr"]
    assert loud == []
    if path.name.startswith(("1_", "2_")):
        assert pictures(notebook) >= 2
