"""Alternative tables of earlier releases: those that agree with all that is shown now are tables of the new proof too.

Most blocks of a ledger are as they were at the last release. Their tables need not be searched for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from careflow.protect.suppression.linear_system import VIRTUAL, Bools, Ints, System
from careflow.protect.suppression.proof import Proof
from careflow.protect.suppression.protection_goals import READER

Change = dict[int, int]
"""How a table of one block differs from the true one: by how much each cell is moved."""


@dataclass(frozen=True)
class EarlierTables:
    """The tables of an earlier proof, as changes of a system whose cells have the same numbers since.

    Attributes
    ----------
    changes : sequence of dict
        Of each table, block by block.
    least : dict
        For cells whose lower bound by sums no table reaches: the least value that a solver found, for any reader.
    """

    changes: Sequence[Change] = ()
    least: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, proof: Proof) -> EarlierTables:
        """Return the tables of a proof.

        Examples
        --------
        >>> from careflow.protect import prove, table
        >>> earlier = EarlierTables.of(prove(table([[3, 20], [30, 40]])))
        >>> sorted(earlier.changes[0])
        [0, 1, 3, 4]
        """
        values, labels = proof.system.values, proof.system.components()
        changes: dict[tuple[bytes, bytes], Change] = {}
        for table in proof.alternative_tables:
            moved = np.flatnonzero(table != values)
            for label in np.unique(labels[moved]):
                cells = moved[labels[moved] == label]
                by = table[cells] - values[cells]
                changes[cells.tobytes(), by.tobytes()] = dict(zip(cells.tolist(), by.tolist(), strict=True))
        least = {cell: value for (cell, reader), value in proof.least.items() if reader == READER}
        return cls(list(changes.values()), least)

    def still_possible(self, system: System, hidden: Bools) -> sparse.csr_array:
        """Return the changes (rows, of all cells) that satisfy every sum and move hidden and unpublished cells only."""
        sizes = [len(change) for change in self.changes]
        rows = np.repeat(np.arange(len(sizes)), sizes)
        cells = np.array([cell for change in self.changes for cell in change], dtype=np.int64)
        by = np.array([by for change in self.changes for by in change.values()], dtype=np.int64)
        matrix = sparse.csr_array((by, (rows, cells)), shape=(len(sizes), len(system)))
        value = system.values[cells] + by
        fits = (hidden | (system.status == VIRTUAL))[cells]
        fits &= (value >= system.lowest[cells]) & (value <= system.highest[cells])
        broken = np.bincount(rows, weights=~fits, minlength=len(sizes)) > 0
        broken |= np.asarray(abs(system.relations @ matrix.T).sum(axis=0)).ravel() > 0
        return sparse.csr_array(matrix[np.flatnonzero(~broken)])


def tables_of_block(changes: sparse.csr_array, system: System, cells: Ints) -> list[Ints]:
    """Return the tables of one block among changes of the whole system, as numbers of its cells."""
    part = sparse.csr_array(changes[:, cells])
    of_block = np.flatnonzero(np.diff(part.indptr) > 0)
    return [system.values[cells] + row for row in part[of_block].toarray()]
