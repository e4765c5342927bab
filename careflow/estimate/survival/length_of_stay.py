"""Length of stay: Kaplan-Meier, with the stays that are still open counted for as long as they have lasted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass, field
from functools import partial
from typing import Final, Literal

import pandas as pd

from careflow.arguments import one_of, whole
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.event_tables import EVENT_TABLES
from careflow.estimate.arguments import Cluster, counts_for, estimator, interval_name, unit_of
from careflow.estimate.arrays.followup import Longest, not_followed
from careflow.estimate.arrays.strata import strata_of
from careflow.estimate.result import Provenance, Result
from careflow.estimate.survival.stay_curves import Convention, Means, lengths, means_of

Cohort = Literal["period", "admission", "discharge"]

_CLOCK: Final[dict[Cohort, str]] = {
    "period": "stay",
    "admission": "stay by admission",
    "discharge": "stay by discharge",
}
_CONVENTIONS: Final = ("nights", "nights_min1", "days")
_ALL_WORDS: Final = "open stays counted for as long as they have lasted"
COHORT_WORDS: Final = {
    "period": "each stay counted for the days it spent in the period",
    "admission": "stays by admission, followed to the cut-off",
    "discharge": "closed stays only, by discharge",
}


@dataclass(frozen=True, repr=False, eq=False)
class LengthOfStay(Result):
    """Lengths of stay; see :func:`length_of_stay` for the columns of ``frame``.

    Attributes
    ----------
    curve : pandas.DataFrame
        The Kaplan-Meier curves: strata, ``level, day, at_risk, events, survival, se, low, high``.
    horizon : int
        To which day the restricted mean goes.
    contributors : pandas.DataFrame or None
        At least how many distinct people are behind each count of ``frame``, in columns of the same names and
        ``closed``: the jackknife groups that hold any of them. What protection needs, never for show.
    """

    curve: pd.DataFrame
    horizon: int
    contributors: pd.DataFrame | None = field(default=None, repr=False)
    inputs: InitVar[StayInputs | None] = None
    # ``replace`` gives ``inputs`` no value, so that no result made from this one carries it.
    _inputs: StayInputs | None = field(default=None, init=False, repr=False)

    def __post_init__(self, inputs: StayInputs | None) -> None:
        object.__setattr__(self, "_inputs", inputs)


@dataclass(frozen=True)
class StayInputs:
    """What lengths of stay were made from, for those who go on from their means.

    Attributes
    ----------
    strata : pandas.DataFrame
        The labels of each stratum.
    means : callable
        Returns restricted means, shape (strata, levels), and those without each group, shape (strata, levels, groups).
    """

    strata: pd.DataFrame
    means: Callable[[], Means]


@estimator(horizon=whole(1, None, "days", word="longest"), cohort=one_of(*_CLOCK), convention=one_of(*_CONVENTIONS))
def length_of_stay(
    moves: Transitions | Counts,
    *,
    by: str | Sequence[str] | None = None,
    horizon: int | Longest = 365,
    cohort: Cohort | None = None,
    convention: Convention = "nights",
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
) -> LengthOfStay:
    r"""Estimate how long stays at each level last.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    by : str or sequence of str, optional
        Strata: ``"quarter"``, ``"month"``, ``"year"``, ``"discharge_reason"`` and any column that was read.
    horizon : int or "longest"
        Days to which the mean is restricted. ``"longest"`` takes the longest horizon that every row has, so that rows
        stay comparable: the smallest ``known_to`` of the curves that have not ended, at least 1. Where all have ended
        it is the last day of the longest curve.
    cohort : {"period", "admission", "discharge"}, optional
        How a stay belongs to a quarter. ``"period"`` (the default) is a period life table: a stay counts for the days
        that it spent in the quarter, entering at the age it had on the first of them. ``"admission"`` follows those
        admitted in the quarter to the cut-off; ``"discharge"`` looks back at those discharged in it, and so leaves
        out who stayed.
    convention : {"nights", "nights_min1", "days"}
        ``nights`` is discharge - admission (HCUP); ``nights_min1`` counts a same-day stay as 1 (CMS); ``days`` counts
        both days (TEDS outpatient since 2005).
    cluster : {"person", None}
        Whether intervals allow for people who come back.
    confidence : float
        Coverage of the intervals.
    calendar : Calendar, optional
        Which months make a quarter.

    Returns
    -------
    LengthOfStay
        ``frame``: the strata, then ``level, n, open, median, median_low, median_high, q25, q75, rmean, rmean_se,
        discharged_mean, discharged_median, known_to, least_at_risk, thin, mature``, in days. ``open`` stays are still
        in care when observation ends. A quantile that is not reached is missing. The two ``discharged_`` columns are
        of closed stays only, so they are too short while stays are open; they are for comparison with what others
        publish. ``known_to`` is the last day, without a gap since admission, on which somebody was followed; missing
        where nobody was followed on day 0. ``least_at_risk`` is the smallest number at risk up to the median, or to the
        horizon where the median is missing, of the days on which others have yet to enter (at a later age: in a
        period, or after the start of the records); missing where nobody enters late. ``thin`` is whether it is under
        5. ``mature`` is whether everybody of the stratum was followed: by quarter of admission, whether the quarter's
        last day + horizon is not after the cut-off; in periods and by discharge, whether the quarter is over.

    Raises
    ------
    ArgumentError, CountsError
        If a stratum or an option does not exist.

    Notes
    -----
    :math:`S(t) = \prod_{s \le t}(1 - d_s/n_s)`; a stay is at risk from the day it enters, and a discharge comes
    before a censoring on the same day. A quantile is the first day with :math:`S(t) \le 1 - q`; its limits invert the
    log-log band (Brookmeyer and Crowley 1982, Biometrics 38:29-41). The restricted mean is the sum of S(t) over the
    days before the horizon.

    Nothing is carried forward. A curve has ended, and is known for good, where S(t) is 0 and nobody is observed at a
    later age. Else ``survival`` is missing after ``known_to``, and the mean is given only if ``known_to >= horizon``.
    Where S(t) falls to 0 while others are observed at later ages, the early risk set ran out: ``known_to`` is that day,
    and a quantile that only this fall follow_ups is missing (R's ``survfit`` carries the 0 on).

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "b", "c"], "level": ["iop"] * 3,
    ...     "admit_date": ["2024-01-01", "2024-01-01", "2024-01-01"],
    ...     "discharge_date": ["2024-01-11", "2024-01-21", None]})
    >>> stays = cf.length_of_stay(cf.link(cf.read_episodes(stays, cutoff="2024-06-30")), cluster=None)
    >>> stays.frame.loc[lambda f: f["level"] == "iop", ["n", "open", "median", "discharged_median"]].values.tolist()
    [[3.0, 1.0, 20.0, 15.0]]

    The third was followed for 181 days, which is less than the horizon.

    >>> stays.frame.loc[lambda f: f["level"] == "iop", ["known_to", "rmean"]].values.tolist()
    [[181.0, nan]]
    """
    names = (by,) if isinstance(by, str) else tuple(by or ())
    clock, chosen = stay_clock(moves, names, cohort)
    counts, strata_names = counts_for(moves, clock, names, calendar=calendar)
    table = counts.tables[clock]
    strata = strata_of(table, counts.definition, strata_names)
    found = lengths(table, strata, counts, horizon, convention, cluster, confidence)
    rows, days = found.rows, found.horizon
    mature = strata.mature(counts.definition, days if chosen == "admission" else 0)
    rows["mature"] = mature.repeat(len(counts.definition.continuum))
    there, lacking = rows["n"] > 0, rows["rmean"].isna()
    missing = [
        f"{int(rows['open'].sum()):,} open",
        not_followed(int((there & lacking).sum()), int(there.sum()), days, found.follow_ups, "means"),
    ]
    about = Provenance(
        measure="length of stay",
        definition=(
            f"Days from admission to discharge from the level ({convention}), by Kaplan-Meier: "
            f"{COHORT_WORDS[chosen] if unit_of(strata_names) or chosen == 'discharge' else _ALL_WORDS}."
        ),
        n=int(rows["n"].sum()),
        unit="stays" if chosen != "period" or not unit_of(strata_names) else "stays in a period",
        persons=counts.persons,
        cutoff=counts.definition.cutoff,
        start=counts.definition.start,
        dated_by=EVENT_TABLES[clock].dated_by if unit_of(strata_names) else "",
        interval=interval_name("log-log", confidence, cluster),
        by=strata_names,
        convention=convention,
        confidence=confidence,
        missing="; ".join(part for part in missing if part),
        source=counts.source,
        last=counts.last,
    )
    continuum = counts.definition.continuum
    # The table of counts is many times as large as the result, which keeps it only if its means are still to be made.
    again = partial(means_of, table, strata, len(continuum), days, convention)
    means = again if found.means is None else partial(_known, found.means)
    return LengthOfStay(
        rows,
        about,
        continuum,
        curve=found.curves,
        horizon=days,
        contributors=found.people,
        inputs=StayInputs(strata.frame, means),
    )


def _known(means: Means) -> Means:
    return means


def stay_clock(moves: Transitions | Counts, by: Sequence[str], cohort: Cohort | None) -> tuple[str, Cohort]:
    """Return the clock on which stays are followed, and the cohort that it stands for."""
    chosen = cohort or ("period" if unit_of(by) else "admission")
    return _CLOCK[chosen], chosen
