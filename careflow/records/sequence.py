"""Checks that need a person's stays side by side: repeated rows, two versions of one stay, overlaps, care after death.

One sorted pass marks the people whose neighbouring stays look odd; the exact rules then run on those people alone.
That finds them all: if any two stays of a person overlap, so does some stay with the one just before it in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from careflow.continuum.outcomes import DIED, REASONS
from careflow.records.encode import day_type
from careflow.records.engine import Engine

OVERLAP, AFTER_DEATH, SAME_DAY, OPEN_BEFORE, TOUCH, LAST, NEAR, SAME_START = (1 << i for i in range(8))
"""What a stay is to the one after it; LAST has none after it."""

# admit, end and level in one 64-bit key: 21 + 21 + 17 bits. Sorting by one column takes half the time.
_SHIFT: Final = 1 << 20
_BITS: Final = (1 << 21) - 1
_LEVELS: Final = (1 << 17) - 1
DIED_CODE: Final = REASONS.index(DIED)


@dataclass(frozen=True)
class Neighbours:
    """What the sorted pass found.

    Attributes
    ----------
    settled : str
        The stays of most people, of whom no two share all their dates, begin on one day or overlap: without helpers,
        each with ``next_admit`` and ``next_level`` of the one after it. Nobody of them is seen after a death.
    anew : str
        Those of everybody else, with their helpers: rules may change them, and their order is still to be found.
    table : str
        ``person, bits``: a row for each stay that is something to the one after it.
    counts : dict of int to int
        Stays by bit; those with ``LAST`` are the number of people.
    """

    settled: str
    anew: str
    table: str
    counts: dict[int, int]

    def people(self, bits: int) -> str:
        """Return the SQL of the people with any of the bits."""
        return f"SELECT person FROM {self.table} WHERE (bits & {bits}) > 0"


def columns(strata: int) -> str:
    """Return the columns of a stay that the waist reads, without its rank among ties."""
    return ", ".join(["person, grp, level, admit, discharge, reason", *(f"s{i}" for i in range(strata))])


def widened(strata: int) -> str:
    """Return these columns with days that can be reckoned with, however few bytes they are kept in."""
    return columns(strata).replace("admit, discharge", "admit::INTEGER AS admit, discharge::INTEGER AS discharge")


def scan(engine: Engine, stays: str, cutoff: int, strata: int, helpers: Sequence[str], near: int = 0) -> Neighbours:
    """Sort each person's stays, compare neighbours, and part the people who need a closer look from the others.

    Parameters
    ----------
    engine, stays
        Where the encoded stays are; those with ``why = 0`` are looked at. The table is dropped.
    cutoff : int
        The last complete day; an open stay reaches to the day after it.
    strata : int
        How many columns s0, s1, ... there are.
    helpers : sequence of str
        The SQL of the columns that the rules need besides.
    near : int
        The gap in days up to which two stays at one level are near each other.
    """
    ordered, table = engine.name("ordered"), engine.name("odd")
    end = f"(((key >> 17) & {_BITS}) - {_SHIFT})::INTEGER"
    day = day_type(cutoff)
    more = "".join(f", s{i}" for i in range(strata))
    engine.run(
        f"""
        CREATE TEMP TABLE {ordered} AS
        WITH keyed AS (
          SELECT person, grp, reason{more}, ((admit + {_SHIFT})::BIGINT << 38)
            + ((coalesce(discharge, {cutoff + 1}) + {_SHIFT})::BIGINT << 17) + level::BIGINT AS key
          FROM {stays} WHERE why = 0),
        beside AS (SELECT *, lead(key) OVER (PARTITION BY person ORDER BY key) AS after FROM keyed)
        SELECT person, grp, (key & {_LEVELS})::TINYINT AS level, ((key >> 38) - {_SHIFT})::{day} AS admit,
          nullif({end}, {cutoff + 1})::{day} AS discharge, reason{more},
          ((after >> 38) - {_SHIFT})::{day} AS next_admit, (after & {_LEVELS})::TINYINT AS next_level
        FROM beside"""
    )
    tests = {
        OVERLAP: "gap < 0",
        AFTER_DEATH: f"reason = {DIED_CODE} AND gap >= 0",
        SAME_DAY: "gap = 0 AND next_level <> level",
        OPEN_BEFORE: "discharge IS NULL",
        TOUCH: "gap = 0 AND next_level = level",
        NEAR: f"{near} > 0 AND gap BETWEEN 0 AND {near} AND next_level = level",
        SAME_START: "admit = next_admit",
    }
    bits = " + ".join(f"CASE WHEN {test} THEN {bit} ELSE 0 END" for bit, test in tests.items())
    # Most stays are the last of their person, or end well before the next one begins: nothing else needs a test.
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT person, {bits} AS bits FROM ("
        f"SELECT *, next_admit::INTEGER - coalesce(discharge, {cutoff + 1})::INTEGER AS gap FROM {ordered} "
        f"WHERE next_admit IS NOT NULL) WHERE gap <= {near} OR reason = {DIED_CODE}"
    )
    counted = engine.rows(f"SELECT bits, count(*) FROM {table} GROUP BY 1")
    counts = {bit: sum(n for bits, n in counted if bits & bit) for bit in tests}
    counts[LAST] = engine.one(f"SELECT count(*) FROM {ordered} WHERE next_admit IS NULL")[0]
    found = Neighbours(ordered, engine.name("some_stays"), table, counts)
    whose = found.people(OVERLAP | SAME_START | AFTER_DEATH | (NEAR if near else 0))
    engine.run(
        f"CREATE TEMP TABLE {found.anew} AS SELECT {widened(strata)}, {', '.join(helpers)}, 0::INTEGER AS seq "
        f"FROM {stays} WHERE why = 0 AND person IN ({whose})"
    )
    engine.run(f"DELETE FROM {ordered} WHERE person IN ({whose})")
    engine.run(f"DROP TABLE {stays}")
    return found


def both_sql(found: Neighbours, strata: int) -> str:
    """Return the SQL of all stays that are kept."""
    names = columns(strata)
    return f"SELECT {widened(strata)}, 0 AS seq FROM {found.settled} UNION ALL SELECT {names}, seq FROM {found.anew}"


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
