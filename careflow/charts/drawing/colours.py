"""Colours on the ground of an Axes: neutrals between its ground and its text, hues until they stand out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgba

from careflow.charts.drawing.palette import (
    AXIS,
    BAND,
    CONTEXT,
    FAINT,
    INK,
    MID,
    MUTED,
    OUTLINE,
    RULE,
    WHITE,
    Palette,
    contrast,
    intensity,
    legible,
    luminance,
    mix,
)

MARK: Final = 3.0
"""Contrast with the ground that a mark needs."""
WORD: Final = 4.5
"""Contrast with the ground that a word needs."""


@dataclass(frozen=True)
class Colours:
    """What the colours of a chart are on a ground.

    Attributes
    ----------
    ground, ink : str
        Colour of the Axes, and of its text.
    """

    ground: str = WHITE
    ink: str = INK

    @property
    def plain(self) -> bool:
        """Whether the colours are those of a white page."""
        return self.ground.upper() == WHITE and self.ink.upper() == INK

    def grey(self, colour: str) -> str:
        """Return a neutral of a white page as far between this ground and its text."""
        if self.plain:
            return colour
        share = (luminance(WHITE) ** 0.5 - luminance(colour) ** 0.5) / (1 - luminance(INK) ** 0.5)
        return mix(self.ground, self.ink, min(max(share, 0.0), 1.0))

    def word(self, colour: str) -> str:
        """Return the colour, nearer to that of the text where it cannot be read."""
        return self._raised(colour, WORD)

    def mark(self, colour: str) -> str:
        """Return the colour, nearer to that of the text where it cannot be seen."""
        return colour if self.plain else self._raised(colour, MARK)

    def tint(self, fill: str, strength: float) -> str:
        """Return ``fill`` thinned with the ground; strength 1 is the fill itself."""
        return mix(self.ground, fill, strength)

    def on(self, palette: Palette) -> Palette:
        """Return a palette whose fills and words stand out from the ground."""
        if self.plain:
            return palette
        fills = {role: self.mark(fill) for role, fill in palette.fills.items()}
        return replace(
            palette, fills=fills, inks={role: self.word(fills.get(role, ink)) for role, ink in palette.inks.items()}
        )

    def intensity(self, levels: int) -> tuple[str, ...]:
        """Return violets for levels: the strongest against the ground for the most intensive."""
        if luminance(self.ground) > 0.5:
            return intensity(levels)
        fine = [legible(mix("#DFDBEE", "#6B5FA0", step / 100)) for step in range(101)]
        fine = [colour for colour in fine if contrast(colour, self.ground) >= MARK] or ["#DFDBEE"]
        return tuple(fine[round(i * (len(fine) - 1) / max(levels - 1, 1))] for i in range(levels))

    @property
    def muted(self) -> str:
        """Words of less weight."""
        return self.word(self.grey(MUTED))

    @property
    def rule(self) -> str:
        """Lines of a grid."""
        return self.grey(RULE)

    @property
    def faint(self) -> str:
        """The palest line and ground."""
        return self.grey(FAINT)

    @property
    def band(self) -> str:
        """The ground of what is not yet mature."""
        return self.grey(BAND)

    @property
    def context(self) -> str:
        """Lines that others are seen against."""
        return self.grey(CONTEXT)

    @property
    def axis(self) -> str:
        """The line of an axis."""
        return self.grey(AXIS)

    @property
    def outline(self) -> str:
        """An outline."""
        return self.grey(OUTLINE)

    @property
    def mid(self) -> str:
        """A grey of middle lightness."""
        return self.grey(MID)

    def _raised(self, colour: str, least: float) -> str:
        return _raised(colour, self.ground, self.ink, least)


PLAIN: Final = Colours()
"""A white page."""


@lru_cache(maxsize=4096)
def _raised(colour: str, ground: str, ink: str, least: float) -> str:
    for step in range(51):
        nearer = mix(colour, ink, step / 50) if step else colour
        if contrast(nearer, ground) >= least:
            return nearer
    return ink


def colours_of(ax: Axes) -> Colours:
    """Return the colours on the ground of an Axes, with the text colour in force."""
    figure = ax.get_figure(root=True)
    ground = (1.0, 1.0, 1.0)
    for layer in (figure.get_facecolor() if figure is not None else "white", ax.get_facecolor()):
        r, g, b, alpha = to_rgba(layer)
        ground = tuple(a + (new - a) * alpha for a, new in zip(ground, (r, g, b), strict=True))  # type: ignore[assignment]
    ink = to_hex(mpl.rcParams["text.color"])
    back = to_hex(ground)
    if contrast(ink, back) < WORD:
        ink = WHITE if luminance(back) < 0.18 else INK
    return Colours(WHITE if back == "#ffffff" else back, INK if ink.upper() == INK else ink)
