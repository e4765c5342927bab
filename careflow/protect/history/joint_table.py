"""All releases as one table: sums that link the counts of a new release to those of earlier ones.

Strata in either order (quarters, then the year; payers, then all), windows, methods, and those in care on the same day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
from scipy import sparse

from careflow.protect.cells.cell_table import CellTable, Family, Stratum
from careflow.protect.history.state import State
from careflow.protect.suppression.linear_system import CHANGE, UNGUARDED, VIRTUAL, Ints


class JointTable(CellTable):
    """The newest count of every family and stratum in any release, as one table.

    Counts of earlier releases may have been restated since. Where they do not sum, the difference is a change that a
    reader cannot know: a small one must not be distinguishable from none.
    """

    def __init__(self, state: State, table: CellTable) -> None:
        super().__init__(table.cutoff, table.start, table.fiscal_start)
        self.linked = table.linked
        self.cells = list(state.cells)
        self.known = len(self.cells)
        self.grown: dict[tuple[Family, Stratum], list[tuple[int, str]]] = defaultdict(list)
        for number, cell in enumerate(self.cells):
            if not cell.family or (cell.guard == UNGUARDED and not cell.printed and not cell.held):
                continue
            if not cell.over_periods:
                self.not_over_periods.add(cell.family)
            before = self.families[cell.family].get(cell.stratum)
            if before is not None and self.cells[before].cutoff < cell.cutoff and cell.series:
                self.grown[cell.family, cell.stratum].append((before, self.cells[before].cutoff))
            self.families[cell.family][cell.stratum] = number

    def earlier_totals(self, family: Family, stratum: Stratum) -> list[tuple[int, str]]:
        """Return the earlier counts of a total that has grown since, with their cut-offs."""
        return self.grown.get((family, stratum), [])

    def restated(self, row: dict[int, int], remainder: float) -> None:
        """Link a total to parts that are more than it, by the change between the releases."""
        total = next(iter(row))
        key = f"{self.cells[total].key}|restated {len(self.cells)}"
        name = f"the change in {self.cells[total].name}"
        row[self.unpublished(key, remainder, name, guard=CHANGE, lowest=-np.inf)] = -1
        self.sums.append(row)

    def relation(self, coefficients: dict[int, int]) -> None:
        """Add a relation, with the change between the releases where it does not hold."""
        remainder = sum(coefficient * self.cells[cell].value for cell, coefficient in coefficients.items())
        if remainder:
            self.restated(dict(coefficients), remainder)
        else:
            self.sums.append(coefficients)

    def add_to(self, state: State, numbers: Ints, appended: int) -> None:
        """Add to a state the sums that link new counts to earlier ones.

        ``numbers`` are the cells of the new release, linked to each other already; those from ``appended`` on are new.
        """
        size = len(self.cells)
        of_release = np.zeros(size, dtype=np.bool_)
        of_release[numbers] = True
        links = np.zeros((2, 0), dtype=np.int64)
        rows = [np.fromiter(row, dtype=np.int64) for row in self.sums]
        # Cells that only serve a sum join the sums that they stand in.
        pairs = [(row[:-1], row[1:]) for row in (row[row >= self.known] for row in rows) if len(row) > 1]
        if pairs:
            links = np.array([np.concatenate([pair[i] for pair in pairs]) for i in range(2)])
        graph = sparse.coo_array((np.ones(links.shape[1]), (links[0], links[1])), shape=(size, size))
        _, group = sparse.csgraph.connected_components(graph, directed=False)
        has_new, has_old = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
        groups = []
        for at, row in enumerate(rows):
            extra = row[row >= self.known]
            groups.append(int(group[extra[0]]) if len(extra) else -1 - at)
            base = row[row < self.known]
            if len(extra):
                has_new[groups[-1]] |= bool((base >= appended).any())
                has_old[groups[-1]] |= bool((~of_release[base]).any())
        position: dict[int, int] = {}
        for at, row in enumerate(rows):
            if groups[at] < 0:
                kept = bool((row >= appended).any() and (~of_release[row]).any())
            else:
                kept = bool(has_new[groups[at]] and has_old[groups[at]])
            if not kept:
                continue
            for cell in row[row >= self.known]:
                if int(cell) not in position:
                    position[int(cell)] = len(state.cells)
                    extra_cell = replace(self.cells[int(cell)], key=f"{self.cells[int(cell)].key}@{len(state.cells)}")
                    state.cells.append(extra_cell)
                    state.status.append(VIRTUAL)
            coefficients = self.sums[at]
            state.sums.append({position.get(cell, cell): value for cell, value in coefficients.items()})
