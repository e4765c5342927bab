"""Arcs between cards on a line: where they leave and arrive, how deep they hang, where their label finds room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from careflow.charts.drawing.canvas import Box

Points = NDArray[np.float64]

_STEPS: Final = 49
_SHALLOWEST: Final = {1: 0.62, 2: 0.5, 3: 0.44, 4: 0.4}


@dataclass(frozen=True)
class Arc:
    """One arc, in points.

    Attributes
    ----------
    edge : (int, int)
        Places of the two cards on the line.
    side : int
        -1 below the cards (step-down), +1 above them.
    thickness : float
        Width of the body.
    dashed : bool
        Suppressed: of constant width.
    """

    edge: tuple[int, int]
    side: int
    thickness: float
    dashed: bool = False

    @property
    def reach(self) -> int:
        """How many places it spans."""
        return abs(self.edge[1] - self.edge[0])


def head(thickness: float, u: float) -> float:
    """Return the width of the arrow head of an arc."""
    return thickness * 1.12 + 4.2 * u


def order(arcs: Sequence[Arc], place: int, side: int) -> list[tuple[Arc, bool]]:
    """Return the arcs at one side of a card from left to right, each with whether it arrives there.

    Below: arriving nearest first, then leaving farthest first; above, mirrored. So no two arcs cross at a card.
    """
    arriving = sorted((a for a in arcs if a.side == side and a.edge[1] == place), key=lambda a: (a.reach, a.edge))
    leaving = sorted((a for a in arcs if a.side == side and a.edge[0] == place), key=lambda a: (-a.reach, a.edge))
    slots = [(a, True) for a in arriving] + [(a, False) for a in leaving]
    return slots if side < 0 else slots[::-1]


def crowding(arcs: Sequence[Arc], cards: Sequence[Box], u: float) -> float:
    """Return by how much the fullest card is too narrow for its ports: up to 1 fits."""
    worst = 0.0
    for place, card in enumerate(cards):
        for side in (-1, 1):
            slots = order(arcs, place, side)
            worst = max(worst, _room(slots, u) / (card.w - 6 * u))
    return worst


def ports(arcs: Sequence[Arc], cards: Sequence[Box], u: float) -> dict[tuple[Arc, bool], float]:
    """Return the x of every end of every arc, by (arc, arrives)."""
    out = {}
    for place, card in enumerate(cards):
        for side in (-1, 1):
            slots = order(arcs, place, side)
            room = _room(slots, u)
            squeeze = min(1.0, (card.w - 6 * u) / room) if room else 1.0
            x = (card.x0 + card.x1) / 2 - room * squeeze / 2
            for arc, arrives in slots:
                wide = _slot(arc, arrives, u) * squeeze
                out[arc, arrives] = x + wide / 2
                x += wide + 2.2 * u * squeeze
    return out


def lanes(arcs: Sequence[Arc], side: int) -> dict[int, float]:
    """Return how deep arcs of each reach hang, as a share of the height there is."""
    reaches = sorted({a.reach for a in arcs if a.side == side})
    n = len(reaches)
    if n == 0:
        return {}
    least = _SHALLOWEST.get(n, 0.3)
    if n == 1:
        return {reaches[0]: least}
    return {reach: least + (1 - least) * (i / (n - 1)) ** 0.9 for i, reach in enumerate(reaches)}


def centre_line(start: tuple[float, float], end: tuple[float, float], apex: float) -> Points:
    """Return points along the middle of an arc that leaves and arrives upright and turns at height ``apex``."""
    t = np.linspace(0, 1, _STEPS)
    pull = (apex - (start[1] + end[1]) / 8) / 0.75
    x = start[0] + (end[0] - start[0]) * (3 * t**2 - 2 * t**3)
    y = (1 - t) ** 3 * start[1] + 3 * t * (1 - t) * pull + t**3 * end[1]
    return np.column_stack([x, y])


def body(line: Points, thickness: float, tip: tuple[float, float], head_width: float) -> Points:
    """Return the outline of an arrow: the line thickened, and a straight head up to the tip."""
    along = np.gradient(line, axis=0)
    along[0], along[-1] = (0.0, np.sign(line[1, 1] - line[0, 1])), (0.0, np.sign(line[-1, 1] - line[-2, 1]))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    left, right = line + normal * thickness / 2, line - normal * thickness / 2
    half = normal[-1] * head_width / 2
    barb = np.array([line[-1] + half, tip, line[-1] - half])
    return np.concatenate([left, barb, right[::-1]])


def place_label(
    line: Points,
    size: tuple[float, float],
    region: Box,
    taken: Sequence[Box],
    cards: Sequence[Box],
    others: Points,
    gap: float,
) -> Box | None:
    """Return the box of a label on an arc, or None where it finds no room.

    It stands at the apex, or at the nearest free point that covers the fewest other arcs; never on a card or on
    another label.
    """
    best: tuple[float, Box] | None = None
    for step in range(2 * (_STEPS // 3)):
        i = _STEPS // 2 + (step + 1) // 2 * (1 if step % 2 else -1)
        x, y = line[i]
        box = Box(x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2)
        if not box.inside(region) or any(box.meets(b, gap) for b in (*taken, *cards)):
            continue
        covered = int(
            (
                (others[:, 0] > box.x0 - 1) & (others[:, 0] < box.x1 + 1)
                & (others[:, 1] > box.y0 - 1) & (others[:, 1] < box.y1 + 1)
            ).sum()
        )  # fmt: skip
        cost = covered + 0.35 * abs(i - _STEPS // 2)
        if best is None or cost < best[0]:
            best = (cost, box)
    return best[1] if best else None


def _slot(arc: Arc, arrives: bool, u: float) -> float:
    return head(arc.thickness, u) if arrives else max(arc.thickness, 2.5 * u)


def _room(slots: Sequence[tuple[Arc, bool]], u: float) -> float:
    return sum(_slot(arc, arrives, u) for arc, arrives in slots) + 2.2 * u * max(len(slots) - 1, 0)
