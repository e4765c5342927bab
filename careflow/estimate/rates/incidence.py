"""Transition rates as cumulative incidences on the gap clock, with discharges censored at the cut-off."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from careflow.continuum.outcomes import DIRECTIONS
from careflow.counts import Counts
from careflow.counts.definition import GROUPS
from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.counting_process import process_of
from careflow.estimate.arrays.followup import follow_up
from careflow.estimate.arrays.strata import Strata, strata_of
from careflow.estimate.rates.followed import followed_share, outcomes
from careflow.estimate.rates.incidence_rows import asked_rows, usual_rows
from careflow.estimate.rates.rate_arrays import (
    Array,
    RateArrays,
    Replicates,
    WindowRates,
    direction_targets,
    targets,
)
from careflow.estimate.rates.unions import Moves
from careflow.estimate.stats.competing_risks import groups_within, incidences, replicates_at
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.estimate.stats.jackknife import ROUNDING

_NUMBERS = ("n", "of", "rate", "se", "low", "high")
_COUNTS = ("n", "of", "persons", "persons_of")


def incidence_rate_arrays(
    counts: Counts,
    by: tuple[str, ...],
    windows: tuple[int, ...],
    cluster: Cluster,
    confidence: float,
    *,
    keep: bool = False,
    moves: Moves | None = None,
) -> tuple[RateArrays, RateArrays]:
    """Return cumulative incidences at each window by next level or outcome, and by direction.

    ``keep`` says whether the blocks keep their replicates, ``moves`` which rows there are.
    """
    table, continuum = counts.tables["gap"], counts.definition.continuum
    strata = strata_of(table, counts.definition, by)
    rows = usual_rows(continuum) if moves is None else asked_rows(continuum, moves)
    shape = (len(windows), len(strata), rows.origins)
    to, directions = _empty(shape, len(rows.to), keep), _empty(shape, len(DIRECTIONS), keep)
    for stratum, origin, cell in rows.each(table, strata):
        process = process_of(cell, rows.causes, until=max(windows))
        sets = rows.sets(origin)
        estimates = incidences(process, sets, cluster, confidence)
        for i, window in enumerate(windows):
            values: dict[str, npt.NDArray[Any]] = estimates.at(window)
            if follow_up(process).unknown(np.array([window]))[0]:
                values |= {name: np.full(len(values[name]), np.nan) for name in ("rate", "se", "low", "high")}
            values["persons"], values["persons_of"] = groups_within(process, sets, window)
            if keep:
                values["without"], values["present"] = replicates_at(process, sets, window)
            for arrays, places in ((to, rows.to), (directions, rows.ways)):
                for name, array in arrays.items():
                    array[i, stratum, origin] = values[name][places]
    return (
        RateArrays(
            strata,
            continuum,
            targets(continuum, reasons=False, moves=moves),
            _blocks(to, counts, strata, by, windows, (cluster, confidence), moves),
            moves,
        ),
        RateArrays(
            strata,
            continuum,
            direction_targets(),
            _blocks(directions, counts, strata, by, windows, (cluster, confidence), moves),
            moves,
        ),
    )


def _empty(shape: tuple[int, ...], targets: int, keep: bool) -> dict[str, Array]:
    """Return the arrays of all numbers, with the values of cells without counts."""
    arrays = {name: np.full((*shape, targets), np.nan) for name in _NUMBERS}
    arrays |= {name: np.zeros((*shape, targets)) for name in _COUNTS}
    if keep:
        arrays["without"] = np.full((*shape, targets, GROUPS), np.nan)
        arrays["present"] = np.zeros((*shape, targets, GROUPS))
    return arrays


def _blocks(
    numbers: dict[str, Array],
    counts: Counts,
    strata: Strata,
    by: tuple[str, ...],
    windows: tuple[int, ...],
    interval: tuple[Cluster, float],
    moves: Moves | None,
) -> tuple[WindowRates, ...]:
    table = counts.tables["discharge"]
    discharge_strata = strata_of(table, counts.definition, by)
    blocks = []
    for i, window in enumerate(windows):
        cells = outcomes(table, discharge_strata, counts.definition.continuum, window)
        of_each = cells.sum(axis=2) if moves is None else moves.left(cells.sum(axis=2))
        followed = followed_share(counts, discharge_strata, of_each.sum(axis=-1), moves)
        n, of, persons, persons_of = (numbers[name][i].astype(np.int64) for name in _COUNTS)
        rate, se, low, high = (numbers[name][i] for name in ("rate", "se", "low", "high"))
        low, high = _closed((low, high), rate, of * followed[..., None], persons_of.max(axis=-1), interval)
        replicates = None
        if "without" in numbers:
            replicates = Replicates(numbers["without"][i], numbers["present"][i] > 0, numbers["of"][i])
        mature = strata.mature(counts.definition, window)
        people = {"persons": persons, "persons_of": persons_of.max(axis=-1)}
        block = WindowRates(window, n, of, rate, se, low, high, followed, mature, replicates=replicates, **people)
        blocks.append(block)
    return tuple(blocks)


def _closed(
    limits: tuple[Array, Array], rate: Array, followed: Array, groups: npt.NDArray[np.int64],
    interval: tuple[Cluster, float],
) -> tuple[Array, Array]:  # fmt: skip
    """Return limits with those of rates of 0 and 1, which have none on the log-log scale: Wilson's, of those followed.

    Discharges followed for a part of the window only are left out of the denominator: the limits are on the safe side.
    """
    cluster, confidence = interval
    quantile = quantile_of(confidence, groups[..., None] if cluster == "person" else None)
    ends = (rate <= ROUNDING) | (rate >= 1 - ROUNDING)
    low, high = (
        np.where(ends, own, other) for own, other in zip(wilson(rate, followed, quantile), limits, strict=True)
    )
    return low, high
