"""The SQL of each small table: what is counted, by which day, up to when.

Each clock reads the linked stays once and returns integers only. What is counted is a code, ``event``: a level's place
in the continuum, or one of the codes below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.continuum.outcomes import DIED, REASONS
from careflow.records.parsing.date_basis import DAYS, LINKING

REASON_CODE: Final = 100
"""Added to a reason's place in ``REASONS``: the stay ended for that reason and no move followed."""

DIED_CODE: Final = REASON_CODE + REASONS.index(DIED)
CONCURRENT_CODE: Final = 150
ENTERED: Final = 200
CENSORED: Final = 201
ENDED: Final = 202
"""The stay ended, whatever came next."""

REACHED: Final = 203
"""Ends of periods were reached; no table holds it: each becomes one censored, and one who enters the next period."""

ENDLESS: Final = 2_000_000_000
"""A day after every other, where a stay that is still open ends; and a gap after which nothing follows."""

_OUTCOME: Final = f"""CASE WHEN gap <= {{within}} THEN next_level
        WHEN concurrent THEN {CONCURRENT_CODE}
        ELSE {REASON_CODE} + reason END"""

# `moved` is the shortest window that holds the move, `followed` the longest for which the discharge was followed: their
# places among the windows, from 1, and 0 where there is none.
_DISCHARGE: Final = f"""
SELECT {{strata}} jackknife_group, level AS state, {_OUTCOME} AS event, reason,
    {{moved}} AS moved, {{followed}} AS followed
FROM {{linked}} {{on_discharge}}
WHERE end_day <= {{cutoff}}
"""

# Each stay contributes the days that it spent in the period (period life table): it enters at its age on the period's
# first day, and is censored at its age on the last. Whoever is in care when a period ends, at that age, enters the
# next one a day older; so a stay that outlasts periods is counted once, in the first, with how many ends it reaches.
_STAY: Final = f"""
SELECT {{strata}} jackknife_group, level AS state, {ENDED} AS event, end_day - admit AS day, 0 AS ends
FROM {{linked}} {{on_discharge}} WHERE end_day BETWEEN {{first_day}} AND {{cutoff}}
UNION ALL
SELECT {{strata}} jackknife_group, level AS state, {REACHED} AS event, p.last_day - admit AS day,
    q.period - p.period AS ends
FROM {{linked}} {{on_entry}} JOIN {{day_spans}} q ON q.day = end_day
WHERE end_day > p.last_day
UNION ALL
SELECT {{strata}} jackknife_group, level AS state, {ENTERED} AS event, {{first_day}} - admit AS day, 0 AS ends
FROM {{linked}} {{on_entry}} WHERE admit < {{first_day}} AND end_day >= {{first_day}}
"""


def _ends(day: str, event: str, rows: str) -> str:
    """Return the SQL of when and how each stay ends."""
    return f"SELECT {{strata}} jackknife_group, level AS state, {event} AS event, {day} AS day FROM {{linked}} {rows}"


def _cohort(join: str, where: str) -> str:
    event = f"CASE WHEN end_day <= {{cutoff}} THEN {ENDED} ELSE {CENSORED} END"
    return _late(join, where) + _ends("least(end_day, {cutoff}) - admit", event, f"{join} {where}")


def _late(join: str, where: str) -> str:
    """Return the SQL of who was admitted before the observation began, and enters at that age."""
    return _ends("{start} - admit", str(ENTERED), f"{join} {where} AND admit < {{start}}") + " UNION ALL "


# With outcomes as causes the clock runs to cutoff - within, so that each cause is known.
_KNOWN: Final = "WHERE admit <= {known} AND end_day >= {start}"

_EXIT: Final = _late("{on_admit}", _KNOWN) + _ends(
    day="least(end_day, {known}) - admit",
    event=f"CASE WHEN end_day <= {{known}} THEN {_OUTCOME} ELSE {CENSORED} END",
    rows=f"{{on_admit}} {_KNOWN}",
)

_GAP: Final = _ends(
    day=f"""CASE WHEN reason = {DIED_CODE - REASON_CODE} OR concurrent THEN 0
        ELSE least(gap, {{cutoff}} - end_day) END""",
    event=f"""CASE WHEN gap <= {{cutoff}} - end_day THEN next_level
        WHEN concurrent THEN {CONCURRENT_CODE}
        WHEN reason = {DIED_CODE - REASON_CODE} THEN {DIED_CODE}
        ELSE {CENSORED} END""",
    rows="{on_discharge} WHERE end_day <= {cutoff}",
)

_CENSUS: Final = f"""{_ends("admit", str(ENTERED), "")} UNION ALL
{_ends("end_day", str(ENDED), "WHERE end_day <= {cutoff}")}"""

# Nights in the level, up to cutoff - within.
_EXPOSURE: Final = """
SELECT {strata} jackknife_group, level AS state,
    CAST(sum(least(end_day, p.last_day + 1) - greatest(admit, p.first_day)) AS BIGINT) AS n
FROM {linked} JOIN {known_spans} p ON admit <= p.last_day AND end_day > greatest(admit, p.first_day)
GROUP BY ALL
"""


@dataclass(frozen=True)
class EventTable:
    """One small table: the columns that hold its integers, its SQL, and which day puts a record in a period.

    ``sql`` counts; ``rows`` has a row for each thing to be counted (strata and ``columns``), where those are many, and
    with ``ends`` how many ends of periods each reaches; with ``dates`` their days are those of the calendar, and who
    enters is among them. ``needs`` is what the dates of the records must be able to answer, if anything.
    """

    columns: tuple[str, ...]
    sql: str
    dated_by: str
    needs: str | None = None
    rows: str = ""
    ends: bool = False
    dates: bool = False


PROCESS: Final = ("jackknife_group", "state", "event", "day")

EVENT_TABLES: Final = {
    "discharge": EventTable(
        ("jackknife_group", "state", "event", "reason", "moved", "followed"), "", "discharge", LINKING, rows=_DISCHARGE
    ),
    "stay": EventTable(PROCESS, "", "days in the period", DAYS, rows=_STAY, ends=True),
    "stay by admission": EventTable(PROCESS, "", "admission", rows=_cohort("{on_admit}", "WHERE true")),
    "stay by discharge": EventTable(
        PROCESS, "", "discharge", rows=_cohort("{on_discharge}", "WHERE end_day <= {cutoff}")
    ),
    "exit": EventTable(PROCESS, "", "admission", LINKING, rows=_EXIT),
    "gap": EventTable(PROCESS, "", "discharge", LINKING, rows=_GAP),
    "census": EventTable(PROCESS, "", "", DAYS, rows=_CENSUS, dates=True),
    "exposure": EventTable(("jackknife_group", "state"), _EXPOSURE, "days in the period", DAYS),
}
"""Every table that counts can hold, by name."""
