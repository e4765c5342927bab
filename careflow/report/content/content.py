"""The content of the report, the same for every format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from careflow.counts import Counts, Measure
from careflow.counts.calendar import UNITS, ends_early
from careflow.counts.parts import part_words
from careflow.counts.period_labels import period_label
from careflow.errors import ArgumentError, CountsError, DisclosureError
from careflow.estimate import measure
from careflow.estimate.changes.base import MEAN_STAY
from careflow.estimate.measures.measure import Measured
from careflow.estimate.multistate.pathways import Pathways
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.survival.stay_result import LengthOfStay
from careflow.estimate.utilization.census import Census
from careflow.formatting import day
from careflow.report.content.data_files import Table
from careflow.report.content.data_quality import SET_ASIDE, Attrition, attrition, of_source
from careflow.report.content.estimates import Estimates, estimates
from careflow.report.content.facts import facts
from careflow.report.content.glossary import Term, glossary
from careflow.report.content.grid import Grid, whole
from careflow.report.content.groups import Groups, check_groups, groups
from careflow.report.content.measures import Section, check_release, sections
from careflow.report.content.quarters import Period, periods
from careflow.report.content.release_marks import mark_grid, mark_periods, mark_table
from careflow.report.content.result_tables import result_tables
from careflow.report.content.sections import paths_grid
from careflow.report.content.since import LastReport, differences
from careflow.report.content.summary import MOST_CHANGES, clearest, summary
from careflow.report.content.years import Years, years
from careflow.report.masking.mask import BELOW
from careflow.report.modes import FULL, MASKED, RELEASE, Mode, label_of


@dataclass(frozen=True)
class Content:
    """The content of the report before it is written; hidden numbers are already missing. A full report hides none.

    Attributes
    ----------
    quarter : str
        The quarter of the report.
    periods : tuple of Period
        Every quarter, oldest first.
    rates, stays : Rates, LengthOfStay
        Masked results, by quarter.
    census : Census or None
        Stays in care, by quarter; None where the counts lack the table.
    paths : Pathways or None
        Pathways through the levels, all quarters together; None where the counts lack the table.
    pathways : Grid or None
        Table of the commonest pathways.
    terms : tuple of Term
        Definitions of the terms.
    attrition : Attrition
        From rows read to stays, and the findings of the checks.
    tables : tuple of Table
        The tables that are written as files.
    summary : tuple of str
        The main results, in sentences that the numbers support.
    facts : tuple of (str, str)
        Source, cut-off and rules of the records.
    label : str
        Who may see the report, on every page and picture.
    statement : str
        How small counts were hidden, and against which attacks that does not protect.
    mode : {"full", "masked", "release"}
        Who reads the report, and what it may show.
    ledger, release : str and int, or None
        The ledger in which a release was entered, and its number there.
    part : str
        The part of the records that is counted, in words; ``""`` for all.
    leads : tuple of (str, str, tuple of str)
        Every quarter with the title and the summary that a report of it would have.
    since : Grid or None
        What differs from the last report, where one was given.
    groups : Groups or None
        The report by a stratum, where it was asked for.
    years : Years or None
        The tables of each year, where a release shows too little by quarter.
    measured : tuple of Section
        The sections of the measures that were asked for.
    changed : tuple of (str, str, str)
        Level and measure of the clear changes of the report's quarter that the first lines name, with the last quarter
        before each; mean stays are left out.
    """

    title: str
    source: str
    quarter: str
    periods: tuple[Period, ...]
    rates: Rates
    stays: LengthOfStay
    census: Census | None
    paths: Pathways | None
    pathways: Grid | None
    terms: tuple[Term, ...]
    attrition: Attrition
    tables: tuple[Table, ...]
    summary: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    label: str
    statement: str
    mode: Mode
    ledger: str | None = None
    release: int | None = None
    part: str = ""
    leads: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    since: Grid | None = None
    groups: Groups | None = None
    years: Years | None = None
    measured: tuple[Section, ...] = ()
    changed: tuple[tuple[str, str, str], ...] = ()

    @property
    def chosen(self) -> Period:
        """The period of the report's quarter."""
        return next(one for one in self.periods if one.name == self.quarter)

    @property
    def quality(self) -> str:
        """How many rows were read, kept and set aside, and by which rules; ``""`` in a release."""
        if not self.attrition.steps:
            return ""
        lines = self.attrition.lines
        read, aside, kept = (text for _, text in self.attrition.steps[2 if lines else 0 :][:3])
        if lines is None:
            return f"Records: {read} rows read, {kept} stays kept, {aside} set aside{self._rules(lines=False)}."
        return (
            f"Records: {lines[0]} lines read, {lines[1]} set aside{self._rules(lines=True)}; {read} stays made, {kept} "
            f"kept, {aside} set aside{self._rules(lines=False)}."
        )

    def _rules(self, *, lines: bool) -> str:
        """Return the rules that set aside lines of a source, or rows of the records, with how many."""
        table = self.attrition.table
        if table is None:
            return ""
        rows = table[((table["action"] == SET_ASIDE) & (of_source(table) == lines)).to_numpy()]
        named = [f"{row['check']}: {whole(row['n'], hidden=row['hidden']).text}" for row in rows.to_dict("records")]
        return f" ({'; '.join(named)})" if named else ""

    @property
    def newest(self) -> tuple[Grid, ...]:
        """The estimates from all discharges of the quarters that are not yet mature, oldest first."""
        return tuple(one.newest for one in self.periods if one.newest is not None)


