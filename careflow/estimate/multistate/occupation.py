"""Where people are on each day of a journey, and how many days they spend at each level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from careflow.arguments import Check, flag, text, whole
from careflow.counts import Calendar, Counts, Transitions
from careflow.estimate.arguments import Cluster, estimator
from careflow.estimate.arrays.followup import Longest
from careflow.estimate.multistate.journey_counts import Array, JourneyCounts
from careflow.estimate.result import Result
from careflow.estimate.stats.aalen_johansen import StateProcess, occupied_se
from careflow.estimate.stats.kaplan_meier import clustered_se

_CHECKS: Final[dict[str, Check]] = {
    "start": text,
    "days": whole(1, word="longest"),
    "landmark": whole(0),
    "reentry": flag,
}


@dataclass(frozen=True, repr=False, eq=False)
class Occupation(Result):
    """State occupation; see :func:`occupation` for the columns of ``frame``.

    Attributes
    ----------
    started : pandas.DataFrame
        The strata, ``n`` (journeys whose clock started) and ``persons`` (at least so many people: the jackknife groups
        that hold any of them). What protection needs, never for show.
    """

    start: str | None
    days: int
    started: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, repr=False, eq=False)
class ExpectedDays(Result):
    """Expected days by level; see :func:`expected_days` for the columns of ``frame``.

    Attributes
    ----------
    started : pandas.DataFrame
        The strata, ``n`` (journeys whose clock started) and ``persons`` (at least so many people: the jackknife groups
        that hold any of them). What protection needs, never for show.
    """

    start: str | None
    days: int
    started: pd.DataFrame = field(repr=False)


@estimator(**_CHECKS)
def occupation(
    moves: Transitions | Counts,
    *,
    start: str | None = None,
    days: int | Longest = 365,
    landmark: int | None = None,
    reentry: bool = False,
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
) -> Occupation:
    r"""Estimate what share of journeys is at each level on each day since they began.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    start : str, optional
        The clock starts at each journey's first admission to this level; at its first admission when left out.
    days : int or "longest"
        Up to which day; ``"longest"`` is the longest one to which every stratum is known.
    landmark : int, optional
        The clock starts on this day of a journey instead, for those still followed then: those who are at ``start`` on
        that day, or everybody. If the past did not matter, this would be the same as the occupation of a process that
        starts there; where the two differ, the landmark one is right for people with that past.
    reentry : bool
        Whether to follow people back into care after they have left it. One clock a person then, from the first
        admission.
    by : str or sequence of str, optional
        Strata, of the stay at which the clock starts.
    cluster, level, calendar
        As in :func:`transition_rates`.

    Returns
    -------
    Occupation
        ``frame``: the strata, then ``day, state, estimate, se, low, high, known_to, mature``, for the days 0 to
        ``days``. The states are the levels, ``between stays`` (a move is to come), ``left care`` and ``died``; on every
        day they sum to 1. ``known_to`` is the last day on which somebody was followed in a state that can still be
        left. After it the estimate and its limits are missing, unless nobody is left in such a state: then all is
        known for good. ``mature`` is whether everybody of the period was followed for ``days``.

    Raises
    ------
    ArgumentError, CountsError
        If a level, a stratum or a number of days does not fit.

    Notes
    -----
    :math:`p(t) = p(0) \prod_{s \le t} (I + dA(s))` over reversible states, from one-day transition counts, up to the
    cut-off less the link window, so that what follows a discharge is known. Several changes on one day are one net
    move. With random censoring the occupation is right whether or not the process is Markov (Datta and Satten 2001,
    Statistics and Probability Letters 55:403-411); so it is from a landmark (Putter and Spitoni 2018, Statistical
    Methods in Medical Research 27:2081-2092).

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["php", "iop", "php"],
    ...     "admit_date": ["2024-01-01", "2024-01-15", "2024-01-01"],
    ...     "discharge_date": ["2024-01-11", "2024-03-01", "2024-01-21"]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> where = cf.occupation(moves, start="php", days=30, cluster=None).frame
    >>> where[(where["day"] == 12) & (where["estimate"] > 0)][["state", "estimate"]].values.tolist()
    [['php', 0.5], ['between stays', 0.5]]
    """
    journeys = JourneyCounts(moves, start, days, landmark, reentry, by, cluster, confidence, calendar)
    frame = journeys.frame("state", np.arange(journeys.days + 1), _occupation, bounded=True)
    definition = (
        f"Share of journeys at each level on each day since {journeys.since} "
        "(Aalen-Johansen), followed to the cut-off less the link window"
        + ("; people are followed back into care." if reentry else "; who left care is not followed back into it.")
    )
    about = journeys.about("state occupation", definition, "log-log")
    return Occupation(
        frame, about, journeys.counts.definition.continuum, start=start, days=journeys.days, started=journeys.started()
    )


@estimator(**_CHECKS)
def expected_days(
    moves: Transitions | Counts,
    *,
    start: str | None = None,
    days: int | Longest = 365,
    landmark: int | None = None,
    reentry: bool = False,
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
) -> ExpectedDays:
    r"""Estimate how many of the first ``days`` days of a journey are spent at each level.

    Parameters
    ----------
    moves, start, days, landmark, reentry, by, cluster, level, calendar
        As in :func:`occupation`.

    Returns
    -------
    ExpectedDays
        ``frame``: the strata, then ``state, days, se, low, high, known_to, mature``; the days of all states sum to
        ``days``. They are missing unless the stratum was followed for so long, or nobody was left in a state that can
        be left (see :func:`occupation`); ``days="longest"`` takes the longest horizon that every stratum has.

    Raises
    ------
    ArgumentError, CountsError
        As in :func:`occupation`.

    Notes
    -----
    :math:`\sum_{t=0}^{D-1} p(t)`, the area under the state occupation, with limits from the normal or *t* quantile.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "b"], "level": ["php", "php"],
    ...     "admit_date": ["2024-01-01", "2024-01-01"], "discharge_date": ["2024-01-11", "2024-01-21"]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> spent = cf.expected_days(moves, start="php", days=100, cluster=None).frame
    >>> spent.loc[spent["days"] > 0, ["state", "days"]].values.tolist()
    [['php', 15.0], ['left care', 85.0]]
    """
    journeys = JourneyCounts(moves, start, days, landmark, reentry, by, cluster, confidence, calendar)
    frame = journeys.frame("days", np.array([journeys.days]), _spent, bounded=False).drop(columns="day")
    definition = (
        f"Days out of the first {journeys.days} since {journeys.since} that are spent at each level: the area "
        "under the state occupation."
    )
    about = journeys.about("expected days", definition, "normal" if cluster is None else "t")
    return ExpectedDays(
        frame, about, journeys.counts.definition.continuum, start=start, days=journeys.days, started=journeys.started()
    )


def _occupation(process: StateProcess, cluster: Cluster) -> tuple[Array, Array, int | None]:
    """Return estimates and standard errors, shape (days + 1, states), and the number of groups."""
    return _estimated(process, cluster, lambda path: path, spent=False)


def _spent(process: StateProcess, cluster: Cluster) -> tuple[Array, Array, int | None]:
    return _estimated(process, cluster, lambda path: np.asarray(path[:-1].sum(axis=0, keepdims=True)), spent=True)


def _estimated(
    process: StateProcess, cluster: Cluster, shown: Callable[[Array], Array], *, spent: bool
) -> tuple[Array, Array, int | None]:
    every = process.together()
    estimate = shown(every.occupied()[:, 0])
    if cluster is None:
        plain = occupied_se(every, spent=spent)
        return estimate, plain[-2:-1] if spent else plain, None
    with np.errstate(invalid="ignore"):
        without = shown(process.without_each_group(every).occupied())
    return estimate, *clustered_se(estimate, without, process.present)
