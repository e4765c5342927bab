"""The column of levels: its codes as levels, by names, ``levels=`` or the dated lines of a crosswalk, and its flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from careflow.arguments.folding import clean, fold
from careflow.continuum import Continuum, Level
from careflow.continuum.crosswalk import Crosswalk
from careflow.continuum.crosswalk_lines import Line
from careflow.errors import ArgumentError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import SourceTable
from careflow.records.findings import FIXED, FLAGGED, FindingLog
from careflow.records.parsing.codes import UNKNOWN_CODE, Coded, code_levels, code_texts
from careflow.records.parsing.date_formats import EPOCH
from careflow.records.parsing.lookup_tables import Lookups, distinct, text_of

UNKNOWN_LEVEL: Final = "unknown level"
"""The level of stays whose code is unknown, where they are kept."""
FLAGS: Final = "flags"
"""The column of a stay source that lists the flags of each stay."""
KNOWN_FLAGS: Final = frozenset({"otp", "wm"})
"""The flags that a stay source may list; those of levels and codes may have any name."""
FLAG_LABELS: Final = ("no", "yes")
_DATED_FROM: Final = 1000
"""Codes from here on stand for a text whose level depends on the day of admission; a continuum has 100 levels."""


@dataclass(frozen=True)
class LevelColumn:
    """How the levels of the rows are read: the SQL of their codes and of their flags, and what the texts are.

    Attributes
    ----------
    sql : str
        The position of the level; -1 if missing, -2 if unknown.
    coded : Coded
        The texts and their codes.
    flags : dict of str to str
        For each flag that a level, a code or the source may have, the SQL of 0 or 1.
    """

    sql: str
    coded: Coded
    flags: dict[str, str] = field(default_factory=dict)


def with_unknown_level(continuum: Continuum) -> Continuum:
    """Return a continuum with one more level, not ranked against the others, for stays whose code is unknown.

    >>> care = with_unknown_level(Continuum.standard())
    >>> care.names[-1], care.direction("unknown level", "php")
    ('unknown level', 'lateral')
    """
    level = Level(UNKNOWN_LEVEL, label="Level not known", note="Stays whose code is no level of the continuum.")
    return replace(
        continuum, levels=(*continuum.levels, level), above=continuum.above,
        edges=continuum.edges if continuum.declared else None,  # type: ignore[arg-type]
    )  # fmt: skip


def continuum_of(continuum: Continuum | None, levels: object) -> Continuum:
    """Return the continuum to read by: the one given, that of the crosswalk, or the standard one.

    Raises
    ------
    ArgumentError
        The crosswalk is to another continuum.
    """
    if not isinstance(levels, Crosswalk):
        return continuum or Continuum.standard()
    if continuum is None and isinstance(levels.to, Continuum):
        return levels.to
    if continuum is None or continuum.names != levels.to.names:
        raise ArgumentError(
            f"levels= is a crosswalk to the continuum {levels.to.name!r}, and the continuum is "
            f"{continuum.name if continuum else 'another'!r}; leave the continuum out, or give a crosswalk to it."
        )
    return continuum


def read_levels(
    engine: Engine,
    source: SourceTable,
    lookups: Lookups,
    log: FindingLog,
    *,
    continuum: Continuum,
    levels: Mapping[Any, str] | Crosswalk | None,
    admit: str,
    strata: Mapping[str, str],
) -> LevelColumn:
    """Read the distinct texts of the level column and decide how they are encoded.

    Parameters
    ----------
    engine, source, lookups, log
        The rows, the lookup tables, and the findings.
    continuum : Continuum
        The levels, the unknown one among them where such stays are kept.
    levels : mapping or Crosswalk, optional
        What the codes mean.
    admit : str
        The SQL of the day of admission, in days since 1970-01-01.
    strata : mapping
        The SQL column of each stratum; a stay source may list flags in the stratum ``flags``.
    """
    counts = distinct(engine, source, "level", "level")
    dated: dict[int, tuple[Line, ...]] = {}
    if isinstance(levels, Crosswalk):
        coded, dated = _code_crosswalk(counts, levels, continuum)
    else:
        coded = code_levels(counts, continuum, levels)
    log.add("levels mended", FIXED, coded.fixed, "spaces, case, Unicode form, or the short name of the level")
    sql = lookups.codes(engine, text_of(source, "level"), coded.codes, "level")
    if dated:
        by_day = " ".join(_by_day(code, lines, admit, continuum) for code, lines in dated.items())
        sql = f"CASE {sql} {by_day} ELSE {sql} END"
    if UNKNOWN_LEVEL in continuum:
        log.add("unknown levels kept", FLAGGED, coded.unknown, f"as {UNKNOWN_LEVEL!r}: {coded.note}")
        sql = f"CASE WHEN ({sql}) = {UNKNOWN_CODE} THEN {continuum.index(UNKNOWN_LEVEL)} ELSE ({sql}) END"
    return LevelColumn(sql, coded, _flags(engine, source, lookups, counts, continuum, levels, coded, strata))


def _code_crosswalk(
    counts: Mapping[str, int], walk: Crosswalk, continuum: Continuum
) -> tuple[Coded, dict[int, tuple[Line, ...]]]:
    """Code texts by the lines of a crosswalk; a code whose lines have days gets a number of its own, with its lines."""
    by_code: dict[str, list[Line]] = {}
    for line in walk.lines:
        if line.level and line.basis != "unverified":
            by_code.setdefault(line.code, []).append(line)
    places: dict[str, int] = {}
    dated: dict[int, tuple[Line, ...]] = {}
    for code, lines in by_code.items():
        if len(lines) == 1 and not lines[0].starts and not lines[0].ends:
            places[code] = continuum.index(lines[0].level)
        else:
            places[code] = _DATED_FROM + len(dated)
            dated[places[code]] = tuple(lines)
    named = {text: continuum.level_meant(text) for text in counts}
    meant = {fold(text): continuum.index(level) for text, level in named.items() if level is not None}
    folded = meant | {fold(code): place for code, place in places.items()}
    exact = {name: place for place, name in enumerate(continuum.names)} | places
    return code_texts(counts, exact, folded, continuum.names), dated


def _by_day(code: int, lines: Sequence[Line], admit: str, continuum: Continuum) -> str:
    """Return the part of a CASE that gives the level of a code by the day of admission; unknown outside all lines."""
    spans = " ".join(
        f"WHEN ({admit}) BETWEEN {_number(line.first)} AND {_number(line.last)} THEN {continuum.index(line.level)}"
        for line in lines
    )
    # A row without a date is set aside for that, not for its code.
    return f"WHEN {code} THEN CASE WHEN ({admit}) IS NULL THEN 0 {spans} ELSE {UNKNOWN_CODE} END"


def _number(day: date) -> int:
    return (day - EPOCH).days


def _flags(
    engine: Engine,
    source: SourceTable,
    lookups: Lookups,
    counts: Mapping[str, int],
    continuum: Continuum,
    levels: object,
    coded: Coded,
    strata: Mapping[str, str],
) -> dict[str, str]:
    """Return the SQL of each flag: those of the level, of the code's lines and of the source's own list together."""
    by_text: dict[str, set[str]] = {text: set() for text in counts}
    for text, code in coded.codes.items():
        if 0 <= code < len(continuum):
            by_text[text] |= set(continuum.levels[code].flags)
    if isinstance(levels, Crosswalk):
        of_code: dict[str, set[str]] = {}
        for line in levels.lines:
            of_code.setdefault(fold(line.code), set()).update(line.flags)
        for text in counts:
            by_text[text] |= of_code.get(fold(clean(text)), set())
    listed = f"' ' || coalesce({text_of(source, strata[FLAGS])}, '') || ' '" if FLAGS in strata else ""
    named = set().union(*by_text.values()) if by_text else set()
    if listed:
        words = {word for text in distinct(engine, source, strata[FLAGS], FLAGS) for word in text.split()}
        named |= words & KNOWN_FLAGS
    sql = {}
    for place, flag in enumerate(sorted(name for name in named if name.isidentifier())):
        codes = {text: int(flag in flags) for text, flags in by_text.items()}
        test = f"{lookups.codes(engine, text_of(source, 'level'), codes, f'flag{place}')} = 1"
        if listed:
            test = f"({test} OR position(' {flag} ' IN {listed}) > 0)"
        sql[flag] = f"CASE WHEN {test} THEN 1 ELSE 0 END"
    return sql


def check_unknown(value: str, continuum: Continuum) -> Continuum:
    """Return the continuum to read by for ``unknown="keep"`` or ``"set aside"``."""
    if value != "keep":
        return continuum
    if UNKNOWN_LEVEL in continuum:
        raise ArgumentError(f"this continuum has a level {UNKNOWN_LEVEL!r} already: give its codes with levels=")
    return with_unknown_level(continuum)
