"""Enrolments and exits of a homeless management system as a source of stays: ``cf.sources.enrolments``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from careflow.arguments import checked, mapping, text
from careflow.errors import ArgumentError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.findings import FindingLog
from careflow.records.parsing.date_columns import BAD, OK, Reading, read_dates
from careflow.records.parsing.date_formats import check_format
from careflow.records.parsing.lookup_tables import Lookups
from careflow.records.sources.columns import InputTable, trimmed_sql
from careflow.records.sources.emr_events import COMMON, EventSource, drop_input, mapped_sql, no_changes
from careflow.records.sources.protocol import Made, Window

ENROLLMENT: Final = ("PersonalID", "EnrollmentID", "EntryDate", "ProjectID", "DateUpdated")
EXIT: Final = ("EnrollmentID", "ExitDate", "Destination")
KEYS: Final = ("PersonalID", "EnrollmentID", "EntryDate", "DateUpdated")
"""Columns of ids and days, which cannot be strata."""
PROJECT: Final = ("ProjectID", "ProjectType")


@checked(level_from=text, columns=mapping("{field: column}"), **COMMON)
def enrolments(
    enrollment: Any,
    exit: Any,
    project: Any = None,
    *,
    levels: Mapping[Any, str],
    level_from: str = "ProjectType",
    columns: Mapping[str, str] | None = None,
    reasons: Mapping[Any, str] | None = None,
    date_format: str | None = None,
    encoding: str | None = None,
) -> EnrolmentSource:
    """Read enrolments and exits, as homeless management systems export them.

    Parameters
    ----------
    enrollment, exit : path, glob or table
        ``PersonalID, EnrollmentID, EntryDate, ProjectID``, and ``EnrollmentID, ExitDate, Destination``. An enrolment
        without an exit is open.
    project : path, glob or table, optional
        ``ProjectID, ProjectType``.
    levels : mapping
        ``{project type: level}``, or ``{project: level}`` with ``level_from="ProjectID"``. There is no default.
    level_from : {"ProjectType", "ProjectID"}
        The column that says the level.
    columns : mapping, optional
        ``{field: column in the file}`` of the table of enrolments. A name that is no field is a stratum of the stays,
        such as ``{"household": "RelationshipToHoH"}``.
    reasons : mapping, optional
        ``{destination: reason}``.
    date_format, encoding : str, optional
        As of :func:`careflow.read_episodes`.

    Returns
    -------
    EnrolmentSource

    Raises
    ------
    ArgumentError
        An option is wrong, or project types are asked for without a table of projects.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> entries = pd.DataFrame({"PersonalID": ["A"], "EnrollmentID": ["1"], "EntryDate": ["2024-01-02"],
    ...     "ProjectID": ["7"]})
    >>> exits = pd.DataFrame({"EnrollmentID": ["1"], "ExitDate": ["2024-02-01"]})
    >>> source = cf.sources.enrolments(entries, exits, levels={"7": "residential"}, level_from="ProjectID")
    >>> cf.read_episodes(source, cutoff="2024-06-30")
    <Episodes: 1 stay of 1 person, 2024Q1-2024Q1, 0 open, 0 set aside>
    """
    if level_from not in ("ProjectType", "ProjectID"):
        raise ArgumentError("level_from is 'ProjectType' or 'ProjectID'.")
    if level_from == "ProjectType" and project is None:
        raise ArgumentError("give the table of projects as the third argument, or say level_from='ProjectID'.")
    tables = [
        InputTable(enrollment, ENROLLMENT, ENROLLMENT[:4], columns, encoding, keys=KEYS),
        InputTable(exit, EXIT, EXIT[:2], None, encoding),
    ]
    if level_from == "ProjectType":
        tables.append(InputTable(project, PROJECT, PROJECT, None, encoding))
    return EnrolmentSource(tables, levels, reasons, check_format(date_format))


class EnrolmentSource(EventSource):
    """Enrolments and exits, to be read by :func:`careflow.read_episodes`; made by :func:`enrolments`."""

    def __init__(
        self,
        tables: list[InputTable],
        levels: Mapping[Any, str],
        reasons: Mapping[Any, str] | None,
        date_format: str | None,
    ) -> None:
        super().__init__("enrolments", tables, levels, reasons, "delivered", date_format)

    @property
    def person_column(self) -> str:
        """The column of ids in the file."""
        return self._tables[0].mapped.fields["PersonalID"]

    def make(self, engine: Engine, window: Window) -> Made:
        """Make the stays in the engine."""
        reading, lookups = Reading(self._date_format, window.tz), Lookups()
        raw = self._tables[0].load(engine)
        names = [name for name in ("EntryDate", "DateUpdated") if name in raw.kinds]
        entered = read_dates(engine, raw, names, lookups, FindingLog(), reading)
        entries = engine.name("entries")
        strata = self._tables[0].strata
        labels = "".join(f", {trimmed_sql(raw, column)} AS {column}" for column in strata.values())
        whole = f"hash({', '.join(f'''coalesce(r.{name}::VARCHAR, '')''' for name in sorted(raw.kinds))})"
        engine.run(
            f"""CREATE TEMP TABLE {entries} AS SELECT {trimmed_sql(raw, "PersonalID")} AS person,
              {trimmed_sql(raw, "EnrollmentID")} AS id, {trimmed_sql(raw, "ProjectID")} AS project, {whole} AS whole,
              CASE WHEN {entered["EntryDate_state"]} = {OK} THEN {entered["EntryDate"]} END AS admit,
              {entered["EntryDate_state"]} <> {OK} AS bad, {entered.get("DateUpdated", "NULL::INTEGER")} AS version
              {labels}
            FROM {raw.relation} r {" ".join(lookups.joins)}"""
        )
        drop_input(engine, raw, lookups)
        exits = self._exits(engine, reading)
        levels = self._level_table(engine)
        admissions = engine.name("admissions")
        project = f"LEFT JOIN {levels} l ON e.project = l.id"
        engine.run(
            f"""CREATE TEMP TABLE {admissions} AS
            SELECT row_number() OVER () AS row_id, e.person, e.id, e.admit, x.day AS discharge,
              e.bad OR coalesce(x.bad, false) AS bad, x.reason, e.project AS facility, NULL::VARCHAR AS payer, l.level,
              e.version, e.whole{"".join(f", e.{column}" for column in strata.values())}
            FROM {entries} e LEFT JOIN {exits} x ON e.id = x.id {project}"""
        )
        for table in (entries, exits, levels):
            engine.run(f"DROP TABLE {table}")
        return self.cut(engine, admissions, no_changes(engine), 0, strata)

    def _exits(self, engine: Engine, reading: Reading) -> str:
        raw, lookups, table = self._tables[1].load(engine), Lookups(), engine.name("exits")
        days = read_dates(engine, raw, ["ExitDate"], lookups, FindingLog(), reading)
        reason = mapped_sql(engine, raw, "Destination", self._reasons, lookups)
        engine.run(
            f"""CREATE TEMP TABLE {table} AS SELECT {trimmed_sql(raw, "EnrollmentID")} AS id, max(
              CASE WHEN {days["ExitDate_state"]} = {OK} THEN {days["ExitDate"]} END) AS day, max({reason}) AS reason,
              max(CASE WHEN {days["ExitDate_state"]} = {BAD} THEN 1 ELSE 0 END) = 1 AS bad
            FROM {raw.relation} r {" ".join(lookups.joins)} GROUP BY 1"""
        )
        drop_input(engine, raw, lookups)
        return table

    def _level_table(self, engine: Engine) -> str:
        """Return the level of each project: by its type, or by itself."""
        by_type = len(self._tables) > 2
        raw, lookups, table = self._tables[2 if by_type else 0].load(engine), Lookups(), engine.name("levels")
        level = mapped_sql(engine, raw, "ProjectType" if by_type else "ProjectID", self._levels, lookups)
        engine.run(
            f"CREATE TEMP TABLE {table} AS SELECT {trimmed_sql(raw, 'ProjectID')} AS id, max({level}) AS level "
            f"FROM {raw.relation} r {' '.join(lookups.joins)} GROUP BY 1"
        )
        drop_input(engine, raw, lookups)
        return table
