"""Curves at protected days, digits that stand for enough people, and numbers rounded instead of hidden."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma

from careflow.protect import audit, protect
from careflow.protect.results.curves import FRACTIONS, has_small_gap, shown_days
from careflow.protect.results.mask import significant, tens
from careflow.protect.results.occupation import resolution
from careflow.protect.rounding.rounding import prove_rounded, to_base
from careflow.protect.suppression.linear_system import table


def a_curve(seed: int, n: int, censored: int = 0) -> list[tuple[int, int, int]]:
    """Return made-up ``(day, at risk, events)``; some leave otherwise on day 60."""
    rng = np.random.default_rng(seed)
    days, events = np.unique(rng.geometric(0.03, n), return_counts=True)
    rows, left = [], n
    for day, ended in zip(days.tolist(), events.tolist(), strict=True):
        rows.append((day, left, ended))
        left -= ended
        if censored and day >= 60:
            left, censored = left - censored, 0
            if left <= 0:
                break
    return [(day, risk, min(ended, risk)) for day, risk, ended in rows if risk > 0]


@pytest.mark.parametrize(("n", "days"), [(21, []), (22, [20]), (100, [20, 30]), (200, [10, 20, 30])])
def test_days_depend_on_how_many_there_are_and_the_median_alone(n, days) -> None:
    assert shown_days(n, 20).tolist() == days


@pytest.mark.parametrize(
    ("events", "withheld"),
    [([[11, 22]], False), ([[11, 11]], False), ([[11, 21]], True), ([[10, 30]], True), ([[0, 30], [0, 3]], True)],
)
def test_a_gap_of_1_to_10_events_withholds_the_curve(events, withheld) -> None:
    assert has_small_gap(np.array(events)) is withheld


def test_the_least_gap_of_common_lengths_of_stay_holds_11() -> None:
    """Of exponential stays, and of stays that are sums of four: few end early, or few late."""
    for shape in (1, 4):
        median = gamma.ppf(0.5, shape)
        for times, steps in FRACTIONS:
            shares = np.diff(gamma.cdf(np.array(steps) * median, shape), prepend=0, append=1)
            assert (shares * times * 11).min() > 10.999


def days_shown(made, rows: list[tuple[int, int, int]], n: int = 400) -> list[int]:
    given = made["stays"]([(n, 0), (60, 0), (60, 0)], {0: rows})
    curve = protect(given)[0].curve
    assert set(curve["level"].astype(str)) <= {"residential"}
    return curve["day"].tolist()


def test_shown_days_carry_the_true_curve_and_no_steps(made) -> None:
    rows = a_curve(1, 400)
    given = made["stays"]([(400, 0), (60, 0), (60, 0)], {0: rows})
    curve = protect(given)[0].curve
    assert curve["day"].tolist() == [0, *shown_days(400, given.frame["median"].iloc[0])]
    assert curve[["at_risk", "events"]].isna().all(axis=None)
    truth = given.curve
    for _, row in curve[curve["day"] > 0].iterrows():
        at = truth[truth["day"] <= row["day"]].iloc[-1]
        assert row["survival"] == pytest.approx(at["survival"], rel=5e-3)


def test_which_days_are_shown_tells_nothing_of_few_events(made) -> None:
    """Old code left out a day of the grid where 1 to 10 events lay before it."""
    many = [(3, 400, 100), (9, 300, 100), (14, 200, 60), (30, 140, 40), (40, 100, 100)]
    few = [(3, 400, 100), (9, 300, 150), (14, 150, 5), (30, 145, 45), (40, 100, 100)]
    assert days_shown(made, many) == [0, *shown_days(400, 20)]
    assert days_shown(made, few) == []


def test_what_had_ended_by_each_shown_day_is_a_cell_of_the_proof(made) -> None:
    given = made["stays"]([(400, 0), (60, 0), (60, 0)], {0: [(3, 400, 5), (20, 395, 300), (40, 95, 95)]})
    safe = protect(given)
    assert not len(safe[0].curve)
    names = [name for name, hidden in zip(safe.proof.system.names, safe.proof.hidden, strict=True) if hidden]
    assert any("residential of at most 10 days" in name for name in names)
    assert audit(safe).ok


def test_a_curve_of_fewer_than_22_is_not_shown(made) -> None:
    safe = protect(made["stays"]([(21, 0), (60, 0), (60, 0)], {0: a_curve(3, 21), 1: a_curve(3, 60)}))
    assert safe[0].curve["level"].astype(str).unique().tolist() == ["iop"]


def test_digits_stand_for_11_people_or_more() -> None:
    assert [resolution(n, 11) for n in (11, 110, 1099, 1100, 20000)] == [0, 1, 1, 2, 3]
    assert significant(pd.Series([0.012345, 98765.0, np.nan])).tolist()[:2] == [0.0123, 98800.0]
    assert [tens(n) for n in (4, 5, 14, 1995)] == [0, 10, 10, 2000]


@pytest.mark.parametrize("seed", range(5))
def test_rounding_hides_0_to_10_and_rounds_the_rest_to_fives(made, seed) -> None:
    whole = table(made["table"]((8, 10), 3000, seed))
    proof = prove_rounded(whole, np.ones(len(whole), dtype=bool))
    assert proof.check().ok
    assert proof.hidden[whole.values < 11].all()


@pytest.mark.slow
def test_rounded_rates_are_of_rounded_numbers(made) -> None:
    given = made["by_quarter"](made["flows"](3, 3000, 4))
    safe = protect(given, mode="round")
    frame = safe.frame
    shown = frame["n"].dropna()
    assert (shown % 5 == 0).all()
    assert (shown >= 10).all()
    assert frame.loc[given.frame["n"] < 11, "n"].isna().all()
    ratio = (frame["n"] / frame["of"]).clip(upper=1).dropna()
    assert np.allclose(frame.loc[ratio.index, "rate"], ratio)
    assert "rounded to fives" in safe.statement
    found = audit(safe).frame
    assert not found["exact"].all()
    assert (found["low"] == 0).sum() >= (found["high"] <= 10).sum()


def test_rounding_is_to_the_nearest_five_halves_up() -> None:
    assert to_base(np.array([11, 12, 13, 17, 18])).tolist() == [10, 10, 15, 15, 20]
