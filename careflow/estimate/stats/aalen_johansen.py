"""The Aalen-Johansen estimator for reversible states: the product of one-day transition matrices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.event_tables import CENSORED, ENTERED, REACHED
from careflow.estimate.arrays.counting_process import StateCounts
from careflow.estimate.arrays.strata import Ints, add_floats, distinct
from careflow.estimate.stats.jackknife import ROUNDING
from careflow.estimate.stats.kaplan_meier import CANCELLED

Array = npt.NDArray[np.float64]

UNSEEN: Final = 0.01
"""Over this share of journeys in states in which nobody is followed, the shares of all states are unknown."""


@dataclass(frozen=True)
class StateProcess:
    """Counts of a multi-state process on the days 0 to ``days``, by jackknife group.

    Attributes
    ----------
    transitions : numpy.ndarray of int, shape (transitions, 2)
        The pairs of states (from, to) with at least one transition. Most pairs have none.
    start : numpy.ndarray, shape (groups, states)
        Number of persons in each state at the start of day 0.
    moves : numpy.ndarray, shape (days + 1, groups, transitions)
        Number of transitions of each pair on each day.
    censored : numpy.ndarray, shape (days + 1, groups, states)
        Number censored in each state on each day.
    """

    transitions: Ints
    start: Array
    moves: Array
    censored: Array

    @property
    def at_risk(self) -> Array:
        """The number at risk in each state on each day, shape (days + 1, groups, states).

        Whoever starts in a state is at risk from day 0; whoever enters it by a transition, from the next day.
        """
        change = self.moves @ _net(self.transitions, self.start.shape[-1]) - self.censored
        change[1:] = change[:-1]
        change[0] = self.start
        return np.cumsum(change, axis=0, out=change)

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which groups are not empty."""
        return np.asarray(self.start.sum(axis=-1) > 0)

    def pooled(self) -> StateProcess:
        """Return the process of all persons, as one group."""
        return replace(
            self,
            start=self.start.sum(axis=0, keepdims=True),
            moves=self.moves.sum(axis=1, keepdims=True),
            censored=self.censored.sum(axis=1, keepdims=True),
        )

    def without_each_group(self, pooled: StateProcess) -> StateProcess:
        """Return the :meth:`pooled` process without each group in turn."""
        return replace(
            self,
            start=pooled.start - self.start,
            moves=pooled.moves - self.moves,
            censored=pooled.censored - self.censored,
        )

    def occupied(self) -> Array:
        """Return the probability of each state on each day, by group, shape (days + 1, groups, states)."""
        return occupied(self.start, self.moves, self.at_risk, self.transitions)


def state_process(cell: StateCounts | pd.DataFrame, codes: tuple[int, ...], days: int) -> StateProcess:
    """Return the process up to ``days`` of the counts of a stratum (``jackknife_group, state, event, day, n``)."""
    state, event, day, n = (np.asarray(cell[name]) for name in ("state", "event", "day", "n"))
    groups, jackknife_group = distinct(np.asarray(cell["jackknife_group"]))
    size, n_groups = len(codes), len(groups)
    kind = _kinds(codes)[state * (REACHED + 1) + event]
    kept = kind < size * (size + 1)
    starts = kind >= size * (size + 1)
    start = add_floats(n[starts], jackknife_group[starts] * size + kind[starts] - size * (size + 1), (n_groups, size))
    if day.max(initial=0) > days:
        kept &= day <= days
    day, jackknife_group, n, kind = (values[kept] for values in (day, jackknife_group, n, kind))
    # Only pairs with a transition get a column, so that the arrays stay small. The censored of each state follow.
    pairs = np.flatnonzero(np.bincount(kind, minlength=size * size)[: size * size])
    column = np.zeros(size * (size + 1), dtype=np.int64)
    column[pairs], column[size * size :] = np.arange(len(pairs)), len(pairs) + np.arange(size)
    width = len(pairs) + size
    counts = add_floats(n, (day * n_groups + jackknife_group) * width + column[kind], (days + 1, n_groups, width))
    transitions = np.stack(np.divmod(pairs, size), axis=-1)
    return StateProcess(transitions, start, counts[..., : len(pairs)], counts[..., len(pairs) :])


def _kinds(codes: tuple[int, ...]) -> Ints:
    """Return the kind of each ``state * (REACHED + 1) + event``: each transition, censored in a state, start in it."""
    size = len(codes)
    kinds = np.zeros((REACHED + 1, REACHED + 1), dtype=np.int64)
    kinds[np.ix_(codes, codes)] = np.arange(size * size).reshape(size, size)
    kinds[codes, CENSORED] = size * size + np.arange(size)
    kinds[codes, ENTERED] = size * (size + 1) + np.arange(size)
    return kinds.ravel()


def _net(transitions: Ints, size: int) -> Array:
    """Return the change in the number in each state by one transition, shape (transitions, states)."""
    eye = np.eye(size)
    return np.asarray(eye[transitions[:, 1]] - eye[transitions[:, 0]])


