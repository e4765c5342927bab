"""Which causes make up each row of rates that are cumulative incidences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import DIRECTIONS, LEFT_REASONS
from careflow.counts.event_tables import CONCURRENT_CODE, DIED_CODE
from careflow.errors import ArgumentError
from careflow.estimate.arrays.counting_process import StateCounts, each_state
from careflow.estimate.arrays.strata import Ints, Strata
from careflow.estimate.rates.rate_arrays import direction_masks
from careflow.estimate.rates.unions import Moves

_JOINT: Final = 1000
"""Where codes begin that tell the level left beside the cause."""


@dataclass(frozen=True)
class IncidenceRows:
    """The rows of one origin each: their causes, and where each is among the sets of causes.

    Attributes
    ----------
    origins : int
        How many there are.
    causes : tuple of int
        The codes of the events.
    sets : callable
        From an origin to its sets of causes: those of the levels and outcomes, then of the directions.
    to, ways : numpy.ndarray of int
        The set of each row by level or outcome, and by direction; the place after the last set is that nothing has
        happened.
    each : callable
        From the counts and their strata to every stratum and origin that has counts, with its rows.
    """

    origins: int
    causes: tuple[int, ...]
    sets: Callable[[int], Ints]
    to: Ints
    ways: Ints
    each: Callable[[pd.DataFrame, Strata], Iterator[tuple[int, int, StateCounts]]]


def usual_rows(continuum: Continuum) -> IncidenceRows:
    """Return a row for each level, left care, died and concurrent, from each level."""
    masks, levels = direction_masks(continuum), len(continuum)
    causes = (*range(levels), DIED_CODE, CONCURRENT_CODE)
    own = np.eye(len(causes), dtype=np.int64)
    last = len(causes) + len(DIRECTIONS)
    return IncidenceRows(
        levels,
        causes,
        lambda origin: np.concatenate([own, np.pad(masks[origin], ((0, 0), (0, 2)))]),
        np.array([*range(levels), last, levels, levels + 1]),
        len(causes) + np.arange(len(DIRECTIONS)),
        lambda table, strata: each_state(table, strata.codes),
    )


def asked_rows(continuum: Continuum, moves: Moves) -> IncidenceRows:
    """Return the rows that were asked for: discharges from several levels are put together, and so are causes.

    Raises
    ------
    ArgumentError
        If one is a reason of leaving care, or puts left care together with something else: whoever has not yet come
        back may still do so, so that left care is what is left.
    """
    levels = len(continuum)
    codes = np.array([*range(levels), DIED_CODE, CONCURRENT_CODE])
    reasons = slice(levels, levels + len(LEFT_REASONS))
    left = moves.reached[:, 0, reasons]
    others = np.delete(moves.reached, reasons, axis=2).reshape(len(left), -1).sum(axis=1)
    for name, some, more in zip(moves.targets, left, others.tolist(), strict=True):
        if some.any() and (more or not some.all()):
            raise ArgumentError(
                f"method='incidence' does not tell {name!r} apart: it has left care as a whole, alone, and not by "
                "reason; method='followed' has"
            )

    def joint(one: Moves) -> Ints:
        """Return the sets of causes by level left and code, shape (targets, levels x codes)."""
        kept = np.delete(one.reached, reasons, axis=2)
        return kept.reshape(len(kept), -1).astype(np.int64)

    sets = np.concatenate([joint(moves), joint(moves.ways(continuum))])
    size = len(moves.targets)
    to = np.where(left.any(axis=1), len(sets), np.arange(size))

    def each(table: pd.DataFrame, strata: Strata) -> Iterator[tuple[int, int, StateCounts]]:
        cause = np.argsort(codes)[np.searchsorted(codes, table["event"], sorter=np.argsort(codes)) % len(codes)]
        known = np.isin(table["event"], codes)
        event = np.where(known, _JOINT + table["state"] * len(codes) + cause, table["event"])
        told = table.assign(event=event)
        for origin, members in enumerate(moves.members):
            kept = members[told["state"].to_numpy()]
            some = told[kept].assign(state=0)
            for stratum, _, cell in each_state(some, strata.codes[kept]):
                yield stratum, origin, cell

    return IncidenceRows(
        len(moves.origins),
        tuple(_JOINT + np.arange(levels * len(codes))),
        lambda origin: sets,
        to,
        size + np.arange(len(DIRECTIONS)),
        each,
    )
