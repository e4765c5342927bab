"""Kinds of claims lines: every combination of codes in the file, decided once, whatever the number of its lines.

What a line's codes say does not depend on its person and days, but for codes that hold within a span of days. A file
of millions of lines has some hundreds of combinations, so the code tables are applied to these, and a line has the
number of its kind.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pyarrow as pa

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import SourceTable
from careflow.records.privacy.pseudonyms import check_unique
from careflow.records.sources.claim_lines.codes import (
    AMBIGUOUS,
    FIRST_DAY,
    LAST_DAY,
    MEANINGS,
    NOTHING,
    RESIDENCE,
    ROLES,
    SYSTEMS,
    Code,
    code_table,
    day_number,
    meaning_sql,
)
from careflow.records.sources.claim_lines.numbered_texts import number_statuses
from careflow.records.sources.claim_lines.options import CODES, MODIFIERS, LineOptions
from careflow.records.sources.columns import code_sql, digits_sql, trimmed_sql

DENIED: Final = ("DENIED", "D", "F2", "26", "87", "542", "585", "654")
_LEVEL: Final = {name: i for i, name in enumerate(MEANINGS)}
_ROLE: Final = {name: i for i, name in enumerate(ROLES)}
_STATUS: Final = {"status": "code", "recorded": "recorded", "died": "died"}


@dataclass(frozen=True)
class LineKinds:
    """The kinds of the lines of a file.

    Attributes
    ----------
    table : str
        ``kind, key, starts, ends``, one row for each kind within each span of days in which no code begins or ends to
        hold; ``rule`` (denied, or set aside for its codes; 0: kept), ``level, attending, days, wm, otp, conflict,
        decider, code``; ``act`` (1 replacement, 2 void), ``codes`` (a hash), ``billed, interim``; ``status, recorded,
        died``.
    statuses : str
        The table of discharge statuses, "" where there are none.
    key : str
        SQL of the key of a line's kind.
    dated : bool
        Whether a kind depends on the day.
    """

    table: str
    statuses: str
    key: str
    dated: bool

    @property
    def join(self) -> str:
        """SQL of the join of lines ``r`` that have a ``from_day`` with their kinds ``k``."""
        return f"LEFT JOIN {self.table} k ON r.key = k.key" + (
            " AND coalesce(r.from_day, 0) BETWEEN k.starts AND k.ends" if self.dated else ""
        )


def line_kinds(engine: Engine, raw: SourceTable, options: LineOptions) -> LineKinds:
    """Decide every combination of codes in the file."""
    wanted = [*CODES, *MODIFIERS, "discharge_disposition_code", "claim_status", "adjustment"]
    if options.scope == "diagnosis":
        wanted.append("diagnosis_code_1")
    if any(code.payer for code in options.codes):
        wanted.append("payer")
    columns = [name for name in wanted if name in raw.kinds]
    # With a key of its own for each reading, so that a second reading has other hashes.
    key = f"hash({', '.join(f'r.{name}::VARCHAR' for name in columns)}, {secrets.randbits(62)}::BIGINT)"
    seen = engine.name("combinations")
    picked = ", ".join(f"r.{name}::VARCHAR AS {name}" for name in columns)
    engine.run(f"CREATE TEMP TABLE {seen} AS SELECT DISTINCT {picked} FROM {raw.relation} r")
    check_unique(int(engine.one(f"SELECT count(*) - count(DISTINCT {key}) FROM {seen} r")[0]), "codes")
    combinations = SourceTable(seen, {name: raw.kinds[name] for name in columns}, "NULL")
    statuses = number_statuses(engine, combinations, options.reasons)
    maps = {system: engine.name(f"codes_{system}") for system in SYSTEMS}
    tables = {system: code_table(system, options.codes) for system in SYSTEMS}
    for system, name in maps.items():
        engine.register(name, tables[system])
    spans = _spans(tables.values(), options.codes)
    spans_name = engine.name("spans")
    engine.register(spans_name, spans)
    table = engine.name("kinds")
    read = _read_sql(combinations, statuses, key, spans_name)
    engine.run(f"CREATE TEMP TABLE {table} AS {_decided_sql(read, options, maps)}")
    for name in (spans_name, *maps.values()):
        engine.unregister(name)
    engine.run(f"DROP TABLE {seen}")
    return LineKinds(table, statuses, key, spans.num_rows > 1)


def _spans(tables: Iterable[pa.Table], own: Iterable[Code]) -> pa.Table:
    """Return the spans of days, ``starts, ends``, in which no code begins or ends to hold."""
    held = [(day_number(code.starts, FIRST_DAY), day_number(code.ends, LAST_DAY)) for code in own]
    for rows in tables:
        held += zip(rows["starts"].to_pylist(), rows["ends"].to_pylist(), strict=True)
    first = {FIRST_DAY, *(start for start, _ in held), *(end + 1 for _, end in held if end < LAST_DAY)}
    days = [*sorted(first), LAST_DAY + 1]
    columns = {"starts": [day for day, _ in pairwise(days)], "ends": [day - 1 for _, day in pairwise(days)]}
    return pa.table({name: pa.array(values, pa.int32()) for name, values in columns.items()})


def _read_sql(raw: SourceTable, statuses: str, key: str, spans: str) -> str:
    """Return the SQL of the combinations as they are compared, in each span of days."""
    bill = code_sql(raw, "bill_type_code")
    columns = {
        "key": key,
        "starts": "e.starts",
        "ends": "e.ends",
        "hcpcs": code_sql(raw, "hcpcs_code"),
        "revenue": digits_sql(raw, "revenue_center_code", 4),
        "bill": f"CASE WHEN length({bill}) = 4 AND left({bill}, 1) = '0' THEN substr({bill}, 2) ELSE {bill} END",
        "pos": digits_sql(raw, "place_of_service_code", 2),
        "diagnosis": code_sql(raw, "diagnosis_code_1"),
        "claim_status": code_sql(raw, "claim_status"),
        "adjustment": code_sql(raw, "adjustment"),
        "payer_name": trimmed_sql(raw, "payer"),
        **{f"m{i}": code_sql(raw, name) for i, name in enumerate(MODIFIERS, 1)},
        **{name: f"coalesce(status_of.{source}, 0)" if statuses else "0" for name, source in _STATUS.items()},
    }
    picked = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    status = digits_sql(raw, "discharge_disposition_code", 2)
    join = f" LEFT JOIN {statuses} status_of ON {status} = status_of.v" if statuses else ""
    return f"SELECT {picked} FROM {raw.relation} r CROSS JOIN {spans} e{join}"


def _decided_sql(read: str, options: LineOptions, maps: Mapping[str, str]) -> str:
    """Return the SQL of the combinations with their level and the first rule that sets their lines aside."""
    modifiers = ", ".join(f"m{i}" for i in range(1, 6))
    (h_level, h_role), (r_level, r_role) = (
        meaning_sql(system, system, modifiers, "starts_on", "payer_name", options.codes)
        for system in ("hcpcs", "revenue")
    )
    ambiguous, nothing, service = _LEVEL[AMBIGUOUS], _LEVEL[NOTHING], _ROLE["service"]
    where = (
        "CASE WHEN bill_level IN (0, 1) THEN bill_level WHEN pos_role = 2 AND pos_level IN (0, 1) THEN pos_level "
        f"ELSE {ambiguous} END"
    )
    first = f"CASE WHEN h_role <> {service} AND h_level < {ambiguous} THEN h_level END"
    second = f"CASE WHEN r_level < {ambiguous} THEN r_level END"
    fourth = f"CASE WHEN pos_role = {_ROLE['attending']} THEN pos_level END"
    fifth = (
        f"CASE WHEN h_role = {service} AND h_level < {ambiguous} THEN h_level "
        f"WHEN pos_role = {service} THEN pos_level END"
    )
    kind = "CASE WHEN k1 IS NOT NULL THEN 1 WHEN k2 IS NOT NULL THEN 2 WHEN bill_level IS NOT NULL THEN 3 "
    kind += "WHEN k4 IS NOT NULL THEN 4 WHEN k5 IS NOT NULL THEN 5 ELSE 0 END"
    specific = (
        "CASE decider WHEN 1 THEN h_specific WHEN 2 THEN r_specific WHEN 3 THEN b_specific WHEN 4 THEN p_specific "
        "WHEN 5 THEN greatest(h_specific, p_specific) ELSE 0 END = 1"
    )
    deferred = "(h_open AND decider <> 1 AND h_specific = 1) OR (r_open AND decider > 2 AND r_specific = 1)"
    diagnosed = "diagnosis LIKE 'F1%' AND diagnosis NOT LIKE 'F17%'"
    in_scope = "true" if options.scope == "file" else f"({specific}) OR ({deferred}) OR ({diagnosed})"
    denied = f"claim_status IN ({', '.join(f'{chr(39)}{word}{chr(39)}' for word in DENIED)})"
    rule = f"""CASE WHEN level = {_LEVEL[RESIDENCE]} THEN 13
        WHEN level IS NULL AND (h_open OR r_open) THEN 11 WHEN level IS NULL THEN 10
        WHEN NOT coalesce({in_scope}, false) THEN 12 ELSE 0 END"""
    # A later code that names another level: a revenue program code, or a bill type of 24-hour care.
    conflict = (
        "CASE WHEN decider < 2 AND r_role = 0 AND k2 <> level THEN k2 "
        "WHEN decider < 3 AND bill_level IN (0, 1) AND bill_level <> level THEN bill_level END"
    )
    code = "CASE decider WHEN 1 THEN hcpcs WHEN 2 THEN revenue WHEN 3 THEN bill_type WHEN 4 THEN pos "
    code += "WHEN 5 THEN CASE WHEN h_level IS NOT NULL THEN hcpcs ELSE pos END "
    code += "ELSE coalesce(hcpcs, revenue, bill_type, pos) END"
    flags = ", ".join(
        f"greatest(coalesce(hcpcs_map.{flag}, 0), coalesce(revenue_map.{flag}, 0), coalesce(bill_type_map.{flag}, 0), "
        f"coalesce(pos_map.{flag}, 0)) AS {flag}"
        for flag in ("wm", "otp")
    )

    def joined(system: str, key: str) -> str:
        return (
            f"LEFT JOIN {maps[system]} {system}_map ON {key} = {system}_map.v "
            f"AND starts_on BETWEEN {system}_map.starts AND {system}_map.ends"
        )

    compared = ", ".join(
        [
            *(f"coalesce({c}, '')" for c in ("hcpcs", "revenue", "bill_type", "pos")),
            *(f"coalesce(m{i}, '')" for i in range(1, 6)),
        ]
    )
    return f"""
      WITH read AS ({read}),
      timed AS (
        SELECT *, starts AS starts_on, left(bill, 2) AS bill_type, nullif(substr(bill, 3, 1), '') AS frequency
        FROM read),
      coded AS (
        SELECT timed.*, {h_level} AS h_any, {h_role} AS h_role,
          coalesce(hcpcs_map.specific, 0) AS h_specific, coalesce(hcpcs_map.days, 1) AS h_days,
          {r_level} AS r_any, {r_role} AS r_role,
          coalesce(revenue_map.specific, 0) AS r_specific, bill_type_map.level AS bill_level,
          coalesce(bill_type_map.specific, 0) AS b_specific, pos_map.level AS pos_level, pos_map.role AS pos_role,
          coalesce(pos_map.specific, 0) AS p_specific, {flags}
        FROM timed {joined("hcpcs", "hcpcs")} {joined("revenue", "revenue")} {joined("bill_type", "bill_type")}
          {joined("pos", "pos")}),
      placed AS (
        SELECT *, nullif(h_any, {nothing}) AS h_level,
          CASE WHEN r_role = {_ROLE["room"]} AND r_any = {ambiguous} THEN {where}
            ELSE nullif(r_any, {nothing}) END AS r_level,
          coalesce(h_any = {ambiguous}, false) AS h_open
        FROM coded),
      ranked AS (
        SELECT *, {first} AS k1, {second} AS k2, {fourth} AS k4, {fifth} AS k5,
          coalesce(r_level = {ambiguous}, false) AS r_open
        FROM placed),
      decided AS (SELECT *, {kind} AS decider FROM ranked),
      levelled AS (
        SELECT *, CASE decider WHEN 1 THEN k1 WHEN 2 THEN k2 WHEN 3 THEN bill_level WHEN 4 THEN k4 WHEN 5 THEN k5 END
          AS level
        FROM decided)
      SELECT row_number() OVER (ORDER BY key, starts)::INTEGER AS kind, key, starts, ends, status, recorded, died,
        CASE WHEN frequency = '8' OR adjustment = '1' THEN 2 WHEN frequency = '7' OR adjustment = '4' THEN 1 ELSE 0 END
          AS act,
        hash({compared}) AS codes, bill IS NOT NULL AS billed, coalesce(frequency IN ('2', '3'), false) AS interim,
        level, decider = 4 AND NOT ((h_open OR r_open) AND coalesce(pos_level IN (0, 1), false)) AS attending,
        CASE WHEN decider IN (1, 5) THEN h_days ELSE 1 END AS days, wm, otp, {conflict} AS conflict, decider,
        {code} AS code, coalesce({denied}, false) AND {"true" if options.denied == "drop" else "false"} AS denied,
        {rule} AS rule
      FROM levelled"""
