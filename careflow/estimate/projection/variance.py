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
    every = every.of_all()
    after = renewal(every, horizon)
    levels = after.in_care.shape[1]
    response = _response(after)
    arriving = convolved(arrivals_of(every, horizon)[0][:, None], response)
    variance = np.einsum("j,jld->ld", every.dispersion, arriving)
    due = convolved(_padded(every.gaps[0], horizon)[:, :, None], response[None])
    at_once = np.broadcast_to(response, due.shape)
    variance += _of_today(*_in_care(every, records), due, np.eye(levels))
    variance += _of_today(*_between(every, records), at_once, np.zeros((levels, levels)))
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
    entered = admissions(Renewal(*(np.broadcast_to(part, (levels, *part.shape[1:])) for part in after)), first)
    return in_care_after(after, entered)


def _padded(gaps: Array, horizon: int) -> Array:
    """Return the days between two stays on each day of the horizon."""
    after = np.zeros((*gaps.shape[:-1], horizon))
    known = min(gaps.shape[-1], horizon)
    after[..., :known] = gaps[..., :known]
    return after


def _of_today(people: Array, leaving: Array, staying: Array, after: Array, now: Array) -> Array:
    """Return the variance (levels, days) of those who are in care, or between two stays, today.

    Parameters
    ----------
    people : numpy.ndarray, shape (levels, ages)
        How many have spent so many days there.
    leaving, staying : numpy.ndarray, shapes (levels, ages, levels), (levels, ages)
        Their chances for the next day: to leave for a level, or to stay; of the last age, for all days from then on.
    after : numpy.ndarray, shape (levels, levels, levels, days)
        The chance of being in care at a level (the third) so many days after leaving one for another.
    now : numpy.ndarray, shape (levels, levels)
        The chance of being in care today.

    Notes
    -----
    Those of an age are tomorrow where those a day older are today, so that one step a day does for all ages.
    """
    levels, ages = people.shape
    days = np.ascontiguousarray(after.transpose(3, 0, 1, 2))
    older, weights = np.minimum(np.arange(1, ages + 1), ages - 1), people[:, None]
    chances = np.broadcast_to(now[:, None], (levels, ages, levels))
    variance = np.empty((levels, len(days)))
    for day, then in enumerate(days):
        chances = leaving @ then + staying[..., None] * chances[:, older]
        variance[:, day] = (weights @ (chances * (1 - chances))).sum(axis=(0, 1))
    return variance


def _in_care(every: Parameters, records: Extract) -> tuple[Array, Array, Array]:
    """Return today's stays by age, with the chances to leave for a next level on the next day, and to stay."""
    levels, ages = every.hazards.shape[1], every.hazards.shape[-1]
    at = np.minimum(np.arange(1, ages + 1), ages - 1)
    leaving = every.hazards[0, :, :levels].swapaxes(1, 2)[:, at]
    return folded(records.in_care, ages), leaving, 1 - every.leaving[0][:, at]


def _between(every: Parameters, records: Extract) -> tuple[Array, Array, Array]:
    """Return discharges that may still become moves by days since, with the chances of a move on the next day, or not.

    Nobody moves after the window.
    """
    not_moved, to_come = every.not_moved[0], every.to_come[0].swapaxes(1, 2)
    left = not_moved[:, :-1]
    staying = np.divide(not_moved[:, 1:], left, out=np.zeros_like(left), where=left > 0)
    each = left[..., None]
    leaving = np.divide(to_come[:, 1:], each, out=np.zeros_like(to_come[:, 1:]), where=each > 0)
    over = ((0, 0), (0, 1))
    people = folded(records.between, not_moved.shape[-1])
    return people, np.pad(leaving, (*over, (0, 0))), np.pad(staying, over)
