"""Charts as inline SVG without metadata; the charts share one definition of each glyph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from careflow.report.content.figures import Picture

_SVG: Final = re.compile(r"<svg\b.*</svg>", re.DOTALL)
_UNWANTED: Final = re.compile(r"<metadata>.*?</metadata>|<style\b.*?</style>|<!--.*?-->", re.DOTALL)
_ROOT: Final = re.compile(r"\s(?:xmlns(?::\w+)?|width|height|version)=\"[^\"]*\"")
_IDS: Final = re.compile(r"(\bid=\"|\bxlink:href=\"#|\burl\(#)")
_LABELLED: Final = re.compile(r"aria-labelledby=\"([^\"]*)\"")
_GROUP: Final = re.compile(r" id=\"[a-z]+_\d+\"")
_LETTER: Final = re.compile(r"<path id=\"([^\"]+)\"((?: d=\"[^\"]*\")? transform=\"scale\([^)]*\)\")/>")
_USED: Final = re.compile(r"xlink:href=\"#([^\"]+)\"")
_COORDINATE: Final = re.compile(r"-?\d+\.\d{3,}")
_NUMBERED: Final = re.compile(r"(?<= d=\")[^\"]*|(?<=points=\")[^\"]*|(?<=translate\()[^)]*")
_SPACE: Final = re.compile(r"\s*\n\s*")
_EMPTY: Final = re.compile(r"<defs>\s*</defs>")
_DECIMALS: Final = 2
"""Decimals of a coordinate in points; smaller differences are invisible."""


@dataclass(frozen=True)
class Inline:
    """Charts to place in a page.

    Attributes
    ----------
    letters : markupsafe.Markup
        The shapes of all glyphs, to place on the page before the charts.
    charts : dict of str to markupsafe.Markup
        The SVG of each picture by its name: without prologue or style, with unique ids.
    """

    letters: Markup
    charts: dict[str, Markup]


def inline(pictures: Sequence[Picture]) -> Inline:
    """Return pictures as inline SVG. The same pictures give the same text."""
    shapes: dict[str, str] = {}
    charts = {picture.name: Markup(_one(picture, shapes)) for picture in pictures}
    letters = "".join(f'<path id="{name}"{shape}/>' for shape, name in shapes.items())
    return Inline(Markup(f'<svg class="letters" aria-hidden="true"><defs>{letters}</defs></svg>'), charts)


def _one(picture: Picture, shapes: dict[str, str]) -> str:
    """Return the SVG of a picture; shapes of glyphs move into ``shapes``, from shape to its name on the page."""
    svg = _SVG.search(picture.svg.read_text("utf-8"))
    assert svg is not None
    text = _GROUP.sub("", _UNWANTED.sub("", svg[0]))
    end = text.index(">")
    text = _ROOT.sub("", text[:end]) + text[end:]
    names: dict[str, str] = {}

    def moved(letter: re.Match[str]) -> str:
        names[letter[1]] = shapes.setdefault(letter[2], f"g{len(shapes)}")
        return ""

    text = _LETTER.sub(moved, text)
    prefix = f"{picture.name}-"
    text = _IDS.sub(lambda match: match[1] + prefix, text)
    text = _USED.sub(lambda match: f'xlink:href="#{names.get(match[1].removeprefix(prefix), match[1])}"', text)
    text = _LABELLED.sub(lambda match: f'aria-labelledby="{" ".join(prefix + one for one in match[1].split())}"', text)
    text = _NUMBERED.sub(lambda match: _COORDINATE.sub(_short, match[0]), text)
    return _SPACE.sub("\n", _EMPTY.sub("", text))


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.{_DECIMALS}f}".rstrip("0").rstrip(".")
