"""Lines that other lines correct: repeats, older versions, reversals, voided and replaced claims (C02 to C06).

A void and a replacement act on the claim that they name, or on the other lines of their own claim. A claim that was
replaced or voided does not come back when what replaced it is denied: the last of a chain decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.records.engine.duckdb_engine import Engine

VOID, REPLACEMENT = 2, 1
"""Kinds of lines besides the original, 0."""

_READ: Final = "rule NOT IN (1, 8)"


@dataclass(frozen=True)
class Corrections:
    """The lines that a correction sets aside.

    Attributes
    ----------
    table : str
        ``line, rule``.
    no_target : int
        Voids and replacements, by claim, that correct nothing in the file (C28).
    """

    table: str
    no_target: int


def correct(engine: Engine, lines: str, *, numbered: bool, paid: bool) -> Corrections:
    """Find the lines that others correct.

    Parameters
    ----------
    engine : Engine
        Holds the lines.
    lines : str
        The table of lines.
    numbered, paid : bool
        Whether there are line numbers, and days of payment.
    """
    parts: list[tuple[int, str]] = [(2, _repeats(engine, lines))]
    if numbered and paid:
        parts.append((3, _older(engine, lines, _left(lines, parts))))
    negative, kinds = engine.one(f"SELECT count(*) FILTER (units < 0), count(*) FILTER (kind > 0) FROM {lines}")
    if negative:
        parts.append((4, _reversals(engine, _left(lines, parts))))
    no_target = 0
    if kinds:
        voided, replaced, no_target = _voids(engine, lines, parts)
        parts += [(5, voided), (6, replaced)]
    table = engine.name("corrected")
    union = " UNION ALL ".join(f"SELECT line, {rule} AS rule FROM {part}" for rule, part in parts)
    engine.run(f"CREATE TEMP TABLE {table} AS SELECT line, min(rule) AS rule FROM ({union}) GROUP BY line")
    for _, part in parts:
        engine.run(f"DROP TABLE {part}")
    return Corrections(table, no_target)


def _left(lines: str, parts: list[tuple[int, str]]) -> str:
    """Return the SQL of the lines that can be read and that no earlier correction set aside."""
    gone = " UNION ALL ".join(f"SELECT line FROM {part}" for _, part in parts)
    return f"SELECT l.* FROM {lines} l ANTI JOIN ({gone}) g ON l.line = g.line WHERE {_READ}"


def _repeats(engine: Engine, lines: str) -> str:
    """Find the same line again, in every column read; one of each is left."""
    table = engine.name("repeats")
    # One hash of all columns finds the lines to look at; the person and the days are compared as they are.
    engine.run(
        f"""CREATE TEMP TABLE {table} AS SELECT line FROM (
          SELECT line, row_number() OVER (PARTITION BY whole, person, from_day, to_day ORDER BY line) AS nth
          FROM {lines} WHERE {_READ} AND whole IN (
            SELECT whole FROM {lines} WHERE {_READ} GROUP BY whole HAVING count(*) > 1))
        WHERE nth > 1"""
    )
    return table


def _older(engine: Engine, lines: str, left: str) -> str:
    """Find the older versions of a line, by the day on which it was paid."""
    table = engine.name("older")
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        WITH versions AS (
          SELECT claim, number, kind, max(paid) AS paid FROM ({left})
          WHERE claim IS NOT NULL AND number IS NOT NULL AND paid IS NOT NULL
          GROUP BY claim, number, kind HAVING min(paid) < max(paid))
        SELECT l.line FROM ({left}) l JOIN versions v ON l.claim = v.claim AND l.number = v.number AND l.kind = v.kind
        WHERE l.paid < v.paid"""
    )
    return table


def _reversals(engine: Engine, left: str) -> str:
    """Find lines of negative units, and with each of them one line of the same person, codes, days and units."""
    table = engine.name("reversals")
    same = "person, codes, from_day, to_day, abs(units)"
    order = "coalesce(claim, ''), coalesce(number, ''), whole, line"
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        WITH paired AS (
          SELECT line, person, codes, from_day, to_day, units,
            row_number() OVER (PARTITION BY {same}, units < 0 ORDER BY {order}) AS nth
          FROM ({left}) WHERE units <> 0 AND person IN (SELECT person FROM ({left}) WHERE units < 0))
        SELECT line FROM paired WHERE units < 0
        UNION ALL
        SELECT p.line FROM paired p JOIN paired n ON p.person = n.person AND p.codes = n.codes
          AND p.from_day = n.from_day AND p.to_day = n.to_day AND p.units = -n.units AND p.nth = n.nth
        WHERE p.units > 0"""
    )
    return table


def _voids(engine: Engine, lines: str, parts: list[tuple[int, str]]) -> tuple[str, str, int]:
    """Find the lines that voids and replacements take, and count the claims that take none."""
    acts, left = engine.name("acts"), _left(lines, parts)
    # A void acts by its claim, whatever its own days and units are; only an older or repeated one does not.
    earlier = " UNION ALL ".join(f"SELECT line FROM {part}" for rule, part in parts if rule < 4)
    engine.run(
        f"""CREATE TEMP TABLE {acts} AS
        SELECT claim, kind, target, max(paid) AS paid FROM {lines} l ANTI JOIN ({earlier}) g ON l.line = g.line
        WHERE kind > 0 AND claim IS NOT NULL GROUP BY claim, kind, target"""
    )
    later = f"coalesce(l.kind = {REPLACEMENT} AND l.paid >= a.paid, false)"
    taken = f"""SELECT l.line, CASE WHEN a.kind = {VOID} THEN 5 ELSE 6 END AS rule, a.claim AS acting
          FROM ({{lines}}) l JOIN {acts} a ON l.claim = a.target
        UNION ALL
        SELECT l.line, 5, a.claim FROM ({{lines}}) l JOIN {acts} a ON l.claim = a.claim
          WHERE a.kind = {VOID} AND a.target IS NULL AND l.kind < {VOID} AND NOT {later}
        UNION ALL
        SELECT l.line, 6, a.claim FROM ({{lines}}) l JOIN {acts} a ON l.claim = a.claim
          WHERE a.kind = {REPLACEMENT} AND a.target IS NULL AND l.kind = 0"""
    tables = []
    for rule in (5, 6):
        tables.append(engine.name("voided"))
        own = f" UNION ALL SELECT line FROM ({left}) WHERE kind = {VOID}" if rule == 5 else ""
        engine.run(
            f"CREATE TEMP TABLE {tables[-1]} AS "
            f"SELECT DISTINCT line FROM (SELECT line FROM ({taken.format(lines=left)}) WHERE rule = {rule}{own})"
        )
    no_target = engine.one(
        f"SELECT count(DISTINCT claim) FROM {acts} WHERE claim NOT IN "
        f"(SELECT acting FROM ({taken.format(lines=f'SELECT * FROM {lines}')}))"
    )[0]
    engine.run(f"DROP TABLE {acts}")
    return tables[0], tables[1], int(no_target)
