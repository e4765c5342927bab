"""The sections of the report on measures: their rule, a table of the quarter, and one of every quarter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import pandas as pd

from careflow.counts import Counts, Measure
from careflow.counts.measures.checks import FOLLOW_UP, PERSON, PERSONS_SERVED
from careflow.errors import DisclosureError
from careflow.estimate import length_of_stay, measure, transition_rates
from careflow.estimate.measures.follow_up import definition_of
from careflow.estimate.measures.measure import Measured
from careflow.estimate.result import ALL_LEVELS
from careflow.formatting import known, listing, period
from careflow.report.content.data_files import Table
from careflow.report.content.grid import HIDDEN, NOTHING, Cell, Grid, by_key, share, whole, word
from careflow.report.masking.mask import BELOW, mask
from careflow.report.masking.measures import mask_measure
from careflow.report.modes import FULL, RELEASE, Mode

Row = dict[str, float]


@dataclass(frozen=True)
class Section:
    """A measure in the report; hidden numbers are already missing.

    Attributes
    ----------
    name, title : str
        The measure.
    rule : str
        Its definition in a sentence, and what it is modelled on.
    facts : tuple of str
        Its source, and in what the rule differs from it.
    result : Measured
        By quarter.
    grids : tuple of Grid
        A table of the report's quarter where it has several rows, and one of every quarter.
    file : Table
    """

    name: str
    title: str
    rule: str
    facts: tuple[str, ...]
    result: Measured
    grids: tuple[Grid, ...]
    file: Table


def check_release(measures: Sequence[Measure], within: int) -> None:
    """Raise for measures that a release cannot have beside its transition rates.

    Parameters
    ----------
    measures : sequence of Measure
    within : int
        The link window, the longest of which the records tell rates.

    Raises
    ------
    DisclosureError
        For a second follow-up, a measure of people, and a follow-up whose window is longer than the link window.
    """
    follow_ups = [one for one in measures if one.kind == FOLLOW_UP]
    if len(follow_ups) > 1:
        raise DisclosureError(
            f"a release takes one follow-up measure, and {listing([one.name for one in follow_ups])} are "
            f"{len(follow_ups)}: they overlap each other, and no sums link them; leave out all but one"
        )
    for one in measures:
        if one.kind == PERSONS_SERVED or one.denominator.unit == PERSON:
            raise DisclosureError(
                f"{one.name} counts people, who do not add up with the discharges of the other tables of a release; "
                "leave it out, or publish it alone with cf.protect"
            )
        if one.kind == FOLLOW_UP and one.windows[-1] > within:
            raise DisclosureError(
                f"{one.name} follows discharges for {one.windows[-1]} days, and the proof links it to transition rates "
                f"within its windows, of which the longest are of the link window of {within} days; link within "
                f"{one.windows[-1]} days (--within {one.windows[-1]}), or leave the measure out"
            )


def sections(
    counts: Counts,
    measures: Sequence[Measure],
    quarter: str,
    mode: Mode,
    released: Sequence[Measured] = (),
) -> tuple[Section, ...]:
    """Return the section of each measure.

    Parameters
    ----------
    counts : Counts
        By quarter, with the tables of the measures.
    measures : sequence of Measure
    quarter : str
        The quarter of the report.
    mode : {"full", "masked", "release"}
    released : sequence of Measured
        The protected measures of a release.

    Raises
    ------
    CountsError, MeasureError
        If the counts do not hold a measure, or its levels are not those of the records.
    """
    if mode == RELEASE:
        return tuple(_section(one, quarter) for one in released)
    results = [measure(counts, one, by="quarter") for one in measures]
    if mode == FULL:
        results = [one.with_frame(one.frame.assign(hidden=False)) for one in results]
    elif results:
        rates, stays = transition_rates(counts, by="quarter"), mask(length_of_stay(counts, by="quarter"))
        shown = mask(rates)
        results = [mask_measure(one, rates, shown, stays, BELOW) for one in results]
    return tuple(_section(one, quarter) for one in results)


def _section(result: Measured, quarter: str) -> Section:
    rule = result.measure
    title, name = rule.title or rule.name, f"measure_{rule.name}"
    frame = result.frame
    if rule.kind == FOLLOW_UP:
        several = frame["level"].nunique() > 2
        grids = [_of_quarter(result, title, quarter)] if several else []
        level = ALL_LEVELS if several else str(frame["level"].iloc[0])
        grids.append(_by_quarter(result, title, level))
    else:
        grids = [_by_quarter_and_row(result, title)]
    read = f", read on {rule.source_date:%Y-%m-%d}" if rule.source_date else ""
    facts = [f"Source: {rule.source or 'not given'}{read}."] if rule.modelled_on else []
    facts += [f"It differs from its source: {listing(rule.differs)}."] if rule.differs else []
    return Section(
        name=rule.name,
        title=title,
        rule=definition_of(rule),
        facts=tuple(facts),
        result=result,
        grids=tuple(replace(grid, files=(name,)) for grid in grids),
        file=Table(name, f"{title}, every quarter", frame),
    )


def _windows(result: Measured) -> list[int]:
    return [int(window) for window in dict.fromkeys(result.frame["window"])]


def _head(result: Measured) -> tuple[str, ...]:
    unit = "People" if result.measure.denominator.unit == "person" else "Discharges"
    return tuple(text for window in _windows(result) for text in (f"{unit}, {window} days", f"Within {window} days"))


def _cells(rows: dict[tuple[str, ...], Row], key: str, windows: Sequence[int]) -> list[Cell]:
    out = []
    for window in windows:
        row = rows.get((key, str(window)))
        out += [NOTHING if row is None else whole(row["of"], hidden=bool(row["hidden"])), share(row)]
    return out


def _of_quarter(result: Measured, title: str, quarter: str) -> Grid:
    """Return the shares of the report's quarter by the level left."""
    frame, care = result.frame, result.continuum
    rows = by_key(_records(frame[(frame["quarter"].astype(str) == quarter).to_numpy()]), "level", "window")
    levels = list(dict.fromkeys(frame["level"].astype(str)))
    names = {level.name: level.label for level in care.levels} | {ALL_LEVELS: "All levels"}
    return Grid(
        f"{title}, {period(quarter)}",
        ("Level left", *_head(result)),
        tuple((word(names[level]), *_cells(rows, level, _windows(result))) for level in levels),
        note="Shares of those followed for the whole window, with their interval.",
    )


