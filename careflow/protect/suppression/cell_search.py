"""The search in one block of cells that are tied together: which to hide, and the witnesses that show it is enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from careflow.protect.suppression.linear_programs import HIDDEN_PRICE, Program
from careflow.protect.suppression.linear_system import FREE, SHOWN, VIRTUAL, Bools, Floats, Ints, System
from careflow.protect.suppression.protection_goals import Goals

SHOWN_PRICE: Final = 1000.0
"""What it costs at least to move a shown cell by one."""
DEPTH_COST: Final = 8.0
WORTH: Final = 4
"""One program for many goals takes as long as several for one each; so many it must meet,"""
POOR: Final = 3
"""or else, after so many times, the rest is met one by one."""
AGAIN: Final = 50
"""After so many more secondaries, programs for many goals are worth another try."""
SPARE_AT_MOST: Final = 12
"""A secondary on which more goals rest than this is not worth the search for a way round it."""


class Pinned(Exception):
    """No table meets the goal of this cell, whatever is hidden."""


@dataclass
class Search:
    """The search in one block of cells tied together; `run` leaves its answer in ``hidden``, ``tables``, ``least``."""

    system: System
    goals: Goals
    hidden: Bools
    advance: Callable[[int], object] = lambda n: None
    tables: list[Ints] = field(default_factory=list)
    least: dict[tuple[int, int], int] = field(default_factory=dict)

    def run(self) -> Search:
        """Meet every goal, then keep only the witnesses and the hidden cells that are needed."""
        system = self.system
        self.open = np.ones(len(self.goals), dtype=np.bool_)
        self.program = Program(system)
        self.cost: Floats = SHOWN_PRICE * (1 + np.log1p(np.abs(system.values))) * DEPTH_COST**system.depth
        self.first = self.hidden.copy()
        self.loose = np.flatnonzero(system.status != SHOWN)
        self.mixed = np.random.default_rng(len(system))
        self._keep(system.values)
        self._together()
        tried = int(self.hidden.sum())
        for goal in self._order():
            if self.open[goal]:
                self._meet(int(goal))
            if int(self.hidden.sum()) >= tried + AGAIN:
                self._together()
                tried = int(self.hidden.sum())
        self._thin()
        self._spare()
        return self

    def _order(self) -> Ints:
        """Hard goals first: the largest way to go; what they hide serves the easy ones."""
        value = self.system.values[self.goals.cells]
        way = np.maximum(self.goals.low - value, value - self.goals.high)
        return np.argsort(-way, kind="stable")

    def _keep(self, table: Ints) -> None:
        """Remember a witness if it meets a goal that is still open."""
        met = self.goals.met(table)[0] & self.open
        if met.any():
            self.tables.append(table)
            self.open &= ~met
            self.advance(int(met.sum()))

    def _together(self) -> None:
        """Meet many goals with each program, by what is hidden already, until that is no better than one by one."""
        hidden = np.flatnonzero(self.hidden | (self.system.status == VIRTUAL))
        prices = self._prices()
        for reader in np.unique(self.goals.knows):
            self._together_for(self.goals.knows == reader, hidden, prices)

    def _together_for(self, mine: Bools, hidden: Ints, prices: Floats) -> None:
        cells, poor = self.goals.free(int(np.argmax(mine)), hidden), 0
        while poor < POOR and (self.open & mine).any():
            before = int(self.open.sum())
            change = self.program.together(self.goals, self.open & mine, cells, prices, self.mixed)
            if change is not None:
                self._keep(self.system.values + change)
            poor += before - int(self.open.sum()) < WORTH

    def _prices(self) -> Floats:
        free = self.hidden | (self.system.status == VIRTUAL)
        return np.where(free, HIDDEN_PRICE, self.cost)

    def _meet(self, goal: int) -> None:
        """Find a witness for the goal and hide what it moves."""
        p, low, high = int(self.goals.cells[goal]), self.goals.low[goal], self.goals.high[goal]
        apart = self.goals.apart[goal]
        ways = [(low, high)] if np.isinf(apart) else [(low, high), (apart, np.inf), (-np.inf, -apart)]
        change = self._any_way(goal, ways)
        if change is None and np.isinf(low) and np.isinf(apart):
            # The floor is out of reach: the least value that anything allows stands in for it.
            loose = self.goals.free(goal, self.loose)
            reached = self.program.least(p, loose)
            self.least[p, int(self.goals.knows[goal])] = reached
            self.goals.high[goal] = reached
            change = self.program.cheapest(p, low, reached, loose, self._prices())
        if change is None:
            raise Pinned(p, int(self.goals.knows[goal]))
        self.hidden |= (change != 0) & (self.system.status == FREE)
        self._keep(self.system.values + change)

    def _any_way(self, goal: int, ways: list[tuple[float, float]]) -> Ints | None:
        """Return a change that goes one of the ways, by what is hidden already if that will do."""
        p, hidden = int(self.goals.cells[goal]), np.flatnonzero(self.hidden | (self.system.status == VIRTUAL))
        for some in (hidden, self.loose):
            cells = self.goals.free(goal, some)
            for low, high in ways:
                change = self.program.cheapest(p, low, high, cells, self._prices())
                if change is not None:
                    return change
        return None

    def _thin(self) -> None:
        """Choose witnesses greedily by goals met for secondaries hidden; show again what no chosen witness moves."""
        tables = np.array(self.tables)
        met, moves = self.goals.met(tables), self._secondaries(tables)
        cells = np.flatnonzero(moves.any(axis=0))
        moves, prices = moves[:, cells], self.cost[cells]
        gain, extra = met.sum(axis=1), moves @ prices
        hidden, chosen = np.zeros(len(cells), dtype=np.bool_), []
        while gain.any():
            best = int(np.argmax(gain / (extra + HIDDEN_PRICE)))
            chosen.append(best)
            newly = moves[best] & ~hidden
            hidden |= newly
            extra -= moves[:, newly] @ prices[newly]
            gain -= met[:, met[best]].sum(axis=1)
            met[:, met[best]] = False
        self.tables = [self.tables[i] for i in chosen]
        self.hidden = self.first.copy()
        self.hidden[cells[hidden]] = True

    def _secondaries(self, tables: Ints) -> Bools:
        return np.asarray((tables != self.system.values) & (self.system.status == FREE) & ~self.first, dtype=np.bool_)

    def _spare(self) -> None:
        """Try to do without each secondary, dearest first: meet the goals that rest on it by what stays hidden."""
        extra = np.flatnonzero(self.hidden & ~self.first)
        tables = np.array(self.tables)
        met = self.goals.met(tables)
        for cell in extra[np.argsort(-self.cost[extra], kind="stable")]:
            uses = tables[:, cell] != self.system.values[cell]
            orphans = np.flatnonzero(~met[~uses].any(axis=0))
            if len(orphans) > SPARE_AT_MOST:
                continue
            others = np.flatnonzero(self.hidden | (self.system.status == VIRTUAL))
            found = self._without(orphans, others[others != cell])
            if found is not None:
                new = np.array(found, dtype=np.int64).reshape(-1, len(self.system))
                tables = np.concatenate([tables[~uses], new])
                met = np.concatenate([met[~uses], self.goals.met(new)])
                self.hidden[cell] = False
        self.tables = list(tables)

    def _without(self, orphans: Ints, cells: Ints) -> list[Ints] | None:
        """Return witnesses for some goals that move only ``cells``, or None when one of the goals has none."""
        found: list[Ints] = []
        prices = self._prices()
        for goal in orphans:
            if found and self.goals.met(np.array(found))[:, goal].any():
                continue
            p, low, high = int(self.goals.cells[goal]), self.goals.low[goal], self.goals.high[goal]
            change = self.program.cheapest(p, low, high, self.goals.free(int(goal), cells), prices, exact=False)
            if change is None:
                return None
            found.append(self.system.values + change)
        return found
