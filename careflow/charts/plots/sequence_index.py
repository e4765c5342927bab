"""The sequence index as relative-frequency groups: each row is the most central pathway of an equal share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Unpack

import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, LEADING, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import NONE, Page
from careflow.charts.drawing.palette import FAINT, text_on
from careflow.charts.drawing.rich_text import plain
from careflow.charts.plots.pathway_steps import Paths, fills, head, hidden_note, names, ordered, paths_of
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Pathways

TITLE: Final = "Typical pathways"
LEAST: Final = 11
Path = tuple[str, ...]


@drawn
def sequence_index(
    result: Pathways, *, groups: int = 100, steps: int | None = None, **options: Unpack[Options]
) -> Axes:
    """Draw typical pathways: journeys sorted by their steps, cut into equal groups, one central pathway a group.

    Each group holds at least 11 journeys, so no row is a person (Fasang and Liao 2014, relative-frequency sequence
    plots).

    Parameters
    ----------
    result : Pathways
        From :func:`careflow.pathways`.
    groups : int
        How many rows; fewer if a group would hold less than 11 journeys.
    steps : int, optional
        How many stays of each; by default those of the result.
    **options
    """
    if groups < 1:
        raise ArgumentError(f"groups is a whole number, 1 or more; it was {groups}")
    pathways = paths_of(result, "sequence_index", steps, options.get("where"))
    page = Page("sequence_index", pathways.view, options, levels=1)
    rows = min(groups, int(pathways.n // LEAST))
    if rows < 1:
        reason = "Too few journeys to be drawn" if pathways.n or pathways.hidden else NONE
        return page.nothing(TITLE, reason, n=pathways.n)
    return _draw(page, pathways, _medoids(pathways, rows))


def _medoids(pathways: Paths, groups: int) -> list[Path]:
    """Return for each of the equal groups, in order, the pathway nearest to all others in it."""
    rank = ordered(pathways.states, pathways)
    order = sorted(pathways.paths, key=lambda entry: [rank[s] for s in entry[0]])
    size = pathways.n / groups
    rows, at, start = [], 0, 0.0
    for group in range(groups):
        end, inside = (group + 1) * size, []
        while at < len(order):
            path, n = order[at]
            part = min(start + n, end) - max(start, group * size)
            if part > 1e-9:
                inside.append((path, part))
            if start + n > end + 1e-9:
                break
            start += n
            at += 1
        rows.append(_central(inside))
    return rows


def _central(inside: Sequence[tuple[Path, float]]) -> Path:
    def cost(path: Path) -> float:
        return sum(weight * _distance(path, other) for other, weight in inside)

    return min((path for path, _ in inside), key=lambda path: (cost(path), path))


def _distance(a: Path, b: Path) -> int:
    """Return in how many steps two pathways differ."""
    return sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))


@dataclass(frozen=True)
class _Block:
    """Neighbouring rows with the same state in one column."""

    state: str
    column: int
    first: int
    rows: int


def _blocks(rows: Sequence[Path], steps: int) -> list[_Block]:
    out = []
    for c in range(steps):
        states = [path[c] if c < len(path) else "" for path in rows]
        start = 0
        for i in range(1, len(states) + 1):
            if i == len(states) or states[i] != states[start]:
                if states[start]:
                    out.append(_Block(states[start], c, start, i - start))
                start = i
    return out


def _draw(page: Page, pathways: Paths, rows: Sequence[Path]) -> Axes:
    view = pathways.view
    each = pathways.n / len(rows)
    box = page.open(
        title=TITLE,
        subtitle=f"Each row stands for {100 / len(rows):.3g}% of {plain(view.unit)} and is the most central "
        f"pathway among them, sorted by first level. {plain(view.population())}",
        notes=[
            view.size(None if pathways.hidden else pathways.n),
            f"{len(rows)} groups of {each:.0f} {view.unit}.",
            hidden_note(pathways, "Drawn"),
            "Blank: the pathway has ended.",
        ],
        masked=pathways.hidden,
        gap=18,
    )
    _grid(page, pathways, rows, box)
    data = pd.DataFrame([(*path, *[None] * (pathways.steps - len(path))) for path in rows])
    data.columns = [f"step_{i + 1}" for i in range(pathways.steps)]
    firsts = pd.Series([path[0] for path in rows]).value_counts()
    called = names(page)
    return page.close(
        data=data,
        n=pathways.n,
        largest=[f"first {called[str(s)]} {formatting.percent(n / len(rows))}" for s, n in firsts.items()],
        what=f"Relative-frequency sequence plot, {len(rows)} groups",
    )


def _grid(page: Page, pathways: Paths, rows: Sequence[Path], box: Box) -> None:
    """Draw a column for each step, neighbours of one state as one block with its name."""
    t, u, canvas = page.theme, page.u, page.canvas
    colours, called = fills(page, pathways.view), names(page)
    gap = 3 * u
    wide = (box.w - gap * (pathways.steps - 1)) / pathways.steps
    top = box.y1 - t.body * CAP - 7 * u
    tall = (top - box.y0) / len(rows)
    for c in range(pathways.steps):
        x = box.x0 + c * (wide + gap)
        canvas.text(x, box.y1 - t.body * CAP, head(c, pathways.days), weight=SEMIBOLD)
        canvas.rect(Box(x, box.y0, x + wide, top), FAINT, z=0.3, alpha=0.5)
    for block in _blocks(rows, pathways.steps):
        x = box.x0 + block.column * (wide + gap)
        y1 = top - block.first * tall
        y0 = y1 - block.rows * tall
        fill = page.faded(colours[block.state], block.state)
        canvas.rect(Box(x, y0, x + wide, y1), fill, z=1, edgecolor="#FFFFFF", linewidth=0.4 * u)
        share = formatting.percent(block.rows / len(rows))
        if y1 - y0 >= t.small * LEADING:
            ink, y = text_on(fill), middle((y0 + y1) / 2, t.small)
            name = called[block.state]
            if canvas.wide(f"{name}  {share}", t.small, SEMIBOLD) < wide - 8 * u:
                x += 4 * u + canvas.text(x + 4 * u, y, name, size=t.small, color=ink, weight=SEMIBOLD)
                canvas.text(x + 4 * u, y, share, size=t.small, color=ink)
