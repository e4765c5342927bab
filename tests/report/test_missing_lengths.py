"""A missing median or mean says why it is missing."""

import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from support.made_up import linked

import careflow as cf
from careflow.report import mask, write_report
from careflow.report.content.content import content
from careflow.report.content.estimates import EVENT_TABLES
from careflow.report.content.missing_lengths import missing_lengths

pytestmark = pytest.mark.slow

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FIRST = date(2024, 1, 1)


def stays() -> pd.DataFrame:
    """Of each level 30 stays end on day 10 of the first quarter, and the others last through the year.

    PHP: 40 others, all admitted on the first day, so that 40 are followed for 90 days. IOP: 40 others, each admitted on
    another day, so that one is followed for 90 days. Residential: 20 others; 30 of 50 have left on day 10.
    """
    rows: list[tuple[str, date, date | None]] = []
    for level, others, apart in (("php", 40, 0), ("iop", 40, 1), ("residential", 20, 0)):
        rows += [(level, FIRST, FIRST + timedelta(days=10))] * 30
        rows += [(level, FIRST + timedelta(days=one * apart), None) for one in range(others)]
    frame = pd.DataFrame(rows, columns=["level", "admit_date", "discharge_date"])
    reason = np.where(frame["discharge_date"].isna(), None, "completed")
    return frame.assign(person_id=[f"P{i}" for i in range(len(frame))], discharge_reason=reason)


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return linked(stays())


PHP = "not reached: followed for 90 days only"
IOP = "not known: not followed for 365 days"


def test_a_missing_median_says_how_long_the_stays_were_followed(moves):
    result = mask(cf.length_of_stay(moves, by="quarter"))
    first = result.frame["quarter"].eq("2024Q1").to_numpy()
    found = missing_lengths(result).set_index(result.frame["level"].astype(str))[first]
    assert found.loc["php"].tolist() == [PHP, "followed for 90 days only"]
    assert found.loc["iop"].tolist() == [IOP, "not followed for 365 days"], "one stay tells no last day"
    assert found.loc["residential"].tolist() == ["", "followed for 90 days only"]
    assert found.loc["inpatient"].tolist() == ["", ""], "no stay, no question"


def test_not_reached_alone_is_a_median_of_a_curve_followed_to_the_horizon(moves):
    result = mask(cf.length_of_stay(moves, by="quarter", horizon=60))
    row = result.frame["quarter"].eq("2024Q1") & result.frame["level"].eq("php")
    assert missing_lengths(result)[row.to_numpy()].values.tolist() == [["not reached", ""]]
    # 70 of 70 for 10 days, then 40 of 70 for 50.
    assert result.frame.loc[row, "rmean"].item() == pytest.approx(10 + 50 * 40 / 70)


def test_a_release_calls_hidden_what_rests_on_few_stays(moves):
    rows = [
        (60, 40, np.nan, np.nan),  # 20 have ended: the median may be shown, and is not known
        (40, 30, np.nan, np.nan),  # 10 have ended: no median, whatever it is
        (40, np.nan, np.nan, np.nan),  # how many are open is hidden: 44 are needed
        (60, np.nan, 12.0, np.nan),
        (20, np.nan, np.nan, np.nan),
        (10, np.nan, np.nan, np.nan),  # 11 are needed for a mean
        (0, 0, np.nan, np.nan),
    ]
    frame = pd.DataFrame(rows, columns=["n", "open", "median", "rmean"]).assign(known_to=np.nan, hidden=False)
    result = replace(cf.length_of_stay(moves), frame=frame)
    limit = "not followed for 365 days"
    assert missing_lengths(result, 11).values.tolist() == [
        [IOP, limit],
        ["hidden", limit],
        ["hidden", limit],
        ["", limit],
        ["hidden", limit],
        ["hidden", "hidden"],
        ["", ""],
    ]
    assert missing_lengths(replace(result, frame=frame.assign(hidden=True)), 11).eq("").all(axis=None)


def test_the_last_day_followed_is_kept_only_where_many_reached_it(moves):
    frame = mask(cf.length_of_stay(moves, by="quarter")).frame
    frame = frame[frame["quarter"].eq("2024Q1")].set_index("level")
    assert frame["known_to"].dropna().to_dict() == {"php": 90, "residential": 90}


@pytest.fixture(scope="module")
def report(moves: cf.Transitions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("xlsxwriter")
    pytest.importorskip("pptx")
    out = tmp_path_factory.mktemp("missing") / "out"
    write_report(moves, out, quarter="2024Q1", formats=["html", "xlsx", "pptx"])
    return out


def test_the_page_says_why_a_median_is_missing(report):
    page = (report / "report.html").read_text("utf-8")
    assert '<span class="v">not reached</span> <span class="b">followed for 90 days only</span>' in page
    assert '<span class="v">not known</span> <span class="b">not followed for 365 days</span>' in page


def test_the_workbook_says_why_a_median_and_a_mean_are_missing(report):
    with zipfile.ZipFile(report / "report.xlsx") as book:
        parts = {name: ElementTree.fromstring(book.read(name)) for name in book.namelist() if name.endswith(".xml")}
    strings = [text.text for text in parts["xl/sharedStrings.xml"].iter(f"{SHEET}t")]
    names = [sheet.get("name") for sheet in parts["xl/workbook.xml"].iter(f"{SHEET}sheet")]
    sheet = parts[f"xl/worksheets/sheet{names.index('Lengths of stay') + 1}.xml"]
    rows = [
        {cell.get("r").rstrip("0123456789"): strings[int(cell[0].text)] for cell in row if cell.get("t") == "s"}
        for row in sheet.iter(f"{SHEET}row")
    ]
    column = {name: letter for letter, name in rows[1].items()}
    php = next(row for row in rows if row.get(column["quarter"]) == "2024Q1" and row[column["level"]] == "php")
    assert (php[column["median"]], php[column["rmean"]]) == (PHP, "followed for 90 days only")


def test_the_slides_say_why_a_median_is_missing(report):
    pptx = pytest.importorskip("pptx")
    deck = pptx.Presentation(str(report / "report.pptx"))
    tables = [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]
    texts = {" ".join(cell.text_frame.text.split()) for table in tables for cell in table.iter_cells()}
    assert {PHP.replace(":", ""), IOP.replace(":", "")} <= texts


def test_the_pdf_says_why_a_median_is_missing(moves, monkeypatch):
    pytest.importorskip("fpdf")
    from careflow.report.formats import pdf

    printed: list[str] = []
    plain = pdf._printed
    monkeypatch.setattr(pdf, "_printed", lambda cell: printed.append(plain(cell)) or plain(cell))
    counts = moves.counts(by="quarter", clocks=EVENT_TABLES)
    pdf.document(content(counts, quarter="2024Q1", title=None, source=None, findings=None), ())
    assert {PHP.replace(": ", "\n"), IOP.replace(": ", "\n")} <= set(printed)
