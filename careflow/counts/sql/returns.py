"""The SQL of returns, bounce-backs and persons served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from careflow.continuum import Continuum
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.counts.event_tables import DIED_CODE, ENDLESS, REASON_CODE

# Deaths, same-day transfers and concurrent discharges are not in the denominator of returns.
_RETURNS: Final = f"""
{{with_returned}}
SELECT {{strata}} jackknife_group, level AS state, CASE WHEN {{is_return}} THEN 1 ELSE 0 END AS event,
    CASE WHEN {{cutoff}} - discharge >= {{days}} THEN 1 ELSE 0 END AS followed, count(*) AS n
FROM {{linked}} l {{on_discharge}} {{join_returned}}
WHERE discharge IS NOT NULL AND reason <> {DIED_CODE - REASON_CODE} AND NOT concurrent AND gap > 0
GROUP BY ALL
"""

_RETURNED_TO_LEVELS: Final = """WITH returned AS (
    SELECT DISTINCT a.person, a.stay_order FROM {linked} a JOIN {linked} s ON s.person = a.person
        AND s.admit > a.discharge AND s.admit <= a.discharge + {days}
    WHERE s.level IN ({levels})
)"""

_JOIN_RETURNED: Final = "LEFT JOIN returned r ON r.person = l.person AND r.stay_order = l.stay_order"

# A step-down is a bounce-back if the person is admitted, within `days` of the start of the new stay, to a level at
# least as intensive as the one left.
_BOUNCES: Final = """
WITH returned AS (
    SELECT DISTINCT a.person, a.stay_order
    FROM {linked} a JOIN {linked} s ON s.person = a.person AND s.stay_order > a.stay_order
        AND s.admit >= a.discharge + a.gap AND s.admit <= a.discharge + a.gap + {days}
    WHERE {back}
)
SELECT {strata} jackknife_group, level AS state, next_level AS target,
    CASE WHEN r.person IS NULL THEN 0 ELSE 1 END AS event,
    CASE WHEN {cutoff} - (discharge + gap) >= {days} THEN 1 ELSE 0 END AS followed, count(*) AS n
FROM {linked} l {on_discharge} {join_returned}
WHERE gap <= {within} AND NOT concurrent AND ({down})
GROUP BY ALL
"""

# Distinct persons at each level and, with the code -1, at any level: they do not add up over levels.
_SERVED: Final = f"""
WITH served AS (
    SELECT {{strata}} level, person
    FROM {{linked}} JOIN {{spans}} p ON admit <= p.last_day
        AND (coalesce(discharge, {ENDLESS}) > p.first_day OR admit >= p.first_day)
    {{where}}
)
{{each}}SELECT {{names}} -1 AS state, count(DISTINCT person) AS n FROM served GROUP BY ALL
"""


def returns_sql(days: int, levels: tuple[int, ...]) -> str:
    """Return the SQL of returns within ``days``, to any level or to the levels with these positions."""
    level_list = ", ".join(str(int(level)) for level in levels)
    return (
        _RETURNS.replace("{with_returned}", _RETURNED_TO_LEVELS.replace("{levels}", level_list) if levels else "")
        .replace("{is_return}", "r.person IS NOT NULL" if levels else f"gap <= {int(days)}")
        .replace("{join_returned}", _JOIN_RETURNED if levels else "")
        .replace("{days}", str(int(days)))
    )


_SERVED_AT_EACH: Final = """SELECT {names} level AS state, count(DISTINCT person) AS n FROM served GROUP BY ALL
UNION ALL
"""


def served_sql(levels: Sequence[int] = ()) -> str:
    """Return the SQL of people served at each level and at any, or at some levels put together."""
    where = f"WHERE level IN ({', '.join(map(str, levels))})" if levels else ""
    return _SERVED.replace("{where}", where).replace("{each}", "" if levels else _SERVED_AT_EACH)


def bounces_sql(days: int, continuum: Continuum, *, any_step_up: bool = False) -> str:
    """Return the SQL of bounce-backs within ``days`` of the start of the new stay.

    They are admissions to a level at least as intensive as the one left, or with ``any_step_up`` to any level more
    intensive than that of the new stay.
    """
    names = continuum.names
    levels = range(len(names))
    down = {i: [j for j in levels if continuum.direction(names[i], names[j]) == STEP_DOWN] for i in levels}

    def pairs(origin: str, target: str, targets_of: dict[int, list[int]]) -> str:
        cases = [f"({origin} = {i} AND {target} IN ({', '.join(map(str, js))}))" for i, js in targets_of.items() if js]
        return " OR ".join(cases) or "false"

    up = {i: [j for j in levels if continuum.direction(names[i], names[j]) == STEP_UP] for i in levels}
    as_intensive = {i: [j for j in levels if j not in down[i]] for i in levels}
    back = pairs("a.next_level", "s.level", up) if any_step_up else pairs("a.level", "s.level", as_intensive)
    return (
        _BOUNCES.replace("{down}", pairs("l.level", "l.next_level", down))
        .replace("{back}", back)
        .replace("{join_returned}", _JOIN_RETURNED)
        .replace("{days}", str(int(days)))
    )
