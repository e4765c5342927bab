"""The event tables that counts can hold, by name; some names have parameters, such as ``returns:30``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from careflow.continuum import Continuum
from careflow.counts.event_tables import EVENT_TABLES, PROCESS, EventTable, exit_sql
from careflow.counts.measures.checks import FOLLOW_UP, MEAN_STAY
from careflow.counts.measures.definition import Measure
from careflow.counts.measures.resolved import population
from careflow.counts.sql.arrivals import ARRIVALS
from careflow.counts.sql.flow import FLOW
from careflow.counts.sql.journeys import held_sql, journey_sql, paths_sql
from careflow.counts.sql.measures import COLUMNS as MEASURED
from careflow.counts.sql.measures import measure_sql
from careflow.counts.sql.previous_level import COLUMNS, HISTORY
from careflow.counts.sql.retention import COLUMNS as RETAINED
from careflow.counts.sql.retention import retained_sql
from careflow.counts.sql.returns import bounces_sql, returns_sql, served_sql
from careflow.errors import ArgumentError
from careflow.records.parsing.date_basis import DAYS, LINKING

DEFAULT: Final = (*EVENT_TABLES, "served", "journey", "paths:4", "returns:30", "bounces:30")
"""The tables that ``moves.counts()`` counts by default."""

_NAME: Final = re.compile(
    r"(served|journey|paths|ways|held|returns|bounces|step ups|kept)(?::(\d+(?:,\d+)*))?(?:@(\d+))?(:reentry)?"
)

_PARTS: Final = re.compile(r"(exit|gap|stay by admission|arrivals|census)(?:~([1-9]\d*))?(?:@-(\d+))?")
"""Tables of recent admissions, and of the records as they were before the cut-off."""


def event_table(name: str, continuum: Continuum, measures: Iterable[Measure] = ()) -> EventTable:
    """Return the event table of a name. Levels are given by their position in the continuum, from 0.

    ==========================  =====================================================================
    name                        table
    ==========================  =====================================================================
    ``journey``                 the journey clock, from the first admission
    ``journey:1``               the journey clock, from the first admission to level 1
    ``journey:1:reentry``       the same, with people followed back into care
    ``journey:1@30``            the journey clock from day 30 on, of those then at level 1
    ``paths:4``                 the levels of the first four stays of each journey
    ``ways:4``                  the same by jackknife group
    ``held:0,30,90``            the state of each journey on these days, by jackknife group
    ``returns:30``              discharges with an admission within 30 days
    ``returns:30,0,1``          the same, with an admission to level 0 or 1
    ``bounces:30``              step-downs with a bounce-back within 30 days
    ``step ups:30``             step-downs with an admission to a more intensive level within 30 days
    ``kept:30,60``              who is in care on these days after an admission
    ``flow``                    people who come into care, move and leave
    ``served:3,4``              the people served at level 3 or 4, once each
    ``history``                 the outcome of each discharge, by the level before
    ``arrivals``                admissions by day, by the level that the person moved from, if any
    ``exit~455``                the table ``exit``, of the admissions of the last 455 days of its clock
    ``gap@-28``                 the table ``gap`` of the records as they were 28 days before the cut-off; so too for
                                ``exit``, ``exit~455``, ``stay by admission``, ``arrivals`` and ``census``
    ``measure:NAME#DIGEST``     the discharges of one of ``measures``, by the definition with this digest
    ==========================  =====================================================================

    Raises
    ------
    ArgumentError
        If there is no such event table.
    """
    if name in EVENT_TABLES:
        return EVENT_TABLES[name]
    if (part := _part_table(name)) is not None:
        return part
    if name == "history":
        return EventTable(COLUMNS, HISTORY, "discharge", LINKING)
    if name == "flow":
        return EventTable(("event",), FLOW, "days in the period", LINKING)
    if name.startswith("measure:"):
        return _measure_table(name, continuum, measures)
    match = _NAME.fullmatch(name)
    if match is None or ((match[3] or match[4]) and match[1] != "journey"):
        raise ArgumentError(
            f"no clock {name!r}; there are {', '.join(DEFAULT)}, history, arrivals and flow, the numbers being days, "
            "steps or levels"
        )
    kind, numbers, reentry = match[1], [int(n) for n in (match[2] or "").split(",") if n], bool(match[4])
    if kind == "served":
        return EventTable(("state",), served_sql(numbers), "days in the period", DAYS)
    if kind == "journey":
        start, landmark = numbers[0] if numbers else None, int(match[3]) if match[3] else None
        return EventTable(PROCESS, journey_sql(start, reentry=reentry, landmark=landmark), "admission", LINKING)
    if not numbers:
        raise ArgumentError(f"clock {name!r} needs a number, such as {kind}:30")
    if kind == "paths":
        return EventTable(_steps(numbers[0]), paths_sql(numbers[0]), "admission", LINKING)
    if kind == "ways":
        return EventTable(
            ("jackknife_group", *_steps(numbers[0])), paths_sql(numbers[0], groups=True), "admission", LINKING
        )
    if kind == "held":
        return EventTable(("jackknife_group", *_steps(len(numbers))), held_sql(numbers), "admission", LINKING)
    if kind == "kept":
        return EventTable(RETAINED, retained_sql(numbers), "admission", DAYS)
    if kind == "returns":
        columns: tuple[str, ...] = ("jackknife_group", "state", "event", "followed")
        return EventTable(columns, returns_sql(numbers[0], tuple(numbers[1:])), "discharge", LINKING)
    columns = ("jackknife_group", "state", "target", "event", "followed")
    return EventTable(columns, bounces_sql(numbers[0], continuum, any_step_up=kind == "step ups"), "discharge", LINKING)


def _part_table(name: str) -> EventTable | None:
    """Return the table of a name with a suffix, or that of arrivals."""
    match = _PARTS.fullmatch(name)
    if match is None or (match[2] and match[1] != "exit"):
        return None
    table = EVENT_TABLES.get(match[1]) or EventTable(PROCESS, "", "", DAYS, rows=ARRIVALS, dates=True)
    if match[2]:
        table = replace(table, rows=exit_sql(int(match[2])))
    return replace(table, before=int(match[3] or 0))


def _steps(n: int) -> tuple[str, ...]:
    return tuple(f"step_{i}" for i in range(1, n + 1))


def tables_of(measure: Measure, continuum: Continuum) -> tuple[str, ...]:
    """Return the names of the event tables of a measure.

    A follow-up has a table of its own. People served are counted for each group of levels that there is, and a mean
    stay is that of the closed stays.
    """
    if measure.kind == FOLLOW_UP:
        return (measure.clock,)
    if measure.kind == MEAN_STAY:
        return ("stay by discharge", "stay by admission", "stay")
    groups = [population(group, continuum) for _, group in measure.groups]
    return tuple(dict.fromkeys(served_name(levels) for levels in groups if levels))


def served_name(levels: Iterable[int]) -> str:
    """Return the name of the table of people served at some levels."""
    return f"served:{','.join(map(str, levels))}"


def _measure_table(name: str, continuum: Continuum, measures: Iterable[Measure]) -> EventTable:
    measure = next((measure for measure in measures if measure.clock == name), None)
    if measure is None:
        raise ArgumentError(
            f"no definition of {name!r}: give clocks= the measure itself, as cf.Measure.load(name) returns it"
        )
    flags = measure.denominator.flags
    return EventTable(MEASURED, measure_sql(measure, continuum), "discharge", LINKING, flags=flags)
