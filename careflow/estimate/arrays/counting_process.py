"""Counting processes as arrays: numbers at risk and events by day and jackknife group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.event_tables import CENSORED, ENTERED, REACHED
from careflow.estimate.arrays.strata import Ints, add_floats, distinct, rows_of_each

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
        Whole numbers, as floats, since only shares are made of them.
    events : numpy.ndarray, shape (causes, groups, days)
        Number of events of each cause, as floats.
    groups : numpy.ndarray of int, shape (groups,)
        The number of each jackknife group.
    """

    days: Ints
    entered: Array
    censored: Array
    events: Array
    groups: Ints

    @cached_property
    def every(self) -> Array:
        """Events of all causes, shape (groups, days)."""
        return np.asarray(self.events.sum(axis=0))

    @cached_property
    def by_cause(self) -> Array:
        """Events of all groups, shape (causes, days)."""
        return np.asarray(self.events.sum(axis=1))

    @cached_property
    def at_risk(self) -> Array:
        """The number at risk, shape (groups, days): entered up to the day, without an event or censoring before it."""
        change = self.entered.copy()
        change[:, 1:] -= (self.every + self.censored)[:, :-1]
        return np.cumsum(change, axis=-1)

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which groups are not empty, shape (groups,)."""
        return np.asarray(self.entered.sum(axis=-1) > 0)


def process_of(cell: StateCounts | pd.DataFrame, causes: tuple[int, ...], until: int | None = None) -> CountingProcess:
    """Return the process of one state of one stratum for these causes, up to the day ``until`` if it is given."""
    event, jackknife_group, day, n = (np.asarray(cell[name]) for name in ("event", "jackknife_group", "day", "n"))
    if until is not None:
        kept = day <= until
        event, jackknife_group, day, n = event[kept], jackknife_group[kept], day[kept], n[kept]
    groups, group_code = distinct(jackknife_group)
    days, day_code = distinct(day)
    # The last kind collects the events of all other causes.
    kinds = np.full(max(REACHED, *causes) + 1, len(causes) + 2)
    kinds[[ENTERED, CENSORED, *causes]] = np.arange(len(causes) + 2)
    shape = len(causes) + 3, len(groups), len(days)
    cells = (kinds[event] * shape[1] + group_code) * shape[2] + day_code
    counts = add_floats(n, cells, shape)
    return CountingProcess(days, counts[0], counts[1], counts[2:-1], groups)


def each_state(table: pd.DataFrame, stratum_codes: Ints) -> Iterator[tuple[int, int, StateCounts]]:
    """Yield the stratum, the state and the counts of every state of every stratum that has counts."""
    columns = {name: table[name].to_numpy() for name in ("state", "jackknife_group", "event", "day", "n")}
    # One stratum at a time: its columns fit in the processor's cache, those of the whole table do not.
    for stratum, rows in rows_of_each(stratum_codes):
        part = {name: column[rows] for name, column in columns.items()}
        for state, cell in rows_of_each(part.pop("state")):
            yield stratum, state, {name: column[cell] for name, column in part.items()}
