"""Secondary suppression in one block of linked cells: which cells to hide, and the alternative tables that prove it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from careflow.protect.suppression.linear_programs import HIDDEN_PRICE, Program
from careflow.protect.suppression.linear_system import FREE, SHOWN, VIRTUAL, Bools, Floats, Ints, System
from careflow.protect.suppression.protection_goals import ProtectionGoals

SHOWN_PRICE: Final = 1000.0
"""The least cost of moving a shown cell by one."""
DEPTH_COST: Final = 8.0
"""The factor by which a total costs more than its parts, for each level of summation."""
MIN_GOALS_MET: Final = 4
"""A program for many goals takes as long as several programs for one; it is worth it if it meets this many,"""
MAX_FAILURES: Final = 3
"""and after this many that did not, the remaining goals are met one by one."""
RETRY_AFTER: Final = 50
"""After this many further secondary suppressions, programs for many goals are tried again."""
MAX_GOALS_REMOVED: Final = 12
"""A secondary suppression that more goals depend on than this is kept without trying to show it again."""


class Unprotectable(Exception):
    """No table meets the goal of this cell, whatever is hidden: ``args`` are the cell and the reader."""


@dataclass
class CellSearch:
    """The search in one block of linked cells; `run` sets ``hidden``, ``tables`` and ``least``."""

    system: System
    goals: ProtectionGoals
    hidden: Bools
    advance: Callable[[int], object] = lambda n: None
    earlier: Sequence[Ints] = ()
    """Tables of earlier proofs that agree with all that is shown."""
    tables: list[Ints] = field(default_factory=list)
    least: dict[tuple[int, int], int] = field(default_factory=dict)

    def run(self) -> CellSearch:
        """Meet every goal, then keep only the alternative tables and the hidden cells that are needed."""
        system = self.system
        self.unmet = np.ones(len(self.goals), dtype=np.bool_)
        self.program = Program(system)
        self.cost: Floats = SHOWN_PRICE * (1 + np.log1p(np.abs(system.values))) * DEPTH_COST**system.depth
        self.primary = self.hidden.copy()
        self.movable = np.flatnonzero(system.status != SHOWN)
        self.rng = np.random.default_rng(len(system))
        for table in (system.values, *self.earlier):
            self._record(table)
        self._meet_many()
        hidden_at_try = int(self.hidden.sum())
        for goal in self._order():
            if self.unmet[goal]:
                self._meet_goal(int(goal))
            if int(self.hidden.sum()) >= hidden_at_try + RETRY_AFTER:
                self._meet_many()
                hidden_at_try = int(self.hidden.sum())
        self._select_tables()
        self._drop_secondaries()
        return self

    def _order(self) -> Ints:
        """Return the goals by distance, the largest first: what they hide serves the others."""
        value = self.system.values[self.goals.cells]
        distance = np.maximum(self.goals.low - value, value - self.goals.high)
        return np.argsort(-distance, kind="stable")

    def _record(self, table: Ints) -> None:
        """Record a table if it meets a goal that is not met yet."""
        met = self.goals.met(table)[0] & self.unmet
        if met.any():
            self.tables.append(table)
            self.unmet &= ~met
            self.advance(int(met.sum()))

    def _meet_many(self) -> None:
        """Meet many goals with each program, moving hidden cells only, until that is no better than one by one."""
        hidden = np.flatnonzero(self.hidden | (self.system.status == VIRTUAL))
        prices = self._prices()
        for reader in np.unique(self.goals.readers):
            self._meet_many_for(self.goals.readers == reader, hidden, prices)

    def _meet_many_for(self, of_reader: Bools, hidden: Ints, prices: Floats) -> None:
        cells, failures = self.goals.movable_cells(int(np.argmax(of_reader)), hidden), 0
        while failures < MAX_FAILURES and (self.unmet & of_reader).any():
            before = int(self.unmet.sum())
            change = self.program.meet_many(self.goals, self.unmet & of_reader, cells, prices, self.rng)
            if change is not None:
                self._record(self.system.values + change)
            failures += before - int(self.unmet.sum()) < MIN_GOALS_MET

    def _prices(self) -> Floats:
        movable_cells = self.hidden | (self.system.status == VIRTUAL)
        return np.where(movable_cells, HIDDEN_PRICE, self.cost)

    def _meet_goal(self, goal: int) -> None:
        """Find a table for the goal and hide the cells that it moves."""
        cell, low, high = int(self.goals.cells[goal]), self.goals.low[goal], self.goals.high[goal]
        min_size = self.goals.min_size[goal]
        intervals = [(low, high)] if np.isinf(min_size) else [(low, high), (min_size, np.inf), (-np.inf, -min_size)]
        change = self._cheapest_change(goal, intervals)
        if change is None and np.isinf(low) and np.isinf(min_size):
            # No table reaches the floor: the least value of any table replaces it.
            movable = self.goals.movable_cells(goal, self.movable)
            reached = self.program.least(cell, movable)
            self.least[cell, int(self.goals.readers[goal])] = reached
            self.goals.high[goal] = reached
            change = self.program.cheapest(cell, low, reached, movable, self._prices())
        if change is None:
            raise Unprotectable(cell, int(self.goals.readers[goal]))
        self.hidden |= (change != 0) & (self.system.status == FREE)
        self._record(self.system.values + change)

    def _cheapest_change(self, goal: int, intervals: list[tuple[float, float]]) -> Ints | None:
        """Return a change into one of the intervals, of hidden cells only if that is possible."""
        cell, hidden = int(self.goals.cells[goal]), np.flatnonzero(self.hidden | (self.system.status == VIRTUAL))
        for subset in (hidden, self.movable):
            cells = self.goals.movable_cells(goal, subset)
            for low, high in intervals:
                change = self.program.cheapest(cell, low, high, cells, self._prices())
                if change is not None:
                    return change
        return None

    def _select_tables(self) -> None:
        """Choose tables greedily by goals met per secondary suppression; show again what no chosen table moves."""
        tables = np.array(self.tables)
        met, moves = self.goals.met(tables), self._secondaries(tables)
        cells = np.flatnonzero(moves.any(axis=0))
        moves, prices = moves[:, cells], self.cost[cells]
        gain, secondary = met.sum(axis=1), moves @ prices
        hidden, chosen = np.zeros(len(cells), dtype=np.bool_), []
        while gain.any():
            best = int(np.argmax(gain / (secondary + HIDDEN_PRICE)))
            chosen.append(best)
            newly = moves[best] & ~hidden
            hidden |= newly
            secondary -= moves[:, newly] @ prices[newly]
            gain -= met[:, met[best]].sum(axis=1)
            met[:, met[best]] = False
        self.tables = [self.tables[i] for i in chosen]
        self.hidden = self.primary.copy()
        self.hidden[cells[hidden]] = True

    def _secondaries(self, tables: Ints) -> Bools:
        return np.asarray((tables != self.system.values) & (self.system.status == FREE) & ~self.primary, dtype=np.bool_)

    def _drop_secondaries(self) -> None:
        """Try to show each secondary suppression again, the costliest first: meet its goals by other hidden cells."""
        secondary = np.flatnonzero(self.hidden & ~self.primary)
        tables = np.array(self.tables)
        met = self.goals.met(tables)
        for cell in secondary[np.argsort(-self.cost[secondary], kind="stable")]:
            uses = tables[:, cell] != self.system.values[cell]
            unmet_goals = np.flatnonzero(~met[~uses].any(axis=0))
            if len(unmet_goals) > MAX_GOALS_REMOVED:
                continue
            others = np.flatnonzero(self.hidden | (self.system.status == VIRTUAL))
            alternatives = self._tables_without(unmet_goals, others[others != cell])
            if alternatives is not None:
                new = np.array(alternatives, dtype=np.int64).reshape(-1, len(self.system))
                tables = np.concatenate([tables[~uses], new])
                met = np.concatenate([met[~uses], self.goals.met(new)])
                self.hidden[cell] = False
        self.tables = list(tables)

    def _tables_without(self, unmet_goals: Ints, cells: Ints) -> list[Ints] | None:
        """Return tables for some goals that move only ``cells``, or None when a goal has none."""
        alternatives: list[Ints] = []
        prices = self._prices()
        for goal in unmet_goals:
            if alternatives and self.goals.met(np.array(alternatives))[:, goal].any():
                continue
            cell, low, high = int(self.goals.cells[goal]), self.goals.low[goal], self.goals.high[goal]
            change = self.program.cheapest(
                cell, low, high, self.goals.movable_cells(int(goal), cells), prices, exact=False
            )
            if change is None:
                return None
            alternatives.append(self.system.values + change)
        return alternatives
