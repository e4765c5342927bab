"""Transition rates as shares of the discharges that were followed for the whole window."""

from __future__ import annotations

import numpy as np
import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import LEFT_REASONS, REASONS
from careflow.counts import Counts
from careflow.counts.definition import GROUPS
from careflow.counts.event_tables import CONCURRENT_CODE, DIED_CODE, REASON_CODE
from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.strata import Ints, Strata, add_up, strata_of
from careflow.estimate.rates.known_reasons import unknown_shares
from careflow.estimate.rates.rate_arrays import (
    Array,
    RateArrays,
    Replicates,
    WindowRates,
    direction_masks,
    direction_targets,
    targets,
)
from careflow.estimate.rates.unions import Moves, every_move
from careflow.estimate.stats.proportions import shares, shares_without


def followed_rate_arrays(
    counts: Counts,
    by: tuple[str, ...],
    windows: tuple[int, ...],
    cluster: Cluster,
    confidence: float,
    *,
    keep: bool = False,
    moves: Moves | None = None,
) -> tuple[RateArrays, RateArrays]:
    """Return shares of followed discharges by next level or outcome, and by direction.

    ``keep`` says whether the blocks keep their replicates, ``moves`` which rows there are.
    """
    table, continuum = counts.tables["discharge"], counts.definition.continuum
    strata = strata_of(table, counts.definition, by)
    to: list[WindowRates] = []
    directions: list[WindowRates] = []
    for window in windows:
        cells = outcomes(table, strata, continuum, window)
        of = cells.sum(axis=2) if moves is None else moves.left(cells.sum(axis=2))
        followed = followed_share(counts, strata, of.sum(axis=-1), moves)
        mature = strata.mature(counts.definition, window)
        unknown = unknown_shares(cells.sum(axis=-1), moves or every_move(continuum), len(continuum))
        for blocks, n in zip((to, directions), rows_counted(cells, continuum, moves), strict=True):
            base = np.broadcast_to(of[:, :, None], n.shape)
            estimates = shares(n, base, cluster=cluster, confidence=confidence)
            blocks.append(
                WindowRates(
                    window,
                    n.sum(axis=-1),
                    base.sum(axis=-1),
                    estimates.share,
                    estimates.se,
                    estimates.low,
                    estimates.high,
                    followed,
                    mature,
                    (n > 0).sum(axis=-1),
                    (of > 0).sum(axis=-1),
                    Replicates(shares_without(n, base), base > 0, estimates.size) if keep else None,
                    unknown if blocks is to else None,
                )
            )
    return (
        RateArrays(strata, continuum, targets(continuum, moves=moves), tuple(to), moves),
        RateArrays(strata, continuum, direction_targets(), tuple(directions), moves),
    )


def rows_counted(cells: Ints, continuum: Continuum, moves: Moves | None) -> tuple[Ints, Ints]:
    """Return the counts of each row by next level or outcome, and by direction: strata x from x target x group."""
    if moves is None:
        return with_left_care(cells, continuum), by_direction(cells, continuum)
    return moves.counted(cells), moves.ways(continuum).counted(cells)


def outcomes(table: pd.DataFrame, strata: Strata, continuum: Continuum, window: int) -> Ints:
    """Return followed discharges, shape (strata, from, outcome, groups).

    The outcomes are the levels, the reasons of leaving, died and concurrent. A move after the window counts as having
    left for the reason of the discharge, as does a move after every window that was counted (``moved`` is then -1).
    """
    keep = (table["followed"] >= window).to_numpy()
    rows, levels = table[keep], len(continuum)
    event, moved = rows["event"].to_numpy(), rows["moved"].to_numpy()
    late = (event < levels) & ((moved < 0) | (moved > window))
    event = np.where(late, REASON_CODE + rows["reason"].to_numpy(), event)
    codes = [*range(levels), *(REASON_CODE + REASONS.index(r) for r in LEFT_REASONS), DIED_CODE, CONCURRENT_CODE]
    order = np.argsort(codes)
    outcome = order[np.searchsorted(np.array(codes)[order], event)]
    return add_up(
        rows["n"],
        (strata.codes[keep], len(strata)),
        (rows["state"], levels),
        (outcome, len(codes)),
        (rows["jackknife_group"], GROUPS),
    )


def outcomes_so_far(table: pd.DataFrame, strata: Strata, continuum: Continuum, window: int) -> tuple[Ints, Ints]:
    """Return discharges that were not followed for the window: outcomes seen so far, and those that may still move.

    The outcomes have the shape of :func:`outcomes`: moves, deaths and concurrent discharges. The others have shape
    (strata, from, groups).
    """
    rows = table[(table["followed"] < window).to_numpy()]
    unseen = rows["event"].between(REASON_CODE, CONCURRENT_CODE - 1) & (rows["event"] != DIED_CODE)
    seen = table[(table["followed"] < window) & ~unseen.reindex(table.index, fill_value=False)]
    part = Strata(strata.frame, strata.codes[seen.index], strata.periods)
    codes = strata.codes[rows.index[unseen]]
    waiting = rows[unseen]
    return (
        outcomes(seen.assign(followed=window).reset_index(drop=True), part, continuum, window),
        add_up(
            waiting["n"], (codes, len(strata)), (waiting["state"], len(continuum)), (waiting["jackknife_group"], GROUPS)
        ),
    )


def by_direction(cells: Ints, continuum: Continuum) -> Ints:
    """Return the moves by direction, shape (strata, from, direction, groups)."""
    return np.asarray(np.einsum("sftg,fdt->sfdg", cells[:, :, : len(continuum)], direction_masks(continuum)))


def followed_share(counts: Counts, strata: Strata, followed: Ints, moves: Moves | None = None) -> Array:
    """Return the share of each level's discharges that were followed, shape (strata, from)."""
    table, levels = counts.tables["discharge"], len(counts.definition.continuum)
    every = add_up(table["n"], (strata.codes, len(strata)), (table["state"], levels))
    every = every if moves is None else moves.left(every[..., None])[..., 0]
    return np.asarray(np.divide(followed, every, out=np.full(every.shape, np.nan), where=every > 0))


def with_left_care(cells: Ints, continuum: Continuum) -> Ints:
    """Insert left care, the sum of the reasons of leaving, after the reasons."""
    first, last = len(continuum), len(continuum) + len(LEFT_REASONS)
    left_care = cells[:, :, first:last].sum(axis=2, keepdims=True)
    return np.concatenate([cells[:, :, :last], left_care, cells[:, :, last:]], axis=2)
