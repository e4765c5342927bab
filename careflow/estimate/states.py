"""Aalen-Johansen over reversible states: a product of one-day transition matrices, from counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.clocks import CENSORED, ENTERED
from careflow.estimate.cells import Ints, add_up

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class States:
    """Counts of a process with several states, on the days 0 to ``days``.

    Attributes
    ----------
    start : numpy.ndarray of int, shape (groups, states)
        How many begin in each state on day 0.
    moves : numpy.ndarray of int, shape (groups, days + 1, states, states)
        How many change from one state (axis 2) to another (axis 3) on each day.
    lost : numpy.ndarray of int, shape (groups, days + 1, states)
        How many are censored in each state on each day.
    """

    start: Ints
    moves: Ints
    lost: Ints

    @property
    def at_risk(self) -> Ints:
        """Who can change on each day, shape (groups, days + 1, states).

        Those who began on day 0 are at risk from day 0 on, and those who came by a change from the day after.
        """
        came = np.cumsum(self.moves.sum(axis=2), axis=1)
        gone = np.cumsum(self.moves.sum(axis=3) + self.lost, axis=1)
        before = np.zeros_like(came)
        before[:, 1:] = (came - gone)[:, :-1]
        return np.asarray(self.start[:, None] + before)

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which groups hold anyone."""
        return np.asarray(self.start.sum(axis=-1) > 0)


def states(table: pd.DataFrame, codes: tuple[int, ...], days: int) -> States:
    """Make the process of one stratum (columns ``grp, state, what, day, n``); what happens after ``days`` is cut."""
    order = np.argsort(codes)
    sorted_codes = np.array(codes)[order]
    columns = {name: table[name].to_numpy() for name in ("grp", "state", "what", "day", "n")}
    groups, grp = np.unique(columns["grp"], return_inverse=True)
    state, what, day, n = (columns[name] for name in ("state", "what", "day", "n"))
    origin = order[np.searchsorted(sorted_codes, state)]
    begun, censored = what == ENTERED, (what == CENSORED) & (day <= days)
    moved = ~begun & (what != CENSORED) & (day <= days)
    target = order[np.searchsorted(sorted_codes, what[moved])]
    size, each = len(codes), len(groups)
    return States(
        start=add_up(n[begun], (grp[begun], each), (origin[begun], size)),
        moves=add_up(n[moved], (grp[moved], each), (day[moved], days + 1), (origin[moved], size), (target, size)),
        lost=add_up(n[censored], (grp[censored], each), (day[censored], days + 1), (origin[censored], size)),
    )


def hazards(moves: npt.ArrayLike, at_risk: npt.ArrayLike) -> Array:
    """Return the matrices of one-day changes, each row summing to 0; shape (..., states, states)."""
    n, risk = np.asarray(moves, dtype=float), np.asarray(at_risk, dtype=float)[..., None]
    change: Array = np.divide(n, risk, out=np.zeros(n.shape), where=risk > 0)
    size = n.shape[-1]
    change[..., np.arange(size), np.arange(size)] = -change.sum(axis=-1)
    return change


def occupied(start: npt.ArrayLike, change: Array) -> Array:
    r"""Return where people are on each day, :math:`p(t) = p(t-1)(I + dA(t))`.

    Parameters
    ----------
    start : array_like, shape (..., states)
        How many begin in each state.
    change : numpy.ndarray, shape (..., days, states, states)

    Returns
    -------
    numpy.ndarray, shape (..., days, states)
        On every day they sum to 1.

    References
    ----------
    Aalen OO, Johansen S (1978), Scandinavian Journal of Statistics 5:141-150.
    """
    begun = np.asarray(start, dtype=float)
    p = begun / begun.sum(axis=-1, keepdims=True)
    path = np.empty((*change.shape[:-2], change.shape[-1]))
    for day in range(change.shape[-3]):
        p = p + np.einsum("...h,...hj->...j", p, change[..., day, :, :])
        path[..., day, :] = p
    return path


def occupied_se(process: States, *, spent: bool = False) -> Array:
    r"""Return Greenwood-type standard errors of where people are, or of the days spent there so far.

    The covariance follows :math:`V(t) = (I+dA)^\top V(t-1)(I+dA) + \sum_h p_h(t-1)^2 \Sigma_h(t)` with the
    multinomial covariance :math:`\Sigma_h` of the changes from *h*, as R's ``etm`` does; it begins with the
    multinomial one of the states on day 0. Days spent are a running sum, with today in
    it, so they follow the same recursion.

    Returns
    -------
    numpy.ndarray, shape (days, states)
    """
    start, moves, risk = process.start.sum(axis=0), process.moves.sum(axis=0), process.at_risk.sum(axis=0)
    change, size, total = hazards(moves, risk), len(start), start.sum()
    p = start / total
    eye, zero = np.eye(size), np.zeros((size, size))
    variance = np.zeros((2 * size, 2 * size))
    variance[:size, :size] = (np.diag(p) - np.outer(p, p)) / total
    out = np.empty((len(moves), size))
    for day in range(len(moves)):
        step = eye + change[day]
        # The pair (where people are, days spent so far): today's place, with its noise, is added to the days.
        both = np.block([[step, step], [zero, eye]])
        moved = np.flatnonzero(moves[day].sum(axis=1))
        noise = sum((p[h] ** 2 * _multinomial(moves[day, h], int(risk[day, h]), int(h)) for h in moved), zero)
        variance = both.T @ variance @ both + np.tile(noise, (2, 2))
        p = p @ step
        diagonal = np.diag(variance)
        out[day] = np.sqrt(np.maximum(diagonal[size:] if spent else diagonal[:size], 0))
    return out


def _multinomial(moves: Ints, risk: int, origin: int) -> Array:
    """Return the covariance of one row of the day's matrix."""
    d = moves.astype(float)
    covariance = (np.diag(d) * risk - np.outer(d, d)) / float(risk) ** 3
    stay = covariance.sum(axis=0)
    covariance[origin, :], covariance[:, origin] = -stay, -stay
    covariance[origin, origin] = stay.sum()
    return covariance
