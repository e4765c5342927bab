"""What a mark of a chart says when it is pointed at: titles in its SVG, from the data that the chart shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from careflow.formatting import count, days, known, percent, period, span

_MARK: Final = re.compile(r'<g id="((?:arc|cell)-[\d-]+)">')
_NEAR: Final = 6.0
"""Radius in points of what is sensitive around a dot."""
_INVISIBLE: Final = "fill: none; pointer-events: all"


def add_titles(
    svg: str, chart: Any, names: Sequence[str], labels: Mapping[str, str], rates: pd.DataFrame | None = None
) -> str:
    """Return the SVG of a chart with a title at each arc, cell and dot.

    Parameters
    ----------
    svg : str
        As it was written; the chart has been drawn.
    chart : Axes or Panels
        What the function of ``careflow.charts`` returned.
    names : sequence of str
        The levels, in their order.
    labels : mapping
        Their names in words.
    rates : pandas.DataFrame, optional
        The rates of a flow map, with their counts.
    """
    data = chart.careflow.data
    titles = dict(_of_edges(data, names, labels)) if {"from", "to"} <= set(data.columns) else {}
    if rates is not None:
        titles |= {mark: words for mark, words in _of_edges(rates, names, labels) if mark.startswith("arc")}
    svg = _MARK.sub(lambda mark: mark[0] + _title(titles[mark[1]]) if mark[1] in titles else mark[0], svg)
    dots = "".join(
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{_NEAR:g}" style="{_INVISIBLE}">{_title(text)}</circle>'
        for x, y, text in _of_dots(chart, labels)
    )
    end = svg.rindex("</svg>")
    return f"{svg[:end]}{dots}{svg[end:]}"


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>"


def _of_edges(data: pd.DataFrame, names: Sequence[str], labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each arc and cell with its words; what is hidden says so."""
    for place, row in enumerate(data.to_dict("records")):
        frm, to = str(row["from"]), str(row["to"])
        words = f"{labels.get(frm, frm)} to {labels.get(to, to)}: {_share(row)}"
        if frm in names and to in names:
            yield f"arc-{names.index(frm)}-{names.index(to)}", words
        yield f"cell-{place}", words


def _share(row: Mapping[Any, Any]) -> str:
    if row.get("hidden") or not known(row.get("rate", np.nan)):
        return "hidden" if row.get("hidden") else "nobody"
    sizes = ""
    if known(row.get("n", np.nan)) and known(row.get("of", np.nan)):
        sizes = f", {count(row['n'])} of {count(row['of'])}"
    limits = f" ({span(row['low'], row['high'])})" if known(row.get("low", np.nan)) else ""
    return f"{percent(row['rate'])}{limits}{sizes}"


def _of_dots(chart: Any, labels: Mapping[str, str]) -> Iterator[tuple[float, float, str]]:
    """Yield the place of each dot by period, in points from the upper left corner, with its words."""
    panels = list(chart.values()) if isinstance(chart, Mapping) else [chart]
    for ax in panels:
        data = getattr(ax, "careflow", None) and ax.careflow.data
        if data is None or not {"period", "value"} <= set(data.columns):
            continue
        scale = 72 / ax.figure.dpi
        high = ax.figure.get_figure(root=True).bbox.height * scale
        dots = [line.get_xydata() for line in ax.lines if line.get_marker() == "o"]
        places = np.unique(np.concatenate(dots), axis=0) if dots else np.empty((0, 2))
        used: set[int] = set()
        for row in data[data["value"].notna()].to_dict("records"):
            near = [at for at, (_, y) in enumerate(places) if at not in used and abs(y - row["value"]) < 1e-9]
            if not near:
                continue
            used.add(near[0])
            x, y = ax.transData.transform(places[near[0]])
            yield float(x) * scale, high - float(y) * scale, _point(row, labels)


def _point(row: Mapping[Any, Any], labels: Mapping[str, str]) -> str:
    share = 0 <= row["value"] <= 1 and known(row.get("high", np.nan)) and row["high"] <= 1
    value = percent(row["value"]) if share else days(row["value"]) if "low" in row else f"{row['value']:.1f}"
    limits = ""
    if known(row.get("low", np.nan)) and known(row.get("high", np.nan)):
        limits = f" ({span(row['low'], row['high'])})" if share else f" ({row['low']:.0f}–{row['high']:.0f})"
    level = f"{labels.get(str(row['level']), row['level'])}, " if "level" in row else ""
    size = f", n = {count(row['n'])}" if known(row.get("n", np.nan)) else ""
    late = "" if row.get("mature", True) else ", not yet mature"
    return f"{level}{period(row['period'])}: {value}{limits}{size}{late}"
