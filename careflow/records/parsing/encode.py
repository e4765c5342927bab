"""From the file's columns to small integers, in one pass of the engine.

Levels, reasons, strata and dates written as text have few distinct values, so those are read first and understood in
Python; the pass then looks each row up, judges it, and keeps integers. Ids never leave the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from careflow.continuum import Continuum
from careflow.continuum.outcomes import REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import SourceTable
from careflow.records.findings import FIXED, FLAGGED, Ledger
from careflow.records.parsing import date_formats
from careflow.records.parsing.codes import LONGEST_LABEL, MOST_CODES, clean, code_labels, code_levels, code_reasons
from careflow.records.parsing.date_basis import ACTUAL, OFFSET, QUARTER
from careflow.records.parsing.date_columns import BAD, ENDLESS, NONE, OK, Reading, read_days, written
from careflow.records.parsing.hours import HOURS, listed, read_hours
from careflow.records.parsing.lookup_tables import Lookups, distinct, text_of
from careflow.records.parsing.relative_dates import read_offsets, read_quarters
from careflow.records.privacy.pseudonyms import People, flag_episodes, read_people
from careflow.records.schema import Mapped

OPEN_AFTER_CUTOFF, OPEN_ENDLESS, NO_NIGHT, REASON_NO_DATE, DATE_NO_REASON, LATE_ENTRY, STALE = (
    1 << i for i in range(7)
)
"""Bits of ``marks``: what is noted about a row that is kept."""

MARKS: Final = 7
"""How many bits there are."""

RAW_REASON: Final = "raw_reason"
"""The stratum of the reasons as the file has them, kept when they are codes of its own."""

HELPERS: Final = {
    "episode": "VARCHAR",
    "written": "UBIGINT",
    "version": "VARCHAR",
    "row": "BIGINT",
    "why": "UTINYINT",
    "marks": "UTINYINT",
}
"""Columns that only the checks need, and their types."""


@dataclass(frozen=True)
class Choices:
    """What the analyst said about the file's codes and dates."""

    continuum: Continuum
    levels: Mapping[Any, str] | None
    reasons: Mapping[Any, str] | None
    cutoff: date
    start: date | None
    reading: Reading
    basis: str = ACTUAL
    anchor: date | None = None


@dataclass(frozen=True)
class Plan:
    """How the columns of the file are read.

    Attributes
    ----------
    columns : dict of str to str
        SQL of ``person, jackknife_group, level, admit, admit_state, discharge, discharge_state, reason, given, episode,
        s0 ...``.
    people : People
        How the person is read.
    lookups : Lookups
        The small tables that the pass joins.
    labels : dict of str to tuple of str
        Stratum name to its labels.
    level_note : str
        The level codes that nobody explained.
    filled : dict of str to int
        Stratum name to the rows that have a value in it.
    """

    columns: dict[str, str]
    people: People
    lookups: Lookups
    labels: dict[str, tuple[str, ...]]
    level_note: str
    filled: dict[str, int]


