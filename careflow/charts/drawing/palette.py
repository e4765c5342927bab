"""Colours with one meaning each, and the arithmetic that keeps text on them legible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from matplotlib.colors import to_hex, to_rgb

from careflow.errors import ArgumentError

WHITE: Final = "#FFFFFF"
INK: Final = "#1D2329"
MUTED: Final = "#5A6169"
RULE: Final = "#D5D9DE"
FAINT: Final = "#EDF0F2"
BAND: Final = "#F1F2F4"
CONTEXT: Final = "#CED3D8"
AXIS: Final = "#4A5158"
OUTLINE: Final = "#8B939B"
MID: Final = "#B6BDC5"

ROLES: Final = ("down", "up", "planned", "left", "care")
"""What a hue can say: stepped down, stepped up, discharged as planned, left early, still in care."""

_RAMP: Final = ("#2B2350", "#51458A", "#8074B3", "#B1A8D3", "#DFDBEE")
_LEGIBLE: Final = 4.52


@dataclass(frozen=True)
class Palette:
    """The five outcome colours, as fills and as text on white.

    Attributes
    ----------
    fills, inks : dict of str to str
        Role (``"down"``, ``"up"``, ``"planned"``, ``"left"``, ``"care"``) to hex colour.
    """

    fills: Mapping[str, str] = field(
        default_factory=lambda: {
            "down": "#0F6499",
            "up": "#DE7A16",
            "planned": "#6B7077",
            "left": "#741A39",
            "care": "#CCD2D8",
        }
    )
    inks: Mapping[str, str] = field(
        default_factory=lambda: {
            "down": "#0B5688",
            "up": "#A8530A",
            "planned": "#5B6067",
            "left": "#741A39",
            "care": "#5A6169",
        }
    )

    def fill(self, role: str) -> str:
        """Return the fill of a role; a role without a hue of its own is muted grey."""
        return self.fills.get(role, OUTLINE)

    def ink(self, role: str) -> str:
        """Return the text colour of a role; a role without a hue of its own is muted grey."""
        return self.inks.get(role, MUTED)

    def changed(self, colours: Mapping[str, str] | None) -> Palette:
        """Return the palette with some fills replaced; their text colour is darkened until it reads on white.

        Raises
        ------
        ArgumentError
            If a role is unknown.
        """
        if not colours:
            return self
        unknown = sorted(set(colours) - set(ROLES))
        if unknown:
            raise ArgumentError(f"palette has no role {unknown[0]!r}; it has {', '.join(map(repr, ROLES))}")
        fills = {**self.fills, **{role: to_hex(colour) for role, colour in colours.items()}}
        inks = {**self.inks, **{role: _darkened(colour) for role, colour in colours.items()}}
        return replace(self, fills=fills, inks=inks)


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2).

    >>> luminance("#FFFFFF")
    1.0
    """
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return round(0.2126 * r + 0.7152 * g + 0.0722 * b, 12)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21: (lighter + 0.05) / (darker + 0.05) (WCAG 2.2).

    >>> round(contrast("#FFFFFF", "#000000"), 6)
    21.0
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """Return ``one`` with ``share`` (0 to 1) of ``other`` mixed in.

    >>> mix("#000000", "#FFFFFF", 1)
    '#ffffff'
    """
    a, b = to_rgb(one), to_rgb(other)
    r, g, b_ = (x + (y - x) * share for x, y in zip(a, b, strict=True))
    return to_hex((r, g, b_))


def text_on(fill: str) -> str:
    """Return white or ink, whichever reads better on ``fill``."""
    return WHITE if contrast(fill, WHITE) > contrast(fill, INK) else INK


def legible(fill: str) -> str:
    """Return the nearest colour to ``fill`` on which white or ink reaches a contrast of 4.52."""
    for step in range(401):
        for other in (WHITE, INK):
            near = mix(fill, other, step / 400)
            if contrast(near, text_on(near)) >= _LEGIBLE:
                return near
    raise AssertionError("white and ink themselves are legible")


def shade(fill: str, share: float, largest: float, ground: str = WHITE) -> str:
    """Return the shade of a share: the ground with ``.05 + .95 (share/largest)**.75`` of the fill, kept legible."""
    part = share / largest if largest > 0 else 0.0
    return legible(mix(ground, fill, 0.05 + 0.95 * min(max(part, 0.0), 1.0) ** 0.75))


@cache
def intensity(levels: int) -> tuple[str, ...]:
    """Violets for ``levels`` levels, dark for the most intensive, none where no text would be legible.

    >>> intensity(2)
    ('#2b2350', '#dfdbee')
    """
    fine = []
    for step in range(401):
        position = step / 100
        start = min(int(position), 3)
        colour = mix(_RAMP[start], _RAMP[start + 1], position - start)
        if contrast(colour, text_on(colour)) >= _LEGIBLE:
            fine.append(colour)
    if levels == 1:
        return (fine[0],)
    return tuple(fine[round(i * (len(fine) - 1) / (levels - 1))] for i in range(levels))


def _darkened(colour: str) -> str:
    """Return the colour mixed with ink until it reads on white."""
    for step in range(101):
        dark = mix(colour, INK, step / 100)
        if contrast(dark, WHITE) >= _LEGIBLE:
            return dark
    return INK
