"""The SQL of journeys, the chains of stays joined by moves: by state and day, and by level and step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from careflow.counts.event_tables import CENSORED, DIED_CODE, ENTERED, REASON_CODE

BETWEEN_CODE: Final = 151
"""The code of the state between two stays of a journey."""

BETWEEN: Final = "between stays"
"""The name of the state between two stays."""

LEFT_CODE: Final = 152
"""The code of left care, for any reason."""

IN_CARE_CODE: Final = 153
"""The code of being in care at the cut-off."""

UNKNOWN_CODE: Final = 154
"""The code of a discharge that was not followed for the link window before the cut-off."""

_LAST: Final = 1 << 62
"""A position after every stay in the order of linking."""

# A stay begins a journey when it starts later than `within` days after every earlier one.
NUMBERED: Final = """
    ordered AS (
        SELECT *, max(end_day) OVER (
                PARTITION BY person ORDER BY stay_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
        FROM {linked}
    ),
    numbered AS (
        SELECT *, sum(CASE WHEN reach IS NULL OR admit > reach + {within} THEN 1 ELSE 0 END) OVER (
            PARTITION BY person ORDER BY stay_order ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS journey
        FROM ordered
    )"""

# Changes of state by day: of several on one day a death counts, or else the last. While stays overlap, the state is the
# most intensive level of them. The clock starts at the first admission for which {{first_of}} holds and runs to
# `last_followed`, the cut-off minus the link window.
_JOURNEY: Final = f"""
WITH {NUMBERED},
    changes AS (
        SELECT person, {{number}} AS journey, admit AS day, CAST(level AS INTEGER) AS state, 2 * stay_order AS sequence
        FROM numbered
        UNION ALL
        SELECT person, {{number}} AS journey, discharge AS day,
            CASE WHEN reason = {DIED_CODE - REASON_CODE} THEN {DIED_CODE}
                 WHEN gap <= {{within}} THEN {BETWEEN_CODE} ELSE {{left}} END AS state,
            2 * stay_order + 1 AS sequence
        FROM numbered WHERE discharge IS NOT NULL
    ),
    daily_states AS (
        SELECT person, journey, day, state FROM (
            SELECT *, row_number() OVER (
                PARTITION BY person, journey, day ORDER BY state = {DIED_CODE} DESC, sequence DESC) AS rank_on_day
            FROM changes
        ) WHERE rank_on_day = 1
    ),
    overlap_levels AS (
        SELECT c.person, c.day, min(s.level) AS level
        FROM daily_states c
        JOIN (SELECT DISTINCT person FROM ordered WHERE admit < reach) o ON o.person = c.person
        JOIN ordered s ON s.person = c.person AND s.admit <= c.day AND s.end_day > c.day
        GROUP BY c.person, c.day
    ),
    origins AS (
        SELECT * FROM (
            SELECT {{strata}} jackknife_group, person, {{number}} AS journey, admit AS origin,
                row_number() OVER (PARTITION BY person, {{number}} ORDER BY stay_order) AS candidate
            FROM numbered {{on_admit}} WHERE {{first_of}}
        ) WHERE candidate = 1 AND origin <= {{last_followed}} AND origin >= {{start}}
    ),
    path AS (
        SELECT {{names}} jackknife_group, c.person, c.journey, c.day - origin AS day,
            coalesce(x.level, c.state) AS state, {{last_followed}} - origin AS length
        FROM daily_states c
        JOIN origins o ON o.person = c.person AND o.journey = c.journey
            AND c.day BETWEEN o.origin AND {{last_followed}}
        LEFT JOIN overlap_levels x ON x.person = c.person AND x.day = c.day
    ),
    {{landmark}}
    steps AS (
        SELECT *, lag(state) OVER by_day AS before, lead(state) OVER by_day AS after
        FROM {{observed}} WINDOW by_day AS (PARTITION BY person, journey ORDER BY day)
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

# The state of each journey on given days, for journeys followed to the last of them. A day and the state that began on
# it make one number, so that the latest state has the largest.
_HELD: Final = """
SELECT {names} jackknife_group, {held} count(*) AS n FROM (
    SELECT {names} jackknife_group, person, journey, {latest} FROM path WHERE length >= {last}
    GROUP BY {names} jackknife_group, person, journey
) AS journeys GROUP BY ALL
"""

_SPELLS: Final = """
SELECT person, journey, state, day, lead(day) OVER by_day AS stop, lead(state) OVER by_day AS target, length
FROM steps WHERE before IS NULL OR before <> state
WINDOW by_day AS (PARTITION BY person, journey ORDER BY day) ORDER BY person, journey, day
"""

# The journeys that are in a state at the end of the day of the landmark, from that day on.
_LANDMARK: Final = """
    at_landmark AS (
        SELECT person, journey, state AS held FROM (
            SELECT person, journey, state, row_number() OVER (PARTITION BY person, journey ORDER BY day DESC) AS latest
            FROM path WHERE day <= {day} AND length >= {day}
        ) WHERE latest = 1 AND {in_state}
    ),
    landmarked AS (
        SELECT {names} jackknife_group, person, journey, 0 AS day, held AS state, length - {day} AS length
        FROM path JOIN at_landmark USING (person, journey) WHERE day = 0
        UNION ALL
        SELECT {names} jackknife_group, person, journey, day - {day} AS day, state, length - {day} AS length
        FROM path JOIN at_landmark USING (person, journey) WHERE day > {day}
    ),
"""

# The levels of the first stays of each journey, then its outcome. Of several stays that end on the last day of the
# journey, a death gives the outcome, or else the last stay in the order of linking.
_PATHS: Final = f"""
WITH {NUMBERED},
    journey_stays AS (
        SELECT *, row_number() OVER (PARTITION BY person, journey ORDER BY stay_order) AS step,
            count(*) OVER (PARTITION BY person, journey) AS steps,
            max(end_day) OVER (PARTITION BY person, journey) AS last_end_day
        FROM numbered
    ),
    ends AS (
        SELECT person, journey, arg_max(CASE WHEN last_end_day > {{cutoff}} THEN {IN_CARE_CODE}
            WHEN reason = {DIED_CODE - REASON_CODE} THEN {DIED_CODE}
            WHEN last_end_day > {{last_followed}} THEN {UNKNOWN_CODE}
            ELSE {REASON_CODE} + reason END,
            CASE WHEN reason = {DIED_CODE - REASON_CODE} THEN {_LAST} ELSE stay_order END) AS outcome
        FROM journey_stays WHERE end_day = last_end_day GROUP BY person, journey
    ),
    paths AS (
        SELECT person, journey, {{steps}} FROM journey_stays GROUP BY person, journey
    ),
    firsts AS (
        SELECT {{strata}} jackknife_group, person, journey FROM journey_stays {{on_admit}} WHERE step = 1
    )
SELECT {{names}} {{groups}} {{path}} count(*) AS n
FROM firsts f JOIN paths USING (person, journey) JOIN ends USING (person, journey)
GROUP BY ALL
"""


def journey_sql(start: int | None, *, reentry: bool, landmark: int | None = None) -> str:
    """Return the SQL of the journey clock, from the first admission (to the level ``start``).

    With a ``landmark`` it runs from that day on, for the journeys that are then at ``start`` (or at any level).
    """
    return _steps(start, reentry, landmark) + _COUNTED


def spells_sql(start: int | None, *, reentry: bool) -> str:
    """Return the SQL of the spells of each journey: a row for each time in a state, from ``day`` to before ``stop``."""
    return _steps(start, reentry, None) + _SPELLS


def held_sql(days: Sequence[int]) -> str:
    """Return the SQL of the state of each journey on days since its first admission."""
    latest = [
        f"max(CASE WHEN day <= {int(day)} THEN 1000 * day + state END) % 1000 AS step_{i}"
        for i, day in enumerate(days, 1)
    ]
    sql = (
        _HELD.replace("{held}", "".join(f"step_{i}, " for i in range(1, len(days) + 1)))
        .replace("{latest}", ", ".join(latest))
        .replace("{last}", str(int(max(days))))
    )
    return _steps(None, False, None, left=f"{REASON_CODE} + reason") + sql


def _steps(start: int | None, reentry: bool, landmark: int | None, left: str = str(LEFT_CODE)) -> str:
    """Return the SQL of the common tables of the journey clock; ``left`` is the SQL of the code of left care."""
    at_start = "true" if start is None else f"level = {int(start)}"
    landmark_sql = ""
    if landmark is not None:
        in_state = at_start.replace("level", "state")
        landmark_sql = _LANDMARK.replace("{day}", str(int(landmark))).replace("{in_state}", in_state)
    return (
        _JOURNEY.replace("{landmark}", landmark_sql)
        .replace("{left}", left)
        .replace("{observed}", "path" if landmark is None else "landmarked")
        .replace("{first_of}", at_start if landmark is None else "true")
        .replace("{number}", "1" if reentry else "journey")
    )


def paths_sql(steps: int, *, groups: bool = False) -> str:
    """Return the SQL of the levels of the first ``steps`` stays of each journey, and its outcome after them.

    ``groups`` counts them by jackknife group.
    """
    columns = [f"max(CASE WHEN step = {i} THEN level END) AS l{i}" for i in range(1, steps + 1)]
    sql = _PATHS.replace("{groups}", "jackknife_group, " if groups else "")
    return sql.replace("{steps}", ", ".join([*columns, "max(steps) AS steps"])).replace(
        "{path}",
        "".join(
            f"coalesce(l{i}, CASE WHEN steps = {i - 1} THEN outcome ELSE -1 END) AS step_{i}, "
            for i in range(1, steps + 1)
        ),
    )
