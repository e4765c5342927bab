"""The base class of linked stays: the table in the engine, with its window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from careflow.arguments.attributes import PublicNames
from careflow.records.episodes import Episodes


@dataclass(frozen=True, repr=False, eq=False)
class Linked(PublicNames):
    """Stays and their next stays; :class:`~careflow.counts.Transitions` is the public class.

    Attributes
    ----------
    episodes : Episodes
        The stays that were linked.
    table : str
        The table in the engine, with one row for each stay. ``stay_order`` rises in the order of linking of a person;
        ``end_day`` is the day of discharge, or the day after the cut-off for an open stay. ``next_level``, ``gap`` and
        ``concurrent`` are what follows the stay. If nothing follows (no later stay, a death, or a concurrent discharge)
        ``gap`` is longer than any window and than the records.
    within : int
        The link window in days.
    """

    _where_table: ClassVar[str] = "Estimate first, as by cf.transition_rates(moves); the result has a .frame"
    _internal: ClassVar[frozenset[str]] = frozenset({"rows_of", "table"})

    episodes: Episodes
    table: str = field(repr=False)
    within: int
