"""The words of a definition: which are allowed, and how a message shows them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from careflow.errors import DefinitionError

NAME_LENGTH = 200
TEXT_LENGTH = 4000

# Zero-width joiners are part of ordinary spelling in several scripts; every other format character can make a
# name print as something that it is not.
_JOINERS = "\u200c\u200d"


def shown(value: object) -> str:
    """Return ``value`` quoted for a message, on one line and at most 60 characters long.

    >>> shown("php"), shown("x" * 300)[-5:]
    ("'php'", "xxx…'")
    """
    if not isinstance(value, str):
        return f"a value of type {type(value).__name__}"
    short = value if len(value) <= 60 else value[:59] + "…"
    return ascii(short) if _controls(short) else repr(short)


def either(values: Iterable[str]) -> str:
    """Return the quoted values as a choice: ``'a', 'b' or 'c'``.

    >>> either(["a", "b", "c"])
    "'a', 'b' or 'c'"
    """
    quoted = [shown(value) for value in values]
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + " or " + quoted[-1]


def hint(value: object, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` when a known word is near ``value``, or nothing.

    >>> hint("PHP", ["php", "iop"])
    " (did you mean 'php'?)"
    """
    words = {word.casefold(): word for word in known}
    near = difflib.get_close_matches(str(value)[:NAME_LENGTH].casefold(), list(words), n=1)
    return f" (did you mean {shown(words[near[0]])}?)" if near else ""


def look(name: str) -> str:
    """Return what the eye makes of a name: case, width and accents written in two ways do not tell names apart."""
    return unicodedata.normalize("NFKC", name).casefold()


def check_name(value: object, where: str, *, length: int = NAME_LENGTH) -> str:
    """Return ``value`` if it is a word or a line that can stand in a table and on a chart.

    Raises
    ------
    DefinitionError
        If it is not text, is empty, is too long, has spaces around it, or holds a control character.
    """
    if not isinstance(value, str):
        raise DefinitionError(
            f"{where} must be text, not {type(value).__name__}; put it in quotes, so that '2.10' stays '2.10'."
        )
    if not value.strip():
        raise DefinitionError(f"{where} is empty; give it at least one visible character.")
    if len(value) > length:
        raise DefinitionError(f"{where} has {len(value):,} characters; shorten it to {length} or fewer.")
    if bad := _controls(value):
        raise DefinitionError(f"{where} holds a control character ({bad}); write it in visible characters on one line.")
    if value != value.strip():
        raise DefinitionError(f"{where} has a space before or after it; take it away.")
    return str(value)


def check_text(value: object, where: str) -> str:
    """Return ``value`` if it is text that may run over several lines, empty included; else raise DefinitionError."""
    if not isinstance(value, str):
        raise DefinitionError(f"{where} must be text, not {type(value).__name__}.")
    if len(value) > TEXT_LENGTH:
        raise DefinitionError(f"{where} has {len(value):,} characters; shorten it to {TEXT_LENGTH:,} or fewer.")
    if bad := _controls(value.replace("\n", " ").replace("\t", " ")):
        raise DefinitionError(f"{where} holds a control character ({bad}); take it away.")
    return value


def check_one_of(value: object, choices: Iterable[str], where: str) -> str:
    """Return ``value`` if it is one of ``choices``; else raise DefinitionError with the valid ones."""
    known = list(choices)
    if not isinstance(value, str) or value not in known:
        raise DefinitionError(f"{where} is {shown(value)}; write {either(known)}.")
    return value


def check_names(values: object, where: str, *, most: int = 100) -> tuple[str, ...]:
    """Return a list of different names as a tuple; else raise DefinitionError."""
    if isinstance(values, str) or not isinstance(values, list | tuple):
        raise DefinitionError(f"{where} must be a list of texts; write it in square brackets.")
    if len(values) > most:
        raise DefinitionError(f"{where} has {len(values):,} entries; keep {most} or fewer.")
    names = tuple(check_name(value, f"{where}, entry {place},") for place, value in enumerate(values, start=1))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DefinitionError(f"{where} has {shown(twice[0])} more than once; keep one of them.")
    return names


@lru_cache(maxsize=1024)  # a hundred levels have 9,900 edges between them, of the same few names
def _controls(value: str) -> str:
    """Return the first character that must not be printed, as ``U+202E``, or nothing."""
    for char in value:
        if char not in _JOINERS and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            return f"U+{ord(char):04X}"
    return ""
