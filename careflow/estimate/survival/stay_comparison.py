"""Differences of lengths of stay between two periods or groups: of means, of medians, of the share still in care."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts.definition import GROUPS
from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.counting_process import CountingProcess
from careflow.estimate.arrays.followup import THIN, THIN_OF, FollowUp, least_at_risk
from careflow.estimate.arrays.strata import Ints
from careflow.estimate.rates.comparison import Contrast, stratum_pairs
from careflow.estimate.result import Result
from careflow.estimate.stats.differences import jackknife_difference, recovered_limits, two_sided
from careflow.estimate.stats.intervals import log_log, quantile_of
from careflow.estimate.stats.jackknife import clustered_se
from careflow.estimate.stats.kaplan_meier import greenwood, kaplan_meier, restricted_mean, without_each_group
from careflow.estimate.stats.multiple_testing import adjusted, correction_name

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Measure = Literal["rmean", "median", "survival"]
MEASURES: Final[tuple[Measure, ...]] = ("rmean", "median", "survival")

_WORDS: Final = {
    "rmean": ("means to day {day}", "limits of the difference by Student's t or normal, Wald test"),
    "median": ("medians", "limits of the difference recovered from those of both; no test, as logrank_test has"),
    "survival": (
        "shares still in care on day {day}",
        "limits of the difference recovered from those of both, Wald test",
    ),
}


@dataclass(frozen=True, repr=False, eq=False)
class StayComparison(Result):
    """Differences of lengths of stay; made by :meth:`careflow.estimate.LengthOfStay.compare`.

    ``frame`` has the other strata, then ``level, n_1, estimate_1, n_2, estimate_2`` (stays and estimates of both
    sides), ``difference`` (second minus first), ``se, low, high``, ``p`` (two-sided), ``p_adjusted``, ``known_to`` (the
    earlier of both), ``thin`` and ``mature`` (of either, of both). What is thin is not tested and has no
    ``p_adjusted``. Levels without stays on one side have no row.

    Attributes
    ----------
    stratum, first, second : str
        The stratum compared and its two labels; every difference is ``second`` minus ``first``.
    measure : {"rmean", "median", "survival"}
        What is compared, in days, or the share still in care.
    day : int or None
        The horizon of the means, or the day of the shares.
    """

    stratum: str
    first: str
    second: str
    measure: Measure
    day: int | None


@dataclass(frozen=True)
class StayInputs:
    """What lengths of stay were made from, for functions of several results.

    Attributes
    ----------
    strata : pandas.DataFrame
        The labels of each stratum.
    means : callable
        Returns the restricted means in days, shape (strata, levels), and those without each jackknife group, shape
        (strata, levels, groups).
    processes : callable
        Returns the process of every stratum and level that has stays, and how far its curve is known.
    cluster, confidence
        As in :func:`careflow.length_of_stay`.
    levels : int
        How many levels there are.
    """

    strata: pd.DataFrame
    means: Callable[[], tuple[Array, Array]]
    processes: Callable[[], Iterator[tuple[int, int, CountingProcess, FollowUp]]]
    cluster: Cluster
    confidence: float
    levels: int


@dataclass(frozen=True)
class _Sides:
    """The estimates of every stratum and level, each of shape (rows,) but for those without each jackknife group."""

    estimate: Array
    se: Array
    low: Array
    high: Array
    without: Array
    present: Bools
    thin: Bools


def stay_differences(
    result: Result, inputs: StayInputs, contrast: Contrast, measure: Measure, day: int
) -> StayComparison:
    """Return the differences of lengths of stay: the body of :meth:`careflow.estimate.LengthOfStay.compare`."""
    frame, continuum = result.frame, result.continuum
    others, pairs = stratum_pairs(inputs.strata, contrast)
    levels = np.arange(len(continuum))
    place = np.where(pairs[:, None] < 0, -1, pairs[:, None] * len(levels) + levels[None, :, None]).reshape(-1, 2)
    keys = others.loc[np.repeat(np.arange(len(others)), len(levels))].reset_index(drop=True)
    names = pd.Categorical(np.tile(continuum.names, len(others)), continuum.names, ordered=True)
    keys["level"] = names
    n = np.append(frame["n"].to_numpy(), 0)[place]
    there = (n > 0).all(axis=1)
    absent = [
        f"no stays of {contrast.labels[side]} at {name}"
        for name, row in zip(names, n, strict=True)
        for side in (0, 1)
        if row[side] == 0 < row[1 - side]
    ]
    one, other = place[there].T
    sides = _estimates(frame, inputs, np.unique(place[there]), measure, day)
    low, high, se, p = _tested(sides, one, other, contrast.cluster, measure, result.about.confidence)
    known, mature = (frame[name].to_numpy() for name in ("known_to", "mature"))
    thin = sides.thin[one] | sides.thin[other]
    tidy = keys[there].reset_index(drop=True).assign(
        n_1=n[there][:, 0], estimate_1=sides.estimate[one], n_2=n[there][:, 1], estimate_2=sides.estimate[other],
        difference=sides.estimate[other] - sides.estimate[one], se=se, low=low, high=high, p=p,
        p_adjusted=np.asarray(adjusted(pd.Series(p).mask(thin), contrast.correction)),
        known_to=np.fmin(known[one], known[other]), thin=thin, mature=mature[one] & mature[other],
    )  # fmt: skip
    about = replace(
        result.about,
        measure=f"{result.about.measure}, difference of {_WORDS[measure][0].format(day=day)}",
        definition=f"{result.about.definition} The difference is {contrast.labels[1]} less {contrast.labels[0]} "
        f"({contrast.stratum}).",
        interval=f"{result.about.interval}; {_WORDS[measure][1]}, {correction_name(contrast.correction)}",
        by=tuple(name for name in result.about.by if name != contrast.stratum),
        missing="; ".join(dict.fromkeys([*absent, *([] if tidy["mature"].all() else ["not both mature"])])),
    )
    shown = None if measure == "median" else day
    return StayComparison(tidy, about, continuum, contrast.stratum, *contrast.labels, measure, shown)


def _estimates(frame: pd.DataFrame, inputs: StayInputs, rows: Ints, measure: Measure, day: int) -> _Sides:
    """Return the estimates of some rows of the frame, with what they are without each jackknife group."""
    confidence, size = inputs.confidence, len(frame)
    estimate, se, low, high = (np.full(size, np.nan) for _ in range(4))
    without, present = np.full((size, GROUPS), np.nan), np.zeros((size, GROUPS), dtype=bool)
    thin = np.zeros(size, dtype=bool)
    if measure != "survival":
        thin |= frame[THIN_OF[measure]].to_numpy(dtype=bool)
    for stratum, state, process, followup in inputs.processes():
        row = stratum * inputs.levels + state
        if row not in rows:
            continue
        events, at_risk = process.every.sum(axis=0), process.at_risk.sum(axis=0)
        gone, rest = without_each_group(process)
        curves = kaplan_meier(events, at_risk), kaplan_meier(gone[0], rest)
        present[row, process.groups] = process.present
        if measure == "rmean":
            estimate[row], se[row] = frame["rmean"][row], frame["rmean_se"][row]
            without[row, process.groups] = restricted_mean(process.days, curves[1], day)
            continue
        if measure == "median":
            estimate[row], low[row], high[row] = (frame[name][row] for name in ("median", "median_low", "median_high"))
            at = frame["median"][row]
        else:
            at = float(day)
        last = int(np.searchsorted(process.days, at, side="right")) - 1
        if np.isnan(at) or followup.unknown(np.array([at]))[0]:
            continue
        share, each = (np.ones(curve.shape[:-1]) if last < 0 else curve[..., last] for curve in curves)
        without[row, process.groups] = each
        if measure == "median":
            without[row] += estimate[row] - share  # only how the two vary together is taken from the curves
            continue
        if inputs.cluster is None:
            error, groups = 0.0 if last < 0 else greenwood(events, at_risk)[last], None
        else:
            spread, groups = clustered_se(np.array([share]), each[:, None], process.present)
            error = float(spread[0])
        estimate[row], se[row], thin[row] = share, error, least_at_risk(process, at) < THIN
        low[row], high[row] = log_log(np.array(share), np.array(error), quantile_of(confidence, groups))
    return _Sides(estimate, se, low, high, without, present, thin)


def _tested(
    sides: _Sides, one: Ints, other: Ints, cluster: Cluster, measure: Measure, confidence: float
) -> tuple[Array, Array, Array, Array]:
    """Return the limits, standard errors and p values of the differences of two sets of rows."""
    difference = sides.estimate[other] - sides.estimate[one]
    groups, rho = None, np.zeros(len(one))
    variance = sides.se[one] ** 2 + sides.se[other] ** 2
    if cluster is not None:
        first, second = ((sides.estimate[at], sides.without[at], sides.present[at]) for at in (one, other))
        variance, rho, groups = jackknife_difference(first, second)
    if measure == "rmean":
        half = quantile_of(confidence, groups) * np.sqrt(variance)
        low, high = difference - half, difference + half
    else:
        limits = [(sides.estimate[at], sides.low[at], sides.high[at]) for at in (one, other)]
        low, high = recovered_limits(limits[0], limits[1], rho)
    if measure == "median":
        return low, high, np.full(len(one), np.nan), np.full(len(one), np.nan)
    return low, high, np.sqrt(variance), two_sided(difference, variance, groups)
