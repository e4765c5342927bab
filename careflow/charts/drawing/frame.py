"""What stands around the Axes of a chart: title and subtitle above, table and notes below, labels beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.text import Text

from careflow.charts.drawing.canvas import Box
from careflow.charts.drawing.colours import Colours
from careflow.charts.drawing.fonts import CAP, LEADING, REGULAR, SEMIBOLD, WEIGHTS, covering, missing, named
from careflow.charts.drawing.layers import Layer, LayerCanvas
from careflow.charts.drawing.metadata import ChartInfo
from careflow.charts.drawing.rich_text import Run, wrap
from careflow.charts.drawing.theme import Theme

LOCATIONS: Final = ("left", "center", "right")
_NOTES: Final = 0.2
"""The share of a chart's height that notes may take before they are cut to what is owed."""
_HEAD: Final = 0.15
"""The share of a chart's height that a subtitle may take before it is set small, and then cut to what is drawn."""
Sized = tuple[Run, float]
"""A run and its type size."""
Foot = Callable[[LayerCanvas, "Frame", float], float]
"""Draws from a height downwards, in points, and returns the height that it ends at."""


class Frame:
    """The words around one Axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    theme : Theme
    colours : Colours
    """

    def __init__(self, ax: Axes, theme: Theme, colours: Colours) -> None:
        self.ax, self.theme, self.colours = ax, theme, colours
        self.title: Text | None = None
        self.said = ""
        self.yields = False
        self.location, self.pad = "left", 0.0
        self.subtitle: list[Run] = []
        self.brief: list[Run] = []
        self.notes = self.owed = ""
        self.head: tuple[list[Sized], list[Sized]] = ([], [])
        self.foot: Foot | None = None
        self.gutter: Callable[[LayerCanvas, Frame], float] | None = None
        self.layers: list[Layer] = []
        self.around: list[Layer] = []
        self._measured: tuple[object, tuple[float, float, float]] | None = None

    def entitle(self, title: str, *, default: bool) -> None:
        """Set the title of the Axes; a default one yields to one that the caller sets anywhere."""
        self.location = str(mpl.rcParams["axes.titlelocation"])
        style: dict[str, Any] = {"parse_math": False}
        family = tuple(self.theme.family)
        if missing(title, family):
            style["fontfamily"] = list(covering(title, family))
        self.title = self.ax.set_title(title, loc=self.location, **style)  # type: ignore[arg-type]
        self.said, self.yields = title, default

    def name_panel(self, name: str) -> None:
        """Set the title of one panel of several, its figure at the right end of the same line."""
        t = self.theme
        pad = float(mpl.rcParams["axes.titlepad"])
        self.title = self.ax.set_title(
            name, loc="left", parse_math=False, fontsize=t.body, fontweight=WEIGHTS[SEMIBOLD], color=self.colours.ink,
            fontfamily=list(dict.fromkeys((*t.family, *covering(name, t.family)))), pad=pad,
        )  # fmt: skip
        self.said, self.location, self.pad = name, "left", pad
        self.around = [self._layer(self._beside_title)]

    def _beside_title(self, canvas: LayerCanvas) -> Box:
        box, runs = canvas.box, self.head[1]
        room = box.w - canvas.wide(self.said, self.theme.body, SEMIBOLD) - 6 * self.theme.u
        while runs and sum(canvas.wide(run.text, size, run.weight) for run, size in runs) > room:
            runs = runs[:-1]
        wide = sum(canvas.wide(run.text, size, run.weight) for run, size in runs)
        top = max([self.over(canvas), *(one.reached.y1 for one in self._laid_out(canvas) if one.reached is not None)])
        if runs:
            self._line(canvas, top + self.pad, runs)
        self._wrap_title(canvas, box.x0, box.x1 - (wide + 6 * self.theme.u if wide else 0.0))
        return Box(box.x0, box.y1, box.x1, top if top > box.y1 + 1 else box.y1)

    def enclose(self) -> None:
        """Add the layers above and below."""
        self.around = [self._layer(self._above, 4.5), self._layer(self._below, 5.5)]

    def add(self, paint: Callable[[LayerCanvas], Box | None]) -> None:
        """Add a layer of labels."""
        self.layers.append(self._layer(paint))

    def add_inside(self, paint: Callable[[LayerCanvas], Box | None]) -> None:
        """Add a layer that stays inside its Axes: it is laid out when it is drawn, and no word goes by it."""
        self._layer(paint).ax.set_in_layout(False)

    def _layer(self, paint: Callable[[LayerCanvas], Box | None], order: float = 5.0) -> Layer:
        return Layer(self.ax, paint, self.theme, self.colours, self.state, order=order)

    def state(self, canvas: LayerCanvas) -> object:
        """Return what decides where words stand, beside the place and the limits of the Axes: cheap to ask for."""
        ax = self.ax
        axes = tuple(
            (
                axis.get_label_text(),
                id(axis.get_major_locator()),
                id(axis.get_major_formatter()),
                axis.get_visible(),
                *((one.get_fontsize(), one.get_rotation()) for one in (*_first(axis), axis.label)),
                *getattr(axis.get_major_formatter(), "shown", ()),
            )
            for axis in (ax.xaxis, ax.yaxis)
        )
        return (axes, ax.axison, *(ax.get_title(loc) for loc in LOCATIONS))

    def _edges(self, canvas: LayerCanvas) -> tuple[float, float, float]:
        """Return how far axes with their ticks and labels reach left, down and up, in points."""
        ax, box = self.ax, canvas.box
        key = (canvas.key(), self.state(canvas))
        if self._measured is None or self._measured[0] != key:
            across = ax.yaxis.get_tightbbox(canvas.renderer) if ax.axison else None
            along = ax.xaxis.get_tightbbox(canvas.renderer) if ax.axison else None
            left = min(box.x0, canvas.of(across).x0) if across is not None else box.x0
            under = min(box.y0, canvas.of(along).y0) if along is not None else box.y0
            over = max(box.y1, canvas.of(along).y1) if along is not None else box.y1
            self._measured = (key, (left, under, over))
        return self._measured[1]

    def tick_left(self, canvas: LayerCanvas) -> float:
        """Return where the tick labels at the left begin, in points."""
        return self._edges(canvas)[0]

    def left(self, canvas: LayerCanvas) -> float:
        """Return where words around the Axes begin: with what stands farthest left of it."""
        edge = self.tick_left(canvas)
        if self.gutter is not None:
            edge = min(edge, canvas.box.x0 - self.gutter(canvas, self))
        return min([edge, *(layer.reached.x0 for layer in self._laid_out(canvas) if layer.reached is not None)])

    def right(self, canvas: LayerCanvas) -> float:
        """Return where words around the Axes end: with the labels at its right."""
        edge = canvas.box.x1
        return max([edge, *(layer.reached.x1 for layer in self._laid_out(canvas) if layer.reached is not None)])

    def under(self, canvas: LayerCanvas) -> float:
        """Return the height under the axis, its ticks and its label, in points."""
        return self._edges(canvas)[1]

    def over(self, canvas: LayerCanvas) -> float:
        """Return the height over the Axes and ticks at its top, in points."""
        return self._edges(canvas)[2]

    def slot(self, canvas: LayerCanvas) -> float:
        """Return how much height the chart has with all its words, in points."""
        spec, figure = self.ax.get_subplotspec(), self.ax.get_figure(root=False)
        if spec is None or figure is None:
            return canvas.box.h
        rows = spec.get_gridspec().nrows
        return float(figure.bbox.height) / canvas.scale / rows * len(spec.rowspan)

    def drop(self, what: str, *, dropped: bool) -> None:
        """Note on the description what has no room."""
        info = getattr(self.ax, "careflow", None)
        if isinstance(info, ChartInfo) and (what in info.left_out) != dropped:
            rest = tuple(one for one in info.left_out if one != what)
            self.ax.careflow = replace(info, left_out=(*rest, what) if dropped else rest)  # type: ignore[attr-defined]

    def _laid_out(self, canvas: LayerCanvas) -> list[Layer]:
        for layer in self.layers:
            layer.lay_out(canvas.renderer)
        return self.layers

    def _above(self, canvas: LayerCanvas) -> Box:
        """Draw the subtitle, and the line over the plot, upwards from the Axes."""
        t, u = self.theme, self.theme.u
        left, right = self.left(canvas), self.right(canvas)
        y = self.over(canvas)
        tops = [layer.reached.y1 for layer in self.layers if layer.reached is not None]
        y = max([y, *tops])
        if any(self.head):
            y += 8 * u
            self._line(canvas, y, self.head[1])
            y += t.body * CAP
        size, lines = self._subtitle(canvas, right - left)
        for i, line in enumerate(reversed(lines)):
            y += 13 * u if i == 0 else size * LEADING
            canvas.runs(left, y, line, size=size)
        y += size * CAP if lines else 0.0
        self._wrap_title(canvas, left, right)
        return Box(canvas.box.x0, canvas.box.y1, canvas.box.x1, y)

    def _subtitle(self, canvas: LayerCanvas, wide: float) -> tuple[float, Sequence[Sequence[Run]]]:
        """Return the size and the lines of the subtitle: smaller, then without the population, on a low chart."""
        t, most = self.theme, _HEAD * self.slot(canvas)
        size, lines = t.subtitle, wrap(self.subtitle, t.subtitle, wide, t.family) if self.subtitle else []
        if len(lines) * size * LEADING > most:
            size, lines = t.small, wrap(self.subtitle, t.small, wide, t.family)
        if short := bool(self.brief) and len(lines) * size * LEADING > most:
            lines = wrap(self.brief, size, wide, t.family)
        self.drop("population", dropped=short)
        return size, lines

    def _line(self, canvas: LayerCanvas, y: float, right: Sequence[Sized]) -> None:
        """Set the line over the plot: its left part from the left end of the Axes, its right part to the right end."""
        x = canvas.box.x0
        for run, size in self.head[0]:
            x += canvas.runs(x, y, [run], size=size)
        x = canvas.box.x1 - sum(canvas.wide(run.text, size, run.weight) for run, size in right)
        for run, size in right:
            x += canvas.runs(x, y, [run], size=size)

    def _wrap_title(self, canvas: LayerCanvas, left: float, right: float) -> None:
        """Break the title into lines as wide as the chart, while its words are those that were set."""
        title = self.title
        if title is None or _squeezed(title.get_text()) != _squeezed(self.said) or not self.said:
            return
        others = [self.ax.get_title(loc) for loc in LOCATIONS if loc != self.location]
        if self.yields and any(others):
            title.set_text("")
            return
        box = canvas.box
        middle = (box.x0 + box.x1) / 2
        wide = {"left": right - left, "center": 2 * min(middle - left, right - middle)}.get(self.location, box.w)
        lines = broken(canvas, title, self.said, wide)
        title.set_text("\n".join(lines))
        if self.location == "left" and box.w > 0:
            title.set_x((left - box.x0) / box.w)

    def _below(self, canvas: LayerCanvas) -> Box:
        """Draw the table and the notes downwards from the axis."""
        t, u = self.theme, self.theme.u
        left, right = self.left(canvas), self.right(canvas)
        y = self.under(canvas)
        y = min([y, *(layer.reached.y0 for layer in self.layers if layer.reached is not None)])
        if self.foot is not None:
            y = self.foot(canvas, self, y)
        run = Run(self.notes, self.colours.muted, REGULAR)
        lines = wrap([run], t.small, right - left, t.family) if self.notes else []
        most = max(int(_NOTES * self.slot(canvas) / (t.small * LEADING)), 1)
        if short := self.owed != self.notes and len(lines) > most:
            lines = wrap([Run(self.owed, self.colours.muted)], t.small, right - left, t.family) if self.owed else []
        self.drop("notes", dropped=short)
        for i, line in enumerate(lines):
            y -= 13 * u + t.small * CAP if i == 0 else t.small * LEADING
            canvas.runs(left, y, line, size=t.small)
        return Box(canvas.box.x0, y - (0.2 * t.small if lines else 0.0), canvas.box.x1, canvas.box.y0)


def broken(canvas: LayerCanvas, text: Text, said: str, wide: float) -> list[str]:
    """Return words in lines no wider than ``wide`` points, in the font and size of a text."""
    family = named(text.get_fontfamily())
    weight = text.get_fontweight()
    weight = {name: number for number, name in WEIGHTS.items()}.get(str(weight), weight)
    run = Run(said, weight=int(weight) if str(weight).isdigit() else REGULAR)
    lines: Sequence[Sequence[Run]] = wrap([run], float(text.get_fontsize()), max(wide, 1.0), family)
    return ["".join(one.text for one in line) for line in lines]


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _first(axis: Axis) -> list[Text]:
    return [tick.label1 for tick in axis.majorTicks[:1]]
