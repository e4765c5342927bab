"""The order of a person's stays, and within a day their order by hours, where a file has them."""

from __future__ import annotations

from typing import Final

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import MOMENT, STAMP, TEXT, SourceTable
from careflow.records.parsing.date_columns import Reading, zone_name
from careflow.records.privacy.pseudonyms import SPACES
from careflow.records.schema import DATES, Mapped

HOURS: Final = ("admit_time", "discharge_time")
"""Seconds since midnight; columns of the stays of a file that has hours, and of no other."""

AFTER_ALL: Final = 86_400
"""After every time of a day."""

_CLOCK: Final = "[T ]([0-9]{1,2}):([0-9]{2})(:([0-9]{2}))?"
_OFFSET: Final = ":.*(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$"


def order_sql(end_day: str, *, hours: bool) -> str:
    """Return the order of a person's stays, with the SQL of the day on which a stay ends.

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
    """Return the columns of hours as they follow others in a list, or nothing."""
    return "".join(f", {prefix}{name}" for name in HOURS) if hours else ""


def read_hours(raw: SourceTable, mapped: Mapped, reading: Reading) -> dict[str, str]:
    """Return the SQL of the times of day, missing at midnight, which is how a day without a time is written, too.

    Nothing is returned where no column can hold a time of day.
    """
    found = {
        hours: _text(f"r.{name}::VARCHAR", reading) if raw.kinds[name] == TEXT else _typed(raw, name, reading)
        for name, hours in zip(DATES, HOURS, strict=True)
        if name in mapped.fields and raw.kinds[name] in {TEXT, STAMP, MOMENT}
    }
    return dict.fromkeys(HOURS, "NULL") | found if found else {}


def has_hours(engine: Engine, stays: str) -> bool:
    """Say whether any of the stays has a time of day; where none has, the columns are dropped."""
    found = bool(engine.one(f"SELECT count({HOURS[0]}) + count({HOURS[1]}) FROM {stays} WHERE why = 0")[0])
    for name in () if found else HOURS:
        engine.run(f"ALTER TABLE {stays} DROP COLUMN {name}")
    return found


def keep_known(engine: Engine, stays: str) -> None:
    """Keep the hours of a day only where every stay of the person on that day has one; elsewhere they are 0.

    Of stays that begin on one day all must have an hour of admission, and of those among them that also end on one day
    all an hour of discharge.
    """
    known = engine.name("hours")
    engine.run(
        f"""
        CREATE TEMP TABLE {known} AS
        SELECT rowid AS place,
          CASE WHEN count(admit_time) OVER b = count(*) OVER b THEN admit_time ELSE 0 END AS admit_time,
          CASE WHEN discharge IS NOT NULL AND count(discharge_time) OVER e = count(*) OVER e
            THEN discharge_time ELSE 0 END AS discharge_time
        FROM {stays} WHERE why = 0
        WINDOW b AS (PARTITION BY person, admit), e AS (PARTITION BY person, admit, discharge)"""
    )
    changes = ", ".join(f"{name} = {known}.{name}" for name in HOURS)
    engine.run(f"UPDATE {stays} SET {changes} FROM {known} WHERE {stays}.rowid = {known}.place")
    engine.run(f"DROP TABLE {known}")


def _typed(raw: SourceTable, name: str, reading: Reading) -> str:
    value = f"r.{name}"
    if raw.kinds[name] == MOMENT:
        zone = zone_name(reading.tz or raw.zones.get(name, "UTC"))
        value = f"timezone('{zone}', ({value})::TIMESTAMPTZ)"
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