def occupied(start: npt.ArrayLike, moves: Array, at_risk: Array, transitions: Ints) -> Array:
    r"""Return the probability of each state on each day, :math:`p(t) = p(t-1)(I + dA(t))`.

    Parameters
    ----------
    start : array_like, shape (..., states)
        Number of persons in each state at the start.
    moves : numpy.ndarray, shape (days, ..., transitions)
        Number of transitions of each pair on each day; 0 where nobody is at risk.
    at_risk : numpy.ndarray, shape (days, ..., states)
        Number at risk in each state.
    transitions : numpy.ndarray of int, shape (transitions, 2)
        The pairs of states (from, to).

    Returns
    -------
    numpy.ndarray, shape (days, ..., states)
        The probabilities of a day sum to 1.

    References
    ----------
    Aalen OO, Johansen S (1978), Scandinavian Journal of Statistics 5:141-150.
    """
    initial = np.asarray(start, dtype=float)
    p = initial / initial.sum(axis=-1, keepdims=True)
    probabilities = np.empty(at_risk.shape)
    origin, net = transitions[:, 0], _net(transitions, p.shape[-1])
    for day in range(len(moves)):
        per_person = p / np.maximum(at_risk[day], 1)
        p = p + (per_person.take(origin, axis=-1) * moves[day]) @ net
        probabilities[day] = p
    return probabilities


def states_known_to(occupied: Array, at_risk: Array) -> tuple[Array, float]:
    """Return the last day to which the share of each state is known, and the last one for the states together.

    On a day on which somebody should be in a state, but nobody there is followed, nothing is known of who leaves it:
    its share is unknown from that day on. The shares of other states lack whoever left it since. They are unknown, too,
    once more than :data:`UNSEEN` of all may be in such states. Infinite where the share is known on every day.

    Parameters
    ----------
    occupied : numpy.ndarray, shape (days, states)
        The share of each state that can be left, just before each day.
    at_risk : numpy.ndarray, shape (days, states)

    Examples
    --------
    Of the first state nobody is followed on day 2; half of all are then in it.

    >>> states_known_to(np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]]), np.array([[4, 0], [2, 2], [0, 2]]))
    (array([ 1., inf]), 1.0)
    """
    unseen = (occupied > ROUNDING) & (at_risk == 0)
    share = np.maximum.accumulate(np.where(unseen, occupied, 0.0), axis=0).sum(axis=1)
    first = np.where(unseen.any(axis=0), unseen.argmax(axis=0) - 1.0, np.inf)
    over = share > UNSEEN
    return first, float(over.argmax()) - 1 if over.any() else np.inf


def occupied_se(process: StateProcess, *, spent: bool = False) -> Array:
    r"""Return Greenwood-type standard errors of the state probabilities, or of the days spent in each state.

    The covariance follows :math:`V(t) = (I+dA)^\top V(t-1)(I+dA) + \sum_h p_h(t-1)^2 \Sigma_h(t)` with the
    multinomial covariance :math:`\Sigma_h` of the transitions from *h*, as in R's ``etm``. :math:`V` starts with the
    multinomial covariance of the states on day 0. The days spent are the running sum of *p*, the current day included,
    and follow the same recursion.

    Parameters
    ----------
    process : StateProcess
    spent : bool
        Whether the errors are those of the days spent.

    Returns
    -------
    numpy.ndarray, shape (days, states)
    """
    pooled = process.pooled()
    start, moves, risk = pooled.start[0], pooled.moves[:, 0], np.maximum(pooled.at_risk[:, 0], 1)
    size, total, origin = len(start), start.sum(), pooled.transitions[:, 0]
    net = _net(pooled.transitions, size)
    p = start / total
    before = np.concatenate([p[None], pooled.occupied()[:-1, 0]])
    increment = np.eye(size)[:, origin] * (moves / risk[:, origin])[:, None] @ net  # dA, a row for each origin
    step = np.eye(size) + increment
    # The recursion of the vector (p, days spent): each day adds p, with its error, to the days.
    both = np.zeros((len(moves), 2 * size, 2 * size))
    both[:, :size, :size] = both[:, :size, size:] = step
    both[:, size:, size:] = np.eye(size)
    noise = np.tile(net.T @ _multinomial(moves, risk[:, origin], before[:, origin], origin) @ net, (2, 2))
    variance = np.zeros((2 * size, 2 * size))
    variance[:size, :size] = (np.diag(p) - np.outer(p, p)) / total
    out = np.empty((len(moves), size))
    shown = slice(size, None) if spent else slice(None, size)
    for day in range(len(moves)):
        variance = both[day].T @ variance @ both[day] + noise[day]
        out[day] = variance.diagonal()[shown]
    # A variance at the rounding error of the largest so far is 0: the probability is then certain.
    largest = np.maximum.accumulate(np.abs(out).max(axis=1, keepdims=True))
    return np.sqrt(np.where(out > CANCELLED * largest, out, 0))


def _multinomial(moves: Array, risk: Array, p: Array, origin: Ints) -> Array:
    """Return the covariances of the transition shares of each day, weighted by the squared probability of the origin.

    The shape is (days, transitions, transitions).
    """
    same_origin = origin[:, None] == origin
    weight = p**2 / risk**3
    diagonal = np.eye(len(origin)) * (moves * risk * weight)[:, None]
    return np.asarray(diagonal - same_origin * (moves * weight)[:, None] * moves[..., None])
