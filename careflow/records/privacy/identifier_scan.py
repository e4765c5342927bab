"""Direct identifiers beyond the first rows: the columns of free text that are read are searched whole, by the engine.

Levels, reasons and strata have few distinct texts, which are screened one by one; an id is different in every row. The
patterns are those of :mod:`careflow.records.privacy.identifiers`; where enough rows have the shape, a sample of them is
looked at again in Python, which knows first names and which numbers are never given out.
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
"""So many social security numbers or e-mail addresses are enough, however many rows there are."""

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
"""What a text must have in it: far cheaper to ask than the pattern, and mostly not so."""


def search(engine: Engine, raw: SourceTable, mapped: Mapped, allow: Collection[str]) -> None:
    """Stop if an id, of a person or of a stay, looks like a direct identifier in any part of the file.

    Parameters
    ----------
    engine, raw, mapped
        The rows of the file, and which column is which.
    allow : collection of str
        Columns of the file that may pass.

    Raises
    ------
    RecordError
        Columns look like direct identifiers; named and counted, no value shown.
    """
    found: dict[str, str] = {}
    for name in SEARCHED:
        column = mapped.fields.get(name)
        if column is not None and column not in allow and raw.kinds[name] == TEXT:
            kind = _look(engine, f"SELECT r.{name}::VARCHAR AS v FROM {raw.relation} r WHERE r.{name} IS NOT NULL")
            if kind:
                found[column] = f"{shown([column])} holds what look like {kind}"
    identifiers.refuse(found)


def _look(engine: Engine, texts: str) -> str:
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
    # The engine's expressions look neither ahead nor back.
    shape = re.sub(r"\(\?![^)]*\)", "", pattern.shape.pattern).replace("'", "''")
    case = "(?i)" if pattern.shape.flags & re.IGNORECASE else ""
    return f"CASE WHEN {_HINTS[pattern.kind]} THEN regexp_matches(v, '{case}^\\s*(?:{shape})\\s*$') ELSE false END"
