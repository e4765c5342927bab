"""From the file's columns to small integers, in one pass of the engine.

Levels, reasons, strata and dates written as text have few distinct values, so those are read first and understood in
Python; the pass then looks each row up. Ids never leave the engine.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import REASONS
from careflow.errors import RecordError
from careflow.records import dates
from careflow.records.codes import MOST_LABELS, code_labels, code_levels, code_reasons
from careflow.records.engine import Engine
from careflow.records.findings import FIXED, FLAGGED, Ledger
from careflow.records.groups import group_sql, integer_sql, text_number_sql
from careflow.records.schema import DATES, Mapped
from careflow.records.sources.raw import DATE, FLOAT, INTEGER, MOMENT, STAMP, TEXT, Raw

SPACES: Final = " \t\r\n\u00a0\ufeff\u200b"
"""What is trimmed from both ends of a text id."""

OK, NONE, BAD, ENDLESS = 0, 1, 2, 3
"""States of a date: a day, missing, impossible, and a mark for "no end" (9999-12-31)."""

EARLIEST: Final = (date(1900, 1, 2) - dates.EPOCH).days
ENDLESS_FROM: Final = (date(2200, 1, 1) - dates.EPOCH).days
_MOST_DATES: Final = 200_000

OPEN_AFTER_CUTOFF, OPEN_ENDLESS, NO_NIGHT, REASON_NO_DATE, DATE_NO_REASON, LATE_ENTRY = 1, 2, 4, 8, 16, 32
"""Bits of the stays table's ``marks``: what was noted about a row that is kept."""


@dataclass
class Plan:
    """How the columns of the file are read: an SQL expression each, and the lookups that they join.

    Attributes
    ----------
    columns : dict of str to str
        ``person, mark, grp, level, admit, admit_state, discharge, discharge_state, reason, episode, s0 ...``.
    joins : list of str
        LEFT JOINs on registered lookups.
    labels : dict of str to tuple of str
        Stratum name to its labels.
    lookups : list of str
        Names registered with the engine, to be forgotten afterwards.
    level_note : str
        The level codes that nobody explained.
    text_ids : bool
        Whether ids are kept as hashes, so that a collision has to be ruled out.
    """

    columns: dict[str, str] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lookups: list[str] = field(default_factory=list)
    level_note: str = ""
    text_ids: bool = False


@dataclass(frozen=True)
class Choices:
    """What the analyst said about the file's codes and dates."""

    continuum: Continuum
    levels: Mapping[Any, str] | None
    reasons: Mapping[Any, str] | None
    date_format: str | None
    cutoff: date
    start: date | None


def plan(engine: Engine, raw: Raw, mapped: Mapped, choices: Choices, ledger: Ledger) -> Plan:
    """Look at the distinct values of each column and decide how it is read."""
    made = Plan()
    _plan_person(engine, raw, made, ledger)
    coded = code_levels(_counts(engine, raw, "level", "level"), choices.continuum, choices.levels)
    _look_up(engine, made, raw, "level", coded.codes, "level")
    ledger.add("levels mended", FIXED, coded.fixed, "spaces, case, or the short name of the level")
    made.columns["level"] = "coalesce(level_map.code, -1)"
    made.level_note = coded.note
    _plan_dates(engine, raw, mapped, made, choices, ledger)
    _plan_reason(engine, raw, mapped, made, choices, ledger)
    for i, (name, _column) in enumerate(mapped.strata.items()):
        found = code_labels(_counts(engine, raw, f"x{i}", name), name)
        _look_up(engine, made, raw, f"x{i}", found.codes, f"s{i}")
        ledger.add(f"{name} mended", FIXED, found.fixed, "spaces around or within the value")
        made.columns[f"s{i}"] = f"coalesce(s{i}_map.code, -1)"
        made.labels[name] = found.labels
    made.columns["written"] = _written(raw, mapped)
    made.columns["episode"] = "nullif(trim(r.episode_id::VARCHAR), '')" if "episode_id" in mapped.fields else "NULL"
    return made


