"""Counting processes as arrays: who is at risk on which day, and what happened, by jackknife group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.event_tables import CENSORED, ENTERED, REACHED
from careflow.estimate.arrays.strata import Ints, add_floats, numbered, rows_of_each

Array = npt.NDArray[np.float64]
StateCounts = Mapping[str, Ints]
"""The counts of one state of one stratum: the columns ``jackknife_group, event, day, n``."""


@dataclass(frozen=True)
class CountingProcess:
    """One state of one stratum on one clock.

    Attributes
    ----------
    days : numpy.ndarray of int, shape (days,)
        The days on which anybody entered, was censored or had an event.
    entered, censored : numpy.ndarray, shape (groups, days)
        Whole numbers, as floats, since shares are all that they are for.
    events : numpy.ndarray, shape (causes, groups, days)
    groups : numpy.ndarray of int, shape (groups,)
        Which jackknife groups the arrays are of.
    """

    days: Ints
    entered: Array
    censored: Array
    events: Array
    groups: Ints

    @cached_property
    def every(self) -> Array:
        """Events of any cause, shape (groups, days)."""
        return np.asarray(self.events.sum(axis=0))

    @cached_property
    def by_cause(self) -> Array:
        """Events of everybody, shape (causes, days)."""
        return np.asarray(self.events.sum(axis=1))

    @cached_property
    def at_risk(self) -> Array:
        """Entered by each day and not yet ended before it, shape (groups, days); events come before censorings."""
        change = self.entered.copy()
        change[:, 1:] -= (self.every + self.censored)[:, :-1]
        return np.cumsum(change, axis=-1)

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which groups hold anyone, shape (groups,)."""
        return np.asarray(self.entered.sum(axis=-1) > 0)


def process_of(cell: StateCounts | pd.DataFrame, causes: tuple[int, ...], until: int | None = None) -> CountingProcess:
    """Make the process of one cell of counts, for these causes; what happens after the day ``until`` is left out."""
    event, jackknife_group, day, n = (np.asarray(cell[name]) for name in ("event", "jackknife_group", "day", "n"))
    if until is not None:
        kept = day <= until
        event, jackknife_group, day, n = event[kept], jackknife_group[kept], day[kept], n[kept]
    groups, group = numbered(jackknife_group)
    days, place = numbered(day)
    kinds = np.full(max(REACHED, *causes) + 1, len(causes) + 2)
    kinds[[ENTERED, CENSORED, *causes]] = np.arange(len(causes) + 2)
    shape = len(causes) + 3, len(groups), len(days)
    flat = (kinds[event] * shape[1] + group) * shape[2] + place
    counted = add_floats(n, flat, shape)
    return CountingProcess(days, counted[0], counted[1], counted[2:-1], groups)


def each_state(table: pd.DataFrame, place: Ints) -> Iterator[tuple[int, int, StateCounts]]:
    """Yield every stratum and state that has counts, with its rows."""
    columns = {name: table[name].to_numpy() for name in ("state", "jackknife_group", "event", "day", "n")}
    # A stratum at a time: its columns fit the processor's cache, those of the whole table do not.
    for stratum, rows in rows_of_each(place):
        part = {name: column[rows] for name, column in columns.items()}
        for state, cell in rows_of_each(part.pop("state")):
            yield stratum, state, {name: column[cell] for name, column in part.items()}
