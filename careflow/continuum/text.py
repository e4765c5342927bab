"""Checks of the names and texts of a definition."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from careflow.arguments.messages import controls, either, shown
from careflow.errors import DefinitionError

NAME_LENGTH = 200
TEXT_LENGTH = 4000


def normalized(name: str) -> str:
    """Return a name without differences of case, width and encoding of accents, to find names that look the same."""
    return unicodedata.normalize("NFKC", name).casefold()


def check_name(value: object, where: str, *, length: int = NAME_LENGTH) -> str:
    """Return ``value`` if it is a name: text on one line, for tables and charts.

    Raises
    ------
    DefinitionError
        If it is not text, is empty or too long, has spaces around it, or has a control character.
    """
    if not isinstance(value, str):
        raise DefinitionError(
            f"{where} must be text, not {type(value).__name__}; put it in quotes, so that '2.10' stays '2.10'."
        )
    if not value.strip():
        raise DefinitionError(f"{where} is empty; give it at least one visible character.")
    if len(value) > length:
        raise DefinitionError(f"{where} has {len(value):,} characters; shorten it to {length} or fewer.")
    if bad := controls(value):
        raise DefinitionError(f"{where} holds a control character ({bad}); write it in visible characters on one line.")
    if value != value.strip():
        raise DefinitionError(f"{where} has a space before or after it; remove it.")
    return str(value)


def check_text(value: object, where: str) -> str:
    """Return ``value`` if it is text, empty or of several lines; otherwise raise DefinitionError."""
    if not isinstance(value, str):
        raise DefinitionError(f"{where} must be text, not {type(value).__name__}.")
    if len(value) > TEXT_LENGTH:
        raise DefinitionError(f"{where} has {len(value):,} characters; shorten it to {TEXT_LENGTH:,} or fewer.")
    if bad := controls(value.replace("\n", " ").replace("\t", " ")):
        raise DefinitionError(f"{where} holds a control character ({bad}); remove it.")
    return value


def check_one_of(value: object, choices: Iterable[str], where: str) -> str:
    """Return ``value`` if it is one of ``choices``; otherwise raise DefinitionError with the valid ones."""
    valid = list(choices)
    if not isinstance(value, str) or value not in valid:
        raise DefinitionError(f"{where} is {shown(value)}; write {either(valid)}.")
    return value


def check_names(values: object, where: str, *, most: int = 100) -> tuple[str, ...]:
    """Return a list of different names as a tuple; otherwise raise DefinitionError."""
    if isinstance(values, str) or not isinstance(values, list | tuple):
        raise DefinitionError(f"{where} must be a list of texts; write it in square brackets.")
    if len(values) > most:
        raise DefinitionError(f"{where} has {len(values):,} entries; keep {most} or fewer.")
    names = tuple(check_name(value, f"{where}, entry {i},") for i, value in enumerate(values, start=1))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DefinitionError(f"{where} has {shown(twice[0])} more than once; keep one of them.")
    return names
