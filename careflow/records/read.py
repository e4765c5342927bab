"""Read episode records: match the columns, check every row, and keep the stays as small integers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

from careflow.arguments import Argument, checked, day, flag, instance, mapping, names, one_of, text, whole
from careflow.continuum import Continuum
from careflow.continuum.crosswalk import Crosswalk
from careflow.errors import ArgumentError, RecordError
from careflow.records.alongside import carried, check_engines
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.episodes import Episodes, Stratum
from careflow.records.files import Source, open_source
from careflow.records.files.file_stamps import FileStamps
from careflow.records.files.size_limits import SizeLimits
from careflow.records.findings import HINTS, RULES, FindingLog
from careflow.records.loading import load_rows
from careflow.records.parsing import date_formats, encode
from careflow.records.parsing.date_basis import BASES
from careflow.records.parsing.encode import Choices, Plan
from careflow.records.privacy import identifiers
from careflow.records.sources.load import LoadedStays, no_losses, refuse_options, rules_of
from careflow.records.sources.protocol import StaySource, is_stay_source
from careflow.records.validation import checks, neighbours, stay_table
from careflow.records.validation.attrition import attrition
from careflow.records.validation.neighbours import OrderedStays
from careflow.records.validation.options import Options, check_choices, check_reading
from careflow.records.validation.overlaps import POLICIES, Change
from careflow.records.validation.ragged_rows import add_ragged_rows
from careflow.records.validation.stay_table import Table


def _levels(value: Any, argument: Argument) -> Any:
    """Check that a value is a crosswalk, or a mapping of codes to levels."""
    if isinstance(value, Crosswalk):
        return value
    return mapping("{code in the file: level}, such as {'RTC': 'residential'}, or a crosswalk")(value, argument)


@checked(
    continuum=instance(Continuum),
    alongside=instance(Episodes),
    cutoff=day,
    start=day,
    columns=mapping("{field: column in the file}, such as {'person_id': 'Person ID'}"),
    levels=_levels,
    reasons=mapping("{code in the file: reason}, such as {'AMA': 'left early'}"),
    date_format=text,
    overlaps=one_of(*POLICIES),
    bridge_days=whole(0, unit="days"),
    close_open_after=whole(1, unit="days"),
    allow=names,
    accept=names,
    unknown=one_of("set aside", "keep"),
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
    levels: Mapping[Any, str] | Crosswalk | None = None,
    reasons: Mapping[Any, str] | None = None,
    date_format: str | None = None,
    overlaps: str = "flag",
    bridge_days: int = 0,
    close_open_after: int | None = None,
    allow: Collection[str] = (),
    accept: Collection[str] = (),
    unknown: str = "set aside",
    date_basis: str = "actual",
    anchor: str | date | None = None,
    tz: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    memory: str | None = None,
    progress: bool | None = None,
    alongside: Episodes | None = None,
) -> Episodes:
    """Read episode records, one row per stay of one person at one level of care, and check them.

    No row is dropped silently: every row of the file is kept, or set aside by a rule and counted in ``.findings``.

    Parameters
    ----------
    source : path, glob, table or stay source
        CSV (also in gz or zip), Parquet (also a partitioned folder), Excel, SAS, SPSS, Stata or Arrow files; a pandas
        or polars frame, anything with the Arrow stream protocol, or a DuckDB relation. For other databases, pass what
        :func:`careflow.records.query` returns. Claims lines, level changes, OMOP and FHIR become stays by a source of
        :mod:`careflow.records.sources`: ``cf.read_episodes(cf.sources.claims("lines.csv"), cutoff=...)``.
    continuum : Continuum, optional
        The levels of care. Default: ``Continuum.standard()``.
    cutoff : str or datetime.date
        The last day on which the data are complete, such as ``"2025-12-31"``. It is never taken from the clock.
    start : str or datetime.date, optional
        The first day from which every stay was recorded. A stay admitted earlier enters observation on that day.
    columns : mapping, optional
        ``{field: column in the file}``, with the fields of :data:`careflow.records.FIELDS`. Any other name makes
        that column a stratum for ``by=``.
    levels, reasons : mapping, optional
        What the codes in the file mean: ``{code in the file: level}`` and ``{code in the file: reason}``. The names of
        levels and reasons need no mapping. ``levels`` may be a crosswalk, such as
        ``Continuum.asam(edition=3).crosswalk()``: each row is then read by the line in force on its day of admission,
        and flags of its codes (``wm``, ``otp``) are strata.
    date_format : str, optional
        The format of dates written as text: ``"%d.%m.%Y"``, with a time of day ``"%Y%m%d%H%M%S"``, or ``"excel"`` for
        day numbers. Default: the only format that fits all dates.
    overlaps : {"flag", "highest", "latest", "error"}
        What to do with overlapping stays of one person: keep them (``"flag"``), give each day to the more intensive
        level (``"highest"``), let a new admission end the earlier stay (``"latest"``), or stop (``"error"``).
    bridge_days : int
        Join stays of one person at one level and facility that overlap or are at most this many days apart; 0 joins
        none.
    close_open_after : int, optional
        Close stays that have been open for more than this many days. Default: close none.
    allow : collection of str
        Columns that are accepted although they look like direct identifiers.
    accept : collection of str
        Rules (``"R06"``) that may set aside more rows than the limits allow, or ``"S08"`` for a file that decompresses
        to far more than its size.
    unknown : {"set aside", "keep"}
        What to do with stays whose level is not known: set them aside, or keep them at a level ``unknown level``, which
        is not ranked against the others.
    date_basis : {"actual", "shifted", "offset", "quarter", "duration"}
        What the dates are: actual dates; dates shifted by a number of days that differs between people; days since
        ``anchor`` (or since each row's ``anchor_date``); the quarter of admission (``2024Q2``) with the ``nights``
        of the stay; or no dates, only ``nights`` and whether the stay has ``ended``. Estimates that a basis does not
        allow are refused.
    anchor : str or datetime.date, optional
        Day 0, with ``date_basis="offset"``.
    tz : str, optional
        The time zone, such as ``"America/New_York"``, in which days are counted when the file holds times in UTC or
        with offsets. Default: times as written.
    encoding : str, optional
        The encoding of a text file (``"cp1252"``) that is not UTF-8 and has no byte order mark.
    sheet : str, optional
        The sheet to read from a workbook with several sheets.
    memory : str, optional
        The memory limit of the engine, ``"3GB"``; data beyond it are written to the folder for temporary files
        (``TMPDIR``). Default: 80% of the machine's memory. For a Spark table the cluster's own limits hold.
    progress : bool, optional
        Whether long steps show a progress bar. Default: only on a terminal.
    alongside : Episodes, optional
        Another extract of the same records, such as last quarter's: both then share an engine and a secret key, so that
        :func:`careflow.diff` can join the stays of a person although no id leaves the reading. Not for Spark tables,
        whose counts can be compared.

    Returns
    -------
    Episodes

    Raises
    ------
    RecordError
        The records cannot be read, or too much in them is wrong; ``.findings`` holds what was found so far.
    ArgumentError
        An argument is wrong, or does not fit the file or the other arguments.

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
    # @checked has turned the texts into dates.
    last, first, day_0 = cast("tuple[date, date | None, date | None]", (cutoff, start, anchor))
    choices = check_choices(continuum, last, first, levels, reasons, check_reading(date_format, tz), unknown)
    choices = replace(choices, basis=date_basis, anchor=day_0)
    options = Options(overlaps, bridge_days, close_open_after, tuple(allow))
    if is_stay_source(source):
        refuse_options(
            source, columns=columns, levels=levels, reasons=reasons, date_format=date_format, encoding=encoding,
            sheet=sheet, anchor=anchor, date_basis="" if date_basis in ("actual", "shifted") else date_basis,
        )  # fmt: skip
    # The class is asked: a table of Spark has a column for every attribute.
    elif (not_stays := getattr(type(source), "not_stays", None)) is not None:
        raise ArgumentError(not_stays)
    log = FindingLog(accept, rules_of(source))
    limits = SizeLimits(lifted=log.accepts("S08"))
    stamps = FileStamps(getattr(source, "path", None) if is_stay_source(source) else source)
    try:
        opened: Source | StaySource
        if is_stay_source(source):
            opened = source
            opened.limits = limits  # type: ignore[attr-defined]
        else:
            opened = open_source(source, encoding=encoding, sheet=sheet, limits=limits)
        # A Spark table is read on its cluster; everything else by DuckDB.
        if alongside is not None:
            choices = replace(choices, alongside=alongside.person_key)
            check_engines(opened, alongside)
        engine = getattr(opened, "engine", None) or Engine(memory=memory, progress=progress)
        episodes = _read(opened, engine, columns, choices, options, log, stamps)
        return episodes if alongside is None else carried(episodes, alongside.engine)
    except RecordError as error:
        error.findings = log.stop(error)
        raise


def _read(
    opened: Source | StaySource,
    engine: Engine,
    columns: Mapping[str, str] | None,
    choices: Choices,
    options: Options,
    log: FindingLog,
    stamps: FileStamps,
) -> Episodes:
    source, mapped, made = load_rows(opened, engine, columns, choices, options.allow, log)
    plan = encode.make_plan(engine, source, mapped, choices, log)
    # The first rows of the file were screened above; now every label of the strata is known.
    labels = {
        mapped.strata.get(name, mapped.fields.get("discharge_reason", "")): plan.labels[name] for name in plan.labels
    }
    header = [*opened.header, *labels] if made else opened.header
    identifiers.screen(header, labels, options.allow, year=choices.cutoff.year)
    cutoff = (choices.cutoff - date_formats.EPOCH).days
    encoded = encode.encode_rows(source, plan, choices, options.close_open_after)
    sizes = [len(labels) for labels in plan.labels.values()]
    ordered = neighbours.scan(engine, encoded, cutoff, len(choices.continuum), sizes, options.bridge_days)
    encode.drop_inputs(engine, source, plan)
    stamps.check()
    engine.close_file_access()
    table = Table(engine, engine.name("stays"), tuple(plan.labels), cutoff)
    episodes = _check(table, ordered, plan, choices, options, log, source.ragged, opened.label, made)
    if source.ragged_rows:
        add_ragged_rows(engine, f"{episodes.table}_aside", source.ragged_rows)
    return replace(episodes, files=stamps)


def _check(
    table: Table,
    ordered: OrderedStays,
    plan: Plan,
    choices: Choices,
    options: Options,
    log: FindingLog,
    ragged: int,
    label: str,
    made: LoadedStays | None,
) -> Episodes:
    rows = checks.set_rows_aside(ordered, plan.level_note, log, ragged)
    persons, changed = checks.check_neighbours(table, ordered, rows, options, log)
    if not persons:
        reasons = ", ".join(f"{RULES[rule]} {count:,}" for rule, count in log.aside.items())
        advice = " ".join(["", log.codes(), HINTS["R03"]]) if log.codes() else ""
        raise RecordError(f"no stay is left of {rows:,} rows: {reasons}.{advice}", check="S11", n=rows)
    overlapping = stay_table.overlapping_sql(table, ordered)
    sequential = stay_table.totals(table, ordered.sequential, choices.continuum)
    change = checks.apply_policies(table, ordered, options, log)
    total = sequential + stay_table.totals(table, overlapping, choices.continuum)
    checks.check_end(ordered, total, table.cutoff, log)
    changed |= change != Change()
    checks.flag_people(table, ordered, total, len(plan.labels.get("facility", ())), options, log, changed)
    stay_table.join_stays(table, ordered)
    return Episodes(
        engine=table.engine,
        table=table.stays,
        sequential=ordered.sequential,
        overlapping=ordered.overlapping,
        hours=ordered.hours,
        continuum=choices.continuum,
        cutoff=choices.cutoff,
        start=choices.start,
        overlaps=options.overlaps,
        strata={name: Stratum(f"s{i}", plan.labels[name], plan.filled[name]) for i, name in enumerate(table.strata)},
        findings=log.frame(),
        n=total.n,
        persons=persons,
        set_aside=sum(log.aside.values()),
        open=total.open,
        first=date_formats.EPOCH + timedelta(days=total.first),
        last=date_formats.EPOCH + timedelta(days=total.last),
        source=label,
        rows_in=rows,
        date_basis=choices.basis,
        attrition=attrition(rows, log.aside, change, total.n, total.open, made.steps if made else ()),
        losses=made.losses if made else no_losses(),
        tables=made.tables if made else {},
        crosswalk=choices.levels if isinstance(choices.levels, Crosswalk) and choices.levels.dated else None,
        person_key=plan.people.secret,
        ids=ordered.ids,
    )