def content(
    counts: Counts,
    *,
    quarter: str | None,
    title: str | None,
    source: str | None,
    findings: pd.DataFrame | None,
    mode: Mode = MASKED,
    ledger: str | os.PathLike[str] | None = None,
    insider: str | None = None,
    by: str | None = None,
    last: LastReport | None = None,
    measures: Sequence[Measure] = (),
    measure_counts: Counts | None = None,
    year_counts: Counts | None = None,
) -> Content:
    """Return the content of the report: estimate, hide small counts, write the sentences.

    ``measure_counts`` hold the measures where ``counts`` do not, ``year_counts`` the same records by year.

    Raises
    ------
    ArgumentError, CountsError, DisclosureError
        If there is no such quarter, the counts are not by quarter, or they count too few people.
    """
    if "quarter" not in counts.definition.by:
        raise CountsError("a report needs counts by quarter; count again with .counts(by='quarter')")
    if source is not None:
        counts = replace(counts, source=source)
    if quarter is not None:
        quarter = period_label(quarter, "quarter", counts.definition.calendar)
    if by is not None:
        check_groups(counts, by)
    released: tuple[Measured, ...] = ()
    if measures and mode == RELEASE:
        check_release(measures, counts.definition.within)
        released = tuple(measure(measure_counts or counts, one, by="quarter") for one in measures)
    results = estimates(counts, mode, ledger, insider, quarter, by, released, year_counts)
    rates = results.rates
    all_periods = periods(results)
    chosen = _choose(all_periods, quarter)
    terms = glossary(counts.definition, results, BELOW, mode)
    checks = Attrition((), None, None) if mode == RELEASE else attrition(counts, findings, 0 if mode == FULL else BELOW)
    tables, pathways = result_tables(results, checks, terms, mode), paths_grid(results.paths)
    if mode == FULL:
        first = _first_release(counts, quarter)
        all_periods = mark_periods(all_periods, () if first is None else periods(first))
        shown = () if first is None else result_tables(first, checks, terms, RELEASE)
        tables = tuple(mark_table(table, shown) for table in tables)
        if pathways is not None:
            pathways = mark_grid(pathways, None if first is None else paths_grid(first.paths))
    split = None if by is None else groups(counts, by, chosen, mode, results.by_group)
    if split is not None:
        files = [table for table in split.files if table.name not in {one.name for one in tables}]
        tables = (*tables[:-1], *files, tables[-1])  # the definitions stand last
    measured = sections(measure_counts or counts, measures, chosen, mode, results.measured)
    tables = (*tables[:-1], *(one.file for one in measured), tables[-1])
    warning, below = " ".join(_end(counts)), 0 if mode == FULL else BELOW
    names = [one.name for one in all_periods]
    lines = {name: summary(results, all_periods, name, counts.definition, below, warning) for name in names}
    titles = {
        one.name: title or ", ".join(["Transitions and lengths of stay", one.label, *_part(counts)])
        for one in all_periods
    }
    since = None
    if last is not None:
        since, table = differences(rates, last)
        tables = (*tables[:-1], table, tables[-1])
    return Content(
        title=titles[chosen],
        source=counts.source,
        quarter=chosen,
        periods=all_periods,
        rates=rates,
        stays=results.stays,
        census=results.census,
        paths=results.paths,
        pathways=pathways,
        terms=terms,
        attrition=checks,
        tables=tables,
        summary=lines[chosen],
        leads=tuple((one.name, titles[one.name], lines[one.name]) for one in all_periods),
        facts=facts(counts),
        label=label_of(mode, results.ledger, results.release),
        statement=results.statement,
        mode=mode,
        ledger=results.ledger,
        release=results.release,
        part="; ".join(_part(counts)),
        since=since,
        groups=split,
        years=years(results.by_year),
        measured=measured,
        changed=tuple(
            (row["level"], row["measure"], row["before"])
            for row in clearest(results.changed, chosen)[:MOST_CHANGES]
            if row["measure"] != MEAN_STAY
        ),
    )


def _first_release(counts: Counts, quarter: str | None) -> Estimates | None:
    """Return what a release without earlier ones would show; None where none is possible."""
    try:
        return estimates(counts, RELEASE, quarter=quarter)
    except DisclosureError:
        return None


def _part(counts: Counts) -> list[str]:
    """Return what part of the records is counted, without its periods, in words; nothing for all records."""
    labels = [one for one in counts.definition.where if one[0] not in UNITS]
    return [part_words(labels)] if labels else []


def _choose(all_periods: tuple[Period, ...], quarter: str | None) -> str:
    """Return the given quarter; by default the newest mature one in which anyone was discharged."""
    names = [one.name for one in all_periods]
    if quarter is not None:
        if quarter not in names:
            raise ArgumentError(f"no quarter {quarter!r} in these records; they have {names[0]} to {names[-1]}")
        return quarter
    return next((one.name for one in reversed(all_periods) if one.mature and one.n != 0), names[-1])


def _end(counts: Counts) -> tuple[str, ...]:
    """Return a sentence that the records end long before the cut-off, if they do."""
    if counts.last is None or not ends_early(counts.last, counts.definition.cutoff):
        return ()
    return (
        f"The records have no admission or discharge after {day(counts.last)}, and the cut-off is "
        f"{day(counts.definition.cutoff)}: quarters between them may be empty because later stays are missing.",
    )
