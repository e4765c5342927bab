"""What every chart knows about itself: ``ax.careflow``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from careflow.charts.drawing.theme import Theme


@dataclass(frozen=True)
class ChartInfo:
    """A chart in words and numbers.

    Attributes
    ----------
    kind : str
        Which chart: ``"flow_map"``.
    title, subtitle, notes : str
        The words on it, without markup.
    alt : str
        A description for who cannot see it, at most 600 characters.
    n : int or None
        How many it rests on; None where that is suppressed.
    data : pandas.DataFrame
        Exactly what is drawn; a suppressed value is missing.
    suppressed : int
        How many values are suppressed.
    dropped_edges : tuple of (str, str)
        Moves that were not drawn because they are rare.
    unlabelled : tuple of (str, str)
        Moves that were drawn without a label for want of room.
    context : Theme
        The sizes it was drawn in.
    left_out : tuple of str
        What had no room when it was last drawn: ``"table"``, ``"notes"``.
    """

    kind: str
    title: str
    subtitle: str
    notes: str
    alt: str
    n: int | None
    data: pd.DataFrame
    suppressed: int
    dropped_edges: tuple[tuple[str, str], ...]
    unlabelled: tuple[tuple[str, str], ...]
    context: Theme
    left_out: tuple[str, ...] = ()


def info(ax: Any) -> ChartInfo:
    """Return the chart that an Axes or Panels carry.

    Raises
    ------
    TypeError
        If it carries none.
    """
    attached = getattr(ax, "careflow", None)
    if not isinstance(attached, ChartInfo):
        raise TypeError(
            "this carries no careflow chart: give the Axes or Panels that a function of careflow.charts returned"
        )
    return attached


def alt_text(ax: Axes | Mapping[str, Axes]) -> str:
    """Return the description of a chart in words: kind, population, n, the largest values, what is suppressed."""
    return info(ax).alt


def chart_data(ax: Axes | Mapping[str, Axes]) -> pd.DataFrame:
    """Return a copy of the numbers that a chart draws; a suppressed value is missing."""
    return info(ax).data.copy()


def charts_of(figure: Figure) -> list[ChartInfo]:
    """Return the charts on a figure, in the order in which they were made."""
    attached = [getattr(ax, "whole", None) or getattr(ax, "careflow", None) for ax in figure.axes]
    attached = list({id(one): one for one in attached}.values())
    return [one for one in attached if isinstance(one, ChartInfo)]
