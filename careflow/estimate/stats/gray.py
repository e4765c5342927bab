"""Gray's test that the cumulative incidence of an outcome is the same in several groups."""

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
    """The number at risk *n*, shape (groups, ..., days), and :math:`n/S(t-)`, the number with its losses added back."""

    at_risk: Array
    inflated: Array

    @classmethod
    def of(cls, every: Ints, at_risk: Ints) -> _Risk:
        return cls(at_risk.astype(float), _divide(at_risk, _before(kaplan_meier(every, at_risk), 1.0)))

    def expected(self, events: Ints) -> Array:
        """Return the expected events of each group under equal subdistribution hazards, shape (groups, ...)."""
        days = np.flatnonzero(events.any(axis=tuple(range(events.ndim - 1))))
        d, inflated = events[..., days], self.inflated[..., days]
        incidence = np.cumsum(_divide(d, inflated), axis=-1)
        risk_set = inflated * (1 - _before(incidence, 0.0))
        hazard = _divide(d.sum(axis=0), risk_set.sum(axis=0))
        return np.asarray((risk_set * hazard).sum(axis=-1))


def gray(arrays: GroupArrays, sets: Ints, cluster: Cluster) -> list[Score]:
    r"""Return, for each set of causes, observed and expected events by group and the covariance of their difference.

    Stays that ended by another cause remain in the weighted risk set, at the share that would still be observed:

    .. math::
        R_{kt} = n_{kt}\,\frac{1 - I_k(t-)}{S_k(t-)}, \qquad
        z_k = \sum_t d_{kt} - d_{\cdot t} \frac{R_{kt}}{R_{\cdot t}}

    Parameters
    ----------
    arrays : GroupArrays
    sets : numpy.ndarray of 0 and 1, shape (sets, causes)
        The causes of each outcome.
    cluster : {"person", None}
        ``"person"``: the covariance is the delete-a-group jackknife covariance of *z*; None: it is Gray's.

    References
    ----------
    Gray RJ (1988), Annals of Statistics 16:1141-1154; as R's ``cmprsk::cuminc``.
    """
    every = arrays.events.sum(axis=0)
    pooled, pooled_risk = every.sum(axis=1), arrays.at_risk.sum(axis=1)
    risk = _Risk.of(pooled, pooled_risk)
    present = arrays.entered.sum(axis=0) > 0
    if cluster is not None:
        others = _Risk.of(*(_without(array, present) for array in (every, arrays.at_risk)))
    scores = []
    for causes in sets:
        by_group = arrays.events[causes > 0].sum(axis=0)
        events = by_group.sum(axis=1)
        observed, expected = events.sum(axis=-1).astype(float), risk.expected(events)
        if cluster is None:
            variance = _covariance(events, pooled, pooled_risk)
        else:
            without = _without(by_group, present)
            variance = covariance_of_sums(observed - expected, without.sum(axis=-1) - others.expected(without))
        scores.append(Score(observed, expected, variance))
    return scores


def _without(array: Ints, present: npt.NDArray[np.bool_]) -> Ints:
    """Return the counts without each non-empty jackknife group, shape (groups, jackknife groups, days)."""
    return np.asarray((array.sum(axis=1, keepdims=True) - array)[:, present])


def _covariance(events: Ints, every: Ints, at_risk: Ints) -> Array:
    r"""Return Gray's covariance (his section 2), with the hypergeometric correction for ties.

    With :math:`h_k = n_k/S_k(t-)` and the pooled incidence :math:`I^0` of increments :math:`d_\cdot/h_\cdot`:

    .. math::
        a_{ik} = h_i(\delta_{ik} - h_k/h_\cdot), \quad
        c_{ik}(t) = \sum_{s \le t} a_{ik}\frac{dI^0(s)}{1 - I^0(s-)}, \quad
        b_k = \frac{1 - I^0(t)}{S_k(t)}

    .. math::
        V_{ij} = \sum_k \sum_t \left[a_{ik} + (1 - b_k)\bar c_{ik}\right]\left[a_{jk} + (1 - b_k)\bar c_{jk}\right]
        \frac{S_k(t-)}{n_k}\,dI^0 + b_k^2\,\bar c_{ik}\,\bar c_{jk}\,S_k(t-)^2\frac{d^*_k}{n_k^2}

    where :math:`\bar c(t) = c(\tau) - c(t)` and :math:`d^*` are the events of other causes.
    """
    event_days = every.sum(axis=0) > 0
    d, other, n = (array[:, event_days].astype(float) for array in (events, every - events, at_risk))
    after = kaplan_meier(every[:, event_days], n)
    before = _before(after, 1.0)
    h, d_pooled = _divide(n, before), d.sum(axis=0)
    h_pooled = h.sum(axis=0)
    step = _divide(d_pooled, h_pooled)
    pooled = np.cumsum(step)
    a = h[:, None] * (np.eye(len(n))[:, :, None] - _divide(h, h_pooled))
    c = np.cumsum(a * _divide(step, 1 - _before(pooled, 0.0)), axis=-1)
    c_bar = c[..., -1:] - c
    b = _divide(1 - pooled, after)
    weight = step * _divide(before, n) * _ties(d_pooled, h_pooled * before)
    other_weight = _divide(before, n) ** 2 * other * _ties(other, n) * (after > 0)
    return _product(a + (1 - b) * c_bar, weight) + _product(b * c_bar, other_weight)


def _product(values: Array, weight: Array) -> Array:
    """Return the sum over groups k and days t of ``weight[k, t] * values[i, k, t] * values[j, k, t]``."""
    return np.asarray((values * weight).reshape(len(values), -1) @ values.reshape(len(values), -1).T)


def _ties(events: Array, of: Array) -> Array:
    """Return the factor by which ties lower the variance: 1 - (d - 1)/(n - 1)."""
    tied = np.maximum(events - 1, 0)
    return np.asarray(1 - _divide(tied, np.broadcast_to(of - 1, np.broadcast_shapes(tied.shape, of.shape))))


def _divide(top: Array | Ints, bottom: Array | Ints) -> Array:
    """Return the quotient, 0 where the divisor is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(top, dtype=float), np.asarray(bottom, dtype=float))
    return np.asarray(np.divide(top, bottom, out=np.zeros(top.shape), where=bottom > 0))


def _before(curve: Array, start: float) -> Array:
    return np.concatenate([np.full_like(curve[..., :1], start), curve[..., :-1]], axis=-1)
