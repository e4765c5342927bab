"""Notebooks run from top to bottom, and are committed without what they showed."""

import json
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from support.made_up import CUTOFF, made_up

from careflow.cli import main

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STARTERS = sorted((ROOT / "careflow" / "report" / "templates").glob("*.ipynb"))
EVERY = [*NOTEBOOKS, *STARTERS]
TEDS = ROOT / ".." / "shared" / "data" / "tedsd_2023_sample1000.csv"
SERVICES = {
    "Detox 24hr Hospital": 1,
    "Detox 24hr Residential": 2,
    "Rehab Hospital": 3,
    "Rehab Short-term (≤30 days)": 4,
    "Rehab Long-term (>30 days)": 5,
    "Intensive Outpatient": 6,
    "Non-intensive Outpatient": 7,
    "Outpatient Detox": 8,
}
REASONS = {
    "Treatment completed": 1,
    "Dropped out": 2,
    "Terminated by facility": 3,
    "Transferred": 4,
    "Incarcerated": 5,
    "Death": 6,
    "Other": 7,
}
SMALLER = {"5_a_million_stays.ipynb": "rows = 30_000"}
"""What a test puts in the place of parameters, as papermill does, so that it is fast."""


def with_parameters(path: Path, values: str) -> nbformat.NotebookNode:
    """Read a notebook, and set values after its cell of parameters as papermill does."""
    notebook = nbformat.read(path, as_version=4)
    place = next(i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(values))
    return notebook


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
    assert not any(
        "image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])
    )
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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_begins_with_a_question_and_ends_with_the_next(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    first, last = notebook.cells[0].source, notebook.cells[-1].source
    assert first.startswith(f"# {path.name[0]} ")
    assert "**The question.**" in first
    answers = [i for i, cell in enumerate(notebook.cells) if cell.source.startswith("## The answer")]
    assert [notebook.cells[i + 1].cell_type for i in answers] == ["code"], "the answer is computed"
    following = next((other for other in NOTEBOOKS if other.name > path.name), None)
    step = last.rpartition("**Next.** ")[2]
    if following is None:
        assert "careflow init FILE" in step
    else:
        title = nbformat.read(following, as_version=4).cells[0].source.partition("\n")[0].lstrip("# ")
        assert step.endswith(f"[{title}]({following.name}).")


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_papermill_finds_the_values_to_change(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0].cell_type == "code"


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_from_top_to_bottom(path: Path) -> None:
    notebook = with_parameters(path, SMALLER.get(path.name, ""))
    run(notebook, path.parent)
    loud = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.get("name") == "stderr"]
    assert loud == []
    shown = pictures(notebook)
    if path.name.startswith(("1_", "2_")):
        assert shown >= 2
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert page.count("<img ") == shown, "every chart stands on the page, and once"


@pytest.mark.slow
def test_the_starter_runs_on_a_file_of_ones_own(tmp_path: Path) -> None:
    made_up().to_csv(tmp_path / "episodes.csv", index=False)
    assert main(["notebook", "quarterly", str(tmp_path)]) == 0
    notebook = with_parameters(tmp_path / "quarterly.ipynb", f'cutoff = "{CUTOFF}"')
    run(notebook, tmp_path)
    assert pictures(notebook) == 4
    assert (tmp_path / "report" / "report.html").exists()


def test_a_starter_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "quarterly.ipynb").write_text("mine")
    assert main(["notebook", "quarterly", str(tmp_path)]) == 1
    assert "not overwritten" in capsys.readouterr().err
    assert (tmp_path / "quarterly.ipynb").read_text() == "mine"


@pytest.mark.slow
@pytest.mark.skipif(not TEDS.exists(), reason="the TEDS-D sample (../shared/data) is not on this machine")
def test_teds_discharges_are_read_by_their_codes(tmp_path: Path) -> None:
    sample = pd.read_csv(TEDS)
    codes = {
        "SERVICES_D": sample["service_type_discharge"].map(SERVICES),
        "REASON": sample["discharge_reason"].map(REASONS),
        "LOS": sample["LOS_code_recovered"].fillna(31).astype(int),
    }
    pd.DataFrame(codes).to_csv(tmp_path / "teds.csv", index=False)
    path = next(path for path in NOTEBOOKS if path.name.startswith("6_"))
    notebook = run(with_parameters(path, f"data = {str(tmp_path / 'teds.csv')!r}"), path.parent)
    shown = " ".join(str(output.get("data", {})) for cell in notebook.cells for output in cell.get("outputs", []))
    assert "1,000 discharges" in shown
    assert "553" in shown
    assert "median_high" in shown


@pytest.mark.slow
def test_without_the_teds_file_the_notebook_says_where_to_get_one() -> None:
    path = next(path for path in NOTEBOOKS if path.name.startswith("6_"))
    notebook = run(with_parameters(path, 'data = "no_such_file.csv"'), path.parent)
    shown = " ".join(str(output.get("data", {})) for cell in notebook.cells for output in cell.get("outputs", []))
    assert "There is no file no_such_file.csv. Get it from datafiles.samhsa.gov" in shown
