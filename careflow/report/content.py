"""What the report says, whatever the format it is written in."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from careflow.charts.headline import headline
from careflow.charts.words import day, period
from careflow.continuum import Continuum
from careflow.counts import Counts
from careflow.errors import ArgumentError, CountsError
from careflow.estimate import length_of_stay, transition_rates
from careflow.estimate.rate_result import Rates
from careflow.estimate.stays import LengthOfStay
from careflow.protect import protect
from careflow.report.findings import Attrition, attrition
from careflow.report.glossary import Term, glossary
from careflow.report.mask import BELOW, mask
from careflow.report.periods import Period, periods
from careflow.report.summary import summary
from careflow.report.tables import Table, glossary_table

LABEL: Final = "Internal, not for release"
PROVED: Final = f"Meets the rule of {BELOW}, proved against these tables"
_LINE: Final = 80
MASKED: Final = (
    "Small counts are masked by rule, without a proof that no combination of tables gives one away, and no ledger "
    "remembers what was shown before."
)
CLOCKS = ("discharge", "stay")
"""The tables of counts that a report is made from."""


@dataclass(frozen=True)
class Content:
    """The report before it is written; every number that must be hidden is already gone.

    Attributes
    ----------
    quarter : str
        The quarter that the report is about.
    periods : tuple of Period
        Every quarter, oldest first.
    rates, stays : Rates, LengthOfStay
        Masked results, by quarter.
    terms : tuple of Term
        What the numbers mean.
    attrition : Attrition
        What the checks found.
    tables : tuple of Table
        What is written as files.
    summary : tuple of str
        What a reader in a hurry must know, in sentences that the numbers support.
    facts : tuple of (str, str)
        What the report rests on.
    label : str
        Who may see the report, on every page and picture.
    statement : str
        How small counts were hidden, and what that does not defend against.
    release : bool
        Whether the report may leave the house.
    """

    title: str
    source: str
    quarter: str
    periods: tuple[Period, ...]
    rates: Rates
    stays: LengthOfStay
    terms: tuple[Term, ...]
    attrition: Attrition
    tables: tuple[Table, ...]
    summary: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    label: str
    statement: str
    release: bool

    @property
    def chosen(self) -> Period:
        """The period of the report's quarter."""
        return next(one for one in self.periods if one.name == self.quarter)


def content(
    counts: Counts,
    *,
    quarter: str | None,
    title: str | None,
    source: str | None,
    findings: pd.DataFrame | None,
    ledger: str | os.PathLike[str] | None = None,
) -> Content:
    """Estimate, hide small counts, and put into words what the report says.

    Raises
    ------
    ArgumentError, CountsError, DisclosureError
        If the quarter is not there, the counts are not by quarter, or too few people are behind them.
    """
    if "quarter" not in counts.rules.by:
        raise CountsError("a report needs counts by quarter; count again with .counts(by='quarter')")
    if source is not None:
        counts = replace(counts, source=source)
    rates, stays, statement = _hidden(
        transition_rates(counts, by="quarter"), length_of_stay(counts, by="quarter"), ledger
    )
    all_periods, changed = periods(rates, stays)
    chosen = _choose(all_periods, quarter)
    terms = glossary(counts.rules, rates.about, stays.about, BELOW)
    found = attrition(counts, findings, BELOW) if ledger is None else Attrition((), None, None)
    return Content(
        title=title or f"Transitions and lengths of stay, {period(chosen)}",
        source=counts.source,
        quarter=chosen,
        periods=all_periods,
        rates=rates,
        stays=stays,
        terms=terms,
        attrition=found,
        tables=_tables(rates, stays, changed, found, terms),
        summary=summary(all_periods, chosen, changed, rates.continuum, counts.rules, headline(rates)),
        facts=_facts(counts),
        label=LABEL if ledger is None else PROVED,
        statement=statement,
        release=ledger is not None,
    )


def _hidden(
    rates: Rates, stays: LengthOfStay, ledger: str | os.PathLike[str] | None
) -> tuple[Rates, LengthOfStay, str]:
    """Hide small counts: by the interim rule for the house, with a proof and a ledger for a release."""
    if ledger is None:
        return mask(rates), mask(stays), MASKED
    released = protect([rates, stays], below=BELOW, ledger=ledger, progress=False)
    return released[0], released[1], released.statement


def _choose(all_periods: tuple[Period, ...], asked: str | None) -> str:
    """Return the quarter asked for, or the newest mature one in which anyone was discharged."""
    names = [one.name for one in all_periods]
    if asked is not None:
        if asked not in names:
            raise ArgumentError(f"there is no quarter {asked!r} in these records; there are {names[0]} to {names[-1]}")
        return asked
    return next((one.name for one in reversed(all_periods) if one.mature and one.n != 0), names[-1])


def _tables(
    rates: Rates, stays: LengthOfStay, changed: pd.DataFrame, found: Attrition, terms: tuple[Term, ...]
) -> tuple[Table, ...]:
    tables = [
        Table("transitions", "Transition rates, every quarter", rates.frame),
        Table("directions", "Stepped down, up or to the same rank, every quarter", rates.directions),
        Table("lengths_of_stay", "Lengths of stay, every quarter", stays.frame),
        Table("changes", "Changes from quarter to quarter", changed),
    ]
    if found.table is not None:
        tables.append(Table("findings", "What the checks found", found.table))
    return (*tables, glossary_table(terms))


def _levels(care: Continuum) -> str:
    """Name the levels where they fit on a line; their order stands among the definitions."""
    names = ", ".join(level.short for level in care.levels)
    return f"{care.name} ({names if len(names) <= _LINE else f'{len(care)} levels'})"


def _facts(counts: Counts) -> tuple[tuple[str, str], ...]:
    rules = counts.rules
    facts = [
        ("Source", counts.source or "not named"),
        ("Data complete to", day(rules.cutoff)),
        ("A move is an admission within", f"{rules.within} days of discharge"),
        ("Levels of care", _levels(rules.continuum)),
        ("Stays of one person that overlap", {"flag": "kept as they are"}.get(rules.overlaps, rules.overlaps)),
    ]
    if rules.start:
        facts.insert(1, ("Everyone in care recorded from", day(rules.start)))
    if rules.calendar.fiscal_start != 1:
        facts.append(("The year begins in month", str(rules.calendar.fiscal_start)))
    return tuple(facts)
