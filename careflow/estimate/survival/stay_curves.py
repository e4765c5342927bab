"""Lengths of stay from counts: a curve and its summary for every level of every stratum."""

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
from careflow.estimate.arrays.followup import THIN, FollowUp, Longest, chosen_horizon, follow_up, least_at_risk
from careflow.estimate.arrays.strata import Ints, Strata
from careflow.estimate.stats.intervals import log_log, quantile_of
from careflow.estimate.stats.kaplan_meier import (
    Array,
    clustered_se,
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
    "least_at_risk",
)
_CURVE: Final = ("day", "at_risk", "events", "survival", "se", "low", "high")


def relabelled(days: Ints, convention: Convention) -> Ints:
    """Return lengths in nights by another convention: its curve is that of nights on other days, whoever came late."""
    return days + 1 if convention == "days" else np.maximum(days, 1) if convention == "nights_min1" else days


@dataclass(frozen=True)
class Lengths:
    """What counts say of lengths of stay.

    Attributes
    ----------
    rows, curves : pandas.DataFrame
        A row for every level of every stratum, and the curves.
    people : pandas.DataFrame
        At least how many people are behind ``n`` and ``open`` of each row, and behind the ``closed`` stays: jackknife
        groups that hold any.
    means : tuple of numpy.ndarray, optional
        Restricted means, shape (strata, levels), and those without each group, shape (strata, levels, groups), where
        the intervals are clustered.
    horizon : int
        To which day the means go.
    follow_ups : tuple of FollowUp
        Up to which day each curve is known, for the rows that have stays.
    """

    rows: pd.DataFrame
    curves: pd.DataFrame
    people: pd.DataFrame
    means: Means | None
    horizon: int
    follow_ups: tuple[FollowUp, ...]


def lengths(
    table: pd.DataFrame,
    strata: Strata,
    counts: Counts,
    horizon: int | Longest,
    convention: Convention,
    cluster: Cluster,
    confidence: float,
) -> Lengths:
    """Estimate lengths of stay for every level of every stratum."""
    continuum = counts.definition.continuum
    ends = () if horizon != "longest" else (one for *_, one in _each_process(table, strata, convention))
    days = chosen_horizon(horizon, ends, "horizon")
    levels = pd.Series(pd.Categorical(continuum.names, continuum.names, ordered=True), name="level")
    rows = strata.repeat(levels)
    numbers = np.full((len(rows), len(_NUMBERS)), np.nan)
    numbers[:, :2] = 0
    people = np.zeros((len(rows), 3), dtype=np.int64)
    means = None if cluster is None else _no_means(len(strata), len(continuum))
    curves: list[Curve] = []
    places: list[int] = []
    follow_ups: list[FollowUp] = []
    for stratum, state, seen, known in _each_process(table, strata, convention):
        row = stratum * len(continuum) + state
        without = None if means is None else _without_each_group(seen)
        curve = _curve(seen, without, known, confidence)
        each = None if without is None else restricted_mean(seen.days, without, days)
        numbers[row] = _summary(seen, curve, known, days, each)
        follow_ups.append(known)
        if means is not None and each is not None:
            _keep_means(means, (stratum, state), seen, numbers[row, _NUMBERS.index("rmean")], each)
        people[row] = [(of.sum(axis=-1) > 0).sum() for of in (seen.entered, seen.censored, seen.events[0])]
        keep = (seen.every.sum(axis=0) + seen.censored.sum(axis=0)) > 0
        curves.append(_one_a_day({name: values[keep] for name, values in curve.items()}))
        places.append(row)
    rows[list(_NUMBERS)] = numbers
    rows = rows.astype({"n": np.int64, "open": np.int64})
    rows["thin"] = rows["least_at_risk"] < THIN
    behind = pd.DataFrame(people, columns=["n", "open", "closed"])
    keys = [*strata.frame.columns, "level"]
    if not curves:
        return Lengths(rows, pd.DataFrame(columns=[*keys, *_CURVE]), behind, means, days, ())
    frame = rows[keys].take(np.repeat(places, [len(curve["day"]) for curve in curves])).reset_index(drop=True)
    for name in _CURVE:
        frame[name] = np.concatenate([curve[name] for curve in curves])
    return Lengths(rows, frame, behind, means, days, tuple(follow_ups))


def means_of(table: pd.DataFrame, strata: Strata, levels: int, horizon: int, convention: Convention) -> Means:
    """Return the restricted means of every level of every stratum, and those without each jackknife group."""
    means = _no_means(len(strata), levels)
    for stratum, state, seen, known in _each_process(table, strata, convention):
        curve = kaplan_meier(seen.every.sum(axis=0), seen.at_risk.sum(axis=0))
        mean, each = (restricted_mean(seen.days, of, horizon) for of in (curve, _without_each_group(seen)))
        _keep_means(means, (stratum, state), seen, float(mean) if known.covers(horizon) else np.nan, each)
    return means


