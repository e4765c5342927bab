"""Read episode records: map the columns, check every row, and keep only small integers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from careflow.continuum import Continuum
from careflow.errors import ArgumentError, RecordError
from careflow.records import dates, encode, sequence
from careflow.records.encode import Choices
from careflow.records.engine import Engine
from careflow.records.episodes import Episodes, Stratum
from careflow.records.findings import FIXED, FLAGGED, RULES, Ledger
from careflow.records.schema import Mapped, map_columns
from careflow.records.sources import open_source

OVERLAPS: Final = ("flag", "highest", "latest", "error")


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
    allow: Collection[str] = (),
    accept: Collection[str] = (),
) -> Episodes:
    """Read episode records, one row a stay of one person at one level of care, and check them.

    Nothing is dropped silently: every row of the file is kept, or set aside by a rule and counted in ``.findings``.

    Parameters
    ----------
    source : path, glob or table
        CSV or Parquet files, a pandas or polars frame, anything with the Arrow stream protocol, a DuckDB relation.
    continuum : Continuum, optional
        The levels of care; default ``Continuum.standard()``.
    cutoff : str or datetime.date
        The last day on which the data are complete, ``"2025-12-31"``. Never taken from a clock.
    start : str or datetime.date, optional
        The first day from which every stay in care was recorded. Stays admitted earlier enter observation there.
    columns : mapping, optional
        ``{field: column in the file}``, fields as in :data:`careflow.records.schema.FIELDS`; any other name makes that
        column a stratum for ``by=``.
    levels, reasons : mapping, optional
        ``{code in the file: level}`` and ``{code in the file: reason}``, besides the names themselves.
    date_format : str, optional
        How dates are written as text, ``"%d.%m.%Y"`` or ``"excel"``. Default: the single format that fits them all.
    overlaps : {"flag", "highest", "latest", "error"}
        What to do with stays of one person that overlap.
    allow : collection of str
        Columns that may pass although they look like direct identifiers.
    accept : collection of str
        Rules (``"R06"``) that may set aside more rows than the limits allow.

    Returns
    -------
    Episodes

    Raises
    ------
    RecordError
        The records cannot be read, or must not be counted as they are.
    ArgumentError
        An argument does not fit the file or the others.

    Examples
    --------
    >>> import pandas as pd
    >>> stays = pd.DataFrame({"person_id": ["A", "A", "B"], "level": ["residential", "php", "iop"],
    ...     "admit_date": ["2024-01-03", "2024-02-01", "2024-02-20"], "discharge_date": ["2024-02-01", None, "2024-03-31"]})
    >>> read_episodes(stays, cutoff="2024-06-30")
    <Episodes: 3 stays of 2 people, 2024Q1-2024Q1, 1 open, 0 set aside>
    """
    choices = _choices(continuum, cutoff, start, levels, reasons, date_format)
    if overlaps not in OVERLAPS:
        raise ArgumentError(f"overlaps={overlaps!r} is none of {', '.join(map(repr, OVERLAPS))}")
    ledger = Ledger(accept)
    opened = open_source(source)
    mapped = map_columns(opened.header, columns)
    engine = Engine()
    raw = opened.load(engine, mapped)
    ledger.set_aside("R13", raw.ragged, f"not the {len(opened.header)} columns of the header")
    for check, n, note in raw.notes:
        ledger.add(check, FIXED, n, note)
    made = encode.plan(engine, raw, mapped, choices, ledger)
    stays = encode.run(engine, raw, made, choices)
    engine.close_doors()
    rows_in = _judge(engine, stays, made, ledger) + raw.ragged
    return _finish(engine, stays, made, mapped, choices, ledger, rows_in, overlaps, opened.label)


def _choices(
    continuum: Continuum | None,
    cutoff: str | date,
    start: str | date | None,
    levels: Mapping[Any, str] | None,
    reasons: Mapping[Any, str] | None,
    date_format: str | None,
) -> Choices:
    if continuum is not None and not isinstance(continuum, Continuum):
        raise ArgumentError("continuum is a Continuum, as Continuum.standard() or Continuum.of([...]) make it")
    last = as_day(cutoff, "cutoff")
    first = None if start is None else as_day(start, "start")
    if first is not None and first > last:
        raise ArgumentError(f"start={first} is after cutoff={last}")
    for name, mapping in (("levels", levels), ("reasons", reasons)):
        if mapping is not None and not isinstance(mapping, Mapping):
            raise ArgumentError(f"{name}= is a mapping {{code in the file: word of careflow}}")
    chosen = dates.check_format(date_format)
    return Choices(continuum or Continuum.standard(), levels, reasons, chosen, last, first)


def as_day(value: str | date, name: str) -> date:
    """Return an argument as a day.

    Raises
    ------
    ArgumentError
        It is no date, or a text that is not written as ``2025-12-31``.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    day = dates.parser("%Y-%m-%d")(value) if isinstance(value, str) else None
    if day is None:
        raise ArgumentError(f"{name}= is a date or a text such as '2025-12-31'")
    return day


