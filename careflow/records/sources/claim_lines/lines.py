"""One row for each claims line: its person, its days, the kind of its codes, and the rule that sets it aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import SourceTable
from careflow.records.findings import FindingLog
from careflow.records.parsing.date_columns import BAD, NONE, OK, read_dates
from careflow.records.parsing.lookup_tables import Lookups
from careflow.records.sources.claim_lines.kinds import LineKinds, line_kinds
from careflow.records.sources.claim_lines.numbered_texts import NumberedTexts, number_people, number_texts
from careflow.records.sources.claim_lines.options import DAYS, FACILITIES, FIELDS, LineOptions

_SMALL: Final = ("paid", "from_day", "to_day", "claim_from", "claim_to", "admission", "discharge")


@dataclass(frozen=True)
class Lines:
    """The tables of the engine that hold the lines and what their numbers mean.

    Attributes
    ----------
    table : str
        One row a line, its number in ``rowid``: ``person, facility, payer, kind``; ``claim, item, target`` (hashes of
        the claim, of the line in it, and of the claim that it corrects); ``paid, units, from_day, to_day, claim_from,
        claim_to, admission, discharge, rule``; with ``texts`` also ``claim_text, number_text``.
    kinds : LineKinds
        The kinds of lines.
    people : str
        What the numbers of people stand for, ``v, code``; "" where the ids are whole numbers themselves.
    facilities, payers : NumberedTexts
        What the numbers of facilities stand for, and those of payers with the strata of ``columns=``.
    n : int
        The number of lines.
    numbered : bool
        Whether there are line numbers, so that ``item`` names a line and its versions.
    negative : bool
        Whether there are lines of negative units.
    """

    table: str
    kinds: LineKinds
    people: str
    facilities: NumberedTexts
    payers: NumberedTexts
    n: int
    numbered: bool
    negative: bool

    @property
    def tables(self) -> list[str]:
        """Every table."""
        every = (self.table, self.kinds.table, self.kinds.statuses, self.people)
        return [table for table in (*every, self.facilities.table, self.payers.table) if table]


def number_lines(engine: Engine, raw: SourceTable, options: LineOptions, cutoff: int, *, texts: bool) -> Lines:
    """Make the table of lines in the engine; ``texts`` keeps the texts of claims and line numbers."""
    lookups = Lookups()
    fields = set(raw.kinds)
    days = read_dates(engine, raw, [name for name in DAYS if name in fields], lookups, FindingLog(), options.reading)
    people = number_people(engine, raw)
    facility = next(({"facility": name} for name in FACILITIES if name in fields), {})
    facilities = number_texts(engine, raw, facility, "facilities")
    # The strata of columns= are of the line that the payer is of, so the two share a number.
    labels = {name: name for name in raw.kinds if name == "payer" or name not in FIELDS}
    payers = number_texts(engine, raw, labels, "payers")
    kinds = line_kinds(engine, raw, options)
    joins = [*lookups.joins, people.join, facilities.join, payers.join]
    units = "TRY_CAST(r.service_unit_quantity::VARCHAR AS DOUBLE)" if "service_unit_quantity" in fields else ""
    negative = bool(units) and bool(engine.one(f"SELECT count(*) FILTER ({units} < 0) FROM {raw.relation} r")[0])
    numbers = {
        "person": people.person,
        "facility": facilities.code,
        "payer": payers.code,
        "key": kinds.key,
        "units": units or "0",
    }
    read = _read_sql(raw, days, numbers, joins, texts=texts or negative)
    table = engine.name("lines")
    engine.run(f"CREATE TEMP TABLE {table} AS {_judged_sql(read, kinds, fields, cutoff, texts=texts or negative)}")
    lookups.drop(engine)
    for written in filter(None, (people.written, facilities.written, payers.written)):
        engine.run(f"DROP TABLE {written}")
    n = int(engine.one(f"SELECT count(*) FROM {table}")[0])
    return Lines(table, kinds, people.table, facilities, payers, n, "claim_line_number" in fields, negative)


def _text(raw: SourceTable, name: str) -> str:
    """Return the SQL of a text that is only compared, without spaces at its ends."""
    return f"nullif(trim(r.{name}::VARCHAR), '')" if name in raw.kinds else "NULL::VARCHAR"


def _hash(raw: SourceTable, name: str) -> str:
    """Return the SQL of the hash of such a text; NULL where there is none."""
    # Most texts have no spaces, and trimming is slow.
    if name not in raw.kinds:
        return "NULL::UBIGINT"
    text = f"r.{name}::VARCHAR"
    trimmed = _text(raw, name)
    return (
        f"CASE WHEN {text} IS NULL OR {text} = '' THEN NULL WHEN contains({text}, ' ') "
        f"THEN CASE WHEN {trimmed} IS NOT NULL THEN hash({trimmed}) END ELSE hash({text}) END"
    )


def _read_sql(
    raw: SourceTable, days: Mapping[str, str], numbers: Mapping[str, str], joins: Sequence[str], *, texts: bool
) -> str:
    """Return the SQL of the columns as they are compared, days as numbers."""
    names = [name.removesuffix("_date") for name in DAYS]
    state = {name: days.get(f"{name}_state", str(NONE)) for name in names}
    day = {
        name: f"CASE WHEN {state[name]} = {OK} THEN {days[name]} END" if name in days else "NULL::INTEGER"
        for name in names
    }
    columns = {
        **numbers,
        "claim": _hash(raw, "claim_id"),
        "number": _hash(raw, "claim_line_number"),
        "target": _hash(raw, "replaces_claim_id"),
        "line_from": day["claim_line_start"],
        "line_state": state["claim_line_start"],
        "line_to": day["claim_line_end"],
        "to_state": state["claim_line_end"],
        "claim_from": day["claim_start"],
        "claim_to": day["claim_end"],
        "claim_to_state": state["claim_end"],
        "admission": day["admission"],
        "discharge": day["discharge"],
        "paid": day["paid"],
    }
    if texts:
        columns |= {"claim_text": _text(raw, "claim_id"), "number_text": _text(raw, "claim_line_number")}
    picked = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    return f"SELECT {picked} FROM {raw.relation} r {' '.join(filter(None, joins))}"


def _judged_sql(read: str, kinds: LineKinds, fields: set[str], cutoff: int, *, texts: bool) -> str:
    """Return the SQL of the lines with the first rule that sets a line aside by itself."""
    every = "person, claim, number, target, kind, facility, payer, units, from_day, to_day, claim_from, claim_to, "
    every += "admission, discharge, paid"
    # With its number a line is known in all its versions; without one, only by all that is read of it.
    item = f"hash({every})"
    if "claim_line_number" in fields:
        item = f"CASE WHEN number IS NULL OR claim IS NULL THEN {item} ELSE hash(claim, number) END"
    # The difference of two dates is a BIGINT.
    small = ", ".join(f"{name}::INTEGER AS {name}" for name in _SMALL) + ", units"
    more = ", claim_text, number_text" if texts else ""
    return f"""
      WITH read AS ({read}),
      timed AS (
        SELECT *,
          CASE WHEN line_state = {NONE} THEN claim_from ELSE line_from END AS from_day,
          CASE WHEN line_state = {NONE} THEN CASE WHEN claim_to_state = {NONE} THEN claim_from ELSE claim_to END
            WHEN to_state = {NONE} THEN line_from ELSE line_to END AS to_day
        FROM read),
      judged AS (
        SELECT r.*, k.kind,
          CASE WHEN person IS NULL OR from_day IS NULL THEN 1
            WHEN to_day IS NULL OR to_day < from_day OR claim_to < claim_from OR claim_to_state = {BAD} THEN 8
            WHEN k.denied THEN 7 WHEN from_day > {cutoff} THEN 9 ELSE k.rule END AS rule
        FROM timed r {kinds.join})
      SELECT person, facility, payer, kind, claim, {item} AS item,
        CASE WHEN target <> claim THEN target END AS target, {small}{more}, rule::UTINYINT AS rule
      FROM judged"""
