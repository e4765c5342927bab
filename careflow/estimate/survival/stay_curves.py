"""Kaplan-Meier curves of stays and their summary, for every level of every stratum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts import Counts
from careflow.counts.definition import GROUPS
from careflow.counts.event_tables import ENDED
from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.counting_process import CountingProcess, each_state, process_of
from careflow.estimate.arrays.followup import (
    LEAST_OF,
    THIN,
    THIN_OF,
    FollowUp,
    Longest,
    chosen_horizon,
    follow_up,
    least_at_risk,
)
from careflow.estimate.arrays.strata import Ints, Strata
from careflow.estimate.stats.intervals import log_log, quantile_of
from careflow.estimate.stats.jackknife import clustered_se
from careflow.estimate.stats.kaplan_meier import (
    Array,
    greenwood,
    kaplan_meier,
    quantile,
    restricted_mean,
    restricted_mean_se,
    without_each_group,
)

Convention = Literal["nights", "nights_min1", "days"]
Curve = dict[str, npt.NDArray[np.float64] | Ints]
Means = tuple[Array, Array]

_NUMBERS: Final = (
    "n",
    "open",
    "median",
    "median_low",
    "median_high",
    "q25",
    "q75",
    "rmean",
    "rmean_se",
    "discharged_mean",
    "discharged_median",
    "known_to",
    *LEAST_OF.values(),
)
_CURVE: Final = ("day", "at_risk", "events", "survival", "se", "low", "high")


def relabelled(days: Ints, convention: Convention) -> Ints:
    """Return lengths in nights by another convention. The curve keeps its values, also under late entry."""
    return days + 1 if convention == "days" else np.maximum(days, 1) if convention == "nights_min1" else days


@dataclass(frozen=True)
class StayCurves:
    """Lengths of stay of a table of counts.

    Attributes
    ----------
    rows, curves : pandas.DataFrame
        The summary of every level of every stratum (a row each), and the curves (a row a day).
    people : pandas.DataFrame
        For each row, lower bounds of the number of persons in ``n``, ``open`` and the ``closed`` stays: the number of
        jackknife groups that hold any of them.
    means : tuple of numpy.ndarray, optional
        Restricted means in days, shape (strata, levels), and those without each jackknife group, shape (strata, levels,
        groups); None if the intervals are not clustered.
    horizon : int
        The days to which the means are restricted.
    followups : tuple of FollowUp
        The follow-up of each curve, for the rows with stays.
    """

    rows: pd.DataFrame
    curves: pd.DataFrame
    people: pd.DataFrame
    means: Means | None
    horizon: int
    followups: tuple[FollowUp, ...]


def stay_curves(
    table: pd.DataFrame,
    strata: Strata,
    counts: Counts,
    horizon: int | Longest,
    convention: Convention,
    cluster: Cluster,
    confidence: float,
) -> StayCurves:
    """Estimate lengths of stay for every level of every stratum."""
    continuum = counts.definition.continuum
    ends = () if horizon != "longest" else (one for *_, one in each_process(table, strata, convention))
    days = chosen_horizon(horizon, ends, "horizon")
    levels = pd.Series(pd.Categorical(continuum.names, continuum.names, ordered=True), name="level")
    rows = strata.repeat(levels)
    numbers = np.full((len(rows), len(_NUMBERS)), np.nan)
    numbers[:, :2] = 0
    people = np.zeros((len(rows), 3), dtype=np.int64)
    means = None if cluster is None else _no_means(len(strata), len(continuum))
    curves: list[Curve] = []
    row_numbers: list[int] = []
    followups: list[FollowUp] = []
    for stratum, state, process, followup in each_process(table, strata, convention):
        row = stratum * len(continuum) + state
        without = None if means is None else _without_each_group(process)
        curve = _curve(process, without, followup, confidence)
        means_without = None if without is None else restricted_mean(process.days, without, days)
        numbers[row] = _summary(process, curve, followup, days, means_without)
        followups.append(followup)
        if means is not None and means_without is not None:
            _keep_means(means, (stratum, state), process, numbers[row, _NUMBERS.index("rmean")], means_without)
        people[row] = [(of.sum(axis=-1) > 0).sum() for of in (process.entered, process.censored, process.events[0])]
        keep = (process.every.sum(axis=0) + process.censored.sum(axis=0)) > 0
        curves.append(_one_row_a_day({name: values[keep] for name, values in curve.items()}))
        row_numbers.append(row)
    rows[list(_NUMBERS)] = numbers
    rows = rows.astype({"n": np.int64, "open": np.int64})
    for name, least in LEAST_OF.items():
        rows.insert(list(rows.columns).index(least) + 1, THIN_OF[name], rows[least] < THIN)
    contributors = pd.DataFrame(people, columns=["n", "open", "closed"])
    keys = [*strata.frame.columns, "level"]
    if not curves:
        return StayCurves(rows, pd.DataFrame(columns=[*keys, *_CURVE]), contributors, means, days, ())
    frame = rows[keys].take(np.repeat(row_numbers, [len(curve["day"]) for curve in curves])).reset_index(drop=True)
    for name in _CURVE:
        frame[name] = np.concatenate([curve[name] for curve in curves])
    return StayCurves(rows, frame, contributors, means, days, tuple(followups))


def means_of(table: pd.DataFrame, strata: Strata, levels: int, horizon: int, convention: Convention) -> Means:
    """Return the restricted means of every level of every stratum, and those without each jackknife group."""
    means = _no_means(len(strata), levels)
    for stratum, state, process, followup in each_process(table, strata, convention):
        curve = kaplan_meier(process.every.sum(axis=0), process.at_risk.sum(axis=0))
        mean, without = (restricted_mean(process.days, of, horizon) for of in (curve, _without_each_group(process)))
        _keep_means(means, (stratum, state), process, float(mean) if followup.covers(horizon) else np.nan, without)
    return means


def each_process(
    table: pd.DataFrame, strata: Strata, convention: Convention
) -> Iterator[tuple[int, int, CountingProcess, FollowUp]]:
    """Yield every stratum and level that has stays, with its process and the follow-up of its curve."""
    for stratum, state, cell in each_state(table, strata.codes):
        process = process_of(cell, (ENDED,))
        followup = follow_up(process)
        if not np.isnan(followup.known_to):
            nights = np.array([followup.known_to], dtype=np.int64)
            followup = replace(followup, known_to=float(relabelled(nights, convention)[0]))
        yield stratum, state, replace(process, days=relabelled(process.days, convention)), followup


def _no_means(strata: int, levels: int) -> Means:
    return np.full((strata, levels), np.nan), np.full((strata, levels, GROUPS), np.nan)


def _keep_means(means: Means, cell: tuple[int, int], process: CountingProcess, mean: float, without: Array) -> None:
    """Store the mean of a stratum and level, and those without each group; an empty group leaves the mean unchanged."""
    means[0][cell], means[1][cell] = mean, mean
    means[1][(*cell, process.groups)] = np.nan if len(process.groups) < 2 or np.isnan(mean) else without


def _without_each_group(process: CountingProcess) -> Array:
    events, at_risk = without_each_group(process)
    return kaplan_meier(events[0], at_risk)


def _curve(process: CountingProcess, without: Array | None, followup: FollowUp, confidence: float) -> Curve:
    """Return the curve on every day of the process, missing on days after follow-up."""
    events, at_risk = process.every.sum(axis=0), process.at_risk.sum(axis=0)
    survival = kaplan_meier(events, at_risk)
    if without is None:
        se, groups = greenwood(events, at_risk), None
    else:
        se, groups = clustered_se(survival, without, process.present)
    low, high = log_log(survival, se, quantile_of(confidence, groups))
    unknown = followup.unknown(process.days)
    shown = (np.where(unknown, np.nan, values) for values in (survival, se, low, high))
    counted = at_risk.astype(np.int64), events.astype(np.int64)
    return dict(zip(_CURVE, (process.days, *counted, *shown), strict=True))


def _one_row_a_day(curve: Curve) -> Curve:
    """Merge the first two rows if both are of day 1: under ``nights_min1`` same-day stays count as one night."""
    if len(curve["day"]) < 2 or curve["day"][0] != curve["day"][1]:
        return curve
    merged = {name: values[1:].copy() for name, values in curve.items()}
    for name in ("at_risk", "events"):
        merged[name][0] += curve["events"][0]
    return merged


def _summary(
    process: CountingProcess, curve: Curve, followup: FollowUp, horizon: int, means_without: Array | None
) -> list[float]:
    """Return the numbers of a row of the summary."""
    daily = _one_row_a_day(curve)
    # If the early risk set ran out, the fall to 0 reaches no quantile: others were observed at later ages.
    survival = np.where(followup.ran_out & (daily["survival"] == 0), np.nan, daily["survival"])
    median, q25, q75 = (float(quantile(daily["day"], survival, share)) for share in (0.5, 0.25, 0.75))
    low, high = (float(quantile(daily["day"], daily[band], 0.5)) for band in ("low", "high"))
    mean = se = np.asarray(np.nan)
    if followup.covers(horizon):
        mean = restricted_mean(process.days, np.nan_to_num(curve["survival"]), horizon)
        if means_without is None:
            se = restricted_mean_se(process.days, process, horizon)
        else:
            se = clustered_se(mean[None], means_without[:, None], process.present)[0][0]
    return [
        float(process.entered.sum()),
        float(process.censored.sum()),
        median,
        low,
        high,
        q25,
        q75,
        float(mean),
        float(se),
        *_closed_stays(process.days, process.every.sum(axis=0)),
        followup.known_to,
        *(_least(process, followup, until, horizon) for until in (median, q25, q75, np.nan)),
    ]


def _least(process: CountingProcess, followup: FollowUp, until: float, horizon: int) -> float:
    """Return the smallest number at risk up to a quantile, or to the horizon if it is missing or is of the mean."""
    until = horizon if np.isnan(until) else until
    return least_at_risk(process, until if followup.ended else min(until, np.nan_to_num(followup.known_to, nan=-1.0)))


def _closed_stays(days: Ints, ended: Array) -> tuple[float, float]:
    """Return the mean and the median length of closed stays from the number ended on each day."""
    below = np.cumsum(ended)
    if not (total := below[-1]):
        return np.nan, np.nan
    middle = [days[np.searchsorted(below, rank, side="right")] for rank in ((total - 1) // 2, total // 2)]
    return float((days * ended).sum() / total), float(np.mean(middle))
