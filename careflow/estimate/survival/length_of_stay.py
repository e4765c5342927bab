"""Length of stay by Kaplan-Meier, with open stays censored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Literal

from careflow.arguments import one_of, whole
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.calendar import unit_of
from careflow.counts.event_tables import EVENT_TABLES
from careflow.counts.parts import Part, Where
from careflow.estimate.arguments import Cluster, counts_for, estimator, interval_name
from careflow.estimate.arrays.followup import Longest, not_followed
from careflow.estimate.arrays.strata import strata_of
from careflow.estimate.result import Provenance
from careflow.estimate.survival.cohorts import side_by_side
from careflow.estimate.survival.stay_comparison import StayInputs
from careflow.estimate.survival.stay_curves import Convention, Means, each_process, means_of, stay_curves
from careflow.estimate.survival.stay_result import LengthOfStay

Cohort = Literal["period", "admission", "discharge", "all"]

_ALL: Final = "all"
_CLOCK: Final[dict[Cohort, str]] = {
    "period": "stay",
    "admission": "stay by admission",
    "discharge": "stay by discharge",
}
COHORTS: Final = (*_CLOCK, _ALL)
_CONVENTIONS: Final = ("nights", "nights_min1", "days")
_ALL_WORDS: Final = "open stays counted for as long as they have lasted"
COHORT_WORDS: Final = {
    "period": "each stay counted for the days it spent in the period",
    "admission": "stays by admission, followed to the cut-off",
    "discharge": "closed stays only, by discharge",
}


@estimator(horizon=whole(1, None, "days", word="longest"), cohort=one_of(*COHORTS), convention=one_of(*_CONVENTIONS))
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
    where: Where | None = None,
    last: int | None = None,
) -> LengthOfStay:
    r"""Estimate the length of stay at each level by Kaplan-Meier.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    by : str or sequence of str, optional
        Strata: ``"quarter"``, ``"month"``, ``"year"``, ``"discharge_reason"`` and any column that was read.
    horizon : int or "longest"
        Days to which the mean is restricted. ``"longest"`` takes the longest horizon that is known for every row: the
        smallest ``known_to`` of the curves that have not ended, at least 1. If all have ended, it is the last day of
        the longest curve.
    cohort : {"period", "admission", "discharge", "all"}, optional
        The stays of a quarter. ``"period"`` (the default with a period in ``by``): a period life table, in which each
        stay is at risk on its days in the quarter, with late entry at its age on the first of them. ``"admission"``
        (the default otherwise): stays admitted in the quarter, followed to the cut-off. ``"discharge"``: stays
        discharged in the quarter, which leaves out open stays. ``"all"``: the three side by side.
    convention : {"nights", "nights_min1", "days"}
        ``nights`` is discharge - admission (HCUP); ``nights_min1`` counts a same-day stay as 1 (CMS); ``days`` counts
        both days (TEDS outpatient since 2005).
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
    LengthOfStay
        ``frame``: the strata, then ``level, n, open, median, median_low, median_high, q25, q75, rmean, rmean_se,
        discharged_mean, discharged_median, known_to, least_at_risk, thin, mature, q25_least_at_risk, q25_thin,
        q75_least_at_risk, q75_thin, rmean_least_at_risk, rmean_thin``, in days. ``open`` stays are still
        in care when observation ends. A quantile that is not reached is missing. ``discharged_mean`` and
        ``discharged_median`` are of closed stays only and too short while stays are open; they are for comparison with
        published figures. ``known_to`` is the last day with follow-up, without a gap since admission;
        missing if nobody was followed on day 0. ``least_at_risk`` is the smallest number at risk, up to the median (or
        the horizon if the median is missing), on days before the last late entry; missing without late entry. ``thin``
        is whether it is under 5. ``q25_...``, ``q75_...`` and ``rmean_...`` are the same for the quartiles and the mean
        (up to the horizon). ``mature``: with ``cohort="admission"``, whether the quarter's last day + horizon is not
        after the cut-off; otherwise, whether the quarter is whole. With ``cohort="all"`` a column ``cohort`` follows
        the strata, and the last column, ``bias``, names the bias of each cohort.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a stratum does not exist.
    CountsError
        If the counts do not have the event table or the strata.

    Notes
    -----
    With :math:`d_s` discharges and :math:`n_s` stays at risk on day *s*, and horizon *h*:

    .. math:: S(t) = \prod_{s \le t}(1 - d_s/n_s), \qquad \mathrm{rmean} = \sum_{t=0}^{h-1} S(t)

    A stay is at risk from the day it enters; on one day, discharges come before censorings. A quantile is the first day
    with :math:`S(t) \le 1 - q`; its limits invert the log-log band.

    Nothing is carried forward. A curve has ended if S(t) is 0 and nobody is observed at a later age. Otherwise
    ``survival`` is missing after ``known_to``, and the mean is missing unless ``known_to >= horizon``. If S(t) falls to
    0 while others are observed at later ages, ``known_to`` is that day, and a quantile reached only by this fall is
    missing (R's ``survfit`` carries the 0 forward).

    References
    ----------
    Kaplan EL, Meier P (1958), JASA 53:457-481; Brookmeyer R, Crowley J (1982), Biometrics 38:29-41.

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

    The cohorts side by side: of those discharged, both before the 21st day, the open stay is left out.

    >>> cohorts = cf.length_of_stay(cf.link(cf.read_episodes(pd.DataFrame({"person_id": ["a", "b", "c"],
    ...     "level": ["iop"] * 3, "admit_date": ["2024-01-01"] * 3, "discharge_date": ["2024-01-11", "2024-01-21",
    ...     None]}), cutoff="2024-03-31")), cohort="all", cluster=None).frame
    >>> cohorts.loc[cohorts["level"] == "iop", ["cohort", "n", "median"]].values.tolist()
    [['period', 3, 20.0], ['admission', 3, 20.0], ['discharge', 2, 10.0]]
    """
    if cohort == _ALL:
        options = {
            "by": by, "convention": convention, "cluster": cluster, "confidence": confidence, "calendar": calendar,
            "where": where, "last": last,
        }  # fmt: skip
        return _side_by_side(moves, horizon, options)
    names = (by,) if isinstance(by, str) else tuple(by or ())
    clock, chosen = stay_clock(moves, names, cohort)
    counts, strata_names = counts_for(moves, clock, names, calendar=calendar, part=Part(where, last))
    table = counts.tables[clock]
    strata = strata_of(table, counts.definition, strata_names)
    curves = stay_curves(table, strata, counts, horizon, convention, cluster, confidence)
    rows, days = curves.rows, curves.horizon
    mature = strata.mature(counts.definition, days if chosen == "admission" else 0)
    mature = mature.repeat(len(counts.definition.continuum))
    rows.insert(list(rows.columns).index("thin") + 1, "mature", mature)
    has_stays, lacking = rows["n"] > 0, rows["rmean"].isna()
    missing = [
        f"{int(rows['open'].sum()):,} open",
        not_followed(int((has_stays & lacking).sum()), int(has_stays.sum()), days, curves.followups, "means"),
    ]
    about = Provenance.of(
        counts,
        measure="length of stay",
        definition=(
            f"Days from admission to discharge from the level ({convention}), by Kaplan-Meier: "
            f"{COHORT_WORDS[chosen] if unit_of(strata_names) or chosen == 'discharge' else _ALL_WORDS}."
        ),
        n=int(rows["n"].sum()),
        unit="stays" if chosen != "period" or not unit_of(strata_names) else "stays in a period",
        dated_by=EVENT_TABLES[clock].dated_by if unit_of(strata_names) else "",
        interval=interval_name("log-log", confidence, cluster),
        by=strata_names,
        convention=convention,
        confidence=confidence,
        missing="; ".join(part for part in missing if part),
    )
    continuum = counts.definition.continuum
    compute = partial(means_of, table, strata, len(continuum), days, convention)
    means = compute if curves.means is None else partial(_constant, curves.means)
    return LengthOfStay(  # type: ignore[call-arg]
        rows,
        about,
        continuum,
        curve=curves.curves,
        horizon=days,
        contributors=curves.people,
        inputs=StayInputs(
            strata.frame,
            means,
            partial(each_process, table, strata, convention),
            cluster,
            confidence,
            len(continuum),
        ),
    )


def _side_by_side(moves: Transitions | Counts, horizon: int | Longest, options: dict[str, Any]) -> LengthOfStay:
    """Return the lengths of all cohorts, with their means to one horizon: the longest known for every row of all."""
    results: dict[str, LengthOfStay] = {
        name: length_of_stay(moves, horizon=horizon, cohort=name, **options) for name in _CLOCK
    }
    if horizon == "longest" and len({result.horizon for result in results.values()}) > 1:
        return _side_by_side(moves, min(result.horizon for result in results.values()), options)
    return side_by_side(results)


def _constant(means: Means) -> Means:
    return means


def stay_clock(moves: Transitions | Counts, by: Sequence[str], cohort: Cohort | None) -> tuple[str, Cohort]:
    """Return the event table of a cohort, and the cohort (the default one if None)."""
    chosen = cohort or ("period" if unit_of(by) else "admission")
    return _CLOCK[chosen], chosen