def run(engine: Engine, raw: Raw, made: Plan, choices: Choices) -> str:
    """Encode every row; return the name of the table, in which ``why`` is 0 for a row that is kept."""
    table = engine.name("stays")
    cutoff = (choices.cutoff - dates.EPOCH).days
    start = -(10**6) if choices.start is None else (choices.start - dates.EPOCH).days
    inner = ", ".join(f"{sql} AS {name}" for name, sql in made.columns.items())
    strata = "".join(f", {name}::INTEGER AS {name}" for name in made.columns if name[0] == "s" and name[1:].isdigit())
    unknown = REASONS.index("unknown")
    engine.run(
        f"""
        CREATE TEMP TABLE {table} AS
        WITH read AS (SELECT {inner}, {raw.row} AS row FROM {raw.relation} r {' '.join(made.joins)}),
        judged AS (
          SELECT *, CASE
            WHEN person IS NULL THEN 1
            WHEN level = -1 THEN 2
            WHEN level < 0 THEN 3
            WHEN admit_state = {NONE} THEN 4
            WHEN admit_state <> {OK} OR discharge_state = {BAD} THEN 5
            WHEN discharge_state = {OK} AND discharge < admit THEN 6
            WHEN admit > {cutoff} THEN 7
            WHEN discharge_state = {OK} AND discharge < {start} THEN 12
            ELSE 0 END AS why,
            discharge_state = {OK} AND discharge <= {cutoff} AS closed
          FROM read)
        SELECT person::BIGINT AS person, grp::SMALLINT AS grp, level::SMALLINT AS level, admit::INTEGER AS admit,
          CASE WHEN closed THEN discharge END::INTEGER AS discharge,
          reason::SMALLINT AS reason, 0::INTEGER AS seq{strata}, mark::BIGINT AS mark, episode::VARCHAR AS episode, written::UBIGINT AS written,
          row::BIGINT AS row, why::SMALLINT AS why,
          (CASE WHEN discharge_state = {OK} AND discharge > {cutoff} THEN {OPEN_AFTER_CUTOFF} ELSE 0 END
           + CASE WHEN discharge_state = {ENDLESS} THEN {OPEN_ENDLESS} ELSE 0 END
           + CASE WHEN closed AND discharge = admit THEN {NO_NIGHT} ELSE 0 END
           + CASE WHEN discharge_state <> {OK} AND given THEN {REASON_NO_DATE} ELSE 0 END
           + CASE WHEN closed AND reason = {unknown} THEN {DATE_NO_REASON} ELSE 0 END
           + CASE WHEN admit < {start} THEN {LATE_ENTRY} ELSE 0 END)::SMALLINT AS marks
        FROM judged"""
    )
    for name in made.lookups:
        engine.unregister(name)
    return table


def _plan_person(engine: Engine, raw: Raw, made: Plan, ledger: Ledger) -> None:
    key = secrets.randbits(62)
    kind = raw.kinds["person_id"]
    if kind == FLOAT:
        raise RecordError(
            "person_id is stored as floating numbers: leading zeros and the digits after the 15th are lost, so two people "
            "can have become one. Read the ids as text or whole numbers."
        )
    if kind in {DATE, STAMP, MOMENT}:
        raise RecordError("person_id holds dates, so it cannot name a person. Name another column with columns={...}.")
    if kind == INTEGER:
        number = "r.person_id::BIGINT"
        made.columns |= {"person": f"xor({number}, {key}::BIGINT)", "mark": "NULL", "grp": group_sql(number)}
        return
    text = f"nullif(trim(r.person_id::VARCHAR, '{SPACES}'), '')"
    filled, whole, mended, words = engine.one(
        f"SELECT count(t), count({integer_sql('t')}), count(*) FILTER (t <> p), "
        "count(*) FILTER (length(t) <= 4 AND lower(t) IN ('na', 'nan', 'null', 'none', 'n/a')) "
        f"FROM (SELECT {text} AS t, r.person_id::VARCHAR AS p FROM {raw.relation} r)"
    )
    ledger.add("ids mended", FIXED, mended, "spaces around the id")
    ledger.add("ids that read like 'missing'", FLAGGED, words, "kept as the id of a person (NA, NULL, nan, none)")
    if whole == filled:
        number = f"TRY_CAST({text} AS BIGINT)"
        made.columns |= {"person": f"xor({number}, {key}::BIGINT)", "mark": "NULL", "grp": group_sql(number)}
        return
    made.text_ids = True
    mark = text_number_sql(text)
    number = mark if not whole else f"coalesce({integer_sql(text)}, {mark})"
    made.columns |= {
        # The shift keeps the hash within BIGINT; 63 bits and the 32 of `mark` tell two ids apart.
        "person": f"CASE WHEN {text} IS NOT NULL THEN (hash({text}, {key}::BIGINT) >> 1)::BIGINT END",
        "mark": mark,
        "grp": group_sql(number),
    }
    if whole:
        ledger.add("ids of two kinds", FLAGGED, min(whole, filled - whole), "some ids are whole numbers, others are not")


