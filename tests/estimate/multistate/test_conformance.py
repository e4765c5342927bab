"""Journeys along a path, against the journeys of small tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import brute
from support.drawn import linked
from support.small_tables import small_tables

import careflow as cf
from careflow.errors import ArgumentError, CountsError, DisclosureError
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.records.privacy.jackknife_groups import group

PATH = ["residential", "php", "iop", "outpatient"]
KINDS = ["kept", "skipped", "went_up", "ended_early", "open", "other"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_each_step_sums_to_those_who_kept_to_the_path(seed: int) -> None:
    frame = cf.conformance(small_tables(seed).linked_moves, PATH, by="facility").frame
    assert (frame[KINDS].sum(axis=1) == frame["of"]).all()
    for _, rows in frame.groupby("facility", observed=True):
        assert rows["of"].tolist()[1:] == rows["kept"].tolist()[:-1]


@pytest.mark.parametrize("seed", [0, 1])
def test_journeys_along_a_path_are_those_of_the_rows(seed: int) -> None:
    tables = small_tables(seed)
    row = cf.conformance(tables.linked_moves, ["Residential", "PHP"]).frame.iloc[0]
    first = [
        chain
        for name in tables.tables
        for chain in brute.journeys([s for s in tables.kept if s.facility == name], brute_levels(), tables.within)
        if chain[0].level == "residential"
    ]
    assert row["of"] == len(first)
    assert row["kept"] == sum(len(chain) > 1 and chain[1].level == "php" for chain in first)
    assert row["went_up"] == sum(len(chain) > 1 and chain[1].level == "inpatient" for chain in first)


def test_intervals_are_the_jackknife_of_the_rows() -> None:
    """Leaving out a jackknife group is leaving out its people."""
    tables = small_tables(1)
    whole = cf.conformance(tables.linked_moves, PATH).frame.iloc[0]
    people = {stay.person for stay in tables.kept}
    groups = {person: group(person) for person in people}
    first = [
        (groups[chain[0].person], len(chain) > 1 and chain[1].level == "php")
        for name in tables.tables
        for chain in brute.journeys([s for s in tables.kept if s.facility == name], brute_levels(), tables.within)
        if chain[0].level == "residential"
    ]
    ids = sorted({number for number, _ in first})
    without = [np.mean([kept for number, kept in first if number != one]) for one in ids]
    variance = (len(ids) - 1) / len(ids) * sum((value - whole["rate"]) ** 2 for value in without)
    assert whole["rate"] == pytest.approx(np.mean([kept for _, kept in first]))
    assert whole["se"] == pytest.approx(np.sqrt(variance))
    assert whole["low"] < whole["rate"] < whole["high"]


def test_a_step_is_mature_when_no_journey_is_open_at_it() -> None:
    moves = linked(
        """
        person | level       | admit | discharge
        Ana    | residential | 0     | 20
        Ana    | php         | 22    | 40
        Ben    | residential | 5     | 30
        Cem    | residential | 100   |
        """,
        cutoff=200,
    )
    frame = cf.conformance(moves, ["residential", "php", "iop"], by="quarter", cluster=None).frame
    rows = frame[frame["step"] == "residential to php"].set_index("quarter")
    assert rows[["of", "kept", "open", "mature"]].values.tolist() == [
        [2, 1, 0, True],
        [1, 0, 1, False],
        [0, 0, 0, False],
    ]
    low, high = wilson(np.array([0.5]), np.array([2.0]), quantile_of(0.95))
    assert rows.loc["2024Q1", ["rate", "low", "high"]].tolist() == pytest.approx([0.5, low[0], high[0]])


def test_counts_hold_the_groups_for_intervals() -> None:
    moves = small_tables(0).linked_moves
    plain = cf.conformance(moves.counts(clocks="paths:4"), PATH, cluster=None)
    clustered = cf.conformance(moves.counts(clocks="ways:4"), PATH)
    assert plain.frame[KINDS].equals(clustered.frame[KINDS])
    with pytest.raises(CountsError, match="hold no 'ways:4' table"):
        cf.conformance(moves.counts(clocks="paths:4"), PATH)


def brute_levels() -> tuple[str, ...]:
    return cf.Continuum.standard().names


@pytest.mark.parametrize("path", [["php"], ["php", "PHP"], []])
def test_a_path_has_two_different_levels_or_more(path: Any) -> None:
    with pytest.raises(ArgumentError, match="path= is two to eleven different levels"):
        cf.conformance(small_tables(0).linked_moves, path)


def test_a_release_has_the_pathways_instead() -> None:
    with pytest.raises(DisclosureError, match="protect pathways"):
        cf.protect(cf.conformance(small_tables(0).linked_moves, PATH))
