"""Tests between the groups of a stratum: how long stays last, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from careflow.arguments import one_of, text
from careflow.continuum import Continuum
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.event_tables import ENDED
from careflow.estimate.arguments import Cluster, estimator
from careflow.estimate.stats.gray import gray
from careflow.estimate.stats.group_scores import GroupArrays, Score
from careflow.estimate.stats.logrank import log_rank
from careflow.estimate.stats.multiple_testing import Correction
from careflow.estimate.survival.cumulative_incidence import cause_sets
from careflow.estimate.survival.length_of_stay import COHORT_WORDS, Cohort, stay_clock
from careflow.estimate.survival.test_result import GroupTest, Plan


@estimator(by=text, cohort=one_of(*COHORT_WORDS))
def logrank_test(
    moves: Transitions | Counts,
    *,
    by: str,
    groups: Sequence[str] | None = None,
    cohort: Cohort | None = None,
    cluster: Cluster = "person",
    correction: Correction = "holm",
    calendar: Calendar | None = None,
) -> GroupTest:
    r"""Test at each level whether stays last equally long in several groups.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    by : str
        The stratum whose groups are compared.
    groups : sequence of str, optional
        Some of its labels; all of them when left out, ``(missing)`` among them.
    cohort
        As in :func:`length_of_stay`.
    cluster : {"person", None}
        Whether to allow for people who come back.
    correction : {"holm", "bh"} or None
        How ``p_adjusted`` allows for the number of levels.
    calendar : Calendar, optional
        Which months make a quarter.

    Returns
    -------
    GroupTest
        ``frame``: ``level, statistic, df, clusters, p, p_adjusted``; ``groups``: ``level``, the stratum, ``n,
        observed, expected``. A level at which fewer than two groups were seen has no answer.

    Raises
    ------
    ArgumentError, CountsError
        If the stratum, a label or an option does not exist.

    Notes
    -----
    Mantel's log-rank test, stays entering late at the age they had; open stays count for as long as they have lasted.
    Plain, it is R's ``survdiff`` (which has no late entry), against chi-squared. With persons clustered the covariance
    of observed less expected is the delete-a-group jackknife, and the statistic is Hotelling's T-squared, against F
    with ``df`` and ``clusters - df`` degrees of freedom.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": list("abcd"), "level": ["iop"] * 4, "payer": ["x", "x", "y", "y"],
    ...     "admit_date": ["2024-01-01"] * 4, "discharge_date": ["2024-01-05", "2024-01-09", "2024-02-01", None]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-03-31"))
    >>> test = cf.logrank_test(moves, by="payer", cluster=None)
    >>> test.groups.loc[test.groups["level"] == "iop", ["payer", "n", "observed", "expected"]].round(3).values.tolist()
    [['x', 2, 2, 0.833], ['y', 2, 1, 2.167]]
    """
    clock, chosen = stay_clock(moves, (by,), cohort)
    plan = Plan(moves, clock, by, groups, calendar)
    plan.each((ENDED,), np.eye(1, dtype=np.int64), lambda seen: {None: log_rank(seen, cluster)}, cluster)
    about = plan.about(
        "log-rank test",
        f"Whether stays last equally long in the groups of {by} at each level (log-rank), open stays counted for as "
        f"long as they have lasted; {COHORT_WORDS[chosen]}.",
        "stays",
        cluster,
        correction,
    )
    return plan.result(["level"], about, correction)


@estimator(frm=text, by=text, clock=one_of("stay", "gap"))
def gray_test(
    moves: Transitions | Counts,
    frm: str | None = None,
    *,
    by: str,
    groups: Sequence[str] | None = None,
    clock: Literal["stay", "gap"] = "stay",
    cluster: Cluster = "person",
    correction: Correction = "holm",
    calendar: Calendar | None = None,
) -> GroupTest:
    r"""Test whether each outcome becomes as common in several groups, the other outcomes competing with it.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    frm : str, optional
        The level to look at; every level when left out.
    by, groups, cluster, correction, calendar
        As in :func:`logrank_test`.
    clock : {"stay", "gap"}
        As in :func:`cumulative_incidence`.

    Returns
    -------
    GroupTest
        ``frame``: ``from, to, statistic, df, clusters, p, p_adjusted``; ``groups``: ``from, to``, the stratum, ``n,
        observed, expected``.

    Raises
    ------
    ArgumentError, CountsError
        If the level, the stratum, a label or an option does not exist.

    Notes
    -----
    Gray (1988, Annals of Statistics 16:1141-1154), with weight 1: a log-rank test of the subdistribution hazards,
    equal to R's ``cmprsk::cuminc`` when not clustered. Stays that enter late are at risk from the age they had. With
    persons clustered as in :func:`logrank_test`.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": list("abcd"), "level": ["iop"] * 4, "payer": ["x", "x", "y", "y"],
    ...     "discharge_reason": ["completed", "completed", "completed", "left early"],
    ...     "admit_date": ["2024-01-01"] * 4,
    ...     "discharge_date": ["2024-01-05", "2024-01-09", "2024-02-01", "2024-01-03"]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> test = cf.gray_test(moves, "iop", by="payer", cluster=None).frame
    >>> test.loc[test["to"] == "completed", ["df", "p"]].round(3).values.tolist()
    [[1.0, 0.182]]
    """
    names, sets, causes = cause_sets(_continuum(moves), clock)
    plan = Plan(moves, "exit" if clock == "stay" else "gap", by, groups, calendar)
    if frm is not None:
        plan.only(frm)

    def tests(seen: GroupArrays) -> dict[str | None, Score]:
        return dict(zip(names, gray(seen, sets, cluster), strict=True))

    plan.each(causes, sets, tests, cluster)
    about = plan.about(
        "Gray's test",
        f"Whether each outcome becomes as common in the groups of {by}, by days since "
        f"{'admission' if clock == 'stay' else 'discharge'}, the other outcomes competing with it (Gray).",
        "stays" if clock == "stay" else "discharges",
        cluster,
        correction,
    )
    return plan.result(["from", "to"], about, correction)


def _continuum(moves: Transitions | Counts) -> Continuum:
    return moves.definition.continuum if isinstance(moves, Counts) else moves.episodes.continuum
