"""Pieces that two processes share: each is made once, in order, and what the other fails at is made here."""

import pytest

from careflow.report.drawing_process import map_on_two, second_process


def test_results_come_in_the_order_of_the_pieces():
    assert map_on_two(str, str, list(range(50)), lambda piece: None) == [str(piece) for piece in range(50)]


def test_without_another_process_all_is_made_here():
    told = []
    assert map_on_two(str, None, [1, 2, 3], told.append) == ["1", "2", "3"]
    assert told == [1, 2, 3]


def test_what_the_other_process_fails_at_is_made_here():
    def fails(piece: int) -> str:
        raise EOFError("the other process ended")

    assert map_on_two(str, fails, [1, 2, 3], lambda piece: None) == ["1", "2", "3"]


def test_what_is_wrong_here_too_is_raised():
    def wrong(piece: int) -> str:
        raise ValueError(piece)

    with pytest.raises(ValueError, match="1"):
        map_on_two(wrong, wrong, [1], lambda piece: None)


@pytest.mark.slow
def test_another_process_applies_a_function_and_says_its_errors():
    with second_process("math:sqrt") as other:
        assert other is not None
        assert other(9.0) == 3.0
        with pytest.raises(RuntimeError, match="ValueError"):
            other(-1.0)
        assert other(16.0) == 4.0
