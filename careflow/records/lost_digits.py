"""Long codes that were floating numbers on their way: digits beyond the 15th are lost, and several codes become one.

Spreadsheets and statistics packages write such numbers as ``1.23457E+15``; frames write ``1234567890123460.0``.
"""

from __future__ import annotations

import re
from typing import Final

from careflow.errors import RecordError

LONG: Final = 10**15
"""From here on a whole number has more digits than a spreadsheet keeps."""

# An exponent needs a sign, or the number a decimal point: a code such as 12E34 is none.
_FLOATING: Final = r"[+-]?([0-9]+([.,][0-9]+)?[eE][+]|[0-9]+[.,][0-9]+[eE])[0-9]{1,3}|[+-]?[0-9]{16,}[.]0+"


def lost(text: str) -> bool:
    """Say whether a code was a floating number that lost digits.

    Examples
    --------
    >>> [lost(text) for text in ("1.23457E+15", "1e+05", "1234567890123460.0", "12E34", "1001.0", "00123")]
    [True, True, True, False, False, False]
    """
    return re.fullmatch(_FLOATING, text) is not None


def lost_sql(text: str) -> str:
    """Return the SQL of the same, spaces around the code aside."""
    # Most codes have neither sign nor point in them, which is far cheaper to see than the pattern.
    return (
        f"CASE WHEN contains({text}, '+') OR contains({text}, '.') "
        f"THEN regexp_matches({text}, '^\\s*({_FLOATING})\\s*$') ELSE false END"
    )


def refuse(name: str, different: int, rows: int) -> None:
    """Stop if codes lost digits.

    Raises
    ------
    RecordError
        There are some.
    """
    if rows:
        raise RecordError(
            f"{name} has {rows:,} rows ({different:,} different values) that are written as floating numbers, as a "
            "spreadsheet writes long codes (digits, E+, digits): digits are lost, so several codes can have become "
            "one. The lost digits are not in this file: export it anew from where it comes, with this column as text.",
            check="S05",
            n=rows,
        )
