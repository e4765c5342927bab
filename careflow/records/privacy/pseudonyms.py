"""Replace the ids of the file by numbers; no later step sees an id.

A whole number is combined with a random key (XOR). A text becomes a keyed 63-bit hash, after checking that no two ids
share a hash. The key is new for each reading, unless it is read alongside another one: then an id has the same number
in both. The jackknife group is computed from the id, once per person.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from careflow.errors import RecordError
from careflow.records import lost_digits
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import FLOAT, INTEGER, TEXT, SourceTable
from careflow.records.findings import FIXED, FLAGGED, FindingLog
from careflow.records.privacy.jackknife_groups import group_sql, integer_sql, text_number_sql

SPACES: Final = " \t\r\n\u00a0\ufeff\u200b"
"""Characters trimmed from both ends of an id."""

LONGEST_ID: Final = 200
_EDGES: Final = r"^[\s\x{a0}\x{feff}\x{200b}]|[\s\x{a0}\x{feff}\x{200b}]$"


@dataclass(frozen=True)
class PersonKey:
    """The secret by which the ids of a reading became numbers.

    Attributes
    ----------
    key : int
        The random key; it is never shown.
    texts : bool
        Whether every id, a whole number too, was hashed as text.
    """

    key: int = field(repr=False)
    texts: bool


@dataclass(frozen=True)
class People:
    """The SQL of a person's number and jackknife group, and the join that they need.

    Attributes
    ----------
    person, group : str
        SQL, NULL without an id.
    join : str
        The LEFT JOIN with the table of people, or "".
    table : str
        That table, to be dropped after reading, or "".
    given : tuple of str, optional
        SQL of the id in the file, and of the same id computed back from ``person``, for integer ids.
    secret : PersonKey
        The key, for a reading alongside this one.
    """

    person: str
    group: str
    secret: PersonKey
    join: str = ""
    table: str = ""
    given: tuple[str, str] | None = None

    def among(self, people: str) -> str:
        """Return the SQL of the test whether a row belongs to ``people``, a query of ``person``."""
        if self.given is None:
            return f"{self.person} IN ({people})"
        # Comparing the ids as given saves computing the person's number in every row.
        given, from_person = self.given
        return f"{given} IN (SELECT {from_person} FROM ({people}))"


def read_people(engine: Engine, source: SourceTable, log: FindingLog, alongside: PersonKey | None = None) -> People:
    """Decide how ids become numbers, and record findings about them.

    Parameters
    ----------
    engine, source, log
        The ids, and where the findings go.
    alongside : PersonKey, optional
        The key of another reading, in which an id has the same number.

    Raises
    ------
    RecordError
        The ids are floating numbers or dates, or too long.
    """
    kind = source.kinds["person_id"]
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
    secret = alongside or PersonKey(secrets.randbits(62), texts=False)
    if kind == INTEGER:
        long, not_rounded = engine.one(f"SELECT {_long('r.person_id')} FROM {source.relation} r")
        _flag_zeros(long, not_rounded, log)
        number = "r.person_id::BIGINT"
        if secret.texts:
            return People(_hashed("r.person_id::VARCHAR", secret.key), group_sql(number), secret)
        return _numbers(number, secret)
    return _texts(engine, source, log, secret, numbers=alongside is not None and not alongside.texts)


def flag_episodes(engine: Engine, source: SourceTable, log: FindingLog) -> None:
    """Flag episode ids that lost digits (person ids that lost digits stop the reading)."""
    if source.kinds.get("episode_id") == TEXT:
        lost = lost_digits.lost_sql("r.episode_id::VARCHAR")
        n = engine.one(f"SELECT count(*) FILTER ({lost}) FROM {source.relation} r")[0]
        note = "written as floating numbers: two stays of a person from one day on can be taken for versions of one"
        log.add("episode ids that lost digits", FLAGGED, n, note)


def _long(number: str) -> str:
    """Return the SQL that counts numbers too long for a spreadsheet, and those of them that do not end in 0."""
    long = f"({number} >= {lost_digits.LONG} OR {number} <= -{lost_digits.LONG})"
    return f"count(*) FILTER ({long}), count(*) FILTER ({long} AND {number} % 10 <> 0)"


def _flag_zeros(long: int, not_rounded: int, log: FindingLog) -> None:
    note = "of 16 digits or more, and every one ends in 0: a spreadsheet keeps 15. Were several people made one?"
    log.add("ids that may have lost digits", FLAGGED, 0 if not_rounded else long, note)


def episode_key_sql(episode: str, secret: PersonKey) -> str:
    """Return the SQL of the keyed hash of an episode id, -1 without one."""
    return f"CASE WHEN {episode} IS NULL THEN -1 ELSE {_hashed(episode, secret.key)} END"


def _hashed(text: str, key: int) -> str:
    return f"(hash({text}, {key}::BIGINT) >> 1)::BIGINT"


def _numbers(number: str, secret: PersonKey) -> People:
    key = f"{secret.key}::BIGINT"
    return People(f"xor({number}, {key})", group_sql(number), secret, given=(number, f"xor(person, {key})"))


def _texts(engine: Engine, source: SourceTable, log: FindingLog, secret: PersonKey, *, numbers: bool) -> People:
    """Hash ids that are texts; with ``numbers`` those that are whole numbers become what they are in such files."""
    table, key = engine.name("people"), secret.key
    hashed = _hashed("r.person_id::VARCHAR", key)
    engine.run(
        f"CREATE TEMP TABLE {table}_seen AS SELECT {hashed} AS h, r.person_id::VARCHAR AS id, count(*) AS n "
        f"FROM {source.relation} r WHERE r.person_id IS NOT NULL GROUP BY r.person_id"
    )
    missing = "CASE WHEN lower(id) IN ('na', 'nan', 'null', 'none', 'n/a') THEN n END"
    ids, integers, padded, trimmed, words, wide, narrow, shared, lost, lost_rows, long, not_rounded = engine.one(
        "SELECT count(*) FILTER (id <> ''), count(number), "
        "count(CASE WHEN id LIKE '0_%' THEN TRY_CAST(id AS HUGEINT) END), "
        f"coalesce(sum(n) FILTER (regexp_matches(id, '{_EDGES}')), 0)::BIGINT, "
        f"coalesce(sum(CASE WHEN length(id) <= 4 THEN {missing} END), 0)::BIGINT, "
        "max(length(id)), min(length(id)), count(*) - count(DISTINCT h), "
        f"count(*) FILTER (lost), coalesce(sum(n) FILTER (lost), 0)::BIGINT, {_long('number')} "
        f"FROM (SELECT *, {integer_sql('id')} AS number, {lost_digits.lost_sql('id')} AS lost FROM {table}_seen)"
    )
    check_unique(shared)
    lost_digits.refuse("person_id", lost, lost_rows)
    _flag_zeros(long, not_rounded, log)
    if wide is not None and wide > LONGEST_ID:
        raise RecordError(
            f"person_id has texts of more than {LONGEST_ID} characters: is this the right column?", check="S09"
        )
    log.add("ids mended", FIXED, trimmed, "spaces around the id")
    log.add("ids that read like 'missing'", FLAGGED, words, "kept as the id of a person (NA, NULL, nan, none)")
    if padded and wide != narrow:
        note = "some ids have leading zeros and not all are equally long: were zeros lost from others?"
        log.add("ids of several widths", FLAGGED, padded, note)
    if not trimmed and integers == ids and not secret.texts:
        engine.run(f"DROP TABLE {table}_seen")
        return _numbers("TRY_CAST(r.person_id AS BIGINT)", secret)
    if 0 < integers < ids:
        log.add(
            "ids of two kinds", FLAGGED, min(integers, ids - integers), "some ids are whole numbers, others are not"
        )
    text = f"nullif(trim(id, '{SPACES}'), '')" if trimmed else "nullif(id, '')"
    number = (
        text_number_sql("t")
        if not integers and not trimmed
        else f"coalesce({integer_sql('t')}, {text_number_sql('t')})"
    )
    # Ids that differ only in spaces are one person; without such ids the hash of the text is the person's number.
    own = _hashed("t", key)
    own = f"coalesce(xor({integer_sql('t')}, {key}::BIGINT), {own})" if numbers else own
    joined = trimmed > 0 or numbers
    person = f", {own} AS person, t" if joined else ""
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT h, {group_sql(number)} AS jackknife_group{person} "
        f"FROM (SELECT h, {text} AS t FROM {table}_seen) WHERE t IS NOT NULL"
    )
    if joined:
        check_unique(engine.one(f"SELECT count(DISTINCT t) - count(DISTINCT person) FROM {table}")[0])
    engine.run(f"DROP TABLE {table}_seen")
    who = "who.person" if joined else "who.h"
    secret = PersonKey(key, texts=not numbers)
    return People(who, "who.jackknife_group", secret, f"LEFT JOIN {table} who ON {hashed} = who.h", table)


def check_unique(shared: int, what: str = "ids") -> None:
    """Refuse a reading in which different ids, or other texts, have one hash."""
    if shared:
        raise RecordError(
            f"two different {what} were given the same number on load, which happens once in millions of readings. "
            "Read the file again: the key is new each time."
        )
