"""Kaplan-Meier and Aalen-Johansen estimates from counts, exact at ties and under late entry.

Every function works on the last axis (days) and on any axes before it, so that one call gives the curves without each
jackknife group.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from careflow.estimate.arrays.counting_process import CountingProcess
from careflow.estimate.stats.jackknife import ROUNDING

Array = npt.NDArray[np.float64]

CANCELLED: Final = 1e-14
"""A difference of sums is rounding error if it is smaller than this, relative to the sums."""


def kaplan_meier(events: npt.ArrayLike, at_risk: npt.ArrayLike) -> Array:
    r"""Return the survival curve :math:`S(t) = \prod_{s \le t} (1 - d_s / n_s)`.

    References
    ----------
    Kaplan EL, Meier P (1958), JASA 53:457-481.

    Examples
    --------
    >>> kaplan_meier([1, 0, 2], [4, 3, 2]).tolist()
    [0.75, 0.75, 0.0]
    """
    return np.asarray(np.cumprod(1 - _hazard(events, at_risk), axis=-1))


def greenwood(events: npt.ArrayLike, at_risk: npt.ArrayLike) -> Array:
    r"""Return Greenwood's standard error of the survival curve, :math:`S\sqrt{\sum d/(n(n-d))}`; 0 where S is 0.

    References
    ----------
    Greenwood M (1926), The natural duration of cancer, Reports on Public Health 33.
    """
    return kaplan_meier(events, at_risk) * np.sqrt(np.cumsum(_greenwood_terms(events, at_risk), axis=-1))


def incidence(events: npt.ArrayLike, at_risk: npt.ArrayLike) -> Array:
    r"""Return the Aalen-Johansen cumulative incidence of each cause, :math:`I_k(t) = \sum_{s \le t} S(s-) d_{ks}/n_s`.

    Parameters
    ----------
    events : array_like, shape (causes, ..., days)
    at_risk : array_like, shape (..., days)

    Returns
    -------
    numpy.ndarray, shape (causes, ..., days)
        The incidences and the survival curve of all causes sum to 1 on every day.

    References
    ----------
    Aalen OO, Johansen S (1978), Scandinavian Journal of Statistics 5:141-150.
    """
    by_cause = np.asarray(events)
    earlier = before(kaplan_meier(by_cause.sum(axis=0), at_risk))
    return np.asarray(np.cumsum(earlier * _hazard(by_cause, at_risk), axis=-1))


def incidence_se(events: npt.ArrayLike, at_risk: npt.ArrayLike, every: npt.ArrayLike | None = None) -> Array:
    r"""Return the multinomial Greenwood standard error of each cumulative incidence, as R's ``etm`` does.

    .. math::
        \sum_{s \le t} \frac{(I_k(t)-I_k(s))^2 d_s}{n_s(n_s-d_s)} + \frac{S(s-)^2 d_{ks}(n_s-d_{ks})}{n_s^3}
        - \frac{2 (I_k(t)-I_k(s)) S(s-) d_{ks}}{n_s^2}

    Parameters
    ----------
    events : array_like, shape (causes, days)
    at_risk : array_like, shape (days,)
    every : array_like, shape (days,), optional
        Events of all causes; by default the sum over ``events``.

    References
    ----------
    Marubini E, Valsecchi MG (1995), Analysing Survival Data from Clinical Trials and Observational Studies, 10.2.
    """
    by_cause, n = np.asarray(events, dtype=float), np.asarray(at_risk, dtype=float)
    all_causes = by_cause.sum(axis=0) if every is None else np.asarray(every, dtype=float)
    earlier = before(kaplan_meier(all_causes, n))
    curve = np.cumsum(earlier * _hazard(by_cause, n), axis=-1)
    square = _greenwood_terms(all_causes, n)
    cross = earlier * _ratio(by_cause, n**2)
    own = earlier**2 * _ratio(by_cause * (n - by_cause), n**3)

    def total(values: Array) -> Array:
        return np.asarray(np.cumsum(values, axis=-1))

    variance = (
        curve**2 * total(square)
        - 2 * curve * total(curve * square + cross)
        + total(curve**2 * square + 2 * curve * cross + own)
    )
    # Where an incidence is certain the sums cancel up to rounding error.
    return np.sqrt(np.where(variance > CANCELLED * (curve**2 * total(square) + total(own)), variance, 0))


def quantile(days: npt.ArrayLike, survival: npt.ArrayLike, share: float) -> Array:
    """Return the first day on which the survival is at most ``1 - share``; missing if no day is.

    Examples
    --------
    >>> float(quantile([3, 8, 9], [0.75, 0.5, 0.25], 0.5))
    8.0
    """
    curve = np.asarray(survival, dtype=float)
    reached = np.where(np.isnan(curve), np.inf, curve) <= 1 - share + ROUNDING
    first = np.argmax(reached, axis=-1)
    return np.where(reached.any(axis=-1), np.asarray(days, dtype=float)[first], np.nan)


def restricted_mean(days: npt.NDArray[np.int64], survival: Array, horizon: int) -> Array:
    """Return the restricted mean, the sum of S(t) over the days 0 to ``horizon - 1``.

    Examples
    --------
    >>> float(restricted_mean(np.array([1, 3]), np.array([0.5, 0.0]), 365))
    2.0
    """
    lengths = _lengths(days, horizon)
    return np.asarray(np.einsum("...d,d->...", survival, lengths[1:]) + lengths[0])


def restricted_mean_se(days: npt.NDArray[np.int64], process: CountingProcess, horizon: int) -> Array:
    r"""Return the Greenwood-type standard error of the restricted mean.

    .. math:: \sqrt{\sum_s A_s^2\, d_s / (n_s (n_s - d_s))}

    with :math:`A_s` the area under the curve from *s* to the horizon.
    """
    events, at_risk = process.every.sum(axis=0), process.at_risk.sum(axis=0)
    area = kaplan_meier(events, at_risk) * _lengths(days, horizon)[1:]
    after = np.cumsum(area[::-1])[::-1]
    return np.asarray(np.sqrt((after**2 * _greenwood_terms(events, at_risk)).sum()))


def without_each_group(process: CountingProcess) -> tuple[Array, Array]:
    """Return the events (causes, groups, days) and the numbers at risk (groups, days) without each jackknife group."""
    events, at_risk = process.events, process.at_risk
    return events.sum(axis=1, keepdims=True) - events, at_risk.sum(axis=0, keepdims=True) - at_risk


def _hazard(events: npt.ArrayLike, at_risk: npt.ArrayLike) -> Array:
    # Where nobody is at risk there are no events, and 0 / 1 is the right 0.
    return np.asarray(np.asarray(events) / np.maximum(at_risk, 1))


def _ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Array:
    top, bottom = np.broadcast_arrays(np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float))
    return np.asarray(np.divide(top, bottom, out=np.zeros(top.shape), where=bottom > 0))


def _greenwood_terms(events: npt.ArrayLike, at_risk: npt.ArrayLike) -> Array:
    d, n = np.asarray(events, dtype=float), np.asarray(at_risk, dtype=float)
    return _ratio(d, n * (n - d))


def before(curve: Array) -> Array:
    """Return the value of a curve just before each day, shape (..., days)."""
    return np.concatenate([np.ones_like(curve[..., :1]), curve[..., :-1]], axis=-1)


def _lengths(days: npt.NDArray[np.int64], horizon: int) -> Array:
    """Return the number of days before the horizon with each value of the curve, the initial value 1 first."""
    edges = np.minimum(np.concatenate([[0], days, [horizon]]), horizon)
    edges[-1] = horizon
    return np.asarray(np.diff(edges), dtype=float)
