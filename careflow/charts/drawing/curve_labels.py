"""Where the name of a curve fits beside it, and labels at the right end of an Axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careflow.charts.drawing.canvas import Align, Box, middle
from careflow.charts.drawing.fonts import LEADING, SEMIBOLD
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.rich_text import Run, cut
from careflow.charts.drawing.ticks import slot_width

Floats = NDArray[np.float64]


def stepped(days: ArrayLike, values: ArrayLike) -> tuple[Floats, Floats]:
    """Return the corners of a step function, each value held up to the next day.

    >>> [corners.tolist() for corners in stepped([0, 1], [2, 5])]
    [[0.0, 1.0, 1.0], [2.0, 2.0, 5.0]]
    """
    return np.repeat(np.asarray(days, dtype=float), 2)[1:], np.repeat(np.asarray(values, dtype=float), 2)[:-1]


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart: the nearest heights to those wanted that keep ``gap`` between neighbours.

    ``wanted`` is in ascending order; what is returned is too, between ``low`` and ``high``.

    >>> apart([10.0, 11.0], 4.0, 0.0, 100.0)
    [8.5, 12.5]
    """
    groups: list[tuple[float, int]] = []
    for height in wanted:
        groups.append((height, 1))
        while len(groups) > 1:
            (a, n), (b, m) = groups[-2], groups[-1]
            if b - a >= gap * (n + m) / 2:
                break
            groups[-2:] = [((a * n + b * m) / (n + m), n + m)]
    out = [centre + gap * (i - (n - 1) / 2) for centre, n in groups for i in range(n)]
    for i in range(len(out)):
        out[i] = max(out[i], low + gap * i)
    for i in reversed(range(len(out))):
        out[i] = min(out[i], high - gap * (len(out) - 1 - i))
    return out


@dataclass(frozen=True)
class CurveName:
    """A curve and what is set beside it.

    Attributes
    ----------
    x, y : array of float
        The corners of the curve, in data.
    name, more : str
        Its name, and words of less weight behind it.
    color : str
    """

    x: Floats
    y: Floats
    name: str
    more: str
    color: str


