"""Lines that other lines correct: repeats, older versions, reversals, voided and replaced claims (C02 to C06).

A void and a replacement act on the claim that they name, or on the other lines of their own claim. A claim that was
replaced or voided does not come back when what replaced it is denied: the last of a chain decides. Few lines are
corrected, so each rule first finds out whether there is anything for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.claim_lines.lines import Lines

VOID, REPLACEMENT = 2, 1
"""What a line does besides being a line, 0."""

_READ: Final = "rule NOT IN (1, 8)"
_COLUMNS: Final = (
    "person, facility, payer, kind, claim, item, target, paid, units, from_day, to_day, claim_from, claim_to, "
    "admission, discharge"
)
"""Every column read."""


@dataclass(frozen=True)
class Corrections:
    """The lines that a correction sets aside.

    Attributes
    ----------
    table : str
        ``line, rule``; "" where there are none.
    no_target : int
        Voids and replacements, by claim, that correct nothing in the file (C28).
    """

    table: str
    no_target: int

    def without(self, rows: str) -> str:
        """Return the SQL of rows ``line, ...`` without those that a correction sets aside."""
        return f"SELECT a.* FROM ({rows}) a ANTI JOIN {self.table} c ON a.line = c.line" if self.table else rows


def correct(engine: Engine, lines: Lines) -> Corrections:
    """Find the lines that others correct."""
    parts = _versions(engine, lines)
    if lines.negative:
        parts.append((4, _reversals(engine, lines, _left(lines.table, parts))))
    no_target = 0
    if engine.one(f"SELECT count(*) FROM {lines.kinds.table} WHERE act > 0")[0]:
        voided, replaced, no_target = _voids(engine, lines, parts)
        parts += [(5, voided), (6, replaced)]
    if not parts:
        return Corrections("", no_target)
    table = engine.name("corrected")
    union = " UNION ALL ".join(f"SELECT line, {rule} AS rule FROM {part}" for rule, part in parts)
    engine.run(f"CREATE TEMP TABLE {table} AS SELECT line, min(rule) AS rule FROM ({union}) GROUP BY line")
    for _, part in parts:
        engine.run(f"DROP TABLE {part}")
    return Corrections(table, no_target)


def _left(lines: str, parts: list[tuple[int, str]]) -> str:
    """Return the SQL of the lines that can be read and that no earlier correction set aside."""
    rows = f"SELECT rowid AS line, * FROM {lines} WHERE {_READ}"
    gone = " UNION ALL ".join(f"SELECT line FROM {part}" for _, part in parts)
    return f"SELECT l.* FROM ({rows}) l ANTI JOIN ({gone}) g ON l.line = g.line" if parts else rows


def _versions(engine: Engine, lines: Lines) -> list[tuple[int, str]]:
    """Find the same line again, in every column read, and the older versions of a line, by the day it was paid."""
    items, several = engine.name("items"), engine.name("several")
    engine.run(
        f"CREATE TEMP TABLE {items} AS SELECT item FROM {lines.table} WHERE {_READ} GROUP BY item HAVING count(*) > 1"
    )
    n = engine.one(f"SELECT count(*) FROM {items}")[0]
    if n:
        engine.run(
            f"""CREATE TEMP TABLE {several} AS SELECT l.*, k.act
            FROM (SELECT rowid AS line, {_COLUMNS} FROM {lines.table} WHERE {_READ}) l
              SEMI JOIN {items} i ON l.item = i.item JOIN {lines.kinds.table} k ON l.kind = k.kind"""
        )
    engine.run(f"DROP TABLE {items}")
    if not n:
        return []
    repeats, older = engine.name("repeats"), engine.name("older")
    engine.run(
        f"""CREATE TEMP TABLE {repeats} AS SELECT line FROM (
          SELECT line, row_number() OVER (PARTITION BY {_COLUMNS} ORDER BY line) AS nth FROM {several}) a
        WHERE nth > 1"""
    )
    parts = [(2, repeats)]
    if lines.numbered:
        engine.run(
            f"""CREATE TEMP TABLE {older} AS
            WITH versions AS (
              SELECT item, act, max(paid) AS newest FROM {several} WHERE claim IS NOT NULL AND paid IS NOT NULL
              GROUP BY item, act HAVING min(paid) < max(paid))
            SELECT l.line FROM {several} l JOIN versions v ON l.item = v.item AND l.act = v.act
            WHERE l.paid < v.newest"""
        )
        parts.append((3, older))
    engine.run(f"DROP TABLE {several}")
    return parts


def _reversals(engine: Engine, lines: Lines, left: str) -> str:
    """Find lines of negative units, and with each of them one line of the same person, codes, days and units."""
    table = engine.name("reversals")
    same = "person, codes, from_day, to_day, abs(units)"
    # By texts and days, not by numbers that differ between readings: which of two equal lines goes must not change.
    days = ("paid", "claim_from", "claim_to", "admission", "discharge")
    order = "coalesce(claim_text, ''), coalesce(number_text, ''), "
    order += ", ".join((*(f"{day} NULLS LAST" for day in days), "facility", "payer", "status", "line"))
    engine.run(
        f"""CREATE TEMP TABLE {table} AS
        WITH coded AS (
          SELECT l.*, k.codes, k.status FROM ({left}) l JOIN {lines.kinds.table} k ON l.kind = k.kind
          WHERE l.units <> 0),
        paired AS (
          SELECT line, person, codes, from_day, to_day, units,
            row_number() OVER (PARTITION BY {same}, units < 0 ORDER BY {order}) AS nth
          FROM coded WHERE person IN (SELECT person FROM coded WHERE units < 0))
        SELECT line FROM paired WHERE units < 0
        UNION ALL
        SELECT p.line FROM paired p JOIN paired n ON p.person = n.person AND p.codes = n.codes
          AND p.from_day = n.from_day AND p.to_day = n.to_day AND p.units = -n.units AND p.nth = n.nth
        WHERE p.units > 0"""
    )
    return table


def _voids(engine: Engine, lines: Lines, parts: list[tuple[int, str]]) -> tuple[str, str, int]:
    """Find the lines that voids and replacements take, and count the claims that take none."""
    acts, rows, kinds = engine.name("acts"), engine.name("acted"), lines.kinds.table
    # A void acts by its claim, whatever its own days and units are; only an older or repeated one does not.
    earlier = " UNION ALL ".join(f"SELECT line FROM {part}" for rule, part in parts if rule < 4)
    anti = f"ANTI JOIN ({earlier}) g ON l.line = g.line" if earlier else ""
    engine.run(
        f"""CREATE TEMP TABLE {acts} AS
        SELECT claim, act, target, max(paid) AS paid FROM (
          SELECT l.rowid AS line, l.claim, k.act, l.target, l.paid
          FROM {lines.table} l JOIN {kinds} k ON l.kind = k.kind AND k.act > 0 WHERE l.claim IS NOT NULL) l {anti}
        GROUP BY claim, act, target"""
    )
    # Only lines of the claims that act or are acted on matter, and every void, for it goes too.
    engine.run(
        f"""CREATE TEMP TABLE {rows} AS
        SELECT l.rowid AS line, l.claim, k.act, l.paid, l.rule
        FROM {lines.table} l JOIN {kinds} k ON l.kind = k.kind
        WHERE k.act = {VOID} OR l.claim IN (SELECT coalesce(target, claim) FROM {acts})"""
    )
    gone = " UNION ALL ".join(f"SELECT line FROM {part}" for _, part in parts)
    left = f"SELECT * FROM {rows} WHERE {_READ}"
    left = f"SELECT l.* FROM ({left}) l ANTI JOIN ({gone}) g ON l.line = g.line" if gone else left
    later = f"coalesce(l.act = {REPLACEMENT} AND l.paid >= a.paid, false)"
    taken = f"""SELECT l.line, CASE WHEN a.act = {VOID} THEN 5 ELSE 6 END AS rule, a.claim AS acting
          FROM ({{lines}}) l JOIN {acts} a ON l.claim = a.target
        UNION ALL
        SELECT l.line, 5, a.claim FROM ({{lines}}) l JOIN {acts} a ON l.claim = a.claim
          WHERE a.act = {VOID} AND a.target IS NULL AND l.act < {VOID} AND NOT {later}
        UNION ALL
        SELECT l.line, 6, a.claim FROM ({{lines}}) l JOIN {acts} a ON l.claim = a.claim
          WHERE a.act = {REPLACEMENT} AND a.target IS NULL AND l.act = 0"""
    tables = []
    for rule in (5, 6):
        tables.append(engine.name("voided"))
        own = f" UNION ALL SELECT line FROM ({left}) v WHERE act = {VOID}" if rule == 5 else ""
        engine.run(
            f"CREATE TEMP TABLE {tables[-1]} AS SELECT DISTINCT line "
            f"FROM (SELECT line FROM ({taken.format(lines=left)}) t WHERE rule = {rule}{own}) u"
        )
    no_target = engine.one(
        f"SELECT count(DISTINCT claim) FROM {acts} WHERE claim NOT IN "
        f"(SELECT acting FROM ({taken.format(lines=f'SELECT * FROM {rows}')}) t)"
    )[0]
    engine.run(f"DROP TABLE {acts}")
    engine.run(f"DROP TABLE {rows}")
    return tables[0], tables[1], int(no_target)
