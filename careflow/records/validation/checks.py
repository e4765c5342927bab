"""The checks in their order: single rows, then what a person's stays are to each other, then the policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from careflow.continuum import Continuum
from careflow.errors import RecordError
from careflow.formatting import people, several
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.findings import FIXED, FLAGGED, Ledger
from careflow.records.parsing import date_formats, encode, hours
from careflow.records.validation import deaths, neighbours, overlaps, versions
from careflow.records.validation.options import Options

LONG_STAY: Final = 1461
"""Nights (four years) beyond which a stay is flagged; at a level where everyone lives in, 365."""

MOST_AFTER_DEATH: Final = 0.005
FEW_PEOPLE: Final = 11
R07: Final = 7
"""The number of the rule for stays admitted after the cut-off."""
MANY_FACILITIES: Final = 12
LONG_OVERLAP: Final = 30
MIXED_GRAIN: Final = 0.3
MOST_AFTER_END: Final = 92
"""Days (a quarter) by which a cut-off may be later than the last admission or discharge of a file."""

_MARKS: Final = (
    (encode.OPEN_AFTER_CUTOFF, "R08 discharged after the cut-off", FIXED, "read as still open at the cut-off"),
    (
        encode.OPEN_ENDLESS,
        "R09 end-of-time discharge",
        FIXED,
        "9999-12-31, 0000-00-00 and the like: read as still open",
    ),
    (encode.LATE_ENTRY, "F07 admitted before the start", FLAGGED, "under observation from the start on"),
    (encode.REASON_NO_DATE, "F08 reason without a discharge", FLAGGED, "kept as an open stay; the reason is not used"),
    (encode.DATE_NO_REASON, "F08 discharge without a reason", FLAGGED, "counted as 'unknown'"),
)


@dataclass(frozen=True)
class Table:
    """The stays and what is needed to check them.

    Attributes
    ----------
    engine : Engine
        Where they are.
    stays : str
        The name under which those that are kept will be found.
    strata : tuple of str
        Names of the strata, in the order of the columns s0, s1, ...
    cutoff : int
        The last complete day, in days since 1970-01-01.
    """

    engine: Engine
    stays: str
    strata: tuple[str, ...]
    cutoff: int

    @property
    def facility(self) -> int | None:
        """The number of the stratum ``facility``, if there is one."""
        return self.strata.index("facility") if "facility" in self.strata else None


def set_rows_aside(found: neighbours.Neighbours, level_note: str, ledger: Ledger, ragged: int) -> int:
    """Say which rows were set aside one by one; return the rows of the file.

    Raises
    ------
    RecordError
        The file has no rows, or too many were set aside.
    """
    rows = found.marked.total() + found.aside.total() + ragged
    if not rows:
        raise RecordError("the file has a line of names and no rows.", check="S11", n=0)
    notes = {3: f"{level_note}. Map them with levels=" if level_note else ""}
    for why, n in sorted(found.aside.items()):
        ledger.set_aside(f"R{why:02d}", n, notes.get(why, ""))
    ledger.check_limits(rows)
    return rows


def compare_neighbours(
    table: Table, found: neighbours.Neighbours, rows: int, options: Options, ledger: Ledger
) -> tuple[int, bool]:
    """Run the checks on the stays of the people marked; return the number of people, and whether stays were changed."""
    if options.close_open_after is not None:
        note = f"closed after {options.close_open_after} days, reason unknown, by close_open_after="
        ledger.add("stale open stays closed", FIXED, _marks_of(found, encode.STALE), note)
    copies = neighbours.repeated(table.engine, found, len(table.strata))
    ledger.set_aside("R10", copies, "one of each is kept")
    twins, replaced = versions.versions(table.engine, found, table.strata)
    ledger.set_aside(
        "R11", twins, f"{replaced:,} replaced by a newer version" if replaced else "which one holds is not known"
    )
    if found.hours:
        hours.keep_known(table.engine, found.overlapping)
    ended = 0
    if found.counts[neighbours.OVERLAP] or found.counts[neighbours.AFTER_DEATH]:
        ended = _settle_deaths(table, found, ledger)
    ledger.check_limits(rows)
    persons = found.counts[neighbours.LAST] - _drop_aside(table, found)
    for bit, check, action, note in _MARKS:
        ledger.add(check, action, _marks_of(found, bit), note)
    return persons, found.hours or copies + twins + ended > 0


def _marks_of(found: neighbours.Neighbours, bit: int) -> int:
    return sum(n for marks, n in found.marked.items() if marks & bit)


def _drop_aside(table: Table, found: neighbours.Neighbours) -> int:
    """Drop the rows set aside, but for their places; return how many people have no other since stays were compared."""
    engine, stays = table.engine, found.overlapping
    late = f"why IN (10, 11, {deaths.AFTER_DEATH_RULE})"
    for marks, n in engine.rows(f"SELECT marks, count(*) FROM {stays} WHERE {late} GROUP BY 1"):
        found.marked[marks] -= n
    gone = engine.one(
        f"SELECT count(*) FROM (SELECT person FROM {stays} WHERE why = 0 OR {late} GROUP BY person "
        "HAVING count(*) FILTER (why = 0) = 0)"
    )[0]
    engine.run(f"CREATE TEMP TABLE {table.stays}_aside AS SELECT row, why FROM {stays} WHERE why <> 0")
    engine.run(f"DELETE FROM {stays} WHERE why <> 0")
    return int(gone)


def apply_policies(table: Table, found: neighbours.Neighbours, options: Options, ledger: Ledger) -> overlaps.Change:
    """Join what is near, and settle what overlaps.

    Raises
    ------
    RecordError
        ``overlaps="error"`` and there are some.
    """
    engine, cutoff, strata = table.engine, table.cutoff, len(table.strata)
    joined = overlaps.Change()
    if options.bridge_days and (found.counts[neighbours.NEAR] or found.counts[neighbours.OVERLAP]):
        near = found.people(neighbours.NEAR | neighbours.OVERLAP)
        joined = overlaps.bridge(engine, found, near, cutoff, strata, options.bridge_days, table.facility)
        note = f"gaps of 0 to {options.bridge_days} days, and overlaps, at one level and facility, by bridge_days="
        ledger.add("stays joined to the one before", FIXED, joined.absorbed, note)
    # By hours a stay of no night can lie inside one that begins on its day.
    beside = neighbours.OVERLAP | (neighbours.SAME_START if found.hours else 0)
    if not any(n for bit, n in found.counts.items() if bit & beside):
        return joined
    whose = found.people(beside)
    n, persons = neighbours.count_overlaps(engine, found, whose, cutoff)
    if n and options.overlaps == "error":
        raise RecordError(
            f"{several(n, 'stay')} of {people(persons)} begin while an earlier stay goes on. Choose what to do: "
            "overlaps='highest' (the more intensive level has each day), 'latest' (a new admission ends the earlier "
            "stay) or 'flag' (kept as they are).",
            check="F01",
            n=n,
        )
    _shared_ids(table, found.overlapping, whose, ledger)
    changed = overlaps.Change()
    if n and options.overlaps != "flag":
        policy = overlaps.highest if options.overlaps == "highest" else overlaps.latest
        changed = policy(engine, found, whose, cutoff, strata)
    how = (
        "kept; a discharge while another stay goes on is 'concurrent'"
        if options.overlaps == "flag"
        else f"{changed.trimmed:,} trimmed, {changed.added:,} added by splitting, {changed.absorbed:,} absorbed"
    )
    note = f"of {people(persons)}; overlaps={options.overlaps!r}: {how}"
    ledger.add("F01 overlapping stays", FLAGGED if options.overlaps == "flag" else FIXED, n, note)
    return overlaps.Change(changed.trimmed, changed.added, changed.absorbed + joined.absorbed)


@dataclass(frozen=True)
class Totals:
    """How many stays there are, are very long, are open, are of no night; and their first and last day."""

    n: int = 0
    long: int = 0
    open: int = 0
    no_night: int = 0
    first: int = neighbours.NEVER
    last: int = -neighbours.NEVER

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.n + other.n,
            self.long + other.long,
            self.open + other.open,
            self.no_night + other.no_night,
            min(self.first, other.first),
            max(self.last, other.last),
        )


def totals(table: Table, stays: str, continuum: Continuum) -> Totals:
    """Return the totals of the stays in a table."""
    cutoff = table.cutoff
    n, *others = table.engine.one(
        f"SELECT count(*), count(*) FILTER ({_long(continuum, cutoff)}), count(*) FILTER (end_day > {cutoff}), "
        "count(*) FILTER (admit = end_day), "
        f"min(admit), max(CASE WHEN end_day <= {cutoff} THEN end_day ELSE admit END) FROM {stays}"
    )
    return Totals(int(n), *map(int, others)) if n else Totals()


def finishing(table: Table, found: neighbours.Neighbours) -> str:
    """Return the SQL of the stays that were looked at anew, with ``end_day`` as those of most people have it."""
    return f"(SELECT level, admit, coalesce(discharge, {table.cutoff + 1}) AS end_day FROM {found.overlapping})"


def settle(table: Table, found: neighbours.Neighbours) -> None:
    """Put the stays together as a view."""
    engine = table.engine
    engine.run(f"DROP TABLE {found.table}")
    for column in encode.HELPERS:
        engine.run(f"ALTER TABLE {found.overlapping} DROP COLUMN {column}")
    engine.run(f"CREATE TEMP VIEW {table.stays} AS {neighbours.both_sql(found, len(table.strata))}")


def flag_people(
    table: Table,
    found: neighbours.Neighbours,
    every: Totals,
    places: int,
    options: Options,
    ledger: Ledger,
    changed: bool,
) -> None:
    """Flag what is kept and yet odd, after all is done: same-day changes, long stays, ids that may be shared.

    Parameters
    ----------
    table, found, every, ledger
        The stays, what they are to each other, their totals, and where findings go.
    places : int
        The number of facilities in the file.
    options : Options
        What was done already is not advised.
    changed : bool
        Whether stays were changed since they were compared.
    """
    engine, stays = table.engine, f"({neighbours.both_sql(found, len(table.strata))})"
    counts = neighbours.recounted(engine, found, table.cutoff) if changed else found.counts
    ledger.add("F02 same-day changes of level", FLAGGED, counts[neighbours.SAME_DAY], "moves of no days between")
    ledger.add("F05 same-day returns", FLAGGED, counts[neighbours.TOUCH], "discharged and admitted again to one level")
    ledger.add(
        "F06 open, then another stay", FLAGGED, counts[neighbours.OPEN_BEFORE], "overlaps='latest' closes the earlier"
    )
    ledger.add(
        "F03 very long stays", FLAGGED, every.long, f"over 365 nights living in, or over {LONG_STAY:,} elsewhere"
    )
    if every.n >= 100 and counts[neighbours.TOUCH] > MIXED_GRAIN * every.n:
        note = "many stays begin where one at the same level ends: weeks or claims?"
        note += "" if options.bridge_days else " bridge_days=1 joins them"
        ledger.add("F10 rows may be parts of stays", FLAGGED, counts[neighbours.TOUCH], note)
    ledger.add("F09 stays of no night", FLAGGED, every.no_night, "admitted and discharged on one day: length 0")
    if table.facility is not None and places > MANY_FACILITIES:
        many = engine.one(
            "SELECT count(DISTINCT person) FROM ("
            f"SELECT person, count(DISTINCT s{table.facility}) AS places FROM {stays} "
            f"WHERE person IN (SELECT person FROM {stays} GROUP BY person HAVING count(*) > {MANY_FACILITIES}) "
            f"GROUP BY person, admit // 365) WHERE places > {MANY_FACILITIES}"
        )[0]
        note = f"people with more than {MANY_FACILITIES} facilities in a year: is the id of several people?"
        ledger.add("F11 ids that may be shared", FLAGGED, many, note)


def check_end(found: neighbours.Neighbours, every: Totals, cutoff: int, ledger: Ledger) -> None:
    """Flag a cut-off long after the last admission or discharge: the periods between are empty, as if care had ended.

    A file that goes on after the cut-off (R07, R08) covers all days up to it.
    """
    after = cutoff - every.last
    if after > MOST_AFTER_END and not found.aside[R07] and not _marks_of(found, encode.OPEN_AFTER_CUTOFF):
        last = date_formats.EPOCH + timedelta(days=every.last)
        note = f"no admission or discharge after {last}, {after:,} days before the cut-off: were later stays left out?"
        ledger.add("F12 cut-off long after the data", FLAGGED, 1, note)


def _settle_deaths(table: Table, found: neighbours.Neighbours, ledger: Ledger) -> int:
    what = deaths.contradictions(table.engine, found, table.cutoff)
    late, died = what.people, what.died
    if late >= FEW_PEOPLE and late > MOST_AFTER_DEATH * died and not ledger.accepts("F04"):
        raise RecordError(
            f"{late:,} of {died:,} people who died are admitted after their death: ids of several people may have "
            "been merged, or a reason code may not mean death. Mend the file, or accept it: accept=['F04'].",
            check="F04",
            n=late,
        )
    ledger.add("F04 admitted after death", FLAGGED, late, f"people, of {died:,} who died; their stays after it: R14")
    ledger.set_aside("R14", what.late, "nothing follows a death")
    note = "cut on the day of death, or discharged on it for another reason: they end by death"
    ledger.add("R15 stays beside a death", FIXED, what.cut, note)
    deaths.settle(table.engine, found, what)
    return what.late + what.cut


def _shared_ids(table: Table, stays: str, whose: str, ledger: Ledger) -> None:
    if table.facility is None:
        return
    place = f"s{table.facility}"
    n = table.engine.one(
        f"""
        WITH mine AS (
          SELECT rowid AS place, person, admit, coalesce(discharge, {table.cutoff + 1}) AS end_day, {place} AS f
          FROM {stays} WHERE person IN ({whose}))
        SELECT count(DISTINCT a.person)
        FROM mine a JOIN mine b ON a.person = b.person AND a.place < b.place AND a.f <> b.f
        WHERE least(a.end_day, b.end_day) - greatest(a.admit, b.admit) > {LONG_OVERLAP}"""
    )[0]
    note = f"people in two facilities at once for more than {LONG_OVERLAP} days: is the id of several people?"
    ledger.add("F11 ids that may be shared", FLAGGED, n, note)


def _long(continuum: Continuum, cutoff: int) -> str:
    living_in = [str(i) for i, level in enumerate(continuum.levels) if level.live_in == "always"]
    limit = (
        f"CASE WHEN level IN ({', '.join(living_in)}) THEN 365 ELSE {LONG_STAY} END" if living_in else str(LONG_STAY)
    )
    return f"least(end_day, {cutoff}) - admit > {limit}"
