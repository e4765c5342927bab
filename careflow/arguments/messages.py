"""Texts of error messages: the value that was given, and the valid values."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from numbers import Integral, Real
from typing import Final

_LONGEST: Final = 60


def brief(value: object) -> str:
    """Return the text of a value for a message: a short text or a number, otherwise the name of its type.

    Examples
    --------
    >>> brief("php"), brief(7.5), brief(None), brief([1, 2])
    ("'php'", '7.5', 'None', 'list')
    """
    if isinstance(value, str):
        return shown(value)
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, Integral):
        return str(int(value)) if abs(int(value)) < 10**_LONGEST else "a number too long to show"
    return f"{float(value):g}" if isinstance(value, Real) else type(value).__name__


def shown(value: object) -> str:
    """Return ``value`` quoted for a message, on one line and at most 60 characters long.

    >>> shown("php"), shown("x" * 300)[-5:]
    ("'php'", "xxx…'")
    """
    if not isinstance(value, str):
        return f"a value of type {type(value).__name__}"
    short = value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
    return ascii(short) if controls(short) else repr(short)


def either(values: Iterable[str]) -> str:
    """Return the quoted values as a choice: ``'a', 'b' or 'c'``.

    >>> either(["a", "b", "c"])
    "'a', 'b' or 'c'"
    """
    return choice(shown(value) for value in values)


def hint(value: object, allowed: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` when an allowed word is close to ``value``; else an empty text.

    >>> hint("PHP", ["php", "iop"])
    " (did you mean 'php'?)"
    """
    originals = {word.casefold(): word for word in allowed}
    near = difflib.get_close_matches(str(value)[:200].casefold(), list(originals), n=1)
    return f" (did you mean {shown(originals[near[0]])}?)" if near else ""


# Zero-width joiners belong to the spelling of several scripts. Every other format character can make a name look
# like another one.
_JOINERS: Final = "\u200c\u200d"


@lru_cache(maxsize=1024)  # a hundred levels have 9,900 edges between them, of the same few names
def controls(value: str) -> str:
    """Return the first character that must not be printed, as ``U+202E``, or an empty text."""
    for char in value:
        if char not in _JOINERS and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            return f"U+{ord(char):04X}"
    return ""


def choice(words: Iterable[str]) -> str:
    """Return words as a choice: ``a, b or c``."""
    parts = list(words)
    return "".join(parts) if len(parts) < 2 else f"{', '.join(parts[:-1])} or {parts[-1]}"
