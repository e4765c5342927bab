"""Encode the columns of the file as small integers, in one query.

Levels, reasons, strata and dates as text have few distinct values. These are read first and interpreted in Python; the
query then looks up each row, applies the rules for single rows, and keeps integers. Ids never leave the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from careflow.arguments.folding import clean
from careflow.continuum import Continuum
from careflow.continuum.crosswalk import Crosswalk
from careflow.continuum.outcomes import REASONS
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import SourceTable
from careflow.records.findings import FIXED, FLAGGED, FindingLog
from careflow.records.parsing import date_formats
from careflow.records.parsing.codes import LONGEST_LABEL, MOST_CODES, code_labels, code_reasons
from careflow.records.parsing.date_basis import ACTUAL, DURATION, OFFSET, QUARTER
from careflow.records.parsing.date_columns import BAD, ENDLESS, NONE, OK, Reading, read_days, written
from careflow.records.parsing.hours import HOURS, listed, read_hours
from careflow.records.parsing.level_column import FLAG_LABELS, read_levels
from careflow.records.parsing.lookup_tables import Lookups, distinct, text_of
from careflow.records.parsing.relative_dates import read_durations, read_offsets, read_quarters
from careflow.records.privacy.pseudonyms import People, PersonKey, episode_key_sql, flag_episodes, read_people
from careflow.records.schema import Mapped

OPEN_AFTER_CUTOFF, OPEN_ENDLESS, NO_NIGHT, REASON_NO_DATE, DATE_NO_REASON, LATE_ENTRY, STALE = (
    1 << i for i in range(7)
)
"""Bits of ``marks``: notes on a row that is kept."""

MARKS: Final = 7
"""The number of bits of ``marks``."""

RAW_REASON: Final = "raw_reason"
"""The stratum of the reasons as written in the file, kept if they are not careflow's own."""

LEVEL_CODE: Final = "level_code"
"""The stratum of the codes of levels as written in the file, kept if their meaning changes over time."""

EPISODE_KEY: Final = "episode_key"
"""The keyed hash of the episode id, -1 without one; the column exists only if the file has episode ids."""

HELPERS: Final = {
    "episode": "VARCHAR",
    "written": "UBIGINT",
    "version": "VARCHAR",
    "row": "BIGINT",
    "why": "UTINYINT",
    "marks": "UTINYINT",
}
"""Columns needed by the checks only, with their types."""


@dataclass(frozen=True)
class Choices:
    """The arguments about the codes and dates of the file."""

    continuum: Continuum
    levels: Mapping[Any, str] | Crosswalk | None
    reasons: Mapping[Any, str] | None
    cutoff: date
    start: date | None
    reading: Reading
    basis: str = ACTUAL
    anchor: date | None = None
    alongside: PersonKey | None = None


@dataclass(frozen=True)
class Plan:
    """How the columns of the file are read.

    Attributes
    ----------
    columns : dict of str to str
        SQL of ``person, jackknife_group, level, admit, admit_state, discharge, discharge_state, reason, given, episode,
        s0 ...``.
    people : People
        How ids become persons.
    lookups : Lookups
        The lookup tables that the query joins.
    labels : dict of str to tuple of str
        The labels of each stratum.
    level_note : str
        The unknown level codes, for the findings.
    filled : dict of str to int
        For each stratum, the rows that have a value.
    """

    columns: dict[str, str]
    people: People
    lookups: Lookups
    labels: dict[str, tuple[str, ...]]
    level_note: str
    filled: dict[str, int]


