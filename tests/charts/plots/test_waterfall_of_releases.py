"""The waterfall of a change between releases: a bar for each cause, from the old rate to the new one."""

import pytest
from support.drawn import day, drawn

import careflow as cf
from careflow import charts

OLD = """
    person | level       | admit | discharge | reason
    1      | residential | 0     | 10        | completed
    1      | php         | 12    | 40        | completed
    2      | residential | 5     | 20        | completed
    3      | residential | 8     | 25        | completed
    4      | residential | 10    | 30        | completed
"""
NEW = OLD.replace("10    | 30 ", "10    | 95 ") + "    2      | php         | 22    | 30        | completed\n"


@pytest.fixture(scope="module")
def why():
    old = cf.read_episodes(drawn(OLD), cutoff=day(180))
    new = cf.read_episodes(drawn(NEW), cutoff=day(200), alongside=old)
    return cf.diff(cf.link(old), cf.link(new))


@pytest.mark.slow
def test_each_cause_has_a_bar_from_the_old_rate_to_the_new_one(why):
    ax = charts.waterfall(why, "residential", "php", quarter="2024Q1")
    data = ax.careflow.data
    assert [step.replace("\u00a0", " ") for step in data["step"]] == [
        "Old file, to 29 Jun 2024", "Late, next stay", "Discharge date", "New file, to 19 Jul 2024"
    ]  # fmt: skip
    assert data["end"].iloc[[0, -1]].tolist() == pytest.approx([1 / 4, 2 / 3])
    assert data["start"].iloc[1:3].tolist() == pytest.approx([1 / 4, data["end"].iloc[1]])
    assert ax.careflow.title.replace("\u00a0", " ") == "Why the rate from Residential to PHP moved: 2024 Q1"
    assert "n = 7 followed discharges" in charts.alt_text(ax)


@pytest.mark.slow
def test_a_period_without_discharges_in_the_old_file_says_so(why):
    alt = charts.alt_text(charts.waterfall(why, "residential", "php", quarter="2024Q2"))
    assert "No discharges on one side" in alt
