"""Bounds: the interval worked by hand, bounds again from rows, and what is pending."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.small_tables import small_tables

import careflow as cf
from careflow.errors import ArgumentError
from careflow.estimate.rates.bounds import UNSEEN, critical_value

CUTOFF = "2024-12-31"


def linked(*outcomes: tuple[str, int], late: int = 0, cutoff: str = CUTOFF) -> cf.Transitions:
    """Return residential discharges by outcome; ``late`` ones are too near the cut-off to be followed."""
    rows, person = [], 0
    for outcome, times in outcomes:
        for i in range(times):
            person += 1
            day = "2024-12-20" if i < late else "2024-02-01"
            reason = "completed" if outcome in ("php", "iop") else outcome
            rows.append((person, "residential", "2024-01-01", day, reason))
            if outcome in ("php", "iop"):
                rows.append((person, outcome, pd.Timestamp(day) + pd.Timedelta(days=3), None, None))
    columns = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason"]
    return cf.link(cf.read_episodes(pd.DataFrame(rows, columns=columns), cutoff=cutoff))


def row(result: cf.estimate.Bounds, to: str) -> pd.Series[Any]:
    frame = result.frame
    return frame[(frame["from"] == "residential") & (frame["to"] == to)].iloc[0]


@pytest.mark.parametrize(
    ("outcomes", "critical", "low", "high"),
    [
        ((("php", 40), ("left early", 30), ("incarcerated", 30)), 1.64485, 0.32308, 0.76930),
        ((("php", 40), ("incarcerated", 60)), 1.95996, 0.30940, 0.49800),
    ],
)
def test_limits_are_those_worked_by_hand(outcomes: Any, critical: float, low: float, high: float) -> None:
    rates = cf.transition_rates(linked(*outcomes), cluster=None)
    result = row(rates.bounds(), "php")
    assert (round(result["low"], 5), round(result["high"], 5)) == (low, high)
    width = np.array([result["upper"] - result["lower"]])
    spread = np.sqrt([max(p * (1 - p) / 100 for p in (result["lower"], result["upper"]))])
    assert critical_value(width, spread, 0.95).round(5).tolist() == [critical]
    if not result["unknown"]:
        plain = rates.at(frm="residential", to="php").iloc[0]
        assert (result["low"], result["high"]) == pytest.approx((plain["low"], plain["high"]))


@pytest.mark.parametrize("groups", [None, 5, 60])
def test_the_critical_value_solves_its_equation(groups: int | None) -> None:
    width, se = np.array([0.0, 0.01, 0.05, 0.4]), np.full(4, 0.03)
    critical = critical_value(width, se, 0.9, None if groups is None else np.full(4, groups))
    below = stats.norm.cdf if groups is None else stats.t(groups - 1).cdf
    assert below(critical + width / se) - below(-critical) == pytest.approx(np.full(4, 0.9))
    one_sided = critical_value(np.array([0.2]), np.array([0.0]), 0.9, None if groups is None else np.array([groups]))
    assert below(one_sided) == pytest.approx([0.9])


@pytest.mark.slow
def test_what_was_seen_is_certain_and_what_was_not_is_open() -> None:
    moves = linked(("php", 20), ("iop", 10), ("completed", 25), ("left early", 15), ("incarcerated", 10), ("died", 5))
    result = cf.transition_rates(moves, cluster=None).bounds()
    php, left = row(result, "php"), row(result, "left care")
    assert php[["n", "unknown", "of"]].tolist() == [20, 40, 85]
    assert php[["rate", "lower", "upper"]].tolist() == pytest.approx([20 / 85, 20 / 85, 60 / 85])
    assert left[["n", "unknown", "of"]].tolist() == [50, 40, 85]
    assert left[["rate", "lower", "upper"]].tolist() == pytest.approx([50 / 85, 10 / 85, 50 / 85])
    down = result.directions[
        (result.directions["from"] == "residential") & (result.directions["direction"] == "step-down")
    ]
    assert down[["n", "lower", "upper"]].to_numpy().tolist() == [pytest.approx([30, 30 / 85, 70 / 85])]
    only = cf.transition_rates(moves, cluster=None).bounds(unseen="left early")
    assert row(only, "php")["unknown"] == 15
    assert "incarcerated" not in UNSEEN


@pytest.mark.slow
def test_what_is_pending_is_left_out_or_unknown() -> None:
    moves = linked(("php", 20), ("completed", 30), ("incarcerated", 12), ("died", 4), late=2)
    rates = cf.transition_rates(moves, within=30, cluster=None)
    out, unknown = row(rates.bounds(), "php"), row(rates.bounds(pending="unknown"), "php")
    assert out[["n", "unknown", "of"]].tolist() == [18, 28, 58]
    # Two more moved already; two who completed and two who went to jail may still move; two died.
    assert unknown[["n", "unknown", "of"]].tolist() == [20, 32, 66]
    left = row(rates.bounds(pending="unknown"), "left care")
    assert left[["n", "unknown", "of"]].tolist() == [28 + 10 + 4, 32, 66]
    assert unknown["followed"] == pytest.approx(58 / 66)


@pytest.mark.slow
def test_sensitivity_and_tipping_are_linear_in_the_unknown() -> None:
    rates = cf.transition_rates(
        linked(("php", 40), ("left early", 30), ("incarcerated", 30)), to="php", frm="residential"
    )
    result = rates.bounds(delta=[0, 0.5, 1])
    assert result.sensitivity[["delta", "rate"]].values.tolist() == [[0, 0.4], [0.5, 0.55], [1, 0.7]]
    assert result.tipping(0.55)["delta"].round(12).tolist() == [0.5]
    assert result.tipping(0.3)["delta"].isna().all()
    assert result.tipping(0.71)["delta"].isna().all()
    left = cf.transition_rates(linked(("php", 40), ("left early", 60)), frm="residential", to="left care").bounds()
    assert left.sensitivity["rate"].round(12).tolist() == [0.6, 0.45, 0.3, 0.15, 0.0]
    assert left.tipping(0.45)["delta"].round(12).tolist() == [0.25]


@pytest.mark.slow
def test_bounds_are_those_of_the_rows() -> None:
    tables = small_tables(2)
    counts = tables.linked_moves.counts(["facility"], clocks=["discharge"], where={"facility": ["T00", "T01", "T02"]})
    rules = counts.definition
    for pending in ("left out", "unknown"):
        result = cf.transition_rates(counts, by="facility").bounds(pending=pending).frame
        for facility in ("T00", "T01", "T02"):
            for level in rules.continuum.names:
                closed = [s for s in tables.tables[facility] if s.stay.level == level and s.stay.discharge is not None]
                expected = {"n": 0, "unknown": 0, "of": 0}
                for one in closed:
                    followed = tables.cutoff - one.stay.discharge >= rules.within
                    if not followed and pending == "left out":
                        continue
                    expected["of"] += 1
                    outcome = one.outcome
                    waits = not followed and outcome not in (*rules.continuum.names, "died", "concurrent")
                    expected["unknown"] += waits or outcome in UNSEEN
                    expected["n"] += outcome == "iop"
                of_level = result[(result["facility"] == facility) & (result["from"] == level)]
                there = of_level[of_level["to"] == "iop"][list(expected)].sum().to_dict()
                assert there == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"unseen": "php"}, "names reasons of leaving care"),
        ({"unseen": []}, "it was empty"),
        ({"delta": 2}, "share of the unknown from 0 to 1"),
        ({"pending": "open"}, "'left out' or 'unknown'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(how: Any, words: str) -> None:
    rates = cf.transition_rates(linked(("php", 2), ("completed", 1)))
    with pytest.raises(ArgumentError, match=words):
        rates.bounds(**how)


@pytest.mark.slow
def test_bounds_of_outcomes_and_of_other_methods_are_refused() -> None:
    moves = linked(("php", 2), ("completed", 1))
    with pytest.raises(ArgumentError, match="bounds are of moves to a level"):
        cf.transition_rates(moves, to="died").bounds()
    with pytest.raises(ArgumentError, match="method='followed'"):
        cf.transition_rates(moves, method="incidence").bounds()
    with pytest.raises(ArgumentError, match="a rate from 0 to 1"):
        cf.transition_rates(moves).bounds().tipping(40)
