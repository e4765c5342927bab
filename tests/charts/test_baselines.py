"""Baselines of control charts: limits worked by hand, stages, points that are left out, false signals."""

from __future__ import annotations

import numpy as np
import pytest
from support import sample_results

from careflow import charts
from careflow.charts.data.baselines import Limits, Stage, false_alarms, limits_of
from careflow.charts.data.control_limits import p_limits
from careflow.errors import ArgumentError

MONTHS = tuple(f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13))


@pytest.fixture(scope="module")
def months():
    return sample_results.rates(5, by="month", values=MONTHS)


def limits(stages: tuple[Stage, ...], excluded: list[bool]) -> Limits:
    n, of = np.array([10.0, 20, 30, 40, 50, 60]), np.full(6, 100.0)
    kept = np.where(excluded, np.nan, n)

    def make(periods: slice, base: slice):
        return p_limits(kept[periods], np.where(np.isnan(kept), np.nan, of)[periods], base)

    return limits_of(stages, np.array(excluded), make, "")


def test_each_stage_has_the_limits_of_its_own_baseline() -> None:
    stages = (Stage(slice(0, 3), slice(0, 2)), Stage(slice(3, 6), slice(3, 5)))
    made = limits(stages, [False] * 6)
    assert made.mean.tolist() == pytest.approx([0.15] * 3 + [0.45] * 3)
    assert made.high[5] == pytest.approx(0.45 + 3 * np.sqrt(0.45 * 0.55 / 100))


def test_a_point_left_out_sets_no_limits_and_is_not_judged() -> None:
    made = limits((Stage(slice(0, 6), slice(0, 6)),), [False, False, False, False, False, True])
    assert made.mean[0] == pytest.approx(0.3)
    value = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.99])
    broken, _ = made.judged(value)
    assert not broken[5]
    assert false_alarms(made, value) == "By chance alone about 0.01 of 5 points would lie outside."


def test_a_run_ends_where_the_limits_are_set_anew() -> None:
    stages = (Stage(slice(0, 5), slice(0, 5)), Stage(slice(5, 10), slice(5, 10)))
    flat = np.full(10, 0.5)
    made = Limits(flat, flat - 0.4, flat + 0.4, stages, np.zeros(10, dtype=bool), "")
    assert made.judged(flat + 0.1)[1] == []
    one = Limits(flat, flat - 0.4, flat + 0.4, (Stage(slice(0, 10), slice(0, 10)),), np.zeros(10, dtype=bool), "")
    assert one.judged(flat + 0.1)[1] == [(0, 9)]


@pytest.mark.slow
def test_a_chart_says_which_periods_set_its_limits(months) -> None:
    level = months.continuum.names[0]
    ax = charts.p_chart(months, level, baseline=6, rebase=["2024-01"], exclude=["2023-03"], spread="laney")
    data = charts.chart_data(ax)
    assert data["limit_high"].nunique() > 1
    assert not bool(data.loc[data["period"] == "2023-03", "signal"].iloc[0])
    assert "Laney" in ax.careflow.notes
    assert "By chance alone" in ax.careflow.notes
    named = charts.p_chart(months, level, baseline=("2023-04", "2023-09"))
    plain = charts.chart_data(named)
    assert plain["value"].notna().any()


@pytest.mark.slow
def test_periods_and_limits_that_are_not_there_are_refused(months) -> None:
    level = months.continuum.names[0]
    with pytest.raises(ArgumentError, match="2031-01"):
        charts.p_chart(months, level, rebase=["2031-01"])
    with pytest.raises(ArgumentError, match="before the first of rebase"):
        charts.p_chart(months, level, baseline=("2023-01", "2024-06"), rebase=["2024-01"])
    with pytest.raises(ArgumentError, match="'shewhart' or 'laney'"):
        charts.p_chart(months, level, spread="binomial")
