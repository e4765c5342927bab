"""Visits become stays: those of 24-hour care as they are, all others bridged by day and absorbed as claims are.

Shared by OMOP and FHIR. A table of visits has ``row_id, person, level, facility, payer, start_day, end_day, still,
reason``; ``payer`` is the number of the visit's strata, ``still`` marks visits that are open. A visit that changes its
level has one row for each piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from careflow.continuum.outcomes import REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources import bridging, care_levels
from careflow.records.sources.claim_lines.intervals import inside_sql
from careflow.records.sources.claim_lines.numbered_texts import NumberedTexts
from careflow.records.sources.standard_levels import LEVELS

_NIGHTS = 2
_PHP, _OUTPATIENT = LEVELS.index("php"), LEVELS.index("outpatient")
_UNKNOWN = REASONS.index("unknown")


@dataclass(frozen=True)
class VisitStays:
    """The stays made of visits.

    Attributes
    ----------
    table : str
        ``person, level, facility, payer, admit, last, status, ended``; ``status`` is the number of a reason.
    absorbed : int
        Visits of which every piece lies inside a stay above.
    still_open : int
        Stays that are open.
    stays_by_gap : list of (str, int, int)
        Level, gap, stays with half the gap, the gap and twice the gap.
    """

    table: str
    absorbed: int
    still_open: int
    stays_by_gap: list[tuple[str, int, int]]


def visit_stays(engine: Engine, visits: str, gaps: Mapping[str, int], cutoff: int, episodes: str = "") -> VisitStays:
    """Make the stays of a table of visits.

    Parameters
    ----------
    engine : Engine
        Holds the visits.
    visits : str
        Their table; ``level`` is a place in the five standard levels, ``facility`` a number, ``reason`` the number of a
        reason.
    gaps : mapping of str to int
        The most days to the next visit that still continues a stay, by level.
    cutoff : int
        The last complete day; a visit that ends on it or later is open.
    episodes : str
        A table with the same columns, of episodes of care: stays as they are, whatever their level.
    """
    first = engine.name("stays")
    ended = f"CASE WHEN still OR end_day >= {cutoff} THEN {care_levels.OPEN} ELSE {care_levels.BY_STATUS} END"
    as_it_is = (
        "SELECT person, level, facility, payer, start_day AS admit, end_day AS last, 1 AS recorded, "
        f"reason AS status, 0 AS wm, 0 AS otp, {ended} AS ended FROM {{}}"
    )
    more = f" UNION ALL {as_it_is.format(episodes)}" if episodes else ""
    engine.run(f"CREATE TEMP TABLE {first} AS {as_it_is.format(visits)} WHERE level < {_NIGHTS}{more}")
    above, absorbed = first, 0
    by_gap: list[tuple[str, int, int]] = []
    there = {level for (level,) in engine.rows(f"SELECT DISTINCT level FROM {visits}")}
    for number in range(_NIGHTS, len(LEVELS)):
        if number not in there:
            continue
        rows = f"SELECT *, end_day AS to_day FROM {visits} WHERE level = {number}"
        inside = ""
        if number == _OUTPATIENT:
            inside = engine.name("absorbed")
            sql = inside_sql(above, rows, closed_at=_PHP, levels=_OUTPATIENT)
            engine.run(f"CREATE TEMP TABLE {inside} AS SELECT row_id, start_day FROM ({sql}) q")
            rows = (
                f"SELECT v.* FROM ({rows}) v ANTI JOIN {inside} a ON v.row_id = a.row_id AND v.start_day = a.start_day"
            )
            absorbed = int(
                engine.one(
                    f"SELECT count(DISTINCT i.row_id) FROM {inside} i ANTI JOIN ("
                    f"SELECT v.row_id FROM {visits} v ANTI JOIN {inside} a ON v.row_id = a.row_id "
                    "AND v.start_day = a.start_day) o ON i.row_id = o.row_id"
                )[0]
            )
        # A day program's or an outpatient's visit says nothing of how care ended, unless the person died.
        intervals = (
            "SELECT person, facility, payer, start_day, end_day, 0 AS recorded, "
            f"{_UNKNOWN} AS status, 0 AS wm, 0 AS otp FROM ({rows})"
        )
        level = care_levels.Level(number, False, gaps[LEVELS[number]], by_facility=number < _OUTPATIENT)
        made = bridging.level_stays(engine, intervals, above, level, cutoff)
        by_gap += [(LEVELS[number], gap, n) for gap, n in zip(level.gaps, made.stays, strict=True)]
        table = engine.name("stays")
        engine.run(
            f"CREATE TEMP TABLE {table} AS SELECT {care_levels.STAY} FROM {above} "
            f"UNION ALL SELECT {care_levels.STAY} FROM {made.table}"
        )
        for old in filter(None, (above, made.table, inside)):
            engine.run(f"DROP TABLE {old}")
        above = table
    still_open = int(engine.one(f"SELECT count(*) FROM {above} WHERE ended = {care_levels.OPEN}")[0])
    return VisitStays(above, absorbed, still_open, by_gap)


def close_deaths(engine: Engine, stays: str, deaths: str, cutoff: int) -> str:
    """Return the table of stays in which a death closes what is open; ``deaths`` has ``person, day``."""
    table = engine.name("stays")
    died = f"s.ended = {care_levels.OPEN} AND d.day BETWEEN s.admit AND {cutoff}"
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT s.person, s.level, s.facility, s.payer, s.admit, CASE WHEN {died} THEN d.day ELSE s.last END AS last,
          CASE WHEN {died} THEN {REASONS.index("died")} ELSE s.status END AS status,
          CASE WHEN {died} THEN {care_levels.BY_STATUS} ELSE s.ended END AS ended
        FROM {stays} s LEFT JOIN {deaths} d ON s.person = d.person"""
    )
    engine.run(f"DROP TABLE {stays}")
    return table


