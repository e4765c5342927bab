"""The SQL that reads the date columns: typed dates as stored, texts by the single format of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import DATE, FLOAT, INTEGER, MOMENT, STAMP, TEXT, SourceTable
from careflow.records.findings import FIXED, FLAGGED, FindingLog
from careflow.records.parsing import date_formats
from careflow.records.parsing.declared_formats import declared
from careflow.records.parsing.lookup_tables import Lookups, distinct
from careflow.records.privacy.pseudonyms import SPACES
from careflow.records.schema import DATES, Mapped

OK, NONE, BAD, ENDLESS = 0, 1, 2, 3
"""States of a date: a day, missing, impossible, and a placeholder for "no end" (9999-12-31, 1900-01-01)."""

EARLIEST: Final = (date(1900, 1, 2) - date_formats.EPOCH).days
ENDLESS_FROM: Final = (date(2200, 1, 1) - date_formats.EPOCH).days
ZERO_DAYS: Final = tuple(
    (day - date_formats.EPOCH).days for day in (date(1904, 1, 1), date(1960, 1, 1), date(1969, 12, 31))
)
"""Day 0 of other programs, and of Unix in American time zones: before the admission it means no discharge."""

_MOST_TEXTS: Final = 200_000
_MANY: Final = "do the times of day need a date_format=, or is this the wrong column?"
_HOUR: Final = r"(?:(?:0?[1-9]|1\d|2[0-3]):[0-5]\d|0?0:(?:0[1-9]|[1-5]\d))"
_TIME: Final = rf"([T ]){_HOUR}(?::(?:[0-5]\d|60)(?:[.,]\d+)?)?"
"""A time of day that is neither 00:00 nor 24:00."""

_UTC: Final = frozenset(
    {"utc", "gmt", "z", "zulu", "uct", "universal", "etc/utc", "etc/gmt", "+00:00", "+0000", "-00:00"}
)


@dataclass(frozen=True)
class Reading:
    """The arguments ``date_format=`` and ``tz=``."""

    date_format: str | None = None
    tz: str | None = None


def read_days(
    engine: Engine, source: SourceTable, mapped: Mapped, lookups: Lookups, log: FindingLog, reading: Reading
) -> dict[str, str]:
    """Return the SQL of ``admit, admit_state, discharge, discharge_state``, days since 1970-01-01.

    Raises
    ------
    RecordError
        No single format fits, the dates have several UTC offsets, or the columns hold no dates.
    """
    columns: dict[str, str] = {}
    texts: dict[str, dict[str, int]] = {}
    typed: list[str] = []
    for name in DATES:
        short = _short(name)
        if name not in mapped.fields:
            columns |= {short: "NULL::INTEGER", f"{short}_state": str(NONE)}
        elif source.kinds[name] in {TEXT, INTEGER}:
            texts[name] = _texts(engine, source, name, reading)
        else:
            columns |= _typed(source, name, short, reading)
            typed.append(name)
    in_utc = _moments(engine, source, typed, reading)
    if texts:
        more, n = _read_texts(engine, source, texts, lookups, log, reading)
        columns |= more
        in_utc += n
    note = "times in UTC and no tz=: read as days in UTC, not as local days. Name the time zone: tz='America/New_York'"
    log.add("F13 moments in UTC", FLAGGED, in_utc, note)
    admit, discharge = columns["admit"], columns["discharge"]
    zero = f"({discharge}) IN ({', '.join(map(str, (*ZERO_DAYS, 0)))}) AND ({discharge}) < ({admit})"
    columns["discharge_state"] = f"CASE WHEN {zero} THEN {ENDLESS} ELSE {columns['discharge_state']} END"
    return columns


def read_date(
    engine: Engine, source: SourceTable, name: str, short: str, lookups: Lookups, log: FindingLog, reading: Reading
) -> dict[str, str]:
    """Return the SQL of one date column and its state, under the names ``short`` and ``{short}_state``."""
    if source.kinds[name] not in {TEXT, INTEGER}:
        return _typed(source, name, short, reading)
    return _read_texts(engine, source, {name: _texts(engine, source, name, reading)}, lookups, log, reading)[0]


def read_dates(
    engine: Engine, source: SourceTable, names: Sequence[str], lookups: Lookups, log: FindingLog, reading: Reading
) -> dict[str, str]:
    """Return the SQL of several date columns and their states, all texts in one format.

    Under the names of the columns without ``_date``, and those followed by ``_state``.
    """
    texts = {name: _texts(engine, source, name, reading) for name in names if source.kinds[name] in {TEXT, INTEGER}}
    typed = [name for name in names if name not in texts]
    columns: dict[str, str] = {}
    for name in typed:
        columns |= _typed(source, name, _short(name), reading)
    if texts:
        columns |= _read_texts(engine, source, texts, lookups, log, reading)[0]
    return columns


def _short(name: str) -> str:
    return name.removesuffix("_date").removesuffix("_at")


def written(source: SourceTable, mapped: Mapped) -> str:
    """Return SQL that differs where dates are written differently, so that stays at other times are other stays."""
    timed = [f"r.{name}" for name in DATES if name in mapped.fields and source.kinds[name] in {TEXT, STAMP, MOMENT}]
    return f"hash({', '.join(timed)})" if timed else "NULL"


def _read_texts(
    engine: Engine,
    source: SourceTable,
    texts: Mapping[str, Mapping[str, int]],
    lookups: Lookups,
    log: FindingLog,
    reading: Reading,
) -> tuple[dict[str, str], int]:
    """Return the SQL of the text columns, and how many of their times in UTC are read as days in UTC."""
    parts = {
        name: {text: date_formats.split_time(text.strip(SPACES)) for text in counts} for name, counts in texts.items()
    }
    offsets = {part.offset for column in parts.values() for part in column.values()} - {None}
    local = reading.tz is None
    if len(offsets) > 1 and local:
        raise RecordError(
            f"the dates have {len(offsets)} different offsets from UTC, so one day can be written in several ways. "
            "Write them all as local dates, or name the time zone of the days: tz='America/New_York'.",
            check="S04",
            n=len(offsets),
        )
    date_format = (
        declared(reading.date_format).day
        if reading.date_format
        else date_formats.detect(
            [date_formats.DateTexts(name, _by_part(counts, parts[name])) for name, counts in texts.items()]
        )
    )
    columns: dict[str, str] = {}
    in_utc = 0
    for name, counts in texts.items():
        short = _short(name)
        states = _states(parts[name], date_format, name)
        trimmed = sum(n for text, n in counts.items() if text.strip(SPACES) != text and states[text][1] != NONE)
        words = sum(n for text, n in counts.items() if text.strip(SPACES) and states[text][1] == NONE)
        late = sum(n for text, n in counts.items() if parts[name][text].late and states[text][1] == OK)
        log.add(f"{name} mended", FIXED, trimmed, "spaces around the date")
        log.add(f"{name} written as missing", FIXED, words, "NA, NULL and the like: read as no date")
        log.add(f"{name} at 24:00", FIXED, late, "read as 00:00 of the next day")
        moments = {text: _moment(part, *states[text]) for text, part in parts[name].items()}
        if local:
            in_utc += sum(n for text, n in counts.items() if parts[name][text].clock and moments[text] is not None)
        zoned = not local and any(moment is not None for moment in moments.values())
        lookups.days(engine, _key(source, name, reading), states, short, moments if zoned else None)
        day = f"{short}_map.day"
        columns |= {
            short: _converted(_text(source, name, reading), short, reading.tz) if zoned and reading.tz else day,
            f"{short}_state": f"coalesce({short}_map.state, {NONE})",
        }
    return columns, in_utc if offsets == {0} else 0


def _moment(part: date_formats.Written, day: int | None, state: int) -> int | None:
    """Return the minutes from 1970-01-01 UTC to local midnight of a text with an offset; None without an offset."""
    return None if part.offset is None or day is None or state != OK else day * 1440 - part.offset


def _converted(text: str, short: str, zone: str) -> str:
    """Return the SQL of the day in a time zone; texts without an offset are local times already."""
    hour, minute = (f"TRY_CAST(regexp_extract({text}, '[T ](\\d{{1,2}}):(\\d{{2}})', {i}) AS INTEGER)" for i in (1, 2))
    half = {word: f"regexp_matches({text}, ':[0-9:.,]+ ?[{word}][Mm]')" for word in ("Aa", "Pp")}
    of_day = f"CASE WHEN {half['Pp']} THEN {hour} % 12 + 12 WHEN {half['Aa']} THEN {hour} % 12 ELSE {hour} % 24 END"
    seconds = f"({short}_map.moment + ({of_day}) * 60 + {minute})::BIGINT * 60"
    local = f"(timezone('{zone}', to_timestamp({seconds})))::DATE - DATE '1970-01-01'"
    return f"CASE WHEN {short}_map.moment IS NULL THEN {short}_map.day ELSE {local} END"


def _by_part(counts: Mapping[str, int], parts: Mapping[str, date_formats.Written]) -> dict[str, int]:
    total: dict[str, int] = {}
    for text, n in counts.items():
        # A date followed by something other than a time of day fits no format.
        short = parts[text].date or ("" if date_formats.is_missing(text) else "?")
        total[short] = total.get(short, 0) + n
    return total


def _states(
    parts: Mapping[str, date_formats.Written], date_format: str, name: str
) -> dict[str, tuple[int | None, int]]:
    days = date_formats.days({part.date for part in parts.values()}, date_format)
    states: dict[str, tuple[int | None, int]] = {}
    for text, part in parts.items():
        day = days[part.date]
        if date_formats.is_missing(text):
            states[text] = (None, NONE)
        elif day is None:
            states[text] = (None, _odd(name) if date_formats.is_zero(part.date) else BAD)
        elif day >= ENDLESS_FROM or day < EARLIEST:
            states[text] = (None, _odd(name))
        else:
            states[text] = (day + part.late, OK)
    return states


def _texts(engine: Engine, source: SourceTable, name: str, reading: Reading) -> dict[str, int]:
    return distinct(engine, source, name, name, _key(source, name, reading), _MOST_TEXTS, _MANY)


def _text(source: SourceTable, name: str, reading: Reading) -> str:
    """Return the SQL of a date as text, with the time of day moved behind the date if the format has it elsewhere."""
    text = f"r.{name}::VARCHAR"
    form = declared(reading.date_format) if reading.date_format else None
    return f"regexp_replace({text}, '{form.pattern}', '{form.plain}')" if form and form.pattern else text


def _key(source: SourceTable, name: str, reading: Reading) -> str:
    text = _text(source, name, reading)
    if text == f"r.{name}::VARCHAR" and source.kinds[name] == INTEGER:
        return text
    # With times of day almost every text is distinct. They are set to noon, so that few distinct texts remain.
    return f"CASE WHEN contains({text}, ':') THEN regexp_replace({text}, '{_TIME}', '\\112:00') ELSE {text} END"


def _moments(engine: Engine, source: SourceTable, typed: Sequence[str], reading: Reading) -> int:
    """Return how many values stored as times in UTC, other than midnight, are read as days in UTC."""
    zoned = [name for name in typed if source.kinds[name] == MOMENT and source.zones.get(name, "UTC").lower() in _UTC]
    if not zoned or reading.tz is not None:
        return 0
    moments = [f"(r.{name})::TIMESTAMPTZ" for name in zoned]
    local = [f"timezone('UTC', CASE WHEN {in_range(value, MOMENT)} THEN {value} END)" for value in moments]
    counts = ", ".join(f"count(*) FILTER (hour({value}) > 0 OR minute({value}) > 0)" for value in local)
    return sum(engine.one(f"SELECT {counts} FROM {source.relation} r"))


def _typed(source: SourceTable, name: str, short: str, reading: Reading) -> dict[str, str]:
    value = local = f"r.{name}"
    if source.kinds[name] == FLOAT:
        raise RecordError(
            f"{name} is stored as floating numbers; give it as dates, or as text in one format.", check="S05"
        )
    if source.kinds[name] == MOMENT:
        zone = reading.tz or source.zones.get(name, "UTC")
        if not all(c.isalnum() or c in "+-_/:" for c in zone):
            raise RecordError(
                f"{name} is in an unknown time zone. Name the time zone of the days: tz='America/New_York'.",
                check="S04",
            )
        value = f"({value})::TIMESTAMPTZ"  # also for nanoseconds, as pandas 2 stores them
        local = f"timezone('{zone_name(zone)}', {value})"
    # An infinite date, or one beyond the range of days, means "no end", as 9999-12-31 does.
    if source.kinds[name] == DATE:
        usual = f"{value} BETWEEN DATE '1900-01-02' AND DATE '2199-12-31'"
        day = f"CASE WHEN {usual} THEN ({value})::DATE - DATE '1970-01-01' ELSE {ENDLESS_FROM} END"
        state = f"CASE WHEN {usual} THEN {OK} WHEN {value} IS NULL THEN {NONE} ELSE {_odd(name)} END"
        return {short: day, f"{short}_state": state}
    usual = in_range(value, source.kinds[name])
    day = f"CASE WHEN {usual} THEN ({local})::DATE - DATE '1970-01-01' ELSE {ENDLESS_FROM} END"
    return _judged(day, f"{value} IS NULL", name, short)


def in_range(value: str, kind: str) -> str:
    """Return the SQL of whether a timestamp is in the range that is read, give or take a day for the time zone.

    Beyond it the engine cannot convert every timestamp to a day or to a time zone.
    """
    typed = "TIMESTAMPTZ" if kind == MOMENT else "TIMESTAMP"
    return f"{value} BETWEEN {typed} '1899-12-31' AND {typed} '2200-01-02'"


def _judged(day: str, missing: str, name: str, short: str) -> dict[str, str]:
    odd = f"({day}) >= {ENDLESS_FROM} OR ({day}) < {EARLIEST}"
    wrong = f"WHEN {missing} THEN {NONE} WHEN ({day}) IS NULL THEN {BAD} WHEN {odd} THEN {_odd(name)}"
    return {short: day, f"{short}_state": f"CASE {wrong} ELSE {OK} END"}


def _odd(name: str) -> int:
    """Return the state of a day outside the range that is read."""
    return ENDLESS if name == "discharge_date" else BAD


def zone_name(zone: str) -> str:
    """Return the engine's name for a time zone of a file."""
    if zone[:1] not in {"+", "-"}:
        return zone
    if zone[3:] not in {"", ":00", "00"}:
        raise RecordError(
            "dates are stored with an offset from UTC that is not whole hours. Write them as local dates.", check="S04"
        )
    # Arrow writes a fixed offset as +05:00; the engine's Etc/GMT zones have the opposite sign (POSIX).
    return f"Etc/GMT{'-' if zone[0] == '+' else '+'}{int(zone[1:3])}"
