"""The one sorted pass: each person's stays in order, what each is to the next, and who needs a closer look.

Any two stays of a person that overlap show in some stay and the one just before it in order; so do repeated rows, two
versions of one stay, and care after death. The exact rules then run on the people marked alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from careflow.continuum.outcomes import DIED, REASONS
from careflow.records.encode import HELPERS, Judged
from careflow.records.engine import Engine
from careflow.records.layout import StayLayout, stay_layout

OVERLAP, AFTER_DEATH, SAME_DAY, OPEN_BEFORE, TOUCH, LAST, NEAR, SAME_START = (1 << i for i in range(8))
"""What a stay is to the one after it; LAST has none after it."""

DIED_CODE: Final = REASONS.index(DIED)


@dataclass(frozen=True)
class Neighbours:
    """What the sorted pass found.

    Attributes
    ----------
    settled : str
        The stays of most people, of whom no two share all their dates, begin on one day or overlap: without helpers,
        each with ``finish`` (the day of its discharge, or the one after the cut-off while it is open) and with
        ``next_admit`` and ``next_level`` of the one after it. Nobody of them is seen after a death. Where no stay comes
        after, ``next_admit`` is later by more than any window: no day is missing, since what may be missing takes an
        engine several times as long.
    anew : str
        Those of everybody else, with their helpers: rules may change them, and their order is still to be found. Rows
        that are set aside are here, too, until they are dropped.
    table : str
        ``person, bits``: a row for each stay that is something to the one after it.
    counts : dict of int to int
        Stays by bit; those with ``LAST`` are the number of people.
    marked, aside : Counter
        Rows that are kept by their marks, and rows that are set aside by the number of the rule.
    """

    settled: str
    anew: str
    table: str
    counts: dict[int, int]
    marked: Counter[int]
    aside: Counter[int]

    def people(self, bits: int) -> str:
        """Return the SQL of the people with any of the bits."""
        return f"SELECT person FROM {self.table} WHERE (bits & {bits}) > 0"


def columns(strata: int) -> str:
    """Return the columns of a stay that the waist reads, without its rank among ties."""
    return ", ".join(["person, grp, level, admit, discharge, reason", *(f"s{i}" for i in range(strata))])


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
    whose = found.people(OVERLAP | SAME_START | AFTER_DEATH | (NEAR if near else 0))
    kinds = {"level": "TINYINT", "grp": "TINYINT", "reason": "TINYINT"}
    kinds |= {"person": "BIGINT", "admit": "INTEGER", "discharge": "INTEGER"}
    kinds |= {f"s{i}": _small(n) for i, n in enumerate(labels)} | HELPERS
    names = [*columns(len(labels)).split(", "), *HELPERS]
    # What is set aside may hold numbers of any size.
    kept = {
        "admit": "CASE WHEN why = 0 THEN admit END",
        "discharge": f"CASE WHEN why = 0 AND finish <= {cutoff} THEN finish END",
    }
    picked = [f"{kept.get(name, name)}::{kinds[name]} AS {name}" for name in names]
    engine.run(
        f"CREATE TEMP TABLE {found.anew} AS SELECT {', '.join(picked)}, "
        f"0::INTEGER AS seq FROM ({judged.some(whose, aside=bool(found.aside))})"
    )
    gone = f"person IS NULL OR person IN ({whose})" if found.aside else f"person IN ({whose})"
    engine.leave_out(table, gone)
    engine.run(
        f"CREATE TEMP VIEW {found.settled} AS SELECT *, CASE WHEN finish <= {cutoff} THEN finish END AS discharge "
        f"FROM ({layout.seen(table, labels)} WHERE codes >= 0)"
    )
    return found


def _ordered(engine: Engine, judged: Judged, layout: StayLayout, labels: Sequence[int]) -> str:
    """Order the stays; a row that is set aside has no person, and the rule in the place of its marks."""
    key = layout.key
    packed = key.pack({field.name: field.name for field in key.fields})
    alone = "".join(f", {name}" for name in layout.alone(labels))
    days = {"admit": key.unpack("admit"), "finish": key.unpack("finish"), "next_admit": key.unpack("admit", "after")}
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
    tests = {
        OVERLAP: "gap < 0",
        AFTER_DEATH: f"reason = {DIED_CODE} AND gap >= 0",
        SAME_DAY: "gap = 0 AND next_level <> level",
        OPEN_BEFORE: f"finish > {cutoff}",
        TOUCH: "gap = 0 AND next_level = level",
        NEAR: f"{near} > 0 AND gap BETWEEN 0 AND {near} AND next_level = level",
        SAME_START: "admit = next_admit",
    }
    bits = " + ".join(f"CASE WHEN {test} THEN {bit} ELSE 0 END" for bit, test in tests.items())
    odd = engine.name("odd")
    # Most stays are the last of their person, or end well before the next one begins: nothing else needs a test.
    engine.run(
        f"CREATE TEMP TABLE {odd} AS SELECT person, {bits} AS bits FROM ("
        f"SELECT *, next_admit - finish AS gap FROM ({seen})) "
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
    return Neighbours(f"{table}_settled", engine.name("some_stays"), odd, counts, marked, aside)


def _small(labels: int) -> str:
    """Return the type of the codes of so many labels."""
    return "TINYINT" if labels < 1 << 7 else "SMALLINT" if labels < 1 << 15 else "INTEGER"


def both_sql(found: Neighbours, strata: int) -> str:
    """Return the SQL of all stays that are kept."""
    names = columns(strata)
    return f"SELECT {names}, 0 AS seq FROM {found.settled} UNION ALL SELECT {names}, seq FROM {found.anew}"


def repeated(engine: Engine, found: Neighbours, strata: int) -> int:
    """Set aside (R10) the second and later of exactly equal rows; rank by episode id what shares all its dates."""
    if not found.counts[SAME_START]:
        return 0
    ties, stays = engine.name("ties"), found.anew
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


def versions(engine: Engine, found: Neighbours, strata: Sequence[str]) -> tuple[int, int]:
    """Set aside (R11) contradicting versions of one stay; return how many, and how many a newer one replaced.

    Rows of one person, level, admission day, episode id and facility that discharge on different days speak of one
    stay. The one with the latest ``updated_at`` is kept; without one, all are set aside. Stays of no night are left
    alone: someone can be discharged and admitted again to one level on one day.
    """
    if not found.counts[SAME_START]:
        return 0, 0
    twins, stays = engine.name("twins"), found.anew
    place = "".join(f", s{i}" for i, name in enumerate(strata) if name == "facility")
    key = f"person, level, admit, episode{place}"
    engine.run(
        f"""
        CREATE TEMP TABLE {twins} AS
        SELECT place, newest AND alone AS keep FROM (
          SELECT place,
            min(coalesce(discharge, 10000000)) OVER k <> max(coalesce(discharge, 10000000)) OVER k AS differ,
            coalesce(stamp = max(stamp) OVER k AND count(stamp) OVER k = count(*) OVER k, false) AS newest,
            coalesce(count(*) OVER (PARTITION BY {key}, stamp) = 1, false) AS alone
          FROM (
            SELECT rowid AS place, *, TRY_CAST(version::VARCHAR AS TIMESTAMP) AS stamp FROM {stays}
            WHERE why = 0 AND (discharge IS NULL OR discharge > admit) AND person IN ({found.people(SAME_START)}))
          WINDOW k AS (PARTITION BY {key}))
        WHERE differ"""
    )
    n, kept = engine.one(f"SELECT count(*) FILTER (NOT keep), count(*) FILTER (keep) FROM {twins}")
    engine.run(f"UPDATE {stays} SET why = 11 FROM {twins} WHERE {stays}.rowid = {twins}.place AND NOT {twins}.keep")
    engine.run(f"DROP TABLE {twins}")
    return int(n), int(kept)


def overlapping(engine: Engine, stays: str, people: str, cutoff: int) -> tuple[int, int]:
    """Return the stays that begin while an earlier one of the person goes on, and the people concerned.

    A running maximum of the ends decides, since the stay just before may be a short one inside a longer one.
    """
    n, persons = engine.one(
        f"""
        SELECT count(*), count(DISTINCT person) FROM (
          SELECT person, admit, max(coalesce(discharge, {cutoff + 1})) OVER (
            PARTITION BY person ORDER BY admit, coalesce(discharge, {cutoff + 1}), level, seq
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
          FROM {stays} WHERE person IN ({people}))
        WHERE reached > admit"""
    )
    return int(n), int(persons)


def after_death(engine: Engine, stays: str, people: str) -> tuple[int, int]:
    """Return the people admitted on a day after that of their death, and those who died at all."""
    late = engine.one(
        f"SELECT count(*) FROM (SELECT person FROM {stays} WHERE person IN ({people}) GROUP BY person "
        f"HAVING max(admit) > min(CASE WHEN reason = {DIED_CODE} THEN discharge END))"
    )[0]
    deaths = engine.one(
        f"SELECT count(DISTINCT person) FROM {stays} WHERE reason = {DIED_CODE} AND discharge IS NOT NULL"
    )[0]
    return int(late), int(deaths)
