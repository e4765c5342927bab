"""The SQL of histories: what followed each discharge, by the level that the person had come from."""

from __future__ import annotations

from typing import Final

from careflow.counts.event_tables import _OUTCOME

NO_EARLIER: Final = -1
"""No move led to the stay: it began a journey."""

COLUMNS: Final = ("jackknife_group", "state", "before", "event")

# The stay before, in the order of linking, is the one that led here if it ended by a move that starts no later than
# its own gap. A stay admitted so early that a move to it may lie before the records is left out.
HISTORY: Final = f"""
SELECT {{strata}} jackknife_group, level AS state, coalesce(before, {NO_EARLIER}) AS before, {_OUTCOME} AS event,
    count(*) AS n
FROM (
    SELECT *, CASE WHEN NOT lag(concurrent) OVER stays AND lag(discharge) OVER stays <= admit
        AND lag(gap) OVER stays <= {{within}} THEN lag(level) OVER stays END AS before
    FROM {{linked}}
    WINDOW stays AS (PARTITION BY person ORDER BY place)
) l {{on_discharge}}
WHERE discharge IS NOT NULL AND {{cutoff}} - discharge >= {{within}} AND admit - {{within}} >= {{start}}
GROUP BY ALL
"""
