"""One row for each claims line: its days, its level by the code tables, and the rules that read a line by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import INTEGER, SourceTable
from careflow.records.findings import Ledger
from careflow.records.parsing.date_columns import BAD, NONE, OK, Reading, read_dates
from careflow.records.parsing.lookup_tables import Lookups
from careflow.records.sources.claim_lines.codes import (
    AMBIGUOUS,
    MEANINGS,
    NOTHING,
    RESIDENCE,
    ROLES,
    Code,
    code_table,
    meaning_sql,
)
from careflow.records.sources.claim_lines.numbered_texts import number_statuses, number_texts
from careflow.records.sources.columns import code_sql, digits_sql, trimmed_sql

MODIFIERS: Final = tuple(f"hcpcs_modifier_{i}" for i in range(1, 6))
DAYS: Final = (
    "claim_line_start_date", "claim_line_end_date", "claim_start_date", "claim_end_date", "admission_date",
    "discharge_date", "paid_date",
)  # fmt: skip
CODES: Final = ("hcpcs_code", "revenue_center_code", "bill_type_code", "place_of_service_code")
FIELDS: Final = (
    "person_id", "claim_id", "claim_line_number", *DAYS, *CODES, *MODIFIERS, "discharge_disposition_code",
    "service_unit_quantity", "diagnosis_code_1", "facility", "facility_npi", "billing_npi", "payer", "claim_status",
    "adjustment", "replaces_claim_id",
)  # fmt: skip
REQUIRED: Final = ("person_id", "claim_id")

DENIED: Final = ("DENIED", "D", "F2", "26", "87", "542", "585", "654")
_LEVEL: Final = {name: i for i, name in enumerate(MEANINGS)}
_ROLE: Final = {name: i for i, name in enumerate(ROLES)}


@dataclass(frozen=True)
class LineOptions:
    """How lines are read.

    Attributes
    ----------
    codes : tuple of Code
        The payer's own lines of the code table.
    scope : str
        ``"diagnosis"`` or ``"file"``.
    reasons : mapping of str to str
        ``{status: reason}`` of the statuses that record a discharge.
    denied : str
        ``"drop"`` or ``"keep"``.
    reading : Reading
        The format and the time zone of dates.
    """

    codes: tuple[Code, ...]
    scope: str
    reasons: Mapping[str, str]
    denied: str
    reading: Reading


@dataclass(frozen=True)
class Lines:
    """The tables of the engine that hold the lines and what their numbers mean.

    Attributes
    ----------
    table : str
        ``line, person, claim, number, target, kind, paid, units, whole, code, rule, level ...``, one row a line.
    people, facilities, payers, statuses : str
        What the numbers stand for: ``v, code``; statuses also ``recorded, reason, died``. "" where there is no such
        column.
    n : int
        The number of lines.
    """

    table: str
    people: str
    facilities: str
    payers: str
    statuses: str
    n: int


def number_lines(engine: Engine, raw: SourceTable, options: LineOptions, cutoff: int) -> Lines:
    """Make the table of lines in the engine."""
    lookups = Lookups()
    fields = set(raw.kinds)
    days = read_dates(engine, raw, [name for name in DAYS if name in fields], lookups, Ledger(), options.reading)
    facility = next((name for name in ("facility", "facility_npi", "billing_npi") if name in fields), "")
    people = "" if raw.kinds["person_id"] == INTEGER else number_texts(engine, raw, "person_id", "people", "")
    facilities = number_texts(engine, raw, facility, "facilities") if facility else ""
    payers = number_texts(engine, raw, "payer", "payers") if "payer" in fields else ""
    statuses = number_statuses(engine, raw, options.reasons)
    joins = [*lookups.joins]
    for name, table in (("person_id", people), (facility, facilities), ("payer", payers)):
        if table:
            joins.append(f"LEFT JOIN {table}_raw {name}_of ON r.{name}::VARCHAR = {name}_of.raw")
    if statuses:
        key = digits_sql(raw, "discharge_disposition_code", 2)
        joins.append(f"LEFT JOIN {statuses} status_of ON {key} = status_of.v")
    numbers = {
        "person": "person_id_of.code" if people else "r.person_id::BIGINT",
        "facility": f"coalesce({facility}_of.code, 0)" if facilities else "0",
        "payer": "coalesce(payer_of.code, 0)" if payers else "0",
        "status": "coalesce(status_of.code, 0)" if statuses else "0",
        "recorded": "coalesce(status_of.recorded, 0)" if statuses else "0",
        "died": "coalesce(status_of.died, 0)" if statuses else "0",
    }
    read = _read_sql(raw, fields, days, numbers, joins)
    registered = _register(engine, options.codes)
    table = engine.name("lines")
    engine.run(f"CREATE TEMP TABLE {table} AS {_decided_sql(read, options, fields, cutoff, registered)}")
    lookups.drop(engine)
    for made in filter(None, (people, facilities, payers)):
        engine.run(f"DROP TABLE {made}_raw")
    for name in registered.values():
        engine.unregister(name)
    n = int(engine.one(f"SELECT count(*) FROM {table}")[0])
    return Lines(table, people, facilities, payers, statuses, n)


def _plain(raw: SourceTable, name: str) -> str:
    """Return the SQL of a text that is only compared, without spaces at its ends."""
    return f"nullif(trim(r.{name}::VARCHAR), '')" if name in raw.kinds else "NULL::VARCHAR"


def _register(engine: Engine, own: Sequence[Code]) -> dict[str, str]:
    names = {}
    for system in ("hcpcs", "revenue", "bill_type", "pos"):
        names[system] = engine.name(f"codes_{system}")
        engine.register(names[system], code_table(system, own))
    return names


def _read_sql(
    raw: SourceTable, fields: set[str], days: Mapping[str, str], numbers: Mapping[str, str], joins: Sequence[str]
) -> str:
    """Return the SQL of the columns as they are compared, days as numbers."""
    day = {name: days.get(name, "NULL::INTEGER") for name in (d.removesuffix("_date") for d in DAYS)}
    state = {name: days.get(f"{name}_state", str(NONE)) for name in day}
    given = {name: f"CASE WHEN {state[name]} = {OK} THEN {day[name]} END" for name in day}
    bill = code_sql(raw, "bill_type_code")
    bill = f"CASE WHEN length({bill}) = 4 AND left({bill}, 1) = '0' THEN substr({bill}, 2) ELSE {bill} END"
    units = "TRY_CAST(r.service_unit_quantity::VARCHAR AS DOUBLE)" if "service_unit_quantity" in fields else "0"
    columns = {
        "line": "row_number() OVER ()",
        **numbers,
        "claim": _plain(raw, "claim_id"),
        "number": _plain(raw, "claim_line_number"),
        "target": _plain(raw, "replaces_claim_id"),
        "line_from": given["claim_line_start"],
        "line_state": state["claim_line_start"],
        "line_to": given["claim_line_end"],
        "to_state": state["claim_line_end"],
        "claim_from": given["claim_start"],
        "claim_to": given["claim_end"],
        "claim_to_state": state["claim_end"],
        "admission": given["admission"],
        "discharge": given["discharge"],
        "paid": given["paid"],
        "units": units,
        "hcpcs": code_sql(raw, "hcpcs_code"),
        "revenue": digits_sql(raw, "revenue_center_code", 4),
        "bill": bill,
        "pos": digits_sql(raw, "place_of_service_code", 2),
        "diagnosis": code_sql(raw, "diagnosis_code_1"),
        "claim_status": code_sql(raw, "claim_status"),
        "adjustment": code_sql(raw, "adjustment"),
        "payer_name": trimmed_sql(raw, "payer"),
        **{f"m{i}": code_sql(raw, name) for i, name in enumerate(MODIFIERS, 1)},
        # Spark's hash passes over NULL, so that a value in another column would not make another hash.
        "whole": f"hash({', '.join(f'''coalesce(r.{name}::VARCHAR, '')''' for name in sorted(fields))})",
    }
    picked = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    return f"SELECT {picked} FROM {raw.relation} r {' '.join(joins)}"


def _decided_sql(read: str, options: LineOptions, fields: set[str], cutoff: int, maps: Mapping[str, str]) -> str:
    """Return the SQL of the lines with their level and the first rule that sets a line aside by itself."""
    modifiers = ", ".join(f"m{i}" for i in range(1, 6))
    (h_level, h_role), (r_level, r_role) = (
        meaning_sql(system, system, modifiers, "from_day", "payer_name", options.codes)
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
    rule = f"""CASE WHEN person IS NULL OR from_day IS NULL THEN 1
        WHEN to_day IS NULL OR to_day < from_day OR claim_to < claim_from OR claim_to_state = {BAD} THEN 8
        WHEN is_denied AND {"true" if options.denied == "drop" else "false"} THEN 7
        WHEN from_day > {cutoff} THEN 9 WHEN level = {_LEVEL[RESIDENCE]} THEN 13
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
            f"AND from_day BETWEEN {system}_map.starts AND {system}_map.ends"
        )

    return f"""
      WITH read AS ({read}),
      timed AS (
        SELECT *, left(bill, 2) AS bill_type, nullif(substr(bill, 3, 1), '') AS frequency,
          CASE WHEN line_state = {NONE} THEN claim_from ELSE line_from END AS from_day,
          CASE WHEN line_state = {NONE} THEN CASE WHEN claim_to_state = {NONE} THEN claim_from ELSE claim_to END
            WHEN to_state = {NONE} THEN line_from ELSE line_to END AS to_day,
          coalesce({denied}, false) AS is_denied
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
      SELECT line, person, facility, payer, status, recorded, died, claim, number,
        CASE WHEN target <> claim THEN target END AS target,
        CASE WHEN frequency = '8' OR adjustment = '1' THEN 2 WHEN frequency = '7' OR adjustment = '4' THEN 1 ELSE 0 END
          AS kind,
        paid, units, whole, hash({", ".join(f"coalesce({c}, '')" for c in ("hcpcs", "revenue", "bill_type", "pos"))},
          {", ".join(f"coalesce(m{i}, '')" for i in range(1, 6))}) AS codes,
        from_day, to_day, claim_from, claim_to, admission, discharge, bill IS NOT NULL AS billed,
        coalesce(frequency IN ('2', '3'), false) AS interim, level,
        decider = 4 AND NOT ((h_open OR r_open) AND coalesce(pos_level IN (0, 1), false)) AS attending,
        CASE WHEN decider IN (1, 5) THEN h_days ELSE 1 END AS days, wm, otp, {conflict} AS conflict, decider,
        {code} AS code, is_denied, {rule} AS rule
      FROM levelled"""
