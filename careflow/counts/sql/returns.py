"""The SQL of people who come back, and of how many people there are."""

from __future__ import annotations

from typing import Final

from careflow.continuum import Continuum
from careflow.continuum.outcomes import STEP_DOWN
from careflow.counts.event_tables import DIED_CODE, ENDLESS, REASON_CODE

# A discharge by death or by same-day transfer cannot return, nor one that happens while another stay goes on.
_RETURNS: Final = f"""
{{back}}
SELECT {{strata}} jackknife_group, level AS state, CASE WHEN {{returned}} THEN 1 ELSE 0 END AS event,
    CASE WHEN {{cutoff}} - discharge >= {{days}} THEN 1 ELSE 0 END AS followed, count(*) AS n
FROM {{linked}} l {{on_discharge}} {{came_back}}
WHERE discharge IS NOT NULL AND reason <> {DIED_CODE - REASON_CODE} AND NOT concurrent AND gap > 0
GROUP BY ALL
"""

_AT_LEVELS: Final = """WITH back AS (
    SELECT DISTINCT a.person, a.place FROM {linked} a JOIN {linked} s ON s.person = a.person
        AND s.admit > a.discharge AND s.admit <= a.discharge + {days}
    WHERE s.level IN ({levels})
)"""

_CAME_BACK: Final = "LEFT JOIN back b ON b.person = l.person AND b.place = l.place"

# Of the moves that step down, those whose person is admitted again, within `days` of the new stay's start, to a level
# at least as intensive as the one left.
_BOUNCES: Final = """
WITH back AS (
    SELECT DISTINCT a.person, a.place FROM {linked} a JOIN {linked} s ON s.person = a.person AND s.place > a.place
        AND s.admit >= a.discharge + a.gap AND s.admit <= a.discharge + a.gap + {days}
    WHERE {as_intensive}
)
SELECT {strata} jackknife_group, level AS state, next_level AS target,
    CASE WHEN b.person IS NULL THEN 0 ELSE 1 END AS event,
    CASE WHEN {cutoff} - (discharge + gap) >= {days} THEN 1 ELSE 0 END AS followed, count(*) AS n
FROM {linked} l {on_discharge} {came_back}
WHERE gap <= {within} AND NOT concurrent AND ({down})
GROUP BY ALL
"""

# -1 stands for any level. People do not add up over levels or periods, so each is counted for itself.
_SERVED: Final = f"""
WITH seen AS (
    SELECT {{strata}} level, person
    FROM {{linked}} JOIN {{spans}} p ON admit <= p.last_day
        AND (coalesce(discharge, {ENDLESS}) > p.first_day OR admit >= p.first_day)
)
SELECT {{names}} level AS state, count(DISTINCT person) AS n FROM seen GROUP BY ALL
UNION ALL
SELECT {{names}} -1 AS state, count(DISTINCT person) AS n FROM seen GROUP BY ALL
"""

SERVED: Final = _SERVED


def returns_sql(days: int, levels: tuple[int, ...]) -> str:
    """Return the SQL of returns within ``days``, to any level or to those given by their places."""
    back = _AT_LEVELS.replace("{levels}", ", ".join(str(int(level)) for level in levels)) if levels else ""
    return (
        _RETURNS.replace("{back}", back)
        .replace("{returned}", "b.person IS NOT NULL" if levels else f"gap <= {int(days)}")
        .replace("{came_back}", _CAME_BACK if levels else "")
        .replace("{days}", str(int(days)))
    )


def bounces_sql(days: int, continuum: Continuum) -> str:
    """Return the SQL of bounce-backs within ``days`` of the new stay's start."""
    names = continuum.names
    places = range(len(names))
    down = {i: [j for j in places if continuum.direction(names[i], names[j]) == STEP_DOWN] for i in places}

    def pairs(origin: str, target: str, of: dict[int, list[int]]) -> str:
        cases = [f"({origin} = {i} AND {target} IN ({', '.join(map(str, js))}))" for i, js in of.items() if js]
        return " OR ".join(cases) or "false"

    as_intensive = {i: [j for j in places if j not in down[i]] for i in places}
    return (
        _BOUNCES.replace("{down}", pairs("l.level", "l.next_level", down))
        .replace("{as_intensive}", pairs("a.level", "s.level", as_intensive))
        .replace("{came_back}", _CAME_BACK)
        .replace("{days}", str(int(days)))
    )
