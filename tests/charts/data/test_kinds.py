"""Every chart draws the kinds of results that the table of kinds names, and refuses the rest in words."""

import sys
import typing

import pandas as pd
import pytest
from support.made_up import linked, made_up
from support.words import words

import careflow as cf
import careflow.estimate
from careflow import charts
from careflow.charts.data.kinds import KINDS, kinds_of
from careflow.errors import ArgumentError, CareflowError

CHARTS = sorted({chart for kind in KINDS for chart in kind.charts} - {"headline", "explore"})


@pytest.mark.parametrize("name", CHARTS)
def test_the_types_of_a_chart_are_those_of_the_table(name):
    chart = getattr(charts, name)
    module = sys.modules[chart.__wrapped__.__module__]
    hints = typing.get_type_hints(chart.__wrapped__, {**vars(module), **vars(careflow.estimate)})
    said = typing.get_args(hints["result"]) or (hints["result"],)
    assert {one.__name__ for one in said} == {kind.result for kind in kinds_of(name)}


@pytest.mark.parametrize("name", [*CHARTS, "headline"])
@pytest.mark.parametrize("given", [None, {}, pd.DataFrame({"from": [1]}), "rates"])
def test_what_is_no_result_is_refused_in_words(name, given):
    says = "give the result itself, not its frame" if isinstance(given, pd.DataFrame) else f"not {type(given).__name__}"
    with pytest.raises(ArgumentError, match=rf"charts\.{name}\(\) draws .*{says}"):
        getattr(charts, name)(given)


def test_a_return_is_never_drawn_as_a_move():
    back = cf.bounce_back(linked(made_up()))
    for name in set(CHARTS) - {"trend", "funnel", "p_chart"}:
        with pytest.raises(TypeError, match=r"not Returns: .*\(made by careflow\.bounce_back\(\)\): charts\.trend\(\)"):
            getattr(charts, name)(back)


@pytest.mark.slow
def test_intensities_are_drawn_by_the_trend_alone_and_never_as_a_share():
    moves = linked(made_up())
    rates = cf.transition_rates(moves, by="quarter", method="intensity")
    for name in set(CHARTS) - {"trend"} | {"headline"}:
        with pytest.raises(CareflowError, match="careflow"):
            getattr(charts, name)(rates)
    ax = charts.trend(rates, frm="php")
    text = " ".join([ax.careflow.title, ax.careflow.subtitle, *words(ax)])
    assert "per 100 person-days" in text
    assert "%" not in text.replace("95%", "")


@pytest.mark.slow
def test_the_interval_is_named_by_its_own_coverage():
    rates = cf.transition_rates(linked(made_up()), by="quarter", confidence=0.9)
    assert "90% CI" in charts.trend(rates).careflow.subtitle


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"capacity": {}}, "capacity is one number of places .*; it was a dict"),
        ({"capacity": True}, "capacity is one number"),
        ({"where": "A"}, "where is labels by stratum"),
        ({"ax": 3}, "ax is an Axes of matplotlib; it was 3"),
    ],
)
def test_an_option_of_the_wrong_type_is_answered_with_what_it_may_be(results, option, said):
    with pytest.raises(ArgumentError, match=said):
        charts.census(results("census", 5), **option)
