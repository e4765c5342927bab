"""Linked stays: the last objects that know a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from careflow.errors import ArgumentError, CountsError
from careflow.records.parsing.date_basis import CALENDAR, LINKING, answers, require

_USUAL_WINDOWS = (7, 14, 30, 60, 90)
_KEPT = 1 << 26
"""Bytes of tables that linked stays remember, so that two estimates from one table count once."""


@dataclass(frozen=True, repr=False, eq=False)
class Transitions(Linked):
    """Every stay with what came next, held by the engine; made by :func:`careflow.link`.

    Attributes
    ----------
    episodes : Episodes
        The stays that were linked.
    within : int
        The link window in days.
    """

    _counted: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict, init=False)

    @checked(
        by=names,
        windows=several_whole(0),
        clocks=names,
        calendar=instance(Calendar),
        where=where,
        last=whole(1, None, "periods"),
    )
    def counts(
        self,
        by: str | Sequence[str] | None = None,
        *,
        windows: int | Sequence[int] | None = None,
        clocks: str | Sequence[str] | None = None,
        calendar: Calendar | None = None,
        where: Where | None = None,
        last: int | None = None,
    ) -> Counts:
        """Count the linked stays: small tables of integers, from which every estimate is computed.

        Parameters
        ----------
        by : str or sequence of str, optional
            Strata: ``"quarter"``, ``"month"`` or ``"year"``, ``"discharge_reason"``, and any column that was read.
        windows : int or sequence of int, optional
            Windows in days, up to ``within``. Default: those of 7, 14, 30, 60 and 90 that are below it, and itself.
        clocks : str or sequence of str, optional
            Which tables (see :func:`careflow.counts.event_table`). Default: all that need no further choice.
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
            If a stratum, window or clock does not exist.
        """
        strata = strata_to_count((by,) if isinstance(by, str) else tuple(by or ()), where, last)
        check_strata(self, strata)
        episodes = self.episodes
        names = (clocks,) if isinstance(clocks, str) else tuple(clocks or self._answerable())
        if any(name in UNITS for name in strata):
            require(episodes, CALENDAR)
        for name in names:
            if (need := event_table(name, episodes.continuum).needs) is not None:
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
        """Return one row a stay, for survival tools such as lifelines: **records of people**, never to be published.

        Parameters
        ----------
        person_level : bool
            Must be ``True``: whoever calls this means to hold rows of persons.

        Returns
        -------
        pandas.DataFrame
            ``person`` (careflow's own number, not the file's id), ``level, entry, duration, observed, next`` and the
            strata. ``duration`` and ``entry`` are in nights since admission: a stay is at risk from ``entry`` on, and
            was ``observed`` to end or is still open. ``next`` is the next level or outcome.

        Raises
        ------
        ArgumentError
            Without ``person_level=True``.

        Notes
        -----
        For lifelines nobody is at risk on the very day of entry, so
        ``KaplanMeierFitter().fit(rows.duration, rows.observed, entry=rows.entry - 0.5)`` of one level is the curve of
        :func:`careflow.length_of_stay`. Its Aalen-Johansen jitters ties: use an exact tool for ``next``.
        """
        require_person_level(person_level, "to_lifelines", "one row a stay")
        return lifelines_rows(self)

    @checked(start=text, reentry=flag)
    def to_mstate(self, *, person_level: bool = False, start: str | None = None, reentry: bool = False) -> pd.DataFrame:
        """Return the long format of R's mstate: **records of people**, never to be published.

        Parameters
        ----------
        person_level : bool
            Must be ``True``: whoever calls this means to hold rows of persons.
        start, reentry
            As in :func:`careflow.occupation`: which clock the days are on.

        Returns
        -------
        pandas.DataFrame
            A row for each time in a state and each transition possible from it: ``id, from, to, trans, Tstart, Tstop,
            time, status``, numbered as mstate does, then ``from_state, to_state, person, journey``. States are the
            levels, ``between stays``, ``left care`` and ``died``; possible is what occurred to anybody. An ``id`` is
            a journey, ``person`` careflow's own number. Journeys not followed for a day have no row.

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
        """Return an event log with the columns of XES, as pm4py reads it: **records of people**, never to be published.

        Parameters
        ----------
        person_level : bool
            Must be ``True``: whoever calls this means to hold rows of persons.

        Returns
        -------
        pandas.DataFrame
            ``case:concept:name`` (a journey: person and number), ``concept:name`` (the level, or the outcome with
            which the journey ended), ``time:timestamp`` (the day), ``lifecycle:transition`` (``start`` on admission,
            ``complete`` on discharge), ``case:person`` (careflow's own number) and the strata, a facility as
            ``org:resource``. An open stay has no ``complete``.

        Raises
        ------
        ArgumentError
            Without ``person_level=True``.

        Notes
        -----
        IEEE Std 1849-2016 (XES). For tools that take one event a stay, keep ``lifecycle:transition == "start"``.
        """
        require_person_level(person_level, "to_event_log", "one row an admission and one a discharge")
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
        """Return one row a journey, a column a day, as R's TraMineR reads it: **records of people**, never to publish.

        Parameters
        ----------
        person_level : bool
            Must be ``True``: whoever calls this means to hold rows of persons.
        days, every : int
            The state on day 0 and on every so many days after it, up to ``days``.
        start, reentry
            As in :func:`careflow.occupation`: which clock the days are on.

        Returns
        -------
        pandas.DataFrame
            ``person`` (careflow's own number), ``journey``, ``day_0, day_7, ...``: a level, ``between stays``, ``left
            care`` or ``died``; missing from the day on which what happened is not known.

        Raises
        ------
        ArgumentError
            Without ``person_level=True``, or if there is no such level.
        """
        require_person_level(person_level, "to_sequences", "one row a journey")
        return sequence_rows(self, start, reentry, days, every)

    def _answerable(self) -> tuple[str, ...]:
        """Return the usual clocks that the dates of the records can answer."""
        needs = {name: event_table(name, self.episodes.continuum).needs for name in DEFAULT}
        return tuple(name for name, need in needs.items() if need is None or answers(self.episodes, need))

    def _table(self, name: str, definition: Definition) -> pd.DataFrame:
        """Count a clock, or remember what it was when it was last counted so."""
        key = (name, definition.to_json())
        with self.episodes.engine.lock:
            if key in self._counted:
                return self._counted[key].copy(deep=False)
            table = count_table(self, name, definition)
            self._counted[key] = table
            while sum(_size(kept) for kept in self._counted.values()) > _KEPT:
                del self._counted[next(iter(self._counted))]
            return table.copy(deep=False)

    def _windows(self, asked: int | Sequence[int] | None) -> tuple[int, ...]:
        if asked is None:
            return tuple(sorted({w for w in _USUAL_WINDOWS if w < self.within} | {self.within}))
        windows = tuple(sorted({asked} if isinstance(asked, int) else set(asked)))
        if windows[-1] > self.within:
            raise ArgumentError(
                f"the stays were linked within {self.within} days, so a window of {windows[-1]} days cannot be "
                f"counted; link(episodes, within={windows[-1]}) can."
            )
        return windows

    @cached_property
    def attrition(self) -> pd.DataFrame:
        """``step, n, left``: from the rows of the file to the discharges that are linked, what each step left out.

        The steps of ``episodes.attrition``, then the discharges that are not followed for the whole window, those
        followed (the denominators of :func:`careflow.transition_rates`), and what became of them.

        Raises
        ------
        ArgumentError
            The dates of the records do not say what follows a discharge.
        """
        return attrition_steps(self, self._discharges())

    @cached_property
    def _summary(self) -> str:
        return summary(self, self._discharges() if answers(self.episodes, LINKING) else None)

    def _discharges(self) -> pd.DataFrame:
        """Return the table of the clock ``discharge``, which raises where the dates cannot answer it."""
        return self.counts(clocks="discharge", windows=self.within).tables["discharge"]

    def __repr__(self) -> str:
        return f"<Transitions: {self._summary}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"

    def __reduce__(self) -> NoReturn:
        raise CountsError(
            "linked stays are about persons and are never pickled; save their counts: .counts().save(path)"
        )


def _size(table: pd.DataFrame) -> int:
    return int(table.memory_usage(index=False).sum())
