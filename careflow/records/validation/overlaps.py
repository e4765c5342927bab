"""The overlap policies, and the joining of stays over short gaps.

Overlaps are common: PHP while living in, IOP tapering into outpatient care. Stays are half-open intervals, ``[admit,
discharge)``, so stays that only touch do not overlap. docs/records.md shows each policy in drawings. A stay cut short
by a policy gets the reason "transferred out", since care went on; the part that ends on the original day of discharge
keeps its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.continuum.outcomes import REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.hours import AFTER_ALL, listed, order_sql
from careflow.records.validation.neighbours import DIED_CODE, OrderedStays

POLICIES: Final = ("flag", "highest", "latest", "error")
CUT: Final = REASONS.index("transferred out")


@dataclass(frozen=True)
class Change:
    """How a policy changed the stays.

    Attributes
    ----------
    trimmed : int
        Stays that now begin later or end earlier.
    added : int
        Stays added by splitting one around a more intensive one.
    absorbed : int
        Stays of which nothing is left, or that became part of another.
    """

    trimmed: int = 0
    added: int = 0
    absorbed: int = 0


def highest(engine: Engine, ordered: OrderedStays, people: str, cutoff: int, strata: int) -> Change:
    """Give each day to the more intensive level; the other stay is trimmed, split or absorbed.

    Of overlapping stays at one level, the first in the order of linking gets the day. A stay of no night strictly
    inside a stay that is at least as intensive is absorbed; inside a less intensive stay it splits that stay. A stay of
    no night on the first day of another stay lies inside it if its time of day is later.
    """
    mine = _working(engine, ordered, people, cutoff)
    more = "".join(f", m.{name}" for name in (*(f"s{i}" for i in range(strata)), *ordered.more))
    # At most one remaining stay goes on from a given day; it comes last among those that begin on that day.
    times = f", {AFTER_ALL} AS admit_time, m.discharge_time" if ordered.hours else ""
    own = listed("m.", hours=ordered.hours)
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
          SELECT s.person, s.day, s.until, arg_min(f.stay_id, f.held) AS stay_id
          FROM spans s JOIN flat f ON f.person = s.person AND f.admit <= s.day AND f.end_day >= s.until
          GROUP BY ALL),
        runs AS (
          SELECT h.*, CASE WHEN lag(h.stay_id) OVER w = h.stay_id AND lag(h.until) OVER w = h.day AND s.day IS NULL
            THEN 0 ELSE 1 END AS fresh
          FROM held h LEFT JOIN splits s ON s.person = h.person AND s.day = h.day
          WINDOW w AS (PARTITION BY h.person ORDER BY h.day)),
        pieces AS (
          SELECT person, stay_id, min(day) AS admit, max(until) AS end_day FROM (
            SELECT *, sum(fresh) OVER (PARTITION BY person ORDER BY day) AS run FROM runs)
          GROUP BY person, stay_id, run)
        SELECT p.stay_id, m.person, m.jackknife_group, m.level, p.admit,
          CASE WHEN p.end_day <= {cutoff} THEN p.end_day END AS discharge,
          CASE WHEN p.end_day < m.end_day THEN {CUT} ELSE m.reason END AS reason, m.seq{times}{more}, m.admit AS was,
          m.end_day, p.end_day AS ends
        FROM pieces p JOIN {mine} m ON m.stay_id = p.stay_id
        UNION ALL
        SELECT m.stay_id, m.person, m.jackknife_group, m.level, m.admit, m.discharge, m.reason, m.seq{own}{more},
          m.admit, m.end_day, m.end_day
        FROM visits m WHERE inside IS NULL OR level < inside"""
    )
    return _replace(engine, ordered, mine, strata)


def latest(engine: Engine, ordered: OrderedStays, people: str, cutoff: int, strata: int) -> Change:
    """Let a new admission end the earlier stay, which does not resume.

    Of several admissions on one day, the stay that ends last goes on; where times of day are known, the last admitted.
    """
    mine = _working(engine, ordered, people, cutoff)
    more = listed("", hours=ordered.hours) + "".join(f", s{i}" for i in range(strata))
    more += "".join(f", {name}" for name in ordered.more)
    engine.run(
        f"""
        CREATE TEMP TABLE {mine}_new AS
        SELECT stay_id, person, jackknife_group, level, admit,
            CASE WHEN ends <= {cutoff} THEN ends END::INTEGER AS discharge,
          CASE WHEN ends < end_day THEN {CUT} ELSE reason END AS reason, seq{more}, admit AS was, end_day, ends
        FROM (SELECT *, least(end_day, coalesce(lead(admit) OVER (PARTITION BY person ORDER BY turn), end_day)) AS ends
          FROM {mine})"""
    )
    return _replace(engine, ordered, mine, strata)


