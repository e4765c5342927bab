"""The SQL of the outcomes of discharges, by the level of the stay before."""

from __future__ import annotations

from typing import Final

from careflow.counts.event_tables import OUTCOME

NO_EARLIER: Final = -1
"""The code of no previous level: no move led to the stay."""

COLUMNS: Final = ("jackknife_group", "state", "before", "event")

# The previous level is that of the person's stay before, in the order of linking, if that stay ended with a move. Stays
# admitted less than the link window after the start are left out: the stay before may precede the records.
HISTORY: Final = f"""
SELECT {{strata}} jackknife_group, level AS state, coalesce(before, {NO_EARLIER}) AS before, {OUTCOME} AS event,
    count(*) AS n
FROM (
    SELECT *, CASE WHEN NOT lag(concurrent) OVER stays AND lag(discharge) OVER stays <= admit
        AND lag(gap) OVER stays <= {{within}} THEN lag(level) OVER stays END AS before
    FROM {{linked}}
    WINDOW stays AS (PARTITION BY person ORDER BY stay_order)
) l {{on_discharge}}
WHERE discharge IS NOT NULL AND {{cutoff}} - discharge >= {{within}} AND admit - {{within}} >= {{start}}
GROUP BY ALL
"""
