"""Linking: the next stay of each stay of a person, by SQL."""

from __future__ import annotations

from typing import Final

from careflow.arguments import checked, instance, whole
from careflow.continuum.outcomes import DIED, REASONS
from careflow.counts.calendar import day_number
from careflow.counts.event_tables import ENDLESS
from careflow.counts.transitions import Transitions
from careflow.records.episodes import Episodes
from careflow.records.parsing.date_formats import LONGEST_WINDOW
from careflow.records.parsing.encode import EPISODE_KEY
from careflow.records.parsing.hours import order_sql

# Most people's stays neither overlap nor follow a death, so the next stay is the next row in order. Any number that
# rises in that order serves as ``stay_order``.
_SEQUENTIAL: Final = """
SELECT person, (CAST(admit AS BIGINT) * 4000000 + end_day) * 65536 + level AS stay_order,
    jackknife_group, level, admit, discharge, end_day, reason {strata}, next_level, next_admit - end_day AS gap,
    false AS concurrent
FROM {sequential}
"""

# Stays of the other people: the next stay is the person's next row, unless that row starts before the discharge. In
# that case the next stay depends only on the person and the day of discharge.
_OVERLAPPING: Final = """
CREATE TEMP TABLE {linked} AS
WITH ordered AS (
    SELECT *,
        row_number() OVER stays AS stay_order,
        lead(admit) OVER stays AS next_admit,
        lead(level) OVER stays AS next_level,
        max(coalesce(discharge, {endless})) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
    FROM {overlapping}
    WINDOW stays AS ({order})
),
overlapped_discharges AS (
    SELECT DISTINCT person, discharge AS day FROM ordered WHERE next_admit < discharge
),
admissions_after AS (
    SELECT o.person, o.day,
        min(CASE WHEN s.admit >= o.day THEN s.admit END) AS later_admit,
        coalesce(max(CASE WHEN s.admit < o.day AND coalesce(s.discharge, {endless}) > o.day THEN 1 END), 0) AS in_care
    FROM overlapped_discharges o JOIN ordered s ON s.person = o.person
    GROUP BY o.person, o.day
),
next_stays AS (
    SELECT person, day, later_admit, in_care, level AS later_level FROM (
        SELECT o.*, s.level, row_number() OVER (
            PARTITION BY o.person, o.day ORDER BY s.stay_order) AS candidate
        FROM admissions_after o LEFT JOIN ordered s ON s.person = o.person AND s.admit = o.later_admit
    ) WHERE candidate = 1
)
SELECT person, stay_order, jackknife_group, level, admit, discharge,
    coalesce(discharge, {after_cutoff}) AS end_day, reason {strata},
    coalesce(next_level, 0) AS next_level,
    CASE WHEN concurrent OR reason = {died} THEN {endless} ELSE coalesce(next_admit - discharge, {endless}) END AS gap,
    concurrent
FROM (
    SELECT o.person, o.stay_order, o.jackknife_group, o.level, o.admit, o.discharge, o.reason {o_strata},
        CASE WHEN x.person IS NULL THEN o.next_level ELSE x.later_level END AS next_level,
        CASE WHEN x.person IS NULL THEN o.next_admit ELSE x.later_admit END AS next_admit,
        o.discharge IS NOT NULL AND o.reason <> {died}
            AND (coalesce(o.reach, -{endless}) > o.discharge OR coalesce(x.in_care, 0) = 1) AS concurrent
    FROM ordered o
    LEFT JOIN next_stays x ON x.person = o.person AND x.day = o.discharge AND o.next_admit < o.discharge
)
"""


@checked(episodes=instance(Episodes), within=whole(0, LONGEST_WINDOW, "days"))
def link(episodes: Episodes, *, within: int = 30) -> Transitions:
    """Link each discharge to the person's next admission; an admission within the window is a move.

    A person's stays are ordered by admission (by its hour, then the hour of discharge, where every stay of the person
    on that day has them), then earlier discharge (open last), then the more intensive level, then episode id. The next
    stay of a discharge on day *d* is the first one after it in that order that starts on day *d* or later. It is a move
    if the gap, ``next admission - d``, is at most ``within`` days; a gap of 0 is a same-day transfer. A discharge while
    another stay of the person goes on is concurrent. Nothing follows a death.

    Parameters
    ----------
    episodes : Episodes
        What :func:`careflow.read_episodes` returned.
    within : int
        The link window in days, 0 to 3650.

    Returns
    -------
    Transitions
        Every stay with its next stay, the input of counts and estimates.

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
    columns = [stratum.column for stratum in episodes.strata.values()] + [EPISODE_KEY] * episodes.ids
    engine = episodes.engine
    linked, linked_overlapping = engine.name("linked"), engine.name("linked_overlapping")

    def listed(prefix: str) -> str:
        return "".join(f", {prefix}{column}" for column in columns)

    parameters = {
        "endless": ENDLESS,
        "died": REASONS.index(DIED),
        "strata": listed(""),
        "after_cutoff": day_number(episodes.cutoff) + 1,
    }
    order = order_sql(f"coalesce(discharge, {ENDLESS})", hours=episodes.hours)
    engine.run(
        _OVERLAPPING.format(
            linked=linked_overlapping,
            overlapping=episodes.overlapping,
            o_strata=listed("o."),
            order=f"PARTITION BY person ORDER BY {order}, reason{listed('')}",
            **parameters,
        )
    )
    sequential = _SEQUENTIAL.format(sequential=episodes.sequential, **parameters)
    engine.run(f"CREATE TEMP VIEW {linked} AS {sequential} UNION ALL SELECT * FROM {linked_overlapping}")
    return Transitions(episodes=episodes, table=linked, within=within)