def _each_process(
    table: pd.DataFrame, strata: Strata, convention: Convention
) -> Iterator[tuple[int, int, CountingProcess, FollowUp]]:
    """Yield every stratum and level that has stays, with its process and up to which day its curve is known."""
    for stratum, state, cell in each_state(table, strata.place):
        seen = process_of(cell, (ENDED,))
        known = follow_up(seen)
        if not np.isnan(known.known_to):
            nights = np.array([known.known_to], dtype=np.int64)
            known = replace(known, known_to=float(relabelled(nights, convention)[0]))
        yield stratum, state, replace(seen, days=relabelled(seen.days, convention)), known


def _no_means(strata: int, levels: int) -> Means:
    return np.full((strata, levels), np.nan), np.full((strata, levels, GROUPS), np.nan)


def _keep_means(means: Means, place: tuple[int, int], seen: CountingProcess, mean: float, each: Array) -> None:
    """Note a mean, and that without each group: it is the mean itself where the group holds nobody."""
    means[0][place], means[1][place] = mean, mean
    means[1][(*place, seen.groups)] = np.nan if len(seen.groups) < 2 or np.isnan(mean) else each


def _without_each_group(seen: CountingProcess) -> Array:
    events, at_risk = without_each_group(seen)
    return kaplan_meier(events[0], at_risk)


def _curve(seen: CountingProcess, without: Array | None, known: FollowUp, confidence: float) -> Curve:
    """Return the curve on every day of the process; its numbers are missing on the days of which nothing is known."""
    events, at_risk = seen.every.sum(axis=0), seen.at_risk.sum(axis=0)
    survival = kaplan_meier(events, at_risk)
    if without is None:
        se, groups = greenwood(events, at_risk), None
    else:
        se, groups = clustered_se(survival, without, seen.present)
    low, high = log_log(survival, se, quantile_of(confidence, groups))
    unknown = known.unknown(seen.days)
    shown = (np.where(unknown, np.nan, values) for values in (survival, se, low, high))
    counted = at_risk.astype(np.int64), events.astype(np.int64)
    return dict(zip(_CURVE, (seen.days, *counted, *shown), strict=True))


def _one_a_day(curve: Curve) -> Curve:
    """Put the stays of no night, where they count as 1, with those of one night."""
    if len(curve["day"]) < 2 or curve["day"][0] != curve["day"][1]:
        return curve
    one = {name: values[1:].copy() for name, values in curve.items()}
    for name in ("at_risk", "events"):
        one[name][0] += curve["events"][0]
    return one


def _summary(seen: CountingProcess, curve: Curve, known: FollowUp, horizon: int, each: Array | None) -> list[float]:
    """Return the numbers of a row: quantiles from the curve with one value a day, the mean where it is known."""
    one = _one_a_day(curve)
    # Where the early risk set ran out, the fall to 0 is no quantile: others are known to have stayed longer.
    survival = np.where(known.ran_out & (one["survival"] == 0), np.nan, one["survival"])
    median, q25, q75 = (float(quantile(one["day"], survival, share)) for share in (0.5, 0.25, 0.75))
    low, high = (float(quantile(one["day"], one[band], 0.5)) for band in ("low", "high"))
    mean = se = np.asarray(np.nan)
    if known.covers(horizon):
        mean = restricted_mean(seen.days, np.nan_to_num(curve["survival"]), horizon)
        if each is None:
            se = restricted_mean_se(seen.days, seen, horizon)
        else:
            se = clustered_se(mean[None], each[:, None], seen.present)[0][0]
    until = horizon if np.isnan(median) else median
    return [
        float(seen.entered.sum()),
        float(seen.censored.sum()),
        median,
        low,
        high,
        q25,
        q75,
        float(mean),
        float(se),
        *_plain(seen.days, seen.every.sum(axis=0)),
        known.known_to,
        least_at_risk(seen, until if known.ended else min(until, np.nan_to_num(known.known_to, nan=-1.0))),
    ]


def _plain(days: Ints, ended: Array) -> tuple[float, float]:
    """Return the mean and the median of days with their counts."""
    below = np.cumsum(ended)
    if not (total := below[-1]):
        return np.nan, np.nan
    middle = [days[np.searchsorted(below, rank, side="right")] for rank in ((total - 1) // 2, total // 2)]
    return float((days * ended).sum() / total), float(np.mean(middle))