def _by_quarter(result: Measured, title: str, level: str) -> Grid:
    """Return the shares of every quarter, of one level or of all together."""
    frame = result.frame[(result.frame["level"].astype(str) == level).to_numpy()]
    rows, quarters = by_key(_records(frame), "quarter", "window"), _quarters(result)
    late = {str(name) for name in frame.loc[~frame["mature"].to_numpy(dtype=bool), "quarter"]}
    label = "all levels" if level == ALL_LEVELS else result.continuum[level].label
    return Grid(
        f"{title}, {label}, quarter by quarter",
        ("Quarter", *_head(result)),
        tuple((word(_marked(name, late)), *_cells(rows, name, _windows(result))) for name in quarters),
        note="Shares of those followed for the whole window, with their interval."
        + (" Not mature: not all of the quarter was followed for each window." if late else ""),
    )


def _by_quarter_and_row(result: Measured, title: str) -> Grid:
    """Return people served, or mean stays, of every quarter: a column for each group or level."""
    served = result.measure.kind == PERSONS_SERVED
    row_name = "group" if served else "level"
    labels = list(dict.fromkeys(result.frame[row_name].astype(str)))
    rows = by_key(_records(result.frame), "quarter", row_name)
    heads = labels if served else [result.continuum[name].label for name in labels]
    cells = [[rows.get((name, label)) for label in labels] for name in _quarters(result)]
    return Grid(
        f"{title}, quarter by quarter",
        ("Quarter", *(head[:1].upper() + head[1:] for head in heads)),
        tuple(
            (word(period(name)), *(_persons(row) if served else _mean(row) for row in line))
            for name, line in zip(_quarters(result), cells, strict=True)
        ),
        note="People who were in care; one person may be in several columns."
        if served
        else "Mean nights of the stays that were closed in the quarter, with their interval. Stays that are still open "
        "are not in it: where there are many, the mean is too short.",
    )


def _persons(row: Row | None) -> Cell:
    if row is None or (pd.isna(row["persons"]) and not row["hidden"]):  # no level of the records is in the group
        return NOTHING
    return whole(row["persons"], hidden=bool(row["hidden"]))


def _mean(row: Row | None) -> Cell:
    if row is None:
        return NOTHING
    if row["hidden"] or not known(row["mean"]):
        return HIDDEN if row["hidden"] else NOTHING
    limits = f"{row['low']:.1f}–{row['high']:.1f}" if known(row["low"]) else ""
    return Cell(f"{row['mean']:.1f} days", limits)


def _marked(quarter: str, late: set[str]) -> str:
    return f"{period(quarter)} (not mature)" if quarter in late else period(quarter)


def _quarters(result: Measured) -> list[str]:
    return list(dict.fromkeys(result.frame["quarter"].astype(str)))


def _records(frame: pd.DataFrame) -> list[Row]:
    return cast(list[Row], frame.to_dict("records"))
