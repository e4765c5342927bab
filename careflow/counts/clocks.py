"""The SQL of each small table: what is counted, by which day, up to when.

Each clock reads the linked stays once and returns integers only. What is counted is a code, ``what``: a level's place
in the continuum, or one of the codes below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.continuum.outcomes import DIED, REASONS

REASON_CODE: Final = 100
"""Added to a reason's place in ``REASONS``: the stay ended for that reason and no move followed."""

DIED_CODE: Final = REASON_CODE + REASONS.index(DIED)
CONCURRENT_CODE: Final = 150
ENTERED: Final = 200
CENSORED: Final = 201
ENDED: Final = 202
"""The stay ended, whatever came next."""

ENDLESS: Final = 2_000_000_000
"""A day after every other: where a stay that is still open ends."""

_OUTCOME: Final = f"""CASE WHEN reason = {DIED_CODE - REASON_CODE} THEN {DIED_CODE}
        WHEN concurrent THEN {CONCURRENT_CODE}
        WHEN gap <= {{within}} THEN next_level
        ELSE {REASON_CODE} + reason END"""

# `moved` is the shortest window that holds the move, `followed` the longest for which the discharge was followed;
# -1 where there is none.
_DISCHARGE: Final = f"""
SELECT {{strata}} grp, level AS state, {_OUTCOME} AS what, reason,
    CASE WHEN reason = {DIED_CODE - REASON_CODE} OR concurrent THEN -1 {{moved}} ELSE -1 END AS moved,
    CASE {{followed}} ELSE -1 END AS followed,
    count(*) AS n
FROM {{linked}} {{on_discharge}}
WHERE discharge IS NOT NULL
GROUP BY ALL
"""

_ENTRIES_AND_ENDS: Final = f"""
SELECT {{names}} grp, state, what, day, count(*) AS n FROM seen GROUP BY ALL
UNION ALL
SELECT {{names}} grp, state, {ENTERED} AS what, entry AS day, count(*) AS n FROM seen GROUP BY ALL
"""

# Each stay contributes the days that it spent in the period: it enters at its age on the period's first day, and is
# censored at its age on the last (period life table).
_STAY: Final = f"""
WITH seen AS (
    SELECT {{strata}} grp, level AS state,
        greatest(p.first_day - admit, 0) AS entry,
        least(coalesce(discharge, {ENDLESS}), p.last_day) - admit AS day,
        CASE WHEN discharge <= p.last_day THEN {ENDED} ELSE {CENSORED} END AS what
    FROM {{linked}} JOIN {{spans}} p ON admit <= p.last_day AND coalesce(discharge, {ENDLESS}) >= p.first_day
)
{_ENTRIES_AND_ENDS}"""

_COHORT: Final = f"""
WITH seen AS (
    SELECT {{strata}} grp, level AS state,
        greatest({{start}} - admit, 0) AS entry,
        coalesce(discharge, {{cutoff}}) - admit AS day,
        CASE WHEN discharge IS NULL THEN {CENSORED} ELSE {ENDED} END AS what
    FROM {{linked}} {{join}}
)
{_ENTRIES_AND_ENDS}"""

# With outcomes as causes the clock runs to cutoff - within, so that each cause is known.
_EXIT: Final = f"""
WITH seen AS (
    SELECT {{strata}} grp, level AS state,
        greatest({{start}} - admit, 0) AS entry,
        least(coalesce(discharge, {ENDLESS}), {{known}}) - admit AS day,
        CASE WHEN discharge <= {{known}} THEN {_OUTCOME} ELSE {CENSORED} END AS what
    FROM {{linked}} {{on_admit}}
    WHERE admit <= {{known}} AND coalesce(discharge, {ENDLESS}) >= {{start}}
)
{_ENTRIES_AND_ENDS}"""

_GAP: Final = f"""
WITH seen AS (
    SELECT {{strata}} grp, level AS state, 0 AS entry,
        CASE WHEN reason = {DIED_CODE - REASON_CODE} OR concurrent THEN 0
             ELSE coalesce(gap, {{cutoff}} - discharge) END AS day,
        CASE WHEN reason = {DIED_CODE - REASON_CODE} THEN {DIED_CODE}
             WHEN concurrent THEN {CONCURRENT_CODE}
             ELSE coalesce(next_level, {CENSORED}) END AS what
    FROM {{linked}} {{on_discharge}}
    WHERE discharge IS NOT NULL
)
{_ENTRIES_AND_ENDS}"""

_CENSUS: Final = f"""
SELECT {{strata}} 0 AS grp, level AS state, {ENTERED} AS what, admit AS day, count(*) AS n
FROM {{linked}} GROUP BY ALL
UNION ALL
SELECT {{strata}} 0 AS grp, level AS state, {ENDED} AS what, discharge AS day, count(*) AS n
FROM {{linked}} WHERE discharge IS NOT NULL GROUP BY ALL
"""

# Nights in the level, up to cutoff - within.
_EXPOSURE: Final = f"""
SELECT {{strata}} grp, level AS state,
    CAST(sum(least(coalesce(discharge, {ENDLESS}), p.last_day + 1) - greatest(admit, p.first_day)) AS BIGINT) AS n
FROM {{linked}} JOIN {{known_spans}} p
    ON admit <= p.last_day AND coalesce(discharge, {ENDLESS}) > greatest(admit, p.first_day)
GROUP BY ALL
"""


@dataclass(frozen=True)
class Clock:
    """One small table: the columns that hold its integers, its SQL, and which day puts a record in a period."""

    columns: tuple[str, ...]
    sql: str
    dated_by: str


PROCESS: Final = ("grp", "state", "what", "day")

CLOCKS: Final = {
    "discharge": Clock(("grp", "state", "what", "reason", "moved", "followed"), _DISCHARGE, "discharge"),
    "stay": Clock(PROCESS, _STAY, "days in the period"),
    "stay by admission": Clock(PROCESS, _COHORT.replace("{join}", "{on_admit}"), "admission"),
    "stay by discharge": Clock(PROCESS, _COHORT.replace("{join}", "{on_discharge}"), "discharge"),
    "exit": Clock(PROCESS, _EXIT, "admission"),
    "gap": Clock(PROCESS, _GAP, "discharge"),
    "census": Clock(PROCESS, _CENSUS, ""),
    "exposure": Clock(("grp", "state"), _EXPOSURE, "days in the period"),
}
"""Every table that counts can hold, by name."""
