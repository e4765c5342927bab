"""The one pass over the stays of each person: look at the next one."""

from __future__ import annotations

from typing import Final

from careflow.arguments import checked, instance, whole
from careflow.continuum.outcomes import DIED, REASONS
from careflow.counts.calendar import day_number
from careflow.counts.event_tables import ENDLESS
from careflow.counts.transitions import Transitions
from careflow.records.episodes import Episodes
from careflow.records.parsing.date_formats import LONGEST_WINDOW
from careflow.records.parsing.hours import order_sql

# Reading has sorted each person's stays. Most people's neither overlap nor go on after a death, so that what comes next
# is the next in order, and any number that grows along that order serves as the place.
_SEQUENTIAL: Final = """
SELECT person, (CAST(admit AS BIGINT) * 4000000 + end_day) * 65536 + level AS place,
    jackknife_group, level, admit, discharge, end_day, reason {strata}, next_level, next_admit - end_day AS gap,
    false AS concurrent
FROM {sequential}
"""

# Of the others, a stay's next one is the person's next row, unless that one starts before this one ends. Only those
# stays need another look; and what they need depends on the person and the day of discharge alone.
_OVERLAPPING: Final = """
CREATE TEMP TABLE {linked} AS
WITH ordered AS (
    SELECT *,
        row_number() OVER stays AS place,
        lead(admit) OVER stays AS next_admit,
        lead(level) OVER stays AS next_level,
        max(coalesce(discharge, {endless})) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
    FROM {overlapping}
    WINDOW stays AS ({order})
),
overtaken AS (
    SELECT DISTINCT person, discharge AS day FROM ordered WHERE next_admit < discharge
),
second_look AS (
    SELECT o.person, o.day,
        min(CASE WHEN s.admit >= o.day THEN s.admit END) AS later_admit,
        coalesce(max(CASE WHEN s.admit < o.day AND coalesce(s.discharge, {endless}) > o.day THEN 1 END), 0) AS goes_on
    FROM overtaken o JOIN ordered s ON s.person = o.person
    GROUP BY o.person, o.day
),
second_level AS (
    SELECT person, day, later_admit, goes_on, level AS later_level FROM (
        SELECT o.*, s.level, row_number() OVER (
            PARTITION BY o.person, o.day ORDER BY s.place) AS candidate
        FROM second_look o LEFT JOIN ordered s ON s.person = o.person AND s.admit = o.later_admit
    ) WHERE candidate = 1
)
SELECT person, place, jackknife_group, level, admit, discharge,
    coalesce(discharge, {after_cutoff}) AS end_day, reason {strata},
    coalesce(next_level, 0) AS next_level,
    CASE WHEN concurrent OR reason = {died} THEN {endless} ELSE coalesce(next_admit - discharge, {endless}) END AS gap,
    concurrent
FROM (
    SELECT o.person, o.place, o.jackknife_group, o.level, o.admit, o.discharge, o.reason {o_strata},
        CASE WHEN x.person IS NULL THEN o.next_level ELSE x.later_level END AS next_level,
        CASE WHEN x.person IS NULL THEN o.next_admit ELSE x.later_admit END AS next_admit,
        o.discharge IS NOT NULL AND o.reason <> {died}
            AND (coalesce(o.reach, -{endless}) > o.discharge OR coalesce(x.goes_on, 0) = 1) AS concurrent
    FROM ordered o
    LEFT JOIN second_level x ON x.person = o.person AND x.day = o.discharge AND o.next_admit < o.discharge
)
"""


@checked(episodes=instance(Episodes), within=whole(0, LONGEST_WINDOW, "days"))
def link(episodes: Episodes, *, within: int = 30) -> Transitions:
    """Find what follows each discharge: the next admission within the window is a move.

    A person's stays are ordered by admission (by its hour, then the hour of discharge, where every stay of the person
    on that day has them), then earlier discharge (open last), then the more intensive level, then episode id. The next
    stay of a discharge on day *d* is the first one after it in that order that starts on day *d* or later; it is a move
    when the gap, ``next admission - d``, is at most ``within`` days (0 is a same-day transfer).
    A discharge while another stay of the person goes on is concurrent, and nothing follows a death.

    Parameters
    ----------
    episodes : Episodes
        What :func:`careflow.read_episodes` returned.
    within : int
        The link window in days, 0 to 3650.

    Returns
    -------
    Transitions
        Every stay with what came next; counts and estimates start from it.

    Raises
    ------
    ArgumentError
        If ``within`` is not a whole number of days, or longer than the records.

    Notes
    -----
    Linking windows in use are 7, 14 and 30 days (NCQA FUI; CBE 3312, 3453, 3590).

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a"], "level": ["residential", "php"],
    ...     "admit_date": ["2024-01-01", "2024-02-03"], "discharge_date": ["2024-01-31", "2024-03-01"]})
    >>> cf.link(cf.read_episodes(stays, cutoff="2024-12-31"), within=30)
    <Transitions: 1 move within 30 days (1 step-down), 1 left care; 0 open, 0 not yet known; cut-off 2024-12-31>
    """
    columns = [stratum.column for stratum in episodes.strata.values()]
    engine = episodes.engine
    linked, again = engine.name("linked"), engine.name("linked_overlapping")

    def listed(prefix: str) -> str:
        return "".join(f", {prefix}{column}" for column in columns)

    words = {"endless": ENDLESS, "died": REASONS.index(DIED), "strata": listed("")}
    order = order_sql(f"coalesce(discharge, {ENDLESS})", hours=episodes.hours)
    words["after_cutoff"] = day_number(episodes.cutoff) + 1
    engine.run(
        _OVERLAPPING.format(
            linked=again,
            overlapping=episodes.overlapping,
            o_strata=listed("o."),
            order=f"PARTITION BY person ORDER BY {order}, reason{listed('')}",
            **words,
        )
    )
    sequential = _SEQUENTIAL.format(sequential=episodes.sequential, **words)
    engine.run(f"CREATE TEMP VIEW {linked} AS {sequential} UNION ALL SELECT * FROM {again}")
    return Transitions(episodes=episodes, table=linked, within=within)
