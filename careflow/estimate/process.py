"""Counting processes as arrays: who is at risk on which day, and what happened, by jackknife group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.clocks import CENSORED, ENTERED
from careflow.estimate.cells import Ints, add_up

Cell = Mapping[str, Ints]
"""The counts of one state of one stratum: the columns ``grp, what, day, n``."""


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

    @cached_property
    def at_risk(self) -> Ints:
        """Entered by each day and not yet ended before it, shape (groups, days); events come before censorings."""
        change = self.entered.copy()
        change[:, 1:] -= (self.events.sum(axis=0) + self.censored)[:, :-1]
        return np.cumsum(change, axis=-1)

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which groups hold anyone, shape (groups,)."""
        return np.asarray(self.entered.sum(axis=-1) > 0)


def process(cell: Cell | pd.DataFrame, causes: tuple[int, ...] | None = None) -> Process:
    """Make the process of one cell of counts; ``causes`` are those that it holds unless given."""
    what = np.asarray(cell["what"])
    groups, grp = _numbered(np.asarray(cell["grp"]))
    days, day = _numbered(np.asarray(cell["day"]))
    codes, code = _numbered(what)
    if causes is None:
        causes = tuple(int(c) for c in codes if c not in (ENTERED, CENSORED))
    places = {c: i for i, c in enumerate((ENTERED, CENSORED, *causes))}
    kind = np.array([places.get(int(c), len(places)) for c in codes], dtype=np.int64)[code]
    axes = ((kind, len(places) + 1), (grp, len(groups)), (day, len(days)))
    counted = add_up(np.asarray(cell["n"]), *axes)
    return Process(days, counted[0], counted[1], counted[2:-1], causes, groups)


def each_cell(table: pd.DataFrame, place: Ints) -> Iterator[tuple[int, int, Cell]]:
    """Yield every stratum and state that has counts, with its rows."""
    if table.empty:
        return
    state = table["state"].to_numpy()
    states = int(state.max()) + 1
    code = place * states + state
    rows = np.bincount(code)
    # Sixteen bits, wherever they are enough, are sorted by counting: ten times faster.
    order = np.argsort(code.astype(np.uint16) if len(rows) <= 1 << 16 else code, kind="stable")
    columns = {name: table[name].to_numpy()[order] for name in ("grp", "what", "day", "n")}
    stops = np.cumsum(rows)
    for cell in np.flatnonzero(rows).tolist():
        stratum, of = divmod(cell, states)
        start, stop = stops[cell] - rows[cell], stops[cell]
        yield stratum, of, {name: column[start:stop] for name, column in columns.items()}


def _numbered(values: Ints) -> tuple[Ints, Ints]:
    """Return the distinct values in order, and the place of each value among them; without sorting."""
    if not len(values):
        return values, values
    low = int(values.min())
    there = np.bincount(values - low) > 0
    return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[values - low]
