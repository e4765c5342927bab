"""Linked stays: the last person-level objects; counts and estimates have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import NoReturn

import pandas as pd

from careflow.arguments import checked, flag, instance, names, several_whole, text, where, whole
from careflow.counts.attrition import attrition_steps, summary
from careflow.counts.calendar import UNITS, Calendar
from careflow.counts.count import check_strata, count_table
from careflow.counts.counts import Counts
from careflow.counts.definition import Definition
from careflow.counts.exports import event_log_rows, lifelines_rows, mstate_rows, require_person_level, sequence_rows
from careflow.counts.linked_stays import Linked
from careflow.counts.parts import Where, part_of, strata_to_count
from careflow.counts.table_names import DEFAULT, event_table
from careflow.counts.tables_asked import Clock, clocks_given, named
from careflow.errors import ArgumentError, CountsError
from careflow.records.parsing.date_basis import CALENDAR, LINKING, answers, require

_USUAL_WINDOWS = (7, 14, 30, 60, 90)
_CACHE_BYTES = 1 << 26
"""The size of the cache of event tables, so that two estimates from one table count it once."""


@dataclass(frozen=True, repr=False, eq=False)
class Transitions(Linked):
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
        )
        return counts if where is None and last is None else part_of(counts, where, last)

    @checked()
    def to_lifelines(self, *, person_level: bool = False) -> pd.DataFrame:
        """Return one row for each stay, for survival tools such as lifelines: **records of people**, not to publish.

        Parameters
        ----------
        person_level : bool
            Must be ``True``, as consent to rows of persons.

        Returns
        -------
        pandas.DataFrame
            ``person`` (careflow's own number, not the file's id), ``level, entry, duration, observed, next`` and the
            strata. ``duration`` and ``entry`` are in nights since admission: a stay is at risk from ``entry`` on.
            ``observed`` is False for an open stay. ``next`` is the next level or outcome.

        Raises
        ------
        ArgumentError
            Without ``person_level=True``.

        Notes
        -----
        In lifelines nobody is at risk on the day of entry. Therefore
        ``KaplanMeierFitter().fit(rows.duration, rows.observed, entry=rows.entry - 0.5)`` of one level is the curve of
        :func:`careflow.length_of_stay`. Its Aalen-Johansen estimator breaks ties at random: use an exact tool for
        ``next``.
        """
        require_person_level(person_level, "to_lifelines", "one row for each stay")
        return lifelines_rows(self)

    @checked(start=text, reentry=flag)
    def to_mstate(self, *, person_level: bool = False, start: str | None = None, reentry: bool = False) -> pd.DataFrame:
        """Return the long format of R's mstate: **records of people**, not to publish.

        Parameters
        ----------
        person_level : bool
            Must be ``True``, as consent to rows of persons.
        start, reentry
            The clock of the days, as in :func:`careflow.occupation`.

        Returns
        -------
        pandas.DataFrame
            A row for each time in a state and each possible transition from it: ``id, from, to, trans, Tstart, Tstop,
            time, status``, numbered as in mstate, then ``from_state, to_state, person, journey``. States are the
            levels, ``between stays``, ``left care`` and ``died``; the possible transitions are those that occur in the
            records. ``id`` is a journey, ``person`` careflow's own number. Journeys followed for less than a day have
            no row.

        Raises
        ------
        ArgumentError
            Without ``person_level=True``, or if there is no such level.

        Notes
        -----
        Putter H, Fiocco M, Geskus RB (2007), Statistics in Medicine 26:2389-2430. ``Surv(Tstart, Tstop, status)`` by
        ``trans`` gives the hazards of :func:`careflow.occupation`.
        """
        require_person_level(person_level, "to_mstate", "one row for each time in a state of each journey")
        return mstate_rows(self, start, reentry)

    @checked()
    def to_event_log(self, *, person_level: bool = False) -> pd.DataFrame:
        """Return an event log with the columns of XES, as pm4py reads it: **records of people**, not to publish.

        Parameters
        ----------
        person_level : bool
            Must be ``True``, as consent to rows of persons.

        Returns
        -------
        pandas.DataFrame
            ``case:concept:name`` (a journey: person and number), ``concept:name`` (the level, or the outcome of the
            journey), ``time:timestamp`` (the day), ``lifecycle:transition`` (``start`` on admission,
            ``complete`` on discharge), ``case:person`` (careflow's own number) and the strata, a facility as
            ``org:resource``. An open stay has no ``complete``.

        Raises
        ------
        ArgumentError
            Without ``person_level=True``.

        Notes
        -----
        IEEE Std 1849-2016 (XES). For tools that need one event for each stay, keep ``lifecycle:transition == "start"``.
        """
        require_person_level(person_level, "to_event_log", "one row for each admission and each discharge")
        return event_log_rows(self)

    @checked(days=whole(1), every=whole(1), start=text, reentry=flag)
    def to_sequences(
        self,
        *,
        person_level: bool = False,
        days: int = 365,
        every: int = 7,
        start: str | None = None,
        reentry: bool = False,
    ) -> pd.DataFrame:
        """Return state sequences of journeys, as R's TraMineR reads them: **records of people**, not to publish.

        Parameters
        ----------
        person_level : bool
            Must be ``True``, as consent to rows of persons.
        days, every : int
            The states are those on day 0 and every ``every`` days after it, up to ``days``.
        start, reentry
            The clock of the days, as in :func:`careflow.occupation`.

        Returns
        -------
        pandas.DataFrame
            One row for each journey: ``person`` (careflow's own number), ``journey``, ``day_0, day_7, ...``. A state is
            a level, ``between stays``, ``left care`` or ``died``; it is missing after the end of follow-up.

        Raises
        ------
        ArgumentError
            Without ``person_level=True``, or if there is no such level.
        """
        require_person_level(person_level, "to_sequences", "one row for each journey")
        return sequence_rows(self, start, reentry, days, every)

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
    def _summary(self) -> str:
        return summary(self, self._discharges() if answers(self.episodes, LINKING) else None)

    def _discharges(self) -> pd.DataFrame:
        """Return the event table ``discharge``, or raise if the date basis does not allow it."""
        return self.counts(clocks="discharge", windows=self.within).tables["discharge"]

    def __repr__(self) -> str:
        return f"<Transitions: {self._summary}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"

    def __reduce__(self) -> NoReturn:
        raise CountsError(
            "linked stays are person-level records and cannot be pickled; save their counts: .counts().save(path)"
        )


def _size(table: pd.DataFrame) -> int:
    return int(table.memory_usage(index=False).sum())
