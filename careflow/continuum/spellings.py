"""How files and analysts write a level, an outcome or a direction, and which one they mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Final, NamedTuple

from careflow.arguments.folding import fold
from careflow.continuum.level import Level
from careflow.continuum.outcomes import DIRECTIONS, OUTCOMES

_WORDS: Final = "words.toml"
"""The file of the field's words, beside the definitions."""


class Words(NamedTuple):
    """The field's words for the levels of one continuum, folded.

    Attributes
    ----------
    levels : mapping
        The level of each word.
    unclear : mapping
        Why each word of several meanings is none of a level.
    prefixes : tuple of str
        What may stand before a level's name.
    """

    levels: Mapping[str, str]
    unclear: Mapping[str, str]
    prefixes: tuple[str, ...]


@lru_cache(maxsize=32)
def words_of(continuum: str) -> Words:
    """Return the field's words for the levels of a continuum that comes with the package, by its name.

    Examples
    --------
    >>> words_of("standard").levels[fold("RTC")], words_of("asam3").prefixes[:2]
    ('residential', ('asam', 'asam level'))
    """
    data = tomllib.loads(resources.files("careflow.continuum").joinpath("data", _WORDS).read_text("utf-8"))
    levels = {
        fold(word): row["level"] for row in data["words"] if row["continuum"] == continuum for word in row["spellings"]
    }
    unclear = {
        fold(word): row["why"] for row in data["unclear"] if row["continuum"] == continuum for word in row["spellings"]
    }
    prefixes = {fold(word) for row in data["prefixes"] if continuum in row["continua"] for word in row["words"]}
    return Words(levels, unclear, tuple(sorted(prefixes)))


def level_spellings(continuum: str, levels: Sequence[Level]) -> dict[str, str]:
    """Return the level of each folded spelling: name, short name, label, alias, the field's words.

    Where two levels share a spelling, a name counts before a short name, then a label, an alias, and a word.
    """
    there = {level.name for level in levels}
    spellings = {word: name for word, name in words_of(continuum).levels.items() if name in there}
    for kind in ("aliases", "label", "short", "name"):
        for level in levels:
            value = getattr(level, kind)
            spellings |= {fold(word): level.name for word in ((value,) if isinstance(value, str) else value)}
    return spellings


def level_meant(word: str, continuum: str, spellings: Mapping[str, str]) -> str | None:
    """Return the level that a word means, or None."""
    folded = fold(word)
    if folded in spellings:
        return spellings[folded]
    for prefix in reversed(words_of(continuum).prefixes):
        if folded.startswith(f"{prefix} ") and (rest := folded[len(prefix) + 1 :]) in spellings:
            return spellings[rest]
    return None


def why_unclear(word: str, continuum: str) -> str:
    """Return why a word of the field is none of one level, or an empty text.

    Examples
    --------
    >>> why_unclear("Detox", "standard")[:49]
    'withdrawal management is given at several levels;'
    """
    return words_of(continuum).unclear.get(fold(word), "")


def outcome_meant(word: str) -> str | None:
    """Return the outcome or direction that a word means, or None.

    Examples
    --------
    >>> outcome_meant("Left Early"), outcome_meant("STEP DOWN"), outcome_meant("stepup"), outcome_meant("php")
    ('left early', 'step-down', 'step-up', None)
    """
    return _OUTCOMES.get(fold(word).replace(" ", ""))


_OUTCOMES: Final = {fold(word).replace(" ", ""): word for word in (*OUTCOMES, *DIRECTIONS)}
