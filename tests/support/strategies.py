"""Random files of episode records for the property tests.

A file holds thirty small worlds, a facility each, of up to eight people: small enough that a failing one can be read,
and full of ties, overlaps, stays of no night and deaths that are not the end. To count a file by facility is one call
of careflow and thirty cases. Hypothesis draws the window of the data and the seed of the stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import inf
from random import Random

import pandas as pd
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

import careflow as cf

from .drawn import ORIGIN, day
from .reference import Linked, Stay, in_order, kept, link, without_contradictions

LEVELS = cf.Continuum.standard().names
REASONS = ("completed", "left early", "died", "unknown", "transferred out")

FIXED = settings(
    derandomize=True,
    deadline=None,
    max_examples=4,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
"""How every property test runs: the same files each time, as long as they take; a smaller seed is no smaller file."""


@dataclass(frozen=True)
class File:
    """Random stays by a seed, the day up to which they are known, a link window, and (or not) a first day recorded."""

    seed: int
    cutoff: int
    within: int
    start: int | None

    @cached_property
    def stays(self) -> tuple[Stay, ...]:
        """Every stay of the file, of thirty worlds of up to four people and nine stays each."""
        chance = Random(self.seed)
        return tuple(stay for world in range(30) for stay in _world(chance, world, 4, 9, self.cutoff))

    @cached_property
    def kept(self) -> list[Stay]:
        """The stays that the window of the data keeps, without what contradicts a death."""
        return without_contradictions(kept(self.stays, self.cutoff, self.start), LEVELS)

    @cached_property
    def linked(self) -> list[Linked]:
        """The kept stays with what came next."""
        return link(self.kept, LEVELS, self.within)

    @property
    def first(self) -> int:
        """The first day on which anything can be seen."""
        return 0 if self.start is None else self.start

    @cached_property
    def worlds(self) -> dict[str, list[Linked]]:
        """The linked stays of each facility."""
        found: dict[str, list[Linked]] = {}
        for one in self.linked:
            found.setdefault(one.stay.facility, []).append(one)
        return found

    @cached_property
    def apart(self) -> tuple[Stay, ...]:
        """The stays of people who are in one place at a time: those that begin while another goes on are left out."""
        found: list[Stay] = []
        busy: dict[str, float] = {}
        for stay in in_order(self.stays, LEVELS):
            if stay.admit >= busy.get(stay.person, 0):
                ended = stay.discharge is not None and stay.reason != "died"
                busy[stay.person] = stay.discharge if ended and stay.discharge is not None else inf
                found.append(stay)
        return tuple(found)

    def frame(self, shift: int = 0) -> pd.DataFrame:
        """Write the stays as a file of episode records would have them."""
        return frame_of(self.stays, shift)

    def moves(self, frame: pd.DataFrame | None = None, *, shift: int = 0, **how: object) -> cf.Transitions:
        """Read the file, or another frame by the same window, and link its stays."""
        episodes = cf.read_episodes(
            self.frame(shift) if frame is None else frame,
            cutoff=day(self.cutoff + shift),
            start=None if self.start is None else day(self.start + shift),
            accept=["F04"],
            **how,  # type: ignore[arg-type]
        )
        return cf.link(episodes, within=self.within)


def frame_of(stays: Iterable[Stay], shift: int = 0) -> pd.DataFrame:
    """Write stays as a file of episode records would have them, all days moved by ``shift``."""
    rows = [
        (
            s.person,
            s.level,
            day(s.admit + shift),
            None if s.discharge is None else day(s.discharge + shift),
            s.reason,
            s.episode,
            s.facility,
        )
        for s in stays
    ]
    names = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason", "episode_id", "facility"]
    return pd.DataFrame(rows, columns=names)


@st.composite
def files(draw: st.DrawFn, *, days: int = 200) -> File:
    """Draw a file whose cut-off lies up to ``days`` after the first day."""
    cutoff, within = draw(st.integers(days // 2, days)), draw(st.integers(0, 40))
    start = draw(st.one_of(st.none(), st.integers(0, cutoff // 2)))
    return File(draw(st.integers(0, 2**32)), cutoff, within, start)


def _world(chance: Random, world: int, people: int, most: int, cutoff: int) -> Sequence[Stay]:
    found = []
    # One scale of days for a whole world: some are crowded into a week, some spread over the year.
    spread = chance.choice((8, 40, cutoff))
    begin = chance.randint(0, max(0, cutoff - spread))
    for i in range(chance.randint(1, most)):
        admit = begin + chance.randint(0, spread + 2)
        short = chance.randint(0, 6)
        length = chance.choice((None, 0, short, short, chance.randint(0, max(spread, 30))))
        found.append(
            Stay(
                person=f"W{world:02d}P{chance.randint(1, people)}",
                level=chance.choice(LEVELS),
                admit=admit,
                discharge=None if length is None else admit + length,
                reason=chance.choice(REASONS),
                episode=f"E{world:02d}{i:02d}",
                facility=f"W{world:02d}",
            )
        )
    return found


def quarter_bounds(cutoff: int) -> dict[str, tuple[int, int]]:
    """Return the first and last day (as numbers) of each calendar quarter from the origin to the cut-off's."""
    bounds, first = {}, ORIGIN
    while (first - ORIGIN).days <= cutoff:
        following = first.replace(year=first.year + (first.month > 9), month=(first.month + 2) % 12 + 1)
        name = f"{first.year}Q{(first.month + 2) // 3}"
        bounds[name] = ((first - ORIGIN).days, (following - timedelta(days=1) - ORIGIN).days)
        first = following
    return bounds
