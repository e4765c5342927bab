"""The estimates of the report, with small counts hidden."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, cast

import pandas as pd

from careflow.counts import Counts
from careflow.counts.measures.checks import FOLLOW_UP
from careflow.errors import DisclosureError
from careflow.estimate import bounce_back, census, length_of_stay, pathways, transition_rates
from careflow.estimate.changes.change_family import compared
from careflow.estimate.measures.measure import Measured
from careflow.estimate.multistate.pathways import Pathways
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.result import Result
from careflow.estimate.select import WITHIN
from careflow.estimate.survival.stay_result import LengthOfStay
from careflow.estimate.utilization.census import Census
from careflow.estimate.utilization.returns import Returns
from careflow.protect.periods_shown import protect_periods
from careflow.report.content.changes import changes
from careflow.report.content.missing_lengths import missing_lengths
from careflow.report.masking.census import mask_census
from careflow.report.masking.incidence import as_followed
from careflow.report.masking.mask import BELOW, mask
from careflow.report.modes import FULL, RELEASE, Mode

R = TypeVar("R", bound=Result)

STEPS: Final = 4
_BOUNCES: Final = "bounces:30"
_WAYS: Final = f"ways:{STEPS}"
EVENT_TABLES: Final = ("discharge", "stay", "gap", "census", _WAYS, _BOUNCES)
"""The event tables of a report; the last four belong to optional sections."""
YEAR_TABLES: Final = ("discharge", "stay")
"""Those of the years that a release may show."""
MASKED: Final = (
    "Small counts are hidden by a rule, without a proof that no combination of tables reveals one, and without a "
    "ledger of earlier reports."
)
UNMASKED: Final = (
    "Nothing is hidden: some numbers are of few people. It is for the provider's own authorised staff, and was entered "
    "in no ledger."
)


@dataclass(frozen=True)
class ByYear:
    """What a release shows by year, and the sentence that says why."""

    rates: Rates
    stays: LengthOfStay
    sentence: str


@dataclass(frozen=True)
class Estimates:
    """Results by quarter; hidden numbers are already missing. In a full report none is hidden.

    ``newest`` holds the rates of all discharges in the quarters that are not yet mature. It is None where there is no
    such quarter; it, the census and the pathways are None where the counts do not hold their tables. ``split`` holds
    the rates of each facility (or other stratum) where a release protects against facilities as insiders, ``by_group``
    those by the stratum that a release is split by.
    ``changed`` holds the tested differences between quarters (:func:`careflow.report.content.changes.changes`).
    ``missing`` says why lengths of stay are missing (:func:`careflow.report.content.missing_lengths.missing_lengths`).
    ``bounces`` are the bounce-backs as they were estimated, of which only the share of all levels together may be
    shown; None in a release, and where the counts lack the table. ``ledger`` and ``release`` are the ledger in which a
    release was entered, and its number there. ``by_year`` holds the years of a release that shows too little by
    quarter.
    """

    rates: Rates
    stays: LengthOfStay
    newest: Rates | None
    census: Census | None
    paths: Pathways | None
    statement: str
    changed: pd.DataFrame
    missing: pd.DataFrame
    split: Rates | None = None
    by_group: Rates | None = None
    bounces: Returns | None = None
    ledger: str | None = None
    release: int | None = None
    measured: tuple[Measured, ...] = ()
    """The measures of a release, protected with the other results."""
    by_year: ByYear | None = None


def estimates(
    counts: Counts,
    mode: Mode,
    ledger: str | os.PathLike[str] | None = None,
    insider: str | None = None,
    quarter: str | None = None,
    by: str | None = None,
    measured: tuple[Measured, ...] = (),
    year_counts: Counts | None = None,
) -> Estimates:
    """Estimate, and hide small counts: by the interim rule for internal use, with a proof and a ledger for a release.

    In mode ``"full"`` nothing is hidden. ``"release"`` without a ledger is what a first release would show.
    ``quarter`` is that of the report; by default the newest mature one. ``measured`` are by quarter: a release protects
    them together with its other results. ``year_counts`` are the same records by year, for a release that shows too
    little by quarter; it has no years without them.

    Raises
    ------
    DisclosureError
        If the counts are of too few people, and the mode hides small counts.
    """
    rates, stays = transition_rates(counts, by="quarter"), length_of_stay(counts, by="quarter")
    tests = compared(rates, stays, quarter)
    newest = _immature(transition_rates(counts, by="quarter", method="incidence")) if "gap" in counts.tables else None
    in_care = census(counts, by="quarter") if "census" in counts.tables else None
    paths = pathways(counts, steps=STEPS) if {_WAYS, f"paths:{STEPS}"} & {*counts.tables} else None
    bounces = bounce_back(counts, by="quarter") if _BOUNCES in counts.tables and mode != RELEASE else None
    if mode == FULL:
        return replace(_full(rates, stays, newest, in_care, paths, tests), bounces=bounces)
    paths = None if paths is None else paths.gathered(BELOW)
    if mode == RELEASE:
        split = None if insider is None else transition_rates(counts, by=insider)
        by_group = None if by is None or by == insider else transition_rates(counts, by=by)
        windows = {days for one in measured if one.measure.kind == FOLLOW_UP for days in one.measure.windows}
        if windows:
            rates = transition_rates(counts, by="quarter", within=sorted({*windows, *rates.about.within}))
        years: tuple[Result, ...] = ()
        if year_counts is not None:
            years = transition_rates(year_counts, by="year"), length_of_stay(year_counts, by="year")
        results = (rates, stays, newest, in_care, paths, split, by_group)
        out = _released(results, measured, years, tests, ledger, insider)
        return replace(out, by_group=out.split) if by is not None and by == insider else out
    rates, stays = mask(rates), mask(stays)
    return Estimates(
        rates=rates,
        stays=stays,
        newest=_masked_newest(newest, rates),
        census=None if in_care is None else mask_census(in_care, BELOW, _closed(rates)),
        paths=None if paths is None else mask(paths),
        statement=MASKED,
        changed=changes(tests, rates, stays),
        missing=missing_lengths(stays),
        bounces=bounces,
    )


def _full(
    rates: Rates,
    stays: LengthOfStay,
    newest: Rates | None,
    in_care: Census | None,
    paths: Pathways | None,
    tests: pd.DataFrame,
) -> Estimates:
    """Return the results as they were estimated, with a column ``hidden`` that is False everywhere."""
    rates, stays = _unhidden(rates), _unhidden(stays)
    return Estimates(
        rates=rates,
        stays=stays,
        newest=None if newest is None else _unhidden(newest),
        census=None if in_care is None else _unhidden(in_care),
        paths=None if paths is None else _unhidden(paths),
        statement=UNMASKED,
        changed=changes(tests, rates, stays),
        missing=missing_lengths(stays),
    )


def _unhidden(result: R) -> R:
    if isinstance(result, Rates):
        directions = result.directions.assign(hidden=False)
        return cast(R, replace(result, frame=result.frame.assign(hidden=False), directions=directions))
    return replace(result, frame=result.frame.assign(hidden=False))


def _masked_newest(newest: Rates | None, rates: Rates) -> Rates | None:
    """Return masked rates of the newest quarters; None where so few were discharged that all would be hidden."""
    if newest is None:
        return None
    try:
        return as_followed(mask(newest), rates)
    except DisclosureError:
        return None


def _released(
    results: tuple[Any, ...],
    measured: tuple[Measured, ...],
    years: tuple[Result, ...],
    tests: pd.DataFrame,
    ledger: str | os.PathLike[str] | None,
    insider: str | None,
) -> Estimates:
    """Protect all results together, with years where quarters show too little; a result that is None stays None.

    With a measure the rates have its windows too, which link it to them in the proof; the report shows the longest.
    """
    present = [result for result in (*results, *measured) if result is not None]
    shown = protect_periods(present, years, BELOW, ledger, insider=insider, progress=False)
    released, released_results = shown.released, iter(shown.by_quarter)
    optional: list[Any] = [None if result is None else next(released_results) for result in results]
    rates, stays, newest, in_care, paths, split, by_group = optional
    rates = _longest_window(rates)
    changed = changes(tests, rates, stays)
    return Estimates(
        rates=rates,
        stays=stays,
        newest=newest,
        census=in_care,
        paths=paths,
        statement=released.statement,
        changed=changed,
        missing=missing_lengths(stays, BELOW),
        split=split,
        by_group=by_group,
        ledger=released.ledger,
        release=released.release,
        measured=tuple(released_results),
        by_year=None if not shown.by_year else ByYear(shown.by_year[0], shown.by_year[1], shown.sentence),
    )


def _longest_window(rates: Rates) -> Rates:
    """Return the rates within the longest of several windows."""
    if WITHIN not in rates.frame:
        return rates
    within = max(rates.about.within)
    frame, directions = (
        table[table[WITHIN] == within].drop(columns=WITHIN).reset_index(drop=True)
        for table in (rates.frame, rates.directions)
    )
    hidden, every = (f"{table['hidden'].sum():,} of {len(table):,} rows" for table in (frame, rates.frame))
    missing = rates.about.missing.replace(every, hidden)
    about = replace(rates.about, within=(within,), missing=missing)
    return replace(rates, frame=frame, directions=directions, about=about)


def _immature(rates: Rates) -> Rates | None:
    """Return the quarters that are not yet mature; the followed discharges give the best estimate of the others.

    Quarters before a mature one are cut by the start of the records: all their discharges were followed.
    """
    quarters = rates.frame["quarter"].cat
    last = quarters.codes[rates.frame["mature"]].max() if rates.frame["mature"].any() else -1
    late = (quarters.codes > last).to_numpy()
    if not late.any():
        return None
    late_ways = (rates.directions["quarter"].cat.codes > last).to_numpy()
    people, people_of_ways = rates.contributors, rates.direction_contributors
    return replace(
        rates,
        frame=rates.frame[late].reset_index(drop=True),
        directions=rates.directions[late_ways].reset_index(drop=True),
        contributors=None if people is None else people[late].reset_index(drop=True),
        direction_contributors=None if people_of_ways is None else people_of_ways[late_ways].reset_index(drop=True),
        about=replace(rates.about, n=_discharges(rates.frame[late])),
    )


def _discharges(frame: pd.DataFrame) -> int:
    return int(frame.drop_duplicates(["quarter", "from"])["of"].sum())


def _closed(rates: Rates) -> frozenset[tuple[str, str]]:
    """Return the quarters and levels whose discharges are hidden."""
    gone = rates.frame[rates.frame["of"].isna()]
    return frozenset(zip(gone["quarter"].astype(str), gone["from"].astype(str), strict=True))
