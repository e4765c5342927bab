"""Expected stays in care by convolution: today's people go on, others arrive, and both move on."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from careflow.estimate.projection.extract import Extract
from careflow.estimate.projection.parameters import Parameters

Array = npt.NDArray[np.float64]

_CELLS: Final = 500_000
"""The replicates are taken in parts of so many cells, which stay in the processor's cache."""


class Flows(NamedTuple):
    """Expected stays by day: in care at the end of it, begun and ended on it; shape (replicates, levels, days)."""

    census: Array
    entered: Array
    left: Array


class Renewal(NamedTuple):
    """What follows an admission, by days since it.

    Attributes
    ----------
    in_care : numpy.ndarray, shape (replicates, levels, days)
        The chance that the stay goes on at the end of a day.
    next_stay : numpy.ndarray, shape (replicates, levels, levels, days)
        The chance that the next stay begins on a day.
    same_day : numpy.ndarray, shape (replicates, levels, levels)
        Stays at the first level of all that one admission to the second leads to on the same day, itself included.
    """

    in_care: Array
    next_stay: Array
    same_day: Array


def arrivals_of(parameters: Parameters, horizon: int) -> Array:
    """Return the expected arrivals from outside on each day, shape (replicates, levels, days)."""
    return parameters.arrivals[..., np.arange(horizon) % 7]


def renewal(parameters: Parameters, horizon: int) -> Renewal:
    """Return what follows an admission."""
    ages = np.minimum(np.arange(horizon), parameters.hazards.shape[-1] - 1)
    in_care = np.cumprod(1 - parameters.leaving[..., ages], axis=-1)
    before = np.concatenate([np.ones_like(in_care[..., :1]), in_care[..., :-1]], axis=-1)
    levels = in_care.shape[1]
    next_stay = np.empty((*in_care.shape[:2], levels, horizon))
    for level in range(levels):
        discharged = before[:, level, None] * parameters.hazards[:, level, :levels, ages].transpose(1, 2, 0)
        next_stay[:, level] = delayed(discharged, parameters.gaps[:, level])
    same_day = np.linalg.inv(np.eye(levels) - next_stay[..., 0].swapaxes(1, 2))
    return Renewal(np.asarray(in_care, dtype=float), next_stay, np.asarray(same_day, dtype=float))


def delayed(flow: Array, gaps: Array) -> Array:
    """Return admissions by next level and day (..., levels, days) from discharges by day and the days between."""
    reached = np.flatnonzero(flow.any(axis=(0, 2)))
    due = np.zeros(flow.shape)
    longest = min(gaps.shape[-1], flow.shape[-1])
    nothing = np.zeros((len(flow), len(reached), longest - 1))
    windows = sliding_window_view(np.concatenate([nothing, flow[:, reached]], axis=-1), longest, axis=-1)
    backwards = np.ascontiguousarray(gaps[..., reached, :longest][..., ::-1])
    due[:, reached] = np.einsum("...dg,...g->...d", windows, backwards)
    return due


def admissions(after: Renewal, first: Array) -> Array:
    """Return all admissions by day, from those that follow no admission after the cut-off."""
    replicates, levels, horizon = first.shape
    next_stay = np.ascontiguousarray(after.next_stay[..., 1:].transpose(0, 3, 1, 2)).reshape(
        len(after.next_stay), levels * (horizon - 1), levels
    )
    # The last day comes first, so that the days before one are together.
    entered = np.zeros((replicates, 1, horizon * levels))
    for day in range(horizon):
        before = entered[..., (horizon - day) * levels :]
        due = first[..., day] + (before @ next_stay[:, : day * levels])[:, 0]
        entered[:, 0, (horizon - day - 1) * levels : (horizon - day) * levels] = np.einsum(
            "rji,ri->rj", after.same_day, due
        )
    return entered.reshape(replicates, horizon, levels)[:, ::-1].swapaxes(1, 2)


def in_care_after(after: Renewal, entered: Array) -> Array:
    """Return stays in care at the end of each day, of those admitted after the cut-off."""
    return convolved(entered, after.in_care)


