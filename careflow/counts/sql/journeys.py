"""The SQL of journeys: stays of a person joined by moves, as a path of states and as a path of levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from careflow.counts.event_tables import CENSORED, DIED_CODE, ENDLESS, ENTERED, REASON_CODE

BETWEEN_CODE: Final = 151
"""Between two stays of a journey."""

BETWEEN: Final = "between stays"
"""The name of that state."""

LEFT_CODE: Final = 152
"""Left care, for whatever reason."""

IN_CARE_CODE: Final = 153
"""Still in care at the cut-off."""

UNKNOWN_CODE: Final = 154
"""Discharged too shortly before the cut-off to know what follows."""

_LAST_PLACE: Final = 1 << 62
"""After the place of every stay."""

# A stay begins a journey when it starts later than `within` days after every earlier one.
_NUMBERED: Final = f"""
    ordered AS (
        SELECT *, coalesce(discharge, {ENDLESS}) AS ending,
            max(coalesce(discharge, {ENDLESS})) OVER (
                PARTITION BY person ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
        FROM {{linked}}
    ),
    numbered AS (
        SELECT *, sum(CASE WHEN reach IS NULL OR admit > reach + {{within}} THEN 1 ELSE 0 END) OVER (
            PARTITION BY person ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS journey
        FROM ordered
    )"""

# Changes of state by day; of several on one day the last counts, or a death. While stays overlap, the state is the
# most intensive level that the person is in. The clock starts at the first admission (to {first_of}), and runs to
# `known`.
_JOURNEY: Final = f"""
WITH {_NUMBERED},
    changes AS (
        SELECT person, {{number}} AS journey, admit AS day, CAST(level AS INTEGER) AS state, 2 * place AS turn
        FROM numbered
        UNION ALL
        SELECT person, {{number}} AS journey, discharge AS day,
            CASE WHEN reason = {DIED_CODE - REASON_CODE} THEN {DIED_CODE}
                 WHEN gap <= {{within}} THEN {BETWEEN_CODE} ELSE {{left}} END AS state,
            2 * place + 1 AS turn
        FROM numbered WHERE discharge IS NOT NULL
    ),
    settled AS (
        SELECT person, journey, day, state FROM (
            SELECT *, row_number() OVER (
                PARTITION BY person, journey, day ORDER BY state = {DIED_CODE} DESC, turn DESC) AS latest
            FROM changes
        ) WHERE latest = 1
    ),
    covered AS (
        SELECT c.person, c.day, min(s.level) AS level
        FROM settled c
        JOIN (SELECT DISTINCT person FROM ordered WHERE admit < reach) o ON o.person = c.person
        JOIN ordered s ON s.person = c.person AND s.admit <= c.day AND s.ending > c.day
        GROUP BY c.person, c.day
    ),
    origins AS (
        SELECT * FROM (
            SELECT {{strata}} jackknife_group, person, {{number}} AS journey, admit AS origin,
                row_number() OVER (PARTITION BY person, {{number}} ORDER BY place) AS candidate
            FROM numbered {{on_admit}} WHERE {{first_of}}
        ) WHERE candidate = 1 AND origin <= {{known}} AND origin >= {{start}}
    ),
    path AS (
        SELECT {{names}} jackknife_group, c.person, c.journey, c.day - origin AS day,
            coalesce(x.level, c.state) AS state, {{known}} - origin AS length
        FROM settled c
        JOIN origins o ON o.person = c.person AND o.journey = c.journey AND c.day >= o.origin AND c.day <= {{known}}
        LEFT JOIN covered x ON x.person = c.person AND x.day = c.day
    ),
    {{landmark}}
    steps AS (
        SELECT *, lag(state) OVER along AS before, lead(state) OVER along AS after
        FROM {{observed}} WINDOW along AS (PARTITION BY person, journey ORDER BY day)
    )
"""

_COUNTED: Final = f"""
SELECT {{names}} jackknife_group, CASE WHEN before IS NULL THEN state ELSE before END AS state,
    CASE WHEN before IS NULL THEN {ENTERED} ELSE state END AS event, day, count(*) AS n
FROM steps WHERE before IS NULL OR before <> state GROUP BY ALL
UNION ALL
SELECT {{names}} jackknife_group, state, {CENSORED} AS event, length AS day, count(*) AS n
FROM steps WHERE after IS NULL GROUP BY ALL
"""

# The state of each journey on some of its days, for those that were followed to the last of them. A day and the state
# that began on it are one number, so that the latest is the largest.
_HELD: Final = """
SELECT {names} {held} count(*) AS n FROM (
    SELECT {names} person, journey, {latest} FROM path WHERE length >= {last} GROUP BY {names} person, journey
) AS journeys GROUP BY ALL
"""

_SPELLS: Final = """
SELECT person, journey, state, day, lead(day) OVER along AS until, lead(state) OVER along AS target, length
FROM steps WHERE before IS NULL OR before <> state
WINDOW along AS (PARTITION BY person, journey ORDER BY day) ORDER BY person, journey, day
"""

# The journeys in a state after the changes of a day, from that day on.
_LANDMARK: Final = """
    at_landmark AS (
        SELECT person, journey, state AS held FROM (
            SELECT person, journey, state, row_number() OVER (PARTITION BY person, journey ORDER BY day DESC) AS latest
            FROM path WHERE day <= {day} AND length >= {day}
        ) WHERE latest = 1 AND {held}
    ),
    landmarked AS (
        SELECT {names} jackknife_group, person, journey, 0 AS day, held AS state, length - {day} AS length
        FROM path JOIN at_landmark USING (person, journey) WHERE day = 0
        UNION ALL
        SELECT {names} jackknife_group, person, journey, day - {day} AS day, state, length - {day} AS length
        FROM path JOIN at_landmark USING (person, journey) WHERE day > {day}
    ),
"""

# The levels of the first stays of each journey, then how the journey went on. Of stays that end on the journey's last
# day the last one in order says how, unless one of them is a death.
_PATHS: Final = f"""
WITH {_NUMBERED},
    along AS (
        SELECT *, row_number() OVER (PARTITION BY person, journey ORDER BY place) AS step,
            count(*) OVER (PARTITION BY person, journey) AS steps,
            max(ending) OVER (PARTITION BY person, journey) AS closing
        FROM numbered
    ),
    ends AS (
        SELECT person, journey, arg_max(CASE WHEN closing = {ENDLESS} THEN {IN_CARE_CODE}
            WHEN reason = {DIED_CODE - REASON_CODE} THEN {DIED_CODE}
            WHEN closing > {{known}} THEN {UNKNOWN_CODE}
            ELSE {REASON_CODE} + reason END,
            CASE WHEN reason = {DIED_CODE - REASON_CODE} THEN {_LAST_PLACE} ELSE place END) AS outcome
        FROM along WHERE ending = closing GROUP BY person, journey
    ),
    paths AS (
        SELECT person, journey, {{steps}} FROM along GROUP BY person, journey
    ),
    firsts AS (
        SELECT {{strata}} jackknife_group, person, journey FROM along {{on_admit}} WHERE step = 1
    )
SELECT {{names}} {{path}} count(*) AS n
FROM firsts f JOIN paths USING (person, journey) JOIN ends USING (person, journey)
GROUP BY ALL
"""


def journey_sql(start: int | None, *, reentry: bool, landmark: int | None = None) -> str:
    """Return the SQL of the journey clock, from the first admission (to the level ``start``).

    With a ``landmark`` it runs from that day on, for the journeys that are then at ``start`` (or anywhere).
    """
    return _steps(start, reentry, landmark) + _COUNTED


def spells_sql(start: int | None, *, reentry: bool) -> str:
    """Return the SQL of journeys person by person: a row for each time in a state, from ``day`` until ``until``."""
    return _steps(start, reentry, None) + _SPELLS


def held_sql(days: Sequence[int]) -> str:
    """Return the SQL of the state of each journey on days since its first admission."""
    latest = [
        f"max(CASE WHEN day <= {int(day)} THEN 1000 * day + state END) % 1000 AS step_{i}"
        for i, day in enumerate(days, 1)
    ]
    told = _HELD.replace("{held}", "".join(f"step_{i}, " for i in range(1, len(days) + 1)))
    told = told.replace("{latest}", ", ".join(latest)).replace("{last}", str(int(max(days))))
    return _steps(None, False, None, left=f"{REASON_CODE} + reason") + told


def _steps(start: int | None, reentry: bool, landmark: int | None, left: str = str(LEFT_CODE)) -> str:
    at_start = "true" if start is None else f"level = {int(start)}"
    held = at_start.replace("level", "state")
    since = "" if landmark is None else _LANDMARK.replace("{day}", str(int(landmark))).replace("{held}", held)
    return (
        _JOURNEY.replace("{landmark}", since)
        .replace("{left}", left)
        .replace("{observed}", "path" if landmark is None else "landmarked")
        .replace("{first_of}", at_start if landmark is None else "true")
        .replace("{number}", "1" if reentry else "journey")
    )


def paths_sql(steps: int) -> str:
    """Return the SQL of the first ``steps`` stays of each journey and what came after."""
    columns = [f"max(CASE WHEN step = {i} THEN level END) AS l{i}" for i in range(1, steps + 1)]
    return _PATHS.replace("{steps}", ", ".join([*columns, "max(steps) AS steps"])).replace(
        "{path}",
        "".join(
            f"coalesce(l{i}, CASE WHEN steps = {i - 1} THEN outcome ELSE -1 END) AS step_{i}, "
            for i in range(1, steps + 1)
        ),
    )