def bridge(
    engine: Engine, ordered: OrderedStays, people: str, cutoff: int, strata: int, days: int, facility: int | None
) -> Change:
    """Join stays at one level and facility that overlap, or that begin within ``days`` of the end of earlier ones.

    The end is the latest of all earlier stays, since the stay just before may be short and lie inside a longer one.
    The joined stay has the admission of the first, and the discharge and reason of the one that ends last. Stays are
    not joined after a death, nor across another stay that goes on beyond that end or begins after it.
    """
    mine = _working(engine, ordered, people, cutoff)
    times = ", arg_min(admit_time, turn) AS admit_time, arg_max(discharge_time, last) AS discharge_time"
    more = (times if ordered.hours else "") + "".join(f", arg_max(s{i}, last) AS s{i}" for i in range(strata))
    more += "".join(f", arg_min({name}, turn) AS {name}" for name in ordered.more)
    kind = "level" if facility is None else f"level, s{facility}"
    lag = " AND ".join(f"lag({name}) OVER w = {name}" for name in kind.split(", "))
    earlier = "ORDER BY turn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    engine.run(
        f"""
        CREATE TEMP TABLE {mine}_new AS
        SELECT arg_min(stay_id, turn) AS stay_id, person, any_value(jackknife_group) AS jackknife_group,
            any_value(level) AS level,
          min(admit) AS admit, CASE WHEN max(end_day) <= {cutoff} THEN max(end_day) END::INTEGER AS discharge,
          arg_max(reason, last) AS reason, arg_min(seq, turn) AS seq{more}, min(admit) AS was,
          arg_min(end_day, turn) AS end_day, max(end_day) AS ends
        FROM (
          SELECT *, sum(fresh) OVER (PARTITION BY person, {kind} ORDER BY turn) AS run FROM (
            SELECT *, CASE WHEN own > admit THEN 0
              WHEN admit - own <= {days} AND reach <= own AND (adjacent OR before < own) AND dead = 0 THEN 0
              ELSE 1 END AS fresh
            FROM (
              SELECT *, (end_day * 2 + dies)::BIGINT * 4294967296 + turn AS last, max(end_day) OVER kind AS own,
                max(dies) OVER kind AS dead, max(end_day) OVER (PARTITION BY person {earlier}) AS reach,
                lag(admit) OVER w AS before, {lag} AS adjacent
              FROM (SELECT *, CASE WHEN reason = {DIED_CODE} THEN 1 ELSE 0 END AS dies FROM {mine})
              WINDOW w AS (PARTITION BY person ORDER BY turn), kind AS (PARTITION BY person, {kind} {earlier}))))
        GROUP BY person, {kind}, run"""
    )
    return _replace(engine, ordered, mine, strata)


def _working(engine: Engine, ordered: OrderedStays, people: str, cutoff: int) -> str:
    mine, order = engine.name("mine"), order_sql("end_day", hours=ordered.hours)
    engine.run(
        f"""
        CREATE TEMP TABLE {mine} AS
        SELECT *, (level::BIGINT << 32) + turn AS held FROM (
          SELECT *, row_number() OVER (PARTITION BY person ORDER BY {order}, stay_id) AS turn FROM (
            SELECT rowid AS stay_id, *, coalesce(discharge, {cutoff + 1}) AS end_day FROM {ordered.overlapping}
            WHERE person IN ({people})))"""
    )
    return mine


def _replace(engine: Engine, ordered: OrderedStays, mine: str, strata: int) -> Change:
    stays, columns = (
        ordered.overlapping,
        "person, jackknife_group, level, admit, discharge, reason, seq" + listed("", hours=ordered.hours),
    )
    columns += "".join(f", {name}" for name in (*(f"s{i}" for i in range(strata)), *ordered.more))
    trimmed, kept, pieces = engine.one(
        f"SELECT count(DISTINCT stay_id) FILTER (admit <> was OR ends <> end_day), count(DISTINCT stay_id), count(*) "
        f"FROM {mine}_new"
    )
    before = engine.one(f"SELECT count(*) FROM {mine}")[0]
    engine.run(f"DELETE FROM {stays} WHERE rowid IN (SELECT stay_id FROM {mine})")
    engine.run(f"INSERT INTO {stays} ({columns}) SELECT {columns} FROM {mine}_new")
    engine.run(f"DROP TABLE {mine}")
    engine.run(f"DROP TABLE {mine}_new")
    return Change(int(trimmed), int(pieces - kept), int(before - kept))
