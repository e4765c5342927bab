"""Checks that need a person's stays side by side: repeated rows, ties, overlaps, care after death.

One sorted pass marks the people whose neighbouring stays look odd; the exact rules then run on those people alone.
That finds them all: if any two stays of a person overlap, so does some stay with the one just before it in order.
"""

from __future__ import annotations

from dataclasses import dataclass

from careflow.continuum.outcomes import DIED, REASONS
from careflow.errors import RecordError
from careflow.records.engine import Engine

TIE, OVERLAP, AFTER_DEATH, SAME_DAY, OPEN_BEFORE = 1, 2, 4, 8, 16

# admit, end, level and "died" in one 64-bit key: 21 + 21 + 16 + 1 bits. Sorting by one column is twice as fast as by four.
_SHIFT = 1 << 20
_BITS = (1 << 21) - 1


@dataclass(frozen=True)
class Sequence:
    """What the sorted pass found.

    Attributes
    ----------
    persons : int
        Distinct people.
    odd : str
        Table ``person, bits``: people with something to look at.
    """

    persons: int
    odd: str


def scan(engine: Engine, stays: str, cutoff: int, *, text_ids: bool) -> Sequence:
    """Sort each person's stays and compare neighbours.

    Raises
    ------
    RecordError
        Two different ids were given the same number (less likely than one in a million at ten million people).
    """
    died = REASONS.index(DIED)
    odd = engine.name("odd")
    other = "mark <> lag(mark) OVER w" if text_ids else "false"
    end, start = f"((before >> 17) & {_BITS})", f"(key >> 38)"
    engine.run(
        f"""
        CREATE TEMP TABLE {odd} AS
        WITH keyed AS (
          SELECT person, mark, ((admit + {_SHIFT})::BIGINT << 38) + ((coalesce(discharge, {cutoff + 1}) + {_SHIFT})::BIGINT << 17)
            + (level::BIGINT << 1) + (reason = {died})::BIGINT AS key
          FROM {stays} WHERE why = 0),
        beside AS (SELECT person, key, lag(key) OVER w AS before, {other} AS other
          FROM keyed WINDOW w AS (PARTITION BY person ORDER BY key))
        SELECT person, (CASE
            WHEN before IS NULL THEN 64
            WHEN other THEN 128
            ELSE CASE WHEN before >> 1 = key >> 1 THEN {TIE} ELSE 0 END
              + CASE WHEN {end} > {start} THEN {OVERLAP} ELSE 0 END
              + CASE WHEN (before & 1) = 1 AND {end} < {start} THEN {AFTER_DEATH} ELSE 0 END
              + CASE WHEN {end} = {start} THEN {SAME_DAY} ELSE 0 END
              + CASE WHEN {end} = {cutoff + 1 + _SHIFT} THEN {OPEN_BEFORE} ELSE 0 END
          END)::UTINYINT AS bits
        FROM beside WHERE bits <> 0"""
    )
    persons, clashes = engine.one(
        f"SELECT count(*) FILTER (bits = 64), count(*) FILTER (bits = 128) FROM {odd}"
    )
    if clashes:
        raise RecordError("two different ids were given the same number on load. Read the file again: the key is new each time.")
    return Sequence(int(persons), odd)


def repeated(engine: Engine, stays: str, found: Sequence, strata: int) -> int:
    """Set aside the second and later of exactly equal rows, and rank what shares all its dates; return how many."""
    if not engine.one(f"SELECT count(*) FROM {found.odd} WHERE bits < 64 AND (bits & {TIE}) > 0")[0]:
        return 0
    same = "person, admit, discharge, level"
    more = "".join(f", s{i}" for i in range(strata))
    # An episode id that is a whole number sorts as one, whichever way the file stores it.
    engine.run(
        f"""
        CREATE OR REPLACE TEMP TABLE ties AS
        WITH mine AS (
          SELECT rowid AS place, *, TRY_CAST(episode AS BIGINT) AS number FROM {stays}
          WHERE why = 0 AND person IN (SELECT person FROM {found.odd} WHERE bits < 64 AND (bits & {TIE}) > 0)),
        counted AS (
          SELECT place, {same}, written, number, episode, row_number() OVER (
            PARTITION BY {same}, reason, episode, written{more} ORDER BY place) AS copy
          FROM mine)
        SELECT place, copy, CASE WHEN copy = 1 THEN dense_rank() OVER (
            PARTITION BY {same} ORDER BY number NULLS LAST, episode NULLS LAST) - 1 ELSE 0 END AS seq
        FROM counted"""
    )
    n = int(engine.one("SELECT count(*) FROM ties WHERE copy > 1")[0])
    engine.run(f"UPDATE {stays} SET why = 10 FROM ties WHERE {stays}.rowid = ties.place AND ties.copy > 1")
    engine.run(f"UPDATE {stays} SET seq = ties.seq FROM ties WHERE {stays}.rowid = ties.place AND ties.seq > 0")
    engine.run("DROP TABLE ties")
    return n


def overlapping(engine: Engine, stays: str, found: Sequence, cutoff: int) -> tuple[int, int]:
    """Return the stays that begin while an earlier one of the person goes on, and the people concerned."""
    people = f"SELECT person FROM {found.odd} WHERE bits < 64 AND (bits & {OVERLAP}) > 0"
    n, persons = engine.one(
        f"""
        SELECT count(*), count(DISTINCT person) FROM (
          SELECT person, admit, max(coalesce(discharge, {cutoff + 1})) OVER (
            PARTITION BY person ORDER BY admit, coalesce(discharge, {cutoff + 1}), level, seq
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
          FROM {stays} WHERE why = 0 AND person IN ({people}))
        WHERE reached > admit"""
    )
    return int(n), int(persons)


def counted(engine: Engine, found: Sequence, bit: int) -> int:
    """Return how many neighbouring pairs have a bit."""
    return int(engine.one(f"SELECT count(*) FROM {found.odd} WHERE bits < 64 AND (bits & {bit}) > 0")[0])
