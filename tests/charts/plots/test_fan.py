"""The fan draws what is expected, what was, and what was expected earlier; outside only what is expected, by week."""

from dataclasses import replace

import numpy as np
import pytest
from support.sample_results import answers

from careflow import charts
from careflow.errors import ArgumentError


def lines(ax):
    return [line for line in ax.get_lines() if len(line.get_xdata()) > 2]


@pytest.fixture(scope="module")
def projection():
    made = answers.projection(5)
    whole = made.frame.drop(columns="hidden")
    whole.loc[whole["census"].isna() & ~whole["refused"], ["census", "low", "high"]] = 40.0
    return made.with_frame(whole)


def test_each_line_is_the_number_of_the_result(projection):
    ax = charts.fan(projection, "php")
    rows = projection.frame[projection.frame["level"] == "php"]
    *replayed, history, as_is, what_if = lines(ax)
    assert len(replayed) == 4
    assert len(history.get_xdata()) == 365
    assert as_is.get_ydata()[1:].tolist() == rows[rows["scenario"] == "as is"]["census"].tolist()
    assert what_if.get_ydata()[1:].tolist() == rows[rows["scenario"] == "what if"]["census"].tolist()
    assert as_is.get_ydata()[0] == history.get_ydata()[-1]
    assert len(ax.collections) == 2


@pytest.mark.parametrize("look", [{"audience": "external"}, {}])
def test_outside_and_of_a_release_only_what_is_expected_is_drawn_by_week(projection, look):
    result = projection if look else projection.with_frame(projection.frame.assign(hidden=False))
    ax = charts.fan(result, "php", **look)
    for line in lines(ax):
        assert np.diff(line.get_xdata()).tolist() == [7.0] * 11
    assert set(ax.careflow.data["ahead"] % 7) == {0}


def test_a_refused_level_has_its_past_and_no_projection(projection):
    ax = charts.fan(projection, "outpatient")
    assert len(lines(ax)) == 5
    assert ax.careflow.title == "In care at Outpatient: not projected"
    assert "The projection does not speak for this level" in ax.careflow.notes


def test_of_several_levels_one_must_be_chosen(projection):
    with pytest.raises(
        ArgumentError, match=r"say which level: level= one of 'inpatient', 'residential', 'php', 'iop'$"
    ):
        charts.fan(projection)
    alone = projection.frame[projection.frame["level"].isin(["iop", "outpatient"])]
    assert "IOP" in charts.fan(replace(projection, frame=alone)).careflow.title
