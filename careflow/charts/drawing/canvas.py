"""A host box measured in points, and the few marks that every chart is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.transforms import TransformedPatchPath
from numpy.typing import ArrayLike

from careflow.charts.drawing.colours import Colours
from careflow.charts.drawing.fonts import CAP, LEADING, REGULAR, covering, font, set_language
from careflow.charts.drawing.label import Label
from careflow.charts.drawing.rich_text import Run, clean, width
from careflow.charts.drawing.theme import Theme

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Box:
    """A rectangle in points, y upwards."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def w(self) -> float:
        """Width in points."""
        return self.x1 - self.x0

    @property
    def h(self) -> float:
        """Height in points."""
        return self.y1 - self.y0

    def meets(self, other: Box, gap: float = 0.0) -> bool:
        """Say whether two boxes overlap, or come nearer than ``gap``."""
        return (
            self.x0 < other.x1 + gap
            and other.x0 < self.x1 + gap
            and self.y0 < other.y1 + gap
            and other.y0 < self.y1 + gap
        )

    def around(self, other: Box) -> Box:
        """Return the smallest box around both."""
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def inside(self, other: Box) -> bool:
        """Say whether this box lies within the other."""
        return self.x0 >= other.x0 and self.x1 <= other.x1 and self.y0 >= other.y0 and self.y1 <= other.y1


