"""Measures: their cells, and their frames with suppressed numbers missing."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, LEFT_CARE
from careflow.counts import Measure
from careflow.counts.measures.checks import ANY, FOLLOW_UP, LAST, MEAN_STAY, PERSON
from careflow.counts.measures.resolved import resolved
from careflow.estimate.result import ALL_LEVELS
from careflow.protect.cells.cell_table import (
    CellTable,
    Stratum,
    as_of,
    people_of,
    records,
    stratum_of,
)
from careflow.protect.results.mask import Mask, blank, significant
from careflow.protect.results.measure_links import DISCHARGES, MEASURE, Rule
from careflow.protect.results.windows import ELIGIBLE, FOLLOWED, OF, RETURNED, difference

if TYPE_CHECKING:
    from careflow.estimate import Measured

_EVERY: Final = "all"
_PEOPLE: Final = "people of a measure"
_NUMBERS: Final = ("n", "of", "every", "persons")
_ESTIMATES: Final = ("rate", "se", "low", "high")
_PLAIN: Final = (DIED, CONCURRENT)
"""Exclusions that rates count: of no other part of a level's discharges."""


@dataclass(frozen=True)
class MeasureCells:
    """The cell numbers of each row; -1 where a row has no such count."""

    frame: pd.DataFrame


def block(result: Measured, record: dict[str, Any]) -> str:
    """Return the name of the row that a record belongs to."""
    stratum = stratum_of(record, result.about.by)
    row = record.get("level", record.get("group"))
    when = as_of(stratum, result.about.cutoff)
    return f"{result.measure.clock}|{record.get('window', '')}|{row}|{stratum}{when}"


def enter(table: CellTable, result: Measured) -> MeasureCells:
    """Enter a measure: those with and without a hit, those not yet followed; people; or closed stays."""
    people = people_of(result.contributors, len(result.frame))
    cells = []
    for record, persons in zip(records(result.frame), people, strict=True):
        row = dict.fromkeys(_NUMBERS, -1)
        if result.measure.kind == FOLLOW_UP:
            row |= _enter_follow_up(table, result, record, persons)
        elif result.measure.kind == MEAN_STAY:
            level = str(record["level"])
            row["n"] = table.cell((DISCHARGES, level), stratum_of(record, result.about.by), record["n"],
                                  f"discharges from {level}", block=block(result, record))  # fmt: skip
        else:
            row["persons"] = _enter_people(table, result, record)
        cells.append(row)
    numbers = pd.DataFrame(cells, columns=list(_NUMBERS))
    if result.measure.kind == FOLLOW_UP:
        _link_levels(table, result, numbers)
    return MeasureCells(numbers)


def _enter_people(table: CellTable, result: Measured, record: dict[str, Any]) -> int:
    """Enter the people served at a group of levels: these counts have no sums."""
    if pd.isna(record["persons"]):
        return -1
    stratum, value = stratum_of(record, result.about.by), float(record["persons"])
    family = (_PEOPLE, result.measure.clock, str(record["group"]), "+".join(name for name, _ in stratum))
    return table.cell(family, stratum, value, f"people at {record['group']}", block=block(result, record),
                      over_periods=False)  # fmt: skip


def _enter_follow_up(
    table: CellTable, result: Measured, record: dict[str, Any], persons: dict[str, int]
) -> dict[str, int]:
    measure, level, window = result.measure, str(record["level"]), str(record["window"])
    stratum, name = stratum_of(record, result.about.by), f"{measure.name} within {window} days from {level}"
    people = measure.denominator.unit == PERSON
    rule: Rule = {} if people or level == ALL_LEVELS else _rule(measure, level, result.continuum)
    # People are of one split: a person is in several strata, and in several periods.
    split = "+".join(key for key, _ in stratum) if people else ALL_LEVELS
    head = (MEASURE, measure.clock, json.dumps(rule) if rule else split, level)
    add: dict[str, Any] = {"block": block(result, record), "over_periods": not people}
    whole = bool(rule) and rule["whole"] and not rule["out"]
    of_family = (FOLLOWED, window, level, OF) if whole else (*head, window, ELIGIBLE)
    n = table.cell((*head, window, RETURNED), stratum, record["n"], name, persons=persons["n"], **add)
    of = table.cell(of_family, stratum, record["of"], f"{name}, denominator", depth=1, persons=persons["of"], **add)
    without = table.cell((*head, window, LEFT_CARE), stratum, record["of"] - record["n"], f"{name}, without",
                         printed=False, **add)  # fmt: skip
    table.relation({of: 1, n: -1, without: -1})
    every = -1
    if record["followed"] > 0 and record["of"] > 0:
        every_family = (DISCHARGES, level) if whole else (*head, _EVERY)
        value = float(round(record["of"] / record["followed"]))
        every = table.cell(every_family, stratum, value, f"{name}, followed or not", depth=1, persons=persons["all"],
                           **add)  # fmt: skip
        table.sum(every, [of])
    return {"n": n, "of": of, "every": every}


