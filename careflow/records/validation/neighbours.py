"""Sort each person's stays once, compare each stay with the next, and mark the people who need a closer look.

If any two stays of a person overlap, then some stay overlaps the one just before it in order. The same holds for
repeated rows, two versions of one stay, and care after death. So only the people marked here need the exact rules,
which also order stays by the time of day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from careflow.continuum.outcomes import DIED, REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.encode import EPISODE_KEY, HELPERS, EncodedRows
from careflow.records.parsing.hours import HOURS, has_hours, listed, order_sql
from careflow.records.validation.stay_key import StayLayout, stay_layout

OVERLAP, AFTER_DEATH, SAME_DAY, OPEN_BEFORE, TOUCH, LAST, NEAR, SAME_START = (1 << i for i in range(8))
"""Bits: relation of a stay to the next stay of the person; LAST has no next stay."""

CLOSER_LOOK: Final = OVERLAP | SAME_START | AFTER_DEATH | NEAR
"""Relations after which stays may have to be changed or ordered again."""

NEVER: Final = 10_000_000
"""A day later than any other."""

DIED_CODE: Final = REASONS.index(DIED)


@dataclass(frozen=True)
class OrderedStays:
    """Each person's stays in order, in two tables.

    Attributes
    ----------
    sequential : str
        Stays of people none of whose stays overlap, begin on one day, or follow a death: most people. Each row has
        ``end_day`` (the day of discharge, or the day after the cut-off while the stay is open), and ``next_admit`` and
        ``next_level`` of the next stay. Without a next stay ``next_admit`` is a day beyond any linking window, not
        NULL, since columns without NULL are several times faster.
    overlapping : str
        Stays of all other people, with the helper columns. The rules may change them, and they are not yet in order.
        Rows that are set aside stay in this table until they are dropped.
    pairs : str
        ``person, bits``: one row for each stay that has a relation to the next stay.
    counts : dict of int to int
        Number of stays by bit; the number with ``LAST`` is the number of people.
    marked, aside : Counter
        Rows kept, by their marks, and rows set aside, by the number of the rule.
    hours : bool
        Whether the stays in ``overlapping`` have times of day.
    ids : bool
        Whether the stays have the hash of an episode id.
    """

    sequential: str
    overlapping: str
    pairs: str
    counts: dict[int, int]
    marked: Counter[int]
    aside: Counter[int]
    hours: bool = False
    ids: bool = False

    @property
    def more(self) -> tuple[str, ...]:
        """The columns that stays have besides those of every file."""
        return (EPISODE_KEY,) if self.ids else ()

    def people(self, bits: int) -> str:
        """Return the SQL of the people with any of the bits."""
        return f"SELECT person FROM {self.pairs} WHERE (bits & {bits}) > 0"


def columns(strata: int) -> str:
    """Return the columns of a stay that counts read, without its rank among ties."""
    return ", ".join(["person, jackknife_group, level, admit, discharge, reason", *(f"s{i}" for i in range(strata))])


def scan(
    engine: Engine, encoded: EncodedRows, cutoff: int, levels: int, labels: Sequence[int], near: int
) -> OrderedStays:
    """Sort each person's stays, compare neighbours, and separate the people who need a closer look.

    Parameters
    ----------
    engine : Engine
        Runs the statements.
    encoded : EncodedRows
        The rows of the file.
    cutoff : int
        The last complete day; an open stay has the day after it as ``end_day``.
    levels : int
        Number of levels of care.
    labels : sequence of int
        Number of labels of each of the strata s0, s1, ...
    near : int
        The longest gap in days at which two stays at one level are marked ``NEAR``.
    """
    layout = stay_layout(cutoff, levels, labels)
    table = _order_stays(engine, encoded, layout, labels)
    ordered = _compare(engine, table, layout.stays_sql(table, labels), layout.never, cutoff, near)
    ordered = replace(ordered, ids=encoded.ids)
    people = ordered.people(CLOSER_LOOK)
    types = {"level": "TINYINT", "jackknife_group": "TINYINT", "reason": "TINYINT"}
    types |= {"person": "BIGINT", "admit": "INTEGER", "discharge": "INTEGER"}
    types |= {f"s{i}": _small(n) for i, n in enumerate(labels)} | HELPERS
    types |= dict.fromkeys(HOURS, "INTEGER") if encoded.hours else {}
    types |= dict.fromkeys(ordered.more, "BIGINT")
    names = [*columns(len(labels)).split(", "), *ordered.more, *HELPERS, *(HOURS if encoded.hours else ())]
    # Rows that are set aside may hold numbers of any size.
    kept = {
        "admit": "CASE WHEN why = 0 THEN admit END",
        "discharge": f"CASE WHEN why = 0 AND end_day <= {cutoff} THEN end_day END",
    }
    picked = [f"{kept.get(name, name)}::{types[name]} AS {name}" for name in names]
    engine.run(
        f"CREATE TEMP TABLE {ordered.overlapping} AS SELECT {', '.join(picked)}, "
        f"0::INTEGER AS seq FROM ({encoded.some(people, aside=bool(ordered.aside))})"
    )
    excluded = f"person IS NULL OR person IN ({people})" if ordered.aside else f"person IN ({people})"
    engine.leave_out(table, excluded)
    engine.run(
        f"CREATE TEMP VIEW {ordered.sequential} AS "
        f"SELECT *, CASE WHEN end_day <= {cutoff} THEN end_day END AS discharge "
        f"FROM ({layout.stays_sql(table, labels, *ordered.more)} WHERE codes >= 0)"
    )
    return replace(ordered, hours=encoded.hours and has_hours(engine, ordered.overlapping))


def _order_stays(engine: Engine, encoded: EncodedRows, layout: StayLayout, labels: Sequence[int]) -> str:
    """Order the stays. A row that is set aside has a NULL person, and the number of the rule as its marks."""
    key = layout.key
    packed = key.pack({field.name: field.name for field in key.fields})
    alone = "".join(f", {name}" for name in [*layout.alone(labels), *([EPISODE_KEY] if encoded.ids else [])])
    days = {"admit": key.unpack("admit"), "end_day": key.unpack("end_day"), "next_admit": key.unpack("admit", "after")}
    table = engine.name("ordered")
    engine.run(
        f"""
        CREATE TEMP TABLE {table} AS
        WITH keyed AS (
          SELECT CASE WHEN why = 0 THEN person END::BIGINT AS person,
            CASE WHEN why = 0 THEN {packed} ELSE {key.alone("marks", "why")} END AS key{alone}
          FROM ({encoded.rows})),
        with_next AS (
          SELECT *, lead(key, 1, {layout.none}) OVER (PARTITION BY person ORDER BY key) AS after FROM keyed)
        SELECT person, {", ".join(f"{day}::{layout.day} AS {name}" for name, day in days.items())},
          ((key & {(1 << layout.codes.bits) - 1}) * {1 << layout.next_level.bits}
            + {key.unpack("level", "after")})::INTEGER AS codes{alone}
        FROM with_next"""
    )
    return table


def _compare(engine: Engine, table: str, seen: str, never: int, cutoff: int, near: int) -> OrderedStays:
    """Mark the relation of each stay to the next, and count."""
    tests = _tests(cutoff, near)
    pairs = engine.name("pairs")
    # Most stays are the last of their person or end well before the next: only the others are tested.
    engine.run(
        f"CREATE TEMP TABLE {pairs} AS SELECT person, {_bits(tests)} AS bits FROM ("
        f"SELECT *, next_admit - end_day AS gap FROM ({seen})) "
        f"WHERE person IS NOT NULL AND (gap <= {near} OR (reason = {DIED_CODE} AND next_admit < {never}))"
    )
    counted = engine.rows(f"SELECT bits, count(*) FROM {pairs} GROUP BY 1")
    counts = {bit: sum(n for bits, n in counted if bits & bit) for bit in tests}
    kept, counts[LAST] = engine.one(
        f"SELECT count(*), count(*) FILTER (next_admit = {never}) FROM ({seen}) WHERE person IS NOT NULL"
    )
    # Most rows have no mark; leaving them out of the grouping is faster.
    rows = engine.rows(
        f"SELECT person IS NULL, marks, count(*) FROM ({seen}) WHERE marks > 0 OR person IS NULL GROUP BY 1, 2"
    )
    marked, aside = (Counter({marks: n for out, marks, n in rows if out == which}) for which in (False, True))
    marked[0] = kept - marked.total()
    return OrderedStays(f"{table}_sequential", engine.name("some_stays"), pairs, counts, marked, aside)


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


def recount(engine: Engine, ordered: OrderedStays, cutoff: int) -> dict[int, int]:
    """Return the counts by bit again, after rules and policies have changed the overlapping stays."""
    tests = _tests(cutoff, 0)
    counted = engine.rows(
        f"SELECT bits, count(*) FROM {ordered.pairs} WHERE person NOT IN ({ordered.people(CLOSER_LOOK)}) GROUP BY 1"
    )
    counted += engine.rows(
        f"""
        SELECT bits, count(*) FROM (
          SELECT {_bits(tests)} AS bits FROM (
            SELECT *, next_admit - end_day AS gap FROM (
              SELECT admit, end_day, level, reason, lead(admit, 1, {NEVER}) OVER w AS next_admit,
                lead(level, 1, 0) OVER w AS next_level
              FROM (SELECT *, coalesce(discharge, {cutoff + 1}) AS end_day FROM {ordered.overlapping})
              WINDOW w AS (PARTITION BY person ORDER BY {order_sql("end_day", hours=ordered.hours)})))
          WHERE gap <= 0)
        GROUP BY 1"""
    )
    return {bit: sum(n for bits, n in counted if bits & bit) for bit in tests}


def _small(labels: int) -> str:
    """Return the smallest SQL type for the codes of this many labels."""
    return "TINYINT" if labels < 1 << 7 else "SMALLINT" if labels < 1 << 15 else "INTEGER"


def all_stays_sql(ordered: OrderedStays, strata: int) -> str:
    """Return the SQL of all stays that are kept, sequential and overlapping."""
    names = ", ".join([columns(strata), *ordered.more])
    times = "".join(f", 0 AS {name}" for name in HOURS) if ordered.hours else ""
    return (
        f"SELECT {names}, 0 AS seq{times} FROM {ordered.sequential} UNION ALL "
        f"SELECT {names}, seq{listed('', hours=ordered.hours)} FROM {ordered.overlapping}"
    )


def set_aside_repeats(engine: Engine, ordered: OrderedStays, strata: int) -> int:
    """Set aside (R10) all but one of equal rows; rank stays that share all their dates by episode id."""
    if not ordered.counts[SAME_START]:
        return 0
    ties, stays = engine.name("ties"), ordered.overlapping
    same = "person, admit, discharge, level"
    more = "".join(f", s{i}" for i in range(strata))
    # An episode id that is a whole number is sorted as a number, whether stored as text or not.
    engine.run(
        f"""
        CREATE TEMP TABLE {ties} AS
        WITH mine AS (
          SELECT rowid AS stay_id, *, TRY_CAST(episode::VARCHAR AS BIGINT) AS number FROM {stays}
          WHERE why = 0 AND person IN ({ordered.people(SAME_START)})),
        counted AS (
          SELECT stay_id, {same}, number, episode, row_number() OVER (
            PARTITION BY {same}, reason, episode, written, version{more} ORDER BY row) AS copy
          FROM mine)
        SELECT stay_id, copy, dense_rank() OVER (
          PARTITION BY {same} ORDER BY number NULLS LAST, episode NULLS LAST) - 1 AS seq
        FROM counted"""
    )
    n = int(engine.one(f"SELECT count(*) FROM {ties} WHERE copy > 1")[0])
    engine.run(f"UPDATE {stays} SET why = 10 FROM {ties} WHERE {stays}.rowid = {ties}.stay_id AND {ties}.copy > 1")
    engine.run(
        f"UPDATE {stays} SET seq = {ties}.seq FROM {ties} WHERE {stays}.rowid = {ties}.stay_id AND {ties}.seq > 0"
    )
    engine.run(f"DROP TABLE {ties}")
    return n


def count_overlaps(engine: Engine, ordered: OrderedStays, people: str, cutoff: int) -> tuple[int, int]:
    """Return the number of stays that begin while an earlier stay of the person goes on, and the number of people.

    An earlier stay is found by the running maximum of the end days: the stay just before may be short and lie inside a
    longer one.
    """
    n, persons = engine.one(
        f"""
        SELECT count(*), count(DISTINCT person) FROM (
          SELECT person, admit, max(coalesce(discharge, {cutoff + 1})) OVER (
            PARTITION BY person ORDER BY {order_sql(f"coalesce(discharge, {cutoff + 1})", hours=ordered.hours)}
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
          FROM {ordered.overlapping} WHERE person IN ({people}))
        WHERE reached > admit"""
    )
    return int(n), int(persons)
