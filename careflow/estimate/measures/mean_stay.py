"""Mean length of closed stays by a measure, with the restricted mean of all stays beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from careflow.counts import Counts, Measure
from careflow.counts.definition import GROUPS
from careflow.counts.event_tables import ENDED
from careflow.counts.measures.resolved import population
from careflow.estimate.arguments import Cluster, interval_name
from careflow.estimate.arrays.strata import add_up, strata_of
from careflow.estimate.measures.follow_up import modelled_on
from careflow.estimate.result import ALL_LEVELS, Provenance
from careflow.estimate.stats.intervals import quantile_of
from careflow.estimate.stats.jackknife import jackknife_se


def mean_stay(
    counts: Counts, by: tuple[str, ...], measure: Measure, cluster: Cluster, confidence: float, lengths: pd.DataFrame
) -> tuple[pd.DataFrame, Provenance]:
    """Return the mean nights of closed stays, and the provenance; ``lengths`` has ``rmean`` of all stays."""
    rules, table = counts.definition, counts.tables["stay by discharge"]
    strata = strata_of(table, rules, by)
    levels = population(measure.denominator, rules.continuum)
    ended = ((table["event"] == ENDED) & table["state"].isin(levels)).to_numpy()
    rows = table[ended]
    place = {level: i for i, level in enumerate(levels)}
    axes = (
        (strata.codes[ended], len(strata)),
        (rows["state"].map(place).to_numpy(dtype=np.int64), len(levels)),
        (rows["jackknife_group"], GROUPS),
    )
    days = rows["day"].astype(np.int64)
    n, total, squares = (add_up(rows["n"] * weight, *axes).astype(float) for weight in (1, days, days**2))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total.sum(axis=-1) / n.sum(axis=-1)
        without = (total.sum(axis=-1, keepdims=True) - total) / (n.sum(axis=-1, keepdims=True) - n)
        size = n.sum(axis=-1)
        variance = (squares.sum(axis=-1) - size * mean**2) / (size - 1)
        plain = np.where(size > 1, np.sqrt(np.maximum(variance, 0) / size), np.nan)
    se, groups = jackknife_se(mean, without, n > 0) if cluster else (plain, None)
    half = quantile_of(confidence, groups) * se
    names = [rules.continuum.names[level] for level in levels]
    labels = pd.Categorical(names, [*rules.continuum.names, ALL_LEVELS], ordered=True)
    frame = strata.repeat(pd.Series(labels, name="level"))
    frame["n"] = size.astype(np.int64).ravel()
    for name, values in (("mean", mean), ("se", se), ("low", np.maximum(mean - half, 0)), ("high", mean + half)):
        frame[name] = values.ravel()
    keys = [*by, "level"]
    beside = lengths.set_index([lengths[key].astype(str) for key in keys])["rmean"]
    frame["rmean"] = beside.reindex(
        pd.MultiIndex.from_frame(frame[keys].astype(str)) if by else frame["level"].astype(str)
    ).to_numpy()
    about = Provenance.of(
        counts,
        measure=measure.title or measure.name,
        definition="Mean nights of the stays that were closed in the period, by discharge; rmean is the "
        f"restricted mean of all stays, open ones included{modelled_on(measure)}.",
        n=int(size.sum()),
        unit="closed stays",
        dated_by="discharge",
        interval=interval_name("t" if cluster else "normal", confidence, cluster),
        by=by,
        convention="nights",
        confidence=confidence,
    )
    return frame, about
