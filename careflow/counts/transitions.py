"""Linked stays: the last person-level objects; counts and estimates have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import NoReturn

import pandas as pd

from careflow.arguments import checked, instance, names, several_whole, where, whole
from careflow.continuum.html import NOTE, html_table
from careflow.counts.attrition import attrition_steps, moves_off, summary
from careflow.counts.calendar import UNITS, Calendar
from careflow.counts.count import check_strata, count_table
from careflow.counts.counts import Counts
from careflow.counts.definition import Definition
from careflow.counts.parts import Where, part_of, strata_to_count
from careflow.counts.person_level import PersonLevel
from careflow.counts.recoding import recoded_moves
from careflow.counts.table_names import DEFAULT, event_table
from careflow.counts.tables_asked import Clock, clocks_given, named
from careflow.errors import ArgumentError, CountsError
from careflow.formatting import several
from careflow.records.parsing.date_basis import CALENDAR, LINKING, answers, require

_USUAL_WINDOWS = (7, 14, 30, 60, 90)
_CACHE_BYTES = 1 << 26
"""The size of the cache of event tables, so that two estimates from one table count it once."""


@dataclass(frozen=True, repr=False, eq=False)
class Transitions(PersonLevel):
    """Every stay with its next stay, in the engine; made by :func:`careflow.link`.

    Attributes
    ----------
    episodes : Episodes
        The stays that were linked.
    within : int
        The link window in days.
    """

    _cache: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict, init=False)

    @checked(
        by=names,
        windows=several_whole(0),
        clocks=clocks_given,
        calendar=instance(Calendar),
        where=where,
        last=whole(1, None, "periods"),
    )
    def counts(
        self,
        by: str | Sequence[str] | None = None,
        *,
        windows: int | Sequence[int] | None = None,
        clocks: Clock | Sequence[Clock] | None = None,
        calendar: Calendar | None = None,
        where: Where | None = None,
        last: int | None = None,
    ) -> Counts:
        """Count the linked stays: event tables of integers, from which every estimate is computed.

        Parameters
        ----------
        by : str or sequence of str, optional
            Strata: ``"quarter"``, ``"month"`` or ``"year"``, ``"discharge_reason"``, and any column that was read.
        windows : int or sequence of int, optional
            Windows in days, up to ``within``. Default: ``within``, and those of 7, 14, 30, 60 and 90 that are shorter.
        clocks : str, Measure or sequence of these, optional
            The event tables (see :func:`careflow.counts.event_table`), and measures, whose definitions the counts keep.
            Default: ``careflow.counts.DEFAULT``.
        calendar : Calendar, optional
            Default: quarters of the calendar year.
        where : mapping, optional
            Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``. The counts
            are then split by these strata too.
        last : int, optional
            Only the newest so many periods: of the unit in ``by``, or quarters.

        Raises
        ------
        ArgumentError
            If a stratum, window or event table does not exist, or the date basis does not allow it.
        """
        strata_asked = (by,) if isinstance(by, str) else tuple(by or ())
        check_strata(self, strata_asked)
        strata = strata_to_count(strata_asked, where, last)
        check_strata(self, strata)
        episodes = self.episodes
        names, measures = named(clocks or self._answerable(), episodes.continuum)
        if any(name in UNITS for name in strata) or any(measure.until for measure in measures):
            require(episodes, CALENDAR)
        for name in names:
            if (need := event_table(name, episodes.continuum, measures).needs) is not None:
                require(episodes, need)
        definition = Definition(
            continuum=episodes.continuum,
            cutoff=episodes.cutoff,
            start=episodes.start,
            within=self.within,
            windows=self._windows(windows),
            overlaps=episodes.overlaps,
            by=strata,
            calendar=calendar or Calendar(),
            measures=measures,
        )
        counts = Counts(
            definition=definition,
            tables={name: self._table(name, definition) for name in names},
            persons=episodes.persons,
            stays=episodes.n,
            set_aside=episodes.set_aside,
            source=episodes.source,
            last=episodes.last,
            input=episodes.files,
        )
        return counts if where is None and last is None else part_of(counts, where, last)

    def _answerable(self) -> tuple[str, ...]:
        """Return the default event tables that the date basis of the records allows."""
        needs = {name: event_table(name, self.episodes.continuum).needs for name in DEFAULT}
        return tuple(name for name, need in needs.items() if need is None or answers(self.episodes, need))

    def _table(self, name: str, definition: Definition) -> pd.DataFrame:
        """Count an event table, or return it from the cache."""
        key = (name, replace(definition, measures=()).to_json())  # the name of its table has the digest of a measure
        with self.episodes.engine.lock:
            if key in self._cache:
                return self._cache[key].copy(deep=False)
            table = count_table(self, name, definition)
            self._cache[key] = table
            while sum(_size(cached) for cached in self._cache.values()) > _CACHE_BYTES:
                del self._cache[next(iter(self._cache))]
            return table.copy(deep=False)

    def _windows(self, chosen: int | Sequence[int] | None) -> tuple[int, ...]:
        if chosen is None:
            return tuple(sorted({w for w in _USUAL_WINDOWS if w < self.within} | {self.within}))
        windows = tuple(sorted({chosen} if isinstance(chosen, int) else set(chosen)))
        if windows[-1] > self.within:
            raise ArgumentError(
                f"the stays were linked within {self.within} days, so a window of {windows[-1]} days cannot be "
                f"counted; link(episodes, within={windows[-1]}) can."
            )
        return windows

    @cached_property
    def attrition(self) -> pd.DataFrame:
        """``step, n, left``: the rows left out by each step from the rows of the file to the linked discharges.

        The steps are those of ``episodes.attrition``, then the discharges not followed for the whole window, those
        followed (the denominators of :func:`careflow.transition_rates`), and their outcomes.

        Raises
        ------
        ArgumentError
            If the date basis of the records does not allow linking.
        """
        return attrition_steps(self, self._discharges())

    @cached_property
    def findings(self) -> pd.DataFrame:
        """``check, action, n, note``: what the checks of the records found, then the moves off the continuum (L01).

        L01 counts moves between two levels that no edge of the continuum joins, whether or not they were followed for
        the window. A continuum whose definition has no edges has none off it.

        Raises
        ------
        ArgumentError
            If the date basis of the records does not allow linking.
        """
        off = moves_off(self.episodes.continuum, self._discharges())
        return pd.concat([self.episodes.findings, off], ignore_index=True) if len(off) else self.episodes.findings

    @cached_property
    def recoded(self) -> pd.DataFrame:
        """``from, to, n``: the moves that a change of codes alone explains, counted apart; they stay among the moves.

        The person was admitted again on the day of discharge or the next, over a day on which lines of the crosswalk
        begin or end, and either the code is the same and its later line gives the later level, or the first code is in
        force no more and the second was not before. No rows unless ``levels=`` was a crosswalk with days.
        """
        return recoded_moves(self)

    @cached_property
    def _summary(self) -> str:
        line = summary(self, self._discharges() if answers(self.episodes, LINKING) else None)
        n = int(self.recoded["n"].sum()) if self.episodes.crosswalk is not None else 0
        return f"{line}; {several(n, 'move')} by a change of codes alone" if n else line

    def _discharges(self) -> pd.DataFrame:
        """Return the event table ``discharge``, or raise if the date basis does not allow it."""
        return self.counts(clocks="discharge", windows=self.within).tables["discharge"]

    def __repr__(self) -> str:
        return f"<Transitions: {self._summary}>"

    def _repr_html_(self) -> str:
        line = f"<p>{escape(self._summary)}</p>"
        if not answers(self.episodes, LINKING):
            return line
        rows = [[step, f"{n:,}", f"{left:,}"] for step, n, left in self.attrition.itertuples(index=False, name=None)]
        note = "Rows are not shown: these are records of people. Estimates: cf.transition_rates(moves) and others."
        table = html_table(["step", "n", "left"], rows, [True, False, False])
        return f'{line}{table}<p style="{NOTE}">{note}</p>'

    def __reduce__(self) -> NoReturn:
        raise CountsError(
            "linked stays are person-level records and cannot be pickled; save their counts: .counts().save(path)"
        )


def _size(table: pd.DataFrame) -> int:
    return int(table.memory_usage(index=False).sum())
