"""What a mark says when it is pointed at comes from the guarded numbers, and is where the mark is."""

import re

import pandas as pd
import pytest
from support.made_up import linked, made_up

from careflow.report.content.content import Content, content
from careflow.report.content.figures import plans
from careflow.report.content.tooltips import _of_edges, _point
from careflow.report.formats.html import moves


@pytest.fixture(scope="module")
def told() -> Content:
    counts = linked(made_up()).counts(by="quarter", clocks=("discharge", "stay"))
    return content(counts, quarter=None, title=None, source="made up", findings=None)


@pytest.mark.slow
def test_an_arc_says_its_share_its_interval_and_its_numbers(told):
    """60 of 175 residential discharges moved to PHP; PHP to residential, 5, is hidden."""
    rows = told.rates.frame[told.rates.frame["quarter"].astype(str) == "2024Q3"]
    labels = {level.name: level.short for level in told.rates.continuum.levels}
    titles = dict(_of_edges(rows, told.rates.continuum.names, labels))
    assert re.fullmatch(r"Residential to PHP: 34% \(\d\d–\d\d\), 60 of 175", titles["arc-1-2"])
    assert titles["arc-2-1"] == "PHP to Residential: hidden"


def test_a_point_says_its_quarter_and_whether_it_is_mature():
    row = {"period": "2024Q3", "value": 0.34, "low": 0.28, "high": 0.41, "n": 175, "mature": False, "level": "php"}
    assert _point(row, {"php": "PHP"}) == "PHP, 2024\u00a0Q3: 34% (28–41), n = 175, not yet mature"


@pytest.mark.slow
def test_the_trend_of_an_arc_has_the_numbers_in_sight_and_no_other(told):
    data = moves(told)
    assert data["quarters"] == [one.label for one in told.periods]
    rate = 60 / 175
    assert [series and series[0] for series in data["rates"]["1-2"][:3]] == pytest.approx([rate] * 3, abs=1e-4)
    assert data["rates"]["2-1"][:3] == [None] * 3, "5 of each quarter are hidden"


@pytest.mark.slow
def test_the_arcs_of_a_flow_map_have_their_names(told):
    chart = next(plan for plan in plans(told) if plan.name == "flow_map").draw()
    chart.figure.draw_without_rendering()
    names = {one.get_gid() for one in chart.figure.findobj() if one.get_gid()}
    assert "arc-1-2" in names
    assert isinstance(chart.careflow.data, pd.DataFrame)


@pytest.mark.slow
def test_each_quarter_has_its_own_title_and_first_lines(told):
    assert [name for name, _, _ in told.leads] == [one.name for one in told.periods]
    assert told.leads[1][1] == "Transitions and lengths of stay, 2024\u00a0Q2"
    assert all("2024\u00a0Q2" in line for line in told.leads[1][2][:2])
