"""Acceptance S1 to S3: a masked number is nowhere, not in the words and not in the geometry."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support import sample_results

from careflow import charts
from careflow.charts.drawing.export import render
from careflow.charts.drawing.rich_text import unmarked
from careflow.errors import DisclosureError

VALUES = ["n", "rate", "se", "low", "high"]


def careless(levels=5, by=None):
    """Rates whose hidden rows still hold their numbers: a chart must not rely on someone else to blank them."""
    whole = sample_results.rates(levels, by=by, masked=False)
    hidden = sample_results.rates(levels, by=by)
    frame = whole.frame.assign(hidden=hidden.frame["hidden"].to_numpy())
    totals = whole.directions.assign(hidden=hidden.directions["hidden"].to_numpy())
    return replace(whole, frame=frame, directions=totals)


def moved(result, seed=1):
    """The same result with other numbers under its masks."""
    rng = np.random.default_rng(seed)
    frame, totals = result.frame.copy(), result.directions.copy()
    for table in (frame, totals):
        secret = table["hidden"].to_numpy()
        for column in VALUES:
            table.loc[secret, column] = rng.uniform(0, 0.3, secret.sum())
        table.loc[secret, "n"] = rng.integers(0, 400, secret.sum())
    return replace(result, frame=frame, directions=totals)


@pytest.mark.slow
@pytest.mark.parametrize(
    "draw",
    [
        charts.flow_map,
        charts.transition_matrix,
        lambda r: charts.flow_map(r, show_suppressed=True, min_share=0),
        lambda r: charts.flow_map(r, emphasis=["php"]),
    ],
)
@pytest.mark.parametrize("levels", [5, 8])
def test_what_is_under_a_mask_changes_no_byte(draw, levels):
    result = careless(levels)
    assert result.frame.loc[result.frame["hidden"], "n"].notna().all()
    assert render(draw(result), "svg") == render(draw(moved(result)), "svg")


@pytest.mark.slow
@pytest.mark.parametrize(
    "draw",
    [
        charts.trend,
        lambda r: charts.trend(r, to="left early"),
        lambda r: charts.trend(r, frm="inpatient", to="outpatient"),
        lambda r: charts.p_chart(r, "inpatient", measure="step-down"),
    ],
)
def test_what_is_under_a_mask_changes_no_byte_over_time(draw):
    result = careless(5, by="quarter")
    assert render(draw(result), "svg") == render(draw(moved(result)), "svg")


@pytest.mark.slow
def test_masked_pathways_change_no_byte():
    whole = sample_results.pathways(5, masked=False)
    hidden = whole.frame["n"] < 11
    one = replace(whole, frame=whole.frame.assign(hidden=hidden))
    other = replace(one, frame=one.frame.assign(n=one.frame["n"].where(~hidden, 3.0), share=0.0))
    for draw in (charts.alluvial, charts.sequence_index):
        assert render(draw(one), "svg") == render(draw(other), "svg")


@pytest.mark.slow
def test_a_masked_level_of_stays_changes_no_byte():
    stays = sample_results.stays(5)
    frame = stays.frame.assign(hidden=stays.frame["level"] == "php")
    one = replace(stays, frame=frame)
    other = replace(
        stays,
        frame=frame.assign(
            median=frame["median"].where(~frame["hidden"], 333.0), q75=frame["q75"].where(~frame["hidden"], 5.0)
        ),
    )
    assert render(charts.length_of_stay(one), "svg") == render(charts.length_of_stay(other), "svg")
    assert "1 value suppressed" in charts.alt_text(charts.length_of_stay(one))


@pytest.mark.slow
def test_a_masked_value_is_in_no_word_metadata_or_data():
    result = careless(5)
    marked = result.frame.copy()
    secret = marked["hidden"].to_numpy()
    marked.loc[secret, "n"] = 987_654.0
    marked.loc[secret, "rate"] = 0.87654
    result = replace(result, frame=marked)
    for draw in (charts.flow_map, charts.transition_matrix):
        ax = draw(result)
        written = b"".join(
            render(ax, form, **({"text": True} if form == "svg" else {})) for form in ("svg", "png", "pdf")
        )
        said = charts.alt_text(ax) + ax.careflow.notes + unmarked(ax.careflow.subtitle)
        for trace in ("987,654", "987654", "87654", "88%"):
            assert trace not in said
            assert trace.encode() not in written
        data = charts.chart_data(ax)
        assert data.loc[data["hidden"].astype(bool), ["n", "rate", "low", "high"]].isna().all().all()


def test_a_total_over_exactly_one_masked_move_is_masked_as_well():
    result = careless(5)
    frame, totals = result.frame.copy(), result.directions.assign(hidden=False)
    frame["hidden"] = (frame["from"] == "iop") & (frame["to"] == "php")
    ax = charts.flow_map(replace(result, frame=frame, directions=totals), table="full")
    cells = charts.chart_data(ax).query("mark == 'table' and `from` == 'iop'").set_index("to")
    assert bool(cells.loc["step-up", "hidden"])
    assert not bool(cells.loc["step-down", "hidden"])


@pytest.mark.slow
def test_a_lone_mask_beside_its_total_may_not_leave_the_house():
    result = careless(5)
    frame = result.frame.assign(hidden=(result.frame["from"] == "iop") & (result.frame["to"] == "php"))
    lone = replace(result, frame=frame)
    for draw in (charts.flow_map, charts.transition_matrix):
        draw(lone)
        with pytest.raises(DisclosureError, match=r"single masked cell beside its total"):
            draw(lone, audience="external")


def test_a_protected_table_may_leave_the_house():
    ax = charts.transition_matrix(sample_results.rates(5), audience="external")
    assert ax.careflow.suppressed > 0


@pytest.mark.slow
def test_outside_no_two_points_of_a_curve_are_fewer_than_11_events_apart():
    result = sample_results.incidence(5)
    n = {name: part["at_risk"].max() for name, part in result.frame.groupby(result.frame["from"].astype(str))}
    for level in n:
        data = charts.chart_data(charts.cumulative_incidence(result, level, audience="external"))
        for _, part in data.groupby("cause"):
            steps = np.diff(part["estimate"].to_numpy()) * n[level]
            # A step of the curve is at least events / entered, so 11 events show as 11 of all entered or more.
            assert ((steps < 1e-9) | (steps > 10.5)).all()


@pytest.mark.slow
def test_counts_under_a_curve_differ_by_0_or_more_than_10(look):
    """Counts beside each other in the risk table, on a chart for an external audience."""
    result = sample_results.incidence(5)
    for level in ("inpatient", "iop", "outpatient"):
        page = look(charts.cumulative_incidence(result, level, audience="external"))
        rows = {}
        for word in page.words:
            number = word.text.replace(",", "")
            if number.isdigit():
                rows.setdefault(round(word.box.y0), []).append((word.box.x0, int(number)))
        tables = [[n for _, n in sorted(row)] for row in rows.values() if len(row) > 1 and max(n for _, n in row) > 200]
        assert tables
        for row in tables:
            assert all(abs(b - a) == 0 or abs(b - a) > 10 for a, b in pairwise(row))


def test_outside_a_survival_curve_has_no_step_of_fewer_than_11_ends():
    result = sample_results.stays(5)
    n = result.frame.set_index("level")["n"]
    data = charts.chart_data(charts.kaplan_meier(result, levels=["php", "iop"], audience="external"))
    for name, part in data.groupby("group"):
        steps = -np.diff(part["survival"].to_numpy()) * n[name.lower()]
        assert (steps > 10).all()


@pytest.mark.slow
def test_outside_a_trend_carries_no_counts():
    ax = charts.trend(sample_results.rates(5, by="quarter"), audience="external")
    assert "n" not in charts.chart_data(ax).columns


@pytest.mark.slow
def test_outside_a_census_is_by_period_and_not_by_week():
    result = sample_results.census(5)
    assert "average of each quarter" in charts.census(result).careflow.subtitle
    assert "weekly average" in charts.census(result, daily=True).careflow.subtitle
    assert "average of each quarter" in charts.census(result, daily=True, audience="external").careflow.subtitle


def test_no_row_of_the_sequence_index_stands_for_fewer_than_11_journeys():
    result = sample_results.pathways(5, people=300, masked=False)
    rows = len(charts.chart_data(charts.sequence_index(result)))
    assert rows == 300 // 11


def test_facilities_with_few_events_are_not_drawn_in_a_funnel_and_counted(results):
    whole = sample_results.rates(5, by="facility", values=["A", "B", "C"], masked=False)
    totals = whole.directions.copy()
    few = (totals["facility"] == "B") & (totals["from"] == "iop") & (totals["direction"] == "step-down")
    totals.loc[few, "n"] = 4.0
    totals.loc[few, "rate"] = 4.0 / totals.loc[few, "of"]
    ax = charts.funnel(replace(whole, directions=totals), "iop")
    assert charts.chart_data(ax)["facility"].tolist().count("B") == 0
    assert "1 with 1–10 events or non-events" in ax.careflow.notes
