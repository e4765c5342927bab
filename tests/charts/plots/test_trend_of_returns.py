"""Trends, p-charts and funnels of readmissions, bounce-backs and people served: what they say, and their numbers."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from support.made_up import linked, made_up
from support.words import words

import careflow as cf
from careflow import charts
from careflow.errors import ArgumentError

QUARTERS = (date(2024, 1, 2), date(2024, 4, 2), date(2024, 7, 2))


def bounced(facility="A", people=40, back=12, firsts=QUARTERS):
    """Stays of people who step down from residential to PHP, of whom ``back`` return to residential on day 10."""
    rows = []
    for first in firsts:
        for person in range(people):
            name, leaves = f"{facility}{first}-{person}", first + timedelta(days=12)
            rows.append((name, "residential", first, leaves, facility))
            ends = leaves + timedelta(days=9) if person < back else None
            rows.append((name, "php", leaves, ends, facility))
            if person < back:
                rows.append((name, "residential", leaves + timedelta(days=10), None, facility))
    return pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date", "facility"])


@pytest.fixture(scope="module")
def moves():
    return linked(bounced())


@pytest.mark.slow
def test_a_trend_of_readmissions_shows_the_share_that_came_back():
    """84 of the 175 who left residential in each quarter were admitted again two days later."""
    panels = charts.trend(cf.readmissions(linked(made_up()), by="quarter"))
    data = charts.chart_data(panels["Residential"])
    assert data["value"].tolist()[:3] == [84 / 175] * 3
    assert data["n"].tolist()[:3] == [175.0] * 3
    info = panels.careflow
    assert info.title == "Readmitted within 30 days of discharge, by quarter"
    assert "Share of discharges that were followed by another admission 1 to 30 days later" in info.subtitle
    assert "Without deaths, same-day transfers and concurrent discharges." in info.notes


@pytest.mark.slow
def test_readmission_to_named_levels_is_said_with_their_names():
    ax = charts.trend(cf.readmissions(linked(made_up()), by="quarter", days=7, to=["iop", "php"]), "residential")
    assert ax.careflow.title == "Readmitted to IOP or PHP within 7 days of discharge from Residential, by quarter"
    assert "Residential discharges that were followed by another admission to IOP or PHP 1 to 7 days later" in (
        ax.careflow.subtitle
    )


@pytest.mark.slow
def test_a_trend_of_bounce_backs_shows_12_of_40(moves):
    back = cf.bounce_back(moves, by="quarter")
    ax = charts.trend(back, "Residential", "PHP")
    data = charts.chart_data(ax)
    assert data["value"].tolist()[:3] == [0.3] * 3
    assert ax.careflow.title == "Came back to Residential within 30 days of stepping down to PHP, by quarter"
    assert (
        "step-downs from Residential to PHP that were followed by an admission to a level at least as intensive as "
        in (ax.careflow.subtitle)
    )
    assert ax.get_ylim()[0] == 0
    assert "Residential to PHP" in words(ax)


@pytest.mark.slow
def test_bounce_backs_have_a_panel_for_each_step_down(moves):
    panels = charts.trend(cf.bounce_back(moves, by="quarter"))
    assert list(panels) == ["residential to php"]
    assert charts.chart_data(panels)["value"].tolist()[:3] == [0.3] * 3


@pytest.mark.slow
def test_an_immature_quarter_of_bounce_backs_is_drawn_apart():
    """The stays at PHP of the last quarter began 12 days before the cut-off."""
    stays = bounced(firsts=(*QUARTERS, date(2024, 12, 7)))
    ax = charts.trend(cf.bounce_back(linked(stays), by="quarter"), "residential", "php")
    assert charts.chart_data(ax)["mature"].tolist() == [True, True, True, False]
    assert "Not yet" in words(ax)


@pytest.mark.parametrize(
    ("frm", "to", "said"),
    [("php", "residential", "no step down"), ("left early", None, "no level"), ("php", "left early", "no level")],
)
def test_a_bounce_back_is_asked_for_by_the_levels_of_a_step_down(frm, to, said, moves):
    with pytest.raises(ArgumentError, match=said):
        charts.trend(cf.bounce_back(moves, by="quarter"), frm, to)


@pytest.mark.slow
def test_people_served_are_counted_once_at_all_levels(moves):
    served = cf.persons_served(moves)
    panels = charts.trend(served)
    assert list(panels) == ["residential", "php", "all levels"]
    assert charts.chart_data(panels["PHP"])["value"].tolist() == [40.0, 40.0 + 28, 40.0 + 56, 84.0]
    assert charts.chart_data(panels["all levels"])["value"].tolist() == [40.0, 80.0, 120.0, 120.0]
    ax = charts.trend(served, "any")
    assert charts.chart_data(ax)["value"].tolist() == [40.0, 80.0, 120.0, 120.0]
    assert "People do not add up over levels or periods." in ax.careflow.notes
    assert "n = 120 people." in ax.careflow.notes
    assert ax.get_ylim()[0] == 0


@pytest.mark.slow
def test_a_quarter_that_the_cut_off_cuts_is_marked_for_people_served():
    moves = cf.link(cf.read_episodes(bounced(), cutoff="2024-11-30"))
    ax = charts.trend(cf.persons_served(moves), "all levels")
    assert charts.chart_data(ax)["mature"].tolist() == [True, True, True, False]
    assert "the records do not cover the period whole" in ax.careflow.notes


def test_hidden_people_leave_nothing_on_a_trend(moves):
    served = cf.persons_served(moves)
    pictures = []
    for secret in (7.0, 9.0):
        frame = served.frame.assign(hidden=False, persons=served.frame["persons"].astype(float))
        frame.loc[1, ["persons", "hidden"]] = [secret, True]
        ax = charts.trend(replace(served, frame=frame), "residential")
        frame.loc[1, "persons"] = np.nan
        pictures.append(charts.chart_data(ax)["value"].tolist() + list(ax.get_ylim()))
    assert np.array_equal(*pictures, equal_nan=True)


def test_a_p_chart_of_bounce_backs_has_the_limits_of_its_counts(moves):
    """12 of 40 in each quarter: 0.3 +- 3 sqrt(0.3 x 0.7 / 40)."""
    ax = charts.p_chart(cf.bounce_back(moves, by="quarter"), "residential", "php")
    data = charts.chart_data(ax)
    assert data["limit_high"].tolist()[:3] == pytest.approx([0.3 + 3 * (0.21 / 40) ** 0.5] * 3)
    assert ax.careflow.title == "Came back to Residential within 30 days of stepping down to PHP, by quarter"


@pytest.mark.slow
def test_a_p_chart_of_several_step_downs_asks_for_one():
    stays = pd.concat([bounced(), bounced("B").replace({"level": {"php": "iop"}})])
    with pytest.raises(ArgumentError, match=r"frm= and to=, one of 'residential to php', 'residential to iop'"):
        charts.p_chart(cf.bounce_back(linked(stays), by="quarter"))


@pytest.mark.slow
def test_a_funnel_of_returns_has_a_dot_for_each_facility():
    stays = pd.concat([bounced(name, 40, back) for name, back in {"A": 11, "B": 12, "C": 14}.items()])
    moves = linked(stays)
    ax = charts.funnel(cf.bounce_back(moves, by="facility"), "residential", "php")
    assert dict(charts.chart_data(ax)[["facility", "rate"]].to_numpy()) == {"A": 33 / 120, "B": 36 / 120, "C": 42 / 120}
    assert ax.careflow.title == "Came back to Residential within 30 days of stepping down to PHP, by facility"
    again = charts.funnel(cf.readmissions(moves, by="facility"), "php")
    assert dict(charts.chart_data(again)[["facility", "rate"]].to_numpy()) == {"A": 1.0, "B": 1.0, "C": 1.0}
    with pytest.raises(ArgumentError, match="say which step-down with to="):
        charts.funnel(cf.bounce_back(moves, by="facility"), "residential")
