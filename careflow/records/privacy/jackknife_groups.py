"""The jackknife group of a person, the same on every engine and for an id stored as text or as an integer.

The group depends on the id alone. An integer id goes through two steps of Lehmer's generator with the multipliers and
moduli of L'Ecuyer (1988); all products fit in 64 bits. A text that is the canonical form of an integer (``123``, not
``00123``) counts as that integer; any other text counts as the first 32 bits of its MD5 hash.
"""

from __future__ import annotations

from hashlib import md5

GROUPS = 100


def group_sql(number: str) -> str:
    """Return the SQL of the group of an integer, for DuckDB and Spark.

    Examples
    --------
    >>> group_sql("x").count("%")
    5
    """
    first = f"((({number}) % 2147483647 + 2147483647) % 2147483647) * 48271 % 2147483647"
    return f"CAST(({first}) * 40692 % 2147483399 % {GROUPS} AS SMALLINT)"


def text_number_sql(text: str, dialect: str = "duckdb") -> str:
    """Return the SQL of the integer that a text id counts as: the first eight hexadecimal digits of its MD5."""
    if dialect == "spark":
        return f"CAST(conv(substring(md5({text}), 1, 8), 16, 10) AS BIGINT)"
    return f"CAST('0x' || left(md5({text}), 8) AS BIGINT)"


def integer_sql(text: str) -> str:
    """Return the SQL of the integer whose canonical form the text is, or NULL.

    Examples
    --------
    >>> import duckdb
    >>> texts = "(VALUES ('-7'), ('007'), ('P7')) ids(id)"
    >>> [row[0] for row in duckdb.sql(f"SELECT {integer_sql('id')} FROM {texts}").fetchall()]
    [-7, None, None]
    """
    number = f"TRY_CAST({text} AS BIGINT)"
    # A failed cast is slower than the pattern, and the pattern slower than the first character (57 is "9").
    canonical = f"CASE WHEN CAST({number} AS VARCHAR) = {text} THEN {number} END"
    return f"CASE WHEN ascii({text}) <= 57 AND regexp_matches({text}, '^-?[0-9]+$') THEN {canonical} END"


def group(identifier: int | str) -> int:
    """Return the group of one id, as the engines compute it (for tests and data without an engine).

    Examples
    --------
    >>> group(123) == group("123"), group("00123") == group("123")
    (True, False)
    """
    number = identifier if isinstance(identifier, int) else _number(identifier)
    return number % 2147483647 * 48271 % 2147483647 * 40692 % 2147483399 % GROUPS


def _number(text: str) -> int:
    if text.lstrip("-").isdigit() and text.isascii() and len(text) <= 20 and str(int(text)) == text:
        number = int(text)
        if -(2**63) <= number < 2**63:
            return number
    return int(md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16)
