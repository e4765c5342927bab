"""The tables of an OMOP common data model that are read, and what a kind of visit means."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources.columns import InputTable
from careflow.records.sources.standard_levels import LEVELS

CONCEPTS: Final = ("visit_concept_id", "visit_type_concept_id", "admitted_from_concept_id", "discharged_to_concept_id")
TABLES: Final = {
    "visit_occurrence": (
        "visit_occurrence_id", "person_id", "visit_start_date", "visit_end_date", *CONCEPTS, "visit_source_value",
        "care_site_id", "payer",
    ),
    "person": ("person_id",),
    "visit_detail": (
        "visit_occurrence_id", "visit_detail_concept_id", "visit_detail_start_date", "visit_detail_end_date",
        "visit_detail_source_value",
    ),
    "observation_period": ("person_id", "observation_period_start_date", "observation_period_end_date"),
    "death": ("person_id", "death_date"),
    "episode": ("person_id", "episode_start_date", "episode_end_date", "episode_object_concept_id"),
    "cohort": ("cohort_definition_id", "subject_id"),
    "care_site": ("care_site_id", "care_site_name", "care_site_source_value"),
    "cdm_source": (
        "cdm_source_abbreviation", "source_release_date", "cdm_release_date", "cdm_version", "vocabulary_version",
    ),
}  # fmt: skip
"""The tables and columns that are read, and no others but those of ``columns=``."""
KEYS: Final = {
    "visit_occurrence": ("visit_occurrence_id", "person_id", "visit_start_date", "visit_end_date"),
    "person": ("person_id",),
}
"""Columns of ids and days, which cannot be strata."""


@cache
def shipped_levels() -> Mapping[str, str]:
    """Return ``{concept: level}`` of the concepts that are verified."""
    text_ = (files("careflow.records.sources") / "data" / "omop_visits.csv").read_text("utf-8")
    return {row["concept_id"]: row["level"] for row in csv.DictReader(text_.splitlines()) if row["used"] == "yes"}


def register_levels(engine: Engine, own: Mapping[str, str]) -> str:
    """Register ``v, level, own``: what a concept or source value means; the analyst's ``own`` in place of careflow's.

    ``level`` is a place in the five standard levels, 5 stands for none, 6 for an institution of unknown kind.
    """
    meanings = (*LEVELS, "none", "ambiguous")
    words = {**shipped_levels(), **own}
    table = {
        "v": pa.array(list(words), pa.string()),
        "level": pa.array([meanings.index(level) for level in words.values()], pa.int32()),
        "own": pa.array([int(code in own) for code in words], pa.int32()),
    }
    name = engine.name("concepts")
    engine.register(name, pa.table(table))
    return name


def find_tables(
    source: Any, schema: str | None, columns: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, InputTable]:
    """Return the tables that are there; ``columns`` has ``columns=`` by table.

    Raises
    ------
    RecordError
        There is no such folder, or no table of people or of visits.
    """
    tables: dict[str, Any] = {}
    if hasattr(source, "table") and hasattr(source, "execute"):
        for name in TABLES:
            try:
                tables[name] = source.table(f"{schema}.{name}" if schema else name)
            except Exception:  # the table is not there; DuckDB's message may quote names of the database
                continue
    else:
        folder = Path(source)
        if not folder.is_dir():
            raise RecordError("an OMOP source is a folder with a file for each table, or a DuckDB connection.")
        for path in sorted(folder.iterdir()):
            name = path.name.split(".")[0].casefold()
            if name in TABLES and path.suffix.casefold() in (".csv", ".parquet", ".gz"):
                tables.setdefault(name, path)
    missing = [name for name in ("visit_occurrence", "person") if name not in tables]
    if missing:
        raise RecordError(f"the OMOP source has no table {' and '.join(missing)}.", check="S02", n=len(missing))
    required = {"visit_occurrence": TABLES["visit_occurrence"][:5]}
    return {
        name: InputTable(
            tables[name],
            TABLES[name],
            required.get(name, TABLES[name][:1]),
            (columns or {}).get(name),
            keys=KEYS.get(name),
        )
        for name in TABLES
        if name in tables
    }
