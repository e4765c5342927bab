"""Protection goals: the values that every small cell must be able to take, for a reader and for each insider."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import sparse

from careflow.protect.suppression.linear_system import CHANGE, GROWN, SHOWN, Bools, Floats, Ints, System

_STILL: Final = 1e-7
"""A cell that a random vector of the null space moves by less may be determined."""
READER: Final = -1
"""The attacker who knows the published numbers only."""


@dataclass(frozen=True, eq=False)
class ProtectionGoals:
    """Goal k asks for a table in which ``cells[k]`` is in ``[low[k], high[k]]``.

    A change may instead be ``apart[k]`` or more in size, up or down (infinite where that is no way out). A goal that is
    an insider's asks that the table leaves every cell as it is that this insider knows.

    Attributes
    ----------
    knows : ndarray of int, shape (goals,)
        For whom: `READER`, or the number of an insider.
    owner : ndarray of int, shape (cells,)
        Which insider knows each cell, -1 for none (`System.owner`).
    values : ndarray of int, shape (cells,)
        The true table.
    """

    cells: Ints
    low: Floats
    high: Floats
    min_size: Floats
    readers: Ints
    owner: Ints
    values: Ints

    def __len__(self) -> int:
        return len(self.cells)

    def within(self, cells: Ints) -> ProtectionGoals:
        """Return the goals of some cells, which are numbered by their position among them."""
        position = np.full(len(self.values), -1)
        position[cells] = np.arange(len(cells))
        kept = position[self.cells] >= 0
        return ProtectionGoals(
            position[self.cells[kept]],
            self.low[kept],
            self.high[kept],
            self.min_size[kept],
            self.readers[kept],
            self.owner[cells],
            self.values[cells],
        )

    def met(self, tables: Ints) -> Bools:
        """Return, for each table (row) and goal (column), whether the table meets the goal."""
        rows = np.atleast_2d(tables)
        cell_values = rows[:, self.cells]
        is_met = ((cell_values >= self.low) & (cell_values <= self.high)) | (np.abs(cell_values) >= self.min_size)
        for insider in np.unique(self.readers[self.readers != READER]):
            own = self.owner == insider
            moved = (rows[:, own] != self.values[own]).any(axis=1)
            is_met &= ~(moved[:, None] & (self.readers == insider))
        return np.asarray(is_met, dtype=np.bool_)

    def movable_cells(self, goal: int, cells: Ints) -> Ints:
        """Return those of some cells that a table for this goal may move."""
        insider = self.readers[goal]
        return cells if insider == READER else cells[self.owner[cells] != insider]


def protection_goals(system: System, below: int, least: dict[tuple[int, int], int] | None = None) -> ProtectionGoals:
    """Return the goals of every small cell, by arithmetic alone.

    A small count must be able to be ``below`` or more, and its lower bound by sums (`System.floors`).
    A count of ``below`` moves or more by fewer people must be able to be ``below`` higher and ``below`` lower.
    A small change must be able to be 0, or ``below`` or more; one that is known not to be 0, ``below`` or more.
    The same goals hold for each insider, for every cell that is not the insider's own.

    Parameters
    ----------
    least : dict, optional
        By cell and reader, where no table reaches the lower bound: the least value that a solver found.
    """
    # Insiders first: a table that leaves an insider's cells as they are serves the plain reader too.
    who = [*range(int(system.owner.max(initial=READER)) + 1), READER]
    parts = [_goals_of(system, below, least or {}, reader) for reader in who]
    cells, low, high, min_size = (np.concatenate([part[i] for part in parts]) for i in range(4))
    readers = np.repeat(np.array(who), [len(part[0]) for part in parts])
    return ProtectionGoals(cells.astype(np.int64), low, high, min_size, readers, system.owner, system.values)


def _goals_of(
    system: System, below: int, least: dict[tuple[int, int], int], reader: int
) -> tuple[Ints, Floats, Floats, Floats]:
    """Return cells, low, high and min_size of the goals for one reader."""
    small = system.small(below)
    if reader != READER:
        own = known_to_insider(system, system.owner == reader)
        small &= ~own
        system = replace(system, status=np.where(own, SHOWN, system.status))
    chosen = np.flatnonzero(small)
    guard = system.guard[chosen]
    changes, grown = chosen[guard == CHANGE], chosen[guard == GROWN]
    counts = chosen[(guard != CHANGE) & (guard != GROWN)]
    value, floors = system.values[counts].astype(np.float64), system.floors()[counts]
    few = value < below
    up = np.where(few, below, value + below)
    down = np.where(few, floors, np.maximum(floors, value - below))
    if least:
        down = np.array([max(d, least.get((int(c), reader), d)) for c, d in zip(counts, down, strict=True)])
    unlimited, none = np.full(len(counts), np.inf), np.zeros(len(changes))
    return (
        np.concatenate([counts, counts, changes, grown]),
        np.concatenate([up, -unlimited, none, np.full(len(grown), float(below))]),
        np.concatenate([unlimited, down, none, np.full(len(grown), np.inf)]),
        np.concatenate([unlimited, unlimited, np.full(len(changes) + len(grown), float(below))]),
    )


def known_to_insider(system: System, own: Bools) -> Bools:
    """Return the cells that an insider knows from their own cells and from zeros: they disclose nothing of others.

    Such as a total of which all parts but the insider's own are zero.
    """
    known = own | ((system.status == SHOWN) & (system.values == 0))
    links = abs(system.relations)
    while True:
        open_in_row = links.sign() @ (~known).astype(np.int64)
        last = np.asarray(links[open_in_row == 1].sum(axis=0)).ravel() > 0
        new = last & ~known
        if not new.any():
            break
        known |= new
    known |= _sums_of_known(system, known)
    return np.asarray(known & (system.values != 0) | own, dtype=np.bool_)


def _sums_of_known(system: System, known: Bools) -> Bools:
    """Return the cells that several relations together determine, where no relation alone does.

    A cell is determined if its unit vector is a combination of the relations between the cells that are not known. A
    random vector of their null space says which cells may be; for each, the combination is found and verified in whole
    numbers, so no solver is trusted.
    """
    # Needed for insiders only, and slow to import.
    from scipy.optimize import linprog
    from scipy.sparse.linalg import lsmr

    unknown = np.flatnonzero(~known)
    determined = np.zeros(len(known), dtype=np.bool_)
    relations = sparse.csr_array(system.relations[:, unknown])
    relations = sparse.csr_array(relations[np.diff(relations.indptr) > 0]).astype(np.float64)
    if not relations.shape[0]:
        return determined
    draw = np.random.default_rng(0).normal(size=len(unknown))
    moved = draw - lsmr(relations, relations @ draw, atol=1e-13, btol=1e-13, maxiter=20 * len(unknown))[0]
    both = sparse.hstack([relations.T, -relations.T], format="csr")
    for at in np.flatnonzero(np.abs(moved) < _STILL):
        unit = np.zeros(len(unknown), dtype=np.int64)
        unit[at] = 1
        # The smallest weights in sum are at a corner, where they are usually whole.
        solution = linprog(np.ones(both.shape[1]), A_eq=both, b_eq=unit)
        if solution.x is not None and solution.status == 0:
            weights = np.round(solution.x).astype(np.int64)
            determined[unknown[at]] = bool((both.astype(np.int64) @ weights == unit).all())
    return determined
