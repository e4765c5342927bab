"""Journeys along a path, against the journeys of small tables."""

from __future__ import annotations

from typing import Any

import pytest
from support import brute
from support.small_tables import small_tables

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError

PATH = ["residential", "php", "iop", "outpatient"]
KINDS = ["kept", "skipped", "went_up", "ended_early", "open", "other"]


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


def brute_levels() -> tuple[str, ...]:
    return cf.Continuum.standard().names


@pytest.mark.parametrize("path", [["php"], ["php", "PHP"], []])
def test_a_path_has_two_different_levels_or_more(path: Any) -> None:
    with pytest.raises(ArgumentError, match="path= is two to eleven different levels"):
        cf.conformance(small_tables(0).linked_moves, path)


def test_a_release_has_the_pathways_instead() -> None:
    with pytest.raises(DisclosureError, match="protect pathways"):
        cf.protect(cf.conformance(small_tables(0).linked_moves, PATH))
