"""Persons served in several strata."""

import pytest

import careflow as cf
from careflow.errors import ArgumentError


@pytest.fixture(scope="module")
def counts(moves: cf.Transitions) -> cf.Counts:
    return moves.counts("quarter", windows=[7, 30])


def test_people_of_several_strata_are_not_added_up(moves: cf.Transitions) -> None:
    counts = moves.counts(["quarter", "discharge_reason"], clocks="served")
    with pytest.raises(ArgumentError, match="do not add up over strata; these counts have them by quarter, discharge_"):
        cf.persons_served(counts, by="quarter")
