"""People who come back: returns after a discharge, and bounce-backs after a step down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from careflow.arguments import names, whole
from careflow.continuum.outcomes import STEP_DOWN
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.definition import GROUPS
from careflow.estimate.arguments import Cluster, counts_for, estimator, immature, interval_name
from careflow.estimate.arrays.strata import Ints, add_up, strata_of
from careflow.estimate.result import Provenance, Result
from careflow.estimate.stats.proportions import shares


@dataclass(frozen=True, repr=False, eq=False)
class Returns(Result):
    """Shares of discharges, or of step-downs, after which the person was admitted again.

    Attributes
    ----------
    days : int
        Within how many days.
    contributors : pandas.DataFrame or None
        At least how many distinct people are behind each count of ``frame``, in columns of the same names and
        ``all`` (followed or not): the jackknife groups that hold any of them. What protection needs, never for show.
    """

    days: int
    contributors: pd.DataFrame | None = field(default=None, repr=False)


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
) -> Returns:
    """Estimate what share of discharges was followed by another admission within ``days``.

    The denominator is the discharges that were followed for ``days``, without deaths, same-day transfers and
    concurrent discharges (another stay of the person goes on); the numerator is those with an admission 1 to ``days``
    days later.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    days : int
        Within how many days.
    to : str or sequence of str, optional
        Only admissions to these levels; any level when left out.
    by, cluster, level, calendar
        As in :func:`transition_rates`; a quarter is that of the discharge.

    Returns
    -------
    Returns
        ``frame``: the strata, then ``from, n, of, rate, se, low, high, followed, mature``.

    Raises
    ------
    ArgumentError, CountsError
        If ``days``, a level or a stratum does not fit.

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
    targets = (to,) if isinstance(to, str) else tuple(to or ())
    places = "".join(f",{continuum.index(name)}" for name in targets)
    what = f"to {', '.join(targets)} " if targets else ""
    definition = (
        f"Discharges with another admission {what}1 to {days} days later, as a share of the discharges that were "
        f"followed for {days} days; without deaths, same-day transfers and concurrent discharges."
    )
    kind = _Kind(f"returns:{days}{places}", ("from",), "readmission rate", definition, "discharges")
    return _returned(moves, kind, days, by, cluster, confidence, calendar)


@estimator(days=whole(1))
def bounce_back(
    moves: Transitions | Counts,
    *,
    days: int = 30,
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
) -> Returns:
    """Estimate what share of step-downs was undone within ``days``.

    The denominator is the step-down moves whose new stay began at least ``days`` days before the cut-off; the
    numerator is those followed, within ``days`` days of that start, by an admission to a level at least as intensive
    as the one left.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    days : int
        Within how many days.
    by, cluster, level, calendar
        As in :func:`transition_rates`; a quarter is that of the discharge that began the step down.

    Returns
    -------
    Returns
        ``frame``: the strata, then ``from, to, n, of, rate, se, low, high, followed, mature``, a row for each pair of
        levels that is a step down.

    Raises
    ------
    ArgumentError, CountsError
        If ``days`` or a stratum does not fit.

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
    kind = _Kind(f"bounces:{days}", ("from", "to"), "bounce-back rate", definition, "step-downs")
    return _returned(moves, kind, days, by, cluster, confidence, calendar)


@dataclass(frozen=True)
class _Kind:
    """Which table is looked at, by which levels, and what is said of it."""

    clock: str
    keys: tuple[str, ...]
    measure: str
    definition: str
    unit: str


def _returned(
    moves: Transitions | Counts,
    kind: _Kind,
    days: int,
    by: str | Sequence[str] | None,
    cluster: Cluster,
    confidence: float,
    calendar: Calendar | None,
) -> Returns:
    counts, names = counts_for(moves, kind.clock, by, calendar=calendar)
    table, continuum = counts.tables[kind.clock], counts.definition.continuum
    strata = strata_of(table, counts.definition, names)
    pairs = _pairs(counts, kind.keys)
    index = {pair: i for i, pair in enumerate(pairs)}
    columns = ["state", "target"][: len(kind.keys)]
    place = np.array([index[row] for row in table[columns].itertuples(index=False, name=None)], dtype=np.int64)
    axes = ((strata.place, len(strata)), (place, len(pairs)), (table["jackknife_group"], GROUPS))
    of = add_up(table["n"] * table["followed"], *axes)
    n = add_up(table["n"] * table["followed"] * table["event"], *axes)
    by_group = add_up(table["n"], *axes)
    every: Ints = by_group.sum(axis=-1)
    found = shares(n, of, cluster=cluster, confidence=confidence)
    labels = continuum.names
    frame = strata.frame.loc[np.repeat(np.arange(len(strata)), len(pairs))].reset_index(drop=True)
    for i, key in enumerate(kind.keys):
        frame[key] = pd.Categorical(np.tile([labels[pair[i]] for pair in pairs], len(strata)), labels, ordered=True)
    frame["n"], frame["of"] = n.sum(axis=-1).ravel(), of.sum(axis=-1).ravel()
    for name, values in (("rate", found.share), ("se", found.se), ("low", found.low), ("high", found.high)):
        frame[name] = values.ravel()
    ratio = np.divide(of.sum(axis=-1), every, out=np.full(every.shape, np.nan), where=every > 0)
    frame["followed"] = ratio.ravel()
    # A bounce-back's days begin with the new stay, which may begin as late as the link window allows.
    wait = days + (counts.definition.within if "to" in kind.keys else 0)
    frame["mature"] = np.repeat(strata.mature(counts.definition, wait), len(pairs))
    about = Provenance(
        measure=kind.measure,
        definition=kind.definition,
        n=int(of.sum()),
        unit=kind.unit,
        persons=counts.persons,
        cutoff=counts.definition.cutoff,
        start=counts.definition.start,
        dated_by="discharge",
        interval=interval_name("Wilson", confidence, cluster),
        within=(days,),
        by=names,
        confidence=confidence,
        missing=immature(frame, names, counts.definition),
        source=counts.source,
        last=counts.last,
    )
    behind = {"n": n, "of": of, "all": by_group}
    people = pd.DataFrame({name: (values > 0).sum(axis=-1).ravel() for name, values in behind.items()})
    return Returns(frame, about, continuum, days=days, contributors=people)


def _pairs(counts: Counts, keys: tuple[str, ...]) -> list[tuple[int, ...]]:
    continuum = counts.definition.continuum
    places = range(len(continuum))
    if len(keys) == 1:
        return [(i,) for i in places]
    names = continuum.names
    return [(i, j) for i in places for j in places if continuum.direction(names[i], names[j]) == STEP_DOWN]