class Canvas:
    """Marks on Axes whose data are points.

    All text is placed by its own measured width and its baseline, so that no backend can move it.
    """

    def __init__(self, ax: Axes, theme: Theme, colours: Colours) -> None:
        self.ax, self.theme, self.colours, self.u = ax, theme, colours, theme.u
        self._clip = TransformedPatchPath(ax.patch)

    def wide(self, text: str, size: float, weight: int = REGULAR) -> float:
        """Return the width of a text in points."""
        return width([Run(text, weight=weight)], size, self.theme.family)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float | None = None,
        color: str = "",
        weight: int = REGULAR,
        align: Align = "left",
    ) -> float:
        """Set one line with its baseline at ``y``; return its width."""
        return self.runs(x, y, [Run(text, color or self.colours.ink, weight)], size=size, align=align)

    def runs(
        self, x: float, y: float, runs: Sequence[Run], *, size: float | None = None, align: Align = "left"
    ) -> float:
        """Set runs of several styles on one baseline; return their width."""
        size = self.theme.body if size is None else size
        wide = width(runs, size, self.theme.family)
        x -= {"left": 0.0, "center": wide / 2, "right": wide}[align]
        for run in runs:
            if run.text.strip():
                lead = len(run.text) - len(run.text.lstrip(" "))
                self._set(x + width([Run(" " * lead, weight=run.weight)], size, self.theme.family), y, run, size)
            x += width([run], size, self.theme.family)
        return wide

    def lines(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        *,
        size: float | None = None,
        color: str = "",
        weight: int = REGULAR,
        align: Align = "left",
    ) -> None:
        """Set lines centred about ``y``."""
        size = self.theme.body if size is None else size
        for i, line in enumerate(lines):
            self.text(x, middle(y, size, i, len(lines)), line, size=size, color=color, weight=weight, align=align)

    def _add(self, mark: Artist) -> None:
        """Add a mark; one path to clip by serves all, where matplotlib would make one for each, unused."""
        mark.set_clip_path(self._clip)
        self.ax.add_artist(mark)

    def _set(self, x: float, y: float, run: Run, size: float) -> None:
        text = clean(run.text).strip(" ")
        family = covering(text, self.theme.family)
        mark = Label(
            x,
            y,
            text,
            color=run.color,
            fontproperties=font(family, run.weight),
            verticalalignment="baseline",
            horizontalalignment="left",
            parse_math=False,
            zorder=6,
        )
        set_language(mark)
        mark.set_fontsize(size)
        mark.set_clip_on(False)
        self._add(mark)

    def line(
        self,
        xs: ArrayLike,
        ys: ArrayLike,
        *,
        color: str = "",
        lw: float = 1.0,
        dash: Sequence[float] | None = None,
        z: float = 3,
        cap: str = "butt",
        steps: bool = False,
    ) -> None:
        """Draw a line; ``lw`` and ``dash`` are in units, NaN breaks it."""
        self._add(
            Line2D(
                np.asarray(xs, dtype=float),
                np.asarray(ys, dtype=float),
                color=color or self.colours.ink,
                linewidth=lw * self.u,
                linestyle="-" if dash is None else (0, [d * self.u / (lw * self.u) for d in dash]),
                dash_capstyle="butt",
                solid_capstyle=cap,  # type: ignore[arg-type]
                solid_joinstyle="round",
                drawstyle="steps-post" if steps else "default",
                zorder=z,
                clip_on=False,
            )
        )

    def rect(self, box: Box, color: str, *, z: float = 1, alpha: float | None = None, **style: Any) -> None:
        """Fill a rectangle."""
        style.setdefault("linewidth", 0)
        self._add(
            Rectangle((box.x0, box.y0), box.w, box.h, facecolor=color, zorder=z, alpha=alpha, clip_on=False, **style)
        )

    def card(
        self, box: Box, color: str, *, radius: float = 2.5, z: float = 4, name: str = "card", **style: Any
    ) -> None:
        """Fill a rectangle with rounded corners; ``radius`` in units."""
        style.setdefault("linewidth", 0)
        round_ = f"round,pad=0,rounding_size={min(radius * self.u, box.h / 2, box.w / 2)}"
        mark = FancyBboxPatch(
            (box.x0, box.y0), box.w, box.h, boxstyle=round_, facecolor=color, zorder=z, clip_on=False, **style
        )
        mark.set_label(f"_{name}")
        self._add(mark)

    def pill(self, box: Box, *, z: float = 5) -> None:
        """Lay the pale ground of a label that stands on an arc."""
        self.card(box, self.colours.ground, z=z, name="pill")

    def polygon(
        self, points: ArrayLike, color: str, *, z: float = 2, edge: str | None = None, lw: float = 0.0, **style: Any
    ) -> None:
        """Fill a polygon given as an (n, 2) array of points; ``lw`` in units."""
        self._add(
            Polygon(
                np.asarray(points, dtype=float),
                closed=True,
                facecolor=color,
                edgecolor=edge or "none",
                linewidth=lw * self.u,
                joinstyle="round",
                zorder=z,
                clip_on=False,
                **style,
            )
        )

    def outline(self, path: Outline, color: str, *, z: float = 2, **style: Any) -> None:
        """Fill a path with curves."""
        style.setdefault("linewidth", 0)
        self._add(PathPatch(path, facecolor=color, zorder=z, clip_on=False, **style))

    def dots(
        self,
        xs: ArrayLike,
        ys: ArrayLike,
        *,
        size: float,
        color: str,
        edge: str = "",
        lw: float = 0.8,
        z: float = 4,
    ) -> None:
        """Draw round dots; ``size`` is the diameter in units."""
        self._add(
            Line2D(
                np.asarray(xs, dtype=float),
                np.asarray(ys, dtype=float),
                linestyle="none",
                marker="o",
                markersize=size * self.u,
                markerfacecolor=color,
                markeredgecolor=edge or self.colours.ground,
                markeredgewidth=lw * self.u,
                zorder=z,
                clip_on=False,
            )
        )

    def area(self, xs: ArrayLike, low: ArrayLike, high: ArrayLike, color: str, **style: Any) -> None:
        """Fill between two lines; a NaN in either breaks the area."""
        x, a, b = (np.asarray(v, dtype=float) for v in (xs, low, high))
        finite = ~(np.isnan(a) | np.isnan(b))
        edges = np.flatnonzero(np.diff(np.concatenate([[0], finite.astype(int), [0]])))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            part = slice(start, stop)
            ring = np.concatenate([np.column_stack([x[part], a[part]]), np.column_stack([x[part], b[part]])[::-1]])
            self.polygon(ring, color, **style)


def middle(y: float, size: float, line: int = 0, lines: int = 1) -> float:
    """Return the baseline of line ``line`` of ``lines`` that are centred about ``y`` by their capitals."""
    leading = size * LEADING
    return y - size * CAP / 2 + ((lines - 1) / 2 - line) * leading
