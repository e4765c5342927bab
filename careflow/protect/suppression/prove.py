"""Secondary suppression with proof: alternative tables that agree with all shown cells and protect a small one.

The result is verified by arithmetic in `careflow.protect.suppression.proof`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import sparse
from tqdm import tqdm

from careflow.errors import DisclosureError
from careflow.protect.suppression.cell_search import CellSearch, Unprotectable
from careflow.protect.suppression.earlier_tables import EarlierTables, tables_of_block
from careflow.protect.suppression.linear_system import FREE, HIDDEN, SHOWN, Bools, Ints, System
from careflow.protect.suppression.proof import Proof
from careflow.protect.suppression.protection_goals import READER, ProtectionGoals, protection_goals

MovedOwners = frozenset[int]
"""The insiders whose cells a table moves."""


class UnprotectableError(DisclosureError):
    """A cell that cannot be protected, whatever else is suppressed."""


class Stopped(Exception):
    """Raised in the threads of the search when the caller stopped early."""


def prove(
    system: System,
    below: int = 11,
    *,
    progress: bool | None = None,
    notes: tuple[str, ...] = (),
    earlier: EarlierTables | None = None,
) -> Proof:
    """Suppress small cells, and others so that no small cell can be worked out, and return the proof.

    Parameters
    ----------
    system : System
        The cells and their relations, as `table` or `system` make them.
    below : int
        The threshold: 1 to ``below`` - 1 is small.
    progress : bool, optional
        Show a progress bar; by default on a terminal only.
    notes : tuple of str
        What the proof assumes, in words; kept in the proof.
    earlier : EarlierTables, optional
        The tables of the last release: those that still agree with all that is shown are taken over.

    Returns
    -------
    Proof
        The suppressed cells and the alternative tables.

    Raises
    ------
    DisclosureError
        When earlier releases or zeros disclose a small cell: the message names the cell and what to merge.

    Examples
    --------
    >>> from careflow.protect import table
    >>> proof = prove(table([[3, 20, 31], [30, 40, 16]]))
    >>> int(proof.hidden.sum())
    4
    """
    small = system.small(below)
    if (unprotectable := small & (system.status == SHOWN)).any():
        raise UnprotectableError(_unprotectable_text(system, np.flatnonzero(unprotectable), below))
    hidden = (small & (system.status == FREE)) | (system.status == HIDDEN)
    earlier = EarlierTables() if earlier is None else earlier
    known = earlier.still_possible(system, hidden)
    least: dict[tuple[int, int], int] = {(cell, READER): value for cell, value in earlier.least.items()}
    goals = protection_goals(system, below, least)
    labels = system.components()
    blocks = [np.flatnonzero(labels == label) for label in np.unique(labels[goals.cells])]
    tables: dict[MovedOwners, list[Ints]] = {}
    with tqdm(total=len(goals), desc="proving hidden cells", disable=None if progress is None else not progress,
              leave=False) as bar:  # fmt: skip
        for cells, search in zip(blocks, _searches(system, goals, hidden, blocks, known, bar.update), strict=True):
            if isinstance(search, Unprotectable):
                cell, reader = search.args
                raise UnprotectableError(_unprotectable_text(system, cells[[cell]], below, insider=reader != READER))
            hidden[cells] = search.hidden
            _combine(tables, system, cells, search.tables)
            least |= {(int(cells[i]), reader): value for (i, reader), value in search.least.items()}
    all_tables = [table for owners in tables.values() for table in owners]
    stacked = np.array(all_tables, dtype=np.int64).reshape(len(all_tables), len(system))
    if least:
        notes = (*notes, "For some cells the least they can be is what a solver found")
    return Proof(system, hidden, stacked, below, least, notes)


def _combine(tables: dict[MovedOwners, list[Ints]], system: System, cells: Ints, block_tables: list[Ints]) -> None:
    """Combine the tables of a block with those of other blocks, which are independent of it.

    One table of the whole system then serves each block; only tables that move cells of the same insiders are combined.
    """
    filled: dict[MovedOwners, int] = {}
    for table in block_tables:
        moved = system.owner[cells][table != system.values[cells]]
        owners = frozenset(moved[moved >= 0].tolist())
        position = filled[owners] = filled.get(owners, -1) + 1
        combined = tables.setdefault(owners, [])
        if position == len(combined):
            combined.append(system.values.copy())
        combined[position][cells] = table


def _searches(
    system: System,
    goals: ProtectionGoals,
    hidden: Bools,
    blocks: list[Ints],
    known: sparse.csr_array,
    advance: Callable[[int], object],
) -> Iterator[CellSearch | Unprotectable]:
    """Search in each block and yield the outcomes in order; blocks are independent, so each core has a thread.

    The solver does not hold the interpreter's lock. When the caller stops early (an error, the user), every thread
    stops at its next table.
    """
    stopped = threading.Event()

    def step(met: int) -> None:
        if stopped.is_set():
            raise Stopped
        advance(met)

    def search_block(cells: Ints) -> CellSearch | Unprotectable:
        try:
            earlier = tables_of_block(known, system, cells)
            part = system.part(cells)
            return CellSearch(part, goals.within(cells), hidden[cells], advance=step, earlier=earlier).run()
        except Unprotectable as unprotectable:
            return unprotectable

    with ThreadPoolExecutor(max_workers=_cores()) as threads:
        try:
            yield from threads.map(search_block, blocks)
        finally:
            stopped.set()


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _unprotectable_text(system: System, cells: Ints, below: int, *, insider: bool = False) -> str:
    source = (
        "what an insider knows, with earlier releases and zeros," if insider else "earlier releases or zeros already"
    )
    instead = (
        ". Where earlier releases were not proved against insiders, what they show may tell one too much whatever is "
        "hidden now: release this without insider=, which the statement then says. Or merge"
        if insider
        else ". Merge"
    )
    more = f" and {len(cells) - 3:,} more" if len(cells) > 3 else ""
    named = "; ".join(system.names[i] for i in cells[:3])
    return (
        f"{len(cells):,} cells cannot be protected under the rule of {below}, since {source} "
        f"tell them: {named}{more}{instead} each with a neighbour (two levels, two strata, or the quarter with the "
        "next) or leave it out of this release"
    )
