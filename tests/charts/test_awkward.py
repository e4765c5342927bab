"""Acceptance R1 and P1: awkward results are drawn too, quietly, and in time."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support import sample_results
from support.words import words

from careflow import Calendar, charts
from careflow.charts.drawing.export import render
from careflow.continuum import Continuum

TABLES = ("frame", "directions", "curve")
NAMES = ["$x_1$ & <b>", "{up:a} **b**", "A_name_of_forty_characters_without_space_", "日本 $", "e\u0301tage 5%"]


def drawn_quietly(draw):
    """Draw and write a chart, with every warning an error but that of a cut name."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", charts.CareflowLabelWarning)
        ax = draw()
        assert render(ax, "svg")
        assert render(ax, "png")
    return ax


def every(rates, stays, quarters):
    return [
        lambda: charts.flow_map(rates, stays=stays),
        lambda: charts.transition_matrix(rates),
        lambda: charts.length_of_stay(stays),
        lambda: charts.trend(quarters),
        lambda: charts.kaplan_meier(stays),
    ]


def without(result, **columns):
    """A result with some columns set to one value everywhere, in all its frames."""
    frames = {}
    for name in TABLES:
        if not hasattr(result, name):
            continue
        table = getattr(result, name)
        frames[name] = table.assign(**{c: v for c, v in columns.items() if c in table.columns or c == "hidden"})
    return replace(result, **frames)


@pytest.mark.slow
def test_an_empty_result_is_a_frame_that_says_so():
    def empty(result):
        return replace(result, **{name: getattr(result, name).head(0) for name in TABLES if hasattr(result, name)})

    rates, stays, quarters = sample_results.rates(5), sample_results.stays(5), sample_results.rates(5, by="quarter")
    for draw in every(empty(rates), empty(stays), empty(quarters)):
        ax = drawn_quietly(draw)
        assert "No stays in this selection" in words(ax)


@pytest.mark.slow
def test_nothing_counted_is_a_frame_that_says_so():
    zero = {"n": 0.0, "of": 0.0, "rate": np.nan, "se": np.nan, "low": np.nan, "high": np.nan, "median": np.nan}
    rates = without(sample_results.rates(5, masked=False), **zero)
    stays = without(sample_results.stays(5), **zero)
    quarters = without(sample_results.rates(5, by="quarter", masked=False), **zero)
    for draw in every(rates, stays, quarters)[:4]:
        assert "No stays in this selection" in words(drawn_quietly(draw))


@pytest.mark.slow
def test_true_zeros_are_drawn_as_zeros(look):
    rates = without(sample_results.rates(5, masked=False), n=0.0, rate=0.0, se=0.0, low=0.0, high=0.01)
    ax = drawn_quietly(lambda: charts.transition_matrix(rates))
    assert [word.text for word in look(ax).words].count("0") == 20 + 15
    drawn_quietly(lambda: charts.flow_map(rates))


@pytest.mark.slow
def test_a_result_that_is_all_suppressed_is_drawn():
    for draw in every(
        without(sample_results.rates(5), hidden=True), without(sample_results.stays(5), hidden=True),
        without(sample_results.rates(5, by="quarter"), hidden=True),
    )[:4]:  # fmt: skip
        ax = drawn_quietly(draw)
        assert ax.careflow.suppressed > 0


@pytest.mark.slow
def test_one_single_stay_is_drawn():
    rates = sample_results.rates(2, masked=False)
    frame = rates.frame.assign(n=0.0, of=0.0, rate=np.nan, se=np.nan, low=np.nan, high=np.nan)
    one = frame["from"] == frame["from"].iloc[0]
    frame.loc[one, ["of", "rate", "low", "high", "se"]] = [1.0, 0.0, 0.0, 0.9, 0.0]
    frame.loc[one & (frame["to"] == frame["to"].cat.categories[1]), ["n", "rate", "high"]] = [1.0, 1.0, 1.0]
    totals = rates.directions.assign(n=0.0, rate=0.0)
    drawn_quietly(lambda: charts.flow_map(replace(rates, frame=frame, directions=totals)))
    drawn_quietly(lambda: charts.transition_matrix(replace(rates, frame=frame, directions=totals)))
    stays = sample_results.stays(2)
    few = replace(stays, frame=stays.frame.assign(n=1.0), curve=stays.curve.assign(at_risk=1.0, events=0.0))
    drawn_quietly(lambda: charts.length_of_stay(few))
    drawn_quietly(lambda: charts.kaplan_meier(few))


