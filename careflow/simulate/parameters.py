"""The stated truth behind made-up records, and what an estimator should find in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.arguments import constructed
from careflow.continuum.outcomes import CONCURRENT, DIED, LEFT_CARE, LEFT_REASONS, OUTCOMES
from careflow.errors import ArgumentError
from careflow.simulate.process import LAST_MOVE, LEVELS, STAY_KINDS, Process
from careflow.simulate.random import PER_MILLE, first_day
from careflow.simulate.standard import standard


@constructed
@dataclass(frozen=True)
class Truth(Process):
    """A semi-Markov process over the five standard levels: all that chance decides in the made-up records.

    Someone arrives at a level drawn from ``entry``. At each stay a discharge reason is drawn from ``reasons``, then
    the nights from ``stays``, then what comes next from ``moves`` (by level and reason): a level within 30 days, or
    none. Who has none, and has not died, comes back later with the chance ``returns``. Facility and payer change
    none of this: whatever differs between facilities or payers in the records is chance.

    All chances are whole per mille, all durations whole days, so that every expected value below is exact.

    Attributes
    ----------
    entry, return_entry : mapping of level to per mille
        Where people start: on their first day ever, and when they come back after leaving care.
    reasons : mapping of level to (reason to per mille)
        Why stays end.
    stays : mapping of level to (kind to Durations)
        Nights of a stay, by :data:`STAY_KINDS`.
    moves : mapping of level to (reason to (level to per mille))
        The next level within 30 days of a discharge; what is missing to 1000 has none.
    changed_on : datetime.date
        From this day of discharge on, ``changed`` holds.
    changed : mapping of level to (reason to (level to per mille))
        What replaces entries of ``moves``.
    planned_gap, unplanned_gap, return_gap : Durations
        Days from discharge to the next admission: after :data:`PLANNED` reasons, after the others, and of a return.
    returns : mapping of reason to per mille
        Chance that someone who left care comes back at all.
    tapers : mapping of (level, level) to per mille
        Of the moves after a completed stay, those whose next stay starts before the discharge: two stays at a time.
    taper_days : int
        Such a stay starts 1 to this many days before the discharge, and lasts as much longer (and outlasts it).
    facilities : tuple of Facility
    same_facility : int
        Per mille of moves and returns that stay in the facility if it offers the level.
    payers : mapping of payer to per mille
    same_payer : int
        Per mille of people who keep their payer from one stay to the next.
    months, weekdays : tuple of int
        Relative number of new people, January to December and Monday to Sunday.
    pace : tuple of int
        Relative number of new people 0, 91, 182 ... days after the first day, in a straight line from one to the next;
        the last one holds from then on.

    Raises
    ------
    DefinitionError
        The chances contradict each other.
    """

    @staticmethod
    @cache
    def standard() -> Truth:
        """Return the truth of ``data/sample``; :mod:`careflow.simulate.standard` has the source of each figure."""
        return standard(Truth)

    def transitions(self, *, within: int = LAST_MOVE, changed: bool = False) -> pd.DataFrame:
        """Return the true transition rates: what ``transition_rates`` estimates from fully followed discharges.

        Parameters
        ----------
        within : int
            The link window in days.
        changed : bool
            The truth from ``changed_on`` on, instead of the one before it.

        Returns
        -------
        pandas.DataFrame
            ``from, to, probability``: each level by the levels and :data:`~careflow.continuum.outcomes.OUTCOMES`.
            Without ``left care``, which is the sum of the reasons, the rows of a level sum to 1.

        Examples
        --------
        >>> from careflow.simulate import Truth
        >>> rates = Truth.standard().transitions().set_index(["from", "to"]).probability
        >>> after = Truth.standard().transitions(changed=True).set_index(["from", "to"]).probability
        >>> float(rates["residential", "php"].round(4)), float(after["residential", "php"].round(4))
        (0.0918, 0.1731)
        """
        if within < 0:
            raise ArgumentError(f"within is a number of days, 0 or more; it was {within}")
        rows = []
        for level in LEVELS:
            chances = self._exits(level, within, changed)
            chances[LEFT_CARE] = sum(chances[reason] for reason in LEFT_REASONS)
            rows += [(level, to, chances[to]) for to in (*LEVELS, *OUTCOMES)]
        return pd.DataFrame(rows, columns=["from", "to", "probability"])

    def _exits(self, level: str, within: int, changed: bool) -> dict[str, float]:
        chances = dict.fromkeys((*LEVELS, *OUTCOMES), 0.0)
        returned = self.return_gap.at_most(within)
        for reason, weight in self.reasons[level].items():
            share = weight / PER_MILLE
            if reason == DIED:
                chances[DIED] += share
                continue
            moves = self.next_levels(level, reason, changed=changed)
            in_time = self.gap(reason).at_most(within)
            gone = share * (1 - sum(moves.values()) / PER_MILLE)
            back = gone * self.returns.get(reason, 0) / PER_MILLE * returned
            chances[reason] += gone - back
            for to in LEVELS:
                moving = share * moves.get(to, 0) / PER_MILLE
                taper = moving * (self.tapers.get((level, to), 0) / PER_MILLE if reason == "completed" else 0)
                chances[CONCURRENT] += taper
                chances[to] += (moving - taper) * in_time + back * self.return_entry.get(to, 0) / PER_MILLE
                chances[reason] += (moving - taper) * (1 - in_time)
        return chances

    def nights(self, level: str, reason: str | None = None) -> npt.NDArray[np.float64]:
        """Return the chance of each length of stay at ``level``, 0, 1, 2 ... nights, of all stays or of one reason.

        The change touches no length of stay: ``changed`` says where people go, not when. The few nights that a taper
        adds to the stay after it (about one stay in two hundred) are left out.
        """
        if level not in LEVELS:
            raise ArgumentError(f"no such level; there are {', '.join(LEVELS)}")
        if reason is not None:
            return self.stays[level][reason if reason in STAY_KINDS else STAY_KINDS[-1]].probabilities()
        total = np.zeros(1 + max(int(stay.table()[-1]) for stay in self.stays[level].values()))
        for name, weight in self.reasons[level].items():
            part = self.nights(level, name)
            total[: len(part)] += part * (weight / PER_MILLE)
        return total

    def quantiles(self, level: str, shares: Sequence[float] = (0.25, 0.5, 0.75)) -> tuple[int, ...]:
        """Return true quantiles of the length of stay, in nights: first t with S(t) <= 1 - share.

        Examples
        --------
        >>> from careflow.simulate import Truth
        >>> Truth.standard().quantiles("inpatient")
        (4, 6, 8)
        """
        nights = self.nights(level)
        return tuple(first_day(nights, share) for share in shares)

    def mean(self, level: str, horizon: int | None = None) -> float:
        """Return the true mean length of stay, or the one restricted to ``horizon``: sum of S(t), t = 0..horizon-1."""
        survival = np.clip(1 - np.cumsum(self.nights(level)), 0, None)
        return float(survival[:horizon].sum())
