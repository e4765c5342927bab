"""Layers: marks beside and over an Axes that the renderer lays out when it draws.

A layer is a frameless child Axes whose data are points from the lower left corner of the figure. Its axes locator lays
it out: matplotlib calls that with the renderer before it places titles, when it asks how much room an Axes needs, and
before it draws. So only the renderer that draws measures words.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure, SubFigure
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike, NDArray

from careflow.charts.drawing.bare_axes import bare
from careflow.charts.drawing.canvas import Align, Box, Canvas
from careflow.charts.drawing.colours import Colours
from careflow.charts.drawing.fonts import CareflowLabelWarning, measured_by
from careflow.charts.drawing.theme import Theme


class LayerCanvas(Canvas):
    """Marks in points on a layer, with what the layer lies on.

    Attributes
    ----------
    host : matplotlib.axes.Axes
        The Axes under the layer.
    box : Box
        Where the host stands, in points.
    reached : Box
        The extent of the words set so far.
    """

    def __init__(self, layer: Layer, renderer: RendererBase) -> None:
        super().__init__(layer.ax, layer.theme, layer.colours)
        self.host, self.renderer = layer.host, renderer
        self.scale = float(renderer.points_to_pixels(1.0))  # type: ignore[arg-type]
        self.box = self.of(layer.host.bbox)
        self.reached = Box(self.box.x0, self.box.y0, self.box.x0, self.box.y0)

    def key(self) -> object:
        """Return the place, the limits and the renderer."""
        host = self.host
        return (
            type(self.renderer).__name__, self.scale, host.bbox.bounds, host.get_xlim(), host.get_ylim(),
            host.get_xscale(), host.get_yscale(), mpl.rcParams["text.hinting"],
        )  # fmt: skip

    def of(self, bbox: Any) -> Box:
        """Return an extent in pixels as a box in points."""
        s = self.scale
        return Box(bbox.x0 / s, bbox.y0 / s, bbox.x1 / s, bbox.y1 / s)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where data of the host stand, in points."""
        px, py = self.host.transData.transform((x, y))
        return float(px) / self.scale, float(py) / self.scale

    def points(self, xs: ArrayLike, ys: ArrayLike) -> NDArray[np.float64]:
        """Return where many data of the host stand, in points, a row each."""
        data = np.column_stack(np.broadcast_arrays(np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)))
        return np.asarray(np.asarray(self.host.transData.transform(data), dtype=float) / self.scale)

    def sees(self, x: float | None = None, y: float | None = None) -> bool:
        """Say whether data lie within the limits of the host."""
        seen = True
        for value, limits in ((x, self.host.get_xlim()), (y, self.host.get_ylim())):
            if value is not None:
                low, high = sorted(limits)
                slack = (high - low) * 1e-9
                seen = seen and low - slack <= value <= high + slack
        return seen

    def leave_out_of_layout(self) -> None:
        """Let the words drawn so far reserve no room: where they stand depends on the room that there is."""
        for mark in self.ax.texts:
            mark.set_in_layout(False)

    def runs(self, x: float, y: float, runs: Any, *, size: float | None = None, align: Align = "left") -> float:
        """Set runs of several styles on one baseline; return their width."""
        wide = super().runs(x, y, runs, size=size, align=align)
        x -= {"left": 0.0, "center": wide / 2, "right": wide}[align]
        high = self.theme.body if size is None else size
        old = self.reached
        self.reached = Box(min(old.x0, x), min(old.y0, y), max(old.x1, x + wide), max(old.y1, y + high))
        return wide


Paint = Callable[[LayerCanvas], Box | None]
"""Draws on a layer; returns the box that the layer takes, by default that of its host."""


