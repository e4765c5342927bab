"""The parameters of a projection: hazards, days between stays, and arrivals, of all people and without each group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from careflow.estimate.projection.extract import EVERY, SEASON, Extract

Array = npt.NDArray[np.float64]

_TAIL: Final = 90
"""Ages whose events and exposure give the constant hazard of all later ages."""


@dataclass(frozen=True)
class Parameters:
    """What happens to stays; the first axis is all people, then the people without each jackknife group.

    Attributes
    ----------
    hazards : numpy.ndarray, shape (replicates, levels, levels + 1, ages)
        The chance of a discharge at an age, by next level or out of care (the last), of those at risk. The last age
        stands for all later ones.
    gaps : numpy.ndarray, shape (replicates, levels, levels, window + 1)
        The distribution of the days between two stays, for each move.
    to_come : numpy.ndarray, shape (replicates, levels, levels, window + 1)
        The chance that a discharge is followed by an admission to a level on a day, and on none before.
    not_moved : numpy.ndarray, shape (replicates, levels, window + 1)
        The chance that nothing has followed a discharge by a day.
    arrivals : numpy.ndarray, shape (replicates, levels, 7)
        Arrivals from outside a day, by weekday; the first is that of the day after the cut-off.
    dispersion : numpy.ndarray, shape (levels,)
        The variance of arrivals over that of a Poisson process, at least 1.
    fitted : numpy.ndarray, shape (levels,)
        The stays of recent admissions that the hazards are estimated from.
    enough : numpy.ndarray of bool, shape (levels,)
        Whether enough stays were at risk on any day.
    """

    hazards: Array
    gaps: Array
    to_come: Array
    not_moved: Array
    arrivals: Array
    dispersion: Array
    fitted: Array
    enough: npt.NDArray[np.bool_]

    @cached_property
    def ages(self) -> tuple[int, ...]:
        """For each level, the number of ages up to the first from which on the hazards are constant, at least 2."""
        places = np.arange(self.hazards.shape[-1])
        differ = (self.hazards != self.hazards[..., -1:]).any(axis=(0, 2))
        return tuple(max(int(places[each].max(initial=-1)) + 2, 2) for each in differ)

    @cached_property
    def leaving(self) -> Array:
        """The hazard of a discharge, whatever follows, shape (replicates, levels, ages)."""
        return np.asarray(np.minimum(self.hazards.sum(axis=2), 1.0))

    def of_all(self) -> Parameters:
        """Return the parameters of all people alone."""
        replicated = ("hazards", "gaps", "to_come", "not_moved", "arrivals")
        return replace(self, **{name: getattr(self, name)[:1] for name in replicated})


def fit(records: Extract, least: int, *, replicates: bool) -> Parameters:
    """Estimate the parameters of all people and, if asked, without each jackknife group."""
    every = {name: _replicates(getattr(records, name), replicates) for name in _FITTED}
    hazards, enough = _hazards(every["exits"], every["at_risk"], least)
    gaps, to_come, not_moved = _gaps(every["moves"], every["gap_ends"], every["gap_at_risk"])
    groups = len(records.arrivals)
    by_weekday = every["arrivals"].reshape(*every["arrivals"].shape[:2], SEASON // 7, 7).mean(axis=2)
    by_weekday[1:] *= groups / max(groups - 1, 1)
    totals = records.arrivals.sum(axis=0).reshape(-1, SEASON // EVERY, EVERY).sum(axis=-1)
    mean, variance = totals.mean(axis=-1), totals.var(axis=-1, ddof=1)
    dispersion = np.maximum(1.0, _ratio(variance, mean, 1.0))
    entered = records.at_risk[..., 0] if records.at_risk.shape[-1] else records.at_risk.sum(axis=-1)
    return Parameters(hazards, gaps, to_come, not_moved, by_weekday, dispersion, entered.sum(axis=0), enough)


_FITTED: Final = ("exits", "at_risk", "moves", "gap_ends", "gap_at_risk", "arrivals")


def _replicates(by_group: Array, replicates: bool) -> Array:
    """Return the sum over all groups and, if asked, the sums without each."""
    total = by_group.sum(axis=0, keepdims=True)
    return np.concatenate([total, total - by_group]) if replicates else total


def _ratio(part: Array, of: Array, otherwise: float = 0.0) -> Array:
    nothing = np.full(np.broadcast(part, of).shape, otherwise)
    return np.asarray(np.divide(part, of, out=nothing, where=of > 0), dtype=float)


def _hazards(exits: Array, at_risk: Array, least: int) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the hazards by age up to the last age with enough at risk, then a constant one; and which levels have any.

    The last age is that of all people, in every replicate.
    """
    levels, ages = at_risk.shape[1:]
    enough = at_risk[0] >= least
    last = np.where(enough.any(axis=-1), ages - 1 - np.argmax(enough[:, ::-1], axis=-1), -1)
    size = max(int(last.max(initial=-1)) + 2, 2)
    hazards = np.empty((*exits.shape[:3], size))
    for level in range(levels):
        to = int(last[level])
        known = slice(0, to + 1)
        tail = slice(max(0, to + 1 - _TAIL), to + 1) if to >= 0 else slice(0, ages)
        risk = at_risk[:, level, None, :]
        hazards[:, level, :, known] = _ratio(exits[:, level, :, known], risk[..., known])
        constant = _ratio(exits[:, level, :, tail].sum(axis=-1), risk[..., tail].sum(axis=-1))
        hazards[:, level, :, to + 1 :] = constant[..., None]
    return hazards, np.asarray(last >= 0)


def _gaps(moves: Array, ends: Array, at_risk: Array) -> tuple[Array, Array, Array]:
    """Return the distributions of the days between stays, the incidence of each move by day, and what is left."""
    not_moved = np.cumprod(1 - _ratio(ends, at_risk), axis=-1)
    before = np.concatenate([np.ones_like(not_moved[..., :1]), not_moved[..., :-1]], axis=-1)
    to_come = before[:, :, None] * _ratio(moves, at_risk[:, :, None])
    chance = to_come.sum(axis=-1, keepdims=True)
    of_all = to_come.sum(axis=2, keepdims=True)
    same_day = np.zeros_like(of_all)
    same_day[..., 0] = 1
    of_all = np.where(
        of_all.sum(axis=-1, keepdims=True) > 0, _ratio(of_all, of_all.sum(axis=-1, keepdims=True)), same_day
    )
    gaps = np.where(chance > 0, _ratio(to_come, chance), of_all)
    return np.asarray(gaps, dtype=float), to_come, np.asarray(not_moved, dtype=float)


def eventual(hazards: Array) -> Array:
    """Return the chance of each next level, or of being out, of a stay that has reached an age; age 0: from admission.

    A stay that no hazard ends is out.
    """
    total = hazards.sum(axis=2)
    chances = np.empty_like(hazards)
    out = np.zeros(hazards.shape[2])
    out[-1] = 1
    ended = total[..., -1:] > 0
    chances[..., -1] = np.where(ended, _ratio(hazards[..., -1], total[..., -1:]), out)
    for age in range(hazards.shape[-1] - 2, -1, -1):
        chances[..., age] = hazards[..., age] + (1 - total[..., age : age + 1]) * chances[..., age + 1]
    return chances
