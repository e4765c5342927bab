"""The results of the report as tables for files."""

from __future__ import annotations

from careflow.estimate.changes.base import MEAN_STAY
from careflow.report.content.data_files import Table, glossary_table
from careflow.report.content.data_quality import Attrition
from careflow.report.content.estimates import Estimates
from careflow.report.content.glossary import Term
from careflow.report.content.missing_lengths import missing_lengths
from careflow.report.masking.mask import BELOW
from careflow.report.modes import FULL, Mode


def result_tables(results: Estimates, checks: Attrition, terms: tuple[Term, ...], mode: Mode) -> tuple[Table, ...]:
    """Return every table of results, what the checks found, and last the definitions."""
    shares = results.changed[results.changed["measure"] != MEAN_STAY].drop(columns=["tested", "p"])
    tables = [
        Table("transitions", "Transition rates, every quarter", results.rates.frame),
        Table("directions", "Stepped down, up or to the same rank, every quarter", results.rates.directions),
        Table("lengths_of_stay", "Lengths of stay, every quarter", results.stays.frame, results.missing),
        Table("changes", "Changes from quarter to quarter", shares),
    ]
    if results.newest is not None:
        late = results.newest.frame.dropna(axis="columns", how="all")
        tables.append(Table("newest", "Estimates from all discharges, quarters not yet mature", late))
    if results.census is not None:
        tables.append(Table("census", "Stays in care, every quarter", results.census.frame))
    if results.paths is not None:
        paths = results.paths.frame
        shown = paths[~paths["hidden"].to_numpy(dtype=bool)].drop(columns="hidden")
        title = "Every pathway" if mode == FULL else f"Pathways that {BELOW} journeys or more took"
        tables.append(Table("pathways", title, shown))
    if results.by_year is not None:
        by_year, named = results.by_year, "every year"
        tables += [
            Table("transitions_by_year", f"Transition rates, {named}", by_year.rates.frame),
            Table("directions_by_year", f"Stepped down, up or to the same rank, {named}", by_year.rates.directions),
            Table("lengths_of_stay_by_year", f"Lengths of stay, {named}", by_year.stays.frame,
                  missing_lengths(by_year.stays, BELOW)),
        ]  # fmt: skip
    if results.split is not None:
        name = results.split.about.by[0]
        tables.append(Table(f"transitions_by_{name}", f"Transition rates, every {name}", results.split.frame))
    if checks.table is not None:
        tables.append(Table("findings", "What the checks found", checks.table))
    return (*tables, glossary_table(terms))
