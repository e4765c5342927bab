"""Relative dates: days since a day 0, or the quarter of admission with the nights of the stay."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import FLOAT, INTEGER, TEXT, SourceTable
from careflow.records.findings import FindingLog
from careflow.records.parsing import date_formats
from careflow.records.parsing.date_columns import BAD, NONE, OK, Reading, read_date
from careflow.records.parsing.lookup_tables import Lookups, distinct, text_of
from careflow.records.schema import Mapped

FARTHEST: Final = 36_525
"""Days (a century) beyond which a number counts as an impossible offset or length of stay."""

_YES: Final = frozenset({"1", "y", "yes", "true", "t", "ended", "closed"})
_NO: Final = frozenset({"0", "n", "no", "false", "f", "open"})

_QUARTER: Final = re.compile(r"(\d{4}) ?-?Q([1-4])", re.IGNORECASE)


def read_offsets(
    engine: Engine,
    source: SourceTable,
    mapped: Mapped,
    lookups: Lookups,
    log: FindingLog,
    reading: Reading,
    anchor: date | None,
) -> dict[str, str]:
    """Read whole numbers of days since day 0: one day for all (``anchor=``), or one per row (``anchor_date``).

    Raises
    ------
    ArgumentError
        Neither ``anchor=`` nor ``anchor_date`` is given.
    RecordError
        The columns do not hold whole numbers.
    """
    if anchor is None and "anchor_date" not in mapped.fields:
        raise ArgumentError("date_basis='offset' needs day 0: anchor='2023-01-01', or columns={'anchor_date': ...}.")
    day_0, has_day_0 = str((anchor - date_formats.EPOCH).days) if anchor else "0", "true"
    if anchor is None:
        anchor_columns = read_date(engine, source, "anchor_date", "anchor", lookups, log, reading)
        day_0 = anchor_columns["anchor"]
        has_day_0 = f"({anchor_columns['anchor_state']}) = {OK}"
    columns: dict[str, str] = {}
    for name, short in (("admit_date", "admit"), ("discharge_date", "discharge")):
        if name not in mapped.fields:
            columns |= {short: "NULL::INTEGER", f"{short}_state": str(NONE)}
            continue
        day, state = _number(source, name)
        columns[short] = f"({day}) + ({day_0})"
        columns[f"{short}_state"] = f"CASE WHEN ({state}) = {OK} AND NOT ({has_day_0}) THEN {BAD} ELSE {state} END"
    return columns


def read_quarters(engine: Engine, source: SourceTable, mapped: Mapped, lookups: Lookups) -> dict[str, str]:
    """Read ``2024Q2`` in admit_date and the nights in ``nights``; every stay begins on the first day of its quarter.

    Raises
    ------
    RecordError
        A column is missing or holds other values.
    """
    if "nights" not in mapped.fields:
        raise RecordError(
            "date_basis='quarter' needs the nights of each stay: columns={'nights': 'its column'}.", check="S02"
        )
    if source.kinds["admit_date"] != TEXT:
        raise RecordError("date_basis='quarter' needs quarters in admit_date, written as 2024Q2.", check="S05")
    texts = distinct(engine, source, "admit_date", "admit_date")
    lookups.days(engine, "r.admit_date::VARCHAR", {text: _quarter(text) for text in texts}, "admit")
    day, state = _number(source, "nights")
    return {
        "admit": "admit_map.day",
        "admit_state": f"coalesce(admit_map.state, {NONE})",
        "discharge": f"admit_map.day + ({day})",
        "discharge_state": state,
    }


def read_durations(
    engine: Engine, source: SourceTable, mapped: Mapped, lookups: Lookups, cutoff: date
) -> dict[str, str]:
    """Read the nights of stays without dates; every stay ends on the cut-off, or is still open there.

    A stay has ended unless the column ``ended`` says no; where it is empty the row is set aside as an impossible date.

    Raises
    ------
    RecordError
        A column is missing or holds other values.
    """
    if "nights" not in mapped.fields:
        raise RecordError(
            "date_basis='duration' needs the nights of each stay: columns={'nights': 'its column'}.", check="S02"
        )
    day, state = _number(source, "nights")
    last = (cutoff - date_formats.EPOCH).days
    ended = "1"
    if "ended" in mapped.fields:
        texts = distinct(engine, source, "ended", "ended")
        ended = lookups.codes(engine, text_of(source, "ended"), {text: _said(text) for text in texts}, "ended")
    return {
        "admit": f"{last} - ({day})",
        "admit_state": f"CASE WHEN ({ended}) < 0 THEN {BAD} ELSE {state} END",
        "discharge": str(last),
        "discharge_state": f"CASE WHEN ({ended}) = 1 THEN {OK} ELSE {NONE} END",
    }


def _said(text: str) -> int:
    """Return 1 for a word that means yes, 0 for one that means no, -1 for any other."""
    word = text.strip().casefold()
    return 1 if word in _YES else 0 if word in _NO else -1


def _quarter(text: str) -> tuple[int | None, int]:
    match = _QUARTER.fullmatch(text.strip())
    if match:
        return (date(int(match[1]), 3 * int(match[2]) - 2, 1) - date_formats.EPOCH).days, OK
    return None, NONE if date_formats.is_missing(text) else BAD


def _number(source: SourceTable, name: str) -> tuple[str, str]:
    kind = source.kinds[name]
    if kind not in {INTEGER, FLOAT, TEXT}:
        raise RecordError(f"{name} does not hold whole numbers of days, which this date_basis= needs.", check="S05")
    text = f"trim(r.{name}::VARCHAR)"
    missing = ", ".join(f"'{word}'" for word in sorted(date_formats.MISSING))
    numbers = {
        INTEGER: f"r.{name}::BIGINT",
        # Whole numbers that a table keeps as floating ones, since some are missing.
        FLOAT: f"CASE WHEN r.{name} = floor(r.{name}) AND abs(r.{name}) < 1e9 THEN r.{name}::BIGINT END",
        TEXT: f"CASE WHEN regexp_matches({text}, '^[+-]?\\d{{1,6}}(\\.0+)?$') THEN {text}::DOUBLE::BIGINT END",
    }
    number = numbers[kind]
    state = (
        f"CASE WHEN r.{name} IS NULL OR lower({text}) IN ({missing}) THEN {NONE} "
        f"WHEN coalesce(abs({number}) <= {FARTHEST}, false) THEN {OK} ELSE {BAD} END"
    )
    return number, state