@pytest.mark.slow
def test_missing_intervals_are_left_out():
    gone = {"low": np.nan, "high": np.nan, "se": np.nan, "median_low": np.nan, "median_high": np.nan, "q75": np.nan}
    for draw in every(
        without(sample_results.rates(5), **gone),
        without(sample_results.stays(5), **gone),
        without(sample_results.rates(5, by="quarter"), **gone),
    ):
        drawn_quietly(draw)


@pytest.mark.slow
def test_a_median_that_is_not_reached_is_said_to_be():
    stays = sample_results.stays(5)
    frame = stays.frame.copy()
    frame.loc[frame["level"] == "outpatient", ["median", "median_low", "median_high", "q75"]] = np.nan
    said = words(drawn_quietly(lambda: charts.length_of_stay(replace(stays, frame=frame))))
    assert "not reached" in said


@pytest.mark.slow
def test_odd_names_are_drawn_as_they_are():
    care = Continuum.of(NAMES)
    rates, quarters = sample_results.rates(care=care), sample_results.rates(care=care, by="quarter")
    for draw in (
        lambda: charts.flow_map(rates),
        lambda: charts.transition_matrix(rates),
        lambda: charts.trend(quarters),
        lambda: charts.trend(quarters, frm=NAMES[0], to=NAMES[1]),
        lambda: charts.p_chart(quarters, NAMES[1], measure="step-down"),
    ):
        with warnings.catch_warnings():
            # No bundled font has Japanese; careflow says so once a chart, and matplotlib nothing.
            warnings.filterwarnings("ignore", category=charts.CareflowLabelWarning)
            ax = draw()
            render(ax, "svg")
    said = words(charts.transition_matrix(rates, short_labels={NAMES[2]: "40", NAMES[3]: "J"}))
    assert NAMES[0] in said
    assert NAMES[1] in said


@pytest.mark.slow
def test_a_name_that_must_be_cut_is_cut_with_a_warning():
    care = Continuum.of(["Unabbreviatedly" * 3, "Short"])
    with pytest.warns(charts.CareflowLabelWarning, match="short_labels="):
        words(charts.flow_map(sample_results.rates(care=care)))


@pytest.mark.slow
def test_short_labels_are_printed_instead():
    care = sample_results.continuum(12)
    short = {name: name.split()[0] for name in care.names}
    said = words(charts.transition_matrix(sample_results.rates(12), short_labels=short))
    assert "4.0" in said
    assert "4.0 Inpatient" not in said


def test_lateral_moves_are_in_the_matrix_and_not_on_the_map():
    """Moves between levels of which neither is above the other."""
    care = Continuum("partial", ("a", "b", "c"), above=(("a", "b"), ("a", "c")))
    rates = sample_results.rates(care=care, masked=False)
    frame = rates.frame
    frame.loc[(frame["from"] == "b") & (frame["to"] == "c"), ["n", "rate"]] = [50.0, 50.0 / 900]
    assert set(frame.loc[(frame["from"] == "b") & (frame["to"] == "c"), "direction"]) == {"lateral"}
    flow = charts.chart_data(charts.flow_map(rates))
    assert not ((flow["from"] == "b") & (flow["to"] == "c")).any()
    matrix = charts.transition_matrix(rates)
    assert "neither up nor down" in matrix.careflow.notes


@pytest.mark.slow
def test_results_without_a_source_are_drawn():
    rates = sample_results.rates(care=Continuum.of(["a", "b"]))
    bare = replace(rates, about=replace(rates.about, source="", persons=0))
    ax = drawn_quietly(lambda: charts.flow_map(bare))
    assert "Source" not in ax.careflow.notes


@pytest.mark.slow
def test_fiscal_quarters_years_and_months_are_named_on_the_axis(look):
    for by, values, wanted in (
        ("quarter", ("FY2025Q4", "FY2026Q1", "FY2026Q2"), "Q1\nFY2026"),
        ("year", ("2023", "2024", "2025"), "2025"),
        ("month", ("2025-01", "2025-02", "2025-07"), "Jan\n2025"),
    ):
        rates = sample_results.rates(5, by=by, values=values)
        calendar = Calendar(fiscal_start=7 if values[0].startswith("FY") else 1)
        rates = replace(rates, about=replace(rates.about, calendar=calendar))
        ax = drawn_quietly(lambda rates=rates: charts.trend(rates))
        assert wanted in [word.text for word in look(ax).words]


@pytest.mark.slow
def test_months_of_pandas_strings_are_read(results):
    rates = results("quarters", 5)
    frame = rates.frame.assign(quarter=rates.frame["quarter"].astype("string"))
    totals = rates.directions.assign(quarter=rates.directions["quarter"].astype("string"))
    ax = charts.trend(replace(rates, frame=frame, directions=totals))
    assert isinstance(charts.chart_data(ax), pd.DataFrame)
