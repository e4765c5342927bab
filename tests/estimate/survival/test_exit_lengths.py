"""Lengths of stay by exit, against the closed stays themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.drawn import linked
from support.small_tables import small_tables

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError

STAYS = """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Ana    | iop   | 12    | 30        | completed
    Ben    | php   | 0     | 20        | completed
    Ben    | iop   | 20    | 60        | completed
    Cem    | php   | 0     | 4         | left early
    Dov    | php   | 0     | 30        | completed
    Dov    | iop   | 35    | 50        | completed
    """


def php(moves: cf.Transitions, **options: object) -> pd.DataFrame:
    return cf.cumulative_incidence(moves, "php", **options).lengths().set_index("to")  # type: ignore[arg-type]


@pytest.mark.slow
def test_without_open_stays_they_are_those_of_the_stays_that_ended_so() -> None:
    rows = php(linked(STAYS, cutoff=200), cluster=None)
    assert rows.loc["iop", ["share", "median", "q25", "q75", "mean"]].tolist() == [0.75, 20, 10, 30, 20]
    assert rows.loc["left early", ["share", "median", "mean"]].tolist() == [0.25, 4, 4]
    assert rows["complete"].all()
    assert rows.loc["outpatient", "share"] == 0
    assert np.isnan(rows.loc["outpatient", "median"])


def test_an_open_stay_counts_for_as_long_as_it_was_followed() -> None:
    """Eva is followed for 15 days: the two at risk later stand for her, too, so that stays to IOP become longer."""
    moves = linked(STAYS + "    Eva    | php   | 155   |           |\n", cutoff=200)
    rows = php(moves, cluster=None)
    assert rows.loc["left early", "share"] == pytest.approx(1 / 5)
    # 1/5 on day 10, then the remaining 3/5 shared by days 20 and 30.
    assert rows.loc["iop", "share"] == pytest.approx(4 / 5)
    assert rows.loc["iop", "mean"] == pytest.approx((10 / 5 + (20 + 30) * 3 / 10) / (4 / 5))


def test_stays_that_go_on_leave_the_lengths_incomplete() -> None:
    moves = linked("person | level | admit | discharge\nAna | php | 0 | 10\nBen | php | 0 |", cutoff=100)
    rows = php(moves, cluster=None)
    assert not rows["complete"].any()
    assert rows.loc["left care", ["share", "median", "known_to"]].tolist() == [0.5, 10, 70]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_share_and_its_interval_are_those_of_the_last_day_known(seed: int) -> None:
    result = cf.cumulative_incidence(small_tables(seed).linked_moves, by="quarter")
    keys = ["quarter", "from", "to"]
    last = result.frame.dropna(subset="estimate").groupby(keys, observed=True).last()
    rows = result.lengths().set_index(keys)
    assert len(rows) > 100
    known = rows.loc[last.index]
    for name, column in (("share", "estimate"), ("se", "se"), ("low", "low"), ("high", "high")):
        assert np.array_equal(known[name], last[column], equal_nan=True)
    assert (known.loc[known["share"] > 0, "q25"] <= known.loc[known["share"] > 0, "q75"]).all()


@pytest.mark.slow
def test_days_since_discharge_and_protected_curves_have_none() -> None:
    moves = linked(STAYS, cutoff=200)
    with pytest.raises(ArgumentError, match="clock='stay'"):
        cf.cumulative_incidence(moves, clock="gap").lengths()
    with pytest.raises(DisclosureError, match="protected"):
        cf.protect(cf.cumulative_incidence(moves))[0].lengths()
