"""Distinct people served at groups of levels, by a measure."""

from __future__ import annotations

import pandas as pd

from careflow.counts import Counts, Measure
from careflow.counts.measures.resolved import population
from careflow.counts.table_names import served_name
from careflow.estimate.arrays.strata import add_up, joint_strata
from careflow.estimate.measures.follow_up import check_persons, modelled_on
from careflow.estimate.result import Provenance


def persons_by_group(counts: Counts, by: tuple[str, ...], measure: Measure) -> tuple[pd.DataFrame, Provenance]:
    """Return the people served at each group of levels, and the provenance; see :func:`careflow.measure`.

    A group without a level (no level of the records has its flag) is missing.
    """
    rules = counts.definition
    check_persons(counts, by)
    levels = {name: population(group, rules.continuum) for name, group in measure.groups}
    there = {name: served_name(places) for name, places in levels.items() if places}
    tables = [counts.tables[table] for table in there.values()]
    labels = pd.Series(pd.Categorical(list(levels), list(levels), ordered=True), name="group")
    strata = joint_strata(tables, rules, by)
    frame = strata[0].repeat(labels)
    persons = pd.DataFrame(index=range(len(strata[0])), columns=list(levels), dtype="Int64")
    for name, table, part in zip(there, tables, strata, strict=True):
        persons[name] = add_up(table["n"], (part.codes, len(part)))
    frame["persons"] = persons.to_numpy().ravel()
    frame["persons"] = frame["persons"].astype("Int64" if len(there) < len(levels) else "int64")
    absent = [name for name in levels if name not in there]
    about = Provenance.of(
        counts,
        measure=measure.title or measure.name,
        definition="Distinct people who were admitted to a level of the group in the period, or in care there on any "
        f"of its days{modelled_on(measure)}.",
        n=counts.persons,
        unit="people",
        dated_by="days in the period",
        interval="",
        by=by,
        missing=f"no level of the records for {', '.join(absent)}" if absent else "",
    )
    return frame, about
