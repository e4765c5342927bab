"""The SQL of who is still in care so many days after an admission."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

COLUMNS: Final = ("jackknife_group", "state", "day", "event", "followed")
STILL, ELSEWHERE, OUT = 2, 1, 0
"""What ``event`` is: still in that stay; out of it, and in care in another stay; not in care."""

# Stays admitted before the start are known only if they lasted until then, so they are no cohort.
_ADMITTED: Final = f"""
WITH other AS (
    SELECT DISTINCT a.person, a.stay_order, d.after
        FROM {{linked}} a JOIN ({{days}}) d ON a.end_day <= a.admit + d.after
        JOIN {{linked}} s ON s.person = a.person AND s.admit <= a.admit + d.after AND s.end_day > a.admit + d.after
)
SELECT {{strata}} jackknife_group, level AS state, d.after AS day,
    CASE WHEN end_day > admit + d.after THEN {STILL} WHEN o.person IS NOT NULL THEN {ELSEWHERE} ELSE {OUT} END AS event,
    CASE WHEN admit + d.after <= {{cutoff}} THEN 1 ELSE 0 END AS followed, count(*) AS n
FROM {{linked}} l {{on_admit}} CROSS JOIN ({{days}}) d
    LEFT JOIN other o ON o.person = l.person AND o.stay_order = l.stay_order AND o.after = d.after
WHERE admit >= {{start}}
GROUP BY ALL
"""


def retained_sql(days: Sequence[int]) -> str:
    """Return the SQL of admissions by where their person is on each of these days after them."""
    table = " UNION ALL ".join(f"SELECT {int(day)} AS after" for day in days)
    return _ADMITTED.replace("{days}", table)
