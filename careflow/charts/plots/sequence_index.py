"""The sequence index as relative-frequency groups: each row is the most central pathway of an equal share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Unpack

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from careflow import formatting
from careflow.charts.data.scale import SHARE
from careflow.charts.drawing.canvas import middle
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import LEADING, SEMIBOLD, WEIGHTS
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.palette import text_on
from careflow.charts.drawing.rich_text import plain
from careflow.charts.drawing.subject import NONE
from careflow.charts.drawing.ticks import FitNames, NameFormatter, scale_axis
from careflow.charts.plots.pathway_steps import Paths, fills, head, hidden_note, names, ordered, paths_of
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Pathways

TITLE: Final = "Typical pathways"
LEAST: Final = 11
_HALF: Final = 0.49
"""Half of what a column takes of its unit."""
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

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.sequence_index(cf.pathways(moves, steps=3))
    >>> charts.alt_text(chart).split(". ")[0]
    'Relative-frequency sequence plot, 46 groups'
    """
    if groups < 1:
        raise ArgumentError(f"groups is a whole number, 1 or more; it was {groups}")
    pathways = paths_of(result, "sequence_index", steps, options.get("where"))
    chart = Chart("sequence_index", pathways.view, options, levels=1)
    rows = min(groups, int(pathways.n // LEAST))
    if rows < 1:
        reason = "Too few journeys to be drawn" if pathways.n or pathways.hidden else NONE
        return chart.nothing(TITLE, reason, n=pathways.n)
    return _draw(chart, pathways, _medoids(pathways, rows))


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


def _draw(chart: Chart, pathways: Paths, rows: Sequence[Path]) -> Axes:
    view = pathways.view
    each = pathways.n / len(rows)
    chart.open(
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
    )
    _grid(chart, pathways, rows)
    data = pd.DataFrame([(*path, *[None] * (pathways.steps - len(path))) for path in rows])
    data.columns = [f"step_{i + 1}" for i in range(pathways.steps)]
    firsts = pd.Series([path[0] for path in rows]).value_counts()
    called = names(chart)
    return chart.close(
        data=data,
        n=pathways.n,
        largest=[f"first {called[str(s)]} {formatting.percent(n / len(rows))}" for s, n in firsts.items()],
        what=f"Relative-frequency sequence plot, {len(rows)} groups",
    )


def _grid(chart: Chart, pathways: Paths, rows: Sequence[Path]) -> None:
    """Draw a column for each step, neighbours of one state as one block with its name."""
    ax, count, ground = chart.ax, len(rows), chart.colours.ground
    colours, called = fills(chart, pathways.view), names(chart)
    chart.limits(x=(0.5, pathways.steps + 0.5), y=(1, 0))
    chart.grid(y=False)
    chart.ticks()
    scale_axis(ax.yaxis, SHARE)
    places = list(range(1, pathways.steps + 1))
    heads = [head(place - 1, pathways.days) for place in places]
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.tick_params(axis="both", length=0)
    ax.set_xticks(places, labels=heads, fontweight=WEIGHTS[SEMIBOLD], color=chart.colours.ink, ha="center")
    formatter = NameFormatter(places, heads)
    ax.xaxis.set_major_formatter(formatter)
    chart.frame.add(FitNames(formatter, "x"))
    for spine in ax.spines.values():
        spine.set_visible(False)
    pale = chart.colours.tint(chart.colours.faint, 0.5)
    for place in places:
        ax.add_patch(Rectangle((place - _HALF, 0), 2 * _HALF, 1, facecolor=pale, linewidth=0, zorder=0.3))
    blocks: list[_Name] = []
    for block in _blocks(rows, pathways.steps):
        fill = chart.faded(colours[block.state], block.state)
        x, y, tall = block.column + 1 - _HALF, block.first / count, block.rows / count
        ax.add_patch(
            Rectangle((x, y), 2 * _HALF, tall, facecolor=fill, edgecolor=ground, linewidth=0.4 * chart.u, zorder=1)
        )
        share = formatting.percent(block.rows / count)
        blocks.append(_Name(x, y, y + tall, called[block.state], share, text_on(fill)))
    chart.frame.add(_Names(blocks))


@dataclass(frozen=True)
class _Name:
    """The name of a block and its share: where it stands in data."""

    x: float
    top: float
    foot: float
    name: str
    share: str
    color: str


class _Names:
    """Names blocks that are high and wide enough."""

    def __init__(self, blocks: Sequence[_Name]) -> None:
        self.blocks = list(blocks)

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the names."""
        t, u = canvas.theme, canvas.u
        for block in self.blocks:
            if not canvas.sees(block.x + _HALF, (block.top + block.foot) / 2):
                continue
            x, y1 = canvas.at(block.x, block.top)
            x1, y0 = canvas.at(block.x + 2 * _HALF, block.foot)
            wide = canvas.wide(f"{block.name}  {block.share}", t.small, SEMIBOLD)
            if abs(y1 - y0) < t.small * LEADING or wide >= x1 - x - 8 * u:
                continue
            y = middle((y0 + y1) / 2, t.small)
            x += 4 * u + canvas.text(x + 4 * u, y, block.name, size=t.small, color=block.color, weight=SEMIBOLD)
            canvas.text(x + 4 * u, y, block.share, size=t.small, color=block.color)