class Layer:
    """A child Axes that a function draws on, anew whenever what it lies on has changed.

    Parameters
    ----------
    host : matplotlib.axes.Axes
    paint : callable
        Takes a :class:`LayerCanvas`. It must be picklable: a bound method, a module's function, or a partial of one.
    theme : Theme
    colours : Colours
    state : callable
        Returns what the layer depends on beside the place and the limits of its host.
    over : matplotlib.axes.Axes, optional
        The Axes that the layer is a child of; by default the host.
    order : float
        Its z-order: words are drawn, and stand in a file, in the order of reading.
    """

    def __init__(
        self, host: Axes, paint: Paint, theme: Theme, colours: Colours, state: Callable[[LayerCanvas], object],
        *, over: Axes | None = None, order: float = 5.0,
    ) -> None:  # fmt: skip
        self.host, self.paint, self.theme, self.colours, self.state = host, paint, theme, colours, state
        self.reached: Box | None = None
        self.fixed = False
        """Whether it stays as it is laid out, for files that are one drawing in several formats."""
        self._key: object = None
        self._box = Box(0, 0, 1, 1)
        self._cut: list[str] = []
        self._said: set[str] = set()
        self.ax = bare(over or host)
        self.ax.set_zorder(order)
        self.ax.add_artist(_Warner(self))
        self.ax.set_axes_locator(self)  # type: ignore[arg-type]

    def __call__(self, _: Axes, renderer: RendererBase | None) -> Bbox:
        """Lay the layer out, and return its place as matplotlib asks for it: in shares of the figure."""
        root = self.host.get_figure(root=True)
        figure = self.host.get_figure(root=False)
        assert root is not None
        assert figure is not None
        renderer = renderer or root._get_renderer()  # type: ignore[attr-defined]
        self.lay_out(renderer)
        scale = float(renderer.points_to_pixels(1.0))  # type: ignore[arg-type]
        box = self._box
        pixels = Bbox.from_extents(box.x0 * scale, box.y0 * scale, box.x1 * scale, box.y1 * scale)
        return pixels.transformed(figure.transSubfigure.inverted())

    def lay_out(self, renderer: RendererBase) -> None:
        """Draw the layer anew if what it depends on has changed."""
        if self.fixed:
            return
        canvas = LayerCanvas(self, renderer)
        with measured_by(renderer):
            key = (canvas.key(), self.state(canvas))
            if key == self._key:
                return
            for mark in [*self.ax.texts, *self.ax.lines, *self.ax.patches]:
                mark.remove()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", CareflowLabelWarning)
                box = self.paint(canvas) or canvas.box
        self._cut = [str(one.message) for one in caught if issubclass(one.category, CareflowLabelWarning)]
        for one in caught:
            if not issubclass(one.category, CareflowLabelWarning):
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
        self._key = key
        self.reached = canvas.reached.around(box)
        # An Axes without an extent has no scale: a layer without one gets a hundredth of a point.
        self._box = Box(box.x0, box.y0, max(box.x1, box.x0 + 0.01), max(box.y1, box.y0 + 0.01))
        self.ax.set_xlim(self._box.x0, self._box.x1)
        self.ax.set_ylim(self._box.y0, self._box.y1)

    def warn(self) -> None:
        """Warn once of each label that is cut: on what is drawn, and not while a layout is still looking for sizes."""
        for text in dict.fromkeys(self._cut):
            if text not in self._said:
                self._said.add(text)
                warnings.warn(text, CareflowLabelWarning, stacklevel=2)


def layers_of(figure: Figure | SubFigure) -> Iterator[Layer]:
    """Return the layers of a figure in the order in which they are laid out."""
    waiting: list[Any] = list(figure.axes)
    while waiting:
        ax = waiting.pop(0)
        locator = ax.get_axes_locator()
        if isinstance(locator, Layer):
            yield locator
        waiting += ax.child_axes


class _Warner(Artist):
    """Draws nothing: it tells a layer that it is drawn."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer
        self.set_in_layout(False)

    def draw(self, renderer: RendererBase) -> None:
        """Pass on the warnings of the layer."""
        self.layer.warn()
