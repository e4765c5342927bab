"""Rounded releases in a ledger: a number is rounded the same way each time, and a small change is not printed.

A row whose counts all changed by less than the threshold is printed again as it was. Elsewhere a count that changed by
less keeps the number first published, and one that changed by more is rounded anew. Old and new counts are tied by the
change between them, so that the proof is of all releases jointly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from careflow.protect.cells.cell_table import Book, Cell
from careflow.protect.history.successive_releases import Joint, State, append, blocks_of, copied, tie_change
from careflow.protect.suppression.linear_system import (
    CHANGE,
    COUNT,
    FREE,
    GROWN,
    HIDDEN,
    SHOWN,
    UNGUARDED,
    VIRTUAL,
    Bools,
    Ints,
)

MODE = {"mode": "rounded to fives"}
"""What the ledger of rounded releases says of itself: it is no ledger of exact ones."""


def join_rounded(book: Book, before: State, below: int) -> Joint:
    """Lay the book of a new release over the state of the earlier ones; ``place`` is where the printed numbers are."""
    state = copied(before)
    frozen, fresh = blocks_of(book, before, below)
    laid = [_lay(state, cell, below) for cell in book.cells]
    true = np.array([one[0] for one in laid], dtype=np.int64)
    printed = np.array([one[1] for one in laid], dtype=np.int64)
    state.sums += [{int(true[cell]): coefficient for cell, coefficient in row.items()} for row in book.sums]
    return Joint(state, printed, frozen, bool(fresh))


def _lay(state: State, cell: Cell, below: int) -> tuple[int, int]:
    """Put one new cell into the state; return where its true count is, and where the number to print."""
    old = state.latest.get(cell.key)
    if old is None:
        before = state.latest.get(cell.series) if cell.series else None
        number = append(state, replace(cell), FREE if cell.printed else VIRTUAL)
        if before is not None and cell.guard == COUNT:
            tie_change(state, number, before, GROWN)
        return number, number
    known = state.cells[old]
    if known.value == cell.value:
        if cell.printed and state.status[old] == VIRTUAL:
            known.printed, known.guard, state.status[old] = True, cell.guard, FREE
        return old, old
    again = cell.printed and state.status[old] != VIRTUAL and abs(cell.value - known.value) < below
    printed = cell.printed and not again
    number = append(state, replace(cell, printed=printed), FREE if printed else VIRTUAL)
    if again:
        # What was first published is printed again; the next release is compared with that.
        state.latest[cell.key] = old
    if cell.guard == COUNT:
        tie_change(state, number, old, UNGUARDED if again else CHANGE)
    if again:
        change = state.cells[-1]
        change.lowest, change.highest = -float(below - 1), float(below - 1)
        state.cells[number].guard = UNGUARDED
    return number, old if again else number


def known_of(state: State) -> tuple[Bools, Bools, Bools]:
    """Return which cells are printed, which of them earlier releases settled, and which of those they hid."""
    status: Ints = np.array(state.status, dtype=np.int64)
    return status != VIRTUAL, (status == SHOWN) | (status == HIDDEN), status == HIDDEN


def ledger_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """Return what a ledger of rounded releases is about."""
    return spec | MODE
