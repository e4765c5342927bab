"""How far a number goes: up to which day somebody was followed, and how few were at risk on the way there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from careflow.counts.count import last_day
from careflow.counts.definition import Definition
from careflow.errors import ArgumentError
from careflow.estimate.arrays.counting_process import CountingProcess
from careflow.estimate.arrays.strata import Ints, Strata

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Longest = Literal["longest"]

THIN: Final = 5
"""Under so many at risk, a quantile or mean under late entry is thin."""


@dataclass(frozen=True)
class FollowUp:
    """Up to which day a curve is known.

    Attributes
    ----------
    known_to : float
        The last day, from day 0 on without a gap, on which somebody was followed; missing where nobody was followed on
        day 0.
    ended : bool
        Whether the curve fell to 0 on that day and nobody was observed later: it is then known for good.
    ran_out : bool
        Whether it fell to 0 on that day while others were observed at later ages: it is then not known after it.
    """

    known_to: float
    ended: bool
    ran_out: bool

    def covers(self, horizon: int) -> bool:
        """Say whether every day before the horizon is known."""
        return self.ended or self.known_to >= horizon

    def unknown(self, days: Ints) -> Bools:
        """Say of each day whether nothing is known of it."""
        return np.zeros(len(days), dtype=bool) if self.ended else ~(days <= self.known_to)


def follow_up(seen: CountingProcess) -> FollowUp:
    """Return up to which day the curve of a process is known.

    Examples
    --------
    One of three is followed for 9 days and then no longer.

    >>> from careflow.estimate.arrays.counting_process import CountingProcess
    >>> days = np.array([0, 4, 9])
    >>> entered, censored, events = (np.array([n], dtype=float) for n in ([3, 0, 0], [0, 0, 1], [0, 2, 0]))
    >>> follow_up(CountingProcess(days, entered, censored, events[None], np.array([0])))
    FollowUp(known_to=9.0, ended=False, ran_out=False)
    """
    days, at_risk, events = seen.days, seen.at_risk.sum(axis=0), seen.every.sum(axis=0)
    if not len(days) or days[0] > 0 or not at_risk[0]:
        return FollowUp(np.nan, False, False)
    fallen = (events == at_risk) & (at_risk > 0)
    empty = at_risk - events - seen.censored.sum(axis=0) == 0
    gap = np.append(np.diff(days) > 1, True)
    stops = fallen | (empty & gap)
    if not stops.any():  # the process was cut while some were still followed
        return FollowUp(np.inf, False, False)
    last = int(np.argmax(stops))
    later = last < len(days) - 1
    return FollowUp(float(days[last]), bool(fallen[last]) and not later, bool(fallen[last]) and later)


def least_at_risk(seen: CountingProcess, until: float) -> float:
    """Return the smallest number at risk up to a day, of the days on which others have yet to enter.

    Missing where nobody enters after day 0: whoever is observed later is then at risk. 0 where nobody is followed on
    day 0.

    Examples
    --------
    One newcomer stays for a night; 20 others enter at age 30.

    >>> from careflow.estimate.arrays.counting_process import CountingProcess
    >>> days = np.array([0, 1, 30, 90])
    >>> entered, censored, events = (np.array([n], dtype=float) for n in ([1, 0, 20, 0], [0, 0, 0, 20], [0, 1, 0, 0]))
    >>> least_at_risk(CountingProcess(days, entered, censored, events[None], np.array([0])), 1)
    1.0
    """
    days, entered, at_risk = seen.days, seen.entered.sum(axis=0), seen.at_risk.sum(axis=0)
    if not len(days) or days[0] > until:
        return 0.0 if entered.any() else np.nan
    awaited = entered.sum() - np.cumsum(entered) > 0
    # Between two days of the table those are at risk who have not left by the first of them.
    between = awaited & (np.diff(days, append=days[-1]) > 1) & (days < until)
    rest = at_risk - seen.every.sum(axis=0) - seen.censored.sum(axis=0)
    number = [*at_risk[awaited & (days <= until)], *rest[between]]
    return float(min(number)) if number else np.nan


def chosen_horizon(asked: int | Longest, follow_ups: Iterable[FollowUp], name: str) -> int:
    """Return the horizon asked for, or the longest one that every curve is known to, at least a day.

    Curves that ended limit nobody, and those of which nothing is known are left out. Where no curve is limited it is
    the last day of the longest one.

    Raises
    ------
    ArgumentError
        If it is neither a whole number of days nor ``"longest"``.
    """
    if asked != "longest":
        if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
            raise ArgumentError(f"{name} is a whole number of days, 1 or more, or 'longest'; it was {asked!r}")
        return asked
    there = [one for one in follow_ups if not np.isnan(one.known_to)]
    limits = [one.known_to for one in there if not one.ended]
    return max(1, int(min(limits) if limits else max((one.known_to for one in there), default=1)))


def not_followed(gone: int, of: int, horizon: int, follow_ups: Iterable[FollowUp], numbers: str) -> str:
    """Say how many numbers are missing because nobody was followed to the horizon, and which horizon all would have."""
    if not gone:
        return ""
    longest = chosen_horizon("longest", follow_ups, numbers)
    return f"{gone:,} of {of:,} {numbers} not followed for {horizon} days (every row is known to day {longest})"


def mature_on(strata: Strata, definition: Definition, place: Ints, days: Ints, lag: int) -> Bools:
    """Say of some days whether everybody admitted in the period of a stratum was followed to that day.

    Parameters
    ----------
    place, days : numpy.ndarray of int, shape (rows,)
        The stratum of each row, and its day.
    lag : int
        Days between the last day that the clock looks at and the cut-off.
    """
    if strata.periods is None:
        return np.ones(len(days), dtype=bool)
    followed = np.array([(definition.cutoff - last_day(definition, int(p))).days for p in strata.periods])
    return np.asarray(strata.mature(definition, 0)[place] & (days + lag <= followed[place]))