def plan(engine: Engine, raw: SourceTable, mapped: Mapped, choices: Choices, ledger: Ledger) -> Plan:
    """Look at the distinct values of each column and decide how it is read."""
    lookups = Lookups()
    people = read_people(engine, raw, ledger)
    flag_episodes(engine, raw, ledger)
    coded = code_levels(distinct(engine, raw, "level", "level"), choices.continuum, choices.levels)
    ledger.add("levels mended", FIXED, coded.fixed, "spaces, case, Unicode form, or the short name of the level")
    given = "discharge_reason" in mapped.fields
    reasons = distinct(engine, raw, "discharge_reason", "discharge_reason") if given else None
    columns = {
        "person": people.person,
        "jackknife_group": people.group,
        "level": lookups.codes(engine, text_of(raw, "level"), coded.codes, "level"),
        **_read_dates(engine, raw, mapped, lookups, ledger, choices),
        **({} if choices.basis in (OFFSET, QUARTER) else read_hours(raw, mapped, choices.reading)),
        **_read_reason(engine, raw, reasons, choices, lookups, ledger),
        "written": written(raw, mapped),
        "episode": "nullif(trim(r.episode_id::VARCHAR), '')" if "episode_id" in mapped.fields else "NULL",
        "version": "r.updated_at::VARCHAR" if "updated_at" in mapped.fields else "NULL",
    }
    labels: dict[str, tuple[str, ...]] = {}
    filled: dict[str, int] = {}
    columns_of = {name: f"x{i}" for i, name in enumerate(mapped.strata)}
    if RAW_REASON not in columns_of and reasons is not None and _keeps_raw_reasons(reasons):
        columns_of[RAW_REASON] = "discharge_reason"
    for i, (name, column) in enumerate(columns_of.items()):
        known = reasons if name == RAW_REASON and column == "discharge_reason" else None
        texts = distinct(engine, raw, column, name) if known is None else known
        found = code_labels(texts, name)
        filled[name] = sum(texts.values()) - found.missing
        ledger.add(
            f"{name} mended",
            FIXED,
            found.fixed if name != RAW_REASON else 0,
            "spaces, case or Unicode form; the most frequent spelling is the label",
        )
        columns[f"s{i}"] = lookups.codes(engine, text_of(raw, column), found.codes, f"s{i}")
        labels[name] = found.labels
    return Plan(columns, people, lookups, labels, coded.note, filled)


def _read_dates(
    engine: Engine, raw: SourceTable, mapped: Mapped, lookups: Lookups, ledger: Ledger, choices: Choices
) -> dict[str, str]:
    if choices.basis == OFFSET:
        return read_offsets(engine, raw, mapped, lookups, ledger, choices.reading, choices.anchor)
    if choices.basis == QUARTER:
        return read_quarters(engine, raw, mapped, lookups)
    return read_days(engine, raw, mapped, lookups, ledger, choices.reading)


@dataclass(frozen=True)
class Judged:
    """Every row of the file, encoded and judged, as SQL: nothing is kept until the stays are in order.

    A row has ``person, jackknife_group, level, admit, end_day, reason, s0 ..., episode, written, version, row, why,
    marks``;
    ``why`` is 0 for a row that is kept, and ``end_day`` the day after the cut-off while a stay is open. With ``hours``
    it has its times of day, too.
    """

    reading: str
    people: People
    judging: str
    hours: bool

    @property
    def rows(self) -> str:
        """Return the SQL of all rows."""
        return f"{self.reading}){self.judging}"

    def some(self, people: str, *, aside: bool) -> str:
        """Return the SQL of the rows of some people, and with ``aside`` of all that are not kept."""
        if aside:
            return f"SELECT * FROM ({self.rows}) WHERE why <> 0 OR person IN ({people})"
        # Most rows are not even judged.
        return f"{self.reading} WHERE {self.people.among(people)}){self.judging}"


