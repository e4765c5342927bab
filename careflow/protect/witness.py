"""The search for witnesses: whole tables that agree with what is shown and keep a small cell open.

What comes out is checked elsewhere by adding up (`careflow.protect.proof`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from tqdm import tqdm

from careflow.errors import DisclosureError
from careflow.protect.program import Program
from careflow.protect.proof import Goals, Proof, goals
from careflow.protect.system import FREE, HIDDEN, SHOWN, VIRTUAL, Bools, Floats, Ints, System

HIDDEN_COST: Final = 0.001
DEPTH_COST: Final = 8.0
WORTH: Final = 4
"""One program for many goals takes as long as several for one each; so many it must meet,"""
POOR: Final = 3
"""or else, after so many times, the rest is met one by one."""
SPARE_AT_MOST: Final = 12
"""A secondary on which more goals rest than this is not worth the search for a way round it."""


class Pinned(Exception):
    """No table meets the goal of this cell, whatever is hidden."""


class Stopped(Exception):
    """The search is no longer wanted."""


def prove(system: System, below: int = 11, *, progress: bool | None = None, notes: tuple[str, ...] = ()) -> Proof:
    """Hide what must be hidden and return the proof.

    Parameters
    ----------
    system : System
        Cells and relations.
    below : int
        The threshold: 1 to ``below`` - 1 is small.
    progress : bool, optional
        Show a bar; by default on a terminal only.
    notes : tuple of str
        What the proof assumes, carried along in words.

    Raises
    ------
    DisclosureError
        When what earlier releases showed leaves no room for a cell: it names the cell and what to merge.

    Examples
    --------
    >>> from careflow.protect import table
    >>> proof = prove(table([[3, 20, 31], [30, 40, 16]]))
    >>> int(proof.hidden.sum())
    4
    """
    small = system.small(below)
    if (pinned := small & (system.status == SHOWN)).any():
        raise DisclosureError(_pinned_text(system, np.flatnonzero(pinned), below))
    hidden = (small & (system.status == FREE)) | (system.status == HIDDEN)
    wanted = goals(system, below)
    labels = system.components()
    blocks = [np.flatnonzero(labels == label) for label in np.unique(labels[wanted.cells])]
    tables: list[Ints] = []
    least: dict[int, int] = {}
    with tqdm(total=len(wanted), desc="proving hidden cells", disable=None if progress is None else not progress,
              leave=False) as bar:  # fmt: skip
        for cells, search in zip(blocks, _searches(system, wanted, hidden, blocks, bar.update), strict=True):
            if isinstance(search, Pinned):
                raise DisclosureError(_pinned_text(system, cells[[search.args[0]]], below))
            hidden[cells] = search.hidden
            # What one block does is free of what others do, so one table holds a witness of each.
            tables += [system.values.copy() for _ in range(len(search.tables) - len(tables))]
            for whole, found in zip(tables, search.tables, strict=False):
                whole[cells] = found
            least |= {int(cells[i]): value for i, value in search.least.items()}
    stacked = np.array(tables, dtype=np.int64).reshape(len(tables), len(system))
    if least:
        notes = (*notes, f"For {len(least):,} cells the least they can be is what a solver found")
    return Proof(system, hidden, stacked, below, least, notes)


def _searches(
    system: System, wanted: Goals, hidden: Bools, blocks: list[Ints], advance: Callable[[int], object]
) -> Iterator[Search | Pinned]:
    """Search in each block, in turn as far as the caller sees: they share nothing, so each core has a thread.

    The solver does not hold the interpreter's lock. Whoever stops early (an error, the user) stops all threads at their
    next witness.
    """
    stopped = threading.Event()

    def step(met: int) -> None:
        if stopped.is_set():
            raise Stopped
        advance(met)

    def searched(cells: Ints) -> Search | Pinned:
        try:
            return Search(system.part(cells), wanted.within(cells), hidden[cells], advance=step).run()
        except Pinned as pinned:
            return pinned

    with ThreadPoolExecutor(max_workers=_cores()) as threads:
        try:
            yield from threads.map(searched, blocks)
        finally:
            stopped.set()


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pinned_text(system: System, cells: Ints, below: int) -> str:
    more = f" and {len(cells) - 3:,} more" if len(cells) > 3 else ""
    named = "; ".join(system.names[i] for i in cells[:3])
    return (
        f"{len(cells):,} cells cannot be protected under the rule of {below}, since earlier releases or zeros already "
        f"tell them: {named}{more}. Merge each with a neighbour (two levels, two strata, or the quarter with the next) "
        "or leave it out of this release"
    )


@dataclass
class Search:
    """The search in one block of cells tied together; `run` leaves its answer in ``hidden``, ``tables``, ``least``."""

    system: System
    goals: Goals
    hidden: Bools
    advance: Callable[[int], object] = lambda n: None
    tables: list[Ints] = field(default_factory=list)
    least: dict[int, int] = field(default_factory=dict)

    def run(self) -> Search:
        """Meet every goal, then keep only the witnesses and the hidden cells that are needed."""
        system = self.system
        self.open = np.ones(len(self.goals), dtype=np.bool_)
        self.program = Program(system)
        self.cost = (1 + np.log1p(np.abs(system.values))) * DEPTH_COST**system.depth
        self.first = self.hidden.copy()
        self.loose = np.flatnonzero(system.status != SHOWN)
        self._keep(system.values)
        self._together()
        for goal in self._order():
            if self.open[goal]:
                self._meet(int(goal))
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
        cells = np.flatnonzero(self.hidden | (self.system.status == VIRTUAL))
        mixed, prices, poor = np.random.default_rng(len(self.system)), self._prices(), 0
        while poor < POOR and self.open.any():
            before = int(self.open.sum())
            change = self.program.together(self.goals, self.open, cells, prices, mixed)
            if change is not None:
                self._keep(self.system.values + change)
            poor += before - int(self.open.sum()) < WORTH

    def _prices(self) -> Floats:
        free = self.hidden | (self.system.status == VIRTUAL)
        return np.where(free, HIDDEN_COST, self.cost)

    def _meet(self, goal: int) -> None:
        """Find a witness for the goal and hide what it moves."""
        p, low, high = int(self.goals.cells[goal]), self.goals.low[goal], self.goals.high[goal]
        apart = self.goals.apart[goal]
        ways = [(low, high)] if np.isinf(apart) else [(low, high), (apart, np.inf), (-np.inf, -apart)]
        change = self._any_way(p, ways)
        if change is None and np.isinf(low) and np.isinf(apart):
            # The floor is out of reach: the least value that anything allows stands in for it.
            reached = self.program.least(p, self.loose)
            self.least[p] = reached
            self.goals.high[goal] = reached
            change = self.program.cheapest(p, low, reached, self.loose, self._prices())
        if change is None:
            raise Pinned(p)
        self.hidden |= (change != 0) & (self.system.status == FREE)
        self._keep(self.system.values + change)

    def _any_way(self, p: int, ways: list[tuple[float, float]]) -> Ints | None:
        """Return a change that goes one of the ways, by what is hidden already if that will do."""
        hidden = np.flatnonzero(self.hidden | (self.system.status == VIRTUAL))
        for cells, exact in ((hidden, False), (self.loose, True)):
            for low, high in ways:
                change = self.program.cheapest(p, low, high, cells, self._prices(), exact=exact)
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
            best = int(np.argmax(gain / (extra + 1e-3)))
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
            change = self.program.cheapest(p, low, high, cells, prices, exact=False)
            if change is None:
                return None
            found.append(self.system.values + change)
        return found
