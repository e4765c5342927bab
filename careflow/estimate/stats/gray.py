"""Gray's test between cumulative incidences: does one outcome become as common in several groups?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.strata import Ints
from careflow.estimate.stats.group_scores import Array, GroupArrays, Score, covariance_of_sums
from careflow.estimate.stats.kaplan_meier import kaplan_meier


@dataclass(frozen=True)
class _Risk:
    """Who is at risk, shape (groups, ..., days), and what they stand for: ``among`` is :math:`n/S(t-)`."""

    at_risk: Array
    among: Array

    @classmethod
    def of(cls, every: Ints, at_risk: Ints) -> _Risk:
        return cls(at_risk.astype(float), _divide(at_risk, _before(kaplan_meier(every, at_risk), 1.0)))

    def expected(self, events: Ints) -> Array:
        """Return the events expected in each group, shape (groups, ...), if the risk were the same in all."""
        days = np.flatnonzero(events.any(axis=tuple(range(events.ndim - 1))))
        d, among = events[..., days], self.among[..., days]
        risen = np.cumsum(_divide(d, among), axis=-1)
        weight = among * (1 - _before(risen, 0.0))
        share = _divide(d.sum(axis=0), weight.sum(axis=0))
        return np.asarray((weight * share).sum(axis=-1))


def gray(seen: GroupArrays, sets: Ints, cluster: Cluster) -> list[Score]:
    r"""Return, for each set of causes, observed and expected events by group and the covariance of their difference.

    Whoever ended another way stays in the risk set, in the share in which they would still be observed:

    .. math::
        R_{kt} = n_{kt}\,\frac{1 - I_k(t-)}{S_k(t-)}, \qquad
        z_k = \sum_t d_{kt} - d_{\cdot t} \frac{R_{kt}}{R_{\cdot t}}

    Parameters
    ----------
    seen : GroupArrays
    sets : numpy.ndarray of 0 and 1, shape (sets, causes)
        Which causes make up each outcome.
    cluster : {"person", None}
        With persons clustered the covariance is the delete-a-group jackknife of *z*, otherwise Gray's.

    References
    ----------
    Gray RJ (1988), Annals of Statistics 16:1141-1154; as R's ``cmprsk::cuminc``.
    """
    every = seen.events.sum(axis=0)
    whole, whole_risk = every.sum(axis=1), seen.at_risk.sum(axis=1)
    risk = _Risk.of(whole, whole_risk)
    present = seen.entered.sum(axis=0) > 0
    if cluster is not None:
        others = _Risk.of(*(_without(array, present) for array in (every, seen.at_risk)))
    scores = []
    for which in sets:
        by_group = seen.events[which > 0].sum(axis=0)
        events = by_group.sum(axis=1)
        observed, expected = events.sum(axis=-1).astype(float), risk.expected(events)
        if cluster is None:
            variance = _covariance(events, whole, whole_risk)
        else:
            left = _without(by_group, present)
            variance = covariance_of_sums(observed - expected, left.sum(axis=-1) - others.expected(left))
        scores.append(Score(observed, expected, variance))
    return scores


def _without(array: Ints, present: npt.NDArray[np.bool_]) -> Ints:
    """Return counts of everybody but each group that holds anyone, shape (groups, groups, days)."""
    return np.asarray((array.sum(axis=1, keepdims=True) - array)[:, present])


def _covariance(events: Ints, every: Ints, at_risk: Ints) -> Array:
    r"""Return Gray's covariance (his section 2), with the ties of a day drawn without replacement.

    With :math:`h_k = n_k/S_k(t-)` and the pooled incidence :math:`I^0` of increments :math:`d_\cdot/h_\cdot`:

    .. math::
        a_{ik} = h_i(\delta_{ik} - h_k/h_\cdot), \quad
        c_{ik}(t) = \sum_{s \le t} a_{ik}\frac{dI^0(s)}{1 - I^0(s-)}, \quad
        b_k = \frac{1 - I^0(t)}{S_k(t)}

    .. math::
        V_{ij} = \sum_k \sum_t \left[a_{ik} + (1 - b_k)\bar c_{ik}\right]\left[a_{jk} + (1 - b_k)\bar c_{jk}\right]
        \frac{S_k(t-)}{n_k}\,dI^0 + b_k^2\,\bar c_{ik}\,\bar c_{jk}\,S_k(t-)^2\frac{d^*_k}{n_k^2}

    where :math:`\bar c(t) = c(\tau) - c(t)` and :math:`d^*` are the ends of other kinds.
    """
    some = every.sum(axis=0) > 0
    d, other, n = (array[:, some].astype(float) for array in (events, every - events, at_risk))
    after = kaplan_meier(every[:, some], n)
    before = _before(after, 1.0)
    h, rise = _divide(n, before), d.sum(axis=0)
    whole = h.sum(axis=0)
    step = _divide(rise, whole)
    pooled = np.cumsum(step)
    a = h[:, None] * (np.eye(len(n))[:, :, None] - _divide(h, whole))
    c = np.cumsum(a * _divide(step, 1 - _before(pooled, 0.0)), axis=-1)
    to_come = c[..., -1:] - c
    b = _divide(1 - pooled, after)
    own = step * _divide(before, n) * _ties(rise, whole * before)
    rest = _divide(before, n) ** 2 * other * _ties(other, n) * (after > 0)
    of_own, of_rest = a + (1 - b) * to_come, b * to_come
    return _product(of_own, own) + _product(of_rest, rest)


def _product(values: Array, weight: Array) -> Array:
    """Return the sum over groups k and days t of ``weight[k, t] * values[i, k, t] * values[j, k, t]``."""
    return np.asarray((values * weight).reshape(len(values), -1) @ values.reshape(len(values), -1).T)


def _ties(together: Array, of: Array) -> Array:
    """Return by how much the variance of several events at once is smaller."""
    several = np.maximum(together - 1, 0)
    return np.asarray(1 - _divide(several, np.broadcast_to(of - 1, np.broadcast_shapes(several.shape, of.shape))))


def _divide(top: Array | Ints, bottom: Array | Ints) -> Array:
    top, bottom = np.broadcast_arrays(np.asarray(top, dtype=float), np.asarray(bottom, dtype=float))
    return np.asarray(np.divide(top, bottom, out=np.zeros(top.shape), where=bottom > 0))


def _before(curve: Array, start: float) -> Array:
    return np.concatenate([np.full_like(curve[..., :1], start), curve[..., :-1]], axis=-1)
