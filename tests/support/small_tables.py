"""Many small tables of stays by a seed, with everything in them that is hard to count right.

A table has 6 to 25 stays of 2 to 8 people at 3 to 5 levels on few distinct days: ties, transfers on one day, stays of
no night, stays that overlap or lie within others, deaths, open stays. A file holds 27 of them, a facility each, so that
one call of careflow counts them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from random import Random

import careflow as cf

from .reference import Linked, Stay, kept, link, without_contradictions
from .strategies import LEVELS, File

SEEDS = range(12)
TABLES = 27
"""Of each seed."""

_REASONS = ("completed", "left early", "died", "unknown", "transferred out", "terminated")
_OFTEN = (6, 5, 2, 2, 1, 1)


@dataclass(frozen=True)
class SmallTables(File):
    """The tables of one seed; what is kept of them, and linked, is by the rules of :mod:`support.reference`."""

    @cached_property
    def stays(self) -> tuple[Stay, ...]:
        """Every stay of the file."""
        chance = Random(self.seed)
        found = [self._table(chance, f"T{number:02d}") for number in range(TABLES)]
        return tuple(stay for table in found for stay in table)

    @cached_property
    def kept(self) -> list[Stay]:
        """The stays that the window of the data keeps, cut at a death."""
        return without_contradictions(kept(self.stays, self.cutoff, self.start), LEVELS)

    @cached_property
    def tables(self) -> dict[str, list[Linked]]:
        """The linked stays of each table that has any."""
        return self.linked_within(self.within)

    @cached_property
    def linked_moves(self) -> cf.Transitions:
        """The file as careflow reads and links it."""
        return self.moves()

    def linked_within(self, within: int) -> dict[str, list[Linked]]:
        """The linked stays of each table by another window."""
        found: dict[str, list[Linked]] = {}
        for one in link(self.kept, LEVELS, within):
            found.setdefault(one.stay.facility, []).append(one)
        return found

    def _table(self, chance: Random, name: str) -> list[Stay]:
        spread = chance.choice((12, 45, self.cutoff))
        least = 0 if self.start is None else min(self.cutoff - 8, max(0, self.start) if self.start < 40 else 0)
        begin = chance.randint(least, max(least, self.cutoff - spread))
        pool = sorted(chance.randint(begin, begin + spread) for _ in range(chance.randint(4, 12)))
        people = [f"{name}P{i}" for i in range(chance.randint(2, 8))]
        levels = chance.sample(LEVELS, chance.randint(3, 5))
        ends: dict[str, int] = {}
        found = []
        for i in range(chance.randint(6, 25)):
            person = chance.choice(people)
            admit = chance.choice(pool)
            if person in ends and chance.random() < 0.5:
                admit = ends[person] + chance.choice((0, 0, 1, self.within, self.within + 1))
            length = chance.choice((None, 0, 1, chance.randint(2, 9), chance.choice(pool) - admit, spread // 2))
            discharge = None if length is None else admit + max(0, length)
            reason = chance.choices(_REASONS, _OFTEN)[0]
            if self.start is not None and discharge is not None and discharge < self.start and reason == "died":
                reason = "completed"  # a death that is not in the records
            if discharge is not None:
                ends[person] = discharge
            found.append(Stay(person, chance.choice(levels), admit, discharge, reason, f"{name}E{i:02d}", name))
        return found


@lru_cache(maxsize=len(SEEDS))
def small_tables(seed: int) -> SmallTables:
    """Return the tables of a seed: a third have no start, a third one before the data, a third one among them."""
    chance = Random(1000 + seed)
    within = (0, 5, 7, 14, 30, 30)[seed % 6]
    start = (None, chance.choice((-100, -31, 0, 30)), chance.randint(50, 120))[seed % 3]
    # The last day of a quarter, one shortly after it, and any other.
    cutoff = (181, 181 + within, 90 + chance.randint(20, 60), 273)[seed % 4]
    return SmallTables(seed, cutoff, within, start)
