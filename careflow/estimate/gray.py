"""Gray's test between cumulative incidences: does one outcome become as common in several groups?"""

from __future__ import annotations

import numpy as np

from careflow.estimate.arms import Arms, Array, Score, spread_of
from careflow.estimate.asked import Cluster
from careflow.estimate.cells import Ints
from careflow.estimate.survival import incidence, kaplan_meier


def gray(seen: Arms, which: Ints, cluster: Cluster) -> Score:
    r"""Return observed and expected events of one cause (or sum of causes) by arm, and their covariance.

    Whoever ended another way stays in the risk set, in the share in which they would still be observed:

    .. math::
        R_{kt} = n_{kt}\,\frac{1 - I_k(t-)}{S_k(t-)}, \qquad
        z_k = \sum_t d_{kt} - d_{\cdot t} \frac{R_{kt}}{R_{\cdot t}}

    Parameters
    ----------
    seen : Arms
    which : numpy.ndarray of 0 and 1, shape (causes,)
        The causes that make up the outcome.
    cluster : {"person", None}
        With persons clustered the covariance is the delete-a-group jackknife of *z*, otherwise Gray's.

    References
    ----------
    Gray RJ (1988), Annals of Statistics 16:1141-1154; as R's ``cmprsk::cuminc``.
    """
    of_cause, every = np.tensordot(which, seen.events, axes=1), seen.events.sum(axis=0)
    whole = [array.sum(axis=1) for array in (of_cause, every, seen.at_risk)]
    observed, expected = _expected(*(array[:, None] for array in whole))
    if cluster is None:
        return Score(observed[:, 0], expected[:, 0], _covariance(*whole))
    present = seen.entered.sum(axis=0) > 0
    others = [
        (total[:, None] - part)[:, present] for total, part in zip(whole, (of_cause, every, seen.at_risk), strict=True)
    ]
    other_observed, other_expected = _expected(*others)
    z = (observed - expected)[:, 0]
    return Score(observed[:, 0], expected[:, 0], spread_of(z, other_observed - other_expected))


def _expected(events: Ints, every: Ints, at_risk: Ints) -> tuple[Array, Array]:
    """Return observed and expected events, shape (arms, ...), from arrays of shape (arms, ..., days)."""
    risen = incidence(np.stack([events, every - events]), at_risk)[0]
    weight = _divide(at_risk * (1 - _before(risen, 0.0)), _before(kaplan_meier(every, at_risk), 1.0))
    share = _divide(weight, weight.sum(axis=0))
    return events.sum(axis=-1).astype(float), np.asarray((share * events.sum(axis=0)).sum(axis=-1))


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
    a = h[:, None] * (np.eye(len(n))[:, :, None] - _divide(h, whole)) * (n > 0)
    c = np.cumsum(a * _divide(step, 1 - _before(pooled, 0.0)), axis=-1)
    to_come = c[..., -1:] - c
    b = _divide(1 - pooled, after)
    own = step * _divide(before, n) * _ties(rise, whole * before)
    rest = _divide(before, n) ** 2 * other * _ties(other, n) * (after > 0)
    of_own, of_rest = a + (1 - b) * to_come, b * to_come
    return np.asarray(
        np.einsum("ikt,jkt,kt->ij", of_own, of_own, own) + np.einsum("ikt,jkt,kt->ij", of_rest, of_rest, rest)
    )


def _ties(together: Array, of: Array) -> Array:
    """Return by how much the variance of several events at once is smaller."""
    several = np.maximum(together - 1, 0)
    return np.asarray(1 - _divide(several, np.broadcast_to(of - 1, np.broadcast_shapes(several.shape, of.shape))))


def _divide(top: Array | Ints, bottom: Array | Ints) -> Array:
    top, bottom = np.broadcast_arrays(np.asarray(top, dtype=float), np.asarray(bottom, dtype=float))
    return np.asarray(np.divide(top, bottom, out=np.zeros(top.shape), where=bottom > 0))


def _before(curve: Array, start: float) -> Array:
    return np.concatenate([np.full_like(curve[..., :1], start), curve[..., :-1]], axis=-1)
