"""The same report as a workbook, as slides and as PDF."""

import re
import zipfile
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.made_up import linked, made_up

import careflow as cf
from careflow.errors import ArgumentError
from careflow.office import libraries
from careflow.report import LABEL, write_report
from careflow.report.formats import registry

pytestmark = pytest.mark.slow

pytest.importorskip("xlsxwriter")
pptx = pytest.importorskip("pptx")
pytest.importorskip("fpdf")

CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def report(rough_report: Path) -> Path:
    return rough_report


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.mark.slow
def test_only_the_formats_that_were_asked_for_are_written(plain_report):
    assert {path.name for path in plain_report.glob("report.*")} == {"report.html", "report.pptx"}


def test_the_workbook_runs_nothing_and_links_nowhere(report):
    for name, data in parts(report / "report.xlsx").items():
        if name.startswith("xl/worksheets"):
            assert b"<f>" not in data
            assert b"<hyperlink" not in data
    strings = parts(report / "report.xlsx")["xl/sharedStrings.xml"].decode()
    assert "<t>=1+1</t>" in strings, "in a typed cell a text is a text, whatever it begins with"


def test_numbers_are_numbers_and_hidden_ones_are_blank(report):
    book = parts(report / "report.xlsx")
    names = re.findall(r'<sheet name="([^"]+)"', book["xl/workbook.xml"].decode())
    assert names == [
        "Report",
        "Charts",
        "Transitions",
        "Directions",
        "Lengths of stay",
        "Changes",
        "Newest",
        "Census",
        "Pathways",
        "Findings",
        "Definitions",
    ]
    strings = [t.text for t in ElementTree.fromstring(book["xl/sharedStrings.xml"]).iter(f"{SHEET}t")]
    rows = list(ElementTree.fromstring(book["xl/worksheets/sheet3.xml"]).iter(f"{SHEET}row"))
    head = {strings[int(cell[0].text)]: cell.get("r")[0] for cell in rows[1]}
    hidden = 0
    for row in rows[2:]:
        cells = {cell.get("r")[0]: cell for cell in row}
        n, secret = cells[head["n"]], cells[head["hidden"]]
        assert secret.get("t") == "b"
        if secret[0].text == "1":
            hidden += 1
            assert len(n) == 0
        else:
            assert n.get("t") is None
            assert not 0 < float(n[0].text) < 11
    assert hidden


def test_pictures_in_the_workbook_have_their_description(report):
    drawing = parts(report / "report.xlsx")["xl/drawings/drawing1.xml"].decode()
    found = re.findall(r'descr="([^"]*)"', drawing)
    assert len(found) >= 6
    assert all(len(text) > 60 for text in found)


def test_trends_are_native_charts_and_the_rest_pictures_with_a_description(report):
    deck = pptx.Presentation(str(report / "report.pptx"))
    shapes = [shape for slide in deck.slides for shape in slide.shapes]
    charts = [shape for shape in shapes if shape.has_chart]
    images = [shape for shape in shapes if shape.shape_type == 13]
    assert len(charts) >= 2
    assert len(images) >= 4
    assert all(len(shape._element._nvXxPr.cNvPr.get("descr", "")) > 60 for shape in (*charts, *images))
    assert any(shape.has_table for shape in shapes)


def test_every_slide_has_a_title_and_the_label(report):
    for slide in pptx.Presentation(str(report / "report.pptx")).slides:
        assert slide.shapes.title.text_frame.text
        assert any(LABEL in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def test_a_hidden_rate_is_a_gap_in_a_native_chart(report):
    deck = pptx.Presentation(str(report / "report.pptx"))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    values = [value for chart in charts for series in chart.plots[0].series for value in series.values]
    assert any(value is None for value in values)
    for data in (blob for name, blob in parts(report / "report.pptx").items() if name.endswith(".xlsx")):
        with zipfile.ZipFile(BytesIO(data)) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_the_pdf_speaks_its_language_and_describes_its_pictures(report):
    data = (report / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/Lang (en)" in data
    assert b"/StructTreeRoot" in data
    assert data.count(b"/Alt ") >= 7


@pytest.mark.parametrize(("asked", "told"), [("docx", "no format 'docx'; there are html"), ([], "at least one")])
def test_a_format_that_does_not_exist_is_said(asked, told, tmp_path):
    with pytest.raises(ArgumentError, match=told):
        write_report(linked(made_up()), tmp_path / "out", formats=asked)


def test_a_format_whose_library_is_not_there_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(libraries, "find_spec", lambda name: None)
    with pytest.raises(ArgumentError, match=r"pdf needs fpdf2, .* pip install 'careflow\[office\]'"):
        registry.check_formats("pdf")
    assert registry.check_formats("html") == ("html",)


def test_a_native_chart_shows_the_interval_of_every_rate_that_it_shows(report):
    deck = pptx.Presentation(str(report / "report.pptx"))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    for chart in charts:
        (series,) = chart.plots[0].series
        tags = [child.tag.rpartition("}")[2] for child in series._element]
        assert tags.index("marker") < tags.index("errBars") < tags.index("cat"), "the order that the format asks for"
        bars = series._element.find(f"{{{CHART}}}errBars")
        shown = [place for place, value in enumerate(series.values) if value is not None]
        for side, sign in (("plus", 1), ("minus", -1)):
            points = bars.findall(f"{{{CHART}}}{side}//{{{CHART}}}pt")
            assert [int(point.get("idx")) for point in points] == shown
            lengths = [float(point[0].text) for point in points]
            for place, length in zip(shown, lengths, strict=True):
                assert length >= 0
                assert 0 <= series.values[place] + sign * length <= chart.value_axis.maximum_scale


def test_slides_and_pdf_have_every_section(report):
    """The estimate of the newest quarter, the census and the pathways."""
    deck = pptx.Presentation(str(report / "report.pptx"))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    wanted = [
        "All discharges of 2024\u00a0Q4, estimated",
        "In care in 2024\u00a0Q3",
        "The commonest pathways through the levels",
        "In care, quarter by quarter",
        "Paths through care",
    ]
    assert [title for title in wanted if title not in titles] == []
    assert (report / "report.pdf").read_bytes().count(b"/Alt ") >= 9, "two pictures more: census and pathways"


@pytest.mark.slow
def test_slides_draw_a_level_of_zeros_and_name_the_levels_they_leave_out(plain_report):
    # A level with discharges has a chart, at 0% where nobody stepped up; from inpatient care nobody can.
    deck = pptx.Presentation(str(plain_report / "report.pptx"))
    slide = next(one for one in deck.slides if "stepped up" in one.shapes.title.text)
    drawn = {shape.chart.chart_title.text_frame.text for shape in slide.shapes if shape.has_chart}
    note = " ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
    for level in cf.Continuum.standard().levels:
        assert (level.short in drawn) != (level.short in note.partition("Not drawn")[2])
