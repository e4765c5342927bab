"""The one sorted pass: each person's stays in order, what each is to the next, and who needs a closer look.

Any two stays of a person that overlap show in some stay and the one just before it in order; so do repeated rows, two
versions of one stay, and care after death. The exact rules then run on the people marked alone, in whose order hours
count as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from careflow.continuum.outcomes import DIED, REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.encode import HELPERS, Judged
from careflow.records.parsing.hours import HOURS, has_hours, listed, order_sql
from careflow.records.validation.stay_key import StayLayout, stay_layout

OVERLAP, AFTER_DEATH, SAME_DAY, OPEN_BEFORE, TOUCH, LAST, NEAR, SAME_START = (1 << i for i in range(8))
"""What a stay is to the one after it; LAST has none after it."""

CLOSER_LOOK: Final = OVERLAP | SAME_START | AFTER_DEATH | NEAR
"""What may have to be changed, or put in another order."""

NEVER: Final = 10_000_000
"""A day after every other."""

DIED_CODE: Final = REASONS.index(DIED)


@dataclass(frozen=True)
class Neighbours:
    """What the sorted pass found.

    Attributes
    ----------
    sequential : str
        The stays of most people, of whom no two share all their dates, begin on one day or overlap: without helpers,
        each with ``end_day`` (the day of its discharge, or the one after the cut-off while it is open) and with
        ``next_admit`` and ``next_level`` of the one after it. Nobody of them is seen after a death. Where no stay comes
        after, ``next_admit`` is later by more than any window: no day is missing, since what may be missing takes an
        engine several times as long.
    overlapping : str
        Those of everybody else, with their helpers: rules may change them, and their order is still to be found. Rows
        that are set aside are here, too, until they are dropped.
    table : str
        ``person, bits``: a row for each stay that is something to the one after it.
    counts : dict of int to int
        Stays by bit; those with ``LAST`` are the number of people.
    marked, aside : Counter
        Rows that are kept by their marks, and rows that are set aside by the number of the rule.
    hours : bool
        Whether the stays in ``overlapping`` have times of day.
    """

    sequential: str
    overlapping: str
    table: str
    counts: dict[int, int]
    marked: Counter[int]
    aside: Counter[int]
    hours: bool = False

    def people(self, bits: int) -> str:
        """Return the SQL of the people with any of the bits."""
        return f"SELECT person FROM {self.table} WHERE (bits & {bits}) > 0"


def columns(strata: int) -> str:
    """Return the columns of a stay that the waist reads, without its rank among ties."""
    return ", ".join(["person, jackknife_group, level, admit, discharge, reason", *(f"s{i}" for i in range(strata))])


def scan(engine: Engine, judged: Judged, cutoff: int, levels: int, labels: Sequence[int], near: int) -> Neighbours:
    """Put each person's stays in order, compare neighbours, and part the people who need a closer look from the others.

    Parameters
    ----------
    engine, judged
        The rows, and where they are.
    cutoff : int
        The last complete day; an open stay reaches to the day after it.
    levels : int
        How many levels of care there are.
    labels : sequence of int
        How many labels each of the strata s0, s1, ... has.
    near : int
        The gap in days up to which two stays at one level are near each other.
    """
    layout = stay_layout(cutoff, levels, labels)
    table = _ordered(engine, judged, layout, labels)
    found = _compared(engine, table, layout.seen(table, labels), layout.never, cutoff, near)
    whose = found.people(CLOSER_LOOK)
    kinds = {"level": "TINYINT", "jackknife_group": "TINYINT", "reason": "TINYINT"}
    kinds |= {"person": "BIGINT", "admit": "INTEGER", "discharge": "INTEGER"}
    kinds |= {f"s{i}": _small(n) for i, n in enumerate(labels)} | HELPERS
    kinds |= dict.fromkeys(HOURS, "INTEGER") if judged.hours else {}
    names = [*columns(len(labels)).split(", "), *HELPERS, *(HOURS if judged.hours else ())]
    # What is set aside may hold numbers of any size.
    kept = {
        "admit": "CASE WHEN why = 0 THEN admit END",
        "discharge": f"CASE WHEN why = 0 AND end_day <= {cutoff} THEN end_day END",
    }
    picked = [f"{kept.get(name, name)}::{kinds[name]} AS {name}" for name in names]
    engine.run(
        f"CREATE TEMP TABLE {found.overlapping} AS SELECT {', '.join(picked)}, "
        f"0::INTEGER AS seq FROM ({judged.some(whose, aside=bool(found.aside))})"
    )
    gone = f"person IS NULL OR person IN ({whose})" if found.aside else f"person IN ({whose})"
    engine.leave_out(table, gone)
    engine.run(
        f"CREATE TEMP VIEW {found.sequential} AS SELECT *, CASE WHEN end_day <= {cutoff} THEN end_day END AS discharge "
        f"FROM ({layout.seen(table, labels)} WHERE codes >= 0)"
    )
    return replace(found, hours=judged.hours and has_hours(engine, found.overlapping))


def _ordered(engine: Engine, judged: Judged, layout: StayLayout, labels: Sequence[int]) -> str:
    """Order the stays; a row that is set aside has no person, and the rule in the place of its marks."""
    key = layout.key
    packed = key.pack({field.name: field.name for field in key.fields})
    alone = "".join(f", {name}" for name in layout.alone(labels))
    days = {"admit": key.unpack("admit"), "end_day": key.unpack("end_day"), "next_admit": key.unpack("admit", "after")}
    table = engine.name("ordered")
    engine.run(
        f"""
        CREATE TEMP TABLE {table} AS
        WITH keyed AS (
          SELECT CASE WHEN why = 0 THEN person END::BIGINT AS person,
            CASE WHEN why = 0 THEN {packed} ELSE {key.alone("marks", "why")} END AS key{alone}
          FROM ({judged.rows})),
        beside AS (
          SELECT *, lead(key, 1, {layout.none}) OVER (PARTITION BY person ORDER BY key) AS after FROM keyed)
        SELECT person, {", ".join(f"{day}::{layout.day} AS {name}" for name, day in days.items())},
          ((key & {(1 << layout.codes.bits) - 1}) * {1 << layout.next_level.bits}
            + {key.unpack("level", "after")})::INTEGER AS codes{alone}
        FROM beside"""
    )
    return table


def _compared(engine: Engine, table: str, seen: str, never: int, cutoff: int, near: int) -> Neighbours:
    """Say what each stay is to the next, and count."""
    tests = _tests(cutoff, near)
    odd = engine.name("odd")
    # Most stays are the last of their person, or end well before the next one begins: nothing else needs a test.
    engine.run(
        f"CREATE TEMP TABLE {odd} AS SELECT person, {_bits(tests)} AS bits FROM ("
        f"SELECT *, next_admit - end_day AS gap FROM ({seen})) "
        f"WHERE person IS NOT NULL AND (gap <= {near} OR (reason = {DIED_CODE} AND next_admit < {never}))"
    )
    counted = engine.rows(f"SELECT bits, count(*) FROM {odd} GROUP BY 1")
    counts = {bit: sum(n for bits, n in counted if bits & bit) for bit in tests}
    kept, counts[LAST] = engine.one(
        f"SELECT count(*), count(*) FILTER (next_admit = {never}) FROM ({seen}) WHERE person IS NOT NULL"
    )
    # Most rows have no mark, and to group by it takes longer than to count.
    rows = engine.rows(
        f"SELECT person IS NULL, marks, count(*) FROM ({seen}) WHERE marks > 0 OR person IS NULL GROUP BY 1, 2"
    )
    marked, aside = (Counter({marks: n for out, marks, n in rows if out == which}) for which in (False, True))
    marked[0] = kept - marked.total()
    return Neighbours(f"{table}_sequential", engine.name("some_stays"), odd, counts, marked, aside)


def _tests(cutoff: int, near: int) -> dict[int, str]:
    return {
        OVERLAP: "gap < 0",
        AFTER_DEATH: f"reason = {DIED_CODE} AND gap >= 0",
        SAME_DAY: "gap = 0 AND next_level <> level",
        OPEN_BEFORE: f"end_day > {cutoff}",
        TOUCH: "gap = 0 AND next_level = level",
        NEAR: f"{near} > 0 AND gap BETWEEN 0 AND {near} AND next_level = level",
        SAME_START: "admit = next_admit",
    }


def _bits(tests: dict[int, str]) -> str:
    return " + ".join(f"CASE WHEN {test} THEN {bit} ELSE 0 END" for bit, test in tests.items())


def recounted(engine: Engine, found: Neighbours, cutoff: int) -> dict[int, int]:
    """Return the counts by bit once more, after rules and policies have changed the stays looked at anew."""
    tests = _tests(cutoff, 0)
    counted = engine.rows(
        f"SELECT bits, count(*) FROM {found.table} WHERE person NOT IN ({found.people(CLOSER_LOOK)}) GROUP BY 1"
    )
    counted += engine.rows(
        f"""
        SELECT bits, count(*) FROM (
          SELECT {_bits(tests)} AS bits FROM (
            SELECT *, next_admit - end_day AS gap FROM (
              SELECT admit, end_day, level, reason, lead(admit, 1, {NEVER}) OVER w AS next_admit,
                lead(level, 1, 0) OVER w AS next_level
              FROM (SELECT *, coalesce(discharge, {cutoff + 1}) AS end_day FROM {found.overlapping})
              WINDOW w AS (PARTITION BY person ORDER BY {order_sql("end_day", hours=found.hours)})))
          WHERE gap <= 0)
        GROUP BY 1"""
    )
    return {bit: sum(n for bits, n in counted if bits & bit) for bit in tests}


def _small(labels: int) -> str:
    """Return the type of the codes of so many labels."""
    return "TINYINT" if labels < 1 << 7 else "SMALLINT" if labels < 1 << 15 else "INTEGER"


def both_sql(found: Neighbours, strata: int) -> str:
    """Return the SQL of all stays that are kept."""
    names = columns(strata)
    settled = "".join(f", 0 AS {name}" for name in HOURS) if found.hours else ""
    return (
        f"SELECT {names}, 0 AS seq{settled} FROM {found.sequential} UNION ALL "
        f"SELECT {names}, seq{listed('', hours=found.hours)} FROM {found.overlapping}"
    )


def repeated(engine: Engine, found: Neighbours, strata: int) -> int:
    """Set aside (R10) the second and later of exactly equal rows; rank by episode id what shares all its dates."""
    if not found.counts[SAME_START]:
        return 0
    ties, stays = engine.name("ties"), found.overlapping
    same = "person, admit, discharge, level"
    more = "".join(f", s{i}" for i in range(strata))
    # An episode id that is a whole number sorts as one, whichever way the file stores it.
    engine.run(
        f"""
        CREATE TEMP TABLE {ties} AS
        WITH mine AS (
          SELECT rowid AS place, *, TRY_CAST(episode::VARCHAR AS BIGINT) AS number FROM {stays}
          WHERE why = 0 AND person IN ({found.people(SAME_START)})),
        counted AS (
          SELECT place, {same}, number, episode, row_number() OVER (
            PARTITION BY {same}, reason, episode, written, version{more} ORDER BY row) AS copy
          FROM mine)
        SELECT place, copy, dense_rank() OVER (
          PARTITION BY {same} ORDER BY number NULLS LAST, episode NULLS LAST) - 1 AS seq
        FROM counted"""
    )
    n = int(engine.one(f"SELECT count(*) FROM {ties} WHERE copy > 1")[0])
    engine.run(f"UPDATE {stays} SET why = 10 FROM {ties} WHERE {stays}.rowid = {ties}.place AND {ties}.copy > 1")
    engine.run(f"UPDATE {stays} SET seq = {ties}.seq FROM {ties} WHERE {stays}.rowid = {ties}.place AND {ties}.seq > 0")
    engine.run(f"DROP TABLE {ties}")
    return n


def count_overlaps(engine: Engine, found: Neighbours, people: str, cutoff: int) -> tuple[int, int]:
    """Return the stays that begin while an earlier one of the person goes on, and the people concerned.

    A running maximum of the ends decides, since the stay just before may be a short one inside a longer one.
    """
    n, persons = engine.one(
        f"""
        SELECT count(*), count(DISTINCT person) FROM (
          SELECT person, admit, max(coalesce(discharge, {cutoff + 1})) OVER (
            PARTITION BY person ORDER BY {order_sql(f"coalesce(discharge, {cutoff + 1})", hours=found.hours)}
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
          FROM {found.overlapping} WHERE person IN ({people}))
        WHERE reached > admit"""
    )
    return int(n), int(persons)
