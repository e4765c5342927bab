"""Lengths of stay from counts: a curve and its summary for every level of every stratum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts import Counts
from careflow.counts.clocks import ENDED
from careflow.counts.rules import GROUPS
from careflow.estimate.asked import Cluster
from careflow.estimate.cells import Ints, Strata
from careflow.estimate.intervals import log_log, quantile_of
from careflow.estimate.process import Process, each_cell, process
from careflow.estimate.survival import (
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
    """

    rows: pd.DataFrame
    curves: pd.DataFrame
    people: pd.DataFrame
    means: Means | None


def lengths(
    table: pd.DataFrame,
    strata: Strata,
    counts: Counts,
    horizon: int,
    convention: Convention,
    cluster: Cluster,
    level: float,
) -> Lengths:
    """Estimate lengths of stay for every level of every stratum."""
    continuum = counts.rules.continuum
    levels = pd.Series(pd.Categorical(continuum.names, continuum.names, ordered=True), name="level")
    rows = strata.repeat(levels)
    numbers = np.full((len(rows), len(_NUMBERS)), np.nan)
    numbers[:, :2] = 0
    people = np.zeros((len(rows), 3), dtype=np.int64)
    means = None if cluster is None else _no_means(len(strata), len(continuum))
    curves: list[Curve] = []
    places: list[int] = []
    for stratum, state, seen in _each_process(table, strata, convention):
        row = stratum * len(continuum) + state
        without = None if means is None else _without_each_group(seen)
        curve = _curve(seen, without, level)
        each = None if without is None else restricted_mean(seen.days, without, horizon)
        numbers[row] = _summary(seen, curve, horizon, each)
        if means is not None and each is not None:
            _keep_means(means, (stratum, state), seen, numbers[row, _NUMBERS.index("rmean")], each)
        people[row] = [(of.sum(axis=-1) > 0).sum() for of in (seen.entered, seen.censored, seen.events[0])]
        keep = (seen.every.sum(axis=0) + seen.censored.sum(axis=0)) > 0
        curves.append(_one_a_day({name: values[keep] for name, values in curve.items()}))
        places.append(row)
    rows[list(_NUMBERS)] = numbers
    rows = rows.astype({"n": np.int64, "open": np.int64})
    behind = pd.DataFrame(people, columns=["n", "open", "closed"])
    keys = [*strata.frame.columns, "level"]
    if not curves:
        return Lengths(rows, pd.DataFrame(columns=[*keys, *_CURVE]), behind, means)
    frame = rows[keys].take(np.repeat(places, [len(curve["day"]) for curve in curves])).reset_index(drop=True)
    for name in _CURVE:
        frame[name] = np.concatenate([curve[name] for curve in curves])
    return Lengths(rows, frame, behind, means)


def means_of(table: pd.DataFrame, strata: Strata, levels: int, horizon: int, convention: Convention) -> Means:
    """Return the restricted means of every level of every stratum, and those without each jackknife group."""
    means = _no_means(len(strata), levels)
    for stratum, state, seen in _each_process(table, strata, convention):
        curve = kaplan_meier(seen.every.sum(axis=0), seen.at_risk.sum(axis=0))
        mean, each = (restricted_mean(seen.days, of, horizon) for of in (curve, _without_each_group(seen)))
        _keep_means(means, (stratum, state), seen, float(mean), each)
    return means


def _each_process(table: pd.DataFrame, strata: Strata, convention: Convention) -> Iterator[tuple[int, int, Process]]:
    for stratum, state, cell in each_cell(table, strata.place):
        seen = process(cell, (ENDED,))
        yield stratum, state, replace(seen, days=relabelled(seen.days, convention))


def _no_means(strata: int, levels: int) -> Means:
    return np.full((strata, levels), np.nan), np.full((strata, levels, GROUPS), np.nan)


def _keep_means(means: Means, place: tuple[int, int], seen: Process, mean: float, each: Array) -> None:
    """Note a mean, and that without each group: it is the mean itself where the group holds nobody."""
    means[0][place], means[1][place] = mean, mean
    means[1][(*place, seen.groups)] = np.nan if len(seen.groups) < 2 else each


def _without_each_group(seen: Process) -> Array:
    events, at_risk = without_each_group(seen)
    return kaplan_meier(events[0], at_risk)


def _curve(seen: Process, without: Array | None, level: float) -> Curve:
    events, at_risk = seen.every.sum(axis=0), seen.at_risk.sum(axis=0)
    survival = kaplan_meier(events, at_risk)
    if without is None:
        se, groups = greenwood(events, at_risk), None
    else:
        se, groups = clustered_se(survival, without, seen.present)
    low, high = log_log(survival, se, quantile_of(level, groups))
    counted = at_risk.astype(np.int64), events.astype(np.int64)
    return dict(zip(_CURVE, (seen.days, *counted, survival, se, low, high), strict=True))


def _one_a_day(curve: Curve) -> Curve:
    """Put the stays of no night, where they count as 1, with those of one night."""
    if len(curve["day"]) < 2 or curve["day"][0] != curve["day"][1]:
        return curve
    one = {name: values[1:].copy() for name, values in curve.items()}
    for name in ("at_risk", "events"):
        one[name][0] += curve["events"][0]
    return one


def _summary(seen: Process, curve: Curve, horizon: int, each: Array | None) -> list[float]:
    days, survival = seen.days, np.asarray(curve["survival"], dtype=float)
    median, q25, q75 = (float(quantile(days, survival, share)) for share in (0.5, 0.25, 0.75))
    low, high = (float(quantile(days, curve[band], 0.5)) for band in ("low", "high"))
    mean = restricted_mean(days, survival, horizon)
    if each is None:
        se = restricted_mean_se(days, seen, horizon)
    else:
        se = clustered_se(mean[None], each[:, None], seen.present)[0][0]
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
        *_plain(days, seen.every.sum(axis=0)),
    ]


def _plain(days: Ints, ended: Array) -> tuple[float, float]:
    """Return the mean and the median of days with their counts."""
    below = np.cumsum(ended)
    if not (total := below[-1]):
        return np.nan, np.nan
    middle = [days[np.searchsorted(below, rank, side="right")] for rank in ((total - 1) // 2, total // 2)]
    return float((days * ended).sum() / total), float(np.mean(middle))