def _plan_dates(
    engine: Engine, raw: Raw, mapped: Mapped, made: Plan, choices: Choices, ledger: Ledger
) -> None:
    texts: dict[str, dict[str, int]] = {}
    for name in DATES:
        short = name.split("_")[0]
        if name not in mapped.fields:
            made.columns |= {short: "NULL::INTEGER", f"{short}_state": f"{NONE}"}
        elif raw.kinds[name] in {TEXT, INTEGER}:
            texts[name] = _counts(engine, raw, name, mapped.fields[name], _date_key(raw, name), _MOST_DATES)
        elif raw.kinds[name] == FLOAT:
            raise RecordError(f"{name} is stored as floating numbers; give it as dates, or as text in one format.")
        else:
            day = _typed_day(raw, name)
            made.columns |= {short: day, f"{short}_state": _typed_state(day, name)}
    if not texts:
        return
    parts = {name: {text: dates.split_time(clean_date(text)) for text in counts} for name, counts in texts.items()}
    zones = {zone for found in parts.values() for _, zone in found.values() if zone}
    if len(zones) > 1:
        raise RecordError(f"the dates carry {len(zones)} different time zones or offsets. Write them as local dates.")
    chosen = choices.date_format or dates.detect(
        [dates.DateTexts(name, _sum(counts, parts[name])) for name, counts in texts.items()]
    )
    for name, counts in texts.items():
        short = name.split("_")[0]
        table = _states(parts[name], chosen, name)
        mended = sum(n for text, n in counts.items() if clean_date(text) != text and table[text][1] != NONE)
        ledger.add(f"{name} mended", FIXED, mended, "spaces around the date")
        words = sum(n for text, n in counts.items() if text.strip() and table[text][1] == NONE)
        ledger.add(f"{name} written as missing", FIXED, words, "NA, NULL and the like: read as no date")
        _look_up_dates(engine, made, _date_key(raw, name), table, short)


def clean_date(text: str) -> str:
    """Trim what is not part of a date."""
    return text.strip(SPACES)


