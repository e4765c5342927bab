"""State occupation of journeys by day, and expected days by level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from careflow.arguments import Check, flag, text, whole
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.parts import Part, Where
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
    """State occupation of journeys; made by :func:`careflow.occupation`.

    ``frame`` has one row for each stratum, day and state. Its columns are the strata, ``day`` (since the clock
    started), ``state`` (level, ``between stays``, ``left care`` or ``died``), ``estimate`` (share of journeys, 0 to 1),
    ``se, low, high`` (its standard error and log-log limits), ``known_to`` (last day with follow-up) and ``mature``.

    Attributes
    ----------
    start : str or None
        The level at whose first admission the clock starts; None: the first admission of the journey.
    days : int
        The last day.
    started : pandas.DataFrame
        The strata, ``n`` (journeys whose clock started) and ``persons`` (a lower bound of the number of persons: the
        number of jackknife groups that hold any of them). Used by :func:`careflow.protect`; not for publication.
    """

    start: str | None
    days: int
    started: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, repr=False, eq=False)
class ExpectedDays(Result):
    """Expected days by state; made by :func:`careflow.expected_days`.

    ``frame`` has one row for each stratum and state. Its columns are the strata, ``state``, ``days`` (expected days in
    the state before the horizon), ``se, low, high`` (its standard error and limits, in days), ``known_to`` (last day
    with follow-up) and ``mature``.

    Attributes
    ----------
    start : str or None
        The level at whose first admission the clock starts; None: the first admission of the journey.
    days : int
        The horizon in days.
    started : pandas.DataFrame
        The strata, ``n`` (journeys whose clock started) and ``persons`` (a lower bound of the number of persons: the
        number of jackknife groups that hold any of them). Used by :func:`careflow.protect`; not for publication.
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
    where: Where | None = None,
    last: int | None = None,
) -> Occupation:
    r"""Estimate the share of journeys in each state on each day since they began.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    start : str, optional
        The clock starts at each journey's first admission to this level; by default at its first admission.
    days : int or "longest"
        The last day; ``"longest"`` is the last day to which every stratum is known.
    landmark : int, optional
        The clock starts on this day of a journey instead, for journeys still followed then: those at ``start`` on that
        day, or all. In a Markov process this equals the occupation of a process that starts there; if the two differ,
        the landmark estimate is right for persons with that past.
    reentry : bool
        Whether persons are followed back into care after leaving it, on one clock a person from the first admission.
    by : str or sequence of str, optional
        Strata of the stay at which the clock starts.
    cluster : {"person", None}
        ``"person"``: intervals by the delete-a-group jackknife over persons; None: intervals that assume independent
        stays.
    confidence : float
        Coverage of the intervals, such as 0.95.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    Occupation
        ``frame``: the strata, then ``day, state, estimate, se, low, high, known_to, mature``, for the days 0 to
        ``days``. The states are the levels, ``between stays`` (a move follows), ``left care`` and ``died``; on every
        day they sum to 1. ``known_to`` is the last day on which somebody was followed in a transient state. After it
        the estimate and its limits are missing, unless nobody is left in a transient state. ``mature`` is whether
        everybody of the period was followed for ``days``.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a level or stratum does not exist.
    CountsError
        If counts are given that do not hold the table or strata asked for.

    Notes
    -----
    The Aalen-Johansen product integral over reversible states, from the matrices of one-day transition shares:

    .. math:: p(t) = p(0) \prod_{s \le t} (I + dA(s))

    Follow-up ends at the cut-off minus the link window, so that what follows a discharge is known. Several changes on
    one day are one net transition. Under random censoring the estimate is consistent whether or not the process is
    Markov, from the start and from a landmark.

    References
    ----------
    Aalen OO, Johansen S (1978), Scandinavian Journal of Statistics 5:141-150; Datta S, Satten GA (2001), Statistics and
    Probability Letters 55:403-411; Putter H, Spitoni C (2018), Statistical Methods in Medical Research 27:2081-2092.

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
    journeys = JourneyCounts(
        moves, start, days, landmark, reentry, by, cluster, confidence, calendar, Part(where, last)
    )
    frame = journeys.frame("state", np.arange(journeys.days + 1), _occupation, bounded=True)
    definition = (
        f"Share of journeys at each level on each day since {journeys.since} "
        "(Aalen-Johansen), followed to the cut-off less the link window"
        + ("; people are followed back into care." if reentry else "; who left care is not followed back into it.")
    )
    about = journeys.about("state occupation", definition, "log-log")
    return Occupation(
        frame,
        about,
        journeys.counts.definition.continuum,
        start=journeys.start,
        days=journeys.days,
        started=journeys.started(),
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
    where: Where | None = None,
    last: int | None = None,
) -> ExpectedDays:
    r"""Estimate the expected days in each state during the first ``days`` days of a journey.

    Parameters
    ----------
    moves, start, landmark, reentry, by, cluster, confidence, calendar, where, last
        As in :func:`occupation`.
    days : int or "longest"
        The horizon in days; ``"longest"`` is the longest horizon to which every stratum is known.

    Returns
    -------
    ExpectedDays
        ``frame``: the strata, then ``state, days, se, low, high, known_to, mature``; the days of all states sum to the
        horizon. They are missing unless ``known_to`` reaches the horizon or nobody is left in a transient state (see
        :func:`occupation`).

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a level or stratum does not exist.
    CountsError
        If counts are given that do not hold the table or strata asked for.

    Notes
    -----
    The area under the state occupation *p* up to the horizon *D*:

    .. math:: \sum_{t=0}^{D-1} p(t)

    Limits are from the normal quantile, or the *t* quantile if clustered by person.

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
    journeys = JourneyCounts(
        moves, start, days, landmark, reentry, by, cluster, confidence, calendar, Part(where, last)
    )
    frame = journeys.frame("days", np.array([journeys.days]), _days_spent, bounded=False).drop(columns="day")
    definition = (
        f"Days out of the first {journeys.days} since {journeys.since} that are spent at each level: the area "
        "under the state occupation."
    )
    about = journeys.about("expected days", definition, "normal" if cluster is None else "t")
    return ExpectedDays(
        frame,
        about,
        journeys.counts.definition.continuum,
        start=journeys.start,
        days=journeys.days,
        started=journeys.started(),
    )


def _occupation(process: StateProcess, cluster: Cluster) -> tuple[Array, Array, int | None]:
    """Return estimates and standard errors, shape (days + 1, states), and the number of groups."""
    return _estimated(process, cluster, lambda path: path, spent=False)


def _days_spent(process: StateProcess, cluster: Cluster) -> tuple[Array, Array, int | None]:
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
