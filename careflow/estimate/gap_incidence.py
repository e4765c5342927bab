"""Rates as cumulative incidences on the gap clock: every discharge counts for as long as it was followed."""

from __future__ import annotations

import numpy as np

from careflow.counts import Counts
from careflow.counts.clocks import CONCURRENT_CODE, DIED_CODE
from careflow.estimate.asked import Cluster
from careflow.estimate.cells import Strata, strata_of
from careflow.estimate.flows import Array, Block, Flows, direction_masks, direction_targets, targets
from careflow.estimate.followed import followed_share, outcomes
from careflow.estimate.incidence import Incidences, incidences
from careflow.estimate.process import each_cell, process

_NUMBERS = ("n", "of", "rate", "se", "low", "high")


def incidence_flows(
    counts: Counts, by: tuple[str, ...], windows: tuple[int, ...], cluster: Cluster, level: float
) -> tuple[Flows, Flows]:
    """Return cumulative incidences at each window by next level or outcome, and by direction."""
    table, continuum = counts.tables["gap"], counts.rules.continuum
    strata = strata_of(table, counts.rules, by)
    masks, levels = direction_masks(continuum), len(continuum)
    causes = (*range(levels), DIED_CODE, CONCURRENT_CODE)
    shape = (len(windows), len(strata), levels)
    to = {name: np.full((*shape, levels + 3), np.nan) for name in _NUMBERS}
    ways = {name: np.full((*shape, 3), np.nan) for name in _NUMBERS}
    for name in ("n", "of"):
        to[name][:], ways[name][:] = 0, 0
    for stratum, state, cell in each_cell(table, strata.place):
        seen = process(cell, causes)
        groups = np.eye(len(causes), dtype=np.int64)
        ways_groups = np.concatenate([masks[state], np.zeros((3, 2), dtype=np.int64)], axis=1)
        found = incidences(seen, np.concatenate([groups, ways_groups]), cluster, level)
        for i, window in enumerate(windows):
            _fill({name: array[i, stratum, state] for name, array in to.items()}, found, window, slice(0, len(causes)))
            _fill(
                {name: array[i, stratum, state] for name, array in ways.items()},
                found,
                window,
                slice(len(causes), None),
            )
    return (
        Flows(strata, continuum, targets(continuum, reasons=False), _blocks(to, counts, strata, by, windows)),
        Flows(strata, continuum, direction_targets(), _blocks(ways, counts, strata, by, windows)),
    )


def _fill(into: dict[str, Array], found: Incidences, window: int, rows: slice) -> None:
    """Put one cell's numbers at a window in their places: causes as they are, left care between levels and death."""
    values = found.at(window)
    picked = {name: values[name][:-1][rows] for name in _NUMBERS}
    if len(into["n"]) > len(picked["n"]):
        picked = {name: np.insert(column, len(column) - 2, values[name][-1]) for name, column in picked.items()}
    for name, column in picked.items():
        into[name][:] = column


def _blocks(
    numbers: dict[str, Array], counts: Counts, strata: Strata, by: tuple[str, ...], windows: tuple[int, ...]
) -> tuple[Block, ...]:
    table = counts.tables["discharge"]
    known: Strata = strata_of(table, counts.rules, by)
    blocks = []
    for i, window in enumerate(windows):
        cells = outcomes(table, known, counts.rules.continuum, window)
        share = followed_share(counts, known, cells.sum(axis=(2, 3)))
        n, of = (numbers[name][i].astype(np.int64) for name in ("n", "of"))
        rate, se, low, high = (numbers[name][i] for name in ("rate", "se", "low", "high"))
        blocks.append(Block(window, n, of, rate, se, low, high, share, strata.mature(counts.rules, window)))
    return tuple(blocks)
