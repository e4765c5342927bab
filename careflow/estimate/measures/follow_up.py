"""Follow-up after discharge by a measure: shares of followed discharges, or of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from careflow.continuum import Continuum
from careflow.counts import Counts, Measure
from careflow.counts.definition import GROUPS
from careflow.counts.measures.checks import ANY, FOLLOW_UP, LAST, PERSON, PERSONS_SERVED
from careflow.counts.measures.resolved import population
from careflow.counts.sql.measures import ALL, EXCLUDED, HIT, NOT_LAST, WHY
from careflow.errors import ArgumentError
from careflow.estimate.arguments import Cluster, immature, interval_name
from careflow.estimate.arrays.strata import Ints, add_up, strata_of
from careflow.estimate.result import ALL_LEVELS, Provenance
from careflow.estimate.stats.proportions import shares


@dataclass(frozen=True)
class FollowUp:
    """The frame of a follow-up, what it leaves out, its contributors and provenance."""

    frame: pd.DataFrame
    excluded: pd.DataFrame
    contributors: pd.DataFrame
    about: Provenance


def follow_up(counts: Counts, by: tuple[str, ...], measure: Measure, cluster: Cluster, confidence: float) -> FollowUp:
    """Return a follow-up from its table of counts; see :func:`careflow.measure`."""
    rules, table = counts.definition, counts.tables[measure.clock]
    persons = measure.denominator.unit == PERSON
    if persons:
        check_persons(counts, by)
    strata = strata_of(table, rules, by)
    levels, windows = _levels(table, measure, rules.continuum), measure.windows
    index = table["event"].to_numpy() < EXCLUDED
    rows = table[index]
    place = {level: i for i, level in enumerate(levels)}
    at = rows["state"].map(place | {ALL: len(levels)}).to_numpy(dtype=np.int64)
    axes = (
        (strata.codes[index], len(strata)),
        (at, len(levels) + 1),
        (np.searchsorted(windows, rows["window"]), len(windows)),
        (rows["jackknife_group"], GROUPS),
    )
    every = add_up(rows["n"], *axes)
    of = add_up(rows["n"] * rows["followed"], *axes)
    n = add_up(rows["n"] * rows["followed"] * (rows["event"] == HIT), *axes)
    if not persons:
        for cells in (every, of, n):
            cells[:, -1] = cells[:, :-1].sum(axis=1)
    estimate = shares(n, of, cluster=cluster, confidence=confidence)
    names = [rules.continuum.names[level] for level in levels]
    frame = strata.repeat(
        pd.Series(
            pd.Categorical([*names, ALL_LEVELS], [*rules.continuum.names, ALL_LEVELS], ordered=True), name="level"
        ),
        pd.Series(windows, name="window"),
    )
    counted = {"n": n, "of": of, "all": every}
    frame["n"], frame["of"] = (cells.sum(axis=-1).ravel() for cells in (n, of))
    for name, values in (("rate", estimate.share), ("se", estimate.se), ("low", estimate.low), ("high", estimate.high)):
        frame[name] = values.ravel()
    total = every.sum(axis=-1)
    frame["followed"] = np.divide(of.sum(axis=-1), total, out=np.full(total.shape, np.nan), where=total > 0).ravel()
    wait = measure.denominator.chain_days or 0
    mature = np.stack([strata.mature(rules, max(days, wait)) for days in windows], axis=-1)
    frame["mature"] = np.repeat(mature[:, None, :], len(levels) + 1, axis=1).ravel()
    about = Provenance.of(
        counts,
        measure=measure.title or measure.name,
        definition=sentence(measure),
        n=int(of[:, -1, -1].sum()),
        unit="people with a followed discharge" if persons else "followed discharges",
        dated_by="discharge",
        interval=interval_name("Wilson", confidence, cluster),
        within=windows,
        by=by,
        confidence=confidence,
        missing=immature(frame, by, rules),
    )
    contributors = pd.DataFrame({name: (cells > 0).sum(axis=-1).ravel() for name, cells in counted.items()})
    return FollowUp(frame, _excluded(table, measure), contributors, about)


def check_persons(counts: Counts, by: Sequence[str]) -> None:
    """Raise if people were counted by further strata: they do not add up."""
    part = dict(counts.definition.where)
    if any(name not in by and len(part.get(name, ())) != 1 for name in counts.definition.by):
        raise ArgumentError(
            f"people do not add up over strata; these counts have them by {', '.join(counts.definition.by)}"
        )


def _levels(table: pd.DataFrame, measure: Measure, continuum: Continuum) -> list[int]:
    """Return the levels of the denominator, and those at which a stay had one of its flags."""
    seen = set(table["state"].unique().tolist()) - {ALL}
    return sorted({*population(measure.denominator, continuum), *seen})


def _excluded(table: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Return how many discharges were left out for each reason of the definition."""
    asked = [*measure.denominator.exclude, *([NOT_LAST] if measure.denominator.index == LAST else [])]
    rows = table[(table["event"] >= EXCLUDED) & (table["window"] == measure.windows[0])]
    by_code: Ints = add_up(rows["n"], (rows["event"] - EXCLUDED, len(WHY)))
    return pd.DataFrame(
        {
            "why": [why for why in WHY if why in asked],
            "n": [int(by_code[i]) for i, why in enumerate(WHY) if why in asked],
        }
    ).astype({"n": "int64"})


