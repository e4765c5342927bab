"""Suppression within one row of counts, so that no hidden cell can be found by subtraction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def small(n: npt.ArrayLike, below: int) -> Flags:
    """Say of each count whether it is above 0 and under ``below``.

    >>> small([0, 1, 10, 11], 11).tolist()
    [False, True, True, False]
    """
    counts = np.asarray(n)
    return np.asarray((counts > 0) & (counts < below))


def safe(n: Ints, below: int) -> bool:
    """Say whether cells may be hidden together when their sum is known.

    Either there are none, or there are two or more, and each of them could be ``below`` or more. Zeros are shown, so
    each hidden cell is known to be 1 or more.

    >>> safe(np.array([3, 9]), 11), safe(np.array([12]), 11), safe(np.array([1] * 11), 11), safe(np.array([], int), 11)
    (True, False, False, True)
    """
    held = n[n > 0]
    return len(held) == 0 or (len(held) > 1 and int(held.sum()) - (len(held) - 1) >= below)


def spread(n: Ints, hidden: Flags, below: int) -> Flags:
    """Hide more cells next to a shown total, smallest first, until the hidden ones are safe together.

    >>> spread(np.array([4, 60, 15, 0]), np.array([True, False, False, False]), 11).tolist()
    [True, False, True, False]
    """
    hidden = hidden.copy()
    while not safe(n[hidden], below):
        left = np.flatnonzero(~hidden & (n > 0))
        if not len(left):
            break
        hidden[left[np.argmin(n[left])]] = True
    return hidden


def hide_row(n: Ints, parts: Sequence[Flags], below: int) -> tuple[Flags, Flags]:
    """Return which cells of a row, and which sums of its parts, are hidden next to the row's total.

    Parameters
    ----------
    n : numpy.ndarray of int
        Disjoint counts that add up to the total of the row, which is shown unless it is small itself.
    parts : sequence of boolean numpy.ndarray
        The cells of each sum, the most important sum first; no cell is in two of them.
    below : int
        Counts from 1 to ``below - 1`` are hidden, and counts with such a complement.

    Returns
    -------
    cells, sums : numpy.ndarray of bool
        One flag a cell, and one a part. Where every cell is hidden, zeros too, the total must be hidden as well.
    """
    total = int(n.sum())
    if small(total, below):
        return np.ones(len(n), dtype=bool), np.ones(len(parts), dtype=bool)
    sums = np.array([int(n[part].sum()) for part in parts], dtype=np.int64)
    cells = small(n, below) | small(total - n, below)
    small_sums = small(sums, below) | small(total - sums, below)
    shut = small_sums.copy()
    while True:
        shut |= np.array([not safe(n[part & cells], below) for part in parts], dtype=bool)
        known = np.zeros(len(n), dtype=bool)
        for part, closed in zip(parts, shut, strict=True):
            if not closed:
                known |= part
        rest = cells & ~known
        if safe(n[rest], below):
            return cells, shut
        # The sum of the hidden cells outside every shown sum can be found by subtraction: hide more of them.
        others = [i for i, part in enumerate(parts) if not shut[i] and (part & cells & (n > 0)).any()]
        free = np.flatnonzero(~cells & (n > 0))
        if others:
            shut[others[-1]] = True
        elif len(free):
            cells[free[np.argmin(n[free])]] = True
            shut = small_sums.copy()  # with this cell hidden, a sum that had to be hidden may be shown
        else:
            return np.ones(len(n), dtype=bool), np.ones(len(parts), dtype=bool)
