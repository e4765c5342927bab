"""The checks in their order: single rows, then the stays of a person, then overlap policies, then flags."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from careflow.errors import RecordError
from careflow.formatting import people, several
from careflow.records.findings import FIXED, FLAGGED, FindingLog
from careflow.records.parsing import date_formats, encode, hours
from careflow.records.validation import deaths, neighbours, overlaps, versions
from careflow.records.validation.neighbours import OrderedStays
from careflow.records.validation.options import Options
from careflow.records.validation.stay_table import LONG_STAY, Table, Totals

MOST_AFTER_DEATH: Final = 0.005
FEW_PEOPLE: Final = 11
R07: Final = 7
"""The rule for stays admitted after the cut-off."""
MANY_FACILITIES: Final = 12
FEW_STAYS: Final = 11
"""The number of stays below which nothing is said about their nights."""
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


def set_rows_aside(ordered: OrderedStays, level_note: str, log: FindingLog, ragged: int) -> int:
    """Record the rows that were set aside one by one; return the number of rows of the file.

    Raises
    ------
    RecordError
        The file has no rows, or too many of them were set aside.
    """
    rows = ordered.marked.total() + ordered.aside.total() + ragged
    if not rows:
        raise RecordError("the file has a line of names and no rows.", check="S11", n=0)
    notes = {3: f"{level_note}. Map them with levels=" if level_note else ""}
    for why, n in sorted(ordered.aside.items()):
        log.set_aside(f"R{why:02d}", n, notes.get(why, ""))
    log.check_limits(rows)
    return rows


def check_neighbours(
    table: Table, ordered: OrderedStays, rows: int, options: Options, log: FindingLog
) -> tuple[int, bool]:
    """Check the stays of the marked people; return the number of people, and whether any stay was changed."""
    if options.close_open_after is not None:
        note = f"closed after {options.close_open_after} days, reason unknown, by close_open_after="
        log.add("stale open stays closed", FIXED, _marks_of(ordered, encode.STALE), note)
    copies = neighbours.set_aside_repeats(table.engine, ordered, len(table.strata))
    log.set_aside("R10", copies, "one of each is kept")
    twins, replaced = versions.versions(table.engine, ordered, table.strata)
    log.set_aside(
        "R11", twins, f"{replaced:,} replaced by a newer version" if replaced else "which one is right is not known"
    )
    if ordered.hours:
        hours.keep_complete(table.engine, ordered.overlapping)
    ended = 0
    if ordered.counts[neighbours.OVERLAP] or ordered.counts[neighbours.AFTER_DEATH]:
        ended = _apply_deaths(table, ordered, log)
    log.check_limits(rows)
    persons = ordered.counts[neighbours.LAST] - _drop_aside(table, ordered)
    for bit, check, action, note in _MARKS:
        log.add(check, action, _marks_of(ordered, bit), note)
    return persons, ordered.hours or copies + twins + ended > 0


def _marks_of(ordered: OrderedStays, bit: int) -> int:
    return sum(n for marks, n in ordered.marked.items() if marks & bit)


def _drop_aside(table: Table, ordered: OrderedStays) -> int:
    """Drop the rows set aside, keeping their positions; return how many people lost their last stay since the sort."""
    engine, stays = table.engine, ordered.overlapping
    late = f"why IN (10, 11, {deaths.AFTER_DEATH_RULE})"
    for marks, n in engine.rows(f"SELECT marks, count(*) FROM {stays} WHERE {late} GROUP BY 1"):
        ordered.marked[marks] -= n
    gone = engine.one(
        f"SELECT count(*) FROM (SELECT person FROM {stays} WHERE why = 0 OR {late} GROUP BY person "
        "HAVING count(*) FILTER (why = 0) = 0)"
    )[0]
    engine.run(f"CREATE TEMP TABLE {table.stays}_aside AS SELECT row, why FROM {stays} WHERE why <> 0")
    engine.run(f"DELETE FROM {stays} WHERE why <> 0")
    return int(gone)


def apply_policies(table: Table, ordered: OrderedStays, options: Options, log: FindingLog) -> overlaps.Change:
    """Join stays by ``bridge_days``, then apply the overlap policy.

    Raises
    ------
    RecordError
        Stays overlap and ``overlaps="error"``.
    """
    engine, cutoff, strata = table.engine, table.cutoff, len(table.strata)
    joined = overlaps.Change()
    if options.bridge_days and (ordered.counts[neighbours.NEAR] or ordered.counts[neighbours.OVERLAP]):
        near = ordered.people(neighbours.NEAR | neighbours.OVERLAP)
        joined = overlaps.bridge(engine, ordered, near, cutoff, strata, options.bridge_days, table.facility)
        note = f"gaps of 0 to {options.bridge_days} days, and overlaps, at one level and facility, by bridge_days="
        log.add("stays joined to the one before", FIXED, joined.absorbed, note)
    # With times of day a stay of no night can lie inside one that begins on the same day.
    overlapping = neighbours.OVERLAP | (neighbours.SAME_START if ordered.hours else 0)
    if not any(n for bit, n in ordered.counts.items() if bit & overlapping):
        return joined
    people_sql = ordered.people(overlapping)
    n, persons = neighbours.count_overlaps(engine, ordered, people_sql, cutoff)
    if n and options.overlaps == "error":
        raise RecordError(
            f"{several(n, 'stay')} of {people(persons)} begin while an earlier stay goes on. Choose what to do: "
            "overlaps='highest' (the more intensive level has each day), 'latest' (a new admission ends the earlier "
            "stay) or 'flag' (kept as they are).",
            check="F01",
            n=n,
        )
    _shared_ids(table, ordered.overlapping, people_sql, log)
    changed = overlaps.Change()
    if n and options.overlaps != "flag":
        policy = overlaps.highest if options.overlaps == "highest" else overlaps.latest
        changed = policy(engine, ordered, people_sql, cutoff, strata)
    how = (
        "kept; a discharge while another stay goes on is 'concurrent'"
        if options.overlaps == "flag"
        else f"{changed.trimmed:,} trimmed, {changed.added:,} added by splitting, {changed.absorbed:,} absorbed"
    )
    note = f"of {people(persons)}; overlaps={options.overlaps!r}: {how}"
    log.add("F01 overlapping stays", FLAGGED if options.overlaps == "flag" else FIXED, n, note)
    return overlaps.Change(changed.trimmed, changed.added, changed.absorbed + joined.absorbed)


def flag_people(
    table: Table,
    ordered: OrderedStays,
    total: Totals,
    facilities: int,
    options: Options,
    log: FindingLog,
    changed: bool,
) -> None:
    """Flag unusual stays that are kept, after all changes: same-day changes, long stays, ids that may be shared.

    Parameters
    ----------
    table, ordered, total
        The stays, their relations, and their totals.
    facilities : int
        The number of facilities in the file.
    options : Options
        The arguments of the reading; no note advises what they already do.
    log : FindingLog
        Receives the findings.
    changed : bool
        Whether stays were changed after they were compared.
    """
    engine, stays = table.engine, f"({neighbours.all_stays_sql(ordered, len(table.strata))})"
    counts = neighbours.recount(engine, ordered, table.cutoff) if changed else ordered.counts
    log.add("F02 same-day changes of level", FLAGGED, counts[neighbours.SAME_DAY], "moves of no days between")
    log.add("F05 same-day returns", FLAGGED, counts[neighbours.TOUCH], "discharged and admitted again to one level")
    log.add(
        "F06 open, then another stay", FLAGGED, counts[neighbours.OPEN_BEFORE], "overlaps='latest' closes the earlier"
    )
    log.add("F03 very long stays", FLAGGED, total.long, f"over 365 nights living in, or over {LONG_STAY:,} elsewhere")
    if total.n >= 100 and counts[neighbours.TOUCH] > MIXED_GRAIN * total.n:
        note = "many stays begin where one at the same level ends: weeks or claims?"
        note += "" if options.bridge_days else " bridge_days=1 joins them"
        log.add("F10 rows may be parts of stays", FLAGGED, counts[neighbours.TOUCH], note)
    log.add("F09 stays of no night", FLAGGED, total.no_night, "admitted and discharged on one day: length 0")
    _flag_visits(total, log)
    if table.facility is not None and facilities > MANY_FACILITIES:
        many = engine.one(
            "SELECT count(DISTINCT person) FROM ("
            f"SELECT person, count(DISTINCT s{table.facility}) AS places FROM {stays} "
            f"WHERE person IN (SELECT person FROM {stays} GROUP BY person HAVING count(*) > {MANY_FACILITIES}) "
            f"GROUP BY person, admit // 365) WHERE places > {MANY_FACILITIES}"
        )[0]
        note = f"people with more than {MANY_FACILITIES} facilities in a year: is the id of several people?"
        log.add("F11 ids that may be shared", FLAGGED, many, note)


def _flag_visits(total: Totals, log: FindingLog) -> None:
    """Flag (F14) stays of which more than half have no night, at the levels where people live in or at all levels."""
    live_in, everywhere = "at levels where people live in", "at all levels"
    for stays, no_night, where in (
        (total.living_in, total.living_in_no_night, live_in),
        (total.n, total.no_night, everywhere),
    ):
        if stays >= FEW_STAYS and 2 * no_night > stays:
            note = f"of {stays:,} stays {where}; are the rows visits? A row must be a whole stay, to its discharge"
            log.add("F14 most stays have no night", FLAGGED, no_night, note)
            return


def check_end(ordered: OrderedStays, total: Totals, cutoff: int, log: FindingLog) -> None:
    """Flag (F12) a cut-off long after the last admission or discharge: later periods would look empty.

    A file with dates after the cut-off (R07, R08) covers all days up to it and is not flagged.
    """
    after = cutoff - total.last
    if after > MOST_AFTER_END and not ordered.aside[R07] and not _marks_of(ordered, encode.OPEN_AFTER_CUTOFF):
        last = date_formats.EPOCH + timedelta(days=total.last)
        note = f"no admission or discharge after {last}, {after:,} days before the cut-off: were later stays left out?"
        log.add("F12 cut-off long after the data", FLAGGED, 1, note)


def _apply_deaths(table: Table, ordered: OrderedStays, log: FindingLog) -> int:
    contradictions = deaths.contradictions(table.engine, ordered, table.cutoff)
    late, died = contradictions.people, contradictions.died
    if late >= FEW_PEOPLE and late > MOST_AFTER_DEATH * died and not log.accepts("F04"):
        raise RecordError(
            f"{late:,} of {died:,} people who died are admitted after their death: ids of several people may have "
            "been merged, or a reason code may not mean death. Correct the file, or accept it: accept=['F04'].",
            check="F04",
            n=late,
        )
    log.add("F04 admitted after death", FLAGGED, late, f"people, of {died:,} who died; their stays after it: R14")
    log.set_aside("R14", contradictions.late, "nothing follows a death")
    note = "cut on the day of death, or discharged on it for another reason: they end by death"
    log.add("R15 stays beside a death", FIXED, contradictions.cut, note)
    deaths.apply(table.engine, ordered, contradictions)
    return contradictions.late + contradictions.cut


def _shared_ids(table: Table, stays: str, people_sql: str, log: FindingLog) -> None:
    if table.facility is None:
        return
    facility = f"s{table.facility}"
    n = table.engine.one(
        f"""
        WITH mine AS (
          SELECT rowid AS stay_id, person, admit, coalesce(discharge, {table.cutoff + 1}) AS end_day, {facility} AS f
          FROM {stays} WHERE person IN ({people_sql}))
        SELECT count(DISTINCT a.person)
        FROM mine a JOIN mine b ON a.person = b.person AND a.stay_id < b.stay_id AND a.f <> b.f
        WHERE least(a.end_day, b.end_day) - greatest(a.admit, b.admit) > {LONG_OVERLAP}"""
    )[0]
    note = f"people in two facilities at once for more than {LONG_OVERLAP} days: is the id of several people?"
    log.add("F11 ids that may be shared", FLAGGED, n, note)
