"""Counting processes as arrays: who is at risk on which day, and what happened, by jackknife group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.clocks import CENSORED, ENTERED
from careflow.estimate.cells import Ints, add_up


@dataclass(frozen=True)
class Process:
    """One state of one stratum on one clock.

    Attributes
    ----------
    days : numpy.ndarray of int, shape (days,)
        The days on which anybody entered, was censored or had an event.
    entered, censored : numpy.ndarray of int, shape (groups, days)
    events : numpy.ndarray of int, shape (causes, groups, days)
    causes : tuple of int
        The ``what`` code of each cause, in order.
    groups : numpy.ndarray of int, shape (groups,)
        Which jackknife groups the arrays are of.
    """

    days: Ints
    entered: Ints
    censored: Ints
    events: Ints
    causes: tuple[int, ...]
    groups: Ints

    @property
    def at_risk(self) -> Ints:
        """Entered by each day and not yet ended before it, shape (groups, days); events come before censorings."""
        gone = np.cumsum(self.events.sum(axis=0) + self.censored, axis=-1)
        before = np.concatenate([np.zeros_like(gone[:, :1]), gone[:, :-1]], axis=-1)
        return np.asarray(np.cumsum(self.entered, axis=-1) - before)

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which groups hold anyone, shape (groups,)."""
        return np.asarray(self.entered.sum(axis=-1) > 0)


def process(table: pd.DataFrame, causes: tuple[int, ...] | None = None) -> Process:
    """Make the process of one cell of counts (columns ``grp, what, day, n``)."""
    what, day, n = (table[name].to_numpy() for name in ("what", "day", "n"))
    groups, grp = np.unique(table["grp"].to_numpy(), return_inverse=True)
    days, at = np.unique(day, return_inverse=True)
    if causes is None:
        causes = tuple(int(code) for code in np.unique(what) if code not in (ENTERED, CENSORED))

    def counted(code: int) -> Ints:
        keep = what == code
        return add_up(n[keep], (grp[keep], len(groups)), (at[keep], len(days)))

    events = np.stack([counted(code) for code in causes]) if causes else np.zeros((0, len(groups), len(days)), int)
    return Process(days, counted(ENTERED), counted(CENSORED), events, causes, groups)


def each_cell(table: pd.DataFrame, place: Ints) -> Iterator[tuple[int, int, pd.DataFrame]]:
    """Yield every stratum and state that has counts, with its rows."""
    if table.empty:
        return
    state = table["state"].to_numpy()
    code = place * (int(state.max()) + 1) + state
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    columns = table[["grp", "what", "day", "n"]]
    for start, stop in zip(starts, [*starts[1:], len(order)], strict=True):
        rows = order[start:stop]
        yield int(place[rows[0]]), int(state[rows[0]]), columns.take(rows)
