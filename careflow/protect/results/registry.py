"""Every kind of result that can be protected, and those that cannot, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from careflow.errors import DisclosureError
from careflow.estimate.result import Result
from careflow.estimate.survival.cohorts import BIAS
from careflow.protect.cells.cell_table import CellTable
from careflow.protect.results import (
    census,
    chains,
    comparisons,
    derived,
    diffs,
    group_tests,
    incidence,
    length_of_stay,
    measures,
    occupation,
    pathways,
    projections,
    rates,
    readmissions,
)
from careflow.protect.results.mask import Mask
from careflow.protect.results.windows import FOLLOWED

Block = Callable[[Any, dict[str, Any]], str]
"""Names the row that a record of a result belongs to."""
BOTH: Final = ("frame", "directions")
TOTALS: Final = " in the levels whose total is shown"
LEVELS: Final = " in the levels that are shown"
TENS: Final = ", to tens"
SHOWN: Final = " in the rows that are shown"


@dataclass(frozen=True)
class Kind:
    """How the cells of one kind of result are entered, and how its frames are masked."""

    enter: Callable[[CellTable, Any], Any]
    masked: Callable[[Any, Any, Mask], Any]
    block: Block
    total: Callable[[Any], int]
    counted: str
    """Words after the unit of the total, where it does not count everybody."""
    tables: tuple[str, ...] = ("frame",)


KINDS: Final[dict[str, Kind]] = {
    "Rates": Kind(rates.enter, rates.masked, rates.block, rates.total, TOTALS, BOTH),
    "LengthOfStay": Kind(
        length_of_stay.enter,
        length_of_stay.masked,
        length_of_stay.block,
        length_of_stay.total,
        LEVELS,
        ("frame", "curve"),
    ),
    "Census": Kind(
        census.enter, census.masked, census.block, census.total, " in the levels and periods that are shown"
    ),
    "PersonsServed": Kind(census.enter_people, census.masked_people, census.block, occupation.total, TENS),
    "Returns": Kind(
        readmissions.enter,
        readmissions.masked,
        readmissions.block,
        readmissions.total,
        " in the rows whose total is shown",
    ),
    "Pathways": Kind(
        pathways.enter,
        pathways.masked,
        pathways.block,
        readmissions.total,
        " in the pathways that are shown",
    ),
    "CumulativeIncidence": Kind(
        incidence.enter,
        incidence.masked,
        occupation.block,
        occupation.total,
        TENS,
        ("frame", "directions", "survival"),
    ),
    "Occupation": Kind(
        occupation.enter,
        occupation.masked_occupation,
        occupation.block,
        occupation.total,
        TENS,
    ),
    "ExpectedDays": Kind(
        occupation.enter,
        occupation.masked_days,
        occupation.block,
        occupation.total,
        TENS,
    ),
    "Comparison": Kind(
        comparisons.enter,
        comparisons.masked,
        comparisons.block,
        comparisons.total,
        " in both, where the total of the level is shown",
        BOTH,
    ),
    "Chain": Kind(chains.enter, chains.masked, chains.block, chains.total, TENS),
    "Decomposition": Kind(
        derived.enter,
        derived.masked_decomposition,
        derived.block,
        derived.total,
        SHOWN,
        ("frame", "directions", "rates", "detail"),
    ),
    "Standardized": Kind(derived.enter, derived.masked_standardized, derived.block, derived.total, SHOWN, BOTH),
    "Bounds": Kind(derived.enter, derived.masked_bounds, derived.block, derived.total, SHOWN, BOTH),
    "ObservedExpected": Kind(derived.enter, derived.masked_observed, derived.block, derived.total, SHOWN),
    "Measured": Kind(measures.enter, measures.masked, measures.block, measures.total, SHOWN),
    "Projection": Kind(projections.enter, projections.masked, projections.block, projections.total, LEVELS, ("frame",)),
    "GroupTest": Kind(
        group_tests.enter,
        group_tests.masked,
        group_tests.block,
        group_tests.total,
        " in the groups that are shown",
        ("frame", "groups"),
    ),
}
"""Every kind of result that can be protected, by the name of its class."""
REFUSED: Final = {
    "Conformance": "its steps are parts of the pathways; protect pathways(...).gathered(), which counts these journeys",
    "Flow": "a person is in several of its columns and in the next period's, so that hidden numbers follow from shown "
    "ones; protect persons_served and the census",
    "InCare": "the stays in care and those that last longer than some days are parts of each other, and change with "
    "each release; protect the census, which has those in care at the end of each period",
    "Retention": "shares on several days and at any level are of the same admissions, so that one can be subtracted "
    "from another; protect length_of_stay(cohort='admission'), whose curves have the shares at the level",
    "StayComparison": "it tells the lengths of both sides apart more finely than their protected curves; protect the "
    "lengths by quarter or group, and say in words whether they differ",
    "Diff": diffs.TABLES,
    "MarkovTest": "it depends on who came from where before, mostly small counts; say in words whether the past "
    "mattered (p below 0.05 or not) and publish the rates",
}
"""Kinds that are never published, with the reason and what to do instead."""


def _is_sum(result: Result) -> bool:
    """Say whether rows that put levels together are sums of counts of the rates of every level."""
    return type(result).__name__ == "Rates" and result.about.measure == FOLLOWED


def kind_of(result: Result) -> Kind:
    """Return how a result is protected.

    Raises
    ------
    DisclosureError
        For a kind of result without rules, or one that is never published.
    """
    if outside := [name for name, _ in result.about.where if name not in result.about.by]:
        raise DisclosureError(
            f"these numbers are of a part of the records (where= or last= of {outside[0]}), which could be subtracted "
            f"from those of all; estimate with by={outside[0]!r}, protect that, and take the rows of the part from it"
        )
    if getattr(result, "moves", None) is not None and not _is_sum(result):
        raise DisclosureError(
            f"this {type(result).__name__} has rows that frm= and to= put together, from which a hidden row of a level "
            "could be subtracted; protect it of every level (without frm=, to=), with directions and left care as "
            "sums, or followed transition rates of these rows beside those of every level"
        )
    if BIAS in result.frame:
        raise DisclosureError("cohorts side by side are of the same stays; protect the lengths of one cohort")
    if reason := diffs.why_refused(result) or readmissions.why_refused(result):
        raise DisclosureError(f"this {type(result).__name__} cannot be published: {reason}")
    for base in type(result).__mro__:
        if base.__name__ in KINDS:
            return KINDS[base.__name__]
        if base.__name__ in REFUSED:
            raise DisclosureError(f"{base.__name__} cannot be published: {REFUSED[base.__name__]}")
    raise DisclosureError(
        f"there are no rules for publishing {type(result).__name__}; those there are: {', '.join(sorted(KINDS))}"
    )
