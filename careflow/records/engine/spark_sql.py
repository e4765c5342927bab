"""careflow's SQL as Spark spells it.

There is one text of every statement, written as DuckDB reads it. Spark reads nearly all of it; these rules respell the
rest. A construct that no rule knows is one that Spark refuses: never one that it reads in another way. (The exceptions,
``trim`` with its arguments turned round and the escapes in patterns, are why there are rules for them.)
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
    "hash": "xxhash64",
    "regexp_matches": "regexp_like",
    "to_timestamp": "timestamp_seconds",
}
_CALLS: Final[dict[str, Callable[[list[str]], str]]] = {
    "xor": lambda of: f"(({of[0]}) ^ ({of[1]}))",
    "isfinite": lambda of: f"(({of[0]}) IS NOT NULL)",
    "timezone": lambda of: f"from_utc_timestamp({of[1]}, {of[0]})",
    "trim": lambda of: f"trim({of[0]})" if len(of) == 1 else f"trim(BOTH {of[1]} FROM {of[0]})",
}
_EPOCH: Final = " - DATE '1970-01-01'"
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_HEXADECIMAL: Final = re.compile(r"CAST\('0x' \|\| (left\(md5\(\w+\), 8\)) AS BIGINT\)")


def spark_sql(sql: str) -> str:
    """Return a statement of careflow's as Spark reads it.

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
    sql = re.sub(rf"\b({'|'.join(_TYPES)})\b", lambda found: _TYPES[found[1]], sql)
    sql = re.sub(rf"\b({'|'.join(_NAMES)})\(", lambda found: f"{_NAMES[found[1]]}(", sql)
    sql = sql.replace(" // ", " div ")
    for name, spelled in _CALLS.items():
        sql = _respell(sql, name, spelled)
    return _literals(_days(sql))


def _respell(sql: str, name: str, spelled: Callable[[list[str]], str]) -> str:
    """Respell every call of a function, from the last to the first, so that inner calls come before outer ones."""
    for found in reversed(list(re.finditer(rf"\b{name}\(", sql))):
        stop = _closing(sql, found.end() - 1)
        if sql[found.end() : stop].startswith("BOTH "):
            continue
        sql = sql[: found.start()] + spelled(_arguments(sql[found.end() : stop])) + sql[stop + 1 :]
    return sql


def _closing(sql: str, start: int) -> int:
    depth, quoted = 0, False
    for place in range(start, len(sql)):
        char = sql[place]
        quoted ^= char == "'"
        if not quoted:
            depth += (char == "(") - (char == ")")
            if not depth:
                return place
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
    """Respell what is subtracted from: ``(x)::DATE - DATE '1970-01-01'`` is a number of days."""
    while (place := sql.find(_EPOCH)) >= 0:
        start = sql.rindex(")", 0, place)
        depth = 1
        while depth:
            start -= 1
            depth += (sql[start] == ")") - (sql[start] == "(")
        sql = f"{sql[:start]}datediff({sql[start:place]},{_EPOCH[2:]}){sql[place + len(_EPOCH) :]}"
    return sql


def _literals(sql: str) -> str:
    """Spark reads a backslash as an escape unless the literal is raw, and names the groups of a pattern ``$1``."""

    def respelled(found: re.Match[str]) -> str:
        text = found[0]
        if re.match(r"'\\\d", text):
            return text.replace("\\", "$")
        return f"r{text}" if "\\" in text else text

    return _LITERAL.sub(respelled, sql)
