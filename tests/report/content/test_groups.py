"""A report by payer or facility: a table, a funnel and small multiples for each group; what it refuses."""

import re
from pathlib import Path

import pandas as pd
import pytest
from support.made_up import CELLS, linked, made_up

import careflow as cf
from careflow.charts import funnel
from careflow.errors import ArgumentError, CountsError
from careflow.report import write_report
from careflow.report.content.content import Content, content
from careflow.report.content.figures import plans

PAYERS = ("Medicaid", "Private", "Self-pay")


def by_payer(stays: pd.DataFrame | None = None) -> cf.Transitions:
    """Link the made-up stays: of every 12 people 6 are of Medicaid, 4 private and 2 pay themselves."""
    stays = made_up({cell: 4 * n for cell, n in CELLS.items()}) if stays is None else stays
    share = stays["person_id"].str[1:].astype(int) % 12
    payer = share.map(lambda one: PAYERS[0] if one < 6 else PAYERS[1] if one < 10 else PAYERS[2])
    return linked(stays.assign(payer=payer))


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return by_payer()


@pytest.fixture(scope="module")
def told(moves: cf.Transitions) -> Content:
    counts = moves.counts(by=("quarter", "payer"), clocks=("discharge", "stay"))
    return content(counts, quarter=None, title=None, source=None, findings=None, mode="full", by="payer")


@pytest.mark.slow
def test_each_group_has_a_table_and_together_they_are_all(told, moves):
    assert told.groups is not None
    assert told.groups.labels == PAYERS
    assert [label for label, _ in told.groups.tables] == list(PAYERS)
    shares = [
        float(row[1].text.replace(",", ""))
        for _, grid in told.groups.tables
        for row in grid.rows
        if row[0].text == "Residential"
    ]
    everyone = next(row for row in told.chosen.key.rows if row[0].text == "Residential")
    assert sum(shares) == float(everyone[1].text) == 4 * 175


@pytest.mark.slow
def test_the_rates_of_a_group_are_those_of_its_part_of_the_records(told, moves):
    part = cf.transition_rates(moves, by="quarter", where={"payer": "Private"})
    rate = part.directions.query("quarter == '2024Q3' and `from` == 'residential' and direction == 'step-down'")["rate"]
    row = next(row for row in told.groups.overview.rows if row[0].text == "Private")
    at = told.groups.overview.head.index("from Residential")
    assert row[at].text == f"{100 * float(rate.iloc[0]):.0f}%"


@pytest.mark.slow
def test_a_report_by_payer_plans_a_funnel_and_small_multiples_a_level(told):
    names = [plan.name for plan in plans(told)]
    assert {"by_group_residential_funnel", "by_group_residential", "by_group_php_funnel", "by_group_php"} <= set(names)
    assert not any(name.startswith("by_group_outpatient") for name in names), "nobody steps down from outpatient"
    multiples = next(plan for plan in plans(told) if plan.name == "by_group_residential").draw()
    assert list(multiples) == list(PAYERS)
    limits = {ax.get_ylim() for ax in multiples.values()}
    assert len(limits) == 1, "one scale"


@pytest.mark.slow
def test_a_funnel_can_name_every_point(moves):
    rates = cf.transition_rates(moves, by="payer")
    words = {}
    for names in ("outside", "all"):
        ax = funnel(rates, "residential", names=names)
        ax.figure.draw_without_rendering()
        texts = [text.get_text() for text in ax.figure.findobj(lambda one: hasattr(one, "get_text"))]
        words[names] = {payer for payer in PAYERS if any(payer in text for text in texts)}
    assert words["all"] == set(PAYERS)
    assert words["outside"] == set()


def test_a_column_with_500_values_is_refused_in_one_sentence():
    stays = made_up()
    stays["facility"] = "F" + (stays["person_id"].str[1:].astype(int) % 500).astype(str)
    counts = linked(stays).counts(by=("quarter", "facility"), clocks=("discharge", "stay"))
    with pytest.raises(ArgumentError, match=r"facility has 500 values, and a report shows at most 40 side by side: "):
        content(counts, quarter=None, title=None, source=None, findings=None, mode="full", by="facility")


@pytest.mark.slow
def test_counts_that_are_not_split_by_the_column_are_refused(moves, tmp_path):
    with pytest.raises(CountsError, match="these counts are not split by 'payer'"):
        write_report(moves.counts(by="quarter"), tmp_path / "out", by="payer")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_report_of_a_part_says_so_on_page_picture_and_table(moves, tmp_path):
    page = write_report(moves, tmp_path / "out", where={"payer": "Private"}, source="made up")
    html = page.read_text("utf-8")
    assert ">Transitions and lengths of stay, 2024\u00a0Q3, payer Private</h1>" in html
    assert "Only a part of the records" in html
    pictures = [path.read_text("utf-8") for path in (tmp_path / "out" / "charts").glob("*.svg")]
    assert len(pictures) >= 8
    # matplotlib keeps the words of a text as a comment beside its outlines, in lines as they are broken
    assert all("Only payer Private." in " ".join(re.findall(r"<!-- (.*?) -->", one)) for one in pictures)
    table = pd.read_csv(tmp_path / "out" / "tables" / "transitions.csv")
    part = cf.transition_rates(moves, by="quarter", where={"payer": "Private"}).frame
    both = table.dropna(subset="n").merge(
        part.astype({"quarter": str, "from": str, "to": str}), on=["quarter", "from", "to"], suffixes=("", "_part")
    )
    assert len(both)
    assert (both["n"] == both["n_part"]).all()


@pytest.mark.slow
def test_every_format_has_the_groups(moves, tmp_path):
    openpyxl, pptx = pytest.importorskip("openpyxl"), pytest.importorskip("pptx")
    pytest.importorskip("xlsxwriter"), pytest.importorskip("fpdf")
    page = write_report(moves, tmp_path / "out", by="payer", source="made up", formats=["html", "xlsx", "pptx", "pdf"])
    html = page.read_text("utf-8")
    assert all(f"Every level at {payer}, 2024\u00a0Q3" in html for payer in PAYERS)
    book = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx")
    assert {"Transitions by payer", "Directions by payer", "Lengths of stay by payer"} <= set(book.sheetnames)
    slides = [
        slide.shapes.title.text_frame.text for slide in pptx.Presentation(Path(page).with_name("report.pptx")).slides
    ]
    assert {"Stepped down, by payer, 2024\u00a0Q3", "Every level at Self-pay, 2024\u00a0Q3"} <= set(slides)
    assert {"by_group_residential.svg", "by_group_residential_funnel.png"} <= {
        path.name for path in (tmp_path / "out" / "charts").iterdir()
    }
