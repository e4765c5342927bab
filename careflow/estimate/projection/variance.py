"""The variance of a projection: chance, and the parameters being estimates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from careflow.estimate.projection.extract import Extract
from careflow.estimate.projection.forward import (
    Renewal,
    admissions,
    arrivals_of,
    convolved,
    delayed,
    folded,
    in_care_after,
    renewal,
)
from careflow.estimate.projection.parameters import Parameters
from careflow.estimate.stats.intervals import quantile_of

Array = npt.NDArray[np.float64]


def process_variance(every: Parameters, records: Extract, horizon: int) -> Array:
    r"""Return the variance of the stays in care that chance makes, shape (levels, days).

    .. math:: \sum_j \varphi_j \mu_j(d) + \sum_i p_i(d)(1 - p_i(d))

    over those who arrive at level *j* from outside, with the mean :math:`\mu_j` of them in care, and over today's
    people *i*, in care or between two stays.
    """
    after = renewal(every, horizon)
    levels = after.in_care.shape[1]
    response = _response(after)
    arriving = convolved(arrivals_of(every, horizon)[0][:, None], response)
    variance = np.einsum("j,jld->ld", every.dispersion, arriving)
    spread = _spread(response)
    for level in range(levels):
        people, staying, entering = _todays(every, records, level, horizon)
        if not len(people):
            continue
        chances = (entering.reshape(len(people), -1) @ spread).reshape(len(people), levels, horizon)
        chances[:, level] += staying
        variance += np.einsum("u,uld->ld", people, chances * (1 - chances))
    return np.asarray(np.maximum(variance, 0.0))


def parameter_variance(replicates: Array) -> Array:
    """Return the delete-a-group jackknife variance of estimates (replicates, ...); 0 without replicates."""
    groups = len(replicates) - 1
    if groups < 2:
        return np.zeros_like(replicates[0])
    return np.asarray((groups - 1) / groups * ((replicates[1:] - replicates[:1]) ** 2).sum(axis=0))


def limits(mean: Array, variance: Array, replicates: int, confidence: float) -> tuple[Array, Array]:
    """Return the limits of means with a variance: Student's t over the groups, or normal without replicates."""
    groups = replicates - 1
    half = quantile_of(confidence, groups if groups > 1 else None) * np.sqrt(variance)
    return mean - half, mean + half


def _response(after: Renewal) -> Array:
    """Return the mean in care at each level so many days after an admission to each, shape (levels, levels, days)."""
    levels, horizon = after.in_care.shape[1:]
    first = np.zeros((levels, levels, horizon))
    first[np.arange(levels), np.arange(levels), 0] = 1
    one = Renewal(*(part[:1] for part in after))
    entered = admissions(Renewal(*(np.broadcast_to(part, (levels, *part.shape[1:])) for part in one)), first)
    return in_care_after(one, entered)


def _spread(response: Array) -> Array:
    """Return the response as a matrix from admissions (level, day) to stays in care (level, day)."""
    levels, _, horizon = response.shape
    matrix = np.zeros((levels, horizon, levels, horizon))
    for day in range(horizon):
        matrix[:, day, :, day:] = response[..., : horizon - day]
    return matrix.reshape(levels * horizon, levels * horizon)


def _todays(every: Parameters, records: Extract, level: int, horizon: int) -> tuple[Array, Array, Array]:
    """Return the numbers of people of a level who are alike, their chances of going on, and of moving by day."""
    levels, ages = len(every.dispersion), every.ages[level]
    hazards, staying = every.hazards[0, level, :, :ages], 1 - every.leaving[0, level, :ages]
    in_care = folded(records.in_care[[level]], ages)[0]
    old = np.flatnonzero(in_care)
    at = np.minimum(old[:, None] + np.arange(1, horizon + 1), ages - 1)
    goes_on = np.cumprod(staying[at], axis=-1)
    before = np.concatenate([np.ones_like(goes_on[:, :1]), goes_on[:, :-1]], axis=-1)
    entering = delayed(before[:, None] * hazards[:levels, at].swapaxes(0, 1), every.gaps[0, level])
    between = records.between[level]
    waiting = np.flatnonzero(between)
    days = waiting[:, None] + np.arange(1, horizon + 1)
    known = days < every.to_come.shape[-1]
    chance = np.where(known, every.to_come[0, level][:, np.where(known, days, 0)], 0.0).swapaxes(0, 1)
    left = every.not_moved[0, level, waiting]
    chance = np.divide(chance, left[:, None, None], out=np.zeros_like(chance), where=left[:, None, None] > 0)
    people = np.concatenate([in_care[old], between[waiting]])
    return people, np.concatenate([goes_on, np.zeros(days.shape)]), np.concatenate([entering, chance])
