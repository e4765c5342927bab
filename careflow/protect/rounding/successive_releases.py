"""Rounded releases in a ledger: a number is rounded the same way each time, and a small change is not printed.

A row whose counts all changed by less than the threshold is printed again as it was. Elsewhere a count that changed by
less keeps the number first published, and one that changed by more is rounded anew. Old and new counts are linked by
the change between them, so that the proof covers all releases jointly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from careflow.protect.cells.cell_table import Cell, CellTable
from careflow.protect.history.state import State
from careflow.protect.history.successive_releases import (
    JointRelease,
    add_sums,
    append,
    copy_of,
    link_change,
    unchanged_blocks,
)
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
"""An entry of the ledger of rounded releases: it is not a ledger of exact ones."""


def join_rounded(table: CellTable, previous: State, below: int) -> JointRelease:
    """Join a new release to the state of the earlier ones; ``numbers`` are the cells of the printed numbers."""
    state, appended = copy_of(previous), len(previous.cells)
    unchanged, fresh = unchanged_blocks(table, previous, below)
    numbers = [_add_cell(state, cell, below) for cell in table.cells]
    true_numbers = np.array([pair[0] for pair in numbers], dtype=np.int64)
    printed = np.array([pair[1] for pair in numbers], dtype=np.int64)
    add_sums(state, table, true_numbers, appended)
    return JointRelease(state, printed, unchanged, bool(fresh))


def _add_cell(state: State, cell: Cell, below: int) -> tuple[int, int]:
    """Add one new cell to the state; return the numbers of the cell of its true count and of the one to print."""
    old_number = state.latest.get(cell.key)
    if old_number is None:
        previous = state.latest.get(cell.series) if cell.series else None
        number = append(state, replace(cell), FREE if cell.printed else VIRTUAL)
        if previous is not None and cell.guard == COUNT:
            link_change(state, number, previous, GROWN)
        return number, number
    old_cell = state.cells[old_number]
    if old_cell.value == cell.value:
        if cell.printed and state.status[old_number] == VIRTUAL:
            old_cell.printed, old_cell.guard, state.status[old_number] = True, cell.guard, FREE
        return old_number, old_number
    reprinted = cell.printed and state.status[old_number] != VIRTUAL and abs(cell.value - old_cell.value) < below
    printed = cell.printed and not reprinted
    number = append(state, replace(cell, printed=printed), FREE if printed else VIRTUAL)
    if reprinted:
        # The number first published is printed again; the next release is compared with it.
        state.latest[cell.key] = old_number
    if cell.guard == COUNT:
        link_change(state, number, old_number, UNGUARDED if reprinted else CHANGE)
    if reprinted:
        change = state.cells[-1]
        change.lowest, change.highest = -float(below - 1), float(below - 1)
        state.cells[number].guard = UNGUARDED
    return number, old_number if reprinted else number


def release_status(state: State) -> tuple[Bools, Bools, Bools]:
    """Return which cells are printed, which of them are from earlier releases, and which of those were hidden."""
    status: Ints = np.array(state.status, dtype=np.int64)
    return status != VIRTUAL, (status == SHOWN) | (status == HIDDEN), status == HIDDEN


def rounded_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the specification of a ledger of rounded releases."""
    return spec | MODE
