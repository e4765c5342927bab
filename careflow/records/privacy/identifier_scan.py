"""Search all ids of a file for direct identifiers, in the engine.

Levels, reasons and strata have few distinct texts, which are all screened in Python; ids differ in every row. The
patterns are those of :mod:`careflow.records.privacy.identifiers`. If enough rows match a pattern, a sample of them is
checked again in Python, which also knows first names and numbers that are never issued.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from careflow.records import person_names
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.source import TEXT, SourceTable
from careflow.records.privacy import identifiers
from careflow.records.privacy.identifiers import PATTERNS, Pattern
from careflow.records.schema import Mapped, shown

SEARCHED: Final = ("person_id", "episode_id")
FEW: Final = 11
"""This many social security numbers or e-mail addresses stop the reading, however many rows there are."""

_SAMPLE: Final = 2_000
_NAMES: Final = Pattern("names of people", person_names.SHAPE, 0.5)
_HINTS: Final = {
    "social security numbers": "(contains(v, '-') OR contains(v, ' '))",
    "e-mail addresses": "contains(v, '@')",
    "phone numbers": "(contains(v, '-') OR contains(v, ' ') OR contains(v, '.'))",
    "street addresses": "contains(v, ' ')",
    "ZIP codes": "contains(v, '-')",
    "names of people": "contains(v, ' ')",
}
"""A test that every match passes and most texts do not; it is much faster than the pattern."""


def search(engine: Engine, source: SourceTable, mapped: Mapped, allow: Collection[str]) -> None:
    """Stop if the ids of people or of stays look like direct identifiers anywhere in the file.

    Parameters
    ----------
    engine, source, mapped
        The rows of the file, and its columns by field.
    allow : collection of str
        Columns of the file that are accepted.

    Raises
    ------
    RecordError
        Columns look like direct identifiers. The message names and counts them, and shows no value.
    """
    suspects: dict[str, str] = {}
    for name in SEARCHED:
        column = mapped.fields.get(name)
        if column is not None and column not in allow and source.kinds[name] == TEXT:
            kind = _kind_of_identifier(
                engine, f"SELECT r.{name}::VARCHAR AS v FROM {source.relation} r WHERE r.{name} IS NOT NULL"
            )
            if kind:
                suspects[column] = f"{shown([column])} holds what look like {kind}"
    identifiers.refuse(suspects)


def _kind_of_identifier(engine: Engine, texts: str) -> str:
    patterns = (*PATTERNS, _NAMES)
    counts = ", ".join(f"count(*) FILTER ({_has(pattern)})" for pattern in patterns)
    some = " OR ".join(f"contains(v, '{mark}')" for mark in "-@ .")
    counted = engine.one(f"SELECT {counts} FROM ({texts}) WHERE {some}")
    if not any(counted):
        return ""
    total = engine.one(f"SELECT count(*) FROM ({texts})")[0]
    for pattern, n in zip(patterns, counted, strict=True):
        enough = pattern.share * total if pattern.share > 0.01 else min(pattern.share * total, FEW)
        if n and n >= enough:
            rows = engine.rows(f"SELECT v FROM ({texts}) WHERE {_has(pattern)} LIMIT {_SAMPLE}")
            real = sum(_is(pattern, text) for (text,) in rows) * n // len(rows)
            if real and real >= enough and (real >= 3 or pattern is not _NAMES):
                return f"{pattern.kind} ({real:,} of {total:,} rows)"
    return ""


def _is(pattern: Pattern, text: str) -> bool:
    text = text.strip()
    return person_names.is_name(text) if pattern is _NAMES else pattern.shape.fullmatch(text) is not None


def _has(pattern: Pattern) -> str:
    # The engine's regular expressions have no lookahead.
    shape = re.sub(r"\(\?![^)]*\)", "", pattern.shape.pattern).replace("'", "''")
    case = "(?i)" if pattern.shape.flags & re.IGNORECASE else ""
    return f"CASE WHEN {_HINTS[pattern.kind]} THEN regexp_matches(v, '{case}^\\s*(?:{shape})\\s*$') ELSE false END"
