"""Cumulative incidence of competing causes since admission or discharge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from careflow.arguments import checked, one_of, text
from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, LEFT_CARE, LEFT_REASONS, OUTCOMES, REASONS
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.event_tables import CONCURRENT_CODE, DIED_CODE, REASON_CODE
from careflow.counts.parts import Part, Where
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.arguments import Cluster, counts_for, estimator, interval_name
from careflow.estimate.arrays.counting_process import each_state, process_of
from careflow.estimate.arrays.followup import follow_up, mature_on
from careflow.estimate.arrays.strata import Ints, strata_of
from careflow.estimate.rates.rate_arrays import direction_masks, direction_targets
from careflow.estimate.result import Provenance, Result
from careflow.estimate.stats.competing_risks import incidences
from careflow.estimate.survival.exit_lengths import exit_lengths
from careflow.estimate.survival.incidence_frames import NUMBERS, Curves, repeated, tidy

_DEFINITIONS: Final = {
    "stay": "Share of stays at the level that have ended each way by each day since admission (Aalen-Johansen), for "
    "stays admitted and outcomes known up to the cut-off less {within} days; a move is the next admission within "
    "{within} days.",
    "gap": "Share of discharges from the level that have been admitted to each level by each day since discharge "
    "(Aalen-Johansen), whatever the gap; not yet readmitted counts for as long as it was followed.",
}


@dataclass(frozen=True, repr=False, eq=False)
class CumulativeIncidence(Result):
    """Cumulative incidences; made by :func:`careflow.cumulative_incidence`.

    ``frame`` has one row for each stratum, level left, cause and day. Its columns are the strata, then:

    ================  ===============================================================================================
    column            meaning
    ================  ===============================================================================================
    from, to          level left; cause (next level or outcome)
    day               days since admission (``clock="stay"``) or discharge (``clock="gap"``)
    estimate          cumulative incidence by the end of the day, 0 to 1
    se, low, high     its standard error and log-log limits
    at_risk           stays or discharges at risk on the day
    known_to          last day with follow-up, without a gap from day 0
    mature            whether everybody of the period was followed to this day
    ================  ===============================================================================================

    Attributes
    ----------
    clock : {"stay", "gap"}
        The origin of the days: admission or discharge.
    directions : pandas.DataFrame
        Moves by direction instead of ``to``: strata, ``from, direction, day, estimate, se, low, high, at_risk,
        known_to, mature``. Each estimate is the sum over the levels of that direction, with its own interval.
    survival : pandas.DataFrame
        Probability that no cause has occurred by each day: strata, ``from, day, estimate, se, low, high, at_risk,
        known_to, mature``. With the rows of levels, reasons, ``died`` and ``concurrent`` of the same day it sums to 1.
    """

    clock: str
    survival: pd.DataFrame
    directions: pd.DataFrame

    @checked()
    def lengths(self) -> pd.DataFrame:
        r"""Return a summary of lengths of stay by exit: how long the stays were that ended in each way.

        Returns
        -------
        pandas.DataFrame
            The strata, then ``from, to, share, se, low, high`` (the cumulative incidence on the last day known, with
            its interval), ``median, q25, q75, mean`` (days, of the stays that ended so by then), ``known_to`` and
            ``complete``: whether all stays have ended by then. Otherwise longer stays are still to come.

        Raises
        ------
        ArgumentError
            If the days are since discharge.
        DisclosureError
            If the incidence is protected: it is then known on some days only.

        Notes
        -----
        With the cumulative incidence :math:`I_k` of exit *k* and the last day known *h*, a quantile is the first day
        with :math:`I_k(t) \ge q I_k(h)`, and the mean is :math:`\sum_t t \, \Delta I_k(t) / I_k(h)`. Open stays count
        for as long as they were followed; the mean and median of closed stays alone would be too short. Lengths have no
        interval.

        References
        ----------
        Aalen OO, Johansen S (1978), Scandinavian Journal of Statistics 5:141-150.

        Examples
        --------
        >>> import pandas as pd, careflow as cf
        >>> stays = pd.DataFrame({"person_id": ["a", "a", "b", "c"], "level": ["php", "iop", "php", "php"],
        ...     "admit_date": ["2024-01-01", "2024-01-15", "2024-01-01", "2024-01-01"],
        ...     "discharge_date": ["2024-01-11", "2024-03-01", "2024-01-21", "2024-01-05"],
        ...     "discharge_reason": ["completed", "completed", "left early", "left early"]})
        >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
        >>> lengths = cf.cumulative_incidence(moves, "php", cluster=None).lengths()
        >>> lengths.loc[lengths["share"] > 0, ["to", "median", "mean"]].round(1).values.tolist()
        [['iop', 10.0, 10.0], ['left early', 4.0, 12.0], ['left care', 4.0, 12.0]]
        """
        if "hidden" in self.frame:
            raise DisclosureError(
                "these incidences are protected, and known on some days only; protected lengths of "
                "stay by exit are length_of_stay(by='discharge_reason')"
            )
        if self.clock != "stay":
            raise ArgumentError("lengths of stay by exit need days since admission: clock='stay'")
        return exit_lengths(self.frame, self.survival, self.about.by)


@estimator(frm=text, clock=one_of("stay", "gap"))
def cumulative_incidence(
    moves: Transitions | Counts,
    frm: str | None = None,
    *,
    clock: Literal["stay", "gap"] = "stay",
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> CumulativeIncidence:
    r"""Estimate the cumulative incidence of each next level and outcome since admission or discharge.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    frm : str, optional
        The level left; every level by default.
    clock : {"stay", "gap"}
        ``"stay"``: days since admission to the level. Causes are the next level, the reasons of leaving care, death and
        a concurrent stay. Follow-up ends at the cut-off minus the link window, so that each cause is known; stays open
        on that day are censored. ``"gap"``: days since discharge. Causes are the next level after any gap, and death
        and a concurrent stay on day 0. Follow-up ends at the cut-off.
    by : str or sequence of str, optional
        Strata. A quarter is that of admission for ``clock="stay"`` and of discharge for ``clock="gap"``.
    cluster : {"person", None}
        ``"person"``: intervals by the delete-a-group jackknife over persons; None: intervals that assume independent
        stays.
    confidence : float
        Coverage of the intervals, such as 0.95.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    CumulativeIncidence
        ``frame``: the strata, then ``from, to, day, estimate, se, low, high, at_risk, known_to, mature``, a row for
        each day with an event or a censoring. Estimates are missing after ``known_to``, unless the curve ended there.
        ``left care`` is the sum of its reasons. ``directions`` has moves by direction, ``survival`` the probability of
        no event.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a level or stratum does not exist.
    CountsError
        If the counts do not have the event table or the strata.

    Notes
    -----
    The Aalen-Johansen estimator, with :math:`d_{ks}` events of cause *k* and :math:`n_s` at risk on day *s*:

    .. math:: I_k(t) = \sum_{s \le t} S(s-)\, d_{ks}/n_s

    Limits are log-log. With ``cluster=None`` the standard error is the multinomial Greenwood one of R's ``etm``.

    References
    ----------
    Aalen OO, Johansen S (1978), Scandinavian Journal of Statistics 5:141-150; Marubini E, Valsecchi MG (1995),
    Analysing Survival Data from Clinical Trials and Observational Studies, section 10.2.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["php", "iop", "php"],
    ...     "admit_date": ["2024-01-01", "2024-01-15", "2024-01-01"],
    ...     "discharge_date": ["2024-01-11", "2024-03-01", "2024-01-21"]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> nexts = cf.cumulative_incidence(moves, "php", cluster=None).frame
    >>> nexts.loc[nexts["to"] == "iop", ["day", "estimate"]].values.tolist()
    [[10.0, 0.5], [20.0, 0.5]]
    """
    name = "exit" if clock == "stay" else "gap"
    counts, strata_names = counts_for(moves, name, by, calendar=calendar, part=Part(where, last))
    continuum = counts.definition.continuum
    table = counts.tables[name]
    if frm is not None:
        table = table[table["state"] == continuum.index(frm)]
    names, sets, causes = cause_sets(continuum, clock)
    strata = strata_of(table, counts.definition, strata_names)
    direction_sets = np.pad(direction_masks(continuum), ((0, 0), (0, 0), (0, len(causes) - len(continuum))))
    parts: list[Curves] = []
    entered = 0
    for stratum, state, cell in each_state(table, strata.codes):
        process = process_of(cell, causes)
        estimates = incidences(process, np.concatenate([sets, direction_sets[state]]), cluster, confidence)
        entered += estimates.of
        keep = (process.every.sum(axis=0) + process.censored.sum(axis=0)) > 0
        followup, days = follow_up(process), estimates.days[keep]
        unknown = followup.unknown(days)
        curves = {name: np.where(unknown, np.nan, getattr(estimates, name)[:, keep]) for name in NUMBERS}
        lag = counts.definition.within if clock == "stay" else 0
        mature = mature_on(strata, counts.definition, np.full(len(days), stratum), days, lag)
        parts.append(Curves(stratum, state, days, estimates.at_risk[keep], curves, followup.known_to, mature))
    about = Provenance.of(
        counts,
        measure="cumulative incidence",
        definition=_DEFINITIONS[clock].format(within=counts.definition.within),
        n=entered,
        unit="stays" if clock == "stay" else "discharges",
        dated_by=("admission" if clock == "stay" else "discharge") if strata_names else "",
        interval=interval_name("log-log", confidence, cluster),
        within=(counts.definition.within,) if clock == "stay" else (),
        by=strata_names,
        confidence=confidence,
    )
    by_label = list(strata.frame.sort_values(list(strata_names)).index) if strata_names else [0]
    parts.sort(key=lambda part: (by_label.index(part.stratum), part.state))
    to, directions_of_moves = pd.Categorical(names, [*continuum.names, *OUTCOMES], ordered=True), direction_targets()
    order, direction_rows = np.argsort(to.codes), len(names) + np.arange(len(directions_of_moves))
    column = len(strata_names) + 1
    frame = tidy(parts, order, strata.frame, continuum)
    frame.insert(column, "to", repeated(to.take(order), parts))
    directions = tidy(parts, direction_rows, strata.frame, continuum)
    directions.insert(column, "direction", repeated(pd.Categorical(directions_of_moves), parts))
    survival = tidy(parts, np.array([-1]), strata.frame, continuum)
    return CumulativeIncidence(frame, about, continuum, clock=clock, survival=survival, directions=directions)


def cause_sets(continuum: Continuum, clock: str) -> tuple[list[str], Ints, tuple[int, ...]]:
    """Return the values of ``to``, the causes of each, and the codes of the causes."""
    if clock not in _DEFINITIONS:
        raise ArgumentError(f"clock is 'stay' or 'gap'; it was {clock!r}")
    levels = list(range(len(continuum)))
    if clock == "gap":
        names = [*continuum.names, DIED, CONCURRENT]
        return names, np.eye(len(names), dtype=np.int64), (*levels, DIED_CODE, CONCURRENT_CODE)
    reasons = [REASON_CODE + REASONS.index(reason) for reason in LEFT_REASONS]
    causes = (*levels, *reasons, DIED_CODE, CONCURRENT_CODE)
    names = [*continuum.names, *LEFT_REASONS, LEFT_CARE, DIED, CONCURRENT]
    single = np.eye(len(causes), dtype=np.int64)
    left_care = single[len(levels) : len(levels) + len(reasons)].sum(axis=0, keepdims=True)
    end = len(levels) + len(reasons)
    return names, np.concatenate([single[:end], left_care, single[end:]]), causes
