"""The order of a person's stays, within a day by the time of day where the file has it."""

from __future__ import annotations

from typing import Final

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import MOMENT, STAMP, TEXT, SourceTable
from careflow.records.parsing.date_columns import Reading, in_range, zone_name
from careflow.records.privacy.pseudonyms import SPACES
from careflow.records.schema import DATES, Mapped

HOURS: Final = ("admit_time", "discharge_time")
"""Columns of seconds since midnight; they exist only if the file has times of day."""

AFTER_ALL: Final = 86_400
"""Seconds: later than every time of a day."""

_CLOCK: Final = "[T ]([0-9]{1,2}):([0-9]{2})(:([0-9]{2}))?"
_OFFSET: Final = ":.*(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$"


def order_sql(end_day: str, *, hours: bool) -> str:
    """Return the ORDER BY list of a person's stays; ``end_day`` is the SQL of the last day.

    Examples
    --------
    >>> order_sql("end_day", hours=False)
    'admit, end_day, level, seq'
    >>> order_sql("end_day", hours=True)
    'admit, admit_time, end_day, discharge_time, level, seq'
    """
    begin, end = HOURS
    return f"admit, {begin}, {end_day}, {end}, level, seq" if hours else f"admit, {end_day}, level, seq"


def listed(prefix: str, *, hours: bool) -> str:
    """Return the time columns with a leading comma, or "" without hours."""
    return "".join(f", {prefix}{name}" for name in HOURS) if hours else ""


def read_hours(source: SourceTable, mapped: Mapped, reading: Reading) -> dict[str, str]:
    """Return the SQL of the times of day; empty if no column can hold them.

    Midnight is read as missing, since days without a time are also stored as midnight.
    """
    times = {
        hours: _text(f"r.{name}::VARCHAR", reading) if source.kinds[name] == TEXT else _typed(source, name, reading)
        for name, hours in zip(DATES, HOURS, strict=True)
        if name in mapped.fields and source.kinds[name] in {TEXT, STAMP, MOMENT}
    }
    return dict.fromkeys(HOURS, "NULL") | times if times else {}


def has_hours(engine: Engine, stays: str) -> bool:
    """Return whether any stay has a time of day; if none has, drop the columns."""
    any_time = bool(engine.one(f"SELECT count({HOURS[0]}) + count({HOURS[1]}) FROM {stays} WHERE why = 0")[0])
    for name in () if any_time else HOURS:
        engine.run(f"ALTER TABLE {stays} DROP COLUMN {name}")
    return any_time


def keep_complete(engine: Engine, stays: str) -> None:
    """Keep times of day only where every stay of the person on that day has one; elsewhere set them to 0.

    All stays of a person that begin on one day must have a time of admission. Of these, all that also end on one day
    must have a time of discharge.
    """
    times = engine.name("hours")
    engine.run(
        f"""
        CREATE TEMP TABLE {times} AS
        SELECT rowid AS stay_id,
          CASE WHEN count(admit_time) OVER b = count(*) OVER b THEN admit_time ELSE 0 END AS admit_time,
          CASE WHEN discharge IS NOT NULL AND count(discharge_time) OVER e = count(*) OVER e
            THEN discharge_time ELSE 0 END AS discharge_time
        FROM {stays} WHERE why = 0
        WINDOW b AS (PARTITION BY person, admit), e AS (PARTITION BY person, admit, discharge)"""
    )
    changes = ", ".join(f"{name} = {times}.{name}" for name in HOURS)
    engine.run(f"UPDATE {stays} SET {changes} FROM {times} WHERE {stays}.rowid = {times}.stay_id")
    engine.run(f"DROP TABLE {times}")


def _typed(source: SourceTable, name: str, reading: Reading) -> str:
    kind, value = source.kinds[name], f"r.{name}"
    if kind == MOMENT:
        value = f"({value})::TIMESTAMPTZ"
    value = f"CASE WHEN {in_range(value, kind)} THEN {value} END"
    if kind == MOMENT:
        value = f"timezone('{zone_name(reading.tz or source.zones.get(name, 'UTC'))}', {value})"
    return _seconds(value)


def _text(text: str, reading: Reading) -> str:
    hour, minute, second = (f"TRY_CAST(regexp_extract({text}, '{_CLOCK}', {i}) AS INTEGER)" for i in (1, 2, 4))
    half = {mark: f"regexp_matches({text}, '[0-9] ?[{mark}][Mm]')" for mark in ("Aa", "Pp")}
    of_day = f"CASE WHEN {half['Pp']} THEN {hour} % 12 + 12 WHEN {half['Aa']} THEN {hour} % 12 ELSE {hour} % 24 END"
    written = f"nullif(({of_day}) * 3600 + {minute} * 60 + coalesce({second}, 0), 0)"
    if reading.tz is not None:
        plain = f"trim({text}, '{SPACES}')"
        local = _seconds(f"timezone('{reading.tz}', TRY_CAST({plain} AS TIMESTAMPTZ))")
        written = f"CASE WHEN regexp_matches({plain}, '{_OFFSET}') THEN {local} ELSE {written} END"
    return f"CASE WHEN contains({text}, ':') THEN {written} END"


def _seconds(moment: str) -> str:
    return f"nullif(hour({moment}) * 3600 + minute({moment}) * 60 + second({moment}), 0)"
