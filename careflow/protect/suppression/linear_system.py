"""The linear system of a release: cells as whole numbers, and the sums that link them as a sparse matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from careflow.errors import DisclosureError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FREE: Final = 0
"""May be shown or suppressed, as the search decides."""
SHOWN: Final = 1
"""Known to every reader: a zero, or a number that an earlier release showed."""
HIDDEN: Final = 2
"""Hidden by an earlier release; it stays hidden."""
VIRTUAL: Final = 3
"""Printed nowhere, but implied by printed cells: a complement, a remainder, a change."""

UNGUARDED: Final = 0
"""A cell that only serves a sum: a small value in it discloses nothing."""
COUNT: Final = 1
"""A count of moves, stays or people: the feasibility interval of a small one must reach the threshold and its floor."""
CHANGE: Final = 2
"""The change of a count between two releases: a small change must not be distinguishable from 0."""
GROWN: Final = 3
"""A change that suppression itself reveals: a small one must not be distinguishable from a large one."""


@dataclass(frozen=True, eq=False, repr=False)
class System:
    """Integer cells ``v`` with relations ``M v = 0``.

    Attributes
    ----------
    values : ndarray of int, shape (cells,)
        The true counts.
    relations : scipy.sparse.csr_array of int, shape (relations, cells)
        Each row is one sum that every reader may assume: ``total - parts = 0``.
    names : tuple of str
        Each cell in words, for errors: level and stratum names, never a count.
    status : ndarray of int
        `FREE`, `SHOWN`, `HIDDEN` or `VIRTUAL` for each cell.
    depth : ndarray of int
        0 for an inner cell, more for sums of sums, which cost more to hide.
    guard : ndarray of int
        How the cell is protected: `COUNT`, `CHANGE`, `GROWN` or `UNGUARDED`.
    lowest, highest : ndarray of float
        The bounds that a reader knows of a cell that is not shown. Zeros are shown, so a hidden cell is at least 1.
    persons : ndarray of int
        Distinct people behind each cell, -1 where that is not known.
    owner : ndarray of int
        The insider who knows each cell, numbered from 0; -1 for none.

    Examples
    --------
    >>> system = table([[3, 20], [30, 40]])
    >>> system
    <System: 9 cells, 5 relations>
    >>> [system.names[i] for i in np.flatnonzero(system.small(11))]
    ['cell (0, 0)']
    """

    values: Ints
    relations: sparse.csr_array
    names: tuple[str, ...]
    status: Ints
    depth: Ints
    guard: Ints
    lowest: Floats
    highest: Floats
    persons: Ints
    owner: Ints

    def __repr__(self) -> str:
        return f"<System: {len(self):,} cells, {self.relations.shape[0]:,} relations>"

    def __len__(self) -> int:
        return len(self.values)

    def small(self, below: int) -> Bools:
        """Return the small (sensitive) cells: 1 to ``below`` - 1, or fewer than ``below`` people.

        A change between two releases may be negative, and is judged by its absolute value.
        """
        few = (self.persons >= 0) & (self.persons < below)
        size = np.abs(self.values)
        return np.asarray((self.guard != UNGUARDED) & (size > 0) & ((size < below) | few), dtype=np.bool_)

    def floors(self) -> Floats:
        """Return a lower bound of each cell for a reader who knows the zeros and what earlier releases showed.

        1 for an inner cell that is not zero; for a total the sum over its parts. No solver is used.
        """
        least = np.where(self.status == SHOWN, self.values, self.lowest)
        totals, parts = self._sums()
        for _ in range(int(self.depth.max(initial=0)) + 1):
            least[totals] = np.maximum(least[totals], 0)
            below = parts @ least
            before = least.copy()
            np.maximum.at(least, totals, below)
            if np.array_equal(before, least):
                break
        return np.minimum(least, self.values)

    def _sums(self) -> tuple[Ints, sparse.csr_array]:
        """Return the relations that are plain sums: the cell that is the total, and the matrix of its parts."""
        matrix = self.relations
        if 0 in matrix.shape:
            return np.zeros(0, dtype=np.int64), sparse.csr_array((0, len(self)), dtype=np.int64)
        plain = (abs(matrix).max(axis=1).toarray().ravel() == 1) & ((matrix > 0).sum(axis=1) == 1)
        chosen = sparse.csr_array(matrix[plain])
        rows, cols = (chosen > 0).nonzero()
        order = np.argsort(rows)
        return cols[order].astype(np.int64), sparse.csr_array(-chosen * (chosen < 0))

    def components(self) -> Ints:
        """Label each cell with its block: cells linked directly or through others; shown cells link nothing."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        movable = sparse.diags_array((self.status != SHOWN).astype(np.int64), dtype=np.int64)
        links = abs(self.relations) @ movable
        _, labels = sparse.csgraph.connected_components(links.T @ links, directed=False)
        return np.asarray(labels, dtype=np.int64)

    def part(self, cells: Ints) -> System:
        """Return the system of some cells only; every other cell of their relations must be one that cannot move."""
        rows = self.relations[:, cells]
        return System(
            self.values[cells],
            sparse.csr_array(rows[np.diff(rows.indptr) > 0]),
            tuple(self.names[i] for i in cells),
            self.status[cells],
            self.depth[cells],
            self.guard[cells],
            self.lowest[cells],
            self.highest[cells],
            self.persons[cells],
            self.owner[cells],
        )


