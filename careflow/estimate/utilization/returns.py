"""Returns within a window of days: their shares with intervals, for one window or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import STEP_DOWN
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.definition import GROUPS
from careflow.counts.parts import Part
from careflow.estimate.arguments import Cluster, counts_for, immature, interval_name
from careflow.estimate.arrays.strata import Ints, add_up, strata_of
from careflow.estimate.result import Provenance, Result
from careflow.estimate.select import WITHIN
from careflow.estimate.stats.proportions import shares


@dataclass(frozen=True, repr=False, eq=False)
class Returns(Result):
    """Readmission or bounce-back rates; made by :func:`careflow.readmissions` and :func:`careflow.bounce_back`.

    ``frame`` has one row for each stratum and level left (and, for bounce-backs, level reached). Its columns are the
    strata, ``within`` (days, if there are several windows), ``from``, ``to`` (bounce-backs only), ``n`` (readmitted),
    ``of`` (followed discharges or step-downs), ``rate, se, low, high`` (share, its standard error and Wilson limits, 0
    to 1), ``followed`` (share of the discharges or step-downs that were followed for the window) and ``mature``.

    Attributes
    ----------
    days : int or tuple of int
        The window in days, or the windows.
    contributors : pandas.DataFrame or None
        For each row of ``frame``, lower bounds of the number of distinct persons in ``n``, ``of`` and ``all`` (followed
        or not): the number of jackknife groups that hold any of them. Used by :func:`careflow.protect`; not for
        publication.
    back : str
        What counts as a bounce-back, as in :func:`careflow.bounce_back`; empty for readmissions.
    to : tuple of str
        The levels that an admission must be to in order to count; empty where any level counts.
    """

    days: int | tuple[int, ...]
    contributors: pd.DataFrame | None = field(default=None, repr=False)
    back: str = ""
    to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """The event table, level columns and provenance of a kind of return."""

    clock: str
    keys: tuple[str, ...]
    measure: str
    definition: str
    unit: str
    back: str = ""
    to: tuple[str, ...] = ()


def returns(
    moves: Transitions | Counts,
    kind: Measure,
    days: int | Sequence[int],
    by: str | Sequence[str] | None,
    cluster: Cluster,
    confidence: float,
    calendar: Calendar | None,
    part: Part,
) -> Returns:
    """Return the rates within a window, or the rows of several, each estimated with its own denominator."""
    windows = tuple(sorted({days} if isinstance(days, int) else set(days)))
    results = [_within(moves, kind, window, by, cluster, confidence, calendar, part) for window in windows]
    longest = results[-1]
    if isinstance(days, int) or len(windows) == 1:
        return longest
    unit = len(longest.about.by)
    frame = pd.concat([result.frame.assign(**{WITHIN: result.days}) for result in results])
    keys = [*longest.about.by, WITHIN, *kind.keys]
    rows = frame.reset_index(drop=True).sort_values(keys, kind="stable").index
    frame = frame.iloc[rows][[*keys, *longest.frame.columns[unit + len(kind.keys) :]]].reset_index(drop=True)
    people = pd.concat([result.contributors for result in results]).iloc[rows].reset_index(drop=True)
    about = replace(
        longest.about,
        definition=kind.definition.format(days=" or ".join(map(str, windows))),
        within=windows,
    )
    return replace(longest, frame=frame, about=about, contributors=people, days=windows)


def _within(
    moves: Transitions | Counts,
    kind: Measure,
    days: int,
    by: str | Sequence[str] | None,
    cluster: Cluster,
    confidence: float,
    calendar: Calendar | None,
    part: Part,
) -> Returns:
    clock = kind.clock.format(days=days)
    counts, names = counts_for(moves, clock, by, calendar=calendar, part=part)
    table, continuum = counts.tables[clock], counts.definition.continuum
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
        definition=kind.definition.format(days=days),
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
    return Returns(frame, about, continuum, days=days, contributors=contributors, back=kind.back, to=kind.to)


def _pairs(counts: Counts, keys: tuple[str, ...]) -> list[tuple[int, ...]]:
    continuum = counts.definition.continuum
    places = range(len(continuum))
    if len(keys) == 1:
        return [(i,) for i in places]
    names = continuum.names
    return [(i, j) for i in places for j in places if continuum.direction(names[i], names[j]) == STEP_DOWN]
