"""OMOP common data model 5.4 as a source of stays: ``cf.sources.omop``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from careflow.arguments import checked, mapping, text
from careflow.continuum.outcomes import REASONS
from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.findings import FindingLog
from careflow.records.parsing.codes import SHOWN_FROM
from careflow.records.parsing.date_columns import OK, Reading, read_dates
from careflow.records.parsing.date_formats import EPOCH
from careflow.records.parsing.lookup_tables import Lookups
from careflow.records.sources.claim_lines.numbered_texts import NumberedTexts, number_texts
from careflow.records.sources.columns import InputTable, trimmed_sql
from careflow.records.sources.omop_details import split_by_details
from careflow.records.sources.omop_labels import label_people, name_care_sites, split_columns
from careflow.records.sources.omop_release import read_release
from careflow.records.sources.omop_spans import count_outside, deaths_of, episodes_of
from careflow.records.sources.omop_tables import CONCEPTS, TABLES, find_tables, register_levels
from careflow.records.sources.protocol import ABSORBED, FLAGGED, KEPT, SET_ASIDE, Loss, Made, Window
from careflow.records.sources.standard_levels import check_continuum, check_gaps, check_levels
from careflow.records.sources.table_source import TableSource
from careflow.records.sources.visits import close_deaths, dictionary, stay_relation, visit_stays

STILL_PATIENT: Final = "32220"
_UNKNOWN_REASON: Final = REASONS.index("unknown")

RULES: Final = {
    "O00": "in a stay",
    "O01": "no level, such as an emergency visit",
    "O02": "an institution of unknown kind",
    "O03": "outside the observation period",
    "O04": "a concept without a level",
    "O05": "no person, no day, or ends before it starts",
    "O06": "begins after the cut-off",
    "O07": "inside a stay",
    "O08": "not in the cohort",
    "O09": "open",
    "O10": "cut-off after the export of the source data",
}
_EXPECTED: Final = frozenset({"O01", "O02", "O04", "O06", "O08"})


@checked(
    columns=mapping("{stratum: column}, such as {'sex': 'person.gender_concept_id'}"),
    levels=mapping("{visit_source_value or concept_id: level}, such as {8957: 'residential'}"),
    gaps=mapping("{level: days}, such as {'outpatient': 45}"),
    schema=text,
    scope=text,
)
def omop(
    source: Any,
    *,
    scope: str | None = None,
    cohort: int | None = None,
    columns: Mapping[str, str] | None = None,
    levels: Mapping[Any, str] | None = None,
    gaps: Mapping[str, int] | None = None,
    schema: str | None = None,
) -> OmopSource:
    """Read the visits of an OMOP common data model 5.4.

    Parameters
    ----------
    source : folder or duckdb.DuckDBPyConnection
        A folder with a CSV or Parquet file for each table, named as it is, or a connection to a DuckDB database.
    scope : {"file"}, optional
        ``"file"`` says that all visits are of addiction care. Else name a ``cohort``.
    cohort : int, optional
        The ``cohort_definition_id`` of the people in addiction care.
    columns : mapping, optional
        ``{stratum: column}`` of ``visit_occurrence``, of which a stay has the label of its first visit, or of
        ``person``: ``{"kind": "visit_type_concept_id", "sex": "person.gender_concept_id"}``.
    levels : mapping, optional
        ``{visit_source_value or concept_id: level}``, before careflow's own table (inpatient, outpatient). Also for
        ``episode_object_concept_id``: the episodes of these concepts are stays.
    gaps : mapping, optional
        The most days to the next visit that still continues a stay at php, iop or outpatient.
    schema : str, optional
        The schema of the tables in the database.

    Returns
    -------
    OmopSource

    Raises
    ------
    ArgumentError
        An option is wrong, or neither a scope nor a cohort is named.

    Examples
    --------
    >>> import duckdb, careflow as cf
    >>> database = duckdb.connect()
    >>> _ = database.execute("CREATE TABLE person AS SELECT 1 AS person_id")
    >>> _ = database.execute(
    ...     "CREATE TABLE visit_occurrence AS SELECT 5 AS visit_occurrence_id, 1 AS person_id, "
    ...     "9201 AS visit_concept_id, DATE '2024-01-02' AS visit_start_date, DATE '2024-01-09' AS visit_end_date")
    >>> cf.read_episodes(cf.sources.omop(database, scope="file"), cutoff="2024-06-30")
    <Episodes: 1 stay of 1 person, 2024Q1-2024Q1, 0 open, 0 set aside>
    """
    if scope not in (None, "file") or (scope is None) == (cohort is None):
        raise ArgumentError("say scope='file' if all visits are of addiction care, or cohort= the number of a cohort.")
    if cohort is not None and not str(cohort).isdecimal():  # the command line gives it as text
        raise ArgumentError("cohort= is the number of a cohort, such as 5.")
    check_levels(levels)
    words = {str(code).strip(): level for code, level in (levels or {}).items()}
    by_table = dict(zip(("visit_occurrence", "person"), split_columns(columns), strict=True))
    return OmopSource(find_tables(source, schema, by_table), words, check_gaps(gaps), cohort)


class OmopSource(TableSource):
    """OMOP visits, to be read by :func:`careflow.read_episodes`; made by :func:`omop`."""

    name = "omop"
    rules = RULES
    expected = _EXPECTED

    def __init__(
        self, tables: dict[str, InputTable], levels: Mapping[str, str], gaps: Mapping[str, int], cohort: int | None
    ) -> None:
        super().__init__(*tables.values())
        self._named = tables
        self._levels = levels
        self._gaps = gaps
        self._cohort = cohort
        self._release = ""

    @property
    def label(self) -> str:
        """The release of the data once they are read, where the table cdm_source says it; else the name of the file."""
        return self._release or super().label

    @property
    def header(self) -> list[str]:
        """The columns that are read; OMOP's table of people has birth dates, which are not."""
        return list(dict.fromkeys(name for table in self._tables for name in table.mapped.used))

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of the columns that are read."""
        return {name: texts for name, texts in super().head(engine, rows).items() if name in self.header}

    def make(self, engine: Engine, window: Window) -> Made:
        """Make the stays in the engine."""
        check_continuum(window.continuum, "OMOP visits")
        cutoff = (window.cutoff - EPOCH).days
        release = read_release(engine, self._named.get("cdm_source"))
        self._release = release.label if release else ""
        visits, people, facilities, labels, n = self._visits(engine, window, cutoff)
        of_people = label_people(engine, people, self._named["person"])
        name_care_sites(engine, facilities, self._named.get("care_site"))
        details, reading = self._named.get("visit_detail"), Reading(None, window.tz)
        good = engine.name("good")
        engine.run(
            f"""CREATE TEMP TABLE {good} AS SELECT row_id, visit, person, facility, payer, level, start_day,
              end_day, still, {_UNKNOWN_REASON} AS reason FROM {visits} WHERE rule = 0"""
        )
        if details is not None:
            good = split_by_details(engine, good, details, register_levels(engine, self._levels), reading)
        levels = register_levels(engine, self._levels) if self._levels else ""
        episodes = episodes_of(engine, self._named.get("episode"), people, levels, cutoff, reading)
        made = visit_stays(engine, good, self._gaps, cutoff, episodes)
        deaths = deaths_of(engine, self._named.get("death"), people, reading)
        stays = close_deaths(engine, made.table, deaths, cutoff)
        outside = count_outside(engine, visits, self._named.get("observation_period"), people, reading)
        still_open = int(engine.one(f"SELECT count(*) FROM {stays} WHERE ended = 3")[0])
        relation = stay_relation(engine, stays, people, facilities, labels, of_people)
        fates = dict(engine.rows(f"SELECT rule, count(*) FROM {visits} GROUP BY rule"))
        kept = int(fates.pop(0, 0))
        # A visit that details split is absorbed only as a whole.
        losses = [
            Loss(f"O{rule:02d}", SET_ASIDE, "visit", int(n), self._codes(engine, visits, rule))
            for rule, n in sorted(fates.items())
        ]
        losses += [
            Loss("O07", ABSORBED, "visit", made.absorbed),
            Loss("O00", KEPT, "visit", kept - made.absorbed),
            Loss("O03", FLAGGED, "visit", outside),
            Loss("O09", FLAGGED, "stay", still_open),
            *(release.beyond(window.cutoff) if release else ()),
        ]
        for table in filter(None, (visits, good, episodes, stays, people, facilities, labels.table)):
            engine.run(f"DROP TABLE {table}")
        by_gap = pd.DataFrame(made.stays_by_gap, columns=["level", "gap", "stays"])
        tables = {"stays_by_gap": by_gap} | ({"cdm_source": release.frame} if release else {})
        strata = self._named["visit_occurrence"].strata
        strata |= dict(zip(self._named["person"].strata, of_people, strict=True))
        return Made(relation, losses, tables, n, strata)

    def _visits(self, engine: Engine, window: Window, cutoff: int) -> tuple[str, str, str, NumberedTexts, int]:
        """Return the table of visits, those of people and care sites, the strata, and the number of visits."""
        raw, lookups = self._named["visit_occurrence"].load(engine), Lookups()
        days = read_dates(
            engine, raw, ["visit_start_date", "visit_end_date"], lookups, FindingLog(), Reading(None, window.tz)
        )
        person, site = trimmed_sql(raw, "person_id"), trimmed_sql(raw, "care_site_id")
        concept, word = trimmed_sql(raw, "visit_concept_id"), trimmed_sql(raw, "visit_source_value")
        people = dictionary(engine, f"SELECT {person} AS v FROM {raw.relation} r", "people")
        sites = dictionary(engine, f"SELECT {site} AS v FROM {raw.relation} r", "facilities")
        fields = TABLES["visit_occurrence"]
        own = {name: name for name in raw.kinds if name == "payer" or name not in fields}
        labels = number_texts(engine, raw, own, "labels")
        levels, visits, cohort = register_levels(engine, self._levels), engine.name("visits"), self._members(engine)
        start = f"CASE WHEN {days['visit_start_state']} = {OK} THEN {days['visit_start']} END"
        end = f"CASE WHEN {days['visit_end_state']} = {OK} THEN {days['visit_end']} END"
        still = " OR ".join(
            f"coalesce({trimmed_sql(raw, name)} = '{STILL_PATIENT}', false)" for name in CONCEPTS if name in raw.kinds
        )
        member = f"LEFT JOIN {cohort} m ON {person} = m.v" if cohort else ""
        engine.run(
            f"""CREATE TEMP TABLE {visits} AS
            SELECT *, CASE WHEN person IS NULL OR start_day IS NULL OR end_day IS NULL OR end_day < start_day THEN 5
              WHEN start_day > {cutoff} THEN 6 WHEN NOT member THEN 8 WHEN meaning IS NULL THEN 4
              WHEN meaning = 5 THEN 1 WHEN meaning = 6 THEN 2 ELSE 0 END AS rule, meaning AS level
            FROM (
              SELECT row_number() OVER () AS row_id, {trimmed_sql(raw, "visit_occurrence_id")} AS visit,
                p.code AS person, coalesce(f.code, 0) AS facility, {labels.code} AS payer, {start} AS start_day,
                {end} AS end_day, {still} AS still, {"m.v IS NOT NULL" if cohort else "true"} AS member,
                coalesce(by_source.level, by_concept.level) AS meaning, {concept} AS concept
              FROM {raw.relation} r {" ".join(lookups.joins)} {member} {labels.join}
              LEFT JOIN {people} p ON {person} = p.v
              LEFT JOIN {sites} f ON {site} = f.v
              LEFT JOIN {levels} by_source ON {word} = by_source.v AND by_source.own = 1
              LEFT JOIN {levels} by_concept ON {concept} = by_concept.v)"""
        )
        lookups.drop(engine)
        engine.unregister(levels)
        if raw.held:
            engine.run(f"DROP TABLE {raw.relation}")
        for used in filter(None, (cohort, labels.written)):
            engine.run(f"DROP TABLE {used}")
        n = int(engine.one(f"SELECT count(*) FROM {visits}")[0])
        if not n:
            raise RecordError("the table visit_occurrence has no rows.", check="S11", n=0)
        return visits, people, sites, labels, n

    def _members(self, engine: Engine) -> str:
        if self._cohort is None:
            return ""
        if "cohort" not in self._named:
            raise RecordError("the OMOP source has no table cohort.", check="S02")
        raw, table = self._named["cohort"].load(engine), engine.name("members")
        engine.run(
            f"CREATE TEMP TABLE {table} AS SELECT DISTINCT {trimmed_sql(raw, 'subject_id')} AS v FROM {raw.relation} r "
            f"WHERE {trimmed_sql(raw, 'cohort_definition_id')} = '{int(self._cohort)}'"
        )
        return table

    def _codes(self, engine: Engine, visits: str, rule: int) -> str:
        if rule not in (2, 4):
            return ""
        rows = engine.rows(
            f"SELECT concept, count(*) AS n FROM {visits} WHERE rule = {rule} AND concept IS NOT NULL GROUP BY concept "
            f"HAVING count(*) >= {SHOWN_FROM} ORDER BY n DESC, concept LIMIT 20"
        )
        return ", ".join(f"concept {concept[:12]} ({n:,})" for concept, n in rows)
