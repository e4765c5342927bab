"""The sections of the report on measures: their tables and pictures, in every format, and what is refused."""

from pathlib import Path

import pandas as pd
import pytest
from support.made_up import linked, made_up

import careflow as cf
from careflow.errors import CountsError, DisclosureError, MeasureError
from careflow.report import write_report
from careflow.report.content.content import Content, content
from careflow.report.content.estimates import EVENT_TABLES
from careflow.report.content.figures import plans

NAMES = ("va-residential-follow-up", "average-residential-stay", "persons-by-level", "continuity-inpatient-residential")
PICTURES = [f"measure_{NAMES[0]}_7", f"measure_{NAMES[0]}_30", f"measure_{NAMES[3]}_7", f"measure_{NAMES[3]}_14"]
ASKED = tuple(cf.Measure.load(name) for name in NAMES)


@pytest.fixture(scope="module")
def told() -> Content:
    counts = linked(made_up()).counts(by="quarter", clocks=(*EVENT_TABLES, *ASKED))
    return content(counts, quarter=None, title=None, source=None, findings=None, mode="full", measures=ASKED)


def texts(told: Content, section: int, grid: int) -> list[list[str]]:
    return [[cell.text for cell in row] for row in told.measured[section].grids[grid].rows]


@pytest.mark.slow
def test_a_follow_up_has_its_share_of_each_window_quarter_by_quarter(told):
    """Of 175 residential discharges a quarter, 84 went to PHP or IOP within 2 days: 48%."""
    assert told.measured[0].grids[0].head == (
        *("Quarter", "Discharges, 7 days", "Within 7 days", "Discharges, 30 days", "Within 30 days"),
    )
    rows = texts(told, 0, 0)
    assert rows[:3] == [[f"2024\u00a0Q{n}", "175", "48%", "175", "48%"] for n in (1, 2, 3)]


@pytest.mark.slow
def test_a_follow_up_of_several_levels_has_a_table_of_the_quarter(told):
    """Nobody was in inpatient care."""
    rows = {row[0]: row[1:3] for row in texts(told, 3, 0)}
    assert rows["Residential"] == ["175", "48%"]
    assert rows["All levels"] == ["175", "48%"]


def test_a_mean_stay_is_told_of_each_quarter_with_its_interval(told):
    """The stays of a cell of n people last 3 + (7 i mod 23) days, i from 0 to n - 1."""
    cells = (60, 24, 40, 35, 3, 13)
    mean = sum(3 + (7 * i) % 23 for n in cells for i in range(n)) / sum(cells)
    assert [row[1] for row in texts(told, 1, 0)][:3] == [f"{mean:.1f} days"] * 3


def test_a_section_says_its_rule_its_source_and_what_differs(told):
    section = told.measured[2]
    assert "modelled on 1115 demonstrations on substance use, metrics 8 to 11 (numbers unverified)" in section.rule
    assert section.facts[0].startswith(
        "Source: https://omb.report/icr/202401-0938-016/doc/139326501 (of the workbook only"
    )
    assert section.facts[1] == (
        "It differs from its source: stays, not visits or claims and no diagnosis, age or enrolment."
    )


def test_each_window_of_a_follow_up_has_a_picture_and_each_measure_a_file(told):
    names = [plan.name for plan in plans(told) if plan.name.startswith("measure_")]
    assert names == PICTURES
    assert [table.name for table in told.tables][-5:] == [*(f"measure_{name}" for name in NAMES), "definitions"]


def person_level() -> cf.Measure:
    asked = ASKED[3].to_dict()
    return cf.Measure.from_dict({**asked, "denominator": {**asked["denominator"], "unit": "person"}})


def test_what_no_release_can_have_is_refused_before_anything_is_counted(tmp_path):
    moves = linked(made_up())
    for measures, words in (
        ((NAMES[0], NAMES[3]), "takes one follow-up measure, and va-residential-follow-up and continuity-"),
        (person_level(), "counts people, who do not add up"),
        (NAMES[2], "counts people, who do not add up"),
    ):
        with pytest.raises(DisclosureError, match=words):
            write_report(moves, tmp_path / "out", ledger=tmp_path / "ledger", measures=measures)
    with pytest.raises(DisclosureError, match=r"link window of 14 days; link within 30 days \(--within 30\)"):
        write_report(cf.link(moves.episodes, within=14), tmp_path / "out", ledger=tmp_path / "l", measures=NAMES[0])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_release_shows_a_measure_as_protected_with_its_other_tables(tmp_path):
    moves = linked(made_up())
    page = write_report(moves, tmp_path / "out", ledger=tmp_path / "l", measures=NAMES[:2])
    table = pd.read_csv(page.parent / "tables" / f"measure_{NAMES[0]}.csv")
    true = cf.measure(moves, NAMES[0], by="quarter").frame
    assert len(table) == len(true)
    assert not table["n"].between(1, 10).any()
    assert not (table["of"] - table["n"]).between(1, 10).any()
    shown = table["hidden"].eq(False)
    assert shown.any()
    assert (table.loc[shown, "n"].to_numpy() == true.loc[shown.to_numpy(), "n"].to_numpy()).all()
    means = pd.read_csv(page.parent / "tables" / f"measure_{NAMES[1]}.csv")
    assert not means["n"].between(1, 10).any()
    assert means["mean"].notna().any()
    html = page.read_text("utf-8")
    assert html.count('<h3 id="measure-') == 2
    assert "within 30 days" in html
    assert {path.stem for path in (page.parent / "charts").glob("measure_*.svg")} == set(PICTURES[:2])


@pytest.mark.slow
def test_a_measure_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    moves = linked(made_up())
    with pytest.raises(MeasureError, match="there are average-residential-stay"):
        write_report(moves, tmp_path / "out", measures=["fui"])
    with pytest.raises(CountsError, match="these counts hold no measure 'va-"):
        write_report(moves.counts(by="quarter"), tmp_path / "out", measures=NAMES[0])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_every_format_has_the_measures_also_beside_facilities(tmp_path):
    openpyxl, pptx = pytest.importorskip("openpyxl"), pytest.importorskip("pptx")
    pytest.importorskip("xlsxwriter"), pytest.importorskip("fpdf")
    stays = made_up()
    moves = linked(stays.assign(payer=stays["person_id"].str[1:].astype(int).mod(2).map({0: "A", 1: "B"})))
    formats = ["html", "xlsx", "pptx", "pdf"]
    page = write_report(moves, tmp_path / "out", by="payer", source="made up", formats=formats, measures=NAMES)
    html, titles = page.read_text("utf-8"), [one.title for one in ASKED]
    assert all(f'<h3 id="measure-{one.name}">{one.title}</h3>' in html for one in ASKED)
    book = openpyxl.load_workbook(page.with_name("report.xlsx"))
    assert sum(name.startswith("Measure ") for name in book.sheetnames) == len(NAMES)
    slides = [one.shapes.title.text_frame.text for one in pptx.Presentation(page.with_name("report.pptx")).slides]
    assert all(any(slide.startswith(title) for slide in slides) for title in titles)
    printed = page.with_name("report.pdf").read_bytes()
    assert all(title.encode("utf-16-be") in printed for title in titles), "among the bookmarks"
    pictures = {path.stem for path in (Path(page).parent / "charts").glob("measure_*.svg")}
    assert pictures == set(PICTURES)
