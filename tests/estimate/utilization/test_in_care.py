"""Stays in care on the cut-off, against the rows of small tables."""

from __future__ import annotations

from statistics import median
from typing import Any

import pandas as pd
import pytest
from support.small_tables import small_tables

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_stays_in_care_are_the_open_ones(seed: int) -> None:
    tables = small_tables(seed)
    frame = cf.in_care(tables.linked_moves, by="facility").frame.set_index(["facility", "level"])
    elapsed: dict[tuple[str, str], list[int]] = {}
    for stay in tables.kept:
        if stay.discharge is None:
            for level in (stay.level, "all levels"):
                elapsed.setdefault((stay.facility, level), []).append(tables.cutoff - stay.admit)
    assert frame["n"].sum() == sum(map(len, elapsed.values()))
    for key, nights in elapsed.items():
        row = frame.loc[key]
        assert (row["n"], row["elapsed_median"]) == (len(nights), median(nights))
        assert [row[f"over_{d}"] for d in (30, 60, 90)] == [sum(n > d for n in nights) for d in (30, 60, 90)]


def test_in_care_closes_the_census() -> None:
    moves = small_tables(1).linked_moves
    closing = cf.census(moves).frame.groupby("level", observed=True)["closing"].last()
    frame = cf.in_care(moves).frame.set_index("level")
    assert frame.loc[list(closing.index), "n"].tolist() == closing.tolist()


def test_occupancy_is_of_the_places_given() -> None:
    moves = small_tables(0).linked_moves
    care = cf.Continuum.standard().names
    frame = cf.in_care(moves, capacity={"RTC": 8}).frame.set_index("level")
    assert frame.loc["residential", "occupancy"] == frame.loc["residential", "n"] / 8
    assert pd.isna(frame.loc["all levels", "occupancy"])
    every = cf.in_care(moves, capacity=dict.fromkeys(care, 10)).frame.set_index("level")
    assert every.loc["all levels", "capacity"] == 50


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "quarter"}, "in_care is of one day, the cut-off"),
        ({"capacity": 40}, r"capacity= is a mapping \{level: places\}"),
        ({"capacity": {"php": 0}}, "a number above 0; it was 0"),
        ({"capacity": {"phq": 9}}, "no level 'phq'"),
        ({"capacity": {"php": 9}, "by": "facility"}, "by level, not by stratum"),
    ],
)
def test_what_does_not_fit_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        cf.in_care(small_tables(0).linked_moves, **asked)


def test_a_release_has_the_census_instead() -> None:
    with pytest.raises(DisclosureError, match="protect the census"):
        cf.protect(cf.in_care(small_tables(0).linked_moves))
