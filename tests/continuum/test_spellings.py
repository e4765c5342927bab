"""Levels, outcomes and directions in the ways in which files and analysts write them."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import pytest

import careflow as cf
from careflow.continuum.spellings import outcome_meant
from careflow.errors import ArgumentError

CARE = cf.Continuum.standard()
WORDS: dict[str, Any] = tomllib.loads(
    resources.files("careflow.continuum").joinpath("data", "words.toml").read_text("utf-8")
)


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("inpatient", "Inpatient, INPATIENT, hospital inpatient, IP"),
        ("residential", "RTC, Residential Treatment, residential_treatment_center, short-term residential"),
        ("php", "PHP, Partial hospitalization (PHP), partial-hospitalization, day treatment, Day Hospital"),
        ("iop", "IOP, Intensive Outpatient, intensive outpatient (IOP), IOT"),
        ("outpatient", "OP, Outpatient, standard outpatient"),
    ],
)
def test_a_level_is_known_by_name_label_and_the_words_of_the_field(level: str, words: str) -> None:
    for word in words.split(", "):
        assert CARE.level_meant(word) == level
        assert CARE[word].name == level


@pytest.mark.parametrize("word", ["3.5", "Level 3.5", "ASAM 3.5", "asam level 3.5", "ASAM LOC 3.5", "LOC 3.5"])
@pytest.mark.parametrize("edition", [3, 4])
def test_asam_levels_are_known_with_what_stands_before_them(word: str, edition: int) -> None:
    assert cf.Continuum.asam(edition=edition).level_meant(word) == "3.5"
    assert CARE.level_meant(word) is None


@pytest.mark.parametrize("word", ["detox", "Withdrawal Management", "rehab", "3.7", "MAT"])
def test_a_word_of_several_meanings_is_no_level_and_the_message_says_why(word: str) -> None:
    assert CARE.level_meant(word) is None
    with pytest.raises(ArgumentError, match=r"no level .* \((withdrawal|rehabilitation|medically|medication) .*\)\.$"):
        CARE.index(word)


def test_own_levels_do_not_get_the_words_of_the_standard_ones() -> None:
    own = cf.Continuum.of(["residential", "php"])
    assert [own.level_meant(word) for word in ("RTC", "PHP")] == [None, "php"]


def test_a_name_counts_before_an_alias_of_another_level() -> None:
    both = cf.Continuum("x", (cf.Level("a", aliases=("DAY",)), cf.Level("day"), cf.Level("c", aliases=("A-1",))))
    assert [both.level_meant(word) for word in ("DAY", "a 1")] == ["day", "c"]


def test_every_word_of_the_field_has_a_source_and_one_level() -> None:
    assert all(row["source"] for kind in WORDS.values() for row in kind)
    for row in WORDS["words"]:
        levels = [CARE.level_meant(word) for word in row["spellings"]]
        assert levels == [row["level"]] * len(levels)
    assert all(CARE.level_meant(word) is None for row in WORDS["unclear"] for word in row["spellings"])


@pytest.mark.parametrize(
    ("word", "meant"),
    [("Left Care", "left care"), ("LEFT EARLY", "left early"), ("Step Down", "step-down"), ("stepdown", "step-down")],
)
def test_outcomes_and_directions_are_known_in_any_case(word: str, meant: str) -> None:
    assert outcome_meant(word) == meant


def test_the_words_of_the_field_are_read_in_files_too() -> None:
    import pandas as pd

    rows = pd.DataFrame({"person_id": ["a", "b"], "level": ["RTC", "day treatment"], "admit_date": ["2024-01-01"] * 2})
    episodes = cf.read_episodes(rows, cutoff="2024-12-31")
    assert (episodes.n, episodes.set_aside) == (2, 0)
