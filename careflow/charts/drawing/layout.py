"""The layout of careflow's own figures."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from careflow.charts.drawing.fonts import set_languages

_DIGITS: Final = 7
"""Decimals of a place, in shares of the figure: far below a pixel, far above the noise of the solver."""


class RoundedLayout(ConstrainedLayoutEngine):
    """Constrained layout with rounded places, so that the same chart gives the same bytes.

    The solver of constrained layout adds in the order of memory addresses: its last digits differ from run to run.
    """

    def execute(self, fig: Any) -> Any:
        """Lay the figure out."""
        set_languages(fig)
        grids = super().execute(fig)
        set_languages(fig)  # ticks are made while the layout measures them
        for ax in fig.axes:
            if ax.get_in_layout() and ax.get_subplotspec() is not None:
                ax.set_position(np.round(ax.get_position(original=True).bounds, _DIGITS))
                ax.set_in_layout(True)  # matplotlib takes an Axes that was placed by hand out of the layout
        return grids


def figure_with(size: tuple[float, float], **settings: Any) -> Figure:
    """Return a figure that pyplot does not know, laid out when it is drawn; ``settings`` are those of the layout."""
    figure = Figure(figsize=size, layout=RoundedLayout(wspace=0.0, hspace=0.0, **settings))
    FigureCanvasAgg(figure)
    return figure
