"""How the pass reads the two date columns: typed days as they are written, texts by the one format of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from careflow.errors import RecordError
from careflow.records import dates
from careflow.records.engine import Engine
from careflow.records.findings import FIXED, Ledger
from careflow.records.lookup import Lookups, distinct
from careflow.records.people import SPACES
from careflow.records.schema import DATES, Mapped
from careflow.records.sources.raw import DATE, FLOAT, INTEGER, MOMENT, STAMP, TEXT, Raw

OK, NONE, BAD, ENDLESS = 0, 1, 2, 3
"""States of a date: a day, missing, impossible, and a mark for "no end" (9999-12-31, 1900-01-01)."""

EARLIEST: Final = (date(1900, 1, 2) - dates.EPOCH).days
ENDLESS_FROM: Final = (date(2200, 1, 1) - dates.EPOCH).days
_MOST_TEXTS: Final = 200_000
_TIME: Final = r"([T ])(?:[01]?\d|2[0-4]):[0-5]\d(:[0-5]\d([.,]\d+)?)?"


@dataclass(frozen=True)
class Reading:
    """What the analyst said about dates as text: their format, and the time zone whose days are meant."""

    date_format: str | None = None
    tz: str | None = None


def read_days(
    engine: Engine, raw: Raw, mapped: Mapped, lookups: Lookups, ledger: Ledger, reading: Reading
) -> dict[str, str]:
    """Return the SQL of ``admit, admit_state, discharge, discharge_state``, days since 1970-01-01.

    Raises
    ------
    RecordError
        No single format fits, or the dates carry several offsets, or are no dates at all.
    """
    columns: dict[str, str] = {}
    texts: dict[str, dict[str, int]] = {}
    for name in DATES:
        short = name.split("_")[0]
        if name not in mapped.fields:
            columns |= {short: "NULL::INTEGER", f"{short}_state": str(NONE)}
        elif raw.kinds[name] in {TEXT, INTEGER}:
            texts[name] = distinct(engine, raw, name, name, _key(raw, name), _MOST_TEXTS)
        else:
            columns |= _typed(raw, name, short, reading)
    if texts:
        columns |= _understand(engine, raw, texts, lookups, ledger, reading)
    return columns


def read_date(
    engine: Engine, raw: Raw, name: str, short: str, lookups: Lookups, ledger: Ledger, reading: Reading
) -> dict[str, str]:
    """Return the SQL of one date column and of its state, named ``short`` and ``short_state``."""
    if raw.kinds[name] not in {TEXT, INTEGER}:
        return _typed(raw, name, short, reading)
    texts = {name: distinct(engine, raw, name, name, _key(raw, name), _MOST_TEXTS)}
    return _understand(engine, raw, texts, lookups, ledger, reading)


def written(raw: Raw, mapped: Mapped) -> str:
    """Return SQL that tells apart dates written differently: two stays at different hours of one day are two stays."""
    timed = [f"r.{name}" for name in DATES if name in mapped.fields and raw.kinds[name] in {TEXT, STAMP, MOMENT}]
    return f"hash({', '.join(timed)})" if timed else "NULL"


def _understand(
    engine: Engine,
    raw: Raw,
    texts: Mapping[str, Mapping[str, int]],
    lookups: Lookups,
    ledger: Ledger,
    reading: Reading,
) -> dict[str, str]:
    parts = {name: {text: dates.split_time(text.strip(SPACES)) for text in counts} for name, counts in texts.items()}
    zones = {zone for found in parts.values() for _, zone in found.values()} - {""}
    if zones and reading.tz is not None:
        columns: dict[str, str] = {}
        for name in texts:
            columns |= _converted(raw, name, name.split("_")[0], reading.tz)
        return columns
    if len(zones) > 1:
        raise RecordError(
            f"the dates carry {len(zones)} different offsets from UTC, so one day can be written in several ways. "
            "Write them all as local dates, or say whose days are meant: tz='America/New_York'.",
            check="S04",
            n=len(zones),
        )
    chosen = reading.date_format or dates.detect(
        [dates.DateTexts(name, _by_part(counts, parts[name])) for name, counts in texts.items()]
    )
    columns = {}
    for name, counts in texts.items():
        short = name.split("_")[0]
        states = _states(parts[name], chosen, name)
        trimmed = sum(n for text, n in counts.items() if text.strip(SPACES) != text and states[text][1] != NONE)
        words = sum(n for text, n in counts.items() if text.strip(SPACES) and states[text][1] == NONE)
        ledger.add(f"{name} mended", FIXED, trimmed, "spaces around the date")
        ledger.add(f"{name} written as missing", FIXED, words, "NA, NULL and the like: read as no date")
        lookups.days(engine, _key(raw, name), states, short)
        columns |= {short: f"{short}_map.day", f"{short}_state": f"coalesce({short}_map.state, {NONE})"}
    return columns


def _converted(raw: Raw, name: str, short: str, zone: str) -> dict[str, str]:
    # A text without an offset is a local time already; the engine reads it in UTC, so it is not converted.
    text = f"trim(r.{name}::VARCHAR, '{SPACES}')"
    offset = "(Z|UTC|[+-]\\d{2}(:?\\d{2})?)$"
    day = (
        f"CASE WHEN regexp_matches({text}, ':.*{offset}') "
        f"THEN timezone('{zone}', TRY_CAST({text} AS TIMESTAMPTZ))::DATE ELSE TRY_CAST({text} AS DATE) END"
    )
    missing = ", ".join(f"'{word}'" for word in sorted(dates.MISSING))
    return _judged(f"({day}) - DATE '1970-01-01'", f"r.{name} IS NULL OR lower({text}) IN ({missing})", name, short)


def _by_part(counts: Mapping[str, int], parts: Mapping[str, tuple[str, str]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for text, n in counts.items():
        # What ends in something that is no time of day counts as a text that no format fits.
        short = parts[text][0] or ("" if dates.is_missing(text) else "?")
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


def _key(raw: Raw, name: str) -> str:
    text = f"r.{name}::VARCHAR"
    if raw.kinds[name] == INTEGER:
        return text
    # Times of day make almost every text distinct. They are set to midnight, so that few texts remain to be understood.
    return f"CASE WHEN contains({text}, ':') THEN regexp_replace({text}, '{_TIME}', '\\100:00') ELSE {text} END"


def _typed(raw: Raw, name: str, short: str, reading: Reading) -> dict[str, str]:
    value = local = f"r.{name}"
    if raw.kinds[name] == FLOAT:
        raise RecordError(
            f"{name} is stored as floating numbers; give it as dates, or as text in one format.", check="S05"
        )
    if raw.kinds[name] == MOMENT:
        zone = reading.tz or raw.zones.get(name, "UTC")
        if not all(c.isalnum() or c in "+-_/:" for c in zone):
            raise RecordError(
                f"{name} is in a time zone of unknown name. Say whose days are meant: tz='America/New_York'.",
                check="S04",
            )
        value = f"({value})::TIMESTAMPTZ"  # also what is stored in nanoseconds, as pandas 2 does
        local = f"timezone('{zone_name(zone)}', {value})"
    # An infinite date is a mark for "no end" as 9999-12-31 is; so is whatever lies beyond what days can count.
    if raw.kinds[name] == DATE:
        usual = f"{value} BETWEEN DATE '1900-01-02' AND DATE '2199-12-31'"
        day = f"CASE WHEN {usual} THEN ({value})::DATE - DATE '1970-01-01' ELSE {ENDLESS_FROM} END"
        state = f"CASE WHEN {usual} THEN {OK} WHEN {value} IS NULL THEN {NONE} ELSE {_odd(name)} END"
        return {short: day, f"{short}_state": state}
    day = f"CASE WHEN isfinite({value}) THEN ({local})::DATE - DATE '1970-01-01' ELSE {ENDLESS_FROM} END"
    return _judged(day, f"{value} IS NULL", name, short)


def _judged(day: str, missing: str, name: str, short: str) -> dict[str, str]:
    odd = f"({day}) >= {ENDLESS_FROM} OR ({day}) < {EARLIEST}"
    wrong = f"WHEN {missing} THEN {NONE} WHEN ({day}) IS NULL THEN {BAD} WHEN {odd} THEN {_odd(name)}"
    return {short: day, f"{short}_state": f"CASE {wrong} ELSE {OK} END"}


def _odd(name: str) -> int:
    """Return what a day is that lies outside what is read."""
    return ENDLESS if name == "discharge_date" else BAD


def zone_name(zone: str) -> str:
    """Return a time zone of a file as the engine names it."""
    if zone[:1] not in {"+", "-"}:
        return zone
    if zone[3:] not in {"", ":00", "00"}:
        raise RecordError(
            "dates are stored with an offset of part of an hour from UTC. Write them as local dates.", check="S04"
        )
    # Arrow writes fixed offsets as +05:00; the engine's zones of that form count the other way round (POSIX).
    return f"Etc/GMT{'-' if zone[0] == '+' else '+'}{int(zone[1:3])}"
