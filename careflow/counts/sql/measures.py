"""The SQL of a measure: the discharges of its denominator, by the window of a hit and by how long they were followed.

Most discharges are settled by what :func:`careflow.counts.link` found: nothing within the longest window, or a next
stay that is a hit. Only the others (concurrent discharges, and those whose next stay is no hit) are joined with the
other stays of their person.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from careflow.continuum import Continuum
from careflow.continuum.outcomes import DIED, REASONS
from careflow.counts.calendar import day_number
from careflow.counts.event_tables import ENDLESS
from careflow.counts.measures.checks import EXCLUSIONS, PERSON
from careflow.counts.measures.definition import Measure
from careflow.counts.measures.resolved import Resolved, ResolvedArm, resolved

COLUMNS: Final = ("jackknife_group", "state", "window", "event", "followed")
NO_HIT, HIT = 0, 1
NOT_LAST: Final = "not the last of its chain"
WHY: Final = (*EXCLUSIONS, NOT_LAST)
"""Why a discharge is left out; its ``event`` is 2 plus the position here, once for each window."""
EXCLUDED: Final = 2
ALL: Final = -1
"""The ``state`` of all levels together, where persons are counted."""

_DIED: Final = REASONS.index(DIED)
_MARCH_1900, _MARCH_2100 = (day_number(date(year, 3, 1)) for year in (1900, 2100))

_COUNTED: Final = """
WITH {ctes}
counted AS (
    SELECT {{strata}} jackknife_group, level AS state{person}, {why} AS why, {hit} AS hit, {known} AS known{n}
    FROM {{linked}} l {{on_discharge}} {joins}
    WHERE discharge IS NOT NULL AND {index}
    {group}
)
"""

_OUTCOME: Final = f"""CASE WHEN why > 0 THEN {EXCLUDED - 1} + why WHEN hit <= w.days THEN {HIT} ELSE {NO_HIT} END
    AS event,
    CASE WHEN why = 0 AND known >= w.days THEN 1 ELSE 0 END AS followed"""

_DISCHARGES: Final = f"""
SELECT {{{{names}}}} jackknife_group, state, w.days AS window, {_OUTCOME}, CAST(sum(n) AS BIGINT) AS n
FROM counted CROSS JOIN ({{windows}}) w
GROUP BY ALL
"""

_PERSONS: Final = f"""
SELECT {{{{names}}}} jackknife_group, state, days AS window, event, followed, count(*) AS n FROM (
    SELECT {{{{names}}}} jackknife_group, state, w.days AS days, person,
        max(CASE WHEN known >= w.days AND hit <= w.days THEN {HIT} ELSE {NO_HIT} END) AS event,
        max(CASE WHEN known >= w.days THEN 1 ELSE 0 END) AS followed
    FROM (SELECT * FROM counted UNION ALL SELECT {{{{names}}}} jackknife_group, {ALL} AS state, person, why, hit, known
        FROM counted) c CROSS JOIN ({{windows}}) w
    WHERE why = 0
    GROUP BY {{{{names}}}} jackknife_group, state, w.days, person
) people GROUP BY ALL
UNION ALL
SELECT {{{{names}}}} jackknife_group, state, w.days AS window, {EXCLUDED - 1} + why AS event, 0 AS followed,
    count(*) AS n
