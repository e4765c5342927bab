"""The layout of careflow's own figures: each Axes is measured, and the room that its words need goes off its cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike, NDArray

from careflow.charts.drawing.fonts import set_languages

Floats = NDArray[np.float64]
_DIGITS: Final = 7
"""Decimals of a place, in shares of the figure: far below a pixel, far above the noise of a solver."""
_SETTLED: Final = 1e-9
"""Change of a place from one pass of constrained layout to the next that can no longer change a rounded one."""
_CLOSE: Final = 0.1 / 72
"""Inches by which measured words may differ from the room that they have: far less than the margin of a figure."""
_PASSES: Final = 6
_FREE: Final = 3
"""Measurements after which room is no longer taken back: words that break differently in it would never settle."""


class MeasuredLayout(ConstrainedLayoutEngine):
    """Constrained layout of a grid of equal columns, with as few measurements as its words need.

    Measuring words takes longer than drawing them. Constrained layout measures all words eight times until it has
    settled, and adds in the order of memory addresses, so that its last digits differ from run to run. Here the cells
    follow from the margins in closed form, and all is measured again only until it fits. A figure to which the caller
    added what is no such grid (a title over all, a colour bar) gets constrained layout.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._last: tuple[object, Floats, bool] | None = None

    def execute(self, fig: Any) -> Any:
        """Lay the figure out."""
        set_languages(fig)
        axes = [ax for ax in fig.axes if ax.get_in_layout() and ax.get_subplotspec() is not None]
        if not _is_grid(fig, axes):
            return self._constrained(fig, axes)
        given, kept = None, False
        if self._last is not None and self._last[0] == _state(fig, axes):
            _, given, kept = self._last
        renderer = fig._get_renderer()
        close = _CLOSE / np.tile(fig.get_size_inches(), 2)
        for done in range(_PASSES):
            needed = np.array([_margins(ax, renderer) for ax in axes])
            set_languages(fig)  # ticks are made while they are measured
            kept = kept or done >= _FREE
            if given is not None:
                needed = np.maximum(needed, given) if kept else needed
                if (np.abs(needed - given) < close).all():
                    break
            given = needed
            if not self._place(fig, axes, given):
                return self._constrained(fig, axes)
        assert given is not None
        self._last = _state(fig, axes), given, kept
        return None

    def start_over(self, fig: Any) -> None:
        """Forget earlier drawings: where they left the Axes shows in the last digits of the next layout."""
        self._last = None
        for ax in fig.axes:
            if ax.get_in_layout() and ax.get_subplotspec() is not None:
                _put(ax, _spec(ax).get_position(fig).bounds)

    def _place(self, fig: Any, axes: Sequence[Axes], margins: Floats) -> bool:
        """Give each column the width that the widest margins leave, each row its share of the height, if any is left.

        ``margins`` are left, bottom, right and top of each Axes, in shares of the figure.
        """
        given = self.get()
        rect, pads = given["rect"], np.array([given["w_pad"], given["h_pad"]]) / fig.get_size_inches()
        grid, rows, columns = _spec(axes[0]).get_gridspec(), *zip(*map(_cell, axes), strict=True)
        across = _cells(rect[0], rect[2], grid.get_width_ratios(), columns, margins[:, 0::2] + pads[0])
        along = _cells(rect[1], rect[3], np.asarray(grid.get_height_ratios())[::-1], rows, margins[:, 1::2] + pads[1])
        if across is None or along is None:
            return False
        for ax, column, row in zip(axes, columns, rows, strict=True):
            _put(ax, (across[0][column], along[0][row], across[1][column], along[1][row]))
        return True

    def _constrained(self, fig: Any, axes: Sequence[Axes]) -> Any:
        """Repeat constrained layout until it has settled, and round the places."""
        places = _places(axes)
        for done in range(_PASSES):
            grids = super().execute(fig)
            set_languages(fig)
            before, places = places, _places(axes)
            as_drawn = not done and np.array_equal(np.round(places, _DIGITS), np.round(before, _DIGITS))
            if as_drawn or np.abs(places - before).max(initial=0.0) < _SETTLED:
                break
        for ax, place in zip(axes, places, strict=True):
            _put(ax, place)
        return grids


def _is_grid(fig: Any, axes: Sequence[Axes]) -> bool:
    """Say whether a figure holds nothing but Axes in single cells of one grid."""
    specs = [ax.get_subplotspec() for ax in fig.axes]
    grid = specs[0].get_gridspec() if specs and specs[0] is not None else None
    return (
        isinstance(grid, GridSpec) and grid.wspace is None and grid.hspace is None
        and len(axes) > 0 and not fig.subfigs and not fig.legends
        and not any((fig.get_suptitle(), fig.get_supxlabel(), fig.get_supylabel()))
        and all(spec is not None and spec.get_gridspec() is grid and spec.num1 == spec.num2 for spec in specs)
    )  # fmt: skip


def _spec(ax: Axes) -> SubplotSpec:
    spec = ax.get_subplotspec()
    assert spec is not None
    return spec


def _cell(ax: Axes) -> tuple[int, int]:
    """Return the row of an Axes, counted from below, and its column."""
    spec = _spec(ax)
    return spec.get_gridspec().nrows - 1 - spec.rowspan.start, spec.colspan.start


def _cells(
    start: float, length: float, ratios: ArrayLike, cells: Sequence[int], margins: Floats
) -> tuple[Floats, Floats] | None:
    """Return where the inner part of each cell along one direction begins, and how long it is; None without room."""
    shares = np.asarray(ratios, dtype=float) / np.sum(np.asarray(ratios, dtype=float))
    before, after = np.zeros(len(shares)), np.zeros(len(shares))
    np.maximum.at(before, [*cells], margins[:, 0])
    np.maximum.at(after, [*cells], margins[:, 1])
    inner = shares * (length - before.sum() - after.sum())
    if (inner <= 0).any():
        return None
    ends = start + np.cumsum(before + inner + after)
    return ends - after - inner, inner


def _margins(ax: Axes, renderer: Any) -> tuple[float, float, float, float]:
    """Return how far an Axes with all its words reaches over its place, in shares of the figure."""
    box = ax.get_tightbbox(renderer, for_layout_only=True)
    figure, place = ax.get_figure(root=True), ax.get_position(original=True)
    if box is None or figure is None:
        return 0.0, 0.0, 0.0, 0.0
    box = box.transformed(figure.transFigure.inverted())
    return place.x0 - box.x0, place.y0 - box.y0, box.x1 - place.x1, box.y1 - place.y1


def _places(axes: Sequence[Axes]) -> Floats:
    return np.array([ax.get_position(original=True).bounds for ax in axes])


def _state(fig: Any, axes: Sequence[Axes]) -> object:
    return tuple(fig.get_size_inches()), _places(axes).tobytes()


def _put(ax: Axes, bounds: Any) -> None:
    """Put an Axes at a place that is rounded."""
    ax.set_position(np.round(bounds, _DIGITS))
    ax.set_in_layout(True)  # matplotlib takes an Axes that was placed by hand out of the layout


def figure_with(size: tuple[float, float], **settings: Any) -> Figure:
    """Return a figure that pyplot does not know, laid out when it is drawn; ``settings`` are those of the layout."""
    figure = Figure(figsize=size, layout=MeasuredLayout(wspace=0.0, hspace=0.0, **settings))
    FigureCanvasAgg(figure)
    return figure
