"""Follow-up of curves: the last day with anybody at risk, and the smallest number at risk before it."""

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
"""With fewer at risk, a quantile or mean under late entry is marked as thin."""
LEAST_OF: Final = {
    "median": "least_at_risk",
    **{name: f"{name}_least_at_risk" for name in ("q25", "q75", "rmean")},
}
THIN_OF: Final = {"median": "thin", **{name: f"{name}_thin" for name in ("q25", "q75", "rmean")}}
"""The columns of each quantile and of the mean: the smallest number at risk, and whether that is under :data:`THIN`."""


@dataclass(frozen=True)
class FollowUp:
    """The day up to which a curve is known.

    Attributes
    ----------
    known_to : float
        The last day of the days from 0 on without a day with nobody at risk. Missing if nobody is at risk on day 0.
    ended : bool
        Whether the curve is 0 from that day on, and nobody is observed later. It is then known on every later day.
    ran_out : bool
        Whether the curve falls to 0 on that day while others are observed at later ages. It is then unknown afterwards.
    """

    known_to: float
    ended: bool
    ran_out: bool

    def covers(self, horizon: int) -> bool:
        """Return whether the curve is known on every day before the horizon."""
        return self.ended or self.known_to >= horizon

    def unknown(self, days: Ints) -> Bools:
        """Return on which days the curve is unknown."""
        return np.zeros(len(days), dtype=bool) if self.ended else ~(days <= self.known_to)


def follow_up(process: CountingProcess) -> FollowUp:
    """Return the day up to which the curve of a process is known.

    Examples
    --------
    Two of three have an event on day 4; the third is censored on day 9.

    >>> from careflow.estimate.arrays.counting_process import CountingProcess
    >>> days = np.array([0, 4, 9])
    >>> entered, censored, events = (np.array([n], dtype=float) for n in ([3, 0, 0], [0, 0, 1], [0, 2, 0]))
    >>> follow_up(CountingProcess(days, entered, censored, events[None], np.array([0])))
    FollowUp(known_to=9.0, ended=False, ran_out=False)
    """
    days, at_risk, events = process.days, process.at_risk.sum(axis=0), process.every.sum(axis=0)
    if not len(days) or days[0] > 0 or not at_risk[0]:
        return FollowUp(np.nan, False, False)
    all_had_event = (events == at_risk) & (at_risk > 0)
    none_left = at_risk - events - process.censored.sum(axis=0) == 0
    before_gap = np.append(np.diff(days) > 1, True)
    stops = all_had_event | (none_left & before_gap)
    if not stops.any():  # the process was cut while some were still at risk
        return FollowUp(np.inf, False, False)
    last = int(np.argmax(stops))
    observed_later, fell_to_0 = last < len(days) - 1, bool(all_had_event[last])
    return FollowUp(float(days[last]), fell_to_0 and not observed_later, fell_to_0 and observed_later)


def least_at_risk(process: CountingProcess, until: float) -> float:
    """Return the smallest number at risk on the days up to ``until`` before the last late entry.

    Missing if nobody enters after day 0; 0 if nobody is at risk on day 0.

    Examples
    --------
    One stay of a single night enters on day 0, and 20 others enter at age 30.

    >>> from careflow.estimate.arrays.counting_process import CountingProcess
    >>> days = np.array([0, 1, 30, 90])
    >>> entered, censored, events = (np.array([n], dtype=float) for n in ([1, 0, 20, 0], [0, 0, 0, 20], [0, 1, 0, 0]))
    >>> least_at_risk(CountingProcess(days, entered, censored, events[None], np.array([0])), 1)
    1.0
    """
    days, entered, at_risk = process.days, process.entered.sum(axis=0), process.at_risk.sum(axis=0)
    if not len(days) or days[0] > until:
        return 0.0 if entered.any() else np.nan
    before_last_entry = entered.sum() - np.cumsum(entered) > 0
    # On the days between two rows of the table, those still at risk after the first of them are at risk.
    between = before_last_entry & (np.diff(days, append=days[-1]) > 1) & (days < until)
    still_at_risk = at_risk - process.every.sum(axis=0) - process.censored.sum(axis=0)
    numbers = [*at_risk[before_last_entry & (days <= until)], *still_at_risk[between]]
    return float(min(numbers)) if numbers else np.nan


def chosen_horizon(horizon: int | Longest, follow_ups: Iterable[FollowUp], name: str) -> int:
    """Return the horizon in days; ``"longest"`` is the longest one to which every curve is known, at least 1.

    Curves that ended do not limit it, and curves that are known on no day are left out. If no curve limits it, it is
    the last day of the longest curve.

    Raises
    ------
    ArgumentError
        If it is neither a whole number of days nor ``"longest"``.
    """
    if horizon != "longest":
        if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1:
            raise ArgumentError(f"{name} is a whole number of days, 1 or more, or 'longest'; it was {horizon!r}")
        return horizon
    curves = [curve for curve in follow_ups if not np.isnan(curve.known_to)]
    limits = [curve.known_to for curve in curves if not curve.ended]
    return max(1, int(min(limits) if limits else max((curve.known_to for curve in curves), default=1)))


def not_followed(missing: int, of: int, horizon: int, follow_ups: Iterable[FollowUp], numbers: str) -> str:
    """Return the note on numbers that are missing for lack of follow-up, with the longest horizon of all rows."""
    if not missing:
        return ""
    longest = chosen_horizon("longest", follow_ups, numbers)
    return f"{missing:,} of {of:,} {numbers} not followed for {horizon} days (every row is known to day {longest})"


def mature_on(strata: Strata, definition: Definition, codes: Ints, days: Ints, lag: int) -> Bools:
    """Return for each row whether everybody admitted in the period of its stratum was followed to its day.

    Parameters
    ----------
    codes, days : numpy.ndarray of int, shape (rows,)
        The stratum of each row, and its day.
    lag : int
        Days between the last day of the clock and the cut-off.
    """
    if strata.periods is None:
        return np.ones(len(days), dtype=bool)
    followed = np.array([(definition.cutoff - last_day(definition, int(p))).days for p in strata.periods])
    return np.asarray(strata.mature(definition, 0)[codes] & (days + lag <= followed[codes]))