def make_plan(engine: Engine, source: SourceTable, mapped: Mapped, choices: Choices, log: FindingLog) -> Plan:
    """Read the distinct values of each column, and decide how the column is encoded."""
    lookups = Lookups()
    people = read_people(engine, source, log, choices.alongside)
    flag_episodes(engine, source, log)
    given = "discharge_reason" in mapped.fields
    reasons = distinct(engine, source, "discharge_reason", "discharge_reason") if given else None
    dates = _read_dates(engine, source, mapped, lookups, log, choices)
    columns_of = {name: f"x{i}" for i, name in enumerate(mapped.strata)}
    levels = read_levels(
        engine, source, lookups, log,
        continuum=choices.continuum, levels=choices.levels, admit=dates["admit"], strata=columns_of,
    )  # fmt: skip
    columns = {
        "person": people.person,
        "jackknife_group": people.group,
        "level": levels.sql,
        **dates,
        **({} if choices.basis in (OFFSET, QUARTER, DURATION) else read_hours(source, mapped, choices.reading)),
        **_read_reason(engine, source, reasons, choices, lookups, log),
        "written": written(source, mapped),
        "episode": _episode(mapped, choices),
        "version": "r.updated_at::VARCHAR" if "updated_at" in mapped.fields else "NULL",
    }
    if "episode_id" in mapped.fields:
        columns[EPISODE_KEY] = episode_key_sql(columns["episode"], people.secret)
    labels: dict[str, tuple[str, ...]] = {}
    filled: dict[str, int] = {}
    if isinstance(choices.levels, Crosswalk) and choices.levels.dated and LEVEL_CODE not in columns_of:
        columns_of[LEVEL_CODE] = "level"
    if RAW_REASON not in columns_of and reasons is not None and _keeps_raw_reasons(reasons):
        columns_of[RAW_REASON] = "discharge_reason"
    for i, (name, column) in enumerate(columns_of.items()):
        is_reason = name == RAW_REASON and column == "discharge_reason"
        texts = reasons if is_reason and reasons is not None else distinct(engine, source, column, name)
        coded = code_labels(texts, name)
        filled[name] = sum(texts.values()) - coded.missing
        log.add(
            f"{name} mended",
            FIXED,
            coded.fixed if name != RAW_REASON else 0,
            "spaces, case or Unicode form; the most frequent spelling is the label",
        )
        columns[f"s{i}"] = lookups.codes(engine, text_of(source, column), coded.codes, f"s{i}")
        labels[name] = coded.labels
    for name, sql in levels.flags.items():
        if name not in labels:
            columns[f"s{len(labels)}"] = sql
            labels[name], filled[name] = FLAG_LABELS, engine.one(f"SELECT count(*) FROM {source.relation}")[0]
    return Plan(columns, people, lookups, labels, levels.coded.note, filled)


def _episode(mapped: Mapped, choices: Choices) -> str:
    """Return the SQL of the episode id; without dates two stays of one length are told apart by their rows."""
    if "episode_id" in mapped.fields:
        return "nullif(trim(r.episode_id::VARCHAR), '')"
    return "CAST(row_number() OVER () AS VARCHAR)" if choices.basis == DURATION else "NULL"


def _read_dates(
    engine: Engine, source: SourceTable, mapped: Mapped, lookups: Lookups, log: FindingLog, choices: Choices
) -> dict[str, str]:
    if choices.basis == OFFSET:
        return read_offsets(engine, source, mapped, lookups, log, choices.reading, choices.anchor)
    if choices.basis == QUARTER:
        return read_quarters(engine, source, mapped, lookups)
    if choices.basis == DURATION:
        return read_durations(engine, source, mapped, lookups, choices.cutoff)
    return read_days(engine, source, mapped, lookups, log, choices.reading)


@dataclass(frozen=True)
class EncodedRows:
    """The SQL of every row of the file, encoded and checked against the rules for single rows.

    A row has ``person, jackknife_group, level, admit, end_day, reason, s0 ..., episode, written, version, row, why,
    marks``, with ``hours`` its times of day, and with ``ids`` its ``episode_key``. ``why`` is the rule that sets
    the row aside, 0 if it is kept. ``end_day`` is the day of discharge, or the day after the cut-off while the stay is
    open.
    """

    reading: str
    people: People
    checking: str
    hours: bool
    ids: bool

    @property
    def rows(self) -> str:
        """Return the SQL of all rows."""
        return f"{self.reading}){self.checking}"

    def some(self, people: str, *, aside: bool) -> str:
        """Return the SQL of the rows of some people, and with ``aside`` also of all rows that are set aside."""
        if aside:
            return f"SELECT * FROM ({self.rows}) WHERE why <> 0 OR person IN ({people})"
        # Filter first: most rows need no check.
        return f"{self.reading} WHERE {self.people.among(people)}){self.checking}"


