"""Beds, by simulation: numbers of stays by level and age are drawn day by day, never single persons."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from careflow.estimate.projection.extract import Extract
from careflow.estimate.projection.forward import arrivals_of, folded
from careflow.estimate.projection.parameters import Parameters
from careflow.estimate.projection.what_if import WhatIf

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DRAWS: Final = 500
_SEED: Final = 20261130
_ROUNDS: Final = 50
"""Stays of no night that follow each other on one day, at most."""


class Simulated(NamedTuple):
    """Means over the draws, shape (levels, days), and the variance of the stays in care.

    ``waiting`` are those who wait at the end of the day, ``turned_away`` those turned away up to it, ``full`` the share
    of draws in which all beds are taken.
    """

    census: Array
    variance: Array
    entered: Array
    left: Array
    waiting: Array
    turned_away: Array
    full: Array


class Beds(NamedTuple):
    """The number of beds of each level (infinite without a limit), and whether people wait for one."""

    beds: Array
    wait: npt.NDArray[np.bool_]


def beds_of(changes: tuple[WhatIf, ...], names: tuple[str, ...]) -> Beds:
    """Return the beds of each level by the changes of capacity, of which the last of a level holds."""
    beds, wait = np.full(len(names), np.inf), np.ones(len(names), dtype=bool)
    for change in changes:
        beds[names.index(change.level)] = change.value
        wait[names.index(change.level)] = change.full == "wait"
    return Beds(beds, wait)


def simulate(parameters: Parameters, records: Extract, horizon: int, limit: Beds, draws: int = DRAWS) -> Simulated:
    """Draw the days of the horizon; the seed is fixed, so the same records give the same numbers."""
    chance = np.random.default_rng(_SEED)
    hazards = parameters.hazards[0]
    levels, _, ages = hazards.shape
    outcomes = np.concatenate([hazards, 1 - parameters.leaving[:1].swapaxes(0, 1)], axis=1).swapaxes(1, 2)
    outcomes = outcomes / outcomes.sum(axis=-1, keepdims=True)
    window = parameters.gaps.shape[-1]
    arrivals = _arrivals(chance, parameters, horizon, draws)
    due = np.zeros((draws, levels, horizon + window), dtype=np.int64)
    due[..., :horizon] += arrivals
    _add_between(chance, parameters, records, due)
    stays = np.broadcast_to(folded(records.in_care, ages).astype(np.int64), (draws, levels, ages)).copy()
    waiting = np.zeros((draws, levels), dtype=np.int64)
    away = np.zeros((draws, levels), dtype=np.int64)
    sums: dict[str, list[Array]] = {name: [] for name in Simulated._fields}
    for day in range(horizon):
        stays[..., -1] += stays[..., -2]
        stays[..., 1:-1] = stays[..., :-2].copy()
        stays[..., 0] = 0
        left = _leave(chance, stays, outcomes, parameters.gaps[0], due, day)
        entered = np.zeros((draws, levels), dtype=np.int64)
        for _ in range(_ROUNDS):
            coming = waiting + due[..., day]
            due[..., day] = 0
            room = np.maximum(limit.beds - stays.sum(axis=-1), 0)
            admitted = np.minimum(coming, room).astype(np.int64)
            waiting = np.where(limit.wait, coming - admitted, 0)
            away += np.where(limit.wait, 0, coming - admitted)
            if not admitted.any():
                break
            entered += admitted
            fresh = np.zeros_like(stays)
            fresh[..., 0] = admitted
            left += _leave(chance, fresh, outcomes, parameters.gaps[0], due, day)
            stays[..., 0] += fresh[..., 0]
        census = stays.sum(axis=-1)
        values = (census, census, entered, left, waiting, away, census >= limit.beds)
        for name, value in zip(Simulated._fields, values, strict=True):
            sums[name].append(value.var(axis=0, ddof=1) if name == "variance" else value.mean(axis=0))
    return Simulated(*(np.stack(sums[name], axis=-1) for name in Simulated._fields))


def _arrivals(chance: np.random.Generator, parameters: Parameters, horizon: int, draws: int) -> Ints:
    """Draw arrivals from outside with their mean and dispersion: Poisson, or a Poisson with a gamma mean."""
    mean = np.broadcast_to(arrivals_of(parameters, horizon)[0], (draws, parameters.arrivals.shape[1], horizon))
    extra = np.broadcast_to((parameters.dispersion - 1)[:, None], mean.shape)
    mixed = extra > 0
    rate = np.where(mixed, chance.gamma(np.where(mixed, mean / np.where(mixed, extra, 1), 1)) * extra, mean)
    return np.asarray(chance.poisson(rate))


def _add_between(chance: np.random.Generator, parameters: Parameters, records: Extract, due: Ints) -> None:
    """Draw the admissions of those discharged within the window."""
    draws, levels, days = due.shape
    for level, since in zip(*np.nonzero(records.between), strict=True):
        later = parameters.to_come[0, level, :, since + 1 :]
        left = parameters.not_moved[0, level, since]
        odds = (later / left if left > 0 else 0 * later).ravel()
        n = int(records.between[level, since])
        drawn = chance.multinomial(n, [*odds, max(1 - odds.sum(), 0.0)], size=draws)[:, :-1]
        until = min(later.shape[-1], days)
        due[..., :until] += drawn.reshape(draws, levels, -1)[..., :until]


def _leave(
    chance: np.random.Generator, stays: Ints, outcomes: Array, gaps: Array, due: Ints, day: int
) -> npt.NDArray[np.int64]:
    """Draw who leaves, take them out of ``stays``, add their next admissions to ``due``; return the number who left."""
    draw, level, age = np.nonzero(stays)
    drawn = chance.multinomial(stays[draw, level, age], outcomes[level, age])
    stays[draw, level, age] = drawn[:, -1]
    draws, levels = stays.shape[:2]
    left = np.zeros((draws, levels), dtype=np.int64)
    np.add.at(left, (draw, level), drawn[:, :-1].sum(axis=1))
    moved = np.zeros((draws, levels, levels), dtype=np.int64)
    np.add.at(moved, (draw, level), drawn[:, :levels])
    who, frm, to = np.nonzero(moved)
    later: Any = chance.multinomial(moved[who, frm, to], gaps[frm, to])
    rows, gap = np.nonzero(later)
    inside = day + gap < due.shape[-1]
    rows, gap = rows[inside], gap[inside]
    np.add.at(due, (who[rows], to[rows], day + gap), later[rows, gap])
    return left
