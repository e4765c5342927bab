"""Curves that went through protect(): known on some days, without counts, and drawn as lines between those."""

from dataclasses import replace

import numpy as np
import pytest
from support import sample_results

from careflow import charts
from careflow.charts.data.quantile_dots import quantiles

DAYS = [0, 14, 28, 49, 77, 105, 140]


def protected_stays():
    """Lengths of stay as a release has them: survival on some days, no counts."""
    stays = sample_results.stays(5)
    curve = stays.curve[stays.curve["day"].isin(DAYS)].assign(at_risk=np.nan, events=np.nan, hidden=False)
    return replace(stays, frame=stays.frame.assign(hidden=False), curve=curve)


def protected_incidence(clock="stay"):
    """Incidences as a release has them: only some days, "left care" instead of its reasons, no counts."""
    result = sample_results.incidence(5, clock=clock)
    kept = (*result.continuum.names, "left care") if clock == "stay" else result.continuum.names
    days = [int(result.frame.loc[result.frame["day"] >= day, "day"].min()) for day in (7, 21, 42, 70)]
    frame = result.frame[result.frame["to"].isin(kept) & result.frame["day"].isin(days)]
    survival = result.survival[result.survival["day"].isin(days)]
    return replace(
        result,
        frame=frame.assign(at_risk=np.nan, hidden=False),
        survival=survival.assign(at_risk=np.nan, hidden=False),
    )


@pytest.mark.slow
@pytest.mark.parametrize("audience", ["internal", "external"])
def test_a_protected_survival_curve_is_drawn_on_its_own_days_only(audience):
    ax = charts.kaplan_meier(protected_stays(), levels=["php", "iop"], audience=audience)
    data = charts.chart_data(ax)
    assert set(data["day"]) <= set(DAYS)
    assert "suppressed" not in ax.careflow.notes
    assert all(line.get_drawstyle() == "default" for line in ax.lines)


@pytest.mark.slow
def test_a_protected_survival_curve_has_no_table_of_counts(look):
    words = [word.text for word in look(charts.kaplan_meier(protected_stays())).words]
    assert "Stays at risk" not in words


def test_dots_of_a_protected_curve_lie_between_its_days():
    """The note says so."""
    ax = charts.length_of_stay(protected_stays())
    assert "between the days that may be shown" in ax.careflow.notes
    curve = protected_stays().curve.query("level == 'iop'")
    dots = quantiles(curve, 50, smooth=True)
    exact = quantiles(sample_results.stays(5).curve.query("level == 'iop'"), 50)
    known = np.isfinite(dots)
    assert np.abs(dots[known] - exact[known]).max() < 15
    assert not set(dots[known]) <= set(DAYS)


@pytest.mark.slow
@pytest.mark.parametrize("audience", ["internal", "external"])
def test_protected_incidences_stack_up_to_who_has_left(audience):
    result = protected_incidence()
    data = charts.chart_data(charts.cumulative_incidence(result, "iop", audience=audience))
    assert set(data["cause"]) >= {"step-down", "left care"}
    total = data.groupby("day")["estimate"].sum()
    left = result.survival[result.survival["from"] == "iop"].set_index("day")["estimate"]
    for day, share in total.items():
        assert share == pytest.approx(1 - left[day])


@pytest.mark.slow
def test_protected_incidences_have_no_table_and_name_all_the_stays(look):
    ax = charts.cumulative_incidence(protected_incidence(), "iop")
    words = [word.text for word in look(ax).words]
    assert "At risk" not in words
    assert f"n = {protected_incidence().about.n:,} stays" in ax.careflow.notes


def test_the_time_to_the_next_level_of_a_release_is_drawn():
    data = charts.chart_data(charts.time_to_next(protected_incidence("gap")))
    assert data["share"].between(0, 1).all()
    assert data["day"].nunique() <= 8


@pytest.mark.slow
def test_the_unit_of_a_sentence_is_free_of_its_qualifications():
    rates = sample_results.rates(5)
    for unit in ("followed discharges", "discharges in the rows shown", "discharges, to tens"):
        ax = charts.flow_map(replace(rates, about=replace(rates.about, unit=unit)))
        assert ax.careflow.subtitle.startswith("Share of discharges that stepped down")
        assert f"n = 6,063 {unit}" in ax.careflow.notes
