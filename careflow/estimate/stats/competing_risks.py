"""Cumulative incidence of competing causes, with intervals, on any clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from careflow.counts.definition import GROUPS
from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.counting_process import CountingProcess
from careflow.estimate.stats.intervals import log_log, quantile_of
from careflow.estimate.stats.jackknife import clustered_se
from careflow.estimate.stats.kaplan_meier import (
    before,
    greenwood,
    incidence,
    incidence_se,
    kaplan_meier,
    without_each_group,
)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Incidences:
    """Curves of one cell: a row for each set of causes, and a last row for nothing having happened yet.

    ``n`` is how many events there were by each day (last row: how many are still at risk after it), ``of`` how many
    ever entered.
    """

    days: npt.NDArray[np.int64]
    at_risk: npt.NDArray[np.int64]
    n: Array
    rate: Array
    se: Array
    low: Array
    high: Array
    of: int

    def at(self, day: int) -> dict[str, Array]:
        """Return the value of each curve on a day, carried forward from the last day on which anything happened.

        Somebody enters on day 0, so that there is such a day.
        """
        last = int(np.searchsorted(self.days, day, side="right")) - 1
        curves = {name: getattr(self, name)[:, last] for name in ("n", "rate", "se", "low", "high")}
        return curves | {"of": np.full(len(self.n), float(self.of))}


def incidences(seen: CountingProcess, sets: npt.NDArray[np.int64], cluster: Cluster, confidence: float) -> Incidences:
    """Estimate the cumulative incidence of sets of causes.

    Parameters
    ----------
    seen : CountingProcess
    sets : numpy.ndarray of 0 and 1, shape (sets, causes)
        Which causes make up each set; sets may overlap.
    cluster, level
        As everywhere.
    """
    events, at_risk = seen.by_cause, seen.at_risk.sum(axis=0)
    every = events.sum(axis=0)
    risen, left = sets @ incidence(events, at_risk), kaplan_meier(every, at_risk)
    if cluster is None:
        groups = None
        se = incidence_se(sets @ events, at_risk, every)
        left_se = greenwood(every, at_risk)
    else:
        se, left_se, groups = _clustered(seen, sets, risen, left)
    z = quantile_of(confidence, groups)
    low, high = log_log(risen, se, z)
    left_low, left_high = log_log(left, left_se, z)
    gone = every + seen.censored.sum(axis=0)
    return Incidences(
        days=seen.days,
        at_risk=at_risk.astype(np.int64),
        n=np.vstack([sets @ np.cumsum(events, axis=-1), at_risk - gone]),
        rate=np.vstack([risen, left]),
        se=np.vstack([se, left_se]),
        low=np.vstack([low, left_low]),
        high=np.vstack([high, left_high]),
        of=int(seen.entered.sum()),
    )


def _clustered(
    seen: CountingProcess, sets: npt.NDArray[np.int64], risen: Array, left: Array
) -> tuple[Array, Array, int]:
    """Return the jackknife standard errors of the incidence of each set and of what is left, and the groups."""
    every, at_risk = seen.every, seen.at_risk.sum(axis=0) - seen.at_risk
    remain = kaplan_meier(every.sum(axis=0) - every, at_risk)
    left_se, groups = clustered_se(left, remain, seen.present)
    se = np.zeros(risen.shape)
    if groups < 2:
        return np.full(risen.shape, np.nan), left_se, groups
    weight = before(remain) / np.maximum(at_risk, 1)
    total, occur, days = sets @ seen.by_cause, seen.by_cause.any(axis=1), np.arange(len(seen.days))
    known: dict[tuple[int, ...], Array] = {}
    for i in np.flatnonzero(total.any(axis=1)):
        # Sets that differ in causes of which there is no event have one curve.
        causes = tuple(np.flatnonzero(sets[i] * occur).tolist())
        if causes in known:
            se[i] = known[causes]
            continue
        # A curve rises on the days of its own events, with any group or without: on the others its error stays.
        rises = np.flatnonzero(total[i])
        own = sum(seen.events[cause][:, rises] for cause in causes)
        without = np.cumsum((total[i, rises] - own) * weight[:, rises], axis=-1)
        on_rise, _ = clustered_se(risen[i, rises], without, seen.present)
        known[causes] = se[i] = np.concatenate([[0.0], on_rise])[np.searchsorted(rises, days, side="right")]
    return se, left_se, groups


def without_at(seen: CountingProcess, sets: npt.NDArray[np.int64], day: int) -> tuple[Array, Array]:
    """Return each curve on a day without each jackknife group, in the order of :class:`Incidences`.

    Returns
    -------
    without, present : numpy.ndarray, shape (sets + 1, all groups)
        Missing, and 0, where a group holds nobody of the cell.
    """
    events, at_risk = without_each_group(seen)
    until = int(np.searchsorted(seen.days, day, side="right"))
    without, present = np.full((len(sets) + 1, GROUPS), np.nan), np.zeros((len(sets) + 1, GROUPS))
    present[:, seen.groups[seen.present]] = 1.0
    risen = incidence(events[..., :until], at_risk[..., :until])[..., -1]
    left = kaplan_meier(events[..., :until].sum(axis=0), at_risk[..., :until])[..., -1]
    without[:, seen.groups] = np.vstack([sets @ risen, left])
    return without, present
