"""Transition rates as cumulative incidences on the gap clock, with discharges censored at the cut-off."""

from __future__ import annotations

import numpy as np

from careflow.counts import Counts
from careflow.counts.definition import GROUPS
from careflow.counts.event_tables import CONCURRENT_CODE, DIED_CODE
from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.counting_process import each_state, process_of
from careflow.estimate.arrays.followup import follow_up
from careflow.estimate.arrays.strata import Strata, strata_of
from careflow.estimate.rates.followed import followed_share, outcomes
from careflow.estimate.rates.rate_arrays import (
    Array,
    RateArrays,
    Replicates,
    WindowRates,
    direction_masks,
    direction_targets,
    targets,
)
from careflow.estimate.stats.competing_risks import incidences, replicates_at

_NUMBERS = ("n", "of", "rate", "se", "low", "high")


def incidence_rate_arrays(
    counts: Counts,
    by: tuple[str, ...],
    windows: tuple[int, ...],
    cluster: Cluster,
    confidence: float,
    *,
    keep: bool = False,
) -> tuple[RateArrays, RateArrays]:
    """Return cumulative incidences at each window by next level or outcome, and by direction.

    ``keep`` is whether the blocks keep their jackknife replicates.
    """
    table, continuum = counts.tables["gap"], counts.definition.continuum
    strata = strata_of(table, counts.definition, by)
    masks, levels = direction_masks(continuum), len(continuum)
    causes = (*range(levels), DIED_CODE, CONCURRENT_CODE)
    shape = (len(windows), len(strata), levels)
    to, directions = _empty(shape, levels + 3, keep), _empty(shape, 3, keep)
    for stratum, state, cell in each_state(table, strata.codes):
        process = process_of(cell, causes, until=max(windows))
        single_causes = np.eye(len(causes), dtype=np.int64)
        direction_sets = np.concatenate([masks[state], np.zeros((3, 2), dtype=np.int64)], axis=1)
        sets = np.concatenate([single_causes, direction_sets])
        estimates = incidences(process, sets, cluster, confidence)
        for i, window in enumerate(windows):
            values = estimates.at(window)
            if follow_up(process).unknown(np.array([window]))[0]:
                values |= {name: np.full(len(values[name]), np.nan) for name in ("rate", "se", "low", "high")}
            if keep:
                values["without"], values["present"] = replicates_at(process, sets, window)
            for arrays, rows in ((to, slice(0, len(causes))), (directions, slice(len(causes), None))):
                _fill({name: array[i, stratum, state] for name, array in arrays.items()}, values, rows)
    return (
        RateArrays(strata, continuum, targets(continuum, reasons=False), _blocks(to, counts, strata, by, windows)),
        RateArrays(strata, continuum, direction_targets(), _blocks(directions, counts, strata, by, windows)),
    )


def _empty(shape: tuple[int, ...], targets: int, keep: bool) -> dict[str, Array]:
    """Return the arrays of all numbers, with the values of cells without counts."""
    arrays = {name: np.full((*shape, targets), np.nan) for name in _NUMBERS}
    for name in ("n", "of"):
        arrays[name][:] = 0
    if keep:
        arrays["without"] = np.full((*shape, targets, GROUPS), np.nan)
        arrays["present"] = np.zeros((*shape, targets, GROUPS))
    return arrays


def _fill(into: dict[str, Array], values: dict[str, Array], rows: slice) -> None:
    """Store the numbers of one cell at one window; left care is inserted between the levels and death."""
    for name, column in into.items():
        picked = values[name][:-1][rows]
        if len(column) > len(picked):
            picked = np.insert(picked, len(picked) - 2, values[name][-1], axis=0)
        column[:] = picked


def _blocks(
    numbers: dict[str, Array], counts: Counts, strata: Strata, by: tuple[str, ...], windows: tuple[int, ...]
) -> tuple[WindowRates, ...]:
    table = counts.tables["discharge"]
    discharge_strata = strata_of(table, counts.definition, by)
    blocks = []
    for i, window in enumerate(windows):
        cells = outcomes(table, discharge_strata, counts.definition.continuum, window)
        followed = followed_share(counts, discharge_strata, cells.sum(axis=(2, 3)))
        n, of = (numbers[name][i].astype(np.int64) for name in ("n", "of"))
        rate, se, low, high = (numbers[name][i] for name in ("rate", "se", "low", "high"))
        replicates = None
        if "without" in numbers:
            replicates = Replicates(numbers["without"][i], numbers["present"][i] > 0, numbers["of"][i])
        mature = strata.mature(counts.definition, window)
        blocks.append(WindowRates(window, n, of, rate, se, low, high, followed, mature, replicates=replicates))
    return tuple(blocks)
