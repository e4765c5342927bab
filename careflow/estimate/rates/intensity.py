"""Intensities: moves per 100 person-days in the level."""

from __future__ import annotations

import numpy as np

from careflow.counts import Counts
from careflow.counts.definition import GROUPS
from careflow.errors import ArgumentError
from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.strata import Ints, add_up, joint_strata
from careflow.estimate.rates.followed import followed_share, outcomes, rows_counted
from careflow.estimate.rates.known_reasons import unknown_shares
from careflow.estimate.rates.rate_arrays import Array, RateArrays, Replicates, WindowRates, direction_targets, targets
from careflow.estimate.rates.unions import Moves, every_move
from careflow.estimate.stats.intervals import garwood
from careflow.estimate.stats.jackknife import jackknife_se
from careflow.estimate.stats.proportions import shares_without

PER = 100
"""The number of person-days to which an intensity refers."""


def intensity_rate_arrays(
    counts: Counts,
    by: tuple[str, ...],
    windows: tuple[int, ...],
    cluster: Cluster,
    confidence: float,
    *,
    keep: bool = False,
    moves: Moves | None = None,
) -> tuple[RateArrays, RateArrays]:
    """Return moves per 100 person-days by next level or outcome, and by direction.

    ``keep`` says whether the blocks keep their replicates, ``moves`` which rows there are.
    """
    if windows != (counts.definition.within,):
        raise ArgumentError(f"method='intensity' has one window, the link window: within={counts.definition.within}")
    table, exposure, continuum = counts.tables["discharge"], counts.tables["exposure"], counts.definition.continuum
    strata, exposure_strata = joint_strata([table, exposure], counts.definition, by)
    window = counts.definition.within
    cells = outcomes(table, strata, continuum, window)
    days = add_up(
        exposure["n"],
        (exposure_strata.codes, len(exposure_strata)),
        (exposure["state"], len(continuum)),
        (exposure["jackknife_group"], GROUPS),
    )
    of = cells.sum(axis=2)
    if moves is not None:
        days, of = moves.left(days), moves.left(of)
    followed = followed_share(counts, strata, of.sum(axis=-1), moves)
    mature = strata.mature(counts.definition, window)
    unknown = unknown_shares(cells.sum(axis=-1), moves or every_move(continuum), len(continuum))
    blocks: list[WindowRates] = []
    for n in rows_counted(cells, continuum, moves):
        base = np.broadcast_to(days[:, :, None], n.shape)
        rate, se, low, high, size = _intensity(n, base, cluster, confidence)
        kept = Replicates(PER * shares_without(n, base), base > 0, size) if keep else None
        number, total, persons = n.sum(axis=-1), base.sum(axis=-1), (n > 0).sum(axis=-1)
        whole = (of > 0).sum(axis=-1)
        gone = None if blocks else unknown
        block = WindowRates(window, number, total, rate, se, low, high, followed, mature, persons, whole, kept, gone)
        blocks.append(block)
    to, directions = blocks
    return RateArrays(strata, continuum, targets(continuum, moves=moves), (to,), moves), RateArrays(
        strata, continuum, direction_targets(), (directions,), moves
    )


def _intensity(n: Ints, days: Ints, cluster: Cluster, confidence: float) -> tuple[Array, Array, Array, Array, Array]:
    """Return intensities, standard errors, Garwood's limits at the effective number of moves, and effective days."""
    moves, total = n.sum(axis=-1).astype(float), days.sum(axis=-1).astype(float)
    total[total == 0] = np.nan
    rate = moves / total
    if cluster is None:
        low, high = garwood(moves, total, confidence)
        return PER * rate, PER * np.sqrt(moves) / total, PER * low, PER * high, total
    with np.errstate(divide="ignore", invalid="ignore"):
        se, _ = jackknife_se(rate, shares_without(n, days), days > 0)
        effective = np.where(moves > 0, np.minimum((rate / se) ** 2, moves), 0.0)
        effective_days = np.where(moves > 0, effective / rate, total)
        low, high = garwood(effective, effective_days, confidence)
    limits = (np.where(np.isfinite(se), PER * limit, np.nan) for limit in (low, high))
    return PER * rate, PER * se, *limits, effective_days
