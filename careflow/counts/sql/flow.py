"""The SQL of people who come into care, move and leave, by period."""

from __future__ import annotations

from typing import Final

from careflow.counts.event_tables import DIED_CODE, REASON_CODE
from careflow.counts.sql.journeys import NUMBERED

OPENING, FIRST_EVER, RETURNED, LEFT, DIED, CLOSING, MOVED, BETWEEN, UNKNOWN = range(9)
"""What ``event`` is; a person may be in several, in each of them once in a period."""

# A person is in care from the first day of a journey to the day before its last discharge. Entries and exits are of a
# person, so that those of a period are the difference of closing and opening. `journey` is 1 for the first journey.
FLOW: Final = f"""
WITH {NUMBERED},
    of_journeys AS (
        SELECT * FROM (
            SELECT *, row_number() OVER (PARTITION BY person, journey ORDER BY stay_order) AS step,
                max(end_day) OVER (PARTITION BY person, journey) AS ended,
                max(CASE WHEN discharge IS NOT NULL AND reason = {DIED_CODE - REASON_CODE} THEN 1 ELSE 0 END)
                    OVER (PARTITION BY person, journey) AS died
            FROM numbered
        ) WHERE step = 1
    ),
    present AS (
        SELECT {{strata}} person, max(CASE WHEN admit < p.first_day THEN 1 ELSE 0 END) AS opening,
            max(CASE WHEN ended > p.last_day THEN 1 ELSE 0 END) AS closing, max(died) AS died,
            min(journey) AS journey, max(ended) AS ended
        FROM of_journeys JOIN {{spans}} p ON admit <= p.last_day AND ended >= p.first_day
        GROUP BY ALL
    ),
    gaps AS (
        SELECT person AS mover, journey AS moved_in, discharge AS left_on, discharge + gap AS moved_on
        FROM numbered WHERE gap <= {{within}}
    ),
    moved AS (
        SELECT DISTINCT {{strata}} person FROM of_journeys JOIN gaps ON mover = person AND moved_in = journey
            JOIN {{spans}} p ON moved_on BETWEEN p.first_day AND p.last_day
    ),
    between_stays AS (
        SELECT DISTINCT {{strata}} person FROM of_journeys JOIN gaps ON mover = person AND moved_in = journey
            JOIN {{spans}} p ON left_on <= p.last_day AND moved_on > p.last_day
    ),
    people AS (
        SELECT {{names}} {OPENING} AS event FROM present WHERE opening = 1
        UNION ALL
        SELECT {{names}} CASE WHEN journey = 1 THEN {FIRST_EVER} ELSE {RETURNED} END AS event
        FROM present WHERE opening = 0
        UNION ALL
        SELECT {{names}} CASE WHEN died = 1 THEN {DIED} WHEN ended > {{last_followed}} THEN {UNKNOWN}
            ELSE {LEFT} END AS event
        FROM present WHERE closing = 0
        UNION ALL
        SELECT {{names}} {CLOSING} AS event FROM present WHERE closing = 1
        UNION ALL
        SELECT {{names}} {MOVED} AS event FROM moved
        UNION ALL
        SELECT {{names}} {BETWEEN} AS event FROM between_stays
    )
SELECT {{names}} event, count(*) AS n FROM people GROUP BY ALL
"""
