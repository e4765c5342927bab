"""Tests between the groups of a stratum, level by level, and their result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import OUTCOMES
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.event_tables import ENTERED
from careflow.counts.parts import Part
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
    """Tests between groups; made by :func:`careflow.logrank_test` and :func:`careflow.gray_test`.

    ``frame`` has one row for each test. Its columns are ``level`` (log-rank) or ``from, to`` (Gray), then
    ``statistic``, ``df`` (degrees of freedom), ``clusters`` (jackknife groups; missing if not clustered),
    ``p`` (two-sided) and ``p_adjusted`` (corrected for the number of tests).

    Attributes
    ----------
    groups : pandas.DataFrame
        The same keys, then the group, ``n`` (stays or discharges), ``observed`` and ``expected`` events.
    correction : {"holm", "bh"} or None
        The correction of ``p_adjusted``.
    contributors : pandas.DataFrame or None
        For each row of ``groups``, lower bounds of the number of distinct persons in ``n`` and ``observed``: the number
        of jackknife groups that hold any of them. Used by :func:`careflow.protect`; not for publication.
    """

    groups: pd.DataFrame
    correction: Correction = "holm"
    contributors: pd.DataFrame | None = field(default=None, repr=False)


class LevelTests:
    """The counts and groups that are compared, and the rows of the tests run so far.

    Parameters
    ----------
    moves : Transitions or Counts
    clock : str
        The event table that is tested.
    by, groups, calendar
        As in :func:`careflow.logrank_test`.
    part : Part
        The part of the records that is tested.
    """

    def __init__(
        self,
        moves: Transitions | Counts,
        clock: str,
        by: str,
        groups: Sequence[str] | None,
        calendar: Calendar | None,
        part: Part,
    ) -> None:
        self.by = by
        self.counts, _ = counts_for(moves, clock, by, calendar=calendar, part=part)
        table = self.counts.tables[clock]
        strata = strata_of(table, self.counts.definition, (by,))
        self.labels, self.table, self.group = strata.frame[by], table, strata.codes
        if groups is not None:
            self._choose(groups)
        if len(self.labels) < 2:
            raise ArgumentError(f"to compare groups takes at least two; {by} has {len(self.labels)} in these counts")
        self.tests: list[dict[str, Any]] = []
        self.group_rows: list[dict[str, Any]] = []
        self.people: list[tuple[int, int]] = []

    def _choose(self, groups: Sequence[str]) -> None:
        labels = [str(label) for label in self.labels]
        if isinstance(groups, str) or (unknown := [label for label in groups if label not in labels]):
            wrong = groups if isinstance(groups, str) else unknown[0]
            raise ArgumentError(
                f"groups takes several labels of {self.by}: {', '.join(labels)}; it was given {wrong!r}"
            )
        chosen = np.array([label in set(groups) for label in labels])
        kept = chosen[self.group]
        self.table, self.group = self.table[kept], (np.cumsum(chosen) - 1)[self.group[kept]]
        self.labels = self.labels[chosen].reset_index(drop=True)

    def only(self, frm: str) -> None:
        """Restrict the tests to one level."""
        kept = (self.table["state"] == self.counts.definition.continuum.index(frm)).to_numpy()
        self.table, self.group = self.table[kept], self.group[kept]

    def each(
        self,
        causes: tuple[int, ...],
        sets: Ints,
        tests: Callable[[GroupArrays], dict[str | None, Score]],
        cluster: Cluster,
    ) -> None:
        """Run the tests at every level that has counts.

        Parameters
        ----------
        causes : tuple of int
            The event codes that are counted.
        sets : numpy.ndarray of 0 and 1, shape (tests, causes)
            The causes of each test.
        tests : callable
            Returns the score of each test, by the value of ``to``.
        cluster : {"person", None}
            Whether the tests are clustered by person.
        """
        state = self.table["state"].to_numpy()
        for level in np.unique(state):
            kept = state == level
            arrays = group_arrays(self.table[kept], self.group[kept], len(self.labels), causes)
            entered, people = arrays.entered.sum(axis=1), (arrays.entered > 0).sum(axis=1)
            observed = np.tensordot(sets, arrays.events.sum(axis=-1), axes=1)
            for (to, score), of_groups in zip(tests(arrays).items(), observed, strict=True):
                key = {"level": int(level), "from": int(level), "to": to}
                clusters = None if cluster is None else arrays.clusters
                result = score.test(clusters)
                self.tests.append(key | dict(zip(_TEST, (*result[:2], clusters, result[2]), strict=True)))
                self.people += zip(people.tolist(), (of_groups > 0).sum(axis=1).tolist(), strict=True)
                self.group_rows += [
                    key | {self.by: i, "n": n, "observed": o, "expected": e}
                    for i, (n, o, e) in enumerate(zip(entered, score.observed, score.expected, strict=True))
                ]

    def about(self, measure: str, definition: str, unit: str, cluster: Cluster, correction: Correction) -> Provenance:
        """Return the provenance of the tests."""
        counted = self.counts.definition
        reference = "chi-squared" if cluster is None else "F, clustered by person"
        return Provenance.of(
            self.counts,
            measure=measure,
            definition=definition,
            n=int(self.table.loc[self.table["event"] == ENTERED, "n"].sum()),
            unit=unit,
            dated_by="",
            interval=f"{reference}, {correction_name(correction)}",
            within=() if measure == "log-rank test" else (counted.within,),
            by=(self.by,),
        )

    def result(self, keys: list[str], about: Provenance, correction: Correction) -> GroupTest:
        """Return the tests run so far, by the columns ``keys``, with corrected p values."""
        frame = pd.DataFrame(self.tests, columns=[*keys, *_TEST]).astype({"df": np.int64, "clusters": "Int64"})
        frame = self._labelled(frame)
        frame["p_adjusted"] = adjusted(frame["p"].astype(float), correction)
        groups = self._labelled(pd.DataFrame(self.group_rows, columns=[*keys, self.by, *_GROUP]))
        groups[self.by] = self.labels.take(groups[self.by].to_numpy(dtype=np.int64)).to_numpy()
        groups[self.by] = groups[self.by].astype(self.labels.dtype)
        groups = groups.astype({"n": np.int64, "observed": np.int64, "expected": float})
        people = pd.DataFrame(self.people, columns=["n", "observed"], dtype=np.int64)
        continuum = self.counts.definition.continuum
        return GroupTest(frame, about, continuum, groups=groups, correction=correction, contributors=people)

    def _labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = list(self.counts.definition.continuum.names)
        levels: pd.CategoricalDtype[Any] = pd.CategoricalDtype(names, ordered=True)
        for name in ("level", "from"):
            if name in frame:
                frame[name] = pd.Categorical.from_codes(frame[name].to_numpy(), dtype=levels)
        if "to" in frame:
            frame["to"] = pd.Categorical(frame["to"], [*names, *OUTCOMES], ordered=True)
        return frame
