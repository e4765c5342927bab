"""The layout of careflow's own figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from careflow.charts.drawing.fonts import set_languages

_DIGITS: Final = 7
"""Decimals of a place, in shares of the figure: far below a pixel, far above the noise of the solver."""
_SETTLED: Final = 1e-9
"""Change of a place from one pass to the next that can no longer change a rounded one."""
_PASSES: Final = 4


class RoundedLayout(ConstrainedLayoutEngine):
    """Constrained layout until it settles, with rounded places, so that the same chart gives the same bytes.

    The solver of constrained layout adds in the order of memory addresses: its last digits differ from run to run.
    A label that reaches over the edge of its Axes makes them narrower, which moves the label: one pass comes near the
    place where both agree, and the next drawing would come nearer.
    """

    def execute(self, fig: Any) -> Any:
        """Lay the figure out."""
        set_languages(fig)
        laid_out = [ax for ax in fig.axes if ax.get_in_layout() and ax.get_subplotspec() is not None]
        places = _places(laid_out)
        for done in range(_PASSES):
            grids = super().execute(fig)
            set_languages(fig)  # ticks are made while the layout measures them
            before, places = places, _places(laid_out)
            as_drawn = not done and np.array_equal(np.round(places, _DIGITS), np.round(before, _DIGITS))
            if as_drawn or np.abs(places - before).max(initial=0.0) < _SETTLED:
                break
        for ax, place in zip(laid_out, np.round(places, _DIGITS), strict=True):
            ax.set_position(place)
            ax.set_in_layout(True)  # matplotlib takes an Axes that was placed by hand out of the layout
        return grids


def _places(axes: Sequence[Axes]) -> np.ndarray:
    return np.array([ax.get_position(original=True).bounds for ax in axes])


def figure_with(size: tuple[float, float], **settings: Any) -> Figure:
    """Return a figure that pyplot does not know, laid out when it is drawn; ``settings`` are those of the layout."""
    figure = Figure(figsize=size, layout=RoundedLayout(wspace=0.0, hspace=0.0, **settings))
    FigureCanvasAgg(figure)
    return figure