def judge(raw: SourceTable, made: Plan, choices: Choices, close_after: int | None) -> Judged:
    """Return the SQL that encodes and judges every row; stays open for longer than ``close_after`` days are closed."""
    cutoff = (choices.cutoff - date_formats.EPOCH).days
    start = -(10**6) if choices.start is None else (choices.start - date_formats.EPOCH).days
    inner = ", ".join(f"{sql} AS {name}" for name, sql in made.columns.items())
    joins = " ".join([made.people.join, *made.lookups.joins])
    wrong = {
        1: "(person IS NULL)",
        2: "(level = -1)",
        3: "(level < 0)",
        4: f"(admit_state = {NONE})",
        5: f"(admit_state <> {OK} OR discharge_state = {BAD})",
        6: f"(discharge_state = {OK} AND discharge < admit)",
        7: f"(admit > {cutoff})",
        12: f"(discharge_state = {OK} AND discharge < {start})",
    }
    marks = {
        OPEN_AFTER_CUTOFF: f"discharge_state = {OK} AND NOT closed",
        OPEN_ENDLESS: f"discharge_state = {ENDLESS}",
        NO_NIGHT: "closed AND discharge = admit",
        REASON_NO_DATE: f"given AND discharge_state <> {OK}",
        DATE_NO_REASON: f"closed AND NOT given AND reason = {REASONS.index('unknown')}",
        LATE_ENTRY: f"admit < {start}",
    }
    end_day, reason = f"CASE WHEN closed THEN discharge ELSE {cutoff + 1} END", "reason"
    if close_after is not None:
        stale = marks[STALE] = f"NOT closed AND {cutoff} - admit > {close_after}"
        end_day = f"CASE WHEN closed THEN discharge WHEN {stale} THEN admit + {close_after} ELSE {cutoff + 1} END"
        reason = f"CASE WHEN {stale} THEN {REASONS.index('unknown')} ELSE reason END"
    strata = "".join(f", s{i}" for i in range(len(made.labels)))
    hours = HOURS[0] in made.columns
    # Most rows are of a stay that is over, and nothing is to be noted about it.
    plain = f"closed AND coalesce(given, true) AND discharge <> admit AND admit >= {start}"
    noted = " + ".join(f"CASE WHEN {test} THEN {bit} ELSE 0 END" for bit, test in marks.items())
    return Judged(
        reading=f"WITH read AS (SELECT {inner}, {raw.row} AS row FROM {raw.relation} r {joins}",
        people=made.people,
        judging=f""",
        seen AS (
          SELECT *, coalesce(discharge_state = {OK} AND discharge <= {cutoff}, false) AS closed FROM read),
        judged AS (SELECT *, {_first(wrong)} AS why FROM seen)
        SELECT person, jackknife_group, level, admit, {end_day} AS end_day, {reason} AS reason{strata}, episode,
          written, version, row, why, CASE WHEN {plain} THEN 0 ELSE {noted} END AS marks{listed("", hours=hours)}
        FROM judged""",
        hours=hours,
    )


def _first(tests: Mapping[int, str]) -> str:
    """Return the SQL of the number of the first test that holds, 0 where none does."""
    # Most rows pass every test, and to know that is cheaper than to go through them one by one.
    cases = " ".join(f"WHEN {test} THEN {number}" for number, test in tests.items())
    return f"CASE WHEN {' OR '.join(tests.values())} THEN CASE {cases} ELSE 0 END ELSE 0 END"


def forget(engine: Engine, raw: SourceTable, made: Plan) -> None:
    """Take out of the engine what only reading needs."""
    made.lookups.forget(engine)
    if made.people.table:
        engine.run(f"DROP TABLE {made.people.table}")
    if raw.held:
        engine.run(f"DROP TABLE {raw.relation}")


def _keeps_raw_reasons(reasons: Mapping[str, int]) -> bool:
    # Free text is not kept: it could name a person, and no one can split by it.
    words = {clean(text) for text in reasons} - {""}
    return len(words) <= MOST_CODES and not words <= set(REASONS) and max(map(len, words)) <= LONGEST_LABEL


def _read_reason(
    engine: Engine,
    raw: SourceTable,
    reasons: Mapping[str, int] | None,
    choices: Choices,
    lookups: Lookups,
    ledger: Ledger,
) -> dict[str, str]:
    unknown = REASONS.index("unknown")
    if reasons is None:
        # A file without the column has no reasons to miss: what depends on `given` is then unknown, and counts nothing.
        return {"reason": str(unknown), "given": "NULL::BOOLEAN"}
    coded = code_reasons(reasons, choices.reasons)
    ledger.add("reasons mended", FIXED, coded.fixed, "spaces, case or Unicode form")
    ledger.add("unknown reasons", FLAGGED, coded.unknown, f"counted as 'unknown'; {coded.note}. Map them with reasons=")
    code = lookups.codes(engine, text_of(raw, "discharge_reason"), coded.codes, "reason")
    return {"reason": f"CASE WHEN {code} >= 0 THEN {code} ELSE {unknown} END", "given": f"{code} <> -1"}
