"""Intervals that name the same admission date are of one stay, over any gap."""

from __future__ import annotations

from typing import Final

from careflow.records.engine.duckdb_engine import Engine

NO_DAY: Final = 10_000_000
"""The admission date of an interval without one."""


def continue_admissions(engine: Engine, ordered: str) -> None:
    """Continue a stay over any gap if an interval has the admission date of one of the stay's.

    Whether it is of the same stay depends on the breaks between the two, so this is repeated until no break changes;
    a break after a recorded discharge stays.
    """
    # Only people whose records have a break that an admission date might mend are looked at.
    people = f"{ordered}_people"
    engine.run(
        f"""CREATE TEMP TABLE {people} AS SELECT DISTINCT person FROM {ordered}
        WHERE bridgeable AND admission < {NO_DAY} AND b0 + b1 + b2 > 0"""
    )
    if engine.one(f"SELECT count(*) FROM {people}")[0]:
        _continue(engine, ordered, people)
    engine.run(f"DROP TABLE {people}")


def _continue(engine: Engine, ordered: str, people: str) -> None:
    part = "PARTITION BY person, facility"
    # Begin with every break that the admission date can mend left out; a break that lies between puts it back.
    counted = ", ".join(f"sum(m{i}) OVER ({part} ORDER BY place) - m{i} AS c{i}" for i in range(3))
    same = ", ".join(
        f"max(c{i} + m{i}) OVER ({part}, admission ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) "
        f"AS a{i}"
        for i in range(3)
    )
    names = "person, facility, payer, start_day, end_day, recorded, status, admission, wm, otp, place, gap"
    names += ", after_discharge, bridgeable"
    marks = ", ".join(f"CASE WHEN known AND bridgeable THEN 0 ELSE b{i} END AS m{i}" for i in range(3))
    engine.run(
        f"""CREATE TEMP TABLE {ordered}_0 AS SELECT {names}, b0, b1, b2, known, {marks} FROM (
          SELECT *, admission < {NO_DAY} AND
            count(*) OVER ({part}, admission ORDER BY place) > 1 AS known
          FROM {ordered} o SEMI JOIN {people} p ON o.person = p.person) k"""
    )
    engine.run(
        f"""CREATE TEMP TABLE {ordered}_others AS SELECT {names}, b0, b1, b2
        FROM {ordered} o ANTI JOIN {people} p ON o.person = p.person"""
    )
    engine.run(f"DROP TABLE {ordered}")
    turn = 0
    while True:
        engine.run(
            f"""CREATE TEMP TABLE {ordered}_{turn + 1} AS
            SELECT {names}, b0, b1, b2, known, {", ".join(f"n{i} AS m{i}" for i in range(3))},
              {" OR ".join(f"n{i} <> m{i}" for i in range(3))} AS changed
            FROM (SELECT *, {", ".join(_next_mark(i) for i in range(3))}
              FROM (SELECT *, {same} FROM (SELECT *, {counted} FROM {ordered}_{turn})))"""
        )
        engine.run(f"DROP TABLE {ordered}_{turn}")
        turn += 1
        if not engine.one(f"SELECT count(*) FROM {ordered}_{turn} WHERE changed")[0]:
            break
    final = ", ".join(f"m{i} AS b{i}" for i in range(3))
    engine.run(
        f"""CREATE TEMP TABLE {ordered} AS
        SELECT * FROM {ordered}_others UNION ALL SELECT {names}, {final} FROM {ordered}_{turn}"""
    )
    engine.run(f"DROP TABLE {ordered}_others")
    engine.run(f"DROP TABLE {ordered}_{turn}")


def _next_mark(i: int) -> str:
    return f"CASE WHEN known AND bridgeable AND c{i} > a{i} THEN b{i} ELSE m{i} END AS n{i}"
