"""Nights of 24-hour care become stays, each at one facility; a shared admission date joins them over any gap."""

from __future__ import annotations

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.admission_dates import NO_DAY, continue_admissions
from careflow.records.sources.care_levels import (
    CODES,
    MOST_GAP,
    OPEN,
    SHIFT,
    JoinedStays,
    Level,
    gaps_with_a_stay,
    packed_end,
    split_by,
    unpacked_end,
)


def join_nights(engine: Engine, intervals: str, above: str | None, level: Level) -> JoinedStays:
    """Join the nights of one level to stays; the parameters are those of ``level_stays``."""
    ordered = _ordered(engine, intervals, above, level)
    continue_admissions(engine, ordered)
    sums = ", ".join(f"sum(b{i})::BIGINT" for i in range(3))
    stays = tuple(int(n or 0) for n in engine.one(f"SELECT {sums} FROM {ordered}"))
    returned, *_ = engine.one(f"SELECT count(*) FILTER (after_discharge AND gap <= 1) FROM {ordered}")
    # Outside a stay only, and not after a recorded discharge: these gaps are what the choice of a gap decides.
    rows = engine.rows(
        f"SELECT gap, count(*) FROM {ordered} WHERE bridgeable AND gap <= {MOST_GAP} GROUP BY gap ORDER BY gap"
    )
    joined, before = _joined(engine, ordered, above, level)
    engine.run(f"DROP TABLE {ordered}")
    return JoinedStays(joined, stays, {int(gap): int(n) for gap, n in rows}, int(returned), before)


def _ordered(engine: Engine, intervals: str, above: str | None, level: Level) -> str:
    """Order the intervals and decide which begin a stay: ``b0, b1, b2`` with half the gap, the gap, twice the gap."""
    # Equal intervals: the one with the earliest admission date first, so that the order of the file does not matter.
    order = "start_day, end_day, admission, recorded DESC, status DESC, facility, payer"
    # A stay of no night may end when the stay before it does; then it is the one that goes on or not.
    no_night = "CASE WHEN start_day = end_day THEN 1 ELSE 0 END"
    packed = f"((end_day + {SHIFT})::BIGINT * 2 + {no_night}) * 2 + recorded"
    table = engine.name("ordered")
    engine.run(
        f"""CREATE TEMP TABLE {table}_all AS
        WITH one AS (
          SELECT person, facility, payer, start_day, end_day, recorded, status,
            coalesce(admission, {NO_DAY}) AS admission, max(wm) AS wm, max(otp) AS otp
          FROM ({intervals})
          GROUP BY person, facility, payer, start_day, end_day, recorded, status, coalesce(admission, {NO_DAY})),
        placed AS (
          SELECT *, row_number() OVER w AS place,
            max({packed}) OVER (PARTITION BY person, facility ORDER BY {order}
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
            lag(start_day) OVER w AS start_before, lag(end_day) OVER w AS end_before
          FROM one WINDOW w AS (PARTITION BY person, facility ORDER BY {order})),
        compared AS (
          SELECT *, (before // 4 - {SHIFT})::INTEGER AS last, before % 2 AS after_recorded FROM placed)
        SELECT person, facility, payer, start_day, end_day, recorded, status, admission, wm, otp, place, last,
          coalesce(start_day - last, 0) AS gap, before IS NULL AS first_one,
          coalesce(start_day < last OR (start_day = start_before AND end_day = end_before), false) AS inside,
          coalesce(after_recorded = 1, false) AS after_recorded
        FROM compared"""
    )
    between = gaps_with_a_stay(engine, f"{table}_all", above, level)
    split, join = split_by(between)
    # 1 begins a stay; an interval inside the stay never does, the first of a person always.
    begins = ", ".join(
        f"CASE WHEN first_one THEN 1 WHEN inside THEN 0 WHEN after_recorded OR gap > {gap} OR split THEN 1 ELSE 0 END "
        f"AS b{i}"
        for i, gap in enumerate(level.gaps)
    )
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT *, {begins},
          NOT first_one AND NOT inside AND after_recorded AS after_discharge,
          NOT first_one AND NOT inside AND NOT after_recorded AS bridgeable
        FROM (SELECT a.*, {split} AS split FROM {table}_all a {join})"""
    )
    engine.run(f"DROP TABLE {table}_all")
    if between:
        engine.run(f"DROP TABLE {between}")
    return table


def _joined(engine: Engine, ordered: str, above: str | None, level: Level) -> tuple[str, int]:
    """Return the table of stays without their ends, and how many were admitted before their first line."""
    first = f"(start_day + {SHIFT})::BIGINT * {CODES}"
    table = engine.name("joined")
    engine.run(
        f"""CREATE TEMP TABLE {table}_all AS
        SELECT person, facility, (min({first} + payer) % {CODES})::BIGINT AS payer,
          stay, min(start_day) AS first_day, max({packed_end()}) AS ending, min(admission) AS admission,
          max(wm) AS wm, max(otp) AS otp
        FROM (SELECT *, sum(b1) OVER (PARTITION BY person, facility ORDER BY place) AS stay FROM {ordered})
        GROUP BY person, facility, stay"""
    )
    earlier = f"admission < first_day AND admission > coalesce(lag_last, {-SHIFT}) - 1"
    join = ""
    if above is not None:
        join = f"""ANTI JOIN {above} s ON c.person = s.person AND c.facility = s.facility
          AND s.admit <= c.first_day AND (s.last > c.admission OR s.ended = {OPEN})"""
    decoded = unpacked_end("ending")
    engine.run(
        f"""CREATE TEMP TABLE {table}_before AS
        SELECT c.person, c.facility, c.stay FROM (
          SELECT *, lag(last) OVER (PARTITION BY person, facility ORDER BY stay) AS lag_last
          FROM (SELECT *, {decoded} FROM {table}_all)) c {join}
        WHERE {earlier}"""
    )
    before = int(engine.one(f"SELECT count(*) FROM {table}_before")[0])
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT a.person, {level.number} AS level, a.facility, a.payer,
          CASE WHEN b.person IS NULL THEN a.first_day ELSE a.admission END AS admit, {decoded}, a.wm, a.otp
        FROM {table}_all a LEFT JOIN {table}_before b
          ON a.person = b.person AND a.facility = b.facility AND a.stay = b.stay"""
    )
    engine.run(f"DROP TABLE {table}_all")
    engine.run(f"DROP TABLE {table}_before")
    return table, before
