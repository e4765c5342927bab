"""The replay: projections from days of the past year, beside what happened and beside two simple forecasts."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from careflow.counts import Counts
from careflow.counts.calendar import day_of
from careflow.errors import CountsError
from careflow.estimate.projection.extract import SEASON, daily_census, extract, groups_of, origins
from careflow.estimate.projection.forward import forward
from careflow.estimate.projection.parameters import fit
from careflow.estimate.projection.variance import limits, parameter_variance, process_variance

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

REPLAY: Final = ("mae", "mae_last", "mae_season", "coverage")
"""The mean absolute errors of the projection, the last value and the season; how often the limits held the truth."""

_NOTHING: Final = 1e-9
"""A mean error that is the rounding error of a projection without any."""


class Replayed(NamedTuple):
    """A replay, by origin, level and day ahead.

    Attributes
    ----------
    origins : list of int
        The origins, in days before the cut-off.
    mean, low, high, truth, last, season : numpy.ndarray, shape (origins, levels, days)
        The projected stays in care with their limits; those in care; in care at the origin, and that day a year before.
    """

    origins: list[int]
    mean: Array
    low: Array
    high: Array
    truth: Array
    last: Array
    season: Array

    def scores(self) -> dict[str, Array]:
        """Return the scores of each level."""
        errors = [np.abs(guess - self.truth).mean(axis=(0, 2)) for guess in (self.mean, self.last, self.season)]
        held = (self.low <= self.truth) & (self.truth <= self.high)
        return dict(zip(REPLAY, [*errors, held.mean(axis=(0, 2))], strict=True))


def speaks(scores: dict[str, Array]) -> Bools:
    """Return for which levels the projection was nearer to the truth than both simple forecasts, or without error."""
    mae, last, season = (scores[name] for name in REPLAY[:3])
    return np.asarray(((mae < last) & (mae < season)) | (mae < _NOTHING))


def check_length(counts: Counts, cutoff: int, replay: int) -> None:
    """Raise unless the records reach a year back from the first origin."""
    first, _ = daily_census(counts, cutoff)
    needed = cutoff - replay - SEASON + 1
    if first > needed:
        raise CountsError(
            f"the replay of {replay} days needs the {SEASON} days before it, so records from {day_of(needed)} on; "
            f"these begin on {day_of(first)}: give a later cut-off, or a shorter replay= (not under horizon=)."
        )


def replayed(
    counts: Counts,
    cutoff: int,
    *,
    horizon: int,
    recent: int,
    replay: int,
    least: int,
    clustered: bool,
    confidence: float,
) -> Replayed:
    """Project from each origin of the past, by what was known then."""
    first, inside = daily_census(counts, cutoff)
    groups, chosen = groups_of(counts), origins(horizon, replay)
    parts: list[list[Array]] = []
    for before in chosen:
        records = extract(counts, groups, cutoff, recent, before)
        parameters = fit(records, least, replicates=clustered)
        census = forward(parameters, records, horizon).census
        variance = parameter_variance(census) + process_variance(parameters, records, horizon)
        low, high = limits(census[0], variance, len(census), confidence)
        days = cutoff - before + np.arange(1, horizon + 1) - first
        past = days - SEASON * -(-np.arange(1, horizon + 1) // SEASON)
        last = np.broadcast_to(inside[:, days[0] - 1, None], census[0].shape)
        parts.append([census[0], np.maximum(low, 0), high, inside[:, days], last, inside[:, past]])
    return Replayed(chosen, *(np.stack(each) for each in zip(*parts, strict=True)))
