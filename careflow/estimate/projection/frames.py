"""The frames of a projection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.counts import Counts
from careflow.estimate.projection.capacity import Simulated
from careflow.estimate.projection.extract import SEASON, Extract, daily_census
from careflow.estimate.projection.forward import Flows
from careflow.estimate.projection.gate import Replayed
from careflow.estimate.projection.projection_result import AS_IS, WHAT_IF
from careflow.estimate.projection.variance import limits, parameter_variance
from careflow.estimate.projection.what_if import CAPACITY, WhatIf

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Scenario(NamedTuple):
    """A scenario: expected numbers of each replicate, the limits of the stays in care, and the draws if it has beds."""

    flows: Flows
    low: Array
    high: Array
    simulated: Simulated | None = None
    changes: tuple[WhatIf, ...] = ()

    @property
    def expected(self) -> Flows:
        """The expected numbers of all people, shape (levels, days)."""
        drawn = self.simulated
        return Flows(*(part[0] for part in self.flows)) if drawn is None else Flows(*drawn[:1], *drawn[2:4])


class Gated(NamedTuple):
    """What the replay says: its scores, the levels for which it speaks, and whether the others are refused."""

    past: Replayed
    scores: dict[str, Array]
    speaks: Bools
    fitted: Array
    refuse: bool


def projected_frame(scenarios: Sequence[Scenario], gated: Gated, names: Sequence[str], cutoff: int) -> pd.DataFrame:
    """Return ``scenario, ahead, day, level, census, low, high, entered, left, refused``."""
    parts = []
    for scenario in scenarios:
        expected = scenario.expected
        values = {
            "census": expected.census,
            "low": np.maximum(scenario.low, 0),
            "high": scenario.high,
            "entered": expected.entered,
            "left": expected.left,
        }
        parts.append(_by_day(values, gated, names, cutoff))
    labels = [AS_IS, WHAT_IF][: len(parts)]
    frame = pd.concat(parts, ignore_index=True)
    labelled = _labels(np.repeat(np.arange(len(parts)), len(parts[0])), labels)
    return pd.concat([pd.DataFrame({"scenario": labelled}), frame], axis=1)


def difference_frame(
    scenarios: Sequence[Scenario], gated: Gated, names: Sequence[str], cutoff: int, confidence: float
) -> pd.DataFrame:
    """Return ``ahead, day, level, census, low, high, refused``: what if minus as is, with limits of the expectation."""
    as_is, what_if = scenarios[0], scenarios[-1]
    mean = what_if.expected.census - as_is.expected.census
    each = what_if.flows.census - as_is.flows.census
    low, high = _expected_limits(mean, each, confidence, known=what_if.simulated is None)
    frame = _by_day({"census": mean, "low": low, "high": high}, gated, names, cutoff)
    return frame if len(scenarios) > 1 else frame.iloc[:0]


def totals_frame(scenarios: Sequence[Scenario], gated: Gated, names: Sequence[str], confidence: float) -> pd.DataFrame:
    """Return ``scenario, level, person_days, low, high, entered, left, refused`` of the horizon."""
    parts = []
    for label, scenario in zip((AS_IS, WHAT_IF), scenarios, strict=False):
        expected, each = scenario.expected, scenario.flows.census.sum(axis=-1)
        days = expected.census.sum(axis=-1)
        low, high = _expected_limits(days, each, confidence, known=scenario.simulated is None)
        columns = {
            "person_days": days,
            "low": np.maximum(low, 0),
            "high": high,
            "entered": expected.entered.sum(axis=-1),
            "left": expected.left.sum(axis=-1),
        }
        table = pd.DataFrame({"scenario": label, "level": _labels(np.arange(len(names)), names), **columns})
        parts.append(_refused(table, ~gated.speaks, gated, list(columns)))
    frame = pd.concat(parts, ignore_index=True)
    frame["scenario"] = pd.Categorical(frame["scenario"], [AS_IS, WHAT_IF][: len(parts)], ordered=True)
    return frame


def replay_frame(gated: Gated, records: Extract, names: Sequence[str]) -> pd.DataFrame:
    """Return ``level, mae, mae_last, mae_season, coverage, speaks, fitted, today``."""
    counts = {"fitted": gated.fitted.astype(np.int64), "today": records.in_care.sum(axis=-1).astype(np.int64)}
    level = _labels(np.arange(len(names)), names)
    return pd.DataFrame({"level": level, **gated.scores, "speaks": gated.speaks, **counts})


def history_frame(counts: Counts, names: Sequence[str], cutoff: int, replay: int) -> pd.DataFrame:
    """Return ``day, level, census`` of the replay and the year before it."""
    first, inside = daily_census(counts, cutoff)
    since = cutoff - replay - SEASON + 1 - first
    level, ahead = (part.ravel() for part in np.indices(inside[:, since:].shape))
    census = inside[:, since:].ravel().astype(np.int64)
    return pd.DataFrame({"day": _dates(first + since + ahead), "level": _labels(level, names), "census": census})


def replayed_frame(past: Replayed, names: Sequence[str], cutoff: int) -> pd.DataFrame:
    """Return ``origin, ahead, day, level, census, low, high, actual``: every projection of the replay."""
    origin, level, ahead = (part.ravel() for part in np.indices(past.mean.shape))
    days = cutoff - np.array(past.origins)[origin]
    return pd.DataFrame(
        {
            "origin": _dates(days),
            "ahead": ahead + 1,
            "day": _dates(days + ahead + 1),
            "level": _labels(level, names),
            "census": past.mean.ravel(),
            "low": past.low.ravel(),
            "high": past.high.ravel(),
            "actual": past.truth.ravel().astype(np.int64),
        }
    )


def beds_frame(
    scenarios: Sequence[Scenario], changes: tuple[WhatIf, ...], names: Sequence[str], cutoff: int
) -> pd.DataFrame | None:
    """Return ``ahead, day, level, beds, waiting, turned_away, full`` of the levels with a number of beds."""
    drawn = scenarios[-1].simulated
    if drawn is None:
        return None
    beds = {change.level: change.value for change in changes if change.kind == CAPACITY}
    parts = []
    for name, number in beds.items():
        level, ahead = list(names).index(name), np.arange(drawn.census.shape[-1])
        columns = {each: getattr(drawn, each)[level] for each in ("waiting", "turned_away", "full")}
        head = {"ahead": ahead + 1, "day": _dates(cutoff + ahead + 1)}
        parts.append(pd.DataFrame({**head, "level": _labels(ahead * 0 + level, names), "beds": int(number), **columns}))
    return pd.concat(parts, ignore_index=True)


def _expected_limits(mean: Array, each: Array, confidence: float, *, known: bool) -> tuple[Array, Array]:
    """Return the limits of an expectation by the jackknife alone; missing without replicates, or if simulated."""
    if not known or len(each) < 3:
        return np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    return limits(mean, parameter_variance(each), len(each), confidence)


def _by_day(values: dict[str, Array], gated: Gated, names: Sequence[str], cutoff: int) -> pd.DataFrame:
    """Return a row for each day ahead and level of arrays (levels, days)."""
    levels, horizon = next(iter(values.values())).shape
    ahead, level = np.repeat(np.arange(horizon), levels), np.tile(np.arange(levels), horizon)
    head = {"ahead": ahead + 1, "day": _dates(cutoff + ahead + 1), "level": _labels(level, names)}
    frame = pd.DataFrame({**head, **{name: value.T.ravel() for name, value in values.items()}})
    return _refused(frame, ~gated.speaks[level], gated, list(values))


def _refused(frame: pd.DataFrame, refused: Bools, gated: Gated, columns: list[str]) -> pd.DataFrame:
    if gated.refuse:
        frame.loc[refused, columns] = np.nan
    frame["refused"] = refused
    return frame


def _labels(codes: npt.NDArray[np.int64], names: Sequence[str]) -> pd.Series[Any]:
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(names), ordered=True))


def _dates(days: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
    return days.astype("datetime64[D]").astype("datetime64[s]")
