"""Records with little to tell make a whole page that says so; what is refused stands in test_write and test_groups."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from support.made_up import linked
from support.pages import Page

import careflow as cf
from careflow.report import write_report

NO_VALUES = re.compile(r"\b(?:nan|None|NaN|inf|<NA>)\b")


def words_of(page: Path) -> str:
    """Return the words of a page that is whole: every tag is closed, every picture is there, no value is broken."""
    html = page.read_text("utf-8")
    parsed = Page(html)
    assert parsed.open == []
    assert html.count('<figure class="chart">') == len(list((page.parent / "charts").glob("*.svg")))
    label = json.loads((page.parent / "careflow-report.json").read_text("utf-8"))["label"]
    assert all(f">{label}. " in path.read_text("utf-8") for path in (page.parent / "charts").glob("*.svg"))
    words = " ".join(" ".join(parsed.text).split())
    assert NO_VALUES.search(words) is None
    return words


def stays(days: list[tuple[date, date | None]], level: str = "residential", start: int = 0) -> pd.DataFrame:
    rows = [(f"P{start + i}", level, admit, end, end and "completed") for i, (admit, end) in enumerate(days)]
    return pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date", "discharge_reason"])


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["masked", "full"])
def test_a_quarter_without_a_discharge_is_a_whole_page_that_says_so(mode, tmp_path):
    """40 were discharged in the first quarter, 40 admitted in the second and still in care."""
    first, second = date(2024, 1, 5), date(2024, 4, 5)
    there = stays([(first, first + timedelta(days=20 + i)) for i in range(40)])
    later = stays([(second + timedelta(days=i), None) for i in range(40)], start=40)
    page = write_report(linked(pd.concat([there, later])), tmp_path / "out", quarter="2024Q2", mode=mode)
    assert "No discharge of 2024 Q2 has been followed for 30 days." in words_of(page)


@pytest.mark.slow
def test_records_without_any_discharge_are_a_whole_page_that_says_so(tmp_path):
    there = stays([(date(2024, 1, 5) + timedelta(days=i), None) for i in range(40)])
    page = write_report(linked(there), tmp_path / "out")
    assert re.search(r"No discharge of 2024 Q\d has been followed for 30 days\.", words_of(page))


@pytest.mark.slow
@pytest.mark.parametrize("care", [["Residential"], ["Residential", "Outpatient"]])
def test_a_single_level_in_use_is_a_whole_page_without_steps(care, tmp_path):
    days = [date(2024, 1, 5) + timedelta(days=3 * i) for i in range(80)]
    there = stays([(day, day + timedelta(days=20)) for day in days], level="Residential")
    page = write_report(linked(there, cf.Continuum.of(care)), tmp_path / "out", source="made up")
    words = words_of(page)
    assert "Residential" in words
    assert re.findall(r"days of stepping down, (?:\d{4} Q\d): ([^.]*)", words) == ["nobody could"] * words.count(
        "of stepping down, "
    )
    assert "stepped down" not in page.with_name("tables").joinpath("pathways.csv").read_text("utf-8")