def system(
    values: npt.ArrayLike,
    relations: Any,
    *,
    names: Sequence[str] | None = None,
    status: npt.ArrayLike | None = None,
    depth: npt.ArrayLike | None = None,
    guard: npt.ArrayLike | None = None,
    lowest: npt.ArrayLike | None = None,
    highest: npt.ArrayLike | None = None,
    persons: npt.ArrayLike | None = None,
    owner: npt.ArrayLike | None = None,
) -> System:
    """Make a `System`, checked: whole numbers that satisfy their relations.

    Zeros that are not virtual become `SHOWN`. ``lowest`` defaults to 1 (0 for virtual cells), ``highest`` to infinity.

    Raises
    ------
    DisclosureError
        When counts are negative or not whole, when a shape does not fit, or when a relation does not hold.
    """
    given = np.asarray(values, dtype=np.float64)
    v = np.rint(given).astype(np.int64)
    size = len(v)
    matrix = sparse.csr_array(relations).astype(np.int64)
    if matrix.shape[1] != size:
        raise DisclosureError(
            f"the relations have {matrix.shape[1]:,} columns, the table has {size:,} cells; give one column a cell"
        )
    if not np.allclose(given, v, rtol=0, atol=1e-9):
        raise DisclosureError(f"{int((np.abs(given - v) > 1e-9).sum()):,} cells are not whole numbers; give counts")
    states = np.full(size, FREE) if status is None else np.array(status, dtype=np.int64)
    states[(v == 0) & (states == FREE)] = SHOWN
    if (negative := (v < 0) & (states != VIRTUAL)).any():
        raise DisclosureError(f"{int(negative.sum()):,} cells are negative; give counts")
    if (wrong := matrix @ v != 0).any():
        raise DisclosureError(
            f"{int(wrong.sum()):,} of {matrix.shape[0]:,} sums do not hold: the parts do not sum to the "
            "total; correct the counts"
        )
    virtual = states == VIRTUAL
    low = np.where(virtual, 0.0, 1.0) if lowest is None else np.array(lowest, dtype=np.float64)
    high = np.full(size, np.inf) if highest is None else np.array(highest, dtype=np.float64)
    return System(
        v,
        matrix,
        tuple(names) if names is not None else tuple(f"cell {i}" for i in range(size)),
        states.astype(np.int64),
        np.zeros(size, dtype=np.int64) if depth is None else np.array(depth, dtype=np.int64),
        np.full(size, COUNT) if guard is None else np.array(guard, dtype=np.int64),
        low,
        high,
        np.full(size, -1, dtype=np.int64) if persons is None else np.array(persons, dtype=np.int64),
        np.full(size, -1, dtype=np.int64) if owner is None else np.array(owner, dtype=np.int64),
    )


def margins(shape: tuple[int, ...]) -> tuple[sparse.csr_array, Ints, list[tuple[int | str, ...]]]:
    """Return relations, depth and keys of a table with every margin (key ``"+"``), margins after each axis."""
    full = tuple(n + 1 for n in shape)
    keys: list[tuple[int | str, ...]] = [
        tuple("+" if i == n else i for i, n in zip(cell, shape, strict=True)) for cell in product(*map(range, full))
    ]
    depth = np.array([sum(k == "+" for k in key) for key in keys], dtype=np.int64)
    rows, cols, coefficients = [], [], []
    row = 0
    for cell in product(*map(range, full)):
        # One sum a margin is enough: the others follow from it.
        axis = next((d for d, (i, n) in enumerate(zip(cell, shape, strict=True)) if i == n), None)
        if axis is None:
            continue
        parts = [(*cell[:axis], i, *cell[axis + 1 :]) for i in range(shape[axis])]
        indices = [int(np.ravel_multi_index(part, full)) for part in (cell, *parts)]
        rows += [row] * len(indices)
        cols += indices
        coefficients += [1] + [-1] * len(parts)
        row += 1
    matrix = sparse.csr_array((np.array(coefficients, dtype=np.int64), (rows, cols)), shape=(row, len(keys)))
    return matrix, depth, keys


def table(counts: npt.ArrayLike, **options: Any) -> System:
    """Make the system of a table of counts of any number of axes, published with all its margins.

    Parameters
    ----------
    counts : array_like of int
        The inner cells. The margins are added.
    **options
        As `system`; ``persons`` and ``status`` are of the table with its margins, flattened.

    Examples
    --------
    >>> table([[3, 20], [30, 40]]).values.tolist()
    [3, 20, 23, 30, 40, 70, 33, 60, 93]
    """
    inner = np.asarray(counts)
    full = with_margins(inner)
    matrix, depth, keys = margins(inner.shape)
    names = ["cell (" + ", ".join(str(k) for k in key) + ")" for key in keys]
    return system(full.ravel(), matrix, names=names, depth=depth, **options)


def with_margins(counts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Append the sum along every axis."""
    for axis in range(counts.ndim):
        counts = np.concatenate([counts, counts.sum(axis=axis, keepdims=True)], axis=axis)
    return counts
