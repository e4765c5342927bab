"""Aalen-Johansen over reversible states: a product of one-day transition matrices, from counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.event_tables import CENSORED, ENTERED, REACHED
from careflow.estimate.arrays.counting_process import StateCounts
from careflow.estimate.arrays.strata import Ints, add_floats, numbered
from careflow.estimate.stats.jackknife import ROUNDING
from careflow.estimate.stats.kaplan_meier import CANCELLED

Array = npt.NDArray[np.float64]

UNSEEN: Final = 0.01
"""Over this share of journeys in states in which nobody is followed, the shares of all states are unknown."""


@dataclass(frozen=True)
class StateProcess:
    """Counts of a process with several states, on the days 0 to ``days``.

    Attributes
    ----------
    transitions : numpy.ndarray of int, shape (transitions, 2)
        The pairs of states (from, to) between which anybody changed; most pairs are never taken.
    start : numpy.ndarray, shape (groups, states)
        How many begin in each state on day 0.
    moves : numpy.ndarray, shape (days + 1, groups, transitions)
        How many go each way on each day.
    lost : numpy.ndarray, shape (days + 1, groups, states)
        How many are censored in each state on each day.
    """

    transitions: Ints
    start: Array
    moves: Array
    lost: Array

    @property
    def at_risk(self) -> Array:
        """Who can change on each day, shape (days + 1, groups, states).

        Those who began on day 0 are at risk from day 0 on, and those who came by a change from the day after.
        """
        change = self.moves @ _net(self.transitions, self.start.shape[-1]) - self.lost
        change[1:] = change[:-1]
        change[0] = self.start
        return np.cumsum(change, axis=0, out=change)

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which groups hold anyone."""
        return np.asarray(self.start.sum(axis=-1) > 0)

    def together(self) -> StateProcess:
        """Return the process of everybody, as one group."""
        return replace(
            self,
            start=self.start.sum(axis=0, keepdims=True),
            moves=self.moves.sum(axis=1, keepdims=True),
            lost=self.lost.sum(axis=1, keepdims=True),
        )

    def without_each_group(self, every: StateProcess) -> StateProcess:
        """Return the processes of everybody, who are :meth:`together`, but each group."""
        return replace(
            self, start=every.start - self.start, moves=every.moves - self.moves, lost=every.lost - self.lost
        )

    def occupied(self) -> Array:
        """Return where the people of each group are on each day, shape (days + 1, groups, states)."""
        return occupied(self.start, self.moves, self.at_risk, self.transitions)


def state_process(cell: StateCounts | pd.DataFrame, codes: tuple[int, ...], days: int) -> StateProcess:
    """Make the process of a stratum (``jackknife_group, state, event, day, n``) up to ``days``."""
    state, event, day, n = (np.asarray(cell[name]) for name in ("state", "event", "day", "n"))
    groups, jackknife_group = numbered(np.asarray(cell["jackknife_group"]))
    size, each = len(codes), len(groups)
    kind = _kinds(codes)[state * (REACHED + 1) + event]
    kept = kind < size * (size + 1)
    begun = kind >= size * (size + 1)
    start = add_floats(n[begun], jackknife_group[begun] * size + kind[begun] - size * (size + 1), (each, size))
    if day.max(initial=0) > days:
        kept &= day <= days
    day, jackknife_group, n, kind = (column[kept] for column in (day, jackknife_group, n, kind))
    # Ways that anybody went, then who is lost in each state: few of all pairs, so that the arrays stay small.
    taken = np.flatnonzero(np.bincount(kind, minlength=size * size)[: size * size])
    slot = np.zeros(size * (size + 1), dtype=np.int64)
    slot[taken], slot[size * size :] = np.arange(len(taken)), len(taken) + np.arange(size)
    width = len(taken) + size
    counted = add_floats(n, (day * each + jackknife_group) * width + slot[kind], (days + 1, each, width))
    transitions = np.stack(np.divmod(taken, size), axis=-1)
    return StateProcess(transitions, start, counted[..., : len(taken)], counted[..., len(taken) :])


