"""The bundled typeface: found, loaded on first use, and measured by the renderer that draws."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.backend_bases import RendererBase
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text

from careflow.charts.drawing.label import kind_of, remember

BUNDLED: Final = "Source Sans Pro"
FALLBACK: Final = "DejaVu Sans"
REGULAR: Final = 400
SEMIBOLD: Final = 600
BOLD: Final = 700
WEIGHTS: Final = {REGULAR: "normal", SEMIBOLD: "semibold", BOLD: "bold"}
"""The names of weights: matplotlib 3.10 cannot write a number as the weight of a text of an SVG."""

CAP: Final = 0.66
"""Height of a capital letter, as a share of the type size."""
LEADING: Final = 1.24
"""Distance between two baselines, as a share of the type size."""

LANGUAGE: Final = "en"
"""Text is shaped in one language in every locale: in a Turkish one the letter i would be another glyph."""


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
    """Return the families, and behind them those on the machine that have the letters which they lack.

    Where the first family has all letters it stands alone: matplotlib looks up every family each time that it draws.
    """
    letters = {ord(letter) for letter in text}
    if letters <= _letters(_files(family[:1], REGULAR)[0]):
        return family[:1]
    more = {holder for letter in missing(text, family) if (holder := _holder(letter)) is not None}
    return (*family, *sorted(more - set(family)))


@lru_cache(maxsize=64)
def font(family: tuple[str, ...], weight: int) -> FontProperties:
    """Return the font of a weight, with the fallback for what it lacks."""
    return FontProperties(family=list(family), weight=WEIGHTS[weight])


@cache
def _files(family: tuple[str, ...], weight: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(findfont(FontProperties(family=name, weight=weight))) for name in family))


def set_language(text: Any) -> None:
    """Have a text shaped in one language, whatever the locale of the process."""
    if hasattr(Text, "set_language"):  # from matplotlib 3.11 on
        text.set_language(LANGUAGE)


def set_languages(figure: Any) -> None:
    """Have all texts of a figure shaped in one language and laid out once: also the names on axes."""
    for text in figure.findobj(Text):
        set_language(text)
        remember(text)


_Measured = tuple[RendererBase, float, tuple[object, ...]]
"""A renderer, its pixels a point, and what decides how wide it sets a text."""
_renderer: ContextVar[_Measured | None] = ContextVar("careflow_renderer", default=None)
_widths: dict[tuple[object, ...], float] = {}
_MOST_WIDTHS: Final = 50_000


@contextmanager
def measured_by(renderer: RendererBase) -> Iterator[None]:
    """Let a renderer measure all words inside: the one that will draw them."""
    scale = float(renderer.points_to_pixels(1.0))  # type: ignore[arg-type]
    hinting = (mpl.rcParams["text.hinting"], mpl.rcParams["text.hinting_factor"])
    token = _renderer.set((renderer, scale, (kind_of(renderer), scale, hinting)))
    try:
        yield
    finally:
        _renderer.reset(token)


def advance(text: str, family: tuple[str, ...], weight: int, size: float) -> float:
    """Return the width of ``text`` in points: how far the pen moves, spaces counted.

    The text is set between two upright letters, because a font measures ink and would forget a space at either end.
    """
    if not text:
        return 0.0
    measured = _renderer.get()
    if measured is None:
        raise LookupError("words are measured where a renderer lays them out: inside measured_by()")
    key = (measured[2], text, family, weight, size)
    wide = _widths.get(key)
    if wide is None:
        wide = _ink(measured, f"H{text}H", family, weight, size) - _uprights(measured, family, weight, size)
        if len(_widths) > _MOST_WIDTHS:
            _widths.clear()
        _widths[key] = wide
    return wide


def _uprights(measured: _Measured, family: tuple[str, ...], weight: int, size: float) -> float:
    key = (measured[2], family, weight, size)
    wide = _widths.get(key)
    if wide is None:
        wide = _widths[key] = _ink(measured, "HH", family, weight, size)
    return wide


def _ink(measured: _Measured, text: str, family: tuple[str, ...], weight: int, size: float) -> float:
    renderer, scale, _ = measured
    face = font(covering(text, family), weight).copy()
    face.set_size(size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        return renderer.get_text_width_height_descent(text, face, False)[0] / scale


def named(chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the names of fonts that stand for families of a style: a generic family is the first font it has here.

    The names outlive the style: matplotlib looks up what "sans-serif" means when it draws, and not before.
    """
    there = _there()
    settings: Any = mpl.rcParams
    names: list[str] = []
    for family in chosen:
        options = settings.get(f"font.{family}", [family])
        names += [name for name in options if name in there][:1]
    return tuple(dict.fromkeys([*names, FALLBACK]))


@cache
def _there() -> frozenset[str]:
    return frozenset(entry.name for entry in fontManager.ttflist)