def _judge(engine: Engine, stays: str, made: encode.Plan, ledger: Ledger) -> int:
    counts = dict(engine.rows(f"SELECT why, count(*) FROM {stays} GROUP BY 1"))
    rows = sum(counts.values()) + ledger.aside.get("R13", 0)
    if not rows:
        raise RecordError("the file has a header and no rows.")
    for why, n in sorted(counts.items()):
        if why:
            ledger.set_aside(f"R{why:02d}", n, made.level_note if why == 3 else "")
    ledger.check_limits(rows)
    return sum(counts.values())


def _finish(
    engine: Engine,
    stays: str,
    made: encode.Plan,
    mapped: Mapped,
    choices: Choices,
    ledger: Ledger,
    rows_in: int,
    overlaps: str,
    label: str,
) -> Episodes:
    cutoff = (choices.cutoff - dates.EPOCH).days
    found = sequence.scan(engine, stays, cutoff, text_ids=made.text_ids)
    ledger.set_aside("R10", sequence.repeated(engine, stays, found, len(mapped.strata)), "one of each is kept")
    ledger.check_limits(rows_in)
    engine.run(f"CREATE TEMP TABLE {stays}_aside AS SELECT row, why FROM {stays} WHERE why <> 0")
    engine.run(f"DELETE FROM {stays} WHERE why <> 0")
    over, people = sequence.overlapping(engine, stays, found, cutoff)
    ledger.add("F01 overlapping stays", FLAGGED, over, f"of {people:,} people; overlaps={overlaps!r}")
    n, still_open, first, last = engine.one(
        f"SELECT count(*), count(*) FILTER (discharge IS NULL), min(admit), max(greatest(admit, coalesce(discharge, admit))) "
        f"FROM {stays}"
    )
    if not n:
        reasons = ", ".join(f"{RULES[rule]} {count:,}" for rule, count in ledger.aside.items())
        raise RecordError(f"no stay is left of {rows_in:,} rows: {reasons}.")
    engine.run(f"DROP TABLE {found.odd}")
    for column in ("mark", "episode", "written", "row", "why", "marks"):
        engine.run(f"ALTER TABLE {stays} DROP COLUMN {column}")
    return Episodes(
        engine=engine,
        table=stays,
        continuum=choices.continuum,
        cutoff=choices.cutoff,
        start=choices.start,
        overlaps=overlaps,
        strata={name: Stratum(f"s{i}", made.labels[name]) for i, name in enumerate(mapped.strata)},
        findings=ledger.frame(),
        n=int(n),
        persons=found.persons,
        set_aside=sum(ledger.aside.values()),
        open=int(still_open),
        first=dates.EPOCH + timedelta(days=first),
        last=dates.EPOCH + timedelta(days=last),
        source=label,
        rows_in=rows_in,
    )
