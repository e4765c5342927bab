"""What is zero is drawn at zero; that there are no stays is said of n = 0 alone."""

import pandas as pd
import pytest
from support.words import words

import careflow as cf
from careflow import charts

NONE = "No stays"


def linked(nights=10, facilities=("A", "B", "C"), levels=("iop", "php")):
    """20 stays a facility, level and quarter of 2024, all completed, of people who never come again."""
    starts = [
        day for quarter in ("2024-01-01", "2024-04-01", "2024-07-01") for day in pd.date_range(quarter, periods=20)
    ]
    rows = [
        (level, start, start + pd.Timedelta(days=nights), facility, "completed")
        for level in levels for facility in facilities for start in starts
    ]  # fmt: skip
    stays = pd.DataFrame(rows, columns=["level", "admit_date", "discharge_date", "facility", "discharge_reason"])
    stays.insert(0, "person_id", [str(i) for i in range(len(stays))])
    return cf.link(cf.read_episodes(stays, cutoff="2024-12-31", progress=False))


@pytest.mark.slow
def test_a_level_from_which_nobody_moved_has_a_panel_at_zero():
    data = charts.chart_data(charts.trend(cf.transition_rates(linked(), by="quarter")))
    assert set(data["level"]) == {"iop", "php"}
    assert data.loc[data["n"] > 0, "value"].eq(0.0).all()
    assert data["high"].max() > 0.03  # Wilson, 0 of 60: 6%


@pytest.mark.slow
@pytest.mark.parametrize("chart", [charts.p_chart, charts.xmr])
def test_a_control_chart_of_zeros_has_its_line_at_zero(chart):
    ax = chart(cf.transition_rates(linked(), by="month"), "iop", measure="left early")
    assert ax.careflow.data["value"].dropna().eq(0.0).all()
    assert "n = 180 " in charts.alt_text(ax)
    assert NONE not in charts.alt_text(ax)


@pytest.mark.slow
def test_a_funnel_in_which_nobody_moved_is_drawn():
    ax = charts.funnel(cf.transition_rates(linked(), by="facility"), "iop")
    assert ax.careflow.data["rate"].tolist() == [0.0, 0.0, 0.0]
    assert ax.careflow.n == 180


def test_a_funnel_of_one_facility_says_so():
    alt = charts.alt_text(charts.funnel(cf.transition_rates(linked(facilities=("A",)), by="facility"), "iop"))
    assert "One facility only" in alt
    assert "n = 60 " in alt


@pytest.mark.slow
def test_stays_of_no_night_and_gaps_without_a_return_are_drawn():
    moves = linked(nights=0)
    for ax in (
        charts.kaplan_meier(cf.length_of_stay(moves)),
        charts.cumulative_incidence(cf.cumulative_incidence(moves), "iop"),
        charts.time_to_next(cf.cumulative_incidence(moves, clock="gap")),
    ):
        assert NONE not in charts.alt_text(ax)
        assert "n = 0" not in charts.alt_text(ax)


@pytest.mark.slow
def test_n_0_is_said_to_be_no_stays():
    rates = cf.transition_rates(linked(), by="quarter")
    assert NONE in charts.alt_text(charts.trend(rates, frm="inpatient"))


@pytest.mark.slow
def test_the_figure_above_a_panel_is_of_the_quarter_that_it_names():
    rates = cf.transition_rates(linked(), by="quarter")
    totals = rates.directions
    first = (totals["quarter"] == "2024Q1") & (totals["from"] == "iop") & (totals["direction"] == "step-down")
    totals.loc[first, ["n", "rate"]] = [30, 0.5]
    gone = (totals["quarter"] == "2024Q3") & (totals["from"] == "php")
    totals.loc[gone, ["n", "of", "rate", "low", "high"]] = [0, 0, float("nan"), float("nan"), float("nan")]
    ax = charts.trend(rates)
    said = words(ax)
    assert "2024 Q3, the latest" in " ".join([*said, ax.careflow.notes]).replace("\u00a0", " ")
    assert "0%" in said
    assert "–" in said
    assert "50%" not in said
