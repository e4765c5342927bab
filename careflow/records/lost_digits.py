"""Long codes that were stored as floating numbers: digits beyond the 15th are lost, and several codes become one.

Spreadsheets and statistics packages write such numbers as ``1.23457E+15``, data frames as ``1234567890123460.0``.
"""

from __future__ import annotations

import re
from typing import Final

from careflow.errors import RecordError

LONG: Final = 10**15
"""The smallest whole number with more digits than the 15 that a spreadsheet keeps."""

# The exponent needs a sign, or the number a decimal point: 12E34 may be a code.
_FLOATING: Final = r"[+-]?([0-9]+([.,][0-9]+)?[eE][+]|[0-9]+[.,][0-9]+[eE])[0-9]{1,3}|[+-]?[0-9]{16,}[.]0+"


def lost(text: str) -> bool:
    """Return whether a code is written as a floating number, so that digits may be lost.

    Examples
    --------
    >>> [lost(text) for text in ("1.23457E+15", "1e+05", "1234567890123460.0", "12E34", "1001.0", "00123")]
    [True, True, True, False, False, False]
    """
    return re.fullmatch(_FLOATING, text) is not None


def lost_sql(text: str) -> str:
    """Return the SQL of :func:`lost`, for a code with or without spaces around it."""
    # Most codes have neither a plus nor a point, which is much faster to test than the pattern.
    return (
        f"CASE WHEN contains({text}, '+') OR contains({text}, '.') "
        f"THEN regexp_matches({text}, '^\\s*({_FLOATING})\\s*$') ELSE false END"
    )


def refuse(name: str, different: int, rows: int) -> None:
    """Stop if codes lost digits.

    Raises
    ------
    RecordError
        ``rows`` is not 0.
    """
    if rows:
        raise RecordError(
            f"{name} has {rows:,} rows ({different:,} different values) that are written as floating numbers, as a "
            "spreadsheet writes long codes (digits, E+, digits): digits are lost, so several codes can have become "
            "one. The lost digits are not in this file: export it again from its source, with this column as text.",
            check="S05",
            n=rows,
        )
