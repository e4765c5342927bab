"""Where the engine holds linked stays: all that counting and handing out need to know of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from careflow.records.episodes import Episodes


@dataclass(frozen=True, repr=False, eq=False)
class Linked:
    """Stays with what came next; :class:`~careflow.counts.Transitions` is what people hold of them.

    Attributes
    ----------
    episodes : Episodes
        The stays that were linked.
    table : str
        The engine's table, one row a stay: its own columns, ``end_day`` (the day of its discharge, or the one after the
        cut-off while it is open), then ``next_level``, ``gap`` and ``concurrent``. Where nothing follows (no later
        stay, a death, another stay that goes on) ``gap`` is longer than any window and than the records.
    within : int
        The link window in days.
    """

    episodes: Episodes
    table: str = field(repr=False)
    within: int
