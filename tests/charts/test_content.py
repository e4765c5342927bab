"""Acceptance A3, F1 to F3: what is said is said on every chart, and every number drawn is the result's."""

import inspect

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Polygon
from support import sample_results
from support.made_up import CELLS, linked, made_up
from support.words import words

import careflow as cf
from careflow import charts, formatting
from careflow.errors import ArgumentError

KINDS = (
    "flow_map", "transition_matrix", "trend", "length_of_stay", "alluvial", "cumulative_incidence", "kaplan_meier",
    "time_to_next", "chronogram", "sequence_index", "funnel", "p_chart", "xmr", "census", "expected_days",
    "waterfall", "bounds", "fan",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_says_what_it_is_of_whom_how_many_and_from_where(kind, make):
    info = make(kind, 5, "notebook").careflow
    assert info.kind == kind
    assert info.title
    assert info.subtitle
    assert "n = " in info.notes
    assert "Source: made-up data." in info.notes
    assert isinstance(info.data, pd.DataFrame)
    assert len(info.data)


@pytest.mark.parametrize("kind", KINDS)
def test_suppression_is_said_if_and_only_if_something_is_suppressed(kind, make):
    info = make(kind, 5, "notebook").careflow
    assert ("suppressed (fewer than 11" in info.notes) == (info.suppressed > 0)


def test_an_unprotected_result_says_nothing_of_suppression():
    info = charts.flow_map(sample_results.rates(5, masked=False)).careflow
    assert info.suppressed == 0
    assert "suppressed" not in info.notes + info.alt


@pytest.mark.slow
@pytest.mark.parametrize("levels", [8, 12])
def test_moves_that_are_not_drawn_are_counted_in_the_note(levels, make):
    info = make("flow_map", levels, "notebook").careflow
    assert info.dropped_edges
    assert f"{len(info.dropped_edges)} transitions under" in info.notes


@pytest.mark.parametrize("kind", KINDS)
def test_the_description_has_at_most_600_characters(kind, make):
    """It says the kind of chart, the population, n and the largest values."""
    alt = charts.alt_text(make(kind, 5, "notebook"))
    assert len(alt) <= 600
    assert "2025" in alt
    assert "n = " in alt
    assert "Largest: " in alt


@pytest.mark.slow
def test_a_long_title_leaves_the_description_in_600_characters():
    assert len(charts.alt_text(charts.length_of_stay(sample_results.stays(5), title="long " * 300))) == 600


@pytest.mark.slow
def test_the_analyst_s_words_replace_the_neutral_ones(look):
    ax = charts.flow_map(
        sample_results.rates(5), title="Half of PHP steps down", subtitle="Stays that {down:went down}, **all**",
        source="X",
        notes="Checked twice.",
    )  # fmt: skip
    info = ax.careflow
    assert (info.title, info.subtitle) == ("Half of PHP steps down", "Stays that went down, all")
    assert "Checked twice. Source: X." in info.notes
    coloured = [word for word in look(ax).words if word.text.startswith("went down")]
    assert [word.color for word in coloured] == ["#0B5688"]


@pytest.mark.slow
def test_an_empty_title_leaves_none(look):
    ax = charts.length_of_stay(sample_results.stays(2), title="")
    assert ax.careflow.title == ""
    assert max(word.size for word in look(ax).words) == 11.2


@pytest.mark.slow
def test_the_flow_map_prints_the_shares_of_the_result(results, make, look):
    frame = results("rates", 5).frame
    said = [word.text for word in look(make("flow_map", 5, "notebook")).words]
    data = charts.chart_data(make("flow_map", 5, "notebook"))
    arcs = data[data["mark"] == "arc"]
    for _, arc in arcs[~arcs["hidden"]].iterrows():
        row = frame[(frame["from"] == arc["from"]) & (frame["to"] == arc["to"])].iloc[0]
        assert (arc["n"], arc["rate"]) == (row["n"], row["rate"])
        assert formatting.percent(row["rate"]) in said
        assert formatting.span(row["low"], row["high"]) in said
    assert len(arcs) == int(
        (frame["direction"].isin(["step-down", "step-up"]) & (frame["hidden"] | (frame["n"] > 0))).sum()
    )


@pytest.mark.slow
def test_arcs_are_as_wide_as_their_counts(results):
    ax = charts.flow_map(results("rates", 5))
    ax.figure.canvas.draw()
    widths = []
    for mark in ax.figure.findobj(Polygon):
        points = mark.get_xy()[:-1]
        if to_hex(mark.get_facecolor()).upper() in ("#0F6499", "#DE7A16") and len(points) > 90:
            middle = (len(points) - 3) // 4
            widths.append(float(np.linalg.norm(points[middle] - points[-middle - 1])))
    arcs = ax.careflow.data.query("mark == 'arc' and not hidden").sort_values("n", ascending=False)
    drawn = np.array(sorted(widths, reverse=True))
    scale = drawn[0] / arcs["n"].iloc[0]
    wanted = np.maximum(arcs["n"].to_numpy() * scale, 0.9)
    assert drawn == pytest.approx(wanted, rel=0.01)


@pytest.mark.slow
def test_the_matrix_prints_every_cell(results, make, look):
    data = charts.chart_data(make("transition_matrix", 5, "notebook"))
    frame = results("rates", 5).frame
    said = [word.text for word in look(make("transition_matrix", 5, "notebook")).words]
    for _, cell in data[~data["hidden"] & (data["n"] > 0) & (data["from"] != data["to"])].iterrows():
        row = frame[(frame["from"] == cell["from"]) & (frame["to"] == cell["to"])].iloc[0]
        assert cell["rate"] == row["rate"]
        assert formatting.percent(row["rate"]) in said
    assert said.count("s") == int(data["hidden"].sum())


def test_a_row_of_the_matrix_sums_to_all_discharges():
    result = sample_results.rates(5, masked=False)
    data = charts.chart_data(charts.transition_matrix(result))
    assert data.groupby("from")["n"].sum().to_dict() == data.groupby("from")["of"].first().to_dict()


def test_the_trend_draws_every_quarter_of_the_result(results, make):
    totals = results("quarters", 5).directions
    data = charts.chart_data(make("trend", 5, "notebook"))
    for name, part in data.groupby("level"):
        rows = totals[(totals["from"] == name) & (totals["direction"] == "step-down")]
        assert part["value"].tolist() == pytest.approx(rows["rate"].tolist(), nan_ok=True)
        assert part["mature"].tolist() == rows["mature"].tolist()


@pytest.mark.slow
def test_the_latest_mature_quarter_stands_above_each_panel(results, make, look):
    totals = results("quarters", 5).directions
    said = [word.text for word in look(make("trend", 5, "notebook")).words]
    for name in ("inpatient", "residential", "php", "iop"):
        rows = totals[(totals["from"] == name) & (totals["direction"] == "step-down") & totals["mature"]]
        assert formatting.percent(rows["rate"].iloc[-1]) in said


@pytest.mark.slow
def test_the_median_is_the_same_on_the_flow_map_and_on_the_length_of_stay(results, make, look):
    medians = [formatting.days(v) for v in results("stays", 5).frame["median"]]
    for kind in ("flow_map", "length_of_stay"):
        said = [word.text for word in look(make(kind, 5, "notebook")).words]
        assert set(medians) <= set(said)


@pytest.mark.slow
def test_the_median_is_the_same_on_length_of_stay_and_its_trend(results, look):
    stays = results("stay quarters", 5)
    one = charts.chart_data(charts.length_of_stay(stays, quarter="2025Q4")).set_index("level")["median"]
    over = charts.chart_data(charts.trend(stays)).query("period == '2025Q4'").set_index("level")["value"]
    assert one.to_dict() == over.to_dict()


def test_each_dot_of_the_length_of_stay_stands_for_at_least_11_stays():
    data = charts.chart_data(charts.length_of_stay(sample_results.stays(5, by="quarter")))
    drawn = data[data["dots"] > 0]
    assert len(drawn)
    assert (drawn["n"] / drawn["dots"] >= 11).all()


@pytest.mark.slow
def test_the_order_of_levels_is_that_of_the_continuum(results, look):
    names = ["Inpatient", "Residential", "PHP", "IOP", "Outpatient"]
    page = look(charts.expected_days(results("expected days", 5)))
    heights = {word.text: word.box.y0 for word in page.words if word.text in names}
    assert sorted(heights, key=heights.get, reverse=True) == names


def test_the_latest_mature_quarter_is_drawn_by_default(results):
    ax = charts.flow_map(results("quarters", 5))
    assert "2025\u00a0Q3" in ax.careflow.subtitle


def test_a_quarter_that_is_not_yet_mature_says_so(results):
    ax = charts.flow_map(results("quarters", 5), quarter="2025Q4")
    assert "Not yet mature: 64% of discharges or more followed" in ax.careflow.subtitle


def test_a_quarter_that_is_not_there_is_answered_with_those_that_are(results):
    with pytest.raises(ArgumentError, match="no quarter '1999Q1' in this result; there are 2023Q1"):
        charts.flow_map(results("quarters", 5), quarter="1999Q1")


def test_a_stratum_that_must_be_chosen_is_named(results):
    with pytest.raises(ArgumentError, match=r"22 values of 'facility': choose one with where="):
        charts.flow_map(results("facilities", 5))
    ax = charts.flow_map(results("facilities", 5), where={"facility": "Facility C"})
    assert "at Facility C" in ax.careflow.subtitle


def test_a_wrong_result_is_answered_with_the_right_function(results):
    said = (
        r"charts\.flow_map\(\) draws transition rates \(made by careflow\.transition_rates\(\)\)"
        r".*LengthOfStay.*charts\.length_of_stay"
    )
    with pytest.raises(TypeError, match=said):
        charts.flow_map(results("stays", 5))
    with pytest.raises(ArgumentError, match=r"transition rates .* or lengths of stay .*, not dict"):
        charts.trend({})
    with pytest.raises(TypeError, match="gap clock"):
        charts.time_to_next(results("incidence", 5))


def test_a_misspelt_option_is_caught(results):
    with pytest.raises(TypeError, match=r"charts\.length_of_stay\(\) takes no 'titel'"):
        charts.length_of_stay(results("stays", 5), titel="x")


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_takes_the_same_options_and_says_so(kind):
    signature = inspect.signature(getattr(charts, kind))
    for name in ("ax", "title", "subtitle", "notes", "source", "header", "short_labels", "emphasis", "audience"):
        assert signature.parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert name in getattr(charts, kind).__doc__
    assert "look" not in signature.parameters


def test_an_unknown_level_or_measure_is_answered_with_the_known_ones(results):
    with pytest.raises(ArgumentError, match="no level 'detox' in this continuum; it has 'inpatient'"):
        charts.trend(results("quarters", 5), frm="detox")
    with pytest.raises(ArgumentError, match="no measure 'sideways'; there are 'step-down'"):
        charts.trend(results("quarters", 5), measure="sideways")
    with pytest.raises(ArgumentError, match="say which level"):
        charts.cumulative_incidence(results("incidence", 5))


@pytest.mark.slow
def test_emphasis_pales_the_rest(results):
    plain = charts.flow_map(results("rates", 5))
    strong = charts.flow_map(results("rates", 5), emphasis=[("php", "iop")])

    def patches(ax):
        ax.figure.canvas.draw()
        return ax.figure.findobj(Polygon)

    def blues(ax):
        return sum(tuple(np.round(p.get_facecolor()[:3], 3)) == (0.059, 0.392, 0.6) for p in patches(ax))

    assert blues(strong) == 1
    assert blues(plain) > 1


def test_chart_data_is_a_copy(make):
    ax = make("length_of_stay", 5, "notebook")
    data = charts.chart_data(ax)
    data["median"] = 0
    assert (charts.chart_data(ax)["median"] > 0).all()


@pytest.mark.slow
def test_an_alluvial_chart_by_day_is_about_who_was_followed_and_says_so():
    moves = linked(made_up())
    ax = charts.alluvial(cf.pathways(moves, days=(0, 14, 60)), by="day")
    said = " ".join(words(ax))
    assert "every one followed for 60 days" in ax.careflow.subtitle
    for head in ("Day 0", "Day 14", "Day 60"):
        assert head in said
    assert ax.careflow.data["n"].sum() > 0
    with pytest.raises(ArgumentError, match="these are by day"):
        charts.alluvial(cf.pathways(moves, days=(0, 14)), by="stay")
    with pytest.raises(ArgumentError, match=r"pathways\(\.\.\., days=\(0, 30, 90\)\)"):
        charts.alluvial(cf.pathways(moves), by="day")


@pytest.mark.slow
def test_an_alluvial_chart_with_a_suppressed_pathway_tells_no_shares():
    """Shares are told only where no pathway is suppressed."""
    paths = cf.pathways(linked(made_up({**CELLS, ("php", "other"): 1})), steps=3)
    gathered, masked = charts.alluvial(paths.gathered()), charts.alluvial(cf.protect(paths, progress=False)[0])
    heads = [text for text in words(gathered) if "%)" in text]
    assert heads
    assert all(head.startswith("at least ") for head in heads), "who went on by rarer ways may have gone to a level"
    assert "%)" not in " ".join(words(masked))
    assert "longer ones more often" in masked.careflow.notes
