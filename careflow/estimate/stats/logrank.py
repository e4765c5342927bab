"""The log-rank test that length of stay is the same in several groups."""

from __future__ import annotations

import numpy as np

from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.strata import Ints
from careflow.estimate.stats.group_scores import Array, GroupArrays, Score, covariance_of_sums


def log_rank(arrays: GroupArrays, cluster: Cluster) -> Score:
    r"""Return observed and expected events by group, and the covariance of their difference.

    .. math::
        E_k = \sum_t d_t \frac{n_{kt}}{n_t}, \qquad
        V_{kl} = \sum_t \frac{d_t (n_t - d_t)}{n_t - 1} \frac{n_{kt}}{n_t}\left(\delta_{kl} - \frac{n_{lt}}{n_t}\right)

    with the number at risk :math:`n` counted from the day of entry. With persons clustered the covariance is the
    delete-a-group jackknife covariance of :math:`O - E`.

    References
    ----------
    Mantel N (1966), Cancer Chemotherapy Reports 50:163-170; Peto R, Peto J (1972), JRSS A 135:185-207; as
    R's ``survival::survdiff``.
    """
    events = arrays.events.sum(axis=0)
    d, n = events.sum(axis=1), arrays.at_risk.sum(axis=1)
    observed, expected = _expected(d[:, None], n[:, None])
    if cluster is None:
        return Score(observed[:, 0], expected[:, 0], _hypergeometric(d.sum(axis=0), n))
    present = arrays.entered.sum(axis=0) > 0
    other_observed, other_expected = _expected(
        (d[:, None] - events)[:, present], (n[:, None] - arrays.at_risk)[:, present]
    )
    z = (observed - expected)[:, 0]
    return Score(observed[:, 0], expected[:, 0], covariance_of_sums(z, other_observed - other_expected))


def _expected(events: Ints, at_risk: Ints) -> tuple[Array, Array]:
    """Return observed and expected events, shape (groups, ...), from arrays of shape (groups, ..., days)."""
    d, n = events.sum(axis=0), at_risk.sum(axis=0).astype(float)
    hazard = np.divide(d, n, out=np.zeros(n.shape), where=n > 0)
    return events.sum(axis=-1).astype(float), np.asarray((at_risk * hazard).sum(axis=-1))


def _hypergeometric(events: Ints, at_risk: Ints) -> Array:
    """Return the hypergeometric covariance of the observed events, shape (groups, groups)."""
    n = at_risk.sum(axis=0).astype(float)
    kept = n > 1
    d, n, share = events[kept], n[kept], at_risk[:, kept] / n[kept]
    spread = d * (n - d) / (n - 1)
    return np.asarray(np.diag((share * spread).sum(axis=-1)) - (share * spread) @ share.T)
