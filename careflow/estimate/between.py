"""Tests between the groups of a stratum: how long stays last, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import OUTCOMES
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.clocks import ENDED, ENTERED
from careflow.errors import ArgumentError
from careflow.estimate.arms import Arms, Score, arms
from careflow.estimate.asked import Cluster, check_options, counts_for
from careflow.estimate.cells import Ints, strata_of
from careflow.estimate.cif import cause_sets
from careflow.estimate.correction import Correction, adjusted, correction_name
from careflow.estimate.gray import gray
from careflow.estimate.logrank import log_rank
from careflow.estimate.result import Provenance, Result
from careflow.estimate.stays import COHORT_WORDS, Cohort, stay_clock

_TEST: Final = ("statistic", "df", "clusters", "p")
_ARM: Final = ("n", "observed", "expected")


@dataclass(frozen=True, repr=False, eq=False)
class GroupTest(Result):
    """Tests between groups; see :func:`logrank_test` and :func:`gray_test` for the columns of ``frame``.

    Attributes
    ----------
    groups : pandas.DataFrame
        The same keys, then the group, ``n`` (who entered), ``observed`` and ``expected`` events.
    correction : {"holm", "bh"} or None
        How p values are corrected.
    contributors : pandas.DataFrame or None
        At least how many distinct people are behind ``n`` and ``observed`` of each row of ``groups``: the jackknife
        groups that hold any of them. What protection needs, never for show.
    """

    groups: pd.DataFrame
    correction: Correction = "holm"
    contributors: pd.DataFrame | None = field(default=None, repr=False)


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
    check_options(cluster, 0.95)
    clock, chosen = stay_clock(moves, (by,), cohort)
    plan = _Plan(moves, clock, by, groups, calendar)
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
    check_options(cluster, 0.95)
    names, sets, causes = cause_sets(_continuum(moves), clock)
    plan = _Plan(moves, "exit" if clock == "stay" else "gap", by, groups, calendar)
    if frm is not None:
        plan.only(frm)

    def tests(seen: Arms) -> dict[str | None, Score]:
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
    return moves.rules.continuum if isinstance(moves, Counts) else moves.episodes.continuum


class _Plan:
    """The counts asked for, the groups compared, and the rows as they are found."""

    def __init__(
        self,
        moves: Transitions | Counts,
        clock: str,
        by: str,
        groups: Sequence[str] | None,
        calendar: Calendar | None,
    ) -> None:
        if not isinstance(by, str):
            raise ArgumentError("by is the name of the one stratum whose groups are compared")
        self.by = by
        self.counts, _ = counts_for(moves, clock, by, calendar=calendar)
        table = self.counts.tables[clock]
        strata = strata_of(table, self.counts.rules, (by,))
        self.labels, self.table, self.place = strata.frame[by], table, strata.place
        if groups is not None:
            self._choose(groups)
        if len(self.labels) < 2:
            raise ArgumentError(f"to compare groups takes at least two; {by} has {len(self.labels)} in these counts")
        self.tests: list[dict[str, Any]] = []
        self.arms: list[dict[str, Any]] = []
        self.people: list[tuple[int, int]] = []

    def _choose(self, groups: Sequence[str]) -> None:
        there = [str(label) for label in self.labels]
        if isinstance(groups, str) or (unknown := [label for label in groups if label not in there]):
            wrong = groups if isinstance(groups, str) else unknown[0]
            raise ArgumentError(f"groups takes several labels of {self.by}: {', '.join(there)}; it was given {wrong!r}")
        chosen = np.array([label in set(groups) for label in there])
        kept = chosen[self.place]
        self.table, self.place = self.table[kept], (np.cumsum(chosen) - 1)[self.place[kept]]
        self.labels = self.labels[chosen].reset_index(drop=True)

    def only(self, frm: str) -> None:
        kept = (self.table["state"] == self.counts.rules.continuum.index(frm)).to_numpy()
        self.table, self.place = self.table[kept], self.place[kept]

    def each(
        self,
        causes: tuple[int, ...],
        sets: Ints,
        tests: Callable[[Arms], dict[str | None, Score]],
        cluster: Cluster,
    ) -> None:
        """Run the tests at every level that anybody was seen at; ``sets`` says which causes each test is about."""
        state = self.table["state"].to_numpy()
        for level in np.unique(state):
            kept = state == level
            seen = arms(self.table[kept], self.place[kept], len(self.labels), causes)
            entered, people = seen.entered.sum(axis=1), (seen.entered > 0).sum(axis=1)
            had = np.tensordot(sets, seen.events.sum(axis=-1), axes=1)
            for (to, score), of_groups in zip(tests(seen).items(), had, strict=True):
                key = {"level": int(level), "from": int(level), "to": to}
                clusters = None if cluster is None else seen.clusters
                found = score.test(clusters)
                self.tests.append(key | dict(zip(_TEST, (*found[:2], clusters, found[2]), strict=True)))
                self.people += zip(people.tolist(), (of_groups > 0).sum(axis=1).tolist(), strict=True)
                self.arms += [
                    key | {self.by: i, "n": n, "observed": o, "expected": e}
                    for i, (n, o, e) in enumerate(zip(entered, score.observed, score.expected, strict=True))
                ]

    def about(self, measure: str, definition: str, unit: str, cluster: Cluster, correction: Correction) -> Provenance:
        rules = self.counts.rules
        reference = "chi-squared" if cluster is None else "F, clustered by person"
        return Provenance(
            measure=measure,
            definition=definition,
            n=int(self.table.loc[self.table["what"] == ENTERED, "n"].sum()),
            unit=unit,
            persons=self.counts.persons,
            cutoff=rules.cutoff,
            start=rules.start,
            dated_by="",
            interval=f"{reference}, {correction_name(correction)}",
            within=() if measure == "log-rank test" else (rules.within,),
            by=(self.by,),
            source=self.counts.source,
        )

    def result(self, keys: list[str], about: Provenance, correction: Correction) -> GroupTest:
        frame = pd.DataFrame(self.tests, columns=[*keys, *_TEST]).astype({"df": np.int64, "clusters": "Int64"})
        frame = self._words(frame)
        frame["p_adjusted"] = adjusted(frame["p"].astype(float), correction)
        groups = self._words(pd.DataFrame(self.arms, columns=[*keys, self.by, *_ARM]))
        groups[self.by] = self.labels.take(groups[self.by].to_numpy(dtype=np.int64)).to_numpy()
        groups[self.by] = groups[self.by].astype(self.labels.dtype)
        groups = groups.astype({"n": np.int64, "observed": np.int64, "expected": float})
        people = pd.DataFrame(self.people, columns=["n", "observed"], dtype=np.int64)
        continuum = self.counts.rules.continuum
        return GroupTest(frame, about, continuum, groups=groups, correction=correction, contributors=people)

    def _words(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = list(self.counts.rules.continuum.names)
        levels: pd.CategoricalDtype[Any] = pd.CategoricalDtype(names, ordered=True)
        for name in ("level", "from"):
            if name in frame:
                frame[name] = pd.Categorical.from_codes(frame[name].to_numpy(), dtype=levels)
        if "to" in frame:
            frame["to"] = pd.Categorical(frame["to"], [*names, *OUTCOMES], ordered=True)
        return frame
