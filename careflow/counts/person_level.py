"""Linked stays as rows of persons, in the formats of other tools and behind a number; each needs consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from careflow.arguments import checked, flag, instance, names, period, text, where, whole
from careflow.counts.calendar import Calendar
from careflow.counts.exports import event_log_rows, lifelines_rows, mstate_rows, require_person_level, sequence_rows
from careflow.counts.linked_stays import Linked
from careflow.counts.move_rows import Pairs, move_rows, pairs_asked, where_asked
from careflow.counts.parts import Where
from careflow.errors import ArgumentError


class PersonLevel(Linked):
    """The person-level rows of :class:`careflow.counts.Transitions`."""

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

    @checked(
        quarter=period, frm=names, to=names, within=whole(0, None, "days"), where=where, calendar=instance(Calendar)
    )
    def rows(
        self,
        *,
        quarter: str | None = None,
        frm: str | Sequence[str] | None = None,
        to: str | Sequence[str] | None = None,
        within: int | None = None,
        where: Where | None = None,
        calendar: Calendar | None = None,
        person_level: bool = False,
    ) -> pd.DataFrame:
        """Return the discharges behind a rate, each with the stay after it: **records of people**, not to publish.

        Parameters
        ----------
        quarter : str, optional
            Only discharges of this quarter (month, year).
        frm, to : str or sequence of str, optional
            Only discharges from these levels, and only those with these levels, outcomes or directions after them.
        within : int, optional
            The window in days, at most the link window (the default).
        where : mapping, optional
            Only a part of the records: ``{stratum: label or labels}``.
        calendar : Calendar, optional
            The months of a quarter; the calendar year by default.
        person_level : bool
            Must be ``True``, as consent to rows of persons.

        Returns
        -------
        pandas.DataFrame
            A row for each discharge followed for the window: ``person`` (careflow's own number, the same in every
            export), ``from, admitted, discharged, reason, to, gap, next_admitted, next_discharged``, then the strata.
            ``to`` is the next level, or the outcome if no admission was within the window; the last three are then
            missing. The rows with one ``to`` are as many as ``n`` of :func:`careflow.transition_rates`, all rows as
            many as ``of``.

        Raises
        ------
        ArgumentError
            Without ``person_level=True``, or if there is no such level, outcome, stratum or period.

        Examples
        --------
        >>> import pandas as pd, careflow as cf
        >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["residential", "php", "residential"],
        ...     "admit_date": ["2024-01-01", "2024-02-03", "2024-01-05"],
        ...     "discharge_date": ["2024-01-31", "2024-03-01", "2024-01-20"]})
        >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-04-30"))
        >>> moves.rows(frm="residential", to="step-down", person_level=True)[["from", "to", "gap"]].values.tolist()
        [['residential', 'php', 3]]
        """
        require_person_level(person_level, "rows", "one row for each discharge")
        months = calendar or Calendar()
        if within is not None and within > self.within:
            raise ArgumentError(
                f"the stays were linked within {self.within} days, so rows within {within} days are not known; "
                f"link(episodes, within={within}) has them."
            )
        asked = where_asked(self, quarter, where or {}, months)
        pairs = pairs_asked(self.episodes.continuum, _listed(frm), _listed(to))
        return move_rows(self, pairs, self.within if within is None else within, asked, months)

    def rows_of(
        self,
        pairs: Pairs | None,
        *,
        within: int,
        where: Mapping[str, Sequence[str]],
        calendar: Calendar,
        person_level: bool = False,
    ) -> pd.DataFrame:
        """Return the rows of :meth:`rows` for levels left with what followed: the rows behind a result."""
        require_person_level(person_level, "rows", "one row for each discharge")
        return move_rows(self, pairs, within, where, calendar)


def _listed(words: str | Sequence[str] | None) -> Sequence[str] | None:
    return [words] if isinstance(words, str) else words
