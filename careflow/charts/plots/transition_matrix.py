"""The transition matrix: from each level (rows) to the next level or out of care (columns)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from careflow import formatting
from careflow.charts.data.transitions import (
    COMPLETED,
    LEFT_EARLY,
    OTHER,
    ROLE_OF,
    Move,
    assert_protected,
    discharges,
    maturity_note,
    moves,
    other_outcomes,
    rest_note,
    total,
)  # fmt: skip
from careflow.charts.data.view import View, read
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.palette import shade, text_on
from careflow.charts.drawing.rich_text import plain
from careflow.charts.drawing.ticks import FitNames, name_axis
from careflow.charts.plots.transition_matrix_words import CellText, CellTexts, ColumnHeads
from careflow.continuum.outcomes import LATERAL
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Rates

TITLE: Final = "Where discharges went next"
_EXITS: Final = {COMPLETED: "Completed", LEFT_EARLY: "Left early", OTHER: "Other outcomes"}
_GAP: Final = 0.25
"""Between levels and outcomes, in cells."""
_EDGE: Final = 0.012
"""Of a cell left free at each side."""


@drawn
def transition_matrix(
    result: Rates,
    *,
    quarter: str | None = None,
    show: Sequence[str] = ("pct", "ci"),
    exits: bool = True,
    **options: Unpack[Options],
) -> Axes:
    """Draw the share of each level's discharges that went to each level, or out of care.

    The hue says the direction of a move, the depth of the colour its share. A suppressed cell is white, hatched and
    marked ``s``; a true zero is printed 0.

    Parameters
    ----------
    result : Rates
        Transition rates, from :func:`careflow.transition_rates`.
    quarter : str, optional
        The period to draw; by default the latest mature one.
    show : sequence of {"pct", "ci"}
        What a cell says; the interval only where there is room.
    exits : bool
        Add the block of outcomes.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.transition_matrix(cf.transition_rates(moves))
    >>> charts.alt_text(chart).split(". ")[0]
    'Transition matrix, rows from, columns to'
    """
    unknown = set(show) - {"pct", "ci"}
    if unknown:
        raise ArgumentError(f"show= takes 'pct' and 'ci', not {sorted(unknown)[0]!r}")
    view = read(result, "Rates", "transition_matrix", quarter=quarter, where=options.get("where"))
    chart = Chart("transition_matrix", view, options)
    by_edge = moves(view)
    if chart.external:
        assert_protected(view, by_edge)
    of = discharges(view)
    if not by_edge or (np.nansum(list(of.values())) == 0 and not view.frame["hidden"].any()):
        return chart.nothing(TITLE)
    cells = {edge: move for edge, move in by_edge.items() if edge[1] in view.levels}
    if exits:
        others = other_outcomes(view, by_edge)
        for name in view.levels:
            cells |= {(name, end): by_edge[name, end] for end in (COMPLETED, LEFT_EARLY) if (name, end) in by_edge}
            if not all(move.hidden for move in others.values()):
                cells[name, OTHER] = others[name]
    return _draw(chart, view, cells, of, by_edge, ci="ci" in show)


def _draw(
    chart: Chart, view: View, cells: Mapping[tuple[str, str], Move], of: Mapping[str, float],
    by_edge: Mapping[tuple[str, str], Move], *, ci: bool,
) -> Axes:  # fmt: skip
    exits = [end for end in _EXITS if any(to == end for _, to in cells)]
    masked = sum(move.hidden for move in cells.values()) + sum(not formatting.known(n) for n in of.values())
    chart.open(
        title=TITLE,
        subtitle=_subtitle(view, exits, ci),
        notes=[
            view.size(total(of)),
            view.interval() if ci else "",
            "Darker = larger share.",
            "Grey among the levels: moves that are neither up nor down." if _any_lateral(cells) else "",
            rest_note(by_edge) if OTHER in exits else "",
        ],
        masked=masked,
        sign="s, hatched",
    )
    places = _axes(chart, view, exits)
    largest = max((m.share for m in cells.values() if not m.hidden and formatting.known(m.share)), default=1.0)
    texts = [
        _cell(chart, (places[to], view.levels.index(frm)), (frm, to), move, largest, f"cell-{row}", ci=ci)
        for row, ((frm, to), move) in enumerate(cells.items())
    ]
    chart.frame.add(CellTexts([text for text in texts if text is not None]))
    heads = [("Next level of care", -0.5, len(view.levels) - 0.5)]
    if exits:
        heads.append(("Or else", places[exits[0]] - 0.5, places[exits[-1]] + 0.5))
    chart.frame.add(ColumnHeads(heads, [formatting.count(of[name]) for name in view.levels]))
    order = sorted((m for m in cells.values() if not m.hidden and m.share > 0), key=lambda m: (-m.share, m.edge))
    labels = chart.labels
    return chart.close(
        data=_data(view, cells, of, ci=ci),
        n=total(of),
        largest=[f"{labels[m.frm]} to {labels.get(m.to, m.to)} {formatting.percent(m.share)}" for m in order],
        what="Transition matrix, rows from, columns to",
    )


def _any_lateral(cells: Mapping[tuple[str, str], Move]) -> bool:
    return any(move.direction == LATERAL and not move.hidden and move.n > 0 for move in cells.values())


def _subtitle(view: View, exits: Sequence[str], ci: bool) -> str:
    within = f" within {view.within} days" if view.within else ""
    ends = [
        *(["{planned:completed}", "{left:left early}"] if exits else []),
        *(["another outcome"] if OTHER in exits else []),
    ]
    outcomes = ["{down:stepped down}", "{up:stepped up}", *ends]
    late = maturity_note(view)
    return (
        f"Where each discharge led{within}: {', '.join(outcomes[:-1])} or {outcomes[-1]}. "
        f"% of {plain(view.unit)} from the level{f', with {view.ci}' if ci else ''}. {plain(view.population())}"
        + (f". **{late}**" if late else "")
    )


def _axes(chart: Chart, view: View, exits: Sequence[str]) -> dict[str, float]:
    """Set names and limits; return where the columns stand. Cells are unit squares about their places."""
    ax, colours, k = chart.ax, chart.colours, len(view.levels)
    places = {name: float(i) for i, name in enumerate(view.levels)}
    places |= {end: k + _GAP + i for i, end in enumerate(exits)}
    chart.limits(x=(-0.5, max(places.values()) + 0.5), y=(k - 0.5, -0.5))
    chart.grid(y=False)
    chart.ticks()
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.xaxis.tick_top()
    names = [chart.labels.get(name) or _EXITS[name] for name in places]
    inks = [colours.ink if name in chart.labels else chart.palette.ink(ROLE_OF.get(name, "")) for name in places]
    columns = name_axis(ax.xaxis, list(places), list(places.values()), names, chart, inks)
    rows = name_axis(ax.yaxis, view.levels, range(k), [chart.labels[name] for name in view.levels], chart)
    ax.tick_params(axis="x", length=0)
    # Between the names and the cells stands how many were discharged.
    ax.tick_params(axis="y", length=0, pad=5.6 * chart.theme.body)
    chart.frame.add(FitNames(columns, "x", lines=3))
    chart.frame.add(FitNames(rows, "y", drop=chart.frame.drop))
    return places


def _cell(
    chart: Chart, at: tuple[float, float], edge: tuple[str, str], move: Move, largest: float, name: str, *, ci: bool
) -> CellText | None:
    """Draw one cell: a dash on the diagonal, hatched if suppressed, else its share on its shade; return its words."""
    x, y = at
    colours = chart.colours
    if move.hidden:
        _square(chart, at, colours.ground, hatch="////", edgecolor=colours.grey("#C3C9CF"))
        return CellText(x, y, "s", "", colours.muted, strong=False, pale=True)
    if not formatting.known(move.share) or (edge[0] == edge[1] and move.n == 0):
        chart.line([x - 0.08, x + 0.08], [y, y], color=colours.mid, lw=1.1, z=2)
        return None
    if move.n == 0:
        _square(chart, at, colours.grey("#F9FAFA"), gid=name)
        return CellText(x, y, "0", "", colours.muted, strong=False)
    role = ROLE_OF.get(move.direction or edge[1], "lateral")
    fill = chart.palette.fill(role) if role != "lateral" else colours.grey("#8B939B")
    fill = chart.faded(shade(fill, move.share, largest, colours.ground), edge, *edge)
    _square(chart, at, fill, gid=name)
    span = formatting.span(move.low, move.high) if ci else ""
    return CellText(x, y, formatting.percent(move.share), span, text_on(fill))


def _square(chart: Chart, at: tuple[float, float], fill: str, **style: Any) -> None:
    style = {"edgecolor": "none", **style}
    side = 1 - 2 * _EDGE
    chart.ax.add_patch(
        Rectangle((at[0] - side / 2, at[1] - side / 2), side, side, facecolor=fill, linewidth=0, zorder=1, **style)
    )


def _data(view: View, cells: Mapping[tuple[str, str], Move], of: Mapping[str, float], *, ci: bool) -> pd.DataFrame:
    """Return the cells that were drawn."""
    rows = [
        (m.frm, m.to, m.direction, m.n, of[m.frm], m.share, m.low if ci else np.nan, m.high if ci else np.nan, m.hidden)
        for m in cells.values()
    ]
    return pd.DataFrame(rows, columns=["from", "to", "direction", "n", "of", "rate", "low", "high", "hidden"])
