"""Cohorts of lengths of stay side by side: the rows of each, with its bias named."""

from __future__ import annotations

import pandas as pd
import pytest
from support.small_tables import small_tables

import careflow as cf
from careflow.errors import ArgumentError, CountsError, DisclosureError

COHORTS = ("period", "admission", "discharge")


@pytest.mark.slow
@pytest.mark.parametrize("by", [None, "quarter", ["quarter", "facility"]])
def test_cohorts_side_by_side_are_the_rows_of_each(by: str | list[str] | None) -> None:
    moves = small_tables(1).linked_moves
    together = cf.length_of_stay(moves, by=by, horizon=20, cohort="all")
    for cohort in COHORTS:
        one = cf.length_of_stay(moves, by=by, horizon=20, cohort=cohort)  # type: ignore[arg-type]
        for table in ("frame", "curve"):
            rows, own = getattr(together, table), getattr(one, table)
            rows = rows[rows["cohort"] == cohort].drop(columns=["cohort", "bias"], errors="ignore")
            pd.testing.assert_frame_equal(rows.reset_index(drop=True), own, check_categorical=False)
    assert together.frame.groupby("cohort", observed=True)["bias"].nunique().tolist() == [1, 1, 1]
    strata = [by] if isinstance(by, str) else by or []
    assert list(together.frame.columns[: len(strata) + 2]) == [*strata, "cohort", "level"]


@pytest.mark.slow
def test_one_horizon_serves_all_cohorts() -> None:
    moves = small_tables(0).linked_moves
    together = cf.length_of_stay(moves, horizon="longest", cohort="all")
    longest = [cf.length_of_stay(moves, horizon="longest", cohort=cohort).horizon for cohort in COHORTS]  # type: ignore[arg-type]
    assert together.horizon == min(longest)


@pytest.mark.slow
def test_the_discharge_cohort_is_too_short_while_admissions_rise() -> None:
    """Every stay lasts 40 days but 1 in 2, which lasts 10; each month has twice as many admissions as the last."""
    rows, first = [], pd.Timestamp("2024-01-01")
    for month in range(6):
        for i in range(4 * 2**month):
            begin = first + pd.DateOffset(months=month)
            rows.append((f"{month}-{i}", "php", begin, begin + pd.Timedelta(days=10 if i % 2 else 40)))
    frame = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    moves = cf.link(cf.read_episodes(frame, cutoff="2024-06-30"))
    lengths = cf.length_of_stay(moves, cohort="all", horizon=29).frame.query("level == 'php'").set_index("cohort")
    assert lengths.loc["discharge", "rmean"] < lengths.loc["admission", "rmean"] == pytest.approx((10 + 29) / 2)


def test_cohorts_together_are_neither_compared_nor_released() -> None:
    moves = small_tables(0).linked_moves
    together = cf.length_of_stay(moves, by="quarter", cohort="all")
    with pytest.raises(DisclosureError, match="one cohort"):
        cf.protect(together)
    with pytest.raises(ArgumentError, match="these were changed"):
        together.compare("2024Q1", "2024Q2")
    with pytest.raises(CountsError, match="hold no 'stay by discharge' table"):
        cf.length_of_stay(moves.counts(clocks=["stay", "stay by admission"]), cohort="all")
