"""Dates that are no dates: days since a day 0, and the quarter of admission with the nights of the stay."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import INTEGER, TEXT, SourceTable
from careflow.records.findings import Ledger
from careflow.records.parsing import date_formats
from careflow.records.parsing.date_columns import BAD, NONE, OK, Reading, read_date
from careflow.records.parsing.lookup_tables import Lookups, distinct
from careflow.records.schema import Mapped

FARTHEST: Final = 36_525
"""Days (a century) beyond which a number is no offset and no length of stay."""

_QUARTER: Final = re.compile(r"(\d{4}) ?-?Q([1-4])", re.IGNORECASE)


def read_offsets(
    engine: Engine,
    raw: SourceTable,
    mapped: Mapped,
    lookups: Lookups,
    ledger: Ledger,
    reading: Reading,
    anchor: date | None,
) -> dict[str, str]:
    """Read whole numbers of days since day 0: the same day for all (``anchor=``), or the row's own (``anchor_date``).

    Raises
    ------
    ArgumentError
        Nothing says which day is day 0.
    RecordError
        The columns hold no whole numbers.
    """
    if anchor is None and "anchor_date" not in mapped.fields:
        raise ArgumentError("date_basis='offset' needs day 0: anchor='2023-01-01', or columns={'anchor_date': ...}.")
    zero, known = str((anchor - date_formats.EPOCH).days) if anchor else "0", "true"
    if anchor is None:
        found = read_date(engine, raw, "anchor_date", "anchor", lookups, ledger, reading)
        zero, known = found["anchor"], f"({found['anchor_state']}) = {OK}"
    columns: dict[str, str] = {}
    for name, short in (("admit_date", "admit"), ("discharge_date", "discharge")):
        if name not in mapped.fields:
            columns |= {short: "NULL::INTEGER", f"{short}_state": str(NONE)}
            continue
        day, state = _number(raw, name)
        columns[short] = f"({day}) + ({zero})"
        columns[f"{short}_state"] = f"CASE WHEN ({state}) = {OK} AND NOT ({known}) THEN {BAD} ELSE {state} END"
    return columns


def read_quarters(engine: Engine, raw: SourceTable, mapped: Mapped, lookups: Lookups) -> dict[str, str]:
    """Read ``2024Q2`` in admit_date and the nights in ``nights``: every stay begins on its quarter's first day.

    Raises
    ------
    RecordError
        A column is missing, or holds something else.
    """
    if "nights" not in mapped.fields:
        raise RecordError(
            "date_basis='quarter' needs the nights of each stay: columns={'nights': 'its column'}.", check="S02"
        )
    if raw.kinds["admit_date"] != TEXT:
        raise RecordError("date_basis='quarter' needs quarters in admit_date, written as 2024Q2.", check="S05")
    texts = distinct(engine, raw, "admit_date", "admit_date")
    lookups.days(engine, "r.admit_date::VARCHAR", {text: _quarter(text) for text in texts}, "admit")
    day, state = _number(raw, "nights")
    return {
        "admit": "admit_map.day",
        "admit_state": f"coalesce(admit_map.state, {NONE})",
        "discharge": f"admit_map.day + ({day})",
        "discharge_state": state,
    }


def _quarter(text: str) -> tuple[int | None, int]:
    found = _QUARTER.fullmatch(text.strip())
    if found:
        return (date(int(found[1]), 3 * int(found[2]) - 2, 1) - date_formats.EPOCH).days, OK
    return None, NONE if date_formats.is_missing(text) else BAD


def _number(raw: SourceTable, name: str) -> tuple[str, str]:
    kind = raw.kinds[name]
    if kind not in {INTEGER, TEXT}:
        raise RecordError(f"{name} holds no whole numbers of days, as this date_basis= needs.", check="S05")
    text = f"trim(r.{name}::VARCHAR)"
    missing = ", ".join(f"'{word}'" for word in sorted(date_formats.MISSING))
    number = (
        f"r.{name}::BIGINT"
        if kind == INTEGER
        else f"CASE WHEN regexp_matches({text}, '^[+-]?\\d{{1,6}}$') THEN {text}::INTEGER END"
    )
    state = (
        f"CASE WHEN r.{name} IS NULL OR lower({text}) IN ({missing}) THEN {NONE} "
        f"WHEN coalesce(abs({number}) <= {FARTHEST}, false) THEN {OK} ELSE {BAD} END"
    )
    return number, state
