"""One linear system over all releases: earlier cells keep their status, new cells are linked to them by the changes.

What an earlier release showed stays shown and what it hid stays hidden. A row (block) whose counts all changed by less
than the threshold is printed again as it was (an unchanged row), so that a small change cannot be distinguished from
none. In any other row a count that did not change keeps its status, one that changed by the threshold or more is judged
afresh, and one that changed by less is hidden.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from careflow.protect.cells.cell_table import Cell, CellTable
from careflow.protect.history.joint_table import JointTable
from careflow.protect.history.state import State
from careflow.protect.results.links import link
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


@dataclass
class JointRelease:
    """The cells of a new release joined to the state of the earlier ones.

    Attributes
    ----------
    state : State
        Earlier and new cells; new ones are `FREE` until the search has decided.
    place : ndarray of int
        For each cell of the new table, its number in the state.
    frozen : set of str
        Blocks that are printed again as they were.
    new : bool
        Whether anything new is printed.
    """

    state: State
    numbers: Ints
    unchanged: set[str]
    new: bool

    @property
    def derived(self) -> Bools:
        """Which cells are in no release, neither printed nor held back."""
        return np.array([not cell.printed and not cell.held for cell in self.state.cells], dtype=np.bool_)

    def after_release(self, hidden: Bools) -> State:
        """Return the state after the release: free cells are now shown or hidden."""
        decided = [
            status if status == VIRTUAL else (HIDDEN if hide else SHOWN)
            for status, hide in zip(self.state.status, hidden, strict=True)
        ]
        return replace(self.state, status=decided)


def join(table: CellTable, previous: State, below: int, *, separate: bool = False) -> JointRelease:
    """Join the cells of a new release to the state of the earlier ones.

    ``separate`` is for the case that a change cannot be protected otherwise. It treats no row as unchanged: that an
    unchanged row changed by less than the threshold is known, and may disclose a count that is also in another row. And
    a count that was hidden, is hidden and did not change becomes two cells whose difference is 0, since no reader knows
    that it did not change.
    """
    state, appended = copy_of(previous), len(previous.cells)
    unchanged, changed = unchanged_blocks(table, previous, below)
    if separate:
        unchanged, changed = set(), unchanged | changed
    numbers = np.array(
        [_add_cell(state, cell, cell.block in unchanged, below, separate) for cell in table.cells], dtype=np.int64
    )
    add_sums(state, table, numbers, appended)
    return JointRelease(state, numbers, unchanged, bool(changed))


def add_sums(state: State, table: CellTable, numbers: Ints, appended: int) -> None:
    """Add the sums of a new release, and those that link it to earlier ones."""
    state.sums += [{int(numbers[cell]): coefficient for cell, coefficient in row.items()} for row in table.sums]
    if appended:
        joint = JointTable(state, table)
        link(joint)
        joint.add_to(state, numbers, appended)


def copy_of(previous: State) -> State:
    """Return a copy of a state that can be extended."""
    return State(
        [replace(cell) for cell in previous.cells],
        list(previous.status),
        [dict(row) for row in previous.sums],
        dict(previous.latest),
        previous.rows,
        previous.plan,
        previous.tables,
    )


def unchanged_blocks(table: CellTable, previous: State, below: int) -> tuple[set[str], set[str]]:
    """Return the blocks to print as they were, and those that changed."""
    change: dict[str, float] = defaultdict(float)
    for cell in table.cells:
        if not cell.printed or not cell.block:
            continue
        old = previous.latest.get(cell.key)
        known = old is not None and previous.status[old] != VIRTUAL
        size = abs(cell.value - previous.cells[old].value) if known and old is not None else np.inf
        change[cell.block] = max(change[cell.block], size)
    unchanged = {block for block, size in change.items() if size < below and block in previous.rows}
    return unchanged, set(change) - unchanged


def _add_cell(state: State, cell: Cell, unchanged: bool, below: int, separate: bool) -> int:
    """Add one new cell to the state and return its number there."""
    old = state.latest.get(cell.key)
    printed = cell.printed and not unchanged
    if old is None:
        previous = state.latest.get(cell.series) if cell.series else None
        number = append(state, replace(cell, held=cell.printed and not printed), FREE if printed else VIRTUAL)
        if previous is not None and cell.guard == COUNT:
            # A total that still grows: its increase since the earlier release is a count like any other.
            link_change(state, number, previous, GROWN)
        return number
    known = state.cells[old]
    if known.value == cell.value and state.status[old] == VIRTUAL and printed:
        if known.held:
            # A reader does not know that it is the same count: it was held back then and is judged afresh now.
            return append(state, replace(cell), FREE)
        known.printed, known.guard, state.status[old] = True, cell.guard, FREE
        return old
    if known.value == cell.value:
        if not (separate and printed and state.status[old] == HIDDEN and cell.guard == COUNT):
            return old
        number = append(state, replace(cell), HIDDEN)
        link_change(state, number, old, CHANGE)
        return number
    small = abs(cell.value - known.value) < below
    old_status = state.status[old]
    new = replace(cell, printed=printed, held=cell.printed and not printed)
    guard = CHANGE
    status = FREE if printed else VIRTUAL
    if printed and small and old_status != VIRTUAL and cell.value != 0:
        status = HIDDEN
        guard = GROWN if old_status == SHOWN else CHANGE
    if not printed and unchanged and old_status == SHOWN and cell.guard == COUNT:
        # Readers know the rule: a number printed as it was changed by less than the threshold.
        new.lowest, new.highest = max(0.0, known.value - below + 1), known.value + below - 1
        new.guard = UNGUARDED
    number = append(state, new, status)
    if cell.guard == COUNT:
        link_change(state, number, old, guard)
    return number


def link_change(state: State, new: int, old: int, guard: int) -> None:
    """Link two versions of a count by the change between them."""
    cells = state.cells
    change = Cell(
        f"{cells[new].key}|change {new}",
        cells[new].value - cells[old].value,
        f"the change in {cells[new].name}",
        printed=False,
        guard=guard,
        lowest=-np.inf,
    )
    state.sums.append({new: 1, old: -1, append(state, change, VIRTUAL): -1})


def append(state: State, cell: Cell, status: int) -> int:
    """Append a cell to a state, as the newest of its key, and return its number."""
    state.latest[cell.key] = len(state.cells)
    if cell.series:
        state.latest[cell.series] = len(state.cells)
    state.cells.append(cell)
    state.status.append(status)
    return len(state.cells) - 1
