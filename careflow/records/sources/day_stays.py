"""Days of service become stays, with one ordering of the lines.

A stay begins after a gap, and every later day is after all earlier ones. So what is known of the lines before the
beginning of the next stay, the latest end and the flags counted so far, is what is known of the stay: the lines need
not be numbered by stay and grouped.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.care_levels import (
    MOST_GAP,
    JoinedStays,
    Level,
    gaps_with_a_stay,
    packed_end,
    split_by,
    unpacked_end,
)

_FLAGS: Final = ("wm", "otp")


def join_days(engine: Engine, intervals: str, above: str | None, level: Level) -> JoinedStays:
    """Join the days of service of one level to stays; the parameters are those of ``level_stays``."""
    part = "person, facility" if level.by_facility else "person"
    tests = ", ".join(f"count(*) FILTER ({name} = 1)" for name in _FLAGS)
    flags = [name for name, n in zip(_FLAGS, engine.one(f"SELECT {tests} FROM ({intervals}) i"), strict=True) if n]
    placed = _placed(engine, intervals, part, flags)
    between = gaps_with_a_stay(engine, placed, above, level)
    split, join = split_by(between)
    rows = f"SELECT a.*, {split} AS split FROM {placed} a {join}"
    most = max(MOST_GAP, *level.gaps) + 1
    counts: Counter[tuple[bool, bool, bool, int]] = Counter()
    for first, after, held, gap, n in engine.rows(
        f"SELECT first_one, after_recorded, split, least(gap, {most}), count(*) FROM ({rows}) r GROUP BY 1, 2, 3, 4"
    ):
        counts[bool(first), bool(after), bool(held), int(gap)] += int(n)
    stays = tuple(
        sum(n for (first, after, held, gap), n in counts.items() if first or after or held or gap > most_days)
        for most_days in level.gaps
    )
    gaps: Counter[int] = Counter()
    returned = 0
    for (first, after, _, gap), n in counts.items():
        if not first and not after and gap <= MOST_GAP:
            gaps[gap] += n
        returned += n if after and gap <= 1 else 0
    table = _stays(
        engine,
        f"SELECT * FROM ({rows}) r WHERE first_one OR after_recorded OR split OR gap > {level.gap}",
        part,
        flags,
        level,
    )
    engine.run(f"DROP TABLE {placed}")
    if between:
        engine.run(f"DROP TABLE {between}")
    return JoinedStays(table, stays, dict(sorted(gaps.items())), returned)


def _placed(engine: Engine, intervals: str, part: str, flags: list[str]) -> str:
    """Return the table of the intervals that are not inside earlier ones, with what is known before each."""
    table = engine.name("ordered")
    # The facility and the payer only decide which of the lines of one day is the first. One window, so one ordering.
    order = f"OVER (PARTITION BY {part} ORDER BY start_day, facility, payer ROWS BETWEEN UNBOUNDED PRECEDING AND "
    before, every = f"{order}1 PRECEDING)", f"{order}UNBOUNDED FOLLOWING)"
    so_far = [f"max(ending) {before} AS before", f"max(ending) {every} AS every"]
    for name in flags:
        so_far += [
            f"count(CASE WHEN {name} = 1 THEN 1 END) {when} AS {name}_{word}"  # Spark: no FILTER in a window
            for when, word in ((before, "before"), (every, "every"))
        ]
    counted = "".join(f", {name}_before, {name}_every" for name in flags)
    picked = "".join(f", {name}" for name in flags)
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT *, before IS NULL AS first_one, false AS inside, coalesce(recorded = 1, false) AS after_recorded,
          coalesce(start_day - last, 0) AS gap
        FROM (
          SELECT person, facility, payer, start_day, before, every{counted}, {unpacked_end("before")} FROM (
            SELECT person, facility, payer, start_day, {", ".join(so_far)} FROM (
              SELECT person, facility, payer, start_day, {packed_end()} AS ending{picked} FROM ({intervals}) i) p) w) u
        WHERE before IS NULL OR start_day > last"""
    )
    return table


def _stays(engine: Engine, begins: str, part: str, flags: list[str], level: Level) -> str:
    """Return the table of stays, from the intervals that begin one."""
    table = engine.name("joined")
    following = f"OVER (PARTITION BY {part} ORDER BY start_day)"
    ends = [f"coalesce(lead(before) {following}, every) AS ending"]
    ends += [f"coalesce(lead({name}_before) {following}, {name}_every) > {name}_before AS {name}" for name in flags]
    marks = ", ".join(
        f"CASE WHEN {name} THEN 1 ELSE 0 END AS {name}" if name in flags else f"0 AS {name}" for name in _FLAGS
    )
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        SELECT person, {level.number} AS level, facility, payer, start_day AS admit, {unpacked_end("ending")}, {marks}
        FROM (SELECT person, facility, payer, start_day, {", ".join(ends)} FROM ({begins}) b) e"""
    )
    return table
