"""No number past the follow-up: hand-worked cases."""

from typing import Literal

import numpy as np
import pandas as pd
import pytest
from support.drawn import linked

import careflow as cf
from careflow.estimate.arrays.counting_process import CountingProcess
from careflow.estimate.arrays.followup import LEAST_OF, THIN_OF
from careflow.estimate.stats.competing_risks import incidences
from careflow.estimate.stats.kaplan_meier import greenwood, incidence_se
from careflow.protect.results.length_of_stay import without_small_risk

OPEN = "person | level | admit | discharge\nAna | iop | 0 | 10\nBen | iop | 0 | 20\nCyd | iop | 0 |\nDov | iop | 0 |"


def late() -> cf.Transitions:
    """One newcomer for a night; 20 came 30 days before recording began and stay."""
    rows = [f"B{i} | iop | 0 |" for i in range(20)]
    table = "\n".join(["person | level | admit | discharge", "A | iop | 40 | 41", *rows])
    return linked(table, cutoff=100, start=30)


def iop(result: cf.estimate.LengthOfStay) -> pd.Series:
    return result.frame.set_index("level").loc["iop"]


@pytest.mark.slow
def test_a_mean_is_given_only_up_to_the_last_day_followed() -> None:
    moves = linked(OPEN, cutoff=60)
    for cluster in ("person", None):
        assert np.isnan(iop(cf.length_of_stay(moves, horizon=61, cluster=cluster))["rmean"])
        # 10 days of four, 10 of three, 40 of two of the four.
        assert iop(cf.length_of_stay(moves, horizon=60, cluster=cluster))["rmean"] == pytest.approx(37.5)
    longest = cf.length_of_stay(moves, horizon="longest")
    assert (longest.horizon, iop(longest)["known_to"]) == (60, 60)


def test_a_curve_that_ended_is_known_for_good() -> None:
    moves = linked(
        "person | level | admit | discharge\nAna | iop | 0 | 10\nBen | iop | 55 |\nCyd | iop | 0 | 12", cutoff=60
    )
    row = iop(cf.length_of_stay(moves, horizon=365, cluster=None))
    assert (row["known_to"], row["rmean"]) == (12, 11)


def test_an_early_risk_set_of_one_gives_no_median() -> None:
    result = cf.length_of_stay(late(), cluster=None)
    row = iop(result)
    assert row[["median", "q25", "q75", "rmean"]].isna().all()
    assert (row["known_to"], row["least_at_risk"], row["thin"]) == (1, 1, True)


def few_after_the_median() -> cf.Transitions:
    """Of ten admitted when recording began one leaves each day from the first to the eighth; 20 came 30 days before."""
    rows = [f"A{i} | iop | 30 | {30 + i}" for i in range(1, 9)] + [f"O{i} | iop | 30 |" for i in range(2)]
    return linked(
        "\n".join(["person | level | admit | discharge", *rows, *(f"B{i} | iop | 0 |" for i in range(20))]),
        cutoff=100,
        start=30,
    )


@pytest.mark.slow
@pytest.mark.parametrize("cluster", ["person", None])
def test_each_quantile_and_the_mean_say_how_few_were_at_risk(cluster: Literal["person", None]) -> None:
    """Survival falls by a tenth a day; 8 are at risk on day 3, 6 on day 5, 3 on day 8 and 2 from then to day 30."""
    row = iop(cf.length_of_stay(few_after_the_median(), horizon=40, cluster=cluster))
    assert row[["q25", "median", "q75"]].tolist() == [3, 5, 8]
    assert row["rmean"] == pytest.approx(5.2 + 32 * 0.2)
    assert row[[f"{name}least_at_risk" for name in ("q25_", "", "q75_", "rmean_")]].tolist() == [8, 6, 3, 2]
    assert row[[f"{name}thin" for name in ("q25_", "", "q75_", "rmean_")]].tolist() == [False, False, True, True]


def test_occupation_and_days_are_missing_without_follow_up() -> None:
    moves = linked(OPEN, cutoff=90)
    where = cf.occupation(moves, start="iop", days=80, cluster=None).frame
    known = where[where["estimate"].notna()]
    # The clock runs to the cut-off less the link window of 30 days.
    assert (known["day"].max(), where["known_to"].unique().tolist()) == (60, [60.0])
    days = cf.expected_days(moves, start="iop", days=80, cluster=None).frame.set_index("state")["days"]
    assert days.isna().all()
    spent = cf.expected_days(moves, start="iop", days="longest", cluster=None)
    assert spent.days == 60
    assert spent.frame.set_index("state").loc["iop", "days"] == pytest.approx(37.5)


def test_limits_of_a_median_are_of_the_curve_with_one_row_a_day() -> None:
    """Of 12 stays of no night or one, half each: on day 1 all have ended, so that there is no band to invert."""
    rows = [f"P{i} | iop | 0 | {i % 2}" for i in range(12)]
    moves = linked("\n".join(["person | level | admit | discharge", *rows]), cutoff=60)
    row = iop(cf.length_of_stay(moves, convention="nights_min1", cluster=None))
    assert row["median"] == 1
    assert np.isnan(row["median_low"])


def test_a_protected_result_has_no_known_to_and_no_least_at_risk() -> None:
    frame = cf.length_of_stay(late()).frame
    assert frame[list(THIN_OF.values())].any().all()
    out = without_small_risk(frame)
    assert out[["known_to", *LEAST_OF.values()]].isna().all(axis=None)
    assert not out[list(THIN_OF.values())].any(axis=None)


def test_a_certain_probability_has_an_error_of_exactly_zero() -> None:
    """One cause, and all have ended on the last day: the incidence is 1, and its plain error 0, not 1e-8."""
    events = np.array([2, 2, 1, 1, 0, 0, 0, 0, 3, 2, 3, 2, 2, 3, 2, 2, 2, 2, 3, 1, 3, 2, 0, 1, 4])
    censored = np.array([1, 0, 2, 2, 2, 0, 0, 2, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 2, 1, 1, 0, 1, 0])
    at_risk = np.cumsum((events + censored)[::-1])[::-1]
    se = incidence_se(events[None], at_risk)[0]
    assert se[-1] == 0
    np.testing.assert_allclose(se[:-1], greenwood(events, at_risk)[:-1], rtol=0, atol=1e-9)


def test_what_is_certain_has_an_error_of_exactly_zero_and_no_limits() -> None:
    """One cause, and all of every jackknife group have ended: the incidence is 1 without any group."""
    random = np.random.default_rng(20251130)
    ended = random.integers(0, 4, (7, 60))
    entered = np.zeros_like(ended)
    entered[:, 0] = ended.sum(axis=1)
    process = CountingProcess(
        np.arange(60), *(array.astype(float) for array in (entered, np.zeros_like(ended), ended[None])), np.arange(7)
    )
    found = incidences(process, np.eye(1, dtype=np.int64), "person", 0.95)
    assert found.rate[:, -1].tolist() == pytest.approx([1, 0], abs=1e-12)
    assert found.se[:, -1].tolist() == [0, 0]
    assert np.isnan([found.low[:, -1], found.high[:, -1]]).all()
    assert (found.se[:, 30] > 0).all()