FROM counted CROSS JOIN ({{windows}}) w WHERE why > 0
GROUP BY ALL
"""

_CHAINS: Final = """
placed AS (
    SELECT person, stay_order, admit, discharge, coalesce(discharge, {endless}) AS ends,
        max(coalesce(discharge, {endless})) OVER (PARTITION BY person ORDER BY stay_order
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
    FROM {{linked}} WHERE {population}
),
chained AS (
    SELECT *, sum(CASE WHEN admit <= reach + {days} THEN 0 ELSE 1 END) OVER (PARTITION BY person ORDER BY stay_order
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS chain
    FROM placed
),
last_of_chain AS (
    SELECT person, stay_order FROM (
        SELECT *, row_number() OVER (PARTITION BY person, chain ORDER BY ends DESC, stay_order DESC) AS place
        FROM chained
    ) ranked WHERE place = 1 AND discharge IS NOT NULL
),
"""

_LATER: Final = """
later AS (
    SELECT a.person, a.stay_order, min({day}) AS hit_day
    FROM (SELECT person, stay_order, level, discharge FROM {{linked}}
        WHERE discharge IS NOT NULL AND {unsettled} AND {index}) a
    JOIN {{linked}} s ON s.person = a.person AND s.stay_order <> a.stay_order AND s.admit <= a.discharge + {longest}
    GROUP BY a.person, a.stay_order
),
"""


def measure_sql(measure: Measure, continuum: Continuum) -> str:
    """Return the SQL of a follow-up; ``{flagged}`` in it says which stays have one of its flags.

    Raises
    ------
    MeasureError
        If a level of the measure is none of the continuum.
    """
    rules, denominator = resolved(measure, continuum), measure.denominator
    longest, chain = measure.windows[-1], denominator.chain_days
    next_hit = _next_hit(rules)
    index = _index(measure, rules)
    concurrent = "false" if "concurrent" in denominator.exclude else "concurrent"
    unsettled = f"reason <> {_DIED} AND ({concurrent} OR (gap <= {longest} AND NOT ({next_hit})))"
    later = _LATER.format(day=_later_day(rules), unsettled=unsettled, index=index, longest=longest)
    ctes = later.strip("\n")
    joins = "LEFT JOIN later r ON r.person = l.person AND r.stay_order = l.stay_order"
    if chain is not None:
        ctes = _CHAINS.format(endless=ENDLESS, population=_population(rules), days=chain) + ctes
        joins += " LEFT JOIN last_of_chain x ON x.person = l.person AND x.stay_order = l.stay_order"
    day = f"CASE WHEN gap <= {longest} AND ({next_hit}) THEN gap ELSE coalesce(hit_day, {ENDLESS}) END"
    person = denominator.unit == PERSON
    counted = _COUNTED.format(
        ctes=ctes,
        person=", l.person" if person else "",
        why=_why(measure, chained=chain is not None),
        hit=_window_of(measure.windows, day),
        known=_followed(measure.windows, chain),
        n="" if person else ", count(*) AS n",
        joins=joins,
        index=index,
        group="" if person else "GROUP BY ALL",
    )
    windows = " UNION ALL ".join(f"SELECT {days} AS days" for days in measure.windows)
    return counted + (_PERSONS if person else _DISCHARGES).format(windows=windows)


def _population(rules: Resolved) -> str:
    levels = f"level IN ({_listed(rules.levels)})" if rules.levels else "false"
    return f"({levels} OR {{flagged}})" if rules.flags else levels


def _index(measure: Measure, rules: Resolved) -> str:
    """Return the condition of index stays: level or flag, reason, and not after the last day of the year."""
    parts = [_population(rules)]
    if rules.reasons is not None:
        parts.append(f"reason IN ({_listed(rules.reasons)})")
    if measure.until:
        month, day = map(int, measure.until.split("-"))
        parts.append(_not_after(month, day))
    return " AND ".join(parts)


def _not_after(month: int, day: int) -> str:
    """Return the condition that a discharge is not after a day of its year.

    Years begin on 1 March and come in fours, so that a leap day ends the last of them. 1900 and 2100 have none: days
    before and after are moved as if they had. Dates from 1900 to 2199 can be read.
    """
    moved = f"CASE WHEN discharge < {_MARCH_1900} THEN 1460 WHEN discharge >= {_MARCH_2100} THEN 1462 ELSE 1461 END"
    of_four = f"((discharge - {_MARCH_1900} + {moved}) % 1461)"
    limit = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    new_year, leap_day = 306, 365
    if month >= 3:  # a leap day is 0 here, and like all of January and February it is not after the limit
        return f"({of_four} % 365 <= {limit} OR {of_four} % 365 >= {new_year})"
    within = f"{of_four} % 365 BETWEEN {new_year} AND {limit}"
    return f"({within} OR {of_four} = 1460)" if limit == leap_day else within


def _why(measure: Measure, *, chained: bool) -> str:
    """Return why a discharge is left out: 0 for none, or 1 plus its position in ``WHY``."""
    rules = {"died": f"reason = {_DIED}", "concurrent": "concurrent", "same-day transfer": "gap = 0"}
    cases = ["WHEN x.person IS NULL THEN 4"] if chained else []
    cases += [
        f"WHEN {rules[name]} THEN {EXCLUSIONS.index(name) + 1}"
        for name in EXCLUSIONS
        if name in measure.denominator.exclude
    ]
    return f"CASE {' '.join(cases)} ELSE 0 END" if cases else "0"


def _followed(windows: tuple[int, ...], chain: int | None) -> str:
    """Return the longest window for which a discharge was followed, and as long as its chain could go on; else -1."""
    cases = " ".join(
        f"WHEN {{cutoff}} - discharge >= {max(days, chain or 0)} THEN {days}" for days in reversed(windows)
    )
    return f"CASE {cases} ELSE -1 END"


def _window_of(windows: tuple[int, ...], day: str) -> str:
    """Return the shortest window that contains a day."""
    cases = " ".join(f"WHEN {day} <= {days} THEN {days}" for days in windows)
    return f"CASE {cases} ELSE {ENDLESS} END"


def _next_hit(rules: Resolved) -> str:
    """Return the condition that the next stay, as it was linked, is a hit."""
    return _by_level(rules, "level", lambda arm: f"next_level IN ({_listed(arm.levels)}) AND gap >= {arm.first}")


def _later_day(rules: Resolved) -> str:
    """Return the day on which a stay ``s`` is a hit after a discharge ``a``."""
    plain = _by_level(
        rules, "a.level", lambda arm: f"s.level IN ({_listed(arm.levels)}) AND s.admit >= a.discharge + {arm.first}"
    )
    days = [f"CASE WHEN s.stay_order > a.stay_order AND ({plain}) THEN s.admit - a.discharge ELSE {ENDLESS} END"]
    for first in sorted({arm.first for arms in rules.arms for arm in arms if arm.ongoing}):
        going_on = _by_level(
            rules,
            "a.level",
            lambda arm, first=first: (  # type: ignore[misc]
                f"s.level IN ({_listed(arm.levels)})" if arm.ongoing and arm.first == first else ""
            ),
        )
        days.append(
            f"CASE WHEN coalesce(s.discharge, {ENDLESS}) > a.discharge + {first} AND ({going_on}) "
            f"THEN greatest({first}, s.admit - a.discharge) ELSE {ENDLESS} END"
        )
    return days[0] if len(days) == 1 else f"least({', '.join(days)})"


def _by_level(rules: Resolved, column: str, condition: Callable[[ResolvedArm], str]) -> str:
    """Return a condition on each arm of each level left; levels with equal conditions are put together."""
    levels: dict[str, list[int]] = {}
    for i, arms in enumerate(rules.arms):
        of_arms = [text for text in map(condition, (arm for arm in arms if arm.levels)) if text]
        if of_arms and (rules.flags or i in rules.levels):
            levels.setdefault(" OR ".join(f"({text})" for text in dict.fromkeys(of_arms)), []).append(i)
    return " OR ".join(f"({column} IN ({_listed(places)}) AND ({text}))" for text, places in levels.items()) or "false"


def _listed(numbers: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, numbers))
