"""Ids to numbers: the file's id never leaves this step.

A whole number becomes another by a key that is drawn anew for each reading; a text becomes a keyed 63-bit hash, after
it has been ruled out, text by text, that two ids share one. The jackknife group is computed once a person.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from careflow.errors import RecordError
from careflow.records import lost_digits
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import FLOAT, INTEGER, TEXT, SourceTable
from careflow.records.findings import FIXED, FLAGGED, Ledger
from careflow.records.privacy.jackknife_groups import group_sql, integer_sql, text_number_sql

SPACES: Final = " \t\r\n\u00a0\ufeff\u200b"
"""What is trimmed from both ends of an id."""

LONGEST_ID: Final = 200
_EDGES: Final = r"^[\s\x{a0}\x{feff}\x{200b}]|[\s\x{a0}\x{feff}\x{200b}]$"


@dataclass(frozen=True)
class People:
    """How the pass reads the person: SQL of the number and of the group, and the join they need.

    Attributes
    ----------
    person, group : str
        SQL, NULL where there is no id.
    join : str
        The LEFT JOIN of the table of people, or nothing.
    table : str
        That table, to be dropped after the pass; empty where there is none.
    given : tuple of str, optional
        SQL of the id as it is given, and of the same made from ``person``, where that can be done.
    """

    person: str
    group: str
    join: str = ""
    table: str = ""
    given: tuple[str, str] | None = None

    def among(self, people: str) -> str:
        """Return the SQL that says whether a row is of one of some people, themselves SQL of ``person``."""
        if self.given is None:
            return f"{self.person} IN ({people})"
        # Compared as it is given, an id need not be turned into the person's number in every row.
        asked, made = self.given
        return f"{asked} IN (SELECT {made} FROM ({people}))"


def read_people(engine: Engine, raw: SourceTable, ledger: Ledger) -> People:
    """Decide how the ids are read, and note what is odd about them.

    Raises
    ------
    RecordError
        The ids are floating numbers or dates, or far too long.
    """
    kind = raw.kinds["person_id"]
    if kind == FLOAT:
        raise RecordError(
            "person_id is stored as floating numbers: leading zeros and digits after the 15th are lost, so two people "
            "can have become one. Read the ids as text or as whole numbers.",
            check="S05",
        )
    if kind not in {INTEGER, TEXT}:
        raise RecordError(
            "person_id holds dates, so it cannot name a person. Name another column with columns={...}.", check="S05"
        )
    key = secrets.randbits(62)
    if kind == INTEGER:
        long, odd = engine.one(f"SELECT {_long('r.person_id')} FROM {raw.relation} r")
        _flag_zeros(long, odd, ledger)
        return _numbers("r.person_id::BIGINT", key)
    return _texts(engine, raw, ledger, key)


def flag_episodes(engine: Engine, raw: SourceTable, ledger: Ledger) -> None:
    """Flag ids of stays that lost digits; those of people stop the reading."""
    if raw.kinds.get("episode_id") == TEXT:
        lost = lost_digits.lost_sql("r.episode_id::VARCHAR")
        n = engine.one(f"SELECT count(*) FILTER ({lost}) FROM {raw.relation} r")[0]
        note = "written as floating numbers: two stays of a person from one day on can be taken for versions of one"
        ledger.add("episode ids that lost digits", FLAGGED, n, note)


def _long(number: str) -> str:
    """Return the SQL that counts whole numbers too long for a spreadsheet, and those that do not end in a zero."""
    long = f"({number} >= {lost_digits.LONG} OR {number} <= -{lost_digits.LONG})"
    return f"count(*) FILTER ({long}), count(*) FILTER ({long} AND {number} % 10 <> 0)"


def _flag_zeros(long: int, odd: int, ledger: Ledger) -> None:
    note = "of 16 digits or more, and every one ends in 0: a spreadsheet keeps 15. Were several people made one?"
    ledger.add("ids that may have lost digits", FLAGGED, 0 if odd else long, note)


def _numbers(number: str, key: int) -> People:
    return People(f"xor({number}, {key}::BIGINT)", group_sql(number), given=(number, f"xor(person, {key}::BIGINT)"))


def _texts(engine: Engine, raw: SourceTable, ledger: Ledger, key: int) -> People:
    table = engine.name("people")
    hashed = f"(hash(r.person_id::VARCHAR, {key}::BIGINT) >> 1)::BIGINT"
    engine.run(
        f"CREATE TEMP TABLE {table}_seen AS SELECT {hashed} AS h, r.person_id::VARCHAR AS id, count(*) AS n "
        f"FROM {raw.relation} r WHERE r.person_id IS NOT NULL GROUP BY r.person_id"
    )
    missing = "CASE WHEN lower(id) IN ('na', 'nan', 'null', 'none', 'n/a') THEN n END"
    ids, whole, padded, mended, words, wide, narrow, shared, lost, lost_rows, long, odd = engine.one(
        "SELECT count(*) FILTER (id <> ''), count(number), "
        "count(CASE WHEN id LIKE '0_%' THEN TRY_CAST(id AS HUGEINT) END), "
        f"coalesce(sum(n) FILTER (regexp_matches(id, '{_EDGES}')), 0)::BIGINT, "
        f"coalesce(sum(CASE WHEN length(id) <= 4 THEN {missing} END), 0)::BIGINT, "
        "max(length(id)), min(length(id)), count(*) - count(DISTINCT h), "
        f"count(*) FILTER (lost), coalesce(sum(n) FILTER (lost), 0)::BIGINT, {_long('number')} "
        f"FROM (SELECT *, {integer_sql('id')} AS number, {lost_digits.lost_sql('id')} AS lost FROM {table}_seen)"
    )
    _no_clash(shared)
    lost_digits.refuse("person_id", lost, lost_rows)
    _flag_zeros(long, odd, ledger)
    if wide is not None and wide > LONGEST_ID:
        raise RecordError(
            f"person_id has texts of more than {LONGEST_ID} characters: is this the right column?", check="S09"
        )
    ledger.add("ids mended", FIXED, mended, "spaces around the id")
    ledger.add("ids that read like 'missing'", FLAGGED, words, "kept as the id of a person (NA, NULL, nan, none)")
    if padded and wide != narrow:
        note = "some ids have leading zeros and not all are equally long: were zeros lost from others?"
        ledger.add("ids of several widths", FLAGGED, padded, note)
    if not mended and whole == ids:
        engine.run(f"DROP TABLE {table}_seen")
        return _numbers("TRY_CAST(r.person_id AS BIGINT)", key)
    if 0 < whole < ids:
        ledger.add("ids of two kinds", FLAGGED, min(whole, ids - whole), "some ids are whole numbers, others are not")
    text = f"nullif(trim(id, '{SPACES}'), '')" if mended else "nullif(id, '')"
    number = (
        text_number_sql("t") if not whole and not mended else f"coalesce({integer_sql('t')}, {text_number_sql('t')})"
    )
    # Two writings of one id have one person; without such the hash of the writing is that of the person.
    person = f", (hash(t, {key}::BIGINT) >> 1)::BIGINT AS person, t" if mended else ""
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT h, {group_sql(number)} AS jackknife_group{person} "
        f"FROM (SELECT h, {text} AS t FROM {table}_seen) WHERE t IS NOT NULL"
    )
    if mended:
        _no_clash(engine.one(f"SELECT count(DISTINCT t) - count(DISTINCT person) FROM {table}")[0])
    engine.run(f"DROP TABLE {table}_seen")
    who = "who.person" if mended else "who.h"
    return People(who, "who.jackknife_group", f"LEFT JOIN {table} who ON {hashed} = who.h", table)


def _no_clash(shared: int) -> None:
    if shared:
        raise RecordError(
            "two different ids were given the same number on load, which happens once in millions of readings. "
            "Read the file again: the key is new each time."
        )
