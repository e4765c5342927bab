"""The report as a folder: what is in it, and what is not."""

import csv
import json
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from support.made_up import linked, made_up

import careflow as cf
from careflow.errors import ArgumentError, CountsError, DisclosureError
from careflow.report import LABEL, write_report
from careflow.report.content.content import content
from careflow.report.formats.html import document

FORMATS = [
    "html",
    *(name for name, needs in (("xlsx", "xlsxwriter"), ("pptx", "pptx"), ("pdf", "fpdf")) if find_spec(needs)),
]


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def report(plain_report: Path) -> Path:
    return plain_report


@pytest.mark.slow
def test_the_folder_holds_page_charts_tables_and_manifest(report):
    """Each chart twice."""
    found = set(files(report))
    charts = {Path(name).stem for name in found if name.startswith("charts/")}
    of_a_quarter = {"flow_map", "transition_matrix", "length_of_stay"}
    late = {f"{name}_{quarter}" for name in of_a_quarter for quarter in ("2024Q1", "2024Q2", "2024Q4")}
    assert of_a_quarter | late | {"trend_step_down", "trend_left_early", "census", "pathways"} <= charts
    assert {f"charts/{name}.{form}" for name in charts for form in ("svg", "png")} <= found
    tables = {
        *("transitions", "directions", "lengths_of_stay", "changes", "newest", "census", "pathways"),
        *("findings", "definitions"),
    }
    assert found == {
        "report.html",
        *(f"report.{name}" for name in FORMATS if name == "pptx"),
        "careflow-report.json",
        *(f"charts/{name}.{form}" for name in charts for form in ("svg", "png")),
        *(f"tables/{name}.csv" for name in tables),
    }


@pytest.mark.slow
def test_the_quarter_is_the_newest_mature_one_with_discharges(report):
    manifest = json.loads((report / "careflow-report.json").read_text("utf-8"))
    assert manifest["quarter"] == "2024Q3"
    assert manifest["label"] == LABEL


@pytest.mark.slow
def test_a_quarter_that_is_not_there_is_said_with_those_that_are(moves, tmp_path):
    with pytest.raises(ArgumentError, match=r"no quarter '2019Q1' .* 2024Q1 to 2024Q4"):
        write_report(moves, tmp_path / "out", quarter="2019Q1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_every_picture_says_that_it_is_internal(report):
    for path in report.glob("charts/*.svg"):
        assert b"<desc" in path.read_bytes()
    page = (report / "report.html").read_text("utf-8")
    assert page.count(LABEL) >= 3


@pytest.mark.slow
def test_the_same_report_is_written_from_counts_and_byte_for_byte_again(moves, counts, report, tmp_path):
    formats = [name for name in FORMATS if name in ("html", "pptx")]
    write_report(counts, tmp_path / "out", source="made up", findings=moves.episodes.findings, formats=formats)
    assert files(tmp_path / "out") == files(report)


@pytest.mark.slow
def test_a_section_without_its_tables_is_left_out(moves):
    """A report of counts that lack these tables is written without it."""
    said = content(
        moves.counts(by="quarter", clocks=("discharge", "stay")), quarter=None, title=None, source=None, findings=None
    )
    assert (said.census, said.paths, said.pathways) == (None, None, None)
    assert not {"newest", "census", "pathways"} & {table.name for table in said.tables}
    page = document(said, ())
    assert b"Pathways" not in page
    assert b"All discharges" not in page


@pytest.mark.slow
def test_a_report_of_counts_does_not_know_what_the_checks_found(counts):
    said = content(counts, quarter=None, title=None, source=None, findings=None)
    assert "findings" not in {table.name for table in said.tables}
    assert b"stayed where the records are" in document(said, ())


@pytest.mark.slow
def test_no_byte_of_the_report_depends_on_how_a_hidden_sum_is_made_up(tmp_path):
    """Terminated and incarcerated are hidden, 16 of them together: 3 and 13 must read as 5 and 11 or 1 and 15 do.

    In the year they are as many as they were, because a year's number is no small one.
    """
    one = made_up()
    two = one.copy()
    quarter = pd.to_datetime(two["discharge_date"]).dt.quarter
    for old, new, when in (("incarcerated", "terminated", 1), ("terminated", "incarcerated", 2)):
        few = two.index[(one["discharge_reason"] == old) & (quarter == when)][:2]
        two.loc[few, "discharge_reason"] = new
    for name, stays in (("one", one), ("two", two)):
        write_report(linked(stays), tmp_path / name, source="made up", formats=FORMATS)
    assert files(tmp_path / "one") == files(tmp_path / "two")


@pytest.mark.slow
def test_hidden_cells_are_empty_in_the_tables(report):
    with (report / "tables" / "transitions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    hidden = [row for row in rows if row["hidden"] == "true"]
    assert hidden
    assert all(row["n"] == row["rate"] == row["se"] == row["low"] == row["high"] == "" for row in hidden)
    assert not [row for row in rows if row["n"] and 0 < float(row["n"]) < 11]


@pytest.mark.slow
def test_counts_that_are_not_by_quarter_are_refused(moves, tmp_path):
    with pytest.raises(CountsError, match="counts by quarter"):
        write_report(moves.counts(), tmp_path / "out")


@pytest.mark.slow
def test_a_handful_of_people_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(DisclosureError, match="fewer than 11"):
        write_report(linked(made_up({("php", "completed"): 3})), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_anything_else_is_refused_by_name(tmp_path):
    with pytest.raises(ArgumentError, match="given dict"):
        write_report({}, tmp_path / "out")


@pytest.mark.slow
def test_a_fiscal_year_names_its_own_quarters(moves):
    counts = moves.counts(by="quarter", clocks=("discharge", "stay"), calendar=cf.Calendar(fiscal_start=7))
    said = content(counts, quarter=None, title=None, source=None, findings=None)
    assert said.quarter == "FY2025Q1"
    assert ("The year begins in month", "7") in said.facts


@pytest.mark.slow
def test_another_calendar_than_that_of_the_counts_is_refused(counts, tmp_path):
    with pytest.raises(ArgumentError, match="another calendar"):
        write_report(counts, tmp_path / "out", calendar=cf.Calendar(fiscal_start=7))
