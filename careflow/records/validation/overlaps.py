"""What becomes of stays of one person that overlap, and of short gaps between stays at one place.

Overlaps are normal: PHP while living in, IOP tapering into outpatient care. Stays are half-open, ``[admit,
discharge)``: two that touch do not overlap. Each policy is one rule; docs/records.md draws them. A stay cut short by
a policy ends as "transferred out", since care went on; the part that reaches the stay's own end keeps its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.continuum.outcomes import REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.hours import AFTER_ALL, listed, order_sql
from careflow.records.validation.neighbours import DIED_CODE, Neighbours

POLICIES: Final = ("flag", "highest", "latest", "error")
CUT: Final = REASONS.index("transferred out")


@dataclass(frozen=True)
class Change:
    """What a policy did to the number of stays.

    Attributes
    ----------
    trimmed : int
        Stays that got a later admission or an earlier discharge.
    added : int
        Stays added, since one was split around a more intensive one.
    absorbed : int
        Stays that nothing was left of, or that became part of another.
    """

    trimmed: int = 0
    added: int = 0
    absorbed: int = 0


def highest(engine: Engine, found: Neighbours, people: str, cutoff: int, strata: int) -> Change:
    """Let the more intensive level have each day; the other stay is trimmed, split, or absorbed.

    Of overlapping stays at one level, the one that comes first in the order of linking has the day. A stay of no night
    strictly inside a stay at least as intensive is absorbed; inside a less intensive one it splits it. On the day on
    which a stay begins, one of no night lies inside it if its hour is later.
    """
    mine = _working(engine, found, people, cutoff)
    more = "".join(f", m.s{i}" for i in range(strata))
    # Of what is left, one stay at most goes on from a day; it is the last to begin there.
    times = f", {AFTER_ALL} AS admit_time, m.discharge_time" if found.hours else ""
    own = listed("m.", hours=found.hours)
    engine.run(
        f"""
        CREATE TEMP TABLE {mine}_new AS
        WITH flat AS (SELECT * FROM {mine} WHERE end_day > admit),
        visits AS (
          SELECT v.*, (SELECT min(f.level) FROM flat f
            WHERE f.person = v.person AND f.turn < v.turn AND f.end_day > v.admit) AS inside
          FROM {mine} v WHERE v.end_day = v.admit),
        splits AS (SELECT DISTINCT person, admit AS day FROM visits WHERE level < inside),
        days AS (SELECT person, admit AS day FROM flat UNION SELECT person, end_day FROM flat UNION FROM splits),
        spans AS (SELECT person, day, lead(day) OVER (PARTITION BY person ORDER BY day) AS until FROM days),
        held AS (
          SELECT s.person, s.day, s.until, arg_min(f.place, f.held) AS place
          FROM spans s JOIN flat f ON f.person = s.person AND f.admit <= s.day AND f.end_day >= s.until
          GROUP BY ALL),
        runs AS (
          SELECT h.*, CASE WHEN lag(h.place) OVER w = h.place AND lag(h.until) OVER w = h.day AND s.day IS NULL
            THEN 0 ELSE 1 END AS fresh
          FROM held h LEFT JOIN splits s ON s.person = h.person AND s.day = h.day
          WINDOW w AS (PARTITION BY h.person ORDER BY h.day)),
        pieces AS (
          SELECT person, place, min(day) AS admit, max(until) AS end_day FROM (
            SELECT *, sum(fresh) OVER (PARTITION BY person ORDER BY day) AS run FROM runs)
          GROUP BY person, place, run)
        SELECT p.place, m.person, m.jackknife_group, m.level, p.admit,
          CASE WHEN p.end_day <= {cutoff} THEN p.end_day END AS discharge,
          CASE WHEN p.end_day < m.end_day THEN {CUT} ELSE m.reason END AS reason, m.seq{times}{more}, m.admit AS was,
          m.end_day, p.end_day AS ends
        FROM pieces p JOIN {mine} m ON m.place = p.place
        UNION ALL
        SELECT m.place, m.person, m.jackknife_group, m.level, m.admit, m.discharge, m.reason, m.seq{own}{more}, m.admit,
          m.end_day, m.end_day
        FROM visits m WHERE inside IS NULL OR level < inside"""
    )
    return _replace(engine, found, mine, strata)


def latest(engine: Engine, found: Neighbours, people: str, cutoff: int, strata: int) -> Change:
    """Let a new admission end the earlier stay, which does not resume; of one day's admissions the longest goes on.

    Where hours are known, the last of the day goes on.
    """
    mine = _working(engine, found, people, cutoff)
    more = listed("", hours=found.hours) + "".join(f", s{i}" for i in range(strata))
    engine.run(
        f"""
        CREATE TEMP TABLE {mine}_new AS
        SELECT place, person, jackknife_group, level, admit,
            CASE WHEN ends <= {cutoff} THEN ends END::INTEGER AS discharge,
          CASE WHEN ends < end_day THEN {CUT} ELSE reason END AS reason, seq{more}, admit AS was, end_day, ends
        FROM (SELECT *, least(end_day, coalesce(lead(admit) OVER (PARTITION BY person ORDER BY turn), end_day)) AS ends
          FROM {mine})"""
    )
    return _replace(engine, found, mine, strata)


def bridge(
    engine: Engine, found: Neighbours, people: str, cutoff: int, strata: int, days: int, facility: int | None
) -> Change:
    """Join stays at one level and facility that overlap, or of which one begins within ``days`` of the others' end.

    That end is the latest of all that came before, since the stay just before may be a short one inside a longer one.
    The joined stay has the first one's admission, and discharge and reason of the one that ends last. Nothing is joined
    across another stay that goes on beyond that end or begins after it, or after a death.
    """
    mine = _working(engine, found, people, cutoff)
    times = ", arg_min(admit_time, turn) AS admit_time, arg_max(discharge_time, last) AS discharge_time"
    more = (times if found.hours else "") + "".join(f", arg_max(s{i}, last) AS s{i}" for i in range(strata))
    kind = "level" if facility is None else f"level, s{facility}"
    lag = " AND ".join(f"lag({name}) OVER w = {name}" for name in kind.split(", "))
    earlier = "ORDER BY turn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    engine.run(
        f"""
        CREATE TEMP TABLE {mine}_new AS
        SELECT arg_min(place, turn) AS place, person, any_value(jackknife_group) AS jackknife_group,
            any_value(level) AS level,
          min(admit) AS admit, CASE WHEN max(end_day) <= {cutoff} THEN max(end_day) END::INTEGER AS discharge,
          arg_max(reason, last) AS reason, arg_min(seq, turn) AS seq{more}, min(admit) AS was,
          arg_min(end_day, turn) AS end_day, max(end_day) AS ends
        FROM (
          SELECT *, sum(fresh) OVER (PARTITION BY person, {kind} ORDER BY turn) AS run FROM (
            SELECT *, CASE WHEN own > admit THEN 0
              WHEN admit - own <= {days} AND reach <= own AND (beside OR before < own) AND dead = 0 THEN 0
              ELSE 1 END AS fresh
            FROM (
              SELECT *, (end_day * 2 + dies)::BIGINT * 4294967296 + turn AS last, max(end_day) OVER kind AS own,
                max(dies) OVER kind AS dead, max(end_day) OVER (PARTITION BY person {earlier}) AS reach,
                lag(admit) OVER w AS before, {lag} AS beside
              FROM (SELECT *, CASE WHEN reason = {DIED_CODE} THEN 1 ELSE 0 END AS dies FROM {mine})
              WINDOW w AS (PARTITION BY person ORDER BY turn), kind AS (PARTITION BY person, {kind} {earlier}))))
        GROUP BY person, {kind}, run"""
    )
    return _replace(engine, found, mine, strata)


def _working(engine: Engine, found: Neighbours, people: str, cutoff: int) -> str:
    mine, order = engine.name("mine"), order_sql("end_day", hours=found.hours)
    engine.run(
        f"""
        CREATE TEMP TABLE {mine} AS
        SELECT *, (level::BIGINT << 32) + turn AS held FROM (
          SELECT *, row_number() OVER (PARTITION BY person ORDER BY {order}, place) AS turn FROM (
            SELECT rowid AS place, *, coalesce(discharge, {cutoff + 1}) AS end_day FROM {found.overlapping}
            WHERE person IN ({people})))"""
    )
    return mine


def _replace(engine: Engine, found: Neighbours, mine: str, strata: int) -> Change:
    stays, columns = (
        found.overlapping,
        "person, jackknife_group, level, admit, discharge, reason, seq" + listed("", hours=found.hours),
    )
    columns += "".join(f", s{i}" for i in range(strata))
    trimmed, kept, pieces = engine.one(
        f"SELECT count(DISTINCT place) FILTER (admit <> was OR ends <> end_day), count(DISTINCT place), count(*) "
        f"FROM {mine}_new"
    )
    before = engine.one(f"SELECT count(*) FROM {mine}")[0]
    engine.run(f"DELETE FROM {stays} WHERE rowid IN (SELECT place FROM {mine})")
    engine.run(f"INSERT INTO {stays} ({columns}) SELECT {columns} FROM {mine}_new")
    engine.run(f"DROP TABLE {mine}")
    engine.run(f"DROP TABLE {mine}_new")
    return Change(int(trimmed), int(pieces - kept), int(before - kept))
