"""The plain linear system: what it takes, what it calls small, and the least that a cell can be."""

import numpy as np
import pytest

from careflow.errors import DisclosureError
from careflow.protect import system, table
from careflow.protect.suppression.linear_system import HIDDEN, SHOWN, VIRTUAL


def test_a_table_is_published_with_all_its_margins() -> None:
    made = table([[1, 2], [3, 4]])
    assert made.values.tolist() == [1, 2, 3, 3, 4, 7, 4, 6, 10]
    assert not (made.relations @ made.values).any()
    assert made.depth.tolist() == [0, 0, 1, 0, 0, 1, 1, 1, 2]


def test_zero_is_shown_and_1_to_10_is_small() -> None:
    made = table([[0, 10], [11, 1]])
    assert made.status[0] == SHOWN
    assert np.flatnonzero(made.small(11)).tolist() == [1, 2, 4]


def test_a_cell_of_many_moves_by_few_people_is_small() -> None:
    persons = np.full(9, -1)
    persons[4] = 3
    made = table([[20, 30], [40, 50]], persons=persons)
    assert np.flatnonzero(made.small(11)).tolist() == [4]


def test_the_least_of_a_total_counts_the_parts_that_are_not_zero() -> None:
    made = table([[2, 3, 0], [0, 1, 9]])
    assert made.floors().reshape(3, 4).tolist() == [[1, 1, 0, 2], [0, 1, 1, 2], [1, 2, 1, 4]]


def test_the_least_of_a_total_holds_what_earlier_releases_showed() -> None:
    made = system([7, 12, 19], [[-1, -1, 1]], status=[0, SHOWN, 0])
    assert made.floors().tolist() == [1, 12, 13]


def test_cells_are_tied_only_through_cells_that_can_move() -> None:
    made = system([5, 5, 0, 5, 5], [[1, -1, -1, 0, 0], [0, 0, -1, 1, -1]], status=[0, 0, 0, 0, HIDDEN])
    labels = made.components()
    assert labels[0] == labels[1] != labels[3] == labels[4]


@pytest.mark.parametrize(
    ("values", "relations", "says"),
    [
        ([1, 2, 4], [[-1, -1, 1]], "1 of 1 sums do not hold"),
        ([1, 2.5, 3.5], [[-1, -1, 1]], "2 cells are not whole numbers"),
        ([-1, 2, 1], [[-1, -1, 1]], "1 cells are negative"),
        ([1, 2], [[-1, -1, 1]], "the relations have 3 columns, the table has 2 cells"),
    ],
)
def test_what_is_no_table_of_counts_is_refused(values: list[float], relations: list[list[int]], says: str) -> None:
    with pytest.raises(DisclosureError, match=says):
        system(values, relations)


def test_a_cell_printed_nowhere_may_be_negative_and_is_judged_by_its_size() -> None:
    made = system([20, 23, -3], [[1, -1, -1]], status=[0, 0, VIRTUAL], lowest=[1, 1, -np.inf])
    assert made.small(11).tolist() == [False, False, True]
