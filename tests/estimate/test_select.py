"""Counts that are split by more than was asked for, or by the same calendar."""

import pytest
from support.made_up import CELLS

import careflow as cf
from careflow.errors import CountsError


@pytest.fixture(scope="module")
def counts(moves: cf.Transitions) -> cf.Counts:
    return moves.counts("quarter", windows=[7, 30])


@pytest.mark.slow
def test_counts_by_a_period_answer_without_it_where_they_add_up(counts: cf.Counts) -> None:
    whole = cf.transition_rates(counts).frame
    assert whole.loc[(whole["from"] == "php") & (whole["to"] == "iop"), "n"].tolist() == [3 * CELLS["php", "iop"]]
    with pytest.raises(CountsError, match="follow each stay within each quarter"):
        cf.transition_rates(counts, method="intensity")


def test_a_calendar_that_is_the_same_is_no_other(counts: cf.Counts) -> None:
    assert len(cf.transition_rates(counts, by="quarter", calendar=cf.Calendar()).frame)