def stay_relation(
    engine: Engine, stays: str, people: str, facilities: str, labels: NumberedTexts, of_people: Sequence[str] = ()
) -> str:
    """Return the stays in the words of :class:`careflow.records.sources.Made`.

    ``people`` has ``code, v`` and the strata ``of_people``, ``facilities`` has ``code, v``; ``labels`` are the strata
    of the visits, of which a stay has those of its first one.
    """
    table = engine.name("made")
    day = "DATE '1970-01-01' + {}::INTEGER"
    level, reason = care_levels.word_sql("s.level", LEVELS), care_levels.word_sql("s.status", REASONS)
    ended = care_levels.word_sql("s.ended", care_levels.ENDED_BY)
    strata = [*(f"l.{name}" for name in labels.names), *(f"p.{name}" for name in of_people)]
    join = f"LEFT JOIN {labels.table} l ON s.payer = l.code" if labels.table else ""
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT p.v AS person_id, {level} AS level, {day.format("s.admit")} AS admit_date,
          CASE WHEN s.ended <> {care_levels.OPEN} THEN {day.format("s.last")} END AS discharge_date,
          CASE WHEN s.ended <> {care_levels.OPEN} THEN {reason} END AS discharge_reason,
          row_number() OVER () AS episode_id, f.v AS facility, {", ".join([f"{ended} AS ended_by", *strata])}
        FROM {stays} s JOIN {people} p ON s.person = p.code LEFT JOIN {facilities} f ON s.facility = f.code {join}"""
    )
    return table


def dictionary(engine: Engine, values: str, stem: str) -> str:
    """Return a table ``v, code`` that numbers the distinct texts of a query of ``v``, in their order."""
    table = engine.name(stem)
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT v, row_number() OVER (ORDER BY v) AS code "
        f"FROM (SELECT DISTINCT v FROM ({values})) WHERE v IS NOT NULL"
    )
    return table
