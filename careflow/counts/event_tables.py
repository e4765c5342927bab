"""The SQL of each event table: its events, the day that dates them, and the last day of follow-up.

A table reads the linked stays once and has integers only. The column ``event`` is the position of a level in the
continuum, or one of the codes below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.continuum.outcomes import DIED, REASONS
from careflow.records.parsing.date_basis import DAYS, LINKING

REASON_CODE: Final = 100
"""Added to the position of a reason in ``REASONS``: the stay ended for that reason, without a move."""

DIED_CODE: Final = REASON_CODE + REASONS.index(DIED)
CONCURRENT_CODE: Final = 150
ENTERED: Final = 200
CENSORED: Final = 201
ENDED: Final = 202
"""The stay ended, with any outcome."""

REACHED: Final = 203
"""The stay goes on at the end of the period. Counts replace it by a censoring and an entry into the next period."""

ENDLESS: Final = 2_000_000_000
"""A day after all others, the end of an open stay; and the gap of a discharge that nothing follows."""

OUTCOME: Final = f"""CASE WHEN gap <= {{within}} THEN next_level
        WHEN concurrent THEN {CONCURRENT_CODE}
        ELSE {REASON_CODE} + reason END"""

# `moved` is the shortest window that contains the move, `followed` the longest window for which the discharge was
# followed. Both are positions among the windows, from 1, and 0 without such a window.
_DISCHARGE: Final = f"""
SELECT {{strata}} jackknife_group, level AS state, {OUTCOME} AS event, reason,
    {{moved}} AS moved, {{followed}} AS followed
FROM {{linked}} {{on_discharge}}
WHERE end_day <= {{cutoff}}
"""

# The period life table: each stay contributes the days that it spent in the period. It enters at its age on the first
# day of the period and is censored at its age on the last; it enters the next period one day older. A stay that goes on
# over several periods is counted once, in the first, with the number of period ends that it reaches.
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


def _events_sql(day: str, event: str, rows: str) -> str:
    """Return the SQL of one event for each stay."""
    return f"SELECT {{strata}} jackknife_group, level AS state, {event} AS event, {day} AS day FROM {{linked}} {rows}"


def _cohort_sql(join: str, where: str) -> str:
    """Return the SQL of the stay clock of a cohort: late entries, then ends or censorings."""
    event = f"CASE WHEN end_day <= {{cutoff}} THEN {ENDED} ELSE {CENSORED} END"
    return _late_entries_sql(join, where) + _events_sql("least(end_day, {cutoff}) - admit", event, f"{join} {where}")


def _late_entries_sql(join: str, where: str) -> str:
    """Return the SQL of the late entries: stays admitted before the start, which enter at their age on that day."""
    return _events_sql("{start} - admit", str(ENTERED), f"{join} {where} AND admit < {{start}}") + " UNION ALL "


# With outcomes as causes the clock runs to cutoff - within, so that each cause is known.
_IN_FOLLOW_UP: Final = "WHERE admit <= {last_followed} AND end_day >= {start}"


def exit_sql(recent: int | None = None) -> str:
    """Return the SQL of the stay clock with outcomes as causes; ``recent``: of the admissions of its last days only."""
    where = _IN_FOLLOW_UP if recent is None else f"{_IN_FOLLOW_UP} AND admit > {{last_followed}} - {recent}"
    return _late_entries_sql("{on_admit}", where) + _events_sql(
        day="least(end_day, {last_followed}) - admit",
        event=f"CASE WHEN end_day <= {{last_followed}} THEN {OUTCOME} ELSE {CENSORED} END",
        rows=f"{{on_admit}} {where}",
    )


_GAP: Final = _events_sql(
    day=f"""CASE WHEN reason = {DIED_CODE - REASON_CODE} OR concurrent THEN 0
        ELSE least(gap, {{cutoff}} - end_day) END""",
    event=f"""CASE WHEN gap <= {{cutoff}} - end_day THEN next_level
        WHEN concurrent THEN {CONCURRENT_CODE}
        WHEN reason = {DIED_CODE - REASON_CODE} THEN {DIED_CODE}
        ELSE {CENSORED} END""",
    rows="{on_discharge} WHERE end_day <= {cutoff}",
)

_CENSUS: Final = f"""{_events_sql("admit", str(ENTERED), "")} UNION ALL
{_events_sql("end_day", str(ENDED), "WHERE end_day <= {cutoff}")}"""

# Nights in the level, up to cutoff - within.
_EXPOSURE: Final = """
SELECT {strata} jackknife_group, level AS state,
    CAST(sum(least(end_day, p.last_day + 1) - greatest(admit, p.first_day)) AS BIGINT) AS n
FROM {linked} JOIN {followed_spans} p ON admit <= p.last_day AND end_day > greatest(admit, p.first_day)
GROUP BY ALL
"""


@dataclass(frozen=True)
class EventTable:
    """The columns and the SQL of one event table.

    Attributes
    ----------
    columns : tuple of str
        The columns between the strata and ``n``.
    sql : str
        A query that returns counts; empty if there is none.
    dated_by : str
        The day that puts a record in a period.
    needs : str or None
        What the date basis of the records must allow (see :mod:`careflow.records.parsing.date_basis`).
    rows : str
        A query that returns a row for each event (strata and ``columns``), for tables with many events; these rows are
        counted by sorting.
    ends : bool
        Whether ``rows`` has the column ``ends``, the number of period ends that a stay reaches.
    dates : bool
        Whether ``day`` is a day of the calendar. Entries are then among the rows.
    flags : tuple of str
        The flags of the stays for which ``{flagged}`` stands in ``sql``.
    before : int
        The table is of the records as they were so many days before the cut-off: with that day as the cut-off, of the
        stays admitted by then.
    """

    columns: tuple[str, ...]
    sql: str
    dated_by: str
    needs: str | None = None
    rows: str = ""
    ends: bool = False
    dates: bool = False
    flags: tuple[str, ...] = ()
    before: int = 0


PROCESS: Final = ("jackknife_group", "state", "event", "day")

EVENT_TABLES: Final = {
    "discharge": EventTable(
        ("jackknife_group", "state", "event", "reason", "moved", "followed"), "", "discharge", LINKING, rows=_DISCHARGE
    ),
    "stay": EventTable(PROCESS, "", "days in the period", DAYS, rows=_STAY, ends=True),
    "stay by admission": EventTable(PROCESS, "", "admission", rows=_cohort_sql("{on_admit}", "WHERE true")),
    "stay by discharge": EventTable(
        PROCESS, "", "discharge", rows=_cohort_sql("{on_discharge}", "WHERE end_day <= {cutoff}")
    ),
    "exit": EventTable(PROCESS, "", "admission", LINKING, rows=exit_sql()),
    "gap": EventTable(PROCESS, "", "discharge", LINKING, rows=_GAP),
    "census": EventTable(PROCESS, "", "", DAYS, rows=_CENSUS, dates=True),
    "exposure": EventTable(("jackknife_group", "state"), _EXPOSURE, "days in the period", DAYS),
}
"""The event tables without parameters, by name."""
