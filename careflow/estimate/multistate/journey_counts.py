"""Counts on the journey clock as processes by stratum, and the tidy frame of estimates from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum.outcomes import DIED, LEFT_CARE
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.definition import GROUPS
from careflow.counts.event_tables import CENSORED, DIED_CODE, ENTERED
from careflow.counts.parts import Part
from careflow.counts.sql.journeys import BETWEEN, BETWEEN_CODE, LEFT_CODE
from careflow.estimate.arguments import Cluster, counts_for, interval_name
from careflow.estimate.arrays.followup import FollowUp, Longest, chosen_horizon, not_followed
from careflow.estimate.arrays.strata import Strata, add_up, rows_of_each, strata_of
from careflow.estimate.result import Provenance
from careflow.estimate.stats.aalen_johansen import StateProcess, state_process, states_known_to
from careflow.estimate.stats.intervals import log_log, quantile_of
from careflow.estimate.stats.jackknife import ROUNDING

Array = npt.NDArray[np.float64]

_OUT: Final = (BETWEEN, LEFT_CARE, DIED)
_OUT_CODES: Final = (BETWEEN_CODE, LEFT_CODE, DIED_CODE)


class JourneyCounts:
    """Counts on one journey clock, by stratum, and the frame of estimates from them.

    The parameters are those of :func:`careflow.occupation`.
    """

    def __init__(
        self,
        moves: Transitions | Counts,
        start: str | None,
        days: int | Longest,
        landmark: int | None,
        reentry: bool,
        by: str | Sequence[str] | None,
        cluster: Cluster,
        confidence: float,
        calendar: Calendar | None,
        part: Part,
    ) -> None:
        continuum = moves.definition.continuum if isinstance(moves, Counts) else moves.episodes.continuum
        start = None if start is None else continuum[start].name
        self.start = start
        level = "" if start is None else f":{continuum.index(start)}"
        day = "" if landmark is None else f"@{landmark}"
        clock = f"journey{level}{day}{':reentry' if reentry else ''}"
        self.since = f"the first admission{f' to {start}' if start else ''}"
        if landmark is not None:
            self.since = f"day {landmark} of the journey, of those then {f'at {start}' if start else 'followed'}"
        self.counts, self.by = counts_for(moves, clock, by, calendar=calendar, part=part)
        self.table, self.cluster, self.confidence = self.counts.tables[clock], cluster, confidence
        self.strata: Strata = strata_of(self.table, self.counts.definition, self.by)
        self.names = [*continuum.names, *_OUT]
        self.codes = (*range(len(continuum)), *_OUT_CODES)
        self.lag = self.counts.definition.within + (landmark or 0)
        self.transient = [*range(len(continuum) + (2 if reentry else 1))]
        """The positions of the transient states: levels, between stays, and left care with reentry."""
        self.follow_ups: dict[int, FollowUp] = {}
        self.state_known_to = np.full((len(self.strata), len(self.names)), np.inf)
        """The last day to which the share of each state is known, where nobody in it is followed before the others."""
        for stratum, cell in self._cells():
            self.follow_ups[stratum] = self._follow_up(stratum, cell)
        self.days = chosen_horizon(days, self.follow_ups.values(), "days")

    def _cells(self) -> Iterator[tuple[int, dict[str, npt.NDArray[np.int64]]]]:
        columns = {name: self.table[name].to_numpy() for name in ("jackknife_group", "state", "event", "day", "n")}
        for stratum, rows in rows_of_each(self.strata.codes):
            yield stratum, {name: column[rows] for name, column in columns.items()}

    def _follow_up(self, stratum: int, cell: dict[str, npt.NDArray[np.int64]]) -> FollowUp:
        """Return the last day with follow-up in a transient state, and whether all transient states are then empty.

        Fills in ``state_known_to`` of the stratum. Whoever is in a transient state leaves it or is censored in it, so
        the last such day ends the follow-up.
        """
        ends = np.isin(cell["state"], [self.codes[i] for i in self.transient]) & (cell["event"] != ENTERED)
        last = int(cell["day"][ends].max(initial=0))
        if not (ends & (cell["event"] == CENSORED)).any():
            return FollowUp(float(last), True, False)
        pooled = state_process(cell | {"jackknife_group": np.zeros_like(cell["jackknife_group"])}, self.codes, last)
        path = pooled.occupied()[:, 0, self.transient]
        begun = pooled.start[:, self.transient] / pooled.start.sum()
        states, together = states_known_to(np.concatenate([begun, path[:-1]]), pooled.at_risk[:, 0, self.transient])
        self.state_known_to[stratum, self.transient] = states
        return FollowUp(min(last, together), bool(path[-1].sum() <= ROUNDING) and together > last, False)

    def each(self) -> Iterator[tuple[int, StateProcess]]:
        """Yield the number of each stratum and the process of its journeys."""
        for stratum, cell in self._cells():
            if self.cluster is None:
                cell["jackknife_group"] = np.zeros_like(cell["jackknife_group"])
            yield stratum, state_process(cell, self.codes, self.days)

    def frame(
        self,
        value: str,
        days: npt.NDArray[np.int64],
        estimate: Callable[[StateProcess, Cluster], tuple[Array, Array, int | None]],
        *,
        bounded: bool,
    ) -> pd.DataFrame:
        """Return the strata, ``day``, ``state``, and the estimates of each process with their limits.

        Parameters
        ----------
        value : str
            ``"state"`` for state probabilities, otherwise the name of the column of the estimates.
        days : array of int
            The days of the estimates.
        estimate : callable
            From a process to the estimates and standard errors, shape (days, states), and the number of groups.
        bounded : bool
            Whether the estimates are probabilities, with log-log limits; otherwise limits are symmetric, cut at 0 and
            at the horizon.
        """
        column = "estimate" if value == "state" else value
        state = pd.Series(pd.Categorical(self.names, self.names, ordered=True), name="state")
        frame = self.strata.repeat(pd.Series(days, name="day"), state)
        numbers = np.full((len(self.strata), len(days) * len(state), 4), np.nan)
        for stratum, process in self.each():
            values, se, groups = estimate(process, self.cluster)
            z = quantile_of(self.confidence, groups)
            if bounded:
                low, high = log_log(values, se, z)
            else:
                low, high = np.maximum(values - z * se, 0), np.minimum(values + z * se, self.days)
            rows_of_stratum = np.stack([x.ravel() for x in (values, se, low, high)], axis=-1)
            # A probability needs follow-up to its day, days spent in a state need follow-up to the horizon.
            unknown = self.follow_ups[stratum].unknown(days)[:, None] | (days[:, None] > self.state_known_to[stratum])
            numbers[stratum] = np.where(unknown.reshape(-1, 1), np.nan, rows_of_stratum)
        frame[[column, "se", "low", "high"]] = numbers.reshape(-1, 4)
        known_to = [self.follow_ups[i].known_to if i in self.follow_ups else np.nan for i in range(len(self.strata))]
        of_states = np.minimum(np.array(known_to)[:, None], self.state_known_to)
        frame["known_to"] = np.broadcast_to(of_states[:, None], (len(of_states), len(days), len(state))).ravel()
        mature = self.strata.mature(self.counts.definition, self.days + self.lag)
        frame["mature"] = np.repeat(mature, len(days) * len(state))
        return frame

    def missing(self) -> str:
        """Return the note on strata without follow-up to the last day, and on states without it."""
        short = [stratum for stratum, one in self.follow_ups.items() if not one.covers(self.days)]
        states = int((np.delete(self.state_known_to, short, axis=0) < self.days).sum())
        noun = "state" if states == 1 else "states"
        of_states = f"{states:,} {noun} in which nobody was followed for {self.days} days"
        of_strata = not_followed(len(short), len(self.follow_ups), self.days, self.follow_ups.values(), "strata")
        return "; ".join(part for part in (of_strata, of_states if states else "") if part)

    def started(self) -> pd.DataFrame:
        """Return the number of journeys of each stratum, and the number of jackknife groups with any of them."""
        entries = (self.table["event"] == ENTERED).to_numpy()
        table, codes = self.table[entries], self.strata.codes[entries]
        by_group = add_up(table["n"], (codes, len(self.strata)), (table["jackknife_group"], GROUPS))
        return self.strata.frame.assign(n=by_group.sum(axis=1), persons=(by_group > 0).sum(axis=1))

    def about(self, measure: str, definition: str, interval: str) -> Provenance:
        """Return the provenance of a result."""
        rules = self.counts.definition
        return Provenance.of(
            self.counts,
            measure=measure,
            definition=definition,
            n=int(self.table.loc[self.table["event"] == ENTERED, "n"].sum()),
            unit="journeys",
            dated_by="admission" if self.by else "",
            interval=interval_name(interval, self.confidence, self.cluster),
            within=(rules.within,),
            by=self.by,
            confidence=self.confidence,
            missing=self.missing(),
        )
