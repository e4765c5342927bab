"""A comparison has a row for each difference: its number, its interval, ink where a test says so, nothing hidden."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from support import sample_results
from support.made_up import CELLS, linked, made_up
from support.words import words, words_drawn

import careflow as cf
from careflow import charts
from careflow.charts.drawing.palette import INK
from careflow.errors import ArgumentError


def shares(**more):
    """Made-up differences of rates, none hidden; ``more`` replaces columns."""
    one = sample_results.comparison(5, masked=False)
    frame = one.frame.copy()
    for name, value in more.items():
        frame[name] = value
    return replace(one, frame=frame)


@pytest.mark.slow
def test_a_difference_is_that_of_the_two_rates_of_hand_counted_cells():
    """Every quarter has the same made-up discharges, 60 of 175 from residential to PHP: all differences are 0."""
    moves = linked(made_up())
    rates = cf.transition_rates(moves, by="quarter")
    ax = charts.comparison(rates.compare("2024Q1", "2024Q2"), frm="residential")
    data = charts.chart_data(ax).set_index("to")
    total = sum(n for (frm, _), n in CELLS.items() if frm == "residential")
    assert data.loc["php", ["difference", "first", "second"]].tolist() == [0.0, 60 / total, 60 / total]
    assert not data["clear"].any()
    assert f"n = {2 * total} discharges on both sides." in ax.careflow.notes
    assert "34% → 34%" in words(ax)
    assert ax.careflow.title == "Transitions from Residential within 30 days: 2024\u00a0Q2 against 2024\u00a0Q1"


@pytest.mark.slow
def test_rows_are_in_the_order_of_the_continuum_and_the_clearest_are_kept():
    whole = charts.chart_data(charts.comparison(shares(), top=500))
    table = shares().frame
    order = [(str(a), str(b)) for a, b in zip(table["from"], table["to"], strict=True)]
    assert list(zip(whole["from"], whole["to"], strict=True)) == order
    few = charts.chart_data(charts.comparison(shares(), top=7))
    kept = list(zip(few["from"], few["to"], strict=True))
    assert kept == [pair for pair in order if pair in kept]
    smallest = table.nsmallest(7, "p")
    assert set(kept) == {(str(a), str(b)) for a, b in zip(smallest["from"], smallest["to"], strict=True)}


def test_ink_follows_the_adjusted_p_value_and_not_the_interval():
    """The first row is clear after correction, the second before it only, though no interval has 0."""
    result = shares()
    frame = result.frame.iloc[:2].assign(
        difference=[0.1, 0.1], low=[0.05, 0.01], high=[0.15, 0.19], p=[0.001, 0.03], p_adjusted=[0.002, 0.06]
    )
    ax = charts.comparison(replace(result, frame=frame))
    assert charts.chart_data(ax)["clear"].tolist() == [True, False]
    lines = {line.get_ydata()[0]: to_hex(line.get_color()).upper() for line in ax.lines if len(line.get_xdata()) == 2}
    assert lines[0] == INK
    assert lines[1] != INK


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "rows"),
    [({"frm": "PHP", "to": "Left-Early"}, 1), ({"to": "step-down"}, 5), ({"to": "php"}, 5), ({"frm": "rtc"}, 15)],
)
def test_rows_are_chosen_by_level_outcome_or_direction(given, rows):
    assert len(charts.chart_data(charts.comparison(shares(), top=100, **given))) == rows


@pytest.mark.slow
def test_the_axis_is_in_shares_and_says_points():
    ax = charts.comparison(shares())
    low, high = ax.get_xlim()
    assert -1 < low < 0 < high < 1
    assert ax.get_xlabel() == "Percentage points"
    FigureCanvasAgg(ax.figure).draw()
    assert "0" in [tick.get_text() for tick in ax.get_xticklabels()]
    assert "+" in ax.xaxis.get_major_formatter()(0.05)
    assert ax.xaxis.get_major_formatter()(-0.05) == "−5 points"


@pytest.mark.slow
def test_lengths_of_stay_are_compared_in_days_by_level():
    stays = cf.length_of_stay(linked(made_up()), by="quarter")
    ax = charts.comparison(stays.compare("2024Q1", "2024Q2", measure="median"))
    data = charts.chart_data(ax)
    assert list(data.columns[:2]) == ["level", "difference"]
    assert ax.get_xlabel() == "Days"
    assert "no test, so none is in ink" in ax.careflow.subtitle
    with pytest.raises(ArgumentError, match="give frm= alone"):
        charts.comparison(stays.compare("2024Q1", "2024Q2"), to="php")


@pytest.mark.slow
def test_a_hidden_row_is_an_s_and_no_number_of_it_is_anywhere():
    files = []
    for secret in (0.31, -0.44):
        one = sample_results.comparison(5)
        frame = one.frame.copy()
        hidden = frame["hidden"]
        frame.loc[hidden, ["difference", "low", "high", "rate_1", "rate_2", "n_1", "n_2"]] = secret
        frame.loc[hidden, ["p", "p_adjusted"]] = abs(secret) / 1000
        ax = charts.comparison(replace(one, frame=frame), frm="inpatient", top=20)
        assert ax.careflow.suppressed > 0
        assert "s: suppressed" in ax.careflow.notes
        files.append((ax.careflow.alt, ax.get_xlim(), charts.chart_data(ax).to_csv(), words(ax)))
    assert files[0] == files[1]
    assert "s" in files[0][3]


@pytest.mark.slow
def test_a_row_with_nobody_on_one_side_is_counted_and_not_drawn():
    result = shares()
    frame = result.frame.copy()
    frame.loc[frame["from"].astype(str) == "php", ["difference", "low", "high", "p", "p_adjusted", "rate_1"]] = np.nan
    ax = charts.comparison(replace(result, frame=frame), top=100)
    assert "php" not in set(charts.chart_data(ax)["from"])
    assert "15 with nobody on one side not drawn." in ax.careflow.notes
    alone = charts.comparison(replace(result, frame=frame), frm="php")
    assert "Nobody on one of the two sides" in words(alone)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "top"), [((5, 3), 12), ((14, 9), 30), ((6, 6), 12)])
def test_names_and_numbers_of_rows_never_collide(size, top, recwarn):
    ax = charts.comparison(shares(), top=top, ax=Figure(figsize=size, layout="constrained").subplots())
    with words_drawn() as drawn:
        FigureCanvasAgg(ax.figure).draw()
    boxes = [box.shrunk(1, 0.76) for _, box in drawn.values()]
    met = [
        (one, other) for i, one in enumerate(boxes) for other in boxes[:i]
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 1 and min(one.y1, other.y1) - max(one.y0, other.y0) > 1
    ]  # fmt: skip
    assert not met
    assert ("names" in ax.careflow.left_out) == (size == (5, 3))
