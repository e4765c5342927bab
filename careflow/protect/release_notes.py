"""The sentences beside a release: what the proof does not cover, and rows that may still disclose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from careflow.estimate.multistate.markov_chain import Chain
from careflow.estimate.result import Result
from careflow.protect.history.series_plan import PEOPLE

UNKNOWN_INSIDERS: Final = (
    "Not proved against insiders: where several facilities are in the data, one that knows its own part may work out "
    "numbers of the others (insider= proves against them)"
)
UNKNOWN_PEOPLE: Final = "people unknown"
"""Where the plan of a series says that a release counted what does not know its people."""
NO_COUNTS: Final = ("Occupation", "ExpectedDays")
"""Kinds that print no count."""


def notes(
    given: list[Result], insiders: tuple[str, tuple[str, ...]] | None, plan: dict[str, Any] | None = None
) -> tuple[str, ...]:
    """Return what the proof of these results covers of insiders and of distinct people.

    ``plan`` is that of the series: its strata are those of this release and of all earlier ones.
    """
    persons_known = [_persons_known(result) for result in given]
    if plan is not None and plan.get(UNKNOWN_PEOPLE):
        persons_known.append(False)
    sentences = []
    if insiders is None:
        sentences.append(UNKNOWN_INSIDERS)
    else:
        known_by = f"each {insiders[0]}" if len(insiders[1]) > 1 else f"{insiders[0]} {insiders[1][0]}"
        sentences.append(f"Proved against {known_by} that knows its own numbers too")
        strata = [result.about.by for result in given] if plan is None else plan["strata"]
        if not all(insiders[0] in names for names in strata):
            sentences.append(
                f"What an insider knows of its own part in tables that are not by {insiders[0]} is not covered"
            )
    if not all(persons_known):
        sentences.append(
            "Distinct people are not known for every count, so there the rule was applied to moves and stays"
            if any(persons_known)
            else "Distinct people behind the counts are not known, so the rule was applied to moves and stays"
        )
    return tuple(sentences)


def planned_people(given: list[Result]) -> dict[str, bool]:
    """Return what the plan of a series keeps where the people behind some counts are not known."""
    return {} if all(_persons_known(result) for result in given) else {UNKNOWN_PEOPLE: True}


def _persons_known(result: Result) -> bool:
    """Whether the people behind every count are known, or the result prints no count or counts people."""
    if type(result).__name__ in (*PEOPLE, *NO_COUNTS):
        return True
    source = result.rates if isinstance(result, Chain) else result
    return getattr(source, "contributors", None) is not None


def same_for_all(results: list[Result]) -> Iterator[str]:
    """Return warnings for rows in which everybody did the same: allowed, but it discloses an attribute."""
    for result in results:
        if {"n", "of"} <= set(result.frame.columns):
            n, of = result.frame["n"], result.frame["of"]
            if rows := int(((n == of) & (of > 0)).sum()):
                yield (
                    f"{type(result).__name__}: in {rows:,} rows everybody did the same (100%), which discloses it "
                    "for each of them; leave these rows out if that could harm"
                )
