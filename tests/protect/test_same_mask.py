"""Records that differ only under the mask give the same bytes: all that is printed is made from what is shown."""

import numpy as np
import pandas as pd
import pytest

from careflow.protect import Released, protect

TERMINATED, OTHER = 5, 8


def cube_with(terminated: int, other: int) -> np.ndarray:
    """Return a cube of 40 everywhere, but for two reasons of leaving the first level in the first quarter."""
    cube = np.full((3, 3, 12), 40, dtype=np.int64)
    cube[0, 0, TERMINATED], cube[0, 0, OTHER] = terminated, other
    return cube


def bytes_of(released: Released) -> str:
    """Return everything that a release prints: every table, the provenance, the statement and the warnings."""
    texts = [released.statement, repr(released), *released.warnings]
    for result in released:
        frames = [value for value in vars(result).values() if isinstance(value, pd.DataFrame)]
        texts += [frame.to_csv(index=False) for frame in frames]
        texts += [repr(result), repr(result.about)]
    return "\n".join(texts)


@pytest.mark.slow
@pytest.mark.parametrize("other", [(4, 4), (2, 6), (1, 7)])
def test_small_counts_that_differ_under_the_mask_give_the_same_bytes(made, other) -> None:
    released, changed = (protect(made["by_quarter"](cube_with(*counts))) for counts in ((3, 5), other))
    assert (released.proof.hidden == changed.proof.hidden).all()
    assert bytes_of(released) == bytes_of(changed)


def test_the_statement_does_not_tell_how_many_hidden_cells_are_small(made) -> None:
    """3 and 12 hidden, or 8 and 7: old code said that one cell was small, or two."""
    one, both = (protect(made["by_quarter"](cube_with(*counts))) for counts in ((3, 12), (8, 7)))
    assert one.proof.check().small != both.proof.check().small
    assert (one.proof.hidden == both.proof.hidden).all()
    assert bytes_of(one) == bytes_of(both)


def test_what_is_printed_of_stays_is_made_from_shown_numbers(made) -> None:
    """A hidden row of stays, of 6 or of 9: nothing beside it changes."""
    six, nine = (protect(made["stays"]([(n, 2), (80, 20), (60, 15)])) for n in (6, 9))
    assert (six.proof.hidden == nine.proof.hidden).all()
    assert bytes_of(six) == bytes_of(nine)
