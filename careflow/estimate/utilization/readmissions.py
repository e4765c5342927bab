"""Readmission after a discharge, and bounce-back after a step-down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from careflow.arguments import names, one_of, several_whole
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.parts import Part, Where
from careflow.estimate.arguments import Cluster, estimator
from careflow.estimate.utilization.returns import Measure, Returns, returns

Back = Literal["at least as intensive", "any step up"]
_BACK: Final[dict[Back, tuple[str, str]]] = {
    "at least as intensive": ("bounces", "to a level at least as intensive as the one left"),
    "any step up": ("step ups", "to any level more intensive than the one reached"),
}
"""The event table of each kind of bounce-back, and what is counted."""


@estimator(days=several_whole(1), to=names)
def readmissions(
    moves: Transitions | Counts,
    *,
    days: int | Sequence[int] = 30,
    to: str | Sequence[str] | None = None,
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Returns:
    """Estimate the share of discharges followed by another admission within ``days`` days, for one window or several.

    The denominator is the discharges followed for ``days`` days, without deaths, same-day transfers and concurrent
    discharges (another stay of the person goes on). The numerator is those with an admission 1 to ``days`` days later.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    days : int or sequence of int
        The window in days, 1 or more. Several windows add a column ``within``.
    to : str or sequence of str, optional
        Only admissions to these levels; by default to any level.
    by : str or sequence of str, optional
        Strata; a quarter is that of the discharge.
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
    Returns
        ``frame``: the strata, then ``from, n, of, rate, se, low, high, followed, mature``; each window has its own
        denominator, those followed for it.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a level or stratum does not exist.
    CountsError
        If the counts do not have the event table or the strata.

    Notes
    -----
    ``rate = n / of`` with Wilson limits at the effective sample size (delete-a-group jackknife over persons), or at
    ``of`` with ``cluster=None``. ``mature`` is whether the quarter is whole and its last day + ``days`` is not after
    the cut-off.

    References
    ----------
    Wilson EB (1927), JASA 22:209-212; Kott PS (2001), Journal of Official Statistics 17:521-526.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a", "b"], "level": ["inpatient"] * 3,
    ...     "admit_date": ["2024-01-01", "2024-01-20", "2024-01-01"],
    ...     "discharge_date": ["2024-01-05", "2024-01-25", "2024-01-05"]})
    >>> frame = cf.readmissions(cf.link(cf.read_episodes(stays, cutoff="2024-12-31")), days=30, cluster=None).frame
    >>> frame.loc[frame["from"] == "inpatient", ["n", "of"]].values.tolist()
    [[1, 3]]

    Within 7 and within 30 days of discharge:

    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> frame = cf.readmissions(moves, days=[7, 30], cluster=None).frame
    >>> frame.loc[frame["from"] == "inpatient", ["within", "n", "of"]].values.tolist()
    [[7, 0, 3], [30, 1, 3]]
    """
    continuum = moves.definition.continuum if isinstance(moves, Counts) else moves.episodes.continuum
    targets = [continuum[name].name for name in ((to,) if isinstance(to, str) else to or ())]
    positions = "".join(f",{continuum.index(name)}" for name in targets)
    target_text = f"to {', '.join(targets)} " if targets else ""
    definition = (
        f"Discharges with another admission {target_text}1 to {{days}} days later, as a share of the discharges that "
        "were followed for {days} days; without deaths, same-day transfers and concurrent discharges."
    )
    kind = Measure(
        f"returns:{{days}}{positions}", ("from",), "readmission rate", definition, "discharges", to=tuple(targets)
    )
    return returns(moves, kind, days, by, cluster, confidence, calendar, Part(where, last))


@estimator(days=several_whole(1), back=one_of(*_BACK))
def bounce_back(
    moves: Transitions | Counts,
    *,
    days: int | Sequence[int] = 30,
    back: Back = "at least as intensive",
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Returns:
    """Estimate the share of step-downs followed by an equally or more intensive level within ``days`` days.

    The denominator is the step-down moves whose new stay began at least ``days`` days before the cut-off. The numerator
    is those with an admission, within ``days`` days of that start, to a level at least as intensive as the one left; or
    with ``back="any step up"``, to any level more intensive than the one reached.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    days : int or sequence of int
        The window in days, 1 or more. Several windows add a column ``within``.
    back : {"at least as intensive", "any step up"}
        What is a bounce-back: back to a level at least as intensive as the one left, or any step up from the level
        reached, such as residential to iop and then php.
    by : str or sequence of str, optional
        Strata; a quarter is that of the discharge that began the step-down.
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
    Returns
        ``frame``: the strata, then ``from, to, n, of, rate, se, low, high, followed, mature``, a row for each pair of
        levels that is a step down.

    Raises
    ------
    ArgumentError
        If an argument has a wrong type or value, or a stratum does not exist.
    CountsError
        If the counts do not have the event table or the strata.

    Notes
    -----
    ``rate = n / of`` with Wilson limits at the effective sample size (delete-a-group jackknife over persons), or at
    ``of`` with ``cluster=None``. ``mature`` is whether the quarter is whole and its last day + link window + ``days``
    is not after the cut-off.

    References
    ----------
    Wilson EB (1927), JASA 22:209-212; Kott PS (2001), Journal of Official Statistics 17:521-526.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a"] * 3, "level": ["residential", "php", "residential"],
    ...     "admit_date": ["2024-01-01", "2024-02-01", "2024-02-10"],
    ...     "discharge_date": ["2024-02-01", "2024-02-08", "2024-03-01"]})
    >>> frame = cf.bounce_back(cf.link(cf.read_episodes(stays, cutoff="2024-12-31")), cluster=None).frame
    >>> frame.loc[frame["of"] > 0, ["from", "to", "n", "of"]].values.tolist()
    [['residential', 'php', 1, 1]]
    """
    table, words = _BACK[back]
    definition = (
        f"Step-downs followed, within {{days}} days of the new stay's start, by an admission {words}, as a share of "
        "the step-downs whose new stay began {days} days before the cut-off."
    )
    kind = Measure(f"{table}:{{days}}", ("from", "to"), "bounce-back rate", definition, "step-downs", back)
    return returns(moves, kind, days, by, cluster, confidence, calendar, Part(where, last))