def convolved(flow: Array, response: Array) -> Array:
    """Return the sum over earlier days of a flow times the response so many days later (..., days)."""
    shape = np.broadcast_shapes(flow.shape, response.shape)
    total = np.zeros(shape)
    for days in range(shape[-1]):
        total[..., days:] += flow[..., : shape[-1] - days] * response[..., days, None]
    return total


def folded(in_care: Array, ages: int) -> Array:
    """Return stays by age with the last of so many ages for all later ones."""
    levels, longest = in_care.shape
    by_age = np.zeros((levels, ages))
    known = min(ages, longest)
    by_age[:, :known] = in_care[:, :known]
    by_age[:, -1] += in_care[:, ages:].sum(axis=-1)
    return by_age


def todays_stays(parameters: Parameters, in_care: Array, horizon: int) -> tuple[Array, Array]:
    """Return today's stays that go on (replicates, levels, days), and those that move on, by level left and reached."""
    replicates, levels = parameters.arrivals.shape[:2]
    going_on = np.empty((replicates, levels, horizon))
    moving = np.zeros((replicates, levels, levels, horizon))
    for level, ages in enumerate(parameters.ages):
        # Ages beyond the last one have its hazards, so that everybody can grow older by the horizon.
        at = np.minimum(np.arange(1, ages + horizon), ages - 1)
        reached = np.flatnonzero(parameters.hazards[0, level, :levels].any(axis=-1))
        staying = 1 - parameters.leaving[:, level, at]
        chances = np.concatenate([parameters.hazards[:, level][:, reached][..., at], staying[:, None]], axis=1)
        part = min(max(_CELLS // (horizon * len(at)), 1), replicates)
        remaining = np.zeros((part, horizon, len(at)))
        remaining[:, 0, :ages] = folded(in_care[[level]], ages)[0]
        for first in range(0, replicates, part):
            some = slice(first, min(first + part, replicates))
            before = remaining[: some.stop - first]
            _grow_older(before, staying[some], ages)
            by_day = before @ chances[some].swapaxes(1, 2)
            moving[some, level, reached] = by_day[..., :-1].swapaxes(1, 2)
            going_on[some, level] = by_day[..., -1]
    return going_on, moving


def _grow_older(remaining: Array, staying: Array, ages: int) -> None:
    """Fill in the stays left before each day (replicates, days, ages), from those of the first day."""
    for day in range(1, remaining.shape[1]):
        before = slice(day - 1, day - 1 + ages)
        np.multiply(remaining[:, day - 1, before], staying[:, before], out=remaining[:, day, day : day + ages])


def todays_discharges(parameters: Parameters, between: Array, horizon: int) -> Array:
    """Return the admissions by day of those discharged within the window and not yet admitted again."""
    levels, window = between.shape
    due = np.zeros((len(parameters.hazards), levels, horizon))
    left = parameters.not_moved[..., :window]
    weights = np.divide(between, left, out=np.zeros_like(left), where=left > 0)
    for day in range(1, min(horizon, parameters.to_come.shape[-1] - 1) + 1):
        later = parameters.to_come[..., day:]
        due[..., day - 1] = np.einsum("riv,rijv->rj", weights[..., : later.shape[-1]], later[..., :window])
    return due


def forward(parameters: Parameters, records: Extract, horizon: int) -> Flows:
    """Return the expected stays in care, begun and ended, on each day of the horizon.

    A discharge happens on a day of the stay's age; the next stay begins so many days later, on that day if none. All
    of today's people and of those who arrive are followed from level to level.
    """
    after = renewal(parameters, horizon)
    going_on, moving = todays_stays(parameters, records.in_care, horizon)
    first = arrivals_of(parameters, horizon) + todays_discharges(parameters, records.between, horizon)
    for level in range(moving.shape[1]):
        first += delayed(moving[:, level], parameters.gaps[:, level])
    entered = admissions(after, first)
    census = going_on + in_care_after(after, entered)
    today = np.broadcast_to(records.in_care.sum(axis=-1)[:, None], (*census.shape[:2], 1))
    left = entered - np.diff(np.concatenate([today, census], axis=-1), axis=-1)
    return Flows(census, entered, left)
