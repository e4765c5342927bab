"""The transition matrix: from each level (rows) to the next level or out of care (columns)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

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
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, LEADING, REGULAR, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import Page
from careflow.charts.drawing.palette import AXIS, INK, MID, MUTED, WHITE, shade, text_on
from careflow.charts.drawing.rich_text import label_lines, plain
from careflow.continuum.outcomes import LATERAL
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Rates

TITLE: Final = "Where discharges went next"
_EXITS: Final = {COMPLETED: "Completed", LEFT_EARLY: "Left early", OTHER: "Other outcomes"}
_COUNT: Final = "Discharges"
_TWO_LINES: Final = 36


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
    """
    unknown = set(show) - {"pct", "ci"}
    if unknown:
        raise ArgumentError(f"show= takes 'pct' and 'ci', not {sorted(unknown)[0]!r}")
    view = read(result, "Rates", "transition_matrix", quarter=quarter, where=options.get("where"))
    page = Page("transition_matrix", view, options)
    by_edge = moves(view)
    if page.external:
        assert_protected(view, by_edge)
    of = discharges(view)
    if not by_edge or (np.nansum(list(of.values())) == 0 and not view.frame["hidden"].any()):
        return page.nothing(TITLE)
    cells = {edge: move for edge, move in by_edge.items() if edge[1] in view.levels}
    if exits:
        others = other_outcomes(view, by_edge)
        for name in view.levels:
            cells |= {(name, end): by_edge[name, end] for end in (COMPLETED, LEFT_EARLY) if (name, end) in by_edge}
            if not all(move.hidden for move in others.values()):
                cells[name, OTHER] = others[name]
    return _draw(page, view, cells, of, by_edge, ci="ci" in show)


@dataclass(frozen=True)
class _Grid:
    """Places of rows and columns in points."""

    box: Box
    columns: Mapping[str, tuple[float, float]]
    rows: Mapping[str, tuple[float, float]]
    name_end: float
    top: float
    heads: Mapping[str, list[str]]
    head_size: float
    two_lines: bool


def _draw(
    page: Page, view: View, cells: Mapping[tuple[str, str], Move], of: Mapping[str, float],
    by_edge: Mapping[tuple[str, str], Move], *, ci: bool,
) -> Axes:  # fmt: skip
    exits = [end for end in _EXITS if any(to == end for _, to in cells)]
    masked = sum(move.hidden for move in cells.values()) + sum(not formatting.known(n) for n in of.values())
    box = page.open(
        title=TITLE,
        subtitle=_subtitle(page, view, exits, ci),
        notes=[
            view.size(total(of)),
            view.interval() if ci else "",
            "Darker = larger share.",
            "Grey among the levels: moves that are neither up nor down." if _any_lateral(cells) else "",
            rest_note(by_edge) if OTHER in exits else "",
        ],
        masked=masked,
        sign="s, hatched",
        gap=16,
    )
    grid = _grid(page, view, box, exits, ci)
    _heads(page, view, grid, of, exits)
    largest = max((m.share for m in cells.values() if not m.hidden and formatting.known(m.share)), default=1.0)
    for edge, move in cells.items():
        _cell(page, grid, edge, move, largest, ci=ci and grid.two_lines)
    order = sorted((m for m in cells.values() if not m.hidden and m.share > 0), key=lambda m: (-m.share, m.edge))
    return page.close(
        data=_data(view, cells, of, ci=ci and grid.two_lines),
        n=total(of),
        largest=[f"{page.labels[m.frm]} to {page.labels.get(m.to, m.to)} {formatting.percent(m.share)}" for m in order],
        what="Transition matrix, rows from, columns to",
    )


def _any_lateral(cells: Mapping[tuple[str, str], Move]) -> bool:
    return any(move.direction == LATERAL and not move.hidden and move.n > 0 for move in cells.values())


def _subtitle(page: Page, view: View, exits: Sequence[str], ci: bool) -> str:
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


def _grid(page: Page, view: View, box: Box, exits: Sequence[str], ci: bool) -> _Grid:
    """Share out the box: names, discharges, levels, a gap, exits."""
    u, t, canvas = page.u, page.theme, page.canvas
    names = max(canvas.wide(page.labels[name], t.body, SEMIBOLD) for name in view.levels)
    names = min(names, 0.26 * box.w)
    count = canvas.wide(_COUNT, t.body) + 8 * u
    left = box.x0 + names + count + 14 * u
    gap = 16 * u if exits else 0.0
    texts = {name: page.labels.get(name) or _EXITS[name] for name in (*view.levels, *exits)}
    wide = (box.x1 - left - gap) / len(texts)
    word = [canvas.wide(w, t.small, SEMIBOLD) for end in exits for w in _EXITS[end].split(" ")]
    out = max([wide, *(w + 3 * u for w in word)])
    wide = (box.x1 - left - gap - out * len(exits)) / len(view.levels)
    columns = {name: (left + i * wide, left + (i + 1) * wide) for i, name in enumerate(view.levels)}
    start = left + len(view.levels) * wide + gap
    columns |= {end: (start + i * out, start + (i + 1) * out) for i, end in enumerate(exits)}
    longest = max(canvas.wide(word, t.body, SEMIBOLD) for text in texts.values() for word in text.split(" "))
    size = t.body if longest <= wide - 2 * u else t.small
    heads = {
        name: label_lines(
            text,
            size,
            columns[name][1] - columns[name][0] - 2 * u,
            t.family,
            weight=SEMIBOLD,
            lines=3,
            among=page.names,
        )
        for name, text in texts.items()
    }
    top = box.y1 - 22 * u - max(map(len, heads.values())) * size * LEADING - 6 * u
    tall = min((top - box.y0) / len(view.levels), max(62 * u, 1.1 * wide))
    rows = {name: (top - (i + 1) * tall, top - i * tall) for i, name in enumerate(view.levels)}
    room = wide >= _TWO_LINES * u and tall >= t.body * CAP + t.small * LEADING + 4 * u
    return _Grid(box, columns, rows, box.x0 + names + 1 * u, top, heads, size, ci and room)


