"""The parameters of made-up records, and the true values of estimates from them."""

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
    """The parameters of a semi-Markov process over the five standard levels.

    The first level of a person is drawn from ``entry``. For each stay a discharge reason is drawn from ``reasons``,
    then the nights from ``stays``, then the next level within 30 days, or none, from ``moves`` (by level and reason).
    Without a next level or death, the person comes back later with the probability ``returns``. Facility and payer
    affect none of this, so differences between facilities or payers in the records are random.

    All probabilities are whole numbers per mille and all durations whole days, so every expected value is exact.

    Attributes
    ----------
    entry, return_entry : mapping of level to per mille
        The levels of first admissions, and of returns after leaving care.
    reasons : mapping of level to (reason to per mille)
        The discharge reasons.
    stays : mapping of level to (kind to Durations)
        Nights of a stay, by :data:`STAY_KINDS`.
    moves : mapping of level to (reason to (level to per mille))
        The next level within 30 days of a discharge; the rest up to 1000 has none.
    changed_on : datetime.date
        The first day of discharge for which ``changed`` holds.
    changed : mapping of level to (reason to (level to per mille))
        The entries that replace those of ``moves``.
    planned_gap, unplanned_gap, return_gap : Durations
        Days from discharge to the next admission: after :data:`PLANNED` reasons, after the others, and of a return.
    returns : mapping of reason to per mille
        The probability that a person who left care comes back.
    tapers : mapping of (level, level) to per mille
        The share of moves after a completed stay whose next stay starts before the discharge, so that both overlap.
    taper_days : int
        Such a stay starts 1 to this many days before the discharge. It is longer by that many days, and ends later.
    facilities : tuple of Facility
        The facilities.
    same_facility : int
        Per mille of moves and returns that stay in the facility if it offers the level.
    payers : mapping of payer to per mille
        The payers.
    same_payer : int
        Per mille of people who keep their payer from one stay to the next.
    months, weekdays : tuple of int
        Relative number of new people, January to December and Monday to Sunday.
    pace : tuple of int
        Relative number of new people 0, 91, 182 ... days after the first day, linear between them and constant after
        the last.

    Raises
    ------
    DefinitionError
        If the parameters contradict each other.
    """

    @staticmethod
    @cache
    def standard() -> Truth:
        """Return the parameters of ``data/sample``; :mod:`careflow.simulate.standard` has their sources."""
        return standard(Truth)

    def transitions(self, *, within: int = LAST_MOVE, changed: bool = False) -> pd.DataFrame:
        """Return the true transition rates, the expected values of ``transition_rates`` for followed discharges.

        Parameters
        ----------
        within : int
            The link window in days.
        changed : bool
            Whether the rates are those from ``changed_on`` on, instead of those before it.

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
            exits = self._exits(level, within, changed)
            exits[LEFT_CARE] = sum(exits[reason] for reason in LEFT_REASONS)
            rows += [(level, to, exits[to]) for to in (*LEVELS, *OUTCOMES)]
        return pd.DataFrame(rows, columns=["from", "to", "probability"])

    def _exits(self, level: str, within: int, changed: bool) -> dict[str, float]:
        """Return the probability of each next level or outcome of a discharge."""
        exits = dict.fromkeys((*LEVELS, *OUTCOMES), 0.0)
        return_in_window = self.return_gap.at_most(within)
        for reason, weight in self.reasons[level].items():
            share = weight / PER_MILLE
            if reason == DIED:
                exits[DIED] += share
                continue
            moves = self.next_levels(level, reason, changed=changed)
            move_in_window = self.gap(reason).at_most(within)
            without_move = share * (1 - sum(moves.values()) / PER_MILLE)
            returns = without_move * self.returns.get(reason, 0) / PER_MILLE * return_in_window
            exits[reason] += without_move - returns
            for to in LEVELS:
                move = share * moves.get(to, 0) / PER_MILLE
                taper = move * (self.tapers.get((level, to), 0) / PER_MILLE if reason == "completed" else 0)
                exits[CONCURRENT] += taper
                exits[to] += (move - taper) * move_in_window + returns * self.return_entry.get(to, 0) / PER_MILLE
                exits[reason] += (move - taper) * (1 - move_in_window)
        return exits

    def nights(self, level: str, reason: str | None = None) -> npt.NDArray[np.float64]:
        """Return the probability of each length of stay at ``level``, from 0 nights on, of all stays or of one reason.

        ``changed`` changes no length of stay. The nights that a taper adds to the next stay (about one stay in two
        hundred) are left out.
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
        """Return true quantiles of the length of stay, in nights: the first t with S(t) <= 1 - share.

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