def sentence(measure: Measure) -> str:
    """Return the definition in one sentence.

    Examples
    --------
    >>> sentence(Measure.load("va-residential-follow-up"))
    'Of every discharge from residential followed for 7 or 30 days: those admitted to php, iop or outpatient 1 to 7 or \
30 days later; modelled on VA follow-up after residential rehabilitation.'
    """
    d = measure.denominator
    left = "any level" if d.levels == ANY else _joined(d.levels, "or")
    flagged = f"stays with the flag {_joined(d.flags, 'or')}" if d.flags else ""
    index = "every discharge" if d.index != LAST else f"the last discharge of each chain ({d.chain_days} days)"
    of = f"people with {index}" if d.unit == PERSON else index
    without = f", without {_joined(d.exclude, 'or')}" if d.exclude else ""
    reasons = "" if d.reasons == ANY else f" ({_joined(d.reasons, 'or')})"
    days = _joined(map(str, measure.windows), "or")
    arms = []
    for arm in measure.numerator:
        to = (
            "any level"
            if arm.levels == ANY
            else arm.levels
            if isinstance(arm.levels, str)
            else _joined(arm.levels, "or")
        )
        after = f" after {_joined(arm.after, 'or')}" if arm.after else ""
        arms.append(f"{to}{after} {arm.first} to {days} days later{' (or in care there)' if arm.ongoing else ''}")
    until = f", to {measure.until} of each year" if measure.until else ""
    return (
        f"Of {of}{reasons} from {' or '.join(filter(None, (left, flagged)))}{until} followed for {days} days{without}: "
        f"those admitted to {', or '.join(arms)}{modelled_on(measure)}."
    )


def definition_of(measure: Measure) -> str:
    """Return the rule of a measure of any kind in one sentence.

    Examples
    --------
    >>> definition_of(Measure.load("average-residential-stay"))
    'Mean nights of the closed stays at residential, by discharge; modelled on 1115 demonstrations on substance use, \
metric 36 (number unverified).'
    """
    if measure.kind == FOLLOW_UP:
        return sentence(measure)
    if measure.kind == PERSONS_SERVED:
        groups = _joined((name for name, _ in measure.groups), "and")
        return f"Distinct people admitted or in care in the period: {groups}{modelled_on(measure)}."
    levels = measure.denominator.levels
    return (
        f"Mean nights of the closed stays at {'any level' if levels == ANY else _joined(levels, 'or')}, by discharge"
        f"{modelled_on(measure)}."
    )


def modelled_on(measure: Measure) -> str:
    """Return the end of a definition: what it is modelled on, empty if nothing."""
    return f"; modelled on {measure.modelled_on}" if measure.modelled_on else ""


def _joined(words: object, last: str) -> str:
    parts = list(words)  # type: ignore[call-overload]
    return f" {last} ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
