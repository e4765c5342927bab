"""Readmission after a discharge, and bounce-back after a step-down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from careflow.arguments import names, whole
from careflow.continuum.outcomes import STEP_DOWN
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.definition import GROUPS
from careflow.counts.parts import Part, Where
from careflow.estimate.arguments import Cluster, counts_for, estimator, immature, interval_name
from careflow.estimate.arrays.strata import Ints, add_up, strata_of
from careflow.estimate.result import Provenance, Result
from careflow.estimate.stats.proportions import shares


@dataclass(frozen=True, repr=False, eq=False)
class Returns(Result):
    """Readmission or bounce-back rates; made by :func:`careflow.readmissions` and :func:`careflow.bounce_back`.

    ``frame`` has one row for each stratum and level left (and, for bounce-backs, level reached). Its columns are the
    strata, ``from``, ``to`` (bounce-backs only), ``n`` (readmitted), ``of`` (followed discharges or step-downs),
    ``rate, se, low, high`` (share, its standard error and Wilson limits, 0 to 1), ``followed`` (share of the discharges
    or step-downs that were followed for the window) and ``mature``.

    Attributes
    ----------
    days : int
        The window in days.
    to : tuple of str
        The levels that an admission must be to in order to count; empty where any level counts.
    contributors : pandas.DataFrame or None
        For each row of ``frame``, lower bounds of the number of distinct persons in ``n``, ``of`` and ``all`` (followed
        or not): the number of jackknife groups that hold any of them. Used by :func:`careflow.protect`; not for
        publication.
    """

    days: int
    contributors: pd.DataFrame | None = field(default=None, repr=False)
    to: tuple[str, ...] = ()


@estimator(days=whole(1), to=names)
def readmissions(
    moves: Transitions | Counts,
    *,
    days: int = 30,
    to: str | Sequence[str] | None = None,
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Returns:
    """Estimate the share of discharges followed by another admission within ``days`` days.

    The denominator is the discharges followed for ``days`` days, without deaths, same-day transfers and concurrent
    discharges (another stay of the person goes on). The numerator is those with an admission 1 to ``days`` days later.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    days : int
        The window in days, 1 or more.
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
        ``frame``: the strata, then ``from, n, of, rate, se, low, high, followed, mature``.

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
    """
    continuum = moves.definition.continuum if isinstance(moves, Counts) else moves.episodes.continuum
    targets = [continuum[name].name for name in ((to,) if isinstance(to, str) else to or ())]
    positions = "".join(f",{continuum.index(name)}" for name in targets)
    target_text = f"to {', '.join(targets)} " if targets else ""
    definition = (
        f"Discharges with another admission {target_text}1 to {days} days later, as a share of the discharges that "
        f"were followed for {days} days; without deaths, same-day transfers and concurrent discharges."
    )
    kind = _Measure(
        f"returns:{days}{positions}", ("from",), "readmission rate", definition, "discharges", tuple(targets)
    )
    return _returns(moves, kind, days, by, cluster, confidence, calendar, Part(where, last))


@estimator(days=whole(1))
def bounce_back(
    moves: Transitions | Counts,
    *,
    days: int = 30,
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Returns:
    """Estimate the share of step-downs followed by an equally or more intensive level within ``days`` days.

    The denominator is the step-down moves whose new stay began at least ``days`` days before the cut-off. The numerator
    is those with an admission, within ``days`` days of that start, to a level at least as intensive as the one left.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    days : int
        The window in days, 1 or more.
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
    definition = (
        f"Step-downs followed, within {days} days of the new stay's start, by an admission to a level at least as "
        f"intensive as the one left, as a share of the step-downs whose new stay began {days} days before the cut-off."
    )
    kind = _Measure(f"bounces:{days}", ("from", "to"), "bounce-back rate", definition, "step-downs")
    return _returns(moves, kind, days, by, cluster, confidence, calendar, Part(where, last))


@dataclass(frozen=True)
class _Measure:
    """The event table, level columns and provenance of a kind of return."""

    clock: str
    keys: tuple[str, ...]
    measure: str
    definition: str
    unit: str
    to: tuple[str, ...] = ()


def _returns(
    moves: Transitions | Counts,
    kind: _Measure,
    days: int,
    by: str | Sequence[str] | None,
    cluster: Cluster,
    confidence: float,
    calendar: Calendar | None,
    part: Part,
) -> Returns:
    counts, names = counts_for(moves, kind.clock, by, calendar=calendar, part=part)
    table, continuum = counts.tables[kind.clock], counts.definition.continuum
    strata = strata_of(table, counts.definition, names)
    pairs = _pairs(counts, kind.keys)
    index = {pair: i for i, pair in enumerate(pairs)}
    columns = ["state", "target"][: len(kind.keys)]
    pair = np.array([index[row] for row in table[columns].itertuples(index=False, name=None)], dtype=np.int64)
    axes = ((strata.codes, len(strata)), (pair, len(pairs)), (table["jackknife_group"], GROUPS))
    of = add_up(table["n"] * table["followed"], *axes)
    n = add_up(table["n"] * table["followed"] * table["event"], *axes)
    by_group = add_up(table["n"], *axes)
    every: Ints = by_group.sum(axis=-1)
    estimate = shares(n, of, cluster=cluster, confidence=confidence)
    labels = continuum.names
    frame = strata.frame.loc[np.repeat(np.arange(len(strata)), len(pairs))].reset_index(drop=True)
    for i, key in enumerate(kind.keys):
        frame[key] = pd.Categorical(np.tile([labels[pair[i]] for pair in pairs], len(strata)), labels, ordered=True)
    frame["n"], frame["of"] = n.sum(axis=-1).ravel(), of.sum(axis=-1).ravel()
    for name, values in (("rate", estimate.share), ("se", estimate.se), ("low", estimate.low), ("high", estimate.high)):
        frame[name] = values.ravel()
    ratio = np.divide(of.sum(axis=-1), every, out=np.full(every.shape, np.nan), where=every > 0)
    frame["followed"] = ratio.ravel()
    # The days of a bounce-back start with the new stay, which starts up to the link window after the discharge.
    wait = days + (counts.definition.within if "to" in kind.keys else 0)
    frame["mature"] = np.repeat(strata.mature(counts.definition, wait), len(pairs))
    about = Provenance.of(
        counts,
        measure=kind.measure,
        definition=kind.definition,
        n=int(of.sum()),
        unit=kind.unit,
        dated_by="discharge",
        interval=interval_name("Wilson", confidence, cluster),
        within=(days,),
        by=names,
        confidence=confidence,
        missing=immature(frame, names, counts.definition),
    )
    by_count = {"n": n, "of": of, "all": by_group}
    contributors = pd.DataFrame({name: (values > 0).sum(axis=-1).ravel() for name, values in by_count.items()})
    return Returns(frame, about, continuum, days=days, contributors=contributors, to=kind.to)


def _pairs(counts: Counts, keys: tuple[str, ...]) -> list[tuple[int, ...]]:
    continuum = counts.definition.continuum
    places = range(len(continuum))
    if len(keys) == 1:
        return [(i,) for i in places]
    names = continuum.names
    return [(i, j) for i in places for j in places if continuum.direction(names[i], names[j]) == STEP_DOWN]
