"""No care follows a death: a stay that goes on after it is cut on that day, one that begins after it is set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.hours import order_sql
from careflow.records.validation.neighbours import DIED_CODE, OrderedStays

AFTER_DEATH_RULE: Final = 14
"""The rule that sets aside stays which begin after a death."""

_DIED: Final = f"reason = {DIED_CODE} AND discharge IS NOT NULL"


@dataclass(frozen=True)
class Contradictions:
    """Stays that contradict a death.

    Attributes
    ----------
    table : str
        ``stay_id, death, late``: the stays, the day of the death, and whether they begin after it.
    people, died : int
        People with stays after their death, and people who died at all.
    late, cut : int
        Stays after the death; and stays that go on over it, or end on its day for another reason.
    """

    table: str
    people: int = 0
    died: int = 0
    late: int = 0
    cut: int = 0


def contradictions(engine: Engine, ordered: OrderedStays, cutoff: int) -> Contradictions:
    """Find the stays that contradict the first death of each person.

    A stay that ends on the day of death for another reason is no contradiction if another stay begins on that day: that
    was a transfer.
    """
    table = engine.name("deaths")
    order = order_sql("end_day", hours=ordered.hours)
    engine.run(
        f"""
        CREATE TEMP TABLE {table} AS
        WITH dead AS (
          SELECT person AS who, min(discharge) AS death FROM {ordered.overlapping}
          WHERE why = 0 AND {_DIED} GROUP BY person),
        turns AS (
          SELECT *, row_number() OVER (PARTITION BY person ORDER BY {order}) AS turn FROM (
            SELECT a.rowid AS stay_id, a.*, d.death, coalesce(a.discharge, {cutoff + 1}) AS end_day
            FROM {ordered.overlapping} a JOIN dead d ON a.person = d.who WHERE a.why = 0)),
        visits AS (
          SELECT *, coalesce(max(CASE WHEN admit = death THEN turn END) OVER (PARTITION BY person), 0) AS visit
          FROM turns)
        SELECT stay_id, person, death, admit > death AS late FROM visits
        WHERE admit > death OR end_day > death OR (end_day = death AND reason <> {DIED_CODE} AND turn >= visit)"""
    )
    people, late, cut = engine.one(
        f"SELECT count(DISTINCT CASE WHEN late THEN person END), count(*) FILTER (late), count(*) FILTER (NOT late) "
        f"FROM {table}"
    )
    died = 0
    if people:
        count = "SELECT count(DISTINCT person) FROM"
        died = engine.one(f"{count} {ordered.sequential} WHERE {_DIED}")[0]
        died += engine.one(f"{count} {ordered.overlapping} WHERE why = 0 AND {_DIED}")[0]
    return Contradictions(table, int(people), int(died), int(late), int(cut))


def apply(engine: Engine, ordered: OrderedStays, contradictions: Contradictions) -> None:
    """Set aside what begins after a death; let what goes on over it, or ends on its day, end by it."""
    stays, table = ordered.overlapping, contradictions.table
    mine = f"FROM {table} WHERE {stays}.rowid = {table}.stay_id"
    if contradictions.late:
        engine.run(f"UPDATE {stays} SET why = {AFTER_DEATH_RULE} {mine} AND {table}.late")
    if contradictions.cut:
        engine.run(f"UPDATE {stays} SET discharge = {table}.death, reason = {DIED_CODE} {mine} AND NOT {table}.late")
    engine.run(f"DROP TABLE {table}")
