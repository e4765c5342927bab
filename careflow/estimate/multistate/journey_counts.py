"""JourneyCounts as state occupation reads them: counted on the clock asked for, told stratum by stratum."""

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
    """The counts asked for, by stratum and state, and the tidy frame of what is estimated from them.

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
    ) -> None:
        continuum = moves.definition.continuum if isinstance(moves, Counts) else moves.episodes.continuum
        place = "" if start is None else f":{continuum.index(start)}"
        clock = f"journey{place}{_at(landmark)}{':reentry' if reentry else ''}"
        where = f" at {start}" if start else ""
        self.since = f"the first admission{f' to {start}' if start else ''}"
        if landmark is not None:
            self.since = f"day {landmark} of the journey, of those then{where or ' followed'}"
        self.counts, self.by = counts_for(moves, clock, by, calendar=calendar)
        self.table, self.cluster, self.confidence = self.counts.tables[clock], cluster, confidence
        self.strata: Strata = strata_of(self.table, self.counts.definition, self.by)
        self.names = [*continuum.names, *_OUT]
        self.codes = (*range(len(continuum)), *_OUT_CODES)
        self.lag = self.counts.definition.within + (landmark or 0)
        self.changing = [*range(len(continuum) + (2 if reentry else 1))]
        """The places of the states that can still be left: levels, between stays, and left care with reentry."""
        self.follow_ups: dict[int, FollowUp] = {}
        self.state_known_to = np.full((len(self.strata), len(self.names)), np.inf)
        """The last day to which the share of each state is known, where nobody in it is followed before the others."""
        for stratum, cell in self._cells():
            self.follow_ups[stratum] = self._follow_up(stratum, cell)
        self.days = chosen_horizon(days, self.follow_ups.values(), "days")

    def _cells(self) -> Iterator[tuple[int, dict[str, npt.NDArray[np.int64]]]]:
        columns = {name: self.table[name].to_numpy() for name in ("jackknife_group", "state", "event", "day", "n")}
        for stratum, rows in rows_of_each(self.strata.place):
            yield stratum, {name: column[rows] for name, column in columns.items()}

    def _follow_up(self, stratum: int, cell: dict[str, npt.NDArray[np.int64]]) -> FollowUp:
        """Return up to which day somebody was followed in a state that can be left, and whether nobody is left there.

        Fills in ``state_known_to`` of the stratum.

        Those who are in such a state leave it or are censored there, so that the last of these days is the last one
        on which anybody was.
        """
        going = np.isin(cell["state"], [self.codes[i] for i in self.changing]) & (cell["event"] != ENTERED)
        last = int(cell["day"][going].max(initial=0))
        if not (going & (cell["event"] == CENSORED)).any():
            return FollowUp(float(last), True, False)
        everybody = state_process(cell | {"jackknife_group": np.zeros_like(cell["jackknife_group"])}, self.codes, last)
        path = everybody.occupied()[:, 0, self.changing]
        begun = everybody.start[:, self.changing] / everybody.start.sum()
        states, together = states_known_to(np.concatenate([begun, path[:-1]]), everybody.at_risk[:, 0, self.changing])
        self.state_known_to[stratum, self.changing] = states
        return FollowUp(min(last, together), bool(path[-1].sum() <= ROUNDING) and together > last, False)

    def each(self) -> Iterator[tuple[int, StateProcess]]:
        """Yield the place of each stratum and the process of its journeys."""
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
        """Return the strata, ``day``, ``state``, and what ``estimate`` makes of each process, with its limits.

        Parameters
        ----------
        value : str
            What is estimated: ``"state"`` for a share, else the name of its column.
        days : array of int
            The days that it is estimated for.
        estimate : callable
            From a process to the estimates and standard errors, shape (days, states), and the number of groups.
        bounded : bool
            Whether it is a share, with log-log limits; else limits are symmetric, within 0 and all days.
        """
        column = "estimate" if value == "state" else value
        state = pd.Series(pd.Categorical(self.names, self.names, ordered=True), name="state")
        frame = self.strata.repeat(pd.Series(days, name="day"), state)
        numbers = np.full((len(self.strata), len(days) * len(state), 4), np.nan)
        for stratum, process in self.each():
            found, se, groups = estimate(process, self.cluster)
            z = quantile_of(self.confidence, groups)
            low, high = log_log(found, se, z) if bounded else (found - z * se, found + z * se)
            if not bounded:
                low, high = np.maximum(low, 0), np.minimum(high, self.days)
            each = np.stack([x.ravel() for x in (found, se, low, high)], axis=-1)
            # An estimate on a day needs that day; days spent before the horizon need the horizon.
            unknown = self.follow_ups[stratum].unknown(days)[:, None] | (days[:, None] > self.state_known_to[stratum])
            numbers[stratum] = np.where(unknown.reshape(-1, 1), np.nan, each)
        frame[[column, "se", "low", "high"]] = numbers.reshape(-1, 4)
        known_to = [self.follow_ups[i].known_to if i in self.follow_ups else np.nan for i in range(len(self.strata))]
        of_states = np.minimum(np.array(known_to)[:, None], self.state_known_to)
        frame["known_to"] = np.broadcast_to(of_states[:, None], (len(of_states), len(days), len(state))).ravel()
        mature = self.strata.mature(self.counts.definition, self.days + self.lag)
        frame["mature"] = np.repeat(mature, len(days) * len(state))
        return frame

    def missing(self) -> str:
        """Say how many strata have no number to the last day, to which day all of them have, and how many states."""
        short = [stratum for stratum, one in self.follow_ups.items() if not one.covers(self.days)]
        states = int((np.delete(self.state_known_to, short, axis=0) < self.days).sum())
        noun = "state" if states == 1 else "states"
        of_states = f"{states:,} {noun} in which nobody was followed for {self.days} days"
        of_strata = not_followed(len(short), len(self.follow_ups), self.days, self.follow_ups.values(), "strata")
        return "; ".join(part for part in (of_strata, of_states if states else "") if part)

    def started(self) -> pd.DataFrame:
        """Return how many journeys began in each stratum, and in how many jackknife groups."""
        began = (self.table["event"] == ENTERED).to_numpy()
        table, place, size = self.table[began], self.strata.place[began], len(self.strata)
        by_group = add_up(table["n"], (place, size), (table["jackknife_group"], GROUPS))
        return self.strata.frame.assign(n=by_group.sum(axis=1), persons=(by_group > 0).sum(axis=1))

    def about(self, measure: str, definition: str, interval: str) -> Provenance:
        """Return the provenance of a result."""
        rules = self.counts.definition
        return Provenance(
            measure=measure,
            definition=definition,
            n=int(self.table.loc[self.table["event"] == ENTERED, "n"].sum()),
            unit="journeys",
            persons=self.counts.persons,
            cutoff=rules.cutoff,
            start=rules.start,
            dated_by="admission" if self.by else "",
            interval=interval_name(interval, self.confidence, self.cluster),
            within=(rules.within,),
            by=self.by,
            confidence=self.confidence,
            missing=self.missing(),
            source=self.counts.source,
            last=self.counts.last,
        )


def _at(landmark: int | None) -> str:
    """Return what the name of a clock says of a landmark."""
    return "" if landmark is None else f"@{landmark}"
