"""Load what a stay source made as if it were a file of stays, and account for the lines it was made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from careflow.errors import ArgumentError, RecordError
from careflow.formatting import several
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import SourceTable
from careflow.records.findings import FLAGGED, SET_ASIDE, FindingLog
from careflow.records.schema import FIELDS, STRATA, Mapped
from careflow.records.sources.protocol import ABSORBED, FATES, Loss, Made, StaySource, Window, is_stay_source

_NAMES: Final = tuple(field.name for field in FIELDS)
_REQUIRED: Final = tuple(field.name for field in FIELDS if field.required)
_SQL_KINDS: Final = {"VARCHAR": "text", "DATE": "date", "BIGINT": "integer", "INTEGER": "integer"}


@dataclass(frozen=True)
class LoadedStays:
    """The stays of a source as a table of the engine, with their columns and the account of the lines.

    Attributes
    ----------
    table : SourceTable
        The stays, one row each, under careflow's column names.
    mapped : Mapped
        Their columns by field and by stratum.
    losses : pandas.DataFrame
        ``rule, action, unit, n, note``.
    steps : tuple of (str, int, int)
        The first lines of the attrition table: from the lines to the stays made of them.
    tables : mapping of str to pandas.DataFrame
        Counts that explain how the stays were made.
    """

    table: SourceTable
    mapped: Mapped
    losses: pd.DataFrame
    steps: tuple[tuple[str, int, int], ...]
    tables: Mapping[str, pd.DataFrame]


def refuse_options(source: StaySource, **given: Any) -> None:
    """Refuse arguments of ``read_episodes`` that belong to the source.

    Raises
    ------
    ArgumentError
        The message names them.
    """
    named = [f"{name}=" for name, value in given.items() if value]
    if named:
        raise ArgumentError(
            f"{', '.join(named)} {'belongs' if len(named) == 1 else 'belong'} to the source: give "
            f"{'it' if len(named) == 1 else 'them'} to cf.sources.{source.name}(...), as far as it takes "
            f"{'it' if len(named) == 1 else 'them'}, and not to read_episodes()."
        )


def rules_of(source: Any) -> Mapping[str, str]:
    """Return the rules of a source and their meanings; a source need not have any, and a file has none."""
    rules = getattr(source, "rules", None) if is_stay_source(source) else None
    return rules if isinstance(rules, Mapping) else {}


def load_stays(source: StaySource, engine: Engine, window: Window, log: FindingLog) -> LoadedStays:
    """Make the stays of a source in the engine, and check that every line has one fate.

    Raises
    ------
    RecordError
        The fates do not add up to the lines, too many lines are set aside, no stay was made, or the relation lacks
        columns.
    """
    made = source.make(engine, window)
    rules = rules_of(source)
    for loss in made.losses:
        check = f"{loss.rule} {rules.get(loss.rule, '')}".strip()
        note = "; ".join(filter(None, (several(loss.n, loss.unit), loss.note)))
        log.add_loss(check, SET_ASIDE if loss.action == SET_ASIDE else FLAGGED, loss.n, note)
    fates = [loss for loss in made.losses if loss.action in FATES]
    lines = sum(loss.n for loss in fates)
    if made.lines is not None and made.lines != lines:
        raise RecordError(
            f"the source {source.name} accounts for {lines:,} of {made.lines:,} lines; each must be kept, absorbed or "
            "set aside by one rule. This is a fault of the source: report it to whoever wrote it.",
            n=abs(made.lines - lines),
        )
    expected: Collection[str] = getattr(source, "expected", ())
    aside: Counter[str] = Counter()
    for loss in fates:
        if loss.action == SET_ASIDE and loss.rule not in expected:
            aside[loss.rule] += loss.n
    log.check_limits(lines, aside, {rule: rules.get(rule, SET_ASIDE) for rule in aside}, "lines")
    kinds = {name: _kind(name, kind) for name, kind, *_ in engine.rows(f"DESCRIBE {made.relation}")}
    missing = [name for name in _REQUIRED if name not in kinds]
    if missing:
        raise RecordError(f"the source {source.name} made stays without {', '.join(missing)}.", check="S02")
    odd = [name for name in kinds if not name.isidentifier()]
    if odd:
        raise RecordError(f"the source {source.name} made {len(odd)} columns whose names are not of letters and _.")
    stays = int(engine.one(f"SELECT count(*) FROM {made.relation}")[0])
    if not stays:
        reasons = ", ".join(f"{loss.rule} {loss.n:,}" for loss in fates if loss.action == SET_ASIDE and loss.n)
        raise RecordError(
            f"no stay is left of {several(lines, 'line')}{f': {reasons}' if reasons else ''}.", check="S11", n=lines
        )
    fields = {name: name for name in kinds if name in _NAMES and name not in STRATA}
    named = {column: name for name, column in made.strata.items()}
    strata = {named.get(name, name): name for name in (*STRATA, *kinds) if name in kinds and name not in fields}
    table = _under_own_names(engine, made, fields, strata, kinds)
    frame = pd.DataFrame(
        [(loss.rule, loss.action, loss.unit, loss.n, _note(loss, rules)) for loss in made.losses if loss.n],
        columns=["rule", "action", "unit", "n", "note"],
    ).astype({"n": "int64"})
    return LoadedStays(table, Mapped(fields, strata), frame, _steps(fates, rules, stays), made.tables)


def no_losses() -> pd.DataFrame:
    """Return the losses of a file of stays: none."""
    return pd.DataFrame(columns=["rule", "action", "unit", "n", "note"]).astype({"n": "int64"})


def _kind(name: str, kind: str) -> str:
    kind = {"STRING": "VARCHAR", "INT": "INTEGER"}.get(str(kind).upper(), str(kind).upper())
    if kind not in _SQL_KINDS:
        raise RecordError(f"the column {name} of a source's stays is {kind}, not text, whole numbers or days.")
    return _SQL_KINDS[kind]


def _under_own_names(
    engine: Engine, made: Made, fields: Mapping[str, str], strata: Mapping[str, str], kinds: Mapping[str, str]
) -> SourceTable:
    names = {**fields, **{f"x{i}": column for i, column in enumerate(strata.values())}}
    table = engine.name("raw")
    picked = ", ".join(f"{column} AS {name}" for name, column in names.items())
    engine.run(f"CREATE TEMP TABLE {table} AS SELECT {picked} FROM {made.relation}")
    engine.run(f"DROP TABLE {made.relation}")  # it holds ids
    return SourceTable(table, {name: kinds[column] for name, column in names.items()}, "NULL", held=True)


def _note(loss: Loss, rules: Mapping[str, str]) -> str:
    return "; ".join(filter(None, (rules.get(loss.rule, ""), loss.note)))


def _steps(fates: list[Loss], rules: Mapping[str, str], stays: int) -> tuple[tuple[str, int, int], ...]:
    left = sum(loss.n for loss in fates)
    units = {loss.unit for loss in fates}
    unit = units.pop() if len(units) == 1 else "line"
    steps = [(f"{unit}s of the source", left, left)]
    for action in (SET_ASIDE, ABSORBED):
        for loss in sorted((loss for loss in fates if loss.action == action and loss.n), key=lambda loss: loss.rule):
            left -= loss.n
            steps.append((f"{action}: {rules.get(loss.rule, loss.rule)} ({loss.rule})", -loss.n, left))
    if fates and left != stays:
        change = "joined to stays" if left > stays else "divided into stays"
        steps.append((f"{unit}s {change}", stays - left, stays))
    return tuple(steps)
