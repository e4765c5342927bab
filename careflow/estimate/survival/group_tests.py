"""Tests between the groups of a stratum: log-rank for length of stay, Gray for cumulative incidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from careflow.arguments import one_of, text
from careflow.continuum import Continuum
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.event_tables import ENDED
from careflow.counts.parts import Part, Where
from careflow.estimate.arguments import Cluster, estimator
from careflow.estimate.stats.gray import gray
from careflow.estimate.stats.group_scores import GroupArrays, Score
from careflow.estimate.stats.logrank import log_rank
from careflow.estimate.stats.multiple_testing import Correction
from careflow.estimate.survival.cumulative_incidence import cause_sets
from careflow.estimate.survival.length_of_stay import COHORT_WORDS, Cohort, stay_clock
from careflow.estimate.survival.test_result import GroupTest, LevelTests


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
    where: Where | None = None,
    last: int | None = None,
) -> GroupTest:
    r"""Test at each level whether length of stay is the same in several groups (log-rank).

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    by : str
        The stratum whose groups are compared.
    groups : sequence of str, optional
        Some of its labels; by default all, with ``(missing)``.
    cohort : {"period", "admission", "discharge"}, optional
        As in :func:`length_of_stay`.
    cluster : {"person", None}
        ``"person"``: covariance by the delete-a-group jackknife over persons; None: stays taken as independent.
    correction : {"holm", "bh"} or None
        Correction of ``p_adjusted`` for the number of levels.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    GroupTest
        ``frame``: ``level, statistic, df, clusters, p, p_adjusted``; ``groups``: ``level``, the stratum, ``n,
        observed, expected``. The test is missing at a level with stays of fewer than two groups.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a level or stratum does not exist.
    CountsError
        If counts are given that do not hold the table or strata asked for.

    Notes
    -----
    Mantel's log-rank test with late entry; open stays are censored. Observed minus expected events of group *k* are

    .. math:: z_k = \sum_t d_{kt} - d_t \frac{n_{kt}}{n_t}

    With ``cluster=None`` the statistic :math:`z^\top V^{-1} z` has the hypergeometric covariance of R's
    ``survival::survdiff`` (which has no late entry) and is compared with chi-squared. With persons clustered *V* is the
    delete-a-group jackknife covariance, and the statistic is Hotelling's T-squared, compared with F with ``df`` and
    ``clusters - df`` degrees of freedom.

    References
    ----------
    Mantel N (1966), Cancer Chemotherapy Reports 50:163-170; Peto R, Peto J (1972), JRSS A 135:185-207.

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
    level_tests = LevelTests(moves, clock, by, groups, calendar, Part(where, last))
    level_tests.each((ENDED,), np.eye(1, dtype=np.int64), lambda seen: {None: log_rank(seen, cluster)}, cluster)
    about = level_tests.about(
        "log-rank test",
        f"Whether stays last equally long in the groups of {by} at each level (log-rank), open stays counted for as "
        f"long as they have lasted; {COHORT_WORDS[chosen]}.",
        "stays",
        cluster,
        correction,
    )
    return level_tests.result(["level"], about, correction)


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
    where: Where | None = None,
    last: int | None = None,
) -> GroupTest:
    r"""Test whether the cumulative incidence of each outcome is the same in several groups (Gray).

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    frm : str, optional
        The level left; every level by default.
    by, groups, cluster, correction, calendar, where, last
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
    ArgumentError
        If an argument has a wrong type or value, or a level or stratum does not exist.
    CountsError
        If counts are given that do not hold the table or strata asked for.

    Notes
    -----
    A log-rank test of the subdistribution hazards (Gray's test with weight 1), with the weighted risk set

    .. math:: R_{kt} = n_{kt}\,\frac{1 - I_k(t-)}{S_k(t-)}

    With ``cluster=None`` it equals R's ``cmprsk::cuminc``. Stays with late entry are at risk from their age at entry.
    With persons clustered the covariance and the reference are those of :func:`logrank_test`.

    References
    ----------
    Gray RJ (1988), Annals of Statistics 16:1141-1154.

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
    level_tests = LevelTests(moves, "exit" if clock == "stay" else "gap", by, groups, calendar, Part(where, last))
    if frm is not None:
        level_tests.only(frm)

    def tests(seen: GroupArrays) -> dict[str | None, Score]:
        return dict(zip(names, gray(seen, sets, cluster), strict=True))

    level_tests.each(causes, sets, tests, cluster)
    about = level_tests.about(
        "Gray's test",
        f"Whether each outcome becomes as common in the groups of {by}, by days since "
        f"{'admission' if clock == 'stay' else 'discharge'}, the other outcomes competing with it (Gray).",
        "stays" if clock == "stay" else "discharges",
        cluster,
        correction,
    )
    return level_tests.result(["from", "to"], about, correction)


def _continuum(moves: Transitions | Counts) -> Continuum:
    return moves.definition.continuum if isinstance(moves, Counts) else moves.episodes.continuum