def _rule(measure: Measure, level: str, continuum: Continuum) -> Rule:
    """Return what a reader of the definition knows of the discharges of a level, by what followed them.

    ``sure``: levels whose moves are hits; ``maybe``: those that are hits from a day on; ``other`` levels; ``out``:
    outcomes that are left out; ``whole``: whether no other discharge is left out.
    """
    rules, at, d = resolved(measure, continuum), continuum.index(level), measure.denominator
    arms = rules.arms[at]
    first = {to: min((arm.first for arm in arms if to in arm.levels), default=-1) for to in range(len(continuum))}
    names = continuum.names
    return {
        "sure": [names[to] for to, day in first.items() if day == 0],
        "maybe": [names[to] for to, day in first.items() if day > 0],
        "other": [names[to] for to, day in first.items() if day < 0],
        "out": [name for name in _PLAIN if name in d.exclude],
        "whole": d.reasons == ANY and d.index != LAST and not measure.until and at in rules.levels
        and set(d.exclude) <= {*_PLAIN},
    }  # fmt: skip


def _link_levels(table: CellTable, result: Measured, cells: pd.DataFrame) -> None:
    """Link the row of all levels to those of each: discharges sum to it, people are at one of them or more."""
    measure, frame = result.measure, result.frame
    people = measure.denominator.unit == PERSON
    rows: dict[tuple[Stratum, str], dict[str, dict[str, int]]] = defaultdict(dict)
    for record, numbers in zip(records(frame), records(cells), strict=True):
        rows[stratum_of(record, result.about.by), str(record["window"])][str(record["level"])] = numbers
    for levels in rows.values():
        every = levels.pop(ALL_LEVELS)
        for name in ("n", "of", "every"):
            parts = {level: numbers[name] for level, numbers in levels.items() if numbers[name] >= 0}
            if every[name] < 0 or not parts:
                continue
            if not people:
                table.sum(every[name], parts.values())
                continue
            for level, part in parts.items():
                difference(table, every[name], part, f"people of {measure.name} at other levels than {level} only")
            at_all = sum(table.cells[part].value for part in parts.values())
            again = at_all - table.cells[every[name]].value
            at_two = table.unpublished(
                f"{table.cells[every[name]].key}|at two", again, f"people of {measure.name}, again"
            )
            table.relation({every[name]: -1, at_two: -1} | dict.fromkeys(parts.values(), 1))


def masked(result: Measured, cells: MeasureCells, mask: Mask) -> Measured:
    """Return the measure with every number missing that is hidden or would disclose a hidden one.

    The limits of a share of 0 or 1 depend on rows that may be hidden, so they are missing; means are of 11 stays or
    more. What the definition leaves out is not counted by level, so it is not shown.
    """
    frame = result.frame
    n, of, every, persons = (mask.hides(cells.frame[name]) for name in _NUMBERS)
    out = frame.copy()
    if result.measure.kind == FOLLOW_UP:
        out = out.assign(n=blank(frame["n"], n), of=blank(frame["of"], of))
        certain = frame["rate"].isin([0.0, 1.0]).to_numpy()
        for name in _ESTIMATES:
            out[name] = blank(frame[name], n | of | (certain & (name in ("low", "high"))))
        for name in _ESTIMATES[1:]:
            out[name] = significant(out[name])
        out["followed"] = blank(frame["followed"], of | every)
    elif result.measure.kind == MEAN_STAY:
        few = n | (frame["n"] < mask.below).to_numpy()
        out["n"] = blank(frame["n"], n)
        for name in ("mean", "se", "low", "high", "rmean"):
            out[name] = significant(blank(frame[name], few))
    else:
        out["persons"] = blank(frame["persons"].astype("Float64").astype(float), persons)
    out["hidden"] = n | of | persons
    return replace(result, frame=out, excluded=result.excluded.head(0), contributors=None)


def total(result: Measured) -> int:
    """Return what ``n`` of the provenance may say: the largest shown denominator, or the stays that are shown."""
    frame = result.frame
    if result.measure.kind == FOLLOW_UP:
        longest = frame[(frame["window"] == frame["window"].max()) & (frame["level"].astype(str) != ALL_LEVELS)]
        return int(longest["of"].sum())
    return int(frame["n" if "n" in frame else "persons"].sum())
