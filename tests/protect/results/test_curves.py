"""Curves at protected days, digits that stand for enough people, and numbers rounded instead of hidden."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from careflow.protect import audit, protect
from careflow.protect.results.curves import protected_days
from careflow.protect.results.incidence_occupation import resolution
from careflow.protect.results.mask import significant, tens
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


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [30, 120, 400])
def test_no_gap_between_shown_days_holds_1_to_10_events(seed, n) -> None:
    rows = a_curve(seed, n)
    days, at_risk, events = (np.array(column) for column in zip(*rows, strict=True))
    shown = protected_days(days, events[None, :], at_risk)
    gaps = [events[(days > a) & (days <= b)].sum() for a, b in pairwise(shown)]
    assert all(gap == 0 or gap >= 11 for gap in gaps)
    assert (shown % 7 == 0).all()
    assert all(at_risk[days > day][0] >= 11 for day in shown[1:])


def test_each_cause_has_its_own_11() -> None:
    days = np.arange(1, 29)
    common, rare = np.full(28, 3), np.zeros(28, dtype=int)
    rare[[2, 9]] = 4
    at_risk = 300 - 3 * np.arange(28)
    assert protected_days(days, common[None, :], at_risk).tolist() == [0, 7, 14, 21]
    assert protected_days(days, np.stack([common, rare]), at_risk).tolist() == [0]


def test_shown_days_carry_the_true_curve_and_no_steps(made) -> None:
    rows = a_curve(1, 400)
    given = made["stays"]([(400, 0), (60, 0), (60, 0)], {0: rows})
    curve = protect(given)[0].curve
    assert (curve["day"] % 7 == 0).all()
    truth = given.curve
    for _, row in curve[curve["day"] > 0].iterrows():
        at = truth[truth["day"] <= row["day"]].iloc[-1]
        assert row["survival"] == pytest.approx(at["survival"], abs=5e-5)
    gaps = curve["events"].to_numpy()
    assert ((gaps == 0) | (gaps >= 11)).all()


def test_who_is_at_risk_is_shown_only_where_other_exits_are_none_or_11(made) -> None:
    few = protect(made["stays"]([(400, 0), (60, 0), (60, 0)], {0: a_curve(2, 400, censored=4)}))[0].curve
    many = protect(made["stays"]([(400, 0), (60, 0), (60, 0)], {0: a_curve(2, 400, censored=0)}))[0].curve
    assert few["at_risk"].isna().all()
    assert few["events"].isna().all()
    assert few["survival"].notna().all()
    assert many["at_risk"].notna().all()


def test_a_curve_of_fewer_than_22_is_not_shown(made) -> None:
    safe = protect(made["stays"]([(21, 0), (60, 0), (60, 0)], {0: a_curve(3, 21), 1: a_curve(3, 60)}))
    assert safe[0].curve["level"].astype(str).unique().tolist() == ["iop"]


def test_with_a_second_table_of_stays_no_curve_shows_counts(made) -> None:
    given = made["stays"]([(400, 0), (60, 0), (60, 0)], {0: a_curve(1, 400)})
    both = protect([given, given])
    assert both[0].curve["at_risk"].isna().all()


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
