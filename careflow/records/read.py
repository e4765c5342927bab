"""Read episode records: map the columns, check every row, and keep only small integers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

from careflow.arguments import checked, day, flag, instance, mapping, names, one_of, text, whole
from careflow.continuum import Continuum
from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.episodes import Episodes, Stratum
from careflow.records.files import Source, open_source
from careflow.records.files.file_stamps import Unchanged
from careflow.records.files.size_limits import SizeLimits
from careflow.records.findings import FIXED, RULES, Ledger
from careflow.records.parsing import date_formats, encode
from careflow.records.parsing.date_basis import BASES
from careflow.records.parsing.encode import Choices, Plan
from careflow.records.privacy import identifiers
from careflow.records.privacy.identifier_scan import search
from careflow.records.schema import DATES, map_columns
from careflow.records.validation import checks, neighbours
from careflow.records.validation.attrition import attrition
from careflow.records.validation.checks import Table
from careflow.records.validation.neighbours import Neighbours
from careflow.records.validation.options import Options, choices, reading
from careflow.records.validation.overlaps import POLICIES, Change


@checked(
    continuum=instance(Continuum),
    cutoff=day,
    start=day,
    columns=mapping("{field: column in the file}, such as {'person_id': 'Person ID'}"),
    levels=mapping("{code in the file: level}, such as {'RTC': 'residential'}"),
    reasons=mapping("{code in the file: reason}, such as {'AMA': 'left early'}"),
    date_format=text,
    overlaps=one_of(*POLICIES),
    bridge_days=whole(0, unit="days"),
    close_open_after=whole(1, unit="days"),
    allow=names,
    accept=names,
    date_basis=one_of(*BASES),
    anchor=day,
    tz=text,
    encoding=text,
    sheet=text,
    memory=text,
    progress=flag,
)
def read_episodes(
    source: Any,
    continuum: Continuum | None = None,
    *,
    cutoff: str | date,
    start: str | date | None = None,
    columns: Mapping[str, str] | None = None,
    levels: Mapping[Any, str] | None = None,
    reasons: Mapping[Any, str] | None = None,
    date_format: str | None = None,
    overlaps: str = "flag",
    bridge_days: int = 0,
    close_open_after: int | None = None,
    allow: Collection[str] = (),
    accept: Collection[str] = (),
    date_basis: str = "actual",
    anchor: str | date | None = None,
    tz: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    memory: str | None = None,
    progress: bool | None = None,
) -> Episodes:
    """Read episode records, one row a stay of one person at one level of care, and check them.

    Nothing is dropped silently: every row of the file is kept, or set aside by a rule and counted in ``.findings``.

    Parameters
    ----------
    source : path, glob or table
        CSV (also in gz or zip), Parquet (also a partitioned folder), Excel, SAS, SPSS, Stata or Arrow files; a pandas
        or polars frame, anything with the Arrow stream protocol, a DuckDB relation; of other databases what
        :func:`careflow.records.query` returns.
    continuum : Continuum, optional
        The levels of care; default ``Continuum.standard()``.
    cutoff : str or datetime.date
        The last day on which the data are complete, ``"2025-12-31"``. Never taken from a clock.
    start : str or datetime.date, optional
        The first day from which every stay in care was recorded. Stays admitted earlier enter observation there.
    columns : mapping, optional
        ``{field: column in the file}``, fields as in :data:`careflow.records.FIELDS`; any other name makes that
        column a stratum for ``by=``.
    levels, reasons : mapping, optional
        ``{code in the file: level}`` and ``{code in the file: reason}``, besides the names themselves.
    date_format : str, optional
        How dates are written as text, ``"%d.%m.%Y"``, with an hour ``"%Y%m%d%H%M%S"``, or ``"excel"``. Default: the
        single format that fits them all.
    overlaps : {"flag", "highest", "latest", "error"}
        What to do with stays of one person that overlap: keep them, give each day to the more intensive level, let a
        new admission end the earlier stay, or stop.
    bridge_days : int
        Join stays of one person at one level and facility that overlap or have a gap of at most so many days; 0 joins
        none.
    close_open_after : int, optional
        Close stays that have been open for longer than so many days; by default none is closed.
    allow : collection of str
        Columns that may pass although they look like direct identifiers.
    accept : collection of str
        Rules (``"R06"``) that may set aside more rows than the limits allow, or ``"S08"``: a file may unfold to far
        more than its size.
    date_basis : {"actual", "shifted", "offset", "quarter"}
        What the dates are: actual; shifted by a number of days that differs between people; days since ``anchor``
        (or since each row's ``anchor_date``); or the quarter of admission (``2024Q2``) beside the ``nights`` of the
        stay. What a basis cannot answer is refused.
    anchor : str or datetime.date, optional
        Day 0, with ``date_basis="offset"``.
    tz : str, optional
        Whose days are meant when the file holds moments in UTC or with offsets, ``"America/New_York"``. Default: as
        written.
    encoding : str, optional
        How a text file is written (``"cp1252"``) if it is not UTF-8 and no byte order mark says so.
    sheet : str, optional
        The sheet of a workbook that has several.
    memory : str, optional
        The most memory that the engine takes, ``"3GB"``; what needs more goes to the folder for temporary files
        (``TMPDIR``). Default: four fifths of the machine's. A Spark table uses its own cluster's.
    progress : bool, optional
        Whether what takes long shows a bar. Default: on a terminal.

    Returns
    -------
    Episodes

    Raises
    ------
    RecordError
        The records cannot be read, or must not be counted as they are; ``.findings`` says what was found so far.
    ArgumentError
        An argument does not fit the file or the others.

    Examples
    --------
    >>> import pandas as pd
    >>> stays = pd.DataFrame({
    ...     "person_id": ["A", "A", "B"], "level": ["residential", "php", "iop"],
    ...     "admit_date": ["2024-01-03", "2024-02-01", "2024-02-20"],
    ...     "discharge_date": ["2024-02-01", None, "2024-03-31"]})
    >>> read_episodes(stays, cutoff="2024-06-30")
    <Episodes: 3 stays of 2 people, 2024Q1-2024Q1, 1 open, 0 set aside>
    """
    # The checks have made days of texts, and tuples of names.
    last, first, day_0 = cast("tuple[date, date | None, date | None]", (cutoff, start, anchor))
    chosen = choices(continuum, last, first, levels, reasons, reading(date_format, tz))
    chosen = replace(chosen, basis=date_basis, anchor=day_0)
    wanted = Options(overlaps, bridge_days, close_open_after, tuple(allow))
    ledger = Ledger(accept)
    files = Unchanged(source)
    try:
        opened = open_source(source, encoding=encoding, sheet=sheet, caps=SizeLimits(lifted=ledger.accepts("S08")))
        # A table of a cluster is read where it is; everything else is read by the engine that comes with careflow.
        engine: Engine = getattr(opened, "engine", None) or Engine(memory=memory, progress=progress)
        return _read(opened, engine, columns, chosen, wanted, ledger, files)
    except RecordError as error:
        error.findings = ledger.stop(error)
        raise


def _read(
    opened: Source,
    engine: Engine,
    columns: Mapping[str, str] | None,
    chosen: Choices,
    wanted: Options,
    ledger: Ledger,
    files: Unchanged,
) -> Episodes:
    mapped = map_columns(opened.header, columns)
    head = opened.head(engine, identifiers.SAMPLE)
    stay_dates = {mapped.fields.get(name) for name in (*DATES, "updated_at")}
    looked_at = {name: texts for name, texts in head.items() if name not in stay_dates}
    identifiers.screen(opened.header, looked_at, wanted.allow, year=chosen.cutoff.year)
    raw = opened.load(engine, mapped)
    ledger.set_aside("R13", raw.ragged, f"not the {len(opened.header)} columns of the header")
    if getattr(opened, "engine", None) is None:  # no row leaves a cluster, not even to be looked at
        search(engine, raw, mapped, wanted.allow)
    for check, n, note in raw.notes:
        ledger.add(check, FIXED, n, note)
    made = encode.plan(engine, raw, mapped, chosen, ledger)
    # The head of the file was screened before; of the strata every label is known by now.
    labels = {
        mapped.strata.get(name, mapped.fields.get("discharge_reason", "")): made.labels[name] for name in made.labels
    }
    identifiers.screen(opened.header, labels, wanted.allow, year=chosen.cutoff.year)
    cutoff = (chosen.cutoff - date_formats.EPOCH).days
    judged = encode.judge(raw, made, chosen, wanted.close_open_after)
    sizes = [len(of) for of in made.labels.values()]
    found = neighbours.scan(engine, judged, cutoff, len(chosen.continuum), sizes, wanted.bridge_days)
    encode.forget(engine, raw, made)
    files.check()
    engine.close_doors()
    table = Table(engine, engine.name("stays"), tuple(made.labels), cutoff)
    return _check(table, found, made, chosen, wanted, ledger, raw.ragged, opened.label)


def _check(
    table: Table,
    found: Neighbours,
    made: Plan,
    chosen: Choices,
    wanted: Options,
    ledger: Ledger,
    ragged: int,
    label: str,
) -> Episodes:
    rows = checks.set_rows_aside(found, made.level_note, ledger, ragged)
    persons, changed = checks.compare_neighbours(table, found, rows, wanted, ledger)
    if not persons:
        reasons = ", ".join(f"{RULES[rule]} {count:,}" for rule, count in ledger.aside.items())
        raise RecordError(f"no stay is left of {rows:,} rows: {reasons}.", check="S11", n=rows)
    anew = checks.finishing(table, found)
    most = checks.totals(table, found.sequential, chosen.continuum)
    change = checks.apply_policies(table, found, wanted, ledger)
    every = most + checks.totals(table, anew, chosen.continuum)
    checks.check_end(found, every, table.cutoff, ledger)
    changed |= change != Change()
    checks.flag_people(table, found, every, len(made.labels.get("facility", ())), wanted, ledger, changed)
    checks.settle(table, found)
    return Episodes(
        engine=table.engine,
        table=table.stays,
        sequential=found.sequential,
        overlapping=found.overlapping,
        hours=found.hours,
        continuum=chosen.continuum,
        cutoff=chosen.cutoff,
        start=chosen.start,
        overlaps=wanted.overlaps,
        strata={name: Stratum(f"s{i}", made.labels[name], made.filled[name]) for i, name in enumerate(table.strata)},
        findings=ledger.frame(),
        n=every.n,
        persons=persons,
        set_aside=sum(ledger.aside.values()),
        open=every.open,
        first=date_formats.EPOCH + timedelta(days=every.first),
        last=date_formats.EPOCH + timedelta(days=every.last),
        source=label,
        rows_in=rows,
        date_basis=chosen.basis,
        attrition=attrition(rows, ledger.aside, change, every.n, every.open),
    )
