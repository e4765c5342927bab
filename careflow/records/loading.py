"""Load the rows of a file, or the stays that a source makes, after a look for direct identifiers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files import Source, SourceTable
from careflow.records.findings import FIXED, FindingLog
from careflow.records.parsing.date_basis import DURATION
from careflow.records.parsing.encode import Choices
from careflow.records.privacy import identifiers
from careflow.records.privacy.identifier_scan import search
from careflow.records.schema import DATES, Mapped, map_columns
from careflow.records.sources.load import LoadedStays, load_stays
from careflow.records.sources.protocol import StaySource, Window, is_stay_source


def load_rows(
    opened: Source | StaySource,
    engine: Engine,
    columns: Mapping[str, str] | None,
    choices: Choices,
    allow: tuple[str, ...],
    log: FindingLog,
) -> tuple[SourceTable, Mapped, LoadedStays | None]:
    """Load the mapped columns of a file, or the stays of a source.

    Raises
    ------
    RecordError
        Columns look like direct identifiers, are missing or cannot be read; too many lines of a source are set aside.
    """
    head = opened.head(engine, identifiers.SAMPLE)
    on_cluster = getattr(opened, "engine", None) is not None  # no row leaves a cluster
    if is_stay_source(opened):
        _screen(opened, head, getattr(opened, "dates", ()), allow, choices)
        window = Window(choices.cutoff, choices.start, choices.continuum, choices.reading.tz)
        made = load_stays(opened, engine, window, log)
        # Of the ids in the file the stays have only those of people.
        passed = (*allow, "person_id") if getattr(opened, "person_column", "person_id") in allow else allow
        if not on_cluster:
            search(engine, made.table, made.mapped, passed)
        return made.table, made.mapped, made
    file = cast("Source", opened)
    mapped = map_columns(file.header, columns, without=("admit_date",) if choices.basis == DURATION else ())
    _screen(file, head, [mapped.fields.get(name, "") for name in (*DATES, "updated_at")], allow, choices)
    source = file.load(engine, mapped)
    log.set_aside("R13", source.ragged, f"not the {len(file.header)} columns of the header")
    if not on_cluster:
        search(engine, source, mapped, allow)
    for check, n, note in source.notes:
        log.add(check, FIXED, n, note)
    return source, mapped, None


def _screen(
    opened: Source | StaySource,
    head: Mapping[str, list[str]],
    days: Collection[str],
    allow: tuple[str, ...],
    choices: Choices,
) -> None:
    """Look at the names of all columns, and at the first values of those that are no days of a stay."""
    values = {name: texts for name, texts in head.items() if name not in days}
    identifiers.screen(opened.header, values, allow, year=choices.cutoff.year)
