"""The SQL of admissions by day, and by the level that the person moved from."""

from __future__ import annotations

from typing import Final

from careflow.counts.event_tables import ENTERED

# A move ends in the person's first stay, in the order of linking, that starts on the day of the move. Where two
# discharges have one next stay, the last of them in that order counts, so that each admission is counted once.
ARRIVALS: Final = f"""
WITH moved AS (
    SELECT person, stay_order, level, end_day + gap AS day FROM {{linked}} WHERE gap <= {{within}}
),
next_stays AS (
    SELECT m.person, m.stay_order AS earlier, m.level, min(s.stay_order) AS stay_order
    FROM moved m JOIN {{linked}} s ON s.person = m.person AND s.admit = m.day AND s.stay_order > m.stay_order
    GROUP BY m.person, m.stay_order, m.level
),
moves AS (
    SELECT person, stay_order, arg_max(level, earlier) AS moved_from FROM next_stays GROUP BY person, stay_order
)
SELECT {{strata}} jackknife_group, l.level AS state, coalesce(m.moved_from, {ENTERED}) AS event, admit AS day
FROM {{linked}} l LEFT JOIN moves m ON m.person = l.person AND m.stay_order = l.stay_order
"""
