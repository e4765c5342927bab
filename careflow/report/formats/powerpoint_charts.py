"""Trends as native charts of PowerPoint: a small one for each level, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from pptx.dml.color import RGBColor

from careflow.continuum import Level
from careflow.continuum.outcomes import DIRECTIONS, STEP_DOWN, STEP_UP
from careflow.formatting import known, percent, period
from careflow.office.line_chart import Line as ChartLine
from careflow.office.line_chart import add_line_chart, limit_of
from careflow.report.content.content import Content

_Colour: Any = RGBColor  # python-pptx says that it is typed, and is in part
_RAMP: Final = ((0x2B, 0x23, 0x50), (0x96, 0x8B, 0xC1))
"""Most to least intensive level: dark to light violet, dark enough for lines on white."""
_LABELS: Final = {1: 12, 2: 6, 3: 4}
"""The most labels of quarters under a chart, by the number of charts in a row."""

Line = tuple[Level, pd.DataFrame]


def lines_of(content: Content, measure: str) -> tuple[list[Line], list[str]]:
    """Return the levels that have discharges, with their rows of a measure by quarter, and the names of the others."""
    by_direction = measure in DIRECTIONS
    frame, care = (content.rates.directions if by_direction else content.rates.frame), content.rates.continuum
    rows = frame[frame["direction" if by_direction else "to"].astype(str) == measure]
    lines, others = [], []
    for level in care.levels:
        part = rows[rows["from"].astype(str) == level.name]
        can_be = measure not in (STEP_DOWN, STEP_UP) or any(
            care.direction(level.name, other) == measure for other in care.names
        )
        if can_be and ((part["of"] > 0).any() or part["hidden"].any()):
            lines.append((level, part))
        else:
            others.append(level.short)
    return lines, others


def add_trends(
    slide: Any, content: Content, lines: Sequence[Line], words: str, area: tuple[int, int, int, int]
) -> None:
    """Put a chart for each level on a slide, in rows, all on one scale.

    Parameters
    ----------
    slide : pptx.slide.Slide
    content : Content
    lines : sequence
        From :func:`lines_of`.
    words : str
        The event of the shares: ``"stepped down"``.
    area : tuple of int
        Left, top, width and height of the area for the charts.
    """
    left, top, wide, high = area
    columns = len(lines) if len(lines) < 3 else 2 if len(lines) == 4 else 3
    rows = math.ceil(len(lines) / columns)
    charts = [_line(content, line, words) for line in lines]
    limit = limit_of(charts)
    for position, chart in enumerate(charts):
        spot = (left + position % columns * wide // columns, top + position // columns * high // rows)
        shade = _shade(position / max(len(lines) - 1, 1))
        box = (*spot, wide // columns, high // rows)
        add_line_chart(slide, chart, box, limit=limit, labels=_LABELS[columns], colour=shade)


def _line(content: Content, line: Line, words: str) -> ChartLine:
    level, part = line
    return ChartLine(
        name=level.short,
        categories=[period(name) for name in part["quarter"].cat.categories],
        rate=part["rate"].tolist(),
        low=part["low"].tolist(),
        high=part["high"].tolist(),
        hollow=(~part["mature"].astype(bool)).tolist(),
        description=_description(content, line, words),
    )


def _description(content: Content, line: Line, words: str) -> str:
    level, part = line
    row = part[part["quarter"].astype(str) == content.quarter].iloc[0]
    value = f"{percent(row['rate'])}" if known(row["rate"]) else "hidden"
    chart = f"Line chart, quarter by quarter: share of {level.short} discharges that {words}"
    return f"{chart}, with intervals. {content.chosen.label}: {value}."


def _shade(share: float) -> Any:
    return _Colour(*(round(dark + (light - dark) * share) for dark, light in zip(*_RAMP, strict=True)))
