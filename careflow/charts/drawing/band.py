"""A mark on a whole chart that says who may see it: in its description, and as a band along its upper edge."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from careflow.charts.drawing.fonts import CAP, SEMIBOLD, font, set_language
from careflow.charts.drawing.metadata import info
from careflow.charts.drawing.palette import WHITE
from careflow.charts.drawing.panels import Panels

BAND: Final = "#B3122A"
_HEIGHT: Final = 10.0
"""Points; the margin above the title is wider."""
_SIZE: Final = 7.6


def mark_chart(chart: Axes | Panels, text: str, *, band: bool = False) -> None:
    """Put a sentence before the description of a chart, and on request in a red band along the top of its figure.

    Parameters
    ----------
    chart : matplotlib.axes.Axes or Panels
        What a function of ``careflow.charts`` returned, on a figure of its own.
    text : str
        Who may see the chart, without a full stop.
    band : bool
        Draw the band.
    """
    about = info(chart)
    marked = replace(about, alt=f"{text}. {about.alt}")
    if isinstance(chart, Panels):
        chart.describe(marked)
    else:
        chart.careflow = marked  # type: ignore[attr-defined]
    if not band:
        return
    figure = (chart.figure if isinstance(chart, Panels) else chart).get_figure(root=True)
    assert isinstance(figure, Figure)
    high = _HEIGHT * about.context.u / (float(figure.get_size_inches()[1]) * 72)
    figure.add_artist(
        Rectangle((0, 1 - high), 1, high, transform=figure.transFigure, facecolor=BAND, linewidth=0, zorder=9)
    )
    words = Text(
        0.5,
        1 - high * (0.5 + CAP * _SIZE / _HEIGHT / 2),
        text,
        color=WHITE,
        fontproperties=font(about.context.family, SEMIBOLD),
        fontsize=_SIZE * about.context.u,
        verticalalignment="baseline",
        horizontalalignment="center",
        parse_math=False,
        transform=figure.transFigure,
        zorder=10,
    )
    set_language(words)
    figure.add_artist(words)
