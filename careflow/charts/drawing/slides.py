"""A chart as a slide of PowerPoint: trends of shares as native charts, every other chart as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pandas as pd

from careflow.charts.drawing.metadata import ChartInfo
from careflow.charts.drawing.palette import intensity
from careflow.formatting import known, listing, percent, period
from careflow.office.libraries import require

_MADE: Final = date(1980, 1, 1)
"""The date of every file, so that the same chart gives the same bytes."""
_LABELS: Final = {1: 12, 2: 6, 3: 4}
"""The most labels of periods under a chart, by the number of charts in a row."""


def slide(charts: Sequence[ChartInfo], title: str, description: str, png: bytes) -> bytes:
    """Return a deck of one slide with a figure.

    Parameters
    ----------
    charts : sequence of ChartInfo
        The charts on the figure.
    title, description : str
        In words; the description is that of the picture, and in the notes of the speaker.
    png : bytes
        The figure as a picture, used where the chart is none that PowerPoint can draw.
    """
    require("a slide", "pptx", "python-pptx")
    from careflow.office.slides import LEFT, ROOM, TOP, add_picture, add_slide, as_bytes, inches, new_deck

    deck = new_deck(title=title, subject=description, made=_MADE)
    foot = charts[0].notes.replace("\n", " ") if len(charts) == 1 else ""
    page = add_slide(deck, title, foot=foot[:180])
    lines = _lines(charts[0]) if len(charts) == 1 else []
    if lines:
        _draw(page, lines, (LEFT, TOP, ROOM, inches(5.5)))
    else:
        add_picture(page, png, description)
    page.notes_slide.notes_text_frame.text = description
    return as_bytes(deck)


def _lines(chart: ChartInfo) -> list[Any]:
    """Return the lines of a trend of shares, one for each level; none for any other chart."""
    data = chart.data
    if chart.kind != "trend" or "value" not in data or not (data["value"].dropna() <= 1).all():
        return []
    from careflow.office.line_chart import Line

    return [Line(
        name=str(level),
        categories=[period(name) for name in rows["period"]],
        rate=rows["value"].tolist(), low=rows["low"].tolist(), high=rows["high"].tolist(),
        hollow=(~rows["mature"].astype(bool)).tolist(),
        description=_described(chart, str(level), rows),
    ) for level, rows in data.groupby("level", sort=False, observed=True)]  # fmt: skip


def _described(chart: ChartInfo, level: str, rows: pd.DataFrame) -> str:
    values = [f"{period(name)} {percent(value)}" for name, value in zip(rows["period"], rows["value"], strict=True)
              if known(value)]  # fmt: skip
    return f"{chart.title}, {level}, by period with intervals: {listing(values, most=24)}."


def _draw(page: Any, lines: Sequence[Any], area: tuple[int, int, int, int]) -> None:
    from careflow.office.line_chart import add_line_chart, limit_of
    from careflow.office.slides import colour_of

    left, top, wide, high = area
    columns = len(lines) if len(lines) < 3 else 2 if len(lines) == 4 else 3
    rows = math.ceil(len(lines) / columns)
    limit = limit_of(lines)
    for place, line in enumerate(lines):
        spot = (left + place % columns * wide // columns, top + place // columns * high // rows)
        colour = colour_of(intensity(max(len(lines), 1))[0])
        add_line_chart(page, line, (*spot, wide // columns, high // rows), limit=limit, labels=_LABELS[columns],
                       colour=colour)  # fmt: skip
