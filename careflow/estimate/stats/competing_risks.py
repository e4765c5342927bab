"""Cumulative incidence of competing causes, with confidence intervals."""

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
    """Curves of one cell: a row for each set of causes, and a last row for the survival curve.

    ``n`` is the cumulative number of events (last row: the number still at risk after the day). ``of`` is the number
    that ever entered the risk set.
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
        """Return the value of each curve on a day: that of the last day with an entry, event or censoring.

        There is such a day, since day 0 has an entry.
        """
        last = int(np.searchsorted(self.days, day, side="right")) - 1
        curves = {name: getattr(self, name)[:, last] for name in ("n", "rate", "se", "low", "high")}
        return curves | {"of": np.full(len(self.n), float(self.of))}


def incidences(
    process: CountingProcess, sets: npt.NDArray[np.int64], cluster: Cluster, confidence: float
) -> Incidences:
    """Estimate the cumulative incidence of sets of causes.

    Parameters
    ----------
    process : CountingProcess
        The counts of one state of one stratum.
    sets : numpy.ndarray of 0 and 1, shape (sets, causes)
        The causes of each set; sets may overlap.
    cluster : {"person", None}
        Whether the variance is the delete-a-group jackknife or the multinomial Greenwood variance.
    confidence : float
        Coverage of the intervals.
    """
    events, at_risk = process.by_cause, process.at_risk.sum(axis=0)
    every = events.sum(axis=0)
    incidence_of_sets, survival = sets @ incidence(events, at_risk), kaplan_meier(every, at_risk)
    if cluster is None:
        groups = None
        se = incidence_se(sets @ events, at_risk, every)
        survival_se = greenwood(every, at_risk)
    else:
        se, survival_se, groups = _clustered(process, sets, incidence_of_sets, survival)
    z = quantile_of(confidence, groups)
    low, high = log_log(incidence_of_sets, se, z)
    survival_low, survival_high = log_log(survival, survival_se, z)
    ended = every + process.censored.sum(axis=0)
    return Incidences(
        days=process.days,
        at_risk=at_risk.astype(np.int64),
        n=np.vstack([sets @ np.cumsum(events, axis=-1), at_risk - ended]),
        rate=np.vstack([incidence_of_sets, survival]),
        se=np.vstack([se, survival_se]),
        low=np.vstack([low, survival_low]),
        high=np.vstack([high, survival_high]),
        of=int(process.entered.sum()),
    )


def _clustered(
    process: CountingProcess, sets: npt.NDArray[np.int64], incidence_of_sets: Array, survival: Array
) -> tuple[Array, Array, int]:
    """Return the jackknife standard errors of the incidences and of the survival curve, and the number of groups."""
    every, at_risk = process.every, process.at_risk.sum(axis=0) - process.at_risk
    survival_without = kaplan_meier(every.sum(axis=0) - every, at_risk)
    survival_se, groups = clustered_se(survival, survival_without, process.present)
    se = np.zeros(incidence_of_sets.shape)
    if groups < 2:
        return np.full(incidence_of_sets.shape, np.nan), survival_se, groups
    weight = before(survival_without) / np.maximum(at_risk, 1)
    total, has_events, days = sets @ process.by_cause, process.by_cause.any(axis=1), np.arange(len(process.days))
    errors: dict[tuple[int, ...], Array] = {}
    for i in np.flatnonzero(total.any(axis=1)):
        # Sets that differ only in causes without events share a curve.
        causes = tuple(np.flatnonzero(sets[i] * has_events).tolist())
        if causes in errors:
            se[i] = errors[causes]
            continue
        # With or without a group, a curve rises only on days with an event of the set; its error changes only there.
        event_days = np.flatnonzero(total[i])
        group_events = sum(process.events[cause][:, event_days] for cause in causes)
        without = np.cumsum((total[i, event_days] - group_events) * weight[:, event_days], axis=-1)
        event_day_se, _ = clustered_se(incidence_of_sets[i, event_days], without, process.present)
        errors[causes] = se[i] = np.concatenate([[0.0], event_day_se])[np.searchsorted(event_days, days, side="right")]
    return se, survival_se, groups


def replicates_at(process: CountingProcess, sets: npt.NDArray[np.int64], day: int) -> tuple[Array, Array]:
    """Return the values on a day of the curves of :class:`Incidences`, without each jackknife group.

    Returns
    -------
    without, present : numpy.ndarray, shape (sets + 1, all groups)
        Missing (``without``) and 0 (``present``) where a group has nobody in the cell.
    """
    events, at_risk = without_each_group(process)
    until = int(np.searchsorted(process.days, day, side="right"))
    without, present = np.full((len(sets) + 1, GROUPS), np.nan), np.zeros((len(sets) + 1, GROUPS))
    present[:, process.groups[process.present]] = 1.0
    incidence_of_sets = incidence(events[..., :until], at_risk[..., :until])[..., -1]
    survival = kaplan_meier(events[..., :until].sum(axis=0), at_risk[..., :until])[..., -1]
    without[:, process.groups] = np.vstack([sets @ incidence_of_sets, survival])
    return without, present


def groups_within(
    process: CountingProcess, sets: npt.NDArray[np.int64], day: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return how many jackknife groups hold the counts of :class:`Incidences` on a day: of so many people, at least.

    Returns
    -------
    held, present : numpy.ndarray of int, shape (sets + 1,)
        The groups with an event of each set, then those in which somebody is still at risk after the day; and, in every
        place, the groups that are not empty.
    """
    until = int(np.searchsorted(process.days, day, side="right"))
    of_cause = (process.events[..., :until].sum(axis=-1) > 0).astype(np.int64)
    remain = process.entered.sum(axis=-1) - (process.every + process.censored)[:, :until].sum(axis=-1) > 0
    held = np.append((sets @ of_cause > 0).sum(axis=1), remain.sum())
    return held, np.full(len(sets) + 1, int(process.present.sum()))
