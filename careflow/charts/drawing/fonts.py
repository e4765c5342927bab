"""The bundled typeface: found, loaded on first use, and measured without a drawing backend."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.text import Text

BUNDLED: Final = "Source Sans Pro"
FALLBACK: Final = "DejaVu Sans"
REGULAR: Final = 400
SEMIBOLD: Final = 600
BOLD: Final = 700

CAP: Final = 0.66
"""Height of a capital letter, as a share of the type size."""
LEADING: Final = 1.24
"""Distance between two baselines, as a share of the type size."""

LANGUAGE: Final = "en"
"""Text is shaped in one language in every locale: in a Turkish one the letter i would be another glyph."""
_IN_LANGUAGE: Final[dict[str, Any]] = {"language": LANGUAGE} if hasattr(Text, "set_language") else {}
"""Matplotlib shapes text by language from version 3.11 on."""

_MEASURED_AT: Final = 100


@cache
def families() -> tuple[str, ...]:
    """Load the bundled fonts once and return the families to draw with, best first."""
    files = sorted((Path(__file__).parent.parent / "fonts").glob("*.ttf"))
    for file in files:
        fontManager.addfont(str(file))
    # The fallback has no semibold; saying that its bold may stand in keeps matplotlib from logging it at every text.
    bold = [e for e in fontManager.ttflist if e.name == FALLBACK and e.weight == BOLD and e.style == "normal"]
    fontManager.ttflist.extend(replace(entry, weight=SEMIBOLD) for entry in bold[:1])
    return (BUNDLED, FALLBACK) if files else (FALLBACK,)


class CareflowLabelWarning(UserWarning):
    """A name was cut to fit its place, or has letters that no font on the machine has."""


_OWN: Final = ("cmb10", "cmex10", "cmmi10", "cmr10", "cmss10", "cmsy10", "cmtt10", "Last Resort High-Efficiency")
"""Fonts of matplotlib whose letters are not what their codes say."""


@cache
def _letters(file: str) -> frozenset[int]:
    try:
        return frozenset(get_font(file).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()


@cache
def _holder(letter: str) -> str | None:
    """Return the first family on the machine, plain ones and then by name, that has a letter."""
    entries = sorted(fontManager.ttflist, key=lambda entry: (entry.style != "normal", entry.name, str(entry.fname)))
    usable = (entry for entry in entries if entry.name not in _OWN and "emoji" not in entry.name.lower())
    return next((entry.name for entry in usable if ord(letter) in _letters(str(entry.fname))), None)


@lru_cache(maxsize=20_000)
def missing(text: str, family: tuple[str, ...]) -> frozenset[str]:
    """Return the letters of a text that none of the families has."""
    if text.isascii():
        return frozenset()
    files = [_letters(file) for file in _files(family, REGULAR)]
    seen = (letter for letter in text if letter.isprintable() and not letter.isspace())
    return frozenset(letter for letter in seen if not any(ord(letter) in letters for letters in files))


@lru_cache(maxsize=20_000)
def covering(text: str, family: tuple[str, ...]) -> tuple[str, ...]:
    """Return the families, and behind them those on the machine that have the letters which they lack."""
    more = {holder for letter in missing(text, family) if (holder := _holder(letter)) is not None}
    return (*family, *sorted(more - set(family)))


@lru_cache(maxsize=64)
def font(family: tuple[str, ...], weight: int) -> FontProperties:
    """Return the font of a weight, with the fallback for what it lacks."""
    return FontProperties(family=list(family), weight=weight)


@cache
def _files(family: tuple[str, ...], weight: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(findfont(FontProperties(family=name, weight=weight))) for name in family))


def set_language(text: Any) -> None:
    """Have a text shaped in one language, whatever the locale of the process."""
    if _IN_LANGUAGE:
        text.set_language(LANGUAGE)


def _inked(text: str, family: tuple[str, ...], weight: int) -> float:
    face = get_font(list(_files(covering(text, family), weight)))
    face.set_size(_MEASURED_AT, 72)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # said once, when the chart is done
        face.set_text(text, 0.0, flags=LoadFlags.NO_HINTING, **_IN_LANGUAGE)
    return float(face.get_width_height()[0]) / 64


@lru_cache(maxsize=20_000)
def advance(text: str, family: tuple[str, ...], weight: int) -> float:
    """Return the width of ``text`` at a type size of 1 point: how far the pen moves, spaces counted.

    The text is set between two upright letters, because a font measures ink and would forget a space at either end.
    """
    if not text:
        return 0.0
    return (_inked(f"H{text}H", family, weight) - _inked("HH", family, weight)) / _MEASURED_AT
