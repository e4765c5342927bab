"""Observed over expected: published limits, sums, signals and what chance alone makes."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.errors import ArgumentError
from careflow.estimate.rates.indirect import byar
from careflow.estimate.stats.intervals import garwood

CELLS = (
    ("F", "a", 30, 60),
    ("F", "b", 4, 30),
    ("G", "a", 8, 40),
    ("G", "b", 3, 70),
    ("H", "a", 9, 20),
    ("H", "b", 5, 10),
)


@cache
def rates(**how: Any) -> cf.estimate.Rates:
    stays = []
    for facility, payer, n, of in CELLS:
        for i in range(of):
            person = f"{facility}{payer}{i}"
            stays.append((person, facility, payer, "residential", "2024-01-01", "2024-01-20"))
            if i < n:
                stays.append((person, facility, payer, "php", "2024-01-25", None))
    columns = ["person_id", "facility", "payer", "level", "admit_date", "discharge_date"]
    moves = cf.link(cf.read_episodes(pd.DataFrame(stays, columns=columns), cutoff="2024-12-31"))
    return cf.transition_rates(moves, frm="residential", to="php", by=["facility", "payer"], **how)


@pytest.mark.parametrize(
    ("observed", "expected", "exact", "approximate"),
    [(4, 3.3, (0.3303, 3.1035), (0.3261, 3.1033)), (33, 28.4, (0.7998, 1.6318), (0.7997, 1.6319))],
)
def test_limits_of_a_ratio_are_those_published(observed: int, expected: float, exact: Any, approximate: Any) -> None:
    assert tuple(round(float(limit), 4) for limit in garwood(observed, expected)) == exact
    assert tuple(round(float(limit), 4) for limit in byar(observed, expected)) == approximate


@pytest.mark.slow
def test_expected_numbers_are_those_worked_by_hand_and_sum_to_the_observed() -> None:
    result = rates().indirect("facility", over="payer")
    r = {"a": 47 / 120, "b": 12 / 110}
    for facility in "FGH":
        row = result.frame[result.frame["facility"] == facility].iloc[0]
        of = {p: size for f, p, _, size in CELLS if f == facility}
        expected = sum(of[p] * r[p] for p in of)
        variance = sum(of[p] * r[p] * (1 - r[p]) for p in of)
        assert row["expected"] == pytest.approx(expected)
        assert row["ratio"] == pytest.approx(row["observed"] / expected)
        assert row["z"] == pytest.approx((row["observed"] - expected) / np.sqrt(variance))
        assert (row["low"], row["high"]) == pytest.approx(garwood(row["observed"], expected))
    assert result.frame["expected"].sum() == pytest.approx(result.frame["observed"].sum())
    by_byar = rates().indirect("facility", over="payer", limits="byar").frame
    assert by_byar["low"].tolist() == pytest.approx(byar(by_byar["observed"], by_byar["expected"])[0].tolist())


@pytest.mark.slow
def test_signals_allow_for_over_dispersion_and_chance_is_told() -> None:
    result = rates().indirect("facility", over="payer")
    row = result.dispersion.iloc[0]
    assert (row["units"], row["expected_false"]) == (3, pytest.approx(0.006))
    assert row["signals"] == result.frame["signal"].sum()
    limit = 3.0902323 * np.sqrt(max(row["phi"], 1))
    assert result.frame["signal"].tolist() == (result.frame["z"].abs() > limit).tolist()
    assert row["phi"] > 1


@pytest.mark.parametrize(
    ("unit", "over", "words"),
    [
        ("payer", "payer", "not in over="),
        ("county", "payer", "unit= is a stratum"),
        ("facility", "sex", "by facility, payer"),
    ],
)
def test_a_unit_or_stratum_that_is_not_there_is_refused(unit: str, over: str, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        rates().indirect(unit, over=over)
