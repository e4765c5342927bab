"""What nobody was followed for is called so and never suppressed; medians on few stays at risk are marked."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.words import words

import careflow as cf
from careflow import charts


def linked(rows, **options):
    stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    return cf.link(cf.read_episodes(stays, progress=False, **options))


@pytest.fixture(scope="module")
def short():
    """60 people admitted on 1 January 2024 and followed for 90 days: 20 leave on day 10, 5 on day 50, 35 stay."""
    ends = ["2024-01-11"] * 20 + ["2024-02-20"] * 5 + [None] * 35
    rows = [(f"p{i}", "iop", "2024-01-01", end) for i, end in enumerate(ends)]
    return linked(rows, cutoff="2024-03-31")


@pytest.fixture(scope="module")
def late():
    """After the start 12 are admitted and leave within a week; 30 who came two months before are seen much later."""
    rows = [(f"o{i}", "iop", "2023-11-01", None) for i in range(30)]
    rows += [(f"n{i}", "iop", "2024-01-05", f"2024-01-{8 + i % 5:02d}") for i in range(12)]
    return linked(rows, start="2024-01-01", cutoff="2024-03-31")


def thin(stays, level):
    frame = stays.frame
    return replace(stays, frame=frame.assign(thin=frame["level"].astype(str) == level))


@pytest.mark.slow
def test_expected_days_beyond_the_follow_up_are_not_called_suppressed(short):
    ax = charts.expected_days(cf.expected_days(short, days=365))
    said = words(ax)
    assert said.count("not followed") == 5 + 1 + 1  # levels, between stays, total
    assert "s" not in said
    assert "nobody was followed for 365 days" in ax.careflow.notes
    assert ax.careflow.suppressed == 0


@pytest.mark.slow
def test_a_total_is_suppressed_only_where_a_level_of_it_is(short):
    spent = cf.expected_days(short, days=30)
    frame = spent.frame
    hidden = replace(spent, frame=frame.assign(hidden=frame["state"].astype(str) == "iop"))
    assert words(charts.expected_days(hidden)).count("s") == 2  # the level and the total
    shown = replace(spent, frame=frame.assign(hidden=frame["state"].astype(str) == "between stays"))
    assert words(charts.expected_days(shown)).count("s") == 1


@pytest.mark.slow
def test_a_median_that_is_not_reached_is_not_called_suppressed(short):
    # 25 of 60 have ended by day 90: 33% by day 10, so the lower quartile is 10 and the median is not reached.
    said = words(charts.length_of_stay(cf.length_of_stay(short)))
    assert "not reached" in said
    assert "10–not reached" in said
    assert "s" not in said


@pytest.mark.slow
def test_a_protected_median_that_is_missing_is_not_said_to_be_unreached(short):
    stays = cf.length_of_stay(short)
    frame = stays.frame.assign(hidden=False, median=np.nan, q25=np.nan, q75=np.nan)
    ax = charts.length_of_stay(replace(stays, frame=frame), style="interval")
    assert "–" in words(ax)
    assert "not reached" not in words(ax)
    assert "–: not reached, or too few stays to show." in ax.careflow.notes


@pytest.mark.slow
@pytest.mark.parametrize("style", ["dots", "interval", "ridge"])
def test_a_thin_median_is_marked_with_one_note(short, style):
    stays = cf.length_of_stay(short)
    assert "thin" not in charts.length_of_stay(stays, style=style).careflow.notes
    ax = charts.length_of_stay(thin(stays, "iop"), style=style)
    assert words(ax).count("thin") == 1
    assert ax.careflow.notes.count("thin: fewer than 5 at risk.") == 1
    assert charts.chart_data(ax).set_index("level")["thin"].to_dict()["iop"]


@pytest.mark.slow
@pytest.mark.parametrize("style", ["dots", "interval"])
def test_a_thin_quartile_is_marked_beside_the_quartiles(short, style):
    stays = cf.length_of_stay(short)
    frame = stays.frame.assign(thin=False, q25_thin=stays.frame["level"].astype(str) == "iop")
    ax = charts.length_of_stay(replace(stays, frame=frame), style=style)
    assert [word for word in words(ax) if word.endswith("thin")] == ["10–not reached thin"]
    assert ax.careflow.notes.count("thin: fewer than 5 at risk.") == 1
    assert charts.chart_data(ax).set_index("level")["thin_quartiles"].to_dict()["iop"]


@pytest.mark.slow
def test_a_hidden_row_is_not_marked_as_thin(short):
    stays = thin(cf.length_of_stay(short), "iop")
    ax = charts.length_of_stay(
        replace(stays, frame=stays.frame.assign(hidden=stays.frame["level"].astype(str) == "iop"))
    )
    assert "thin" not in words(ax)


@pytest.mark.slow
def test_a_thin_curve_is_marked_beside_its_name(short):
    stays = cf.length_of_stay(short)
    assert "thin" not in " ".join(words(charts.kaplan_meier(stays)))
    ax = charts.kaplan_meier(thin(stays, "iop"))
    assert "thin" in words(ax)
    assert "thin: fewer than 5 at risk." in ax.careflow.notes


def test_a_protected_result_is_thin_under_its_own_threshold(short):
    stays = thin(cf.length_of_stay(short), "iop")
    ax = charts.length_of_stay(replace(stays, frame=stays.frame.assign(hidden=False)))
    assert "thin: fewer than 11 at risk." in ax.careflow.notes


@pytest.mark.slow
def test_a_trend_of_medians_marks_the_thin_periods():
    rows = [(f"p{i}{day}", "iop", day, pd.Timestamp(day) + pd.Timedelta(days=9)) for i in range(20)
            for day in ("2024-01-05", "2024-04-05")]  # fmt: skip
    stays = cf.length_of_stay(linked(rows, cutoff="2024-12-31"), by="quarter")
    first = (stays.frame["quarter"] == "2024Q1") & (stays.frame["level"] == "iop")
    ax = charts.trend(replace(stays, frame=stays.frame.assign(thin=first)))
    assert words(ax).count("thin") == 1
    assert "thin: fewer than 5 at risk." in ax.careflow.notes


def test_a_headline_leaves_out_thin_medians():
    rows = [(f"a{i}", "iop", "2024-01-01", f"2024-01-{4 + i % 3:02d}") for i in range(60)]
    rows += [(f"b{i}", "php", "2024-01-01", f"2024-03-{4 + i % 3:02d}") for i in range(60)]
    stays = cf.length_of_stay(linked(rows, cutoff="2025-12-31"))
    assert "Median stays run from" in str(charts.headline(stays))
    assert charts.headline(thin(stays, "php")) is None


def test_a_chronogram_ends_with_the_follow_up_and_says_so(short):
    # The follow-up of journeys ends with the cut-off less the link window: day 90 - 30.
    ax = charts.chronogram(cf.occupation(short, days=365))
    assert charts.chart_data(ax)["day"].max() == 60
    assert "Nobody was followed after day 60." in ax.careflow.notes
    assert "Nobody" not in charts.chronogram(cf.occupation(short, days=60)).careflow.notes


@pytest.mark.slow
def test_journeys_not_followed_for_a_day_are_not_called_none():
    rows = [(f"p{i}", "iop", "2024-03-01", None) for i in range(30)]
    ax = charts.chronogram(cf.occupation(linked(rows, cutoff="2024-03-31")))
    assert "Nobody was followed for a day" in words(ax)
    assert "n = 0" not in charts.alt_text(ax)


@pytest.mark.slow
def test_an_incidence_stops_at_the_last_day_with_11_at_risk(short):
    ax = charts.cumulative_incidence(cf.cumulative_incidence(short), "iop", horizon=365)
    data = charts.chart_data(ax)
    assert data["day"].max() == 60
    # 20 of 60 by day 10, then 5 of the remaining 40 on day 50: 1/3 + 2/3 x 1/8.
    assert data.groupby("day")["estimate"].sum()[60] == pytest.approx(5 / 12)
    assert "s" not in words(ax)


@pytest.mark.slow
def test_an_incidence_is_not_carried_past_the_last_known_day(late):
    # Of the 12, day 3: 3 of 12; day 4: 3 of 9; then fewer than 11 at risk. The 30 others are at risk on day 121.
    ax = charts.cumulative_incidence(cf.cumulative_incidence(late), "iop", horizon=90)
    data = charts.chart_data(ax)
    assert data["day"].max() == 3
    assert data.groupby("day")["estimate"].sum()[3] == pytest.approx(0.25)


@pytest.mark.slow
def test_an_incidence_of_which_no_day_is_known_is_not_drawn():
    rows = [(f"o{i}", "iop", "2023-11-01", None) for i in range(30)]
    moves = linked(rows, start="2024-01-01", cutoff="2024-03-31")
    ax = charts.cumulative_incidence(cf.cumulative_incidence(moves), "iop")
    assert "Nothing to draw" in " ".join(words(ax))
