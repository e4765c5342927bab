"""The three methods of transition rates: their arrays and their provenance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal, Protocol

from careflow.counts import Counts, Transitions
from careflow.estimate.arguments import Cluster
from careflow.estimate.rates.followed import followed_rate_arrays
from careflow.estimate.rates.incidence import incidence_rate_arrays
from careflow.estimate.rates.intensity import PER, intensity_rate_arrays
from careflow.estimate.rates.rate_arrays import RateArrays
from careflow.estimate.rates.unions import Moves
from careflow.estimate.stats.differences import Variance, share_variance

Method = Literal["followed", "incidence", "intensity"]


@dataclass(frozen=True)
class RateInputs:
    """The counts and arguments of rates, from which their jackknife replicates are computed."""

    counts: Counts
    by: tuple[str, ...]
    windows: tuple[int, ...]
    method: Method
    cluster: Cluster
    confidence: float
    moves: Moves | None = None
    linked: Transitions | None = field(default=None, repr=False)
    """The linked stays that were counted, for :meth:`careflow.estimate.Rates.rows`; a copy or a pickle has none."""

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "linked": None}

    def rate_arrays(self, *, keep: bool = True) -> tuple[RateArrays, RateArrays]:
        """Return the numbers by next level or outcome, and by direction, with their replicates if these are kept."""
        make = METHODS[self.method].arrays
        return make(self.counts, self.by, self.windows, self.cluster, self.confidence, keep=keep, moves=self.moves)

    def size(self, to: RateArrays) -> int:
        """Return how many discharges or person-days the rates are of, those of the longest window."""
        if self.moves is None or (self.moves.members.sum(axis=0) <= 1).all():
            return int(to.by_window[-1].of[:, :, 0].sum())
        whole = replace(self, moves=self.moves.together()).rate_arrays(keep=False)[0]
        return int(whole.by_window[-1].of[:, :, 0].sum())


class _MakeArrays(Protocol):
    def __call__(
        self,
        counts: Counts,
        by: tuple[str, ...],
        windows: tuple[int, ...],
        cluster: Cluster,
        confidence: float,
        *,
        keep: bool = False,
        moves: Moves | None = None,
    ) -> tuple[RateArrays, RateArrays]: ...


@dataclass(frozen=True)
class RateMethod:
    """The event tables, arrays and provenance of one method.

    ``variance`` is the variance of one observation at a rate, for the score test of a difference; None: the Wald test.
    ``per`` is the number of discharges or person-days that a rate refers to.
    """

    clocks: tuple[str, ...]
    arrays: _MakeArrays
    measure: str
    definition: str
    unit: str
    interval: str
    variance: Variance | None
    per: int = 1


METHODS: Final[dict[str, RateMethod]] = {
    "followed": RateMethod(
        ("discharge",),
        followed_rate_arrays,
        "transition rate",
        "Moves to the next level within {within} days of discharge, as a share of the level's discharges that were "
        "followed that long, moved or not.",
        "followed discharges",
        "Wilson",
        share_variance,
    ),
    "incidence": RateMethod(
        ("gap", "discharge"),
        incidence_rate_arrays,
        "cumulative incidence of the next level",
        "Share of all discharges from the level that reach the next level within {within} days, by Aalen-Johansen on "
        "the days since discharge, so that discharges not yet followed that long count for as long as they were.",
        "discharges",
        "log-log",
        None,
    ),
    "intensity": RateMethod(
        ("discharge", "exposure"),
        intensity_rate_arrays,
        "intensity",
        "Moves to the next level within {within} days of discharge per 100 person-days (nights) in the level, both up "
        "to the last day whose discharges were followed that long.",
        "person-days",
        "exact Poisson",
        lambda rate: PER * rate,
        PER,
    ),
}
