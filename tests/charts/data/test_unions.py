"""Levels and outcomes that are put together, on charts: the numbers of the union, named by its levels."""

import pandas as pd
import pytest
from support.drawn import linked

import careflow as cf
from careflow import charts
from careflow.errors import ArgumentError


@pytest.fixture(scope="module")
def moves():
    """Forty discharges from residential in each of two quarters: to PHP, to IOP, and to nowhere."""
    rows = []
    for quarter, (php, iop) in enumerate([(12, 14), (16, 11)]):
        for i in range(40):
            person, first = f"{quarter}-{i}", 91 * quarter + 5
            rows.append((person, "residential", first, first + 20, "NS"[i % 2]))
            if i < php + iop:
                rows.append((person, "php" if i < php else "iop", first + 22, first + 40, "NS"[i % 2]))
    frame = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date", "facility"])
    for name in ("admit_date", "discharge_date"):
        frame[name] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame[name], unit="D")
    return linked(frame, cutoff=300)


def test_a_trend_of_two_levels_is_of_their_sum(moves):
    rates = cf.transition_rates(moves, by="quarter")
    chart = charts.trend(rates, "residential", ["PHP", "iop"])
    assert chart.careflow.title == "Residential to PHP or IOP within 30 days, by quarter of discharge"
    assert charts.chart_data(chart)["value"].tolist()[:2] == [26 / 40, 27 / 40]
    assert "stepped" not in chart.careflow.title


def test_a_union_may_be_named_and_levels_left_put_together(moves):
    rates = cf.transition_rates(moves, by="quarter")
    chart = charts.trend(rates, ["inpatient", "residential"], {"day programs": ["php", "iop"]})
    assert chart.careflow.title.startswith("Inpatient or Residential to day programs within 30 days")
    assert charts.chart_data(chart)["value"].tolist()[:2] == [26 / 40, 27 / 40]


def test_rates_that_were_estimated_of_unions_are_drawn_by_their_names(moves):
    rates = cf.transition_rates(moves, by="quarter", to={"day programs": ["php", "iop"]})
    chart = charts.trend(rates, "residential", "day programs")
    assert charts.chart_data(chart)["value"].tolist()[:2] == [26 / 40, 27 / 40]


def test_a_funnel_and_a_control_chart_take_unions(moves):
    by_facility = charts.funnel(cf.transition_rates(moves, by="facility"), "residential", ["php", "iop"])
    assert charts.chart_data(by_facility)["n"].tolist() == [27, 26]
    by_quarter = charts.p_chart(cf.transition_rates(moves, by="quarter"), "residential", to=["php", "iop"])
    assert by_quarter.careflow.title == "Moved to PHP or IOP, Residential, by quarter"


def test_a_chart_is_of_one_union(moves):
    with pytest.raises(ArgumentError, match="a chart is of one union, and to= names 2"):
        charts.trend(cf.transition_rates(moves, by="quarter"), "residential", {"a": ["php"], "b": ["iop"]})


def test_rows_of_unions_in_other_results_are_found_by_their_levels(moves):
    rates = cf.transition_rates(moves, by=["quarter", "facility"])
    split = rates.decompose("2024Q1", "2024Q2", over="facility", frm="residential", to=["php", "iop"])
    chart = charts.waterfall(split, "residential", ["php", "iop"])
    assert (
        chart.careflow.title
        == "Why the rate from Residential to PHP or IOP differs: 2024\N{NO-BREAK SPACE}Q1 and 2024\N{NO-BREAK SPACE}Q2"
    )


def test_nobody_is_drawn_as_completed_where_no_reason_is_known(moves):
    """The file has no reasons: of a share of completed alone no number is known, though its count is 0."""
    rates = cf.transition_rates(moves, by="quarter", to="completed")
    assert rates.frame["n"].sum() == 0
    assert charts.chart_data(charts.trend(rates, "residential", "completed"))["value"].isna().all()


def test_a_direction_may_be_given_as_what_was_reached(moves):
    rates = cf.transition_rates(moves, by="quarter")
    one, other = (charts.trend(rates, "residential", **how) for how in ({"to": "step-down"}, {"measure": "step-down"}))
    assert one.careflow.title == other.careflow.title
    pd.testing.assert_frame_equal(charts.chart_data(one), charts.chart_data(other))


@pytest.mark.parametrize("to", ["php", ["php", "iop"], "left care"])
def test_rates_of_one_move_are_drawn_as_that_move(moves, to):
    """Neither as the step-down of all that left, which is another number, nor as a level without stays."""
    one = cf.transition_rates(moves, frm="24-hour", to=to, by="quarter")
    drawn = charts.chart_data(charts.trend(one))["value"].dropna().tolist()
    assert drawn == one.frame["rate"][: len(drawn)].tolist()
    assert drawn
    by_facility = charts.funnel(cf.transition_rates(moves, frm="residential", to=to, by="facility"))
    counts = cf.transition_rates(moves, frm="residential", to=to, by="facility").frame["n"].tolist()
    assert sorted(charts.chart_data(by_facility)["n"].tolist()) == sorted(counts)