def _kinds(codes: tuple[int, ...]) -> Ints:
    """Number what is counted, by ``state * (REACHED + 1) + what``: each way, lost in a state, begun in a state."""
    size = len(codes)
    kinds = np.zeros((REACHED + 1, REACHED + 1), dtype=np.int64)
    kinds[np.ix_(codes, codes)] = np.arange(size * size).reshape(size, size)
    kinds[codes, CENSORED] = size * size + np.arange(size)
    kinds[codes, ENTERED] = size * (size + 1) + np.arange(size)
    return kinds.ravel()


def _net(transitions: Ints, size: int) -> Array:
    """Return what each way does to the number in each state: one fewer, one more; shape (transitions, states)."""
    eye = np.eye(size)
    return np.asarray(eye[transitions[:, 1]] - eye[transitions[:, 0]])


def occupied(start: npt.ArrayLike, moves: Array, at_risk: Array, transitions: Ints) -> Array:
    r"""Return where people are on each day, :math:`p(t) = p(t-1)(I + dA(t))`.

    Parameters
    ----------
    start : array_like, shape (..., states)
        How many begin in each state.
    moves : numpy.ndarray, shape (days, ..., transitions)
        How many go each way on each day.
    at_risk : numpy.ndarray, shape (days, ..., states)
        Who can change; nobody goes where nobody is.
    transitions : numpy.ndarray of int, shape (transitions, 2)
        From which state to which.

    Returns
    -------
    numpy.ndarray, shape (days, ..., states)
        On every day they sum to 1.

    References
    ----------
    Aalen OO, Johansen S (1978), Scandinavian Journal of Statistics 5:141-150.
    """
    begun = np.asarray(start, dtype=float)
    p = begun / begun.sum(axis=-1, keepdims=True)
    path = np.empty(at_risk.shape)
    origin, net = transitions[:, 0], _net(transitions, p.shape[-1])
    for day in range(len(moves)):
        each = p / np.maximum(at_risk[day], 1)
        p = p + (each.take(origin, axis=-1) * moves[day]) @ net
        path[day] = p
    return path


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
    r"""Return Greenwood-type standard errors of where people are, or of the days spent there so far.

    The covariance follows :math:`V(t) = (I+dA)^\top V(t-1)(I+dA) + \sum_h p_h(t-1)^2 \Sigma_h(t)` with the
    multinomial covariance :math:`\Sigma_h` of the changes from *h*, as R's ``etm`` does; it begins with the
    multinomial one of the states on day 0. Days spent are a running sum, with today in
    it, so they follow the same recursion.

    Returns
    -------
    numpy.ndarray, shape (days, states)
    """
    every = process.together()
    start, moves, risk = every.start[0], every.moves[:, 0], np.maximum(every.at_risk[:, 0], 1)
    size, total, origin = len(start), start.sum(), every.transitions[:, 0]
    net = _net(every.transitions, size)
    p = start / total
    before = np.concatenate([p[None], every.occupied()[:-1, 0]])
    # dA, row by row of its origin.
    change = np.eye(size)[:, origin] * (moves / risk[:, origin])[:, None] @ net
    step = np.eye(size) + change
    # The pair (where people are, days spent so far): today's place, with its noise, is added to the days.
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
    # What is certain has no variance: what cancels down to the rounding error of the largest so far is 0.
    largest = np.maximum.accumulate(np.abs(out).max(axis=1, keepdims=True))
    return np.sqrt(np.where(out > CANCELLED * largest, out, 0))


def _multinomial(moves: Array, risk: Array, p: Array, origin: Ints) -> Array:
    """Return the covariances of a day's shares that go each way, by the probability at their origin.

    The shape is (days, transitions, transitions).
    """
    same = origin[:, None] == origin
    weight = p**2 / risk**3
    own = np.eye(len(origin)) * (moves * risk * weight)[:, None]
    return np.asarray(own - same * (moves * weight)[:, None] * moves[..., None])