def _sum(counts: Mapping[str, int], parts: Mapping[str, tuple[str, str]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for text, n in counts.items():
        short = parts[text][0] if not dates.is_missing(text) else ""
        # A text whose tail is no time keeps its own shape, so that it counts as a misfit.
        short = short or ("" if dates.is_missing(text) else "?")
        total[short] = total.get(short, 0) + n
    return total


def _states(parts: Mapping[str, tuple[str, str]], chosen: str, name: str) -> dict[str, tuple[int | None, int]]:
    found = dates.days({short for short, _ in parts.values()}, chosen)
    states: dict[str, tuple[int | None, int]] = {}
    for text, (short, _) in parts.items():
        day = found[short]
        if dates.is_missing(text):
            states[text] = (None, NONE)
        elif day is None:
            states[text] = (None, BAD)
        elif day >= ENDLESS_FROM or day < EARLIEST:
            states[text] = (None, ENDLESS if name == "discharge_date" else BAD)
        else:
            states[text] = (day, OK)
    return states


def _date_key(raw: Raw, name: str) -> str:
    text = f"r.{name}::VARCHAR"
    if raw.kinds[name] == INTEGER:
        return text
    # Times of day make almost every text distinct. They are cut here, so that few texts are left to be understood.
    time = r"([T ])\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?"
    return f"CASE WHEN contains({text}, ':') THEN regexp_replace({text}, '{time}', '\\100:00') ELSE {text} END"


def _written(raw: Raw, mapped: Mapped) -> str:
    # Two stays on the same days at different hours are two stays, so a repeated row has to repeat its hours too.
    timed = [f"r.{name}" for name in DATES if name in mapped.fields and raw.kinds[name] in {TEXT, STAMP, MOMENT}]
    return f"hash({', '.join(timed)})" if timed else "NULL"


def _typed_day(raw: Raw, name: str) -> str:
    value = f"r.{name}"
    if raw.kinds[name] == MOMENT:
        zone = raw.zones.get(name, "UTC").replace("'", "")
        value = f"timezone('{zone}', {value})"
    return f"CASE WHEN isfinite({value}) THEN ({value})::DATE - DATE '1970-01-01' END"


def _typed_state(day: str, name: str) -> str:
    odd = ENDLESS if name == "discharge_date" else BAD
    return (
        f"CASE WHEN r.{name} IS NULL THEN {NONE} WHEN NOT isfinite(r.{name}) THEN {odd} "
        f"WHEN {day} >= {ENDLESS_FROM} OR {day} < {EARLIEST} THEN {odd} ELSE {OK} END"
    )


def _plan_reason(
    engine: Engine, raw: Raw, mapped: Mapped, made: Plan, choices: Choices, ledger: Ledger
) -> None:
    unknown = REASONS.index("unknown")
    if "discharge_reason" not in mapped.fields:
        made.columns |= {"reason": f"{unknown}", "given": "false"}
        return
    coded = code_reasons(_counts(engine, raw, "discharge_reason", "discharge_reason"), choices.reasons)
    _look_up(engine, made, raw, "discharge_reason", coded.codes, "reason")
    made.columns |= {
        "reason": f"CASE WHEN reason_map.code >= 0 THEN reason_map.code ELSE {unknown} END",
        "given": "coalesce(reason_map.code, -1) <> -1",
    }
    ledger.add("reasons mended", FIXED, coded.fixed, "spaces or case")
    ledger.add("unknown reasons", FLAGGED, coded.unknown, f"counted as 'unknown'; {coded.note}. Map them with reasons=")


def _counts(
    engine: Engine, raw: Raw, name: str, shown: str, key: str | None = None, most: int = MOST_LABELS * 2
) -> dict[str, int]:
    rows = engine.rows(
        f"SELECT {key or _text(raw, name)} AS v, count(*) FROM {raw.relation} r GROUP BY 1 "
        f"HAVING v IS NOT NULL LIMIT {most + 1}"
    )
    if len(rows) > most:
        raise RecordError(f"{shown} has more than {most:,} different values: is this the right column?")
    return dict(rows)


def _text(raw: Raw, name: str) -> str:
    # 3.0 stored as a floating number is the code 3 to whoever wrote it.
    return f"regexp_replace(r.{name}::VARCHAR, '\\.0$', '')" if raw.kinds[name] == FLOAT else f"r.{name}::VARCHAR"


def _look_up(engine: Engine, made: Plan, raw: Raw, name: str, codes: Mapping[str, int], short: str) -> None:
    frame = pd.DataFrame({"v": pd.array(list(codes), dtype="str"), "code": pd.array(list(codes.values()), dtype="int32")})
    _join(engine, made, frame, _text(raw, name), short)


def _look_up_dates(
    engine: Engine, made: Plan, key: str, table: Mapping[str, tuple[int | None, int]], short: str
) -> None:
    frame = pd.DataFrame(
        {
            "v": pd.array(list(table), dtype="str"),
            "day": pd.array([day for day, _ in table.values()], dtype="Int32"),
            "state": pd.array([state for _, state in table.values()], dtype="int8"),
        }
    )
    _join(engine, made, frame, key, short)
    made.columns |= {short: f"{short}_map.day", f"{short}_state": f"coalesce({short}_map.state, {NONE})"}


def _join(engine: Engine, made: Plan, frame: pd.DataFrame, key: str, short: str) -> None:
    name = engine.name("lookup")
    engine.register(name, frame)
    made.lookups.append(name)
    made.joins.append(f"LEFT JOIN {name} {short}_map ON {key} = {short}_map.v")
