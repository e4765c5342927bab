"""Translate careflow's SQL from DuckDB to Spark.

Every statement is written once, for DuckDB. Spark accepts nearly all of it; these rules translate the rest. Spark
refuses any other construct that differs; the two that it would silently read in another way, the order of the
arguments of ``trim`` and escapes in patterns, have rules here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_TYPES: Final = {
    "UTINYINT": "INTEGER",
    "USMALLINT": "INTEGER",
    "UBIGINT": "BIGINT",
    "HUGEINT": "DECIMAL(38, 0)",
    "VARCHAR": "STRING",
    "TIMESTAMPTZ": "TIMESTAMP",
}
_NAMES: Final = {
    "arg_min": "min_by",
    "arg_max": "max_by",
    "regexp_matches": "regexp_like",
    "to_timestamp": "timestamp_seconds",
}
_CALLS: Final[dict[str, Callable[[list[str]], str]]] = {
    # Spark's hash passes over NULL, so that a value in another column would not make another hash.
    "hash": lambda of: (
        f"xxhash64({', '.join([*of, *(f'({value}) IS NULL' for value in of if not value[0].isdigit())])})"
    ),
    "xor": lambda of: f"(({of[0]}) ^ ({of[1]}))",
    "timezone": lambda of: f"from_utc_timestamp({of[1]}, {of[0]})",
    "trim": lambda of: f"trim({of[0]})" if len(of) == 1 else f"trim(BOTH {of[1]} FROM {of[0]})",
}
_EPOCH: Final = " - DATE '1970-01-01'"
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_HEXADECIMAL: Final = re.compile(r"CAST\('0x' \|\| (left\(md5\(\w+\), 8\)) AS BIGINT\)")


def spark_sql(sql: str) -> str:
    """Return a statement in the SQL of Spark.

    Examples
    --------
    >>> spark_sql("SELECT count(*) FILTER (why = 0), xor(a, 3::UBIGINT), trim(b, ' ') FROM t")
    "SELECT count(*) FILTER (WHERE why = 0), ((a) ^ (3::BIGINT)), trim(BOTH ' ' FROM b) FROM t"
    >>> spark_sql("SELECT (d)::DATE - DATE '1970-01-01', a // 365")
    "SELECT datediff((d)::DATE, DATE '1970-01-01'), a div 365"
    """
    sql = _HEXADECIMAL.sub(r"CAST(conv(\1, 16, 10) AS BIGINT)", sql)
    sql = re.sub(r"\bFILTER \((?!WHERE)", "FILTER (WHERE ", sql)
    sql = re.sub(r"\bUNION FROM (\w+)", r"UNION SELECT * FROM \1", sql)
    sql = re.sub(rf"\b({'|'.join(_TYPES)})\b", lambda match: _TYPES[match[1]], sql)
    sql = re.sub(rf"\b({'|'.join(_NAMES)})\(", lambda match: f"{_NAMES[match[1]]}(", sql)
    sql = sql.replace(" // ", " div ").replace("row_number() OVER ()", "monotonically_increasing_id()")
    for name, write in _CALLS.items():
        sql = _translate(sql, name, write)
    return _literals(_days(sql))


def _translate(sql: str, name: str, write: Callable[[list[str]], str]) -> str:
    """Translate every call of a function, from the last to the first, so that inner calls come before outer ones."""
    for match in reversed(list(re.finditer(rf"\b{name}\(", sql))):
        stop = _closing(sql, match.end() - 1)
        if sql[match.end() : stop].startswith("BOTH "):
            continue
        sql = sql[: match.start()] + write(_arguments(sql[match.end() : stop])) + sql[stop + 1 :]
    return sql


def _closing(sql: str, start: int) -> int:
    depth, quoted = 0, False
    for position in range(start, len(sql)):
        char = sql[position]
        quoted ^= char == "'"
        if not quoted:
            depth += (char == "(") - (char == ")")
            if not depth:
                return position
    raise ValueError("a parenthesis is not closed")


def _arguments(inside: str) -> list[str]:
    parts, depth, quoted = [""], 0, False
    for char in inside:
        quoted ^= char == "'"
        depth += 0 if quoted else (char == "(") - (char == ")")
        if char == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def _days(sql: str) -> str:
    """Translate ``(x)::DATE - DATE '1970-01-01'``, a number of days, into ``datediff``."""
    while (position := sql.find(_EPOCH)) >= 0:
        start = sql.rindex(")", 0, position)
        depth = 1
        while depth:
            start -= 1
            depth += (sql[start] == ")") - (sql[start] == "(")
        sql = f"{sql[:start]}datediff({sql[start:position]},{_EPOCH[2:]}){sql[position + len(_EPOCH) :]}"
    return sql


def _literals(sql: str) -> str:
    """Make literals with backslashes raw, and write ``\\1`` in replacements as ``$1``."""

    def translated(match: re.Match[str]) -> str:
        text = match[0]
        if re.match(r"'\\\d", text):
            return text.replace("\\", "$")
        return f"r{text}" if "\\" in text else text

    return _LITERAL.sub(translated, sql)