class CurveNames:
    """Sets the name of each curve beside it, where the least of the other curves is covered."""

    def __init__(self, curves: Sequence[CurveName]) -> None:
        self.curves = list(curves)

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the names."""
        t, u = canvas.theme, canvas.u
        points = [dense(canvas.points(one.x, one.y)) for one in self.curves]
        taken: list[Box] = []
        for one, own in zip(self.curves, points, strict=True):
            room, names = 0.3 * canvas.box.w, [other.name for other in self.curves]
            name = cut(one.name, t.body, room, t.family, SEMIBOLD, names)
            wide = canvas.wide(name, t.body, SEMIBOLD) + canvas.wide(one.more, t.small)
            box = free(canvas.box, own, (wide + 5 * u, t.body * 1.3), np.concatenate(points), taken, u)
            if box is None:
                continue
            taken.append(box)
            canvas.pill(box, z=4.5)
            y = middle((box.y0 + box.y1) / 2, t.body)
            x = box.x0 + 2.5 * u
            x += canvas.text(x, y, name, color=one.color, weight=SEMIBOLD)
            canvas.text(x, y, one.more, size=t.small, color=one.color)


@dataclass(frozen=True)
class End:
    """A label at the right of an Axes.

    Attributes
    ----------
    y : float
        The height that it belongs to, in data.
    runs : list of Run
        Its words; the first run is cut where there is no room.
    color : str
        Of its leader.
    second : list of Run
        A second line, in which all but the first run are small.
    """

    y: float
    runs: list[Run]
    color: str
    second: tuple[Run, ...] = ()


class Ends:
    """Sets labels at the right of an Axes, or at its left, apart from one another.

    Parameters
    ----------
    ends : sequence of End
    leader : bool
        Draw an elbow from the height that a label belongs to.
    left : bool
        At the left.
    above : float
        How far the labels may stand above the Axes, in labels.
    """

    def __init__(self, ends: Sequence[End], *, leader: bool = True, left: bool = False, above: float = 0.0) -> None:
        self.ends, self.leader, self.is_left = sorted(ends, key=lambda end: end.y), leader, left
        self.above = above

    def __call__(self, canvas: LayerCanvas) -> Box:
        """Draw the labels of what is in view; return the box with room for either way of setting them."""
        t, u, box = canvas.theme, canvas.u, canvas.box
        ends = [end for end in self.ends if canvas.sees(y=end.y)]
        pitch = (t.body + t.small) * LEADING + 2.5 * u
        two = any(end.second for end in ends) and len(ends) * pitch <= box.h
        gap = pitch if two else min(t.body * LEADING + 0.5 * u, box.h / max(len(ends) - 0.4, 1))
        x_in_view = canvas.host.get_xlim()[0]
        wanted = [canvas.at(x_in_view, end.y)[1] for end in ends]
        places = apart(wanted, gap, box.y0 + gap * 0.3, box.y1 - gap * 0.3 + self.above * gap)
        edge, way = (box.x0, -1) if self.is_left else (box.x1, 1)
        if not two and gap < t.body:
            ends, wanted, places = [], [], []
        x = edge + way * (13 if self.leader else 6) * u
        widest = 0.0
        for end, at, y in zip(ends, wanted, places, strict=True):
            if self.leader:
                canvas.line([edge + way * k * u for k in (2, 5, 8, 10.5)], [at, at, y, y], color=end.color, lw=0.8)
            widest = max(widest, self._label(canvas, end, x, y, two=two))
        return Box(min(box.x0, x + way * widest), box.y0, max(box.x1, x + way * widest), box.y1)

    def _label(self, canvas: LayerCanvas, end: End, x: float, y: float, *, two: bool) -> float:
        """Set one label; return how wide it is in the wider way of setting it."""
        t, u = canvas.theme, canvas.u
        first = end.runs[0]
        room, names = 0.3 * slot_width(canvas), [other.runs[0].text for other in self.ends]
        text = cut(first.text, t.body, room, t.family, first.weight, names)
        runs = [Run(text, first.color, first.weight), *end.runs[1:]]
        one_line = [Run(f"{end.second[0].text} ", first.color, SEMIBOLD), *runs] if end.second else runs
        if two:
            canvas.runs(x, y + 2.2 * u, runs)
            for i, run in enumerate(end.second):
                x += canvas.runs(x, y + 2.2 * u - t.body * LEADING, [run], size=t.body if i == 0 else t.small)
        else:
            canvas.runs(x, middle(y, t.body), one_line, align="right" if self.is_left else "left")
        lines = [one_line, list(end.second)] if end.second else [one_line]
        return max(sum(canvas.wide(run.text, t.body, run.weight) for run in line) for line in lines)


@dataclass(frozen=True)
class Word:
    """A text beside a place in data.

    Attributes
    ----------
    x, y : float
        The place, in data.
    runs : list of Run
    dx, dy : float
        How far from it the text stands, in units; ``dy`` is to the middle of its capitals.
    align : {"left", "center", "right"}
    small : int
        How many of the last runs are small.
    """

    x: float
    y: float
    runs: list[Run]
    dx: float = 0.0
    dy: float = 0.0
    align: Align = "center"
    small: int = 0


class Words:
    """Sets texts beside places in data: those in view, and of texts that would overlap the first."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = list(words)

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the texts."""
        t, u = canvas.theme, canvas.u
        taken: list[Box] = []
        for word in self.words:
            if not canvas.sees(word.x, word.y):
                continue
            x, y = canvas.at(word.x, word.y)
            sizes = [t.body] * (len(word.runs) - word.small) + [t.small] * word.small
            wide = sum(canvas.wide(r.text, size, r.weight) for r, size in zip(word.runs, sizes, strict=True))
            x += word.dx * u - {"left": 0.0, "center": wide / 2, "right": wide}[word.align]
            base, half = middle(y + word.dy * u, sizes[0]), 0.38 * sizes[0] * LEADING
            box = Box(x, y + word.dy * u - half, x + wide, y + word.dy * u + half)
            if any(box.meets(other, 0.0) for other in taken):
                continue
            taken.append(box)
            for run, size in zip(word.runs, sizes, strict=True):
                x += canvas.runs(x, base, [run], size=size)


def dense(points: Floats) -> Floats:
    """Return points close together along a line."""
    along = np.arange(len(points), dtype=float)
    fine = np.linspace(0, len(points) - 1, 6 * len(points))
    return np.column_stack([np.interp(fine, along, points[:, 0]), np.interp(fine, along, points[:, 1])])


def free(
    area: Box, own: Floats, size: tuple[float, float], lines: Floats, taken: Sequence[Box], u: float
) -> Box | None:
    """Return the box right of a curve that the least of all curves runs through."""
    best: tuple[float, Box] | None = None
    for index in range(0, len(own), max(len(own) // 120, 1)):
        x, y = own[index, 0] + 4 * u, own[index, 1] + 2 * u
        box = Box(x, y - size[1] / 2, x + size[0], y + size[1] / 2)
        if not box.inside(area) or any(box.meets(b, 3 * u) for b in taken):
            continue
        over = (lines[:, 0] > box.x0) & (lines[:, 0] < box.x1) & (lines[:, 1] > box.y0) & (lines[:, 1] < box.y1)
        cost = float(over.sum()) / 4 + abs((y - area.y0) / area.h - 0.55) * 4
        if best is None or cost < best[0]:
            best = (cost, box)
    return best[1] if best else None
