"""Definitions of the terms of the report, from the provenance of its results."""

from __future__ import annotations

from dataclasses import dataclass

from careflow.continuum.show import described
from careflow.counts.definition import Definition
from careflow.estimate.result import Provenance
from careflow.formatting import day
from careflow.report.content.estimates import Estimates
from careflow.report.modes import FULL, Mode


@dataclass(frozen=True)
class Term:
    """A term of the report, its definition, and the facts behind its numbers."""

    key: str
    name: str
    meaning: str
    facts: tuple[str, ...] = ()


def glossary(rules: Definition, results: Estimates, below: int, mode: Mode) -> tuple[Term, ...]:
    """Return the terms of the report in the order of their use."""
    rates, stays = results.rates.about, results.stays.about
    return (
        *_of_rates(rules, rates),
        *_of_levels(rules),
        *_of_sections(results),
        *_of_lengths(rates, stays),
        _hidden(below, mode),
    )


def _of_rates(rules: Definition, rates: Provenance) -> tuple[Term, ...]:
    within, cutoff = rules.within, day(rules.cutoff)
    return (
        Term("rate", "Transition rate", rates.definition, facts(rates)),
        Term(
            "directions",
            "Stepped down, stepped up, same rank",
            f"The next admission, within {within} days of discharge, was to a less intensive level, to a more "
            "intensive one, or to the same level or one of equal rank. The levels stand in the order of the continuum "
            f"“{rules.continuum.name}”: {', '.join(level.label for level in rules.continuum.levels)}.",
        ),
        Term(
            "outcomes",
            "Completed, left early, other outcomes",
            f"No admission within {within} days of a discharge that was followed that long; the recorded reason of "
            "discharge splits it. Left early is against advice or dropped out. Other outcomes are terminated, "
            "transferred out, incarcerated, other and unknown reasons, death, and discharges during another stay.",
        ),
        Term(
            "followed",
            "Discharges followed",
            f"Discharges at least {within} days before the cut-off, {cutoff}. Only these enter a rate, moved or not: a "
            f"move is seen at once and a departure only after {within} days, so the others would raise the rates.",
        ),
        Term(
            "mature",
            "Mature, not yet mature",
            f"A quarter is mature when its last day lies {within} days or more before the cut-off. Until then its "
            "rates are of part of its discharges, and will change. A quarter that the start of the records cuts is "
            "never mature.",
        ),
    )


def _of_levels(rules: Definition) -> tuple[Term, ...]:
    """Return what the continuum tells of each level; nothing where it gives names only."""
    told = [(place, level, described(level)) for place, level in enumerate(rules.continuum.levels, start=1)]
    return tuple(Term(f"level-{place}", level.label, meaning) for place, level, meaning in told if meaning)


def _of_sections(results: Estimates) -> tuple[Term, ...]:
    """Return the terms of the optional sections that the report has."""
    terms = []
    if results.newest is not None:
        terms.append(
            Term(
                "newest",
                "Estimated from all discharges",
                f"{results.newest.about.definition} Left care is all others but deaths and discharges during another "
                "stay. It is given for quarters that are not yet mature, and uses more discharges than the rates "
                "of those followed.",
                facts(results.newest.about),
            )
        )
    if results.census is not None:
        terms.append(
            Term(
                "census",
                "In care, admitted, discharged, average",
                f"{results.census.about.definition} At the start is in care on the day before the quarter, at the end "
                "on its last day. A person with two stays at once counts twice.",
                facts(results.census.about),
            )
        )
    if results.paths is not None:
        terms.append(
            Term(
                "pathway",
                "Pathway, journey",
                f"{results.paths.about.definition} A pathway names the levels of these stays in their order, and how "
                "the journey ended when it had fewer. Not yet known: the last discharge is too recent to tell.",
                facts(results.paths.about),
            )
        )
    return tuple(terms)


def _of_lengths(rates: Provenance, stays: Provenance) -> tuple[Term, ...]:
    return (
        Term(
            "stay",
            "Length of stay, median and quartiles",
            f"{stays.definition} Not followed for so many days, or followed for fewer only: no stay was observed long "
            "enough to give the mean. Not reached: on the last day followed, more than half were still in care. Not "
            "known: the stays were not followed long enough to give the median.",
            facts(stays),
        ),
        Term(
            "interval",
            "Interval (the smaller numbers)",
            f"The range of plausible values, at {rates.confidence:.0%} confidence. Rates: {rates.interval}. "
            f"Lengths of stay: {stays.interval}; beside a median stand the quartiles, between which half of the stays "
            "lie.",
        ),
        Term(
            "change",
            "Change",
            "The rate of the quarter less that of the quarter before, in percentage points, with an interval made from "
            "those of the two rates (Newcombe 1998, method 10). It is called clear when a score test that allows for "
            "people who come back is below 5% after correction (Holm 1979) for all comparisons of the report: each "
            "mature quarter and the one before, the quarter of the report and the same one a year before, the four "
            "quarters that it ends and the four before; steps down and up, moves between two levels, completion, "
            "leaving early, and mean stays. Where too few are expected there is no test.",
        ),
    )


def _hidden(below: int, mode: Mode) -> Term:
    if mode == FULL:
        return Term(
            "hidden",
            "†, hidden in a release",
            f"This report hides nothing. Marked are the numbers that a first release would hide: counts of 1 to "
            f"{below - 1}, and those from which one could be worked out. A release from a ledger that holds earlier "
            "ones may hide others.",
        )
    return Term(
        "hidden",
        "s, hidden",
        f"Counts of 1 to {below - 1} are not shown, nor numbers that reveal them: the rates made from them, their "
        "complements, and enough other counts that they are not found by subtraction. Lengths of stay are shown "
        f"where {2 * below} stays or more ended, quartiles where {4 * below} did. Zeros are shown.",
    )


def facts(about: Provenance) -> tuple[str, ...]:
    """Return the provenance of a number, one fact a line."""
    lines = [
        f"{about.n:,} {about.unit}, all periods together, from the records of {about.persons:,} people",
        f"Data complete to {day(about.cutoff)}",
    ]
    if about.start:
        lines.append(f"Everyone in care recorded from {day(about.start)}")
    if about.dated_by:
        day_of = "" if "days" in about.dated_by else "day of "
        lines.append(f"Put in a quarter by {day_of}{about.dated_by}")
    if about.convention:
        lines.append(f"Length counted in {about.convention}")
    if about.interval:
        lines.append(f"Interval: {about.interval}")
    return tuple(lines)
