"""Cells of one row, and what a reader who can subtract may learn of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careflow.report.masking.row_suppression import hide_row, safe, spread

BELOW = 11
cells = st.lists(st.integers(0, 40) | st.integers(0, 12), min_size=5, max_size=9).map(np.array)


def lumps(n, parts, hidden, shut):
    """Return the sets of hidden cells whose sums a reader knows: one for each sum shown, one for all the rest."""
    inside = [part & hidden for part, closed in zip(parts, shut, strict=True) if not closed]
    rest = hidden.copy()
    for part in inside:
        rest &= ~part
    return [n[lump & (n > 0)] for lump in (*inside, rest)]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(n=cells)
def test_no_small_count_of_a_row_is_shown_and_none_is_found_by_subtraction(n):
    places = np.arange(len(n))
    parts = [places < 2, (places >= 2) & (places < 4)]
    hidden, shut = hide_row(n, parts, BELOW)
    total = n.sum()
    shown = n[~hidden]
    assert not ((shown > 0) & (shown < BELOW)).any()
    assert not ((total - shown > 0) & (total - shown < BELOW)).any() or total < BELOW
    if not hidden.all():
        for held in lumps(n, parts, hidden, shut):
            for one in range(len(held)):
                least, most = 1, int(held.sum()) - (len(held) - 1)
                assert most >= BELOW > least, f"a reader knows that cell {one} is under {BELOW}"


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(n=cells)
def test_sums_that_are_shown_are_not_small(n):
    places = np.arange(len(n))
    parts = [places < 2, (places >= 2) & (places < 4)]
    _, shut = hide_row(n, parts, BELOW)
    for part, closed in zip(parts, shut, strict=True):
        if not closed:
            assert n[part].sum() == 0 or n[part].sum() >= BELOW


def test_a_row_of_ten_is_hidden_whole():
    hidden, shut = hide_row(np.array([4, 6, 0]), [np.array([True, True, False])], BELOW)
    assert hidden.all()
    assert shut.all()


def test_zeros_are_shown_in_a_row_that_is():
    hidden, _ = hide_row(np.array([0, 50, 60, 0]), [], BELOW)
    assert not hidden.any()


def test_a_lone_small_cell_takes_the_smallest_other_one_with_it():
    hidden, _ = hide_row(np.array([3, 50, 20, 0]), [], BELOW)
    assert hidden.tolist() == [True, False, True, False]


def test_eleven_cells_of_one_are_no_hiding_place():
    assert not safe(np.ones(11, dtype=int), BELOW)


@pytest.mark.parametrize(("n", "expected"), [([4, 60, 15, 0], [True, False, True, False]), ([11, 60], [False, False])])
def test_spread_hides_no_more_than_it_must(n, expected):
    counts = np.array(n)
    assert spread(counts, (counts > 0) & (counts < BELOW), BELOW).tolist() == expected
