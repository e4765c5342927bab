"""Admissions with changes of level as a source of stays: ``cf.sources.events``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from careflow.arguments import checked, mapping, text
from careflow.arguments.folding import clean
from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import SourceTable
from careflow.records.findings import FindingLog
from careflow.records.parsing.date_columns import BAD, OK, Reading, read_dates
from careflow.records.parsing.date_formats import EPOCH, check_format
from careflow.records.parsing.lookup_tables import Lookups, distinct
from careflow.records.sources.columns import InputTable, trimmed_sql
from careflow.records.sources.level_pieces import cut_pieces, placed_changes, tracks
from careflow.records.sources.protocol import ABSORBED, FLAGGED, KEPT, SET_ASIDE, Loss, Made, Window
from careflow.records.sources.table_source import TableSource

ADMISSIONS: Final = (
    "person_id", "admission_id", "admit_date", "discharge_date", "discharge_reason", "facility", "payer", "level",
    "updated_at",
)  # fmt: skip
KEYS: Final = ("person_id", "admission_id", "admit_date", "discharge_date", "updated_at")
"""Fields of ids and days, which cannot be strata."""
CHANGES: Final = ("admission_id", "change_date", "level", "track", "sequence")
RULES: Final = {
    "E00": "admission in stays",
    "E01": "a change of no known admission",
    "E02": "an admission in two versions",
    "E03": "first level carried back to the admission",
    "E04": "several changes on one day",
    "E05": "the same level again",
    "E06": "a day before the admission, moved to it",
    "E07": "outside the admission",
    "E08": "on the day of discharge",
    "E09": "change in stays",
    "E10": "of another track",
    "E11": "no day, or a day that is none",
}
"""What becomes of admissions and changes."""

COMMON: Final = {
    "levels": mapping("{code in the file: level}, such as {'RTC': 'residential'}"),
    "reasons": mapping("{code in the file: reason}, such as {'AMA': 'left early'}"),
    "date_format": text,
    "encoding": text,
}


@checked(columns=mapping("{field: column}"), change_columns=mapping("{field: column}"), track=text, **COMMON)
def events(
    admissions: Any,
    changes: Any = None,
    *,
    columns: Mapping[str, str] | None = None,
    change_columns: Mapping[str, str] | None = None,
    levels: Mapping[Any, str] | None = None,
    reasons: Mapping[Any, str] | None = None,
    track: str = "delivered",
    date_format: str | None = None,
    encoding: str | None = None,
) -> EventSource:
    """Read admissions and the changes of level within them.

    Parameters
    ----------
    admissions : path, glob or table
        One row an admission: ``person_id, admission_id, admit_date``, and ``discharge_date, discharge_reason,
        facility, payer, level, updated_at`` as far as there are.
    changes : path, glob or table, optional
        One row a change: ``admission_id, change_date, level``, and ``sequence`` (a number, or a time) and ``track``.
    columns, change_columns : mapping, optional
        ``{field: column in the file}`` of the two tables. In ``columns``, a name that is no field is a stratum of the
        stays, such as ``{"program": "PROGRAM_NAME"}``.
    levels, reasons : mapping, optional
        What the codes in the files mean.
    track : str
        The track that makes stays, where there are several; all others only make ``tables["tracks"]``.
    date_format, encoding : str, optional
        As of :func:`careflow.read_episodes`.

    Returns
    -------
    EventSource

    Raises
    ------
    ArgumentError
        An option is wrong.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> admissions = pd.DataFrame({"person_id": ["A"], "admission_id": ["1"], "admit_date": ["2024-01-02"]})
    >>> changes = pd.DataFrame({"admission_id": ["1", "1"], "change_date": ["2024-01-02", "2024-02-01"],
    ...     "level": ["residential", "php"]})
    >>> cf.read_episodes(cf.sources.events(admissions, changes), cutoff="2024-06-30")
    <Episodes: 2 stays of 1 person, 2024Q1-2024Q1, 1 open, 0 set aside>
    """
    required = ("person_id", "admission_id", "admit_date")
    tables = [InputTable(admissions, ADMISSIONS, required, columns, encoding, keys=KEYS)]
    if changes is not None:
        tables.append(InputTable(changes, CHANGES, ("admission_id", "change_date", "level"), change_columns, encoding))
    return EventSource("events", tables, levels, reasons, track, check_format(date_format))


class EventSource(TableSource):
    """Admissions with changes of level, to be read by :func:`careflow.read_episodes`; made by :func:`events`."""

    rules = RULES
    expected = frozenset({"E10"})

    def __init__(
        self,
        name: str,
        tables: list[InputTable],
        levels: Mapping[Any, str] | None,
        reasons: Mapping[Any, str] | None,
        track: str,
        date_format: str | None,
    ) -> None:
        super().__init__(*tables)
        self.name = name
        self._levels = levels or {}
        self._reasons = reasons or {}
        self._track = track
        self._date_format = date_format

    def make(self, engine: Engine, window: Window) -> Made:
        """Make the stays in the engine."""
        reading = Reading(self._date_format, window.tz)
        admissions = self._admissions(engine, reading)
        cutoff = (window.cutoff - EPOCH).days
        return self.cut(engine, admissions, self._changes(engine, reading), cutoff, self._tables[0].strata)

    def _admissions(self, engine: Engine, reading: Reading) -> str:
        """Return the table of admissions: ``row_id, person, id, admit, discharge, bad, reason ...`` and the strata."""
        raw = self._tables[0].load(engine)
        lookups = Lookups()
        names = [name for name in ("admit_date", "discharge_date", "updated_at") if name in raw.kinds]
        days = read_dates(engine, raw, names, lookups, FindingLog(), reading)
        table = engine.name("admissions")
        columns = {
            "row_id": "row_number() OVER ()",
            "person": trimmed_sql(raw, "person_id"),
            "id": trimmed_sql(raw, "admission_id"),
            "admit": f"CASE WHEN {days['admit_state']} = {OK} THEN {days['admit']} END",
            "discharge": f"CASE WHEN {days['discharge_state']} = {OK} THEN {days['discharge']} END"
            if "discharge" in days
            else "NULL::INTEGER",
            "bad": f"{days['admit_state']} <> {OK} OR {days.get('discharge_state', '0')} = {BAD}",
            "reason": mapped_sql(engine, raw, "discharge_reason", self._reasons, lookups),
            "facility": trimmed_sql(raw, "facility"),
            "payer": trimmed_sql(raw, "payer"),
            "level": mapped_sql(engine, raw, "level", self._levels, lookups),
            "version": days.get("updated", "NULL::INTEGER"),
            "whole": f"hash({', '.join(f'''coalesce(r.{name}::VARCHAR, '')''' for name in sorted(raw.kinds))})",
            **{name: trimmed_sql(raw, name) for name in self._tables[0].strata.values()},
        }
        picked = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        engine.run(f"CREATE TEMP TABLE {table} AS SELECT {picked} FROM {raw.relation} r {' '.join(lookups.joins)}")
        drop_input(engine, raw, lookups)
        return table

    def _changes(self, engine: Engine, reading: Reading) -> str:
        """Return the table of changes: ``row_id, id, day, level, track, sequence``."""
        if len(self._tables) < 2:
            return no_changes(engine)
        table = engine.name("changes")
        raw = self._tables[1].load(engine)
        lookups = Lookups()
        days = read_dates(engine, raw, ["change_date"], lookups, FindingLog(), reading)
        columns = {
            "row_id": "row_number() OVER ()",
            "id": trimmed_sql(raw, "admission_id"),
            "day": f"CASE WHEN {days['change_state']} = {OK} THEN {days['change']} END",
            "level": mapped_sql(engine, raw, "level", self._levels, lookups),
            "track": f"lower({trimmed_sql(raw, 'track')})" if "track" in raw.kinds else "NULL::VARCHAR",
            # Numbers of any length and times, both in their order as text.
            "sequence": f"lpad({trimmed_sql(raw, 'sequence')}, 30, ' ')",
        }
        picked = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        engine.run(f"CREATE TEMP TABLE {table} AS SELECT {picked} FROM {raw.relation} r {' '.join(lookups.joins)}")
        drop_input(engine, raw, lookups)
        return table

    def cut(
        self, engine: Engine, admissions: str, changes: str, cutoff: int, strata: Mapping[str, str] | None = None
    ) -> Made:
        """Make the stays of a table of admissions, whose ``strata`` are columns, and one of changes; both go."""
        lines = [int(engine.one(f"SELECT count(*) FROM {table}")[0]) for table in (admissions, changes)]
        if not lines[0]:
            raise RecordError("the file of admissions has a line of names and no rows.", check="S11", n=0)
        placed = placed_changes(engine, admissions, changes, self._track.lower())
        pieces, flags = cut_pieces(engine, placed)
        tables = {"tracks": tracks(engine, placed, pieces, cutoff)} if placed.other else {}
        losses = [
            Loss(rule, _ACTIONS.get(rule, SET_ASIDE), "admission", n) for rule, n in placed.admission_fates.items()
        ]
        losses += [Loss(rule, _ACTIONS.get(rule, SET_ASIDE), "change", n) for rule, n in placed.change_fates.items()]
        losses += [Loss(rule, FLAGGED, "admission", n) for rule, n in flags.items()]
        relation = engine.name("made")
        day = "DATE '1970-01-01' + {}::INTEGER"
        labels = "".join(f", a.{column}" for column in (strata or {}).values())
        engine.run(
            f"""CREATE TEMP TABLE {relation} AS
            SELECT p.person AS person_id, p.level, {day.format("p.start_day")} AS admit_date,
              CASE WHEN p.end_day IS NOT NULL THEN {day.format("p.end_day")} END AS discharge_date,
              p.reason AS discharge_reason, p.facility, p.payer, row_number() OVER () AS episode_id{labels}
            FROM {pieces} p JOIN {placed.admissions} a ON p.row_id = a.row_id"""
        )
        for table in (pieces, admissions, changes, *placed.tables):
            engine.run(f"DROP TABLE {table}")
        return Made(relation, losses, tables, sum(lines), strata or {})


_ACTIONS: Final = {"E00": KEPT, "E09": KEPT, "E04": ABSORBED, "E05": ABSORBED}


def mapped_sql(engine: Engine, raw: SourceTable, name: str, meaning: Mapping[Any, str], lookups: Lookups) -> str:
    """Return the SQL of a code in the words of ``levels=`` or ``reasons=``; a code that has none stays as it is."""
    if name not in raw.kinds:
        return "NULL::VARCHAR"
    words = {clean(str(code)).casefold(): word for code, word in meaning.items()}
    texts = distinct(engine, raw, name, name, trimmed_sql(raw, name))
    table, short = engine.name("words"), f"{name}_word"
    pairs = {code: words.get(clean(code).casefold(), clean(code)) for code in texts} or {"": ""}
    engine.register(table, pa.table({"v": pa.array(list(pairs)), "word": pa.array(list(pairs.values()))}))
    lookups.names.append(table)
    lookups.joins.append(f"LEFT JOIN {table} {short} ON {trimmed_sql(raw, name)} = {short}.v")
    return f"{short}.word"


def drop_input(engine: Engine, raw: SourceTable, lookups: Lookups) -> None:
    """Drop the tables that only reading needs."""
    lookups.drop(engine)
    if raw.held:
        engine.run(f"DROP TABLE {raw.relation}")


def no_changes(engine: Engine) -> str:
    """Return an empty table of changes."""
    table = engine.name("changes")
    engine.run(
        f"CREATE TEMP TABLE {table} AS SELECT 0::BIGINT AS row_id, ''::VARCHAR AS id, 0::INTEGER AS day, "
        "''::VARCHAR AS level, ''::VARCHAR AS track, ''::VARCHAR AS sequence WHERE 1 = 0"
    )
    return table