def encode_rows(source: SourceTable, plan: Plan, choices: Choices, close_after: int | None) -> EncodedRows:
    """Return the SQL that encodes and checks every row, and closes stays open for more than ``close_after`` days."""
    cutoff = (choices.cutoff - date_formats.EPOCH).days
    start = -(10**6) if choices.start is None else (choices.start - date_formats.EPOCH).days
    inner = ", ".join(f"{sql} AS {name}" for name, sql in plan.columns.items())
    joins = " ".join([plan.people.join, *plan.lookups.joins])
    rules = {
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
    strata = "".join(f", s{i}" for i in range(len(plan.labels)))
    hours, ids = HOURS[0] in plan.columns, EPISODE_KEY in plan.columns
    more = listed("", hours=hours) + (f", {EPISODE_KEY}" if ids else "")
    # Most rows are closed stays without any mark; this test is faster than those of the marks.
    plain = f"closed AND coalesce(given, true) AND discharge <> admit AND admit >= {start}"
    noted = " + ".join(f"CASE WHEN {test} THEN {bit} ELSE 0 END" for bit, test in marks.items())
    return EncodedRows(
        reading=f"WITH read AS (SELECT {inner}, {source.row} AS row FROM {source.relation} r {joins}",
        people=plan.people,
        checking=f""",
        seen AS (
          SELECT *, coalesce(discharge_state = {OK} AND discharge <= {cutoff}, false) AS closed FROM read),
        checked AS (SELECT *, {_first(rules)} AS why FROM seen)
        SELECT person, jackknife_group, level, admit, {end_day} AS end_day, {reason} AS reason{strata}, episode,
          written, version, row, why, CASE WHEN {plain} THEN 0 ELSE {noted} END AS marks{more}
        FROM checked""",
        hours=hours,
        ids=ids,
    )


def _first(tests: Mapping[int, str]) -> str:
    """Return the SQL of the number of the first test that is true, 0 if none is."""
    # No test is true for most rows, and one OR is faster than testing one by one.
    cases = " ".join(f"WHEN {test} THEN {number}" for number, test in tests.items())
    return f"CASE WHEN {' OR '.join(tests.values())} THEN CASE {cases} ELSE 0 END ELSE 0 END"


def drop_inputs(engine: Engine, source: SourceTable, plan: Plan) -> None:
    """Drop the tables that only reading needs."""
    plan.lookups.drop(engine)
    if plan.people.table:
        engine.run(f"DROP TABLE {plan.people.table}")
    if source.held:
        engine.run(f"DROP TABLE {source.relation}")


def _keeps_raw_reasons(reasons: Mapping[str, int]) -> bool:
    # Free text is not kept: it may name a person, and is no use as a stratum.
    words = {clean(text) for text in reasons} - {""}
    return len(words) <= MOST_CODES and not words <= set(REASONS) and max(map(len, words)) <= LONGEST_LABEL


def _read_reason(
    engine: Engine,
    source: SourceTable,
    reasons: Mapping[str, int] | None,
    choices: Choices,
    lookups: Lookups,
    log: FindingLog,
) -> dict[str, str]:
    unknown = REASONS.index("unknown")
    if reasons is None:
        # Without the column no reason is missing: `given` is NULL, so the marks that depend on it are not set.
        return {"reason": str(unknown), "given": "NULL::BOOLEAN"}
    coded = code_reasons(reasons, choices.reasons)
    log.add("reasons mended", FIXED, coded.fixed, "spaces, case or Unicode form")
    log.add("unknown reasons", FLAGGED, coded.unknown, f"counted as 'unknown'; {coded.note}. Map them with reasons=")
    code = lookups.codes(engine, text_of(source, "discharge_reason"), coded.codes, "reason")
    return {"reason": f"CASE WHEN {code} >= 0 THEN {code} ELSE {unknown} END", "given": f"{code} <> -1"}
