"""A test between the groups of a stratum: its result, and the plan by which it is run level by level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import OUTCOMES
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.event_tables import ENTERED
from careflow.errors import ArgumentError
from careflow.estimate.arguments import Cluster, counts_for
from careflow.estimate.arrays.strata import Ints, strata_of
from careflow.estimate.result import Provenance, Result
from careflow.estimate.stats.group_scores import GroupArrays, Score, group_arrays
from careflow.estimate.stats.multiple_testing import Correction, adjusted, correction_name

_TEST: Final = ("statistic", "df", "clusters", "p")
_GROUP: Final = ("n", "observed", "expected")


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


class Plan:
    """The counts asked for, the groups compared, and the rows as they are found.

    Parameters
    ----------
    moves : Transitions or Counts
    clock : str
        The clock whose counts are compared.
    by, groups, calendar
        As in :func:`careflow.logrank_test`.
    """

    def __init__(
        self,
        moves: Transitions | Counts,
        clock: str,
        by: str,
        groups: Sequence[str] | None,
        calendar: Calendar | None,
    ) -> None:
        self.by = by
        self.counts, _ = counts_for(moves, clock, by, calendar=calendar)
        table = self.counts.tables[clock]
        strata = strata_of(table, self.counts.definition, (by,))
        self.labels, self.table, self.place = strata.frame[by], table, strata.place
        if groups is not None:
            self._choose(groups)
        if len(self.labels) < 2:
            raise ArgumentError(f"to compare groups takes at least two; {by} has {len(self.labels)} in these counts")
        self.tests: list[dict[str, Any]] = []
        self.group_rows: list[dict[str, Any]] = []
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
        """Keep one level of those that would be tested."""
        kept = (self.table["state"] == self.counts.definition.continuum.index(frm)).to_numpy()
        self.table, self.place = self.table[kept], self.place[kept]

    def each(
        self,
        causes: tuple[int, ...],
        sets: Ints,
        tests: Callable[[GroupArrays], dict[str | None, Score]],
        cluster: Cluster,
    ) -> None:
        """Run the tests at every level that anybody was seen at; ``sets`` says which causes each test is about."""
        state = self.table["state"].to_numpy()
        for level in np.unique(state):
            kept = state == level
            seen = group_arrays(self.table[kept], self.place[kept], len(self.labels), causes)
            entered, people = seen.entered.sum(axis=1), (seen.entered > 0).sum(axis=1)
            had = np.tensordot(sets, seen.events.sum(axis=-1), axes=1)
            for (to, score), of_groups in zip(tests(seen).items(), had, strict=True):
                key = {"level": int(level), "from": int(level), "to": to}
                clusters = None if cluster is None else seen.clusters
                found = score.test(clusters)
                self.tests.append(key | dict(zip(_TEST, (*found[:2], clusters, found[2]), strict=True)))
                self.people += zip(people.tolist(), (of_groups > 0).sum(axis=1).tolist(), strict=True)
                self.group_rows += [
                    key | {self.by: i, "n": n, "observed": o, "expected": e}
                    for i, (n, o, e) in enumerate(zip(entered, score.observed, score.expected, strict=True))
                ]

    def about(self, measure: str, definition: str, unit: str, cluster: Cluster, correction: Correction) -> Provenance:
        """Return the provenance of the tests."""
        rules = self.counts.definition
        reference = "chi-squared" if cluster is None else "F, clustered by person"
        return Provenance(
            measure=measure,
            definition=definition,
            n=int(self.table.loc[self.table["event"] == ENTERED, "n"].sum()),
            unit=unit,
            persons=self.counts.persons,
            cutoff=rules.cutoff,
            start=rules.start,
            dated_by="",
            interval=f"{reference}, {correction_name(correction)}",
            within=() if measure == "log-rank test" else (rules.within,),
            by=(self.by,),
            source=self.counts.source,
            last=self.counts.last,
        )

    def result(self, keys: list[str], about: Provenance, correction: Correction) -> GroupTest:
        """Return the tests that were run, by the columns ``keys``, with their p values corrected."""
        frame = pd.DataFrame(self.tests, columns=[*keys, *_TEST]).astype({"df": np.int64, "clusters": "Int64"})
        frame = self._words(frame)
        frame["p_adjusted"] = adjusted(frame["p"].astype(float), correction)
        groups = self._words(pd.DataFrame(self.group_rows, columns=[*keys, self.by, *_GROUP]))
        groups[self.by] = self.labels.take(groups[self.by].to_numpy(dtype=np.int64)).to_numpy()
        groups[self.by] = groups[self.by].astype(self.labels.dtype)
        groups = groups.astype({"n": np.int64, "observed": np.int64, "expected": float})
        people = pd.DataFrame(self.people, columns=["n", "observed"], dtype=np.int64)
        continuum = self.counts.definition.continuum
        return GroupTest(frame, about, continuum, groups=groups, correction=correction, contributors=people)

    def _words(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = list(self.counts.definition.continuum.names)
        levels: pd.CategoricalDtype[Any] = pd.CategoricalDtype(names, ordered=True)
        for name in ("level", "from"):
            if name in frame:
                frame[name] = pd.Categorical.from_codes(frame[name].to_numpy(), dtype=levels)
        if "to" in frame:
            frame["to"] = pd.Categorical(frame["to"], [*names, *OUTCOMES], ordered=True)
        return frame