def _heads(page: Page, view: View, grid: _Grid, of: Mapping[str, float], exits: Sequence[str]) -> None:
    u, t, canvas = page.u, page.theme, page.canvas
    levels = [grid.columns[name] for name in view.levels]
    blocks = [("Next level of care", levels[0][0], levels[-1][1])]
    if exits:
        blocks.append(("Or else", grid.columns[exits[0]][0], grid.columns[exits[-1]][1]))
    y = grid.box.y1 - t.body * CAP
    for heading, x0, x1 in blocks:
        canvas.text(x0 + u, y, heading, weight=SEMIBOLD)
        canvas.line([x0 + u, x1 - u], [y - 7 * u] * 2, color=AXIS, lw=0.8)
    base = grid.top + 6 * u
    canvas.text(grid.box.x0, base, "From", weight=SEMIBOLD)
    canvas.text(levels[0][0] - 12 * u, base, _COUNT, color=MUTED, align="right")
    for name, (x0, x1) in grid.columns.items():
        color = INK if name in page.labels else page.palette.ink(ROLE_OF.get(name, ""))
        size, middle_of = grid.head_size, (x0 + x1) / 2
        for i, line in enumerate(reversed(grid.heads[name])):
            y = base + i * size * LEADING
            canvas.text(middle_of, y, line, size=size, color=color, weight=SEMIBOLD, align="center")
    for name, (y0, y1) in grid.rows.items():
        tall = y1 - y0 >= 2.6 * t.body
        lines = label_lines(
            page.labels[name],
            t.body,
            grid.name_end - grid.box.x0,
            t.family,
            weight=SEMIBOLD,
            lines=2 if tall else 1,
            among=page.names,
        )
        canvas.lines(grid.box.x0, (y0 + y1) / 2, lines, weight=SEMIBOLD)
        canvas.text(
            levels[0][0] - 12 * u, middle((y0 + y1) / 2, t.body), formatting.count(of[name]), color=MUTED, align="right"
        )


def _cell(page: Page, grid: _Grid, edge: tuple[str, str], move: Move, largest: float, *, ci: bool) -> None:
    """Draw one cell: a dash on the diagonal, hatched if suppressed, else its share on its shade."""
    u, t, canvas = page.u, page.theme, page.canvas
    (x0, x1), (y0, y1) = grid.columns[edge[1]], grid.rows[edge[0]]
    box = Box(x0 + 0.9 * u, y0 + 0.9 * u, x1 - 0.9 * u, y1 - 0.9 * u)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    if move.hidden:
        canvas.hatch(box)
        half = t.body * 0.5
        canvas.card(Box(x - half, y - half, x + half, y + half), WHITE, z=2, name="clear")
        canvas.text(x, middle(y, t.body), "s", color=MUTED, align="center")
        return
    if not formatting.known(move.share) or (edge[0] == edge[1] and move.n == 0):
        canvas.line([x - 5 * u, x + 5 * u], [y, y], color=MID, lw=1.1)
        return
    if move.n == 0:
        canvas.rect(box, "#F9FAFA")
        canvas.text(x, middle(y, t.body), "0", color=MUTED, align="center")
        return
    role = ROLE_OF.get(move.direction or edge[1], "lateral")
    fill = (
        shade(page.palette.fill(role), move.share, largest)
        if role != "lateral"
        else shade("#8B939B", move.share, largest)
    )
    fill = page.faded(fill, edge, *edge)
    ink = text_on(fill)
    canvas.rect(box, fill)
    big = t.subtitle if box.w >= 46 * u and box.h >= 26 * u else t.body
    if not ci or not formatting.span(move.low, move.high):
        canvas.text(
            x, middle(y, big), formatting.percent(move.share), size=big, color=ink, weight=SEMIBOLD, align="center"
        )
        return
    gap = 3.4 * u
    high = big * CAP + gap + t.small * CAP
    canvas.text(
        x,
        y + high / 2 - big * CAP,
        formatting.percent(move.share),
        size=big,
        color=ink,
        weight=SEMIBOLD,
        align="center",
    )
    canvas.text(
        x, y - high / 2, formatting.span(move.low, move.high), size=t.small, color=ink, weight=REGULAR, align="center"
    )


def _data(view: View, cells: Mapping[tuple[str, str], Move], of: Mapping[str, float], *, ci: bool) -> pd.DataFrame:
    """Return the cells that were drawn."""
    rows = [
        (m.frm, m.to, m.direction, m.n, of[m.frm], m.share, m.low if ci else np.nan, m.high if ci else np.nan, m.hidden)
        for m in cells.values()
    ]
    return pd.DataFrame(rows, columns=["from", "to", "direction", "n", "of", "rate", "low", "high", "hidden"])
