"""Small multiples: a chart drawn once for each value of a stratum, with one header and one footer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from careflow import formatting
from careflow.charts.data.chosen_stratum import PERIODS
from careflow.charts.data.view import unsaid
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.panels import Around, Panels, figure_for, grid, label_outer
from careflow.charts.drawing.parts import Part, drawn_as
from careflow.charts.drawing.theme import current, theme_of_caller
from careflow.errors import ArgumentError


def faceted(draw: Callable[..., Any], kind: str, arguments: Mapping[str, Any]) -> Panels:
    """Draw a chart in a panel for each value of the stratum that ``facet`` names.

    Parameters
    ----------
    draw : callable
        The chart, which draws on ``ax``.
    kind : str
        Its name.
    arguments : mapping
        All that it was given, with ``facet`` and, if given, ``figure``, ``sharex`` and ``sharey``.

    Raises
    ------
    TypeError
        If it was given Axes.
    ArgumentError
        If the result has no such stratum, or too many values of it.
    """
    given = dict(arguments)
    facet, figure = given.pop("facet"), given.pop("figure", None)
    share = {name: given.pop(name, True) for name in ("sharex", "sharey")}
    if given.pop("ax", None) is not None:
        raise TypeError(f"panels take a figure of their own: give charts.{kind}() figure=fig.subfigures(...), not ax=")
    values = values_of(given["result"], facet, given.get("where") or {})
    own = figure is None
    figure = figure_for(figure, given.get("figsize"), current() if own else theme_of_caller(), len(values))
    axes = grid(figure, len(values), **share)
    parts = []
    token = unsaid.set(facet)
    try:
        for value, ax in zip(values, axes, strict=True):
            name = formatting.period(value) if facet in PERIODS else value
            with drawn_as(Part(name, own=own)) as part:
                draw(**{**given, "where": {**(given.get("where") or {}), facet: value}, "ax": ax})
            parts.append(part)
        return _together(figure, axes, dict(zip(values, parts, strict=True)), facet, share)
    finally:
        unsaid.reset(token)


def _together(figure: Any, axes: list[Any], parts: Mapping[str, Part], facet: str, share: Mapping[str, bool]) -> Panels:
    charts: list[Chart] = [part.chart for part in parts.values() if part.chart is not None]
    first, words = charts[0], [part.words for part in parts.values()]
    sizes = [chart.ax.careflow.n for chart in charts]  # type: ignore[attr-defined]
    n = None if any(size is None for size in sizes) else float(sum(sizes))
    others: dict[str, str] = {}
    for note in (note for one in words for note in one["notes"][1:] if note):
        # What differs from panel to panel is said once, at its longest.
        key = re.sub(r"\d+", "#", note)[:12]
        others[key] = max(others.get(key, ""), note, key=len)
    notes = [first.view.size(n), *others.values()]
    masked = sum(one["masked"] for one in words)
    first.say(words[0]["title"], words[0]["subtitle"], notes, masked, words[0]["sign"])
    tables = [part.content["data"].assign(**{facet: value}) for value, part in parts.items()]
    largest = [f"{part.name} {part.content['largest'][0]}" for part in parts.values() if part.content["largest"]]
    whole = first.described(
        data=pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True),
        n=n, largest=largest, what=f"{parts[next(iter(parts))].content['what']}, a panel for each {facet}",
    )  # fmt: skip
    label_outer(axes, **share)
    if first.options["header"]:
        Around(first, figure, axes, [chart.frame for chart in charts]).draw()
    first.warn_of_lost()
    return Panels(figure, dict(zip(parts, axes, strict=True)), whole, first.view.continuum)


def values_of(result: Any, facet: str, where: Mapping[str, object]) -> list[str]:
    """Return the values of a stratum of a result, in order, mature or not.

    Raises
    ------
    ArgumentError
        If it is no stratum of the result.
    """
    frame = result.frame
    strata = [name for name in dict.fromkeys((*result.about.by, "within", *PERIODS)) if name in frame.columns]
    if facet not in strata:
        raise ArgumentError(f"facet= names {facet!r}, which is no stratum of the result; it has {strata}")
    if facet in where:
        raise ArgumentError(f"{facet!r} stands in where= and in facet=: choose its values, or draw a panel for each")
    return sorted(set(frame[facet].astype(str)), key=lambda text: (int(text) if text.isdigit() else 0, text))
