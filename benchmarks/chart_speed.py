"""How long charts take over matplotlib itself. ``python benchmarks/chart_speed.py [chart ...]``.

Processor seconds, all in one run. First ``import careflow; from careflow import charts`` over the bare imports of
pandas, matplotlib and duckdb, each in a fresh process. Then each chart of made-up results, drawn and written as PNG,
over what matplotlib needs for Axes with as many lines, areas, patches and words, of as many points and the same text:
medians of five, after one that warms up.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.text import Text

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support import sample_results  # noqa: E402
from support.words import words_drawn  # noqa: E402

from careflow import charts  # noqa: E402
from careflow.charts.drawing.theme import settings  # noqa: E402

BARE = "import pandas, matplotlib.pyplot, duckdb"
OURS = "import careflow; from careflow import charts"
TIMES = 5
DPI = 150

CHARTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "trend of one move": lambda r: charts.trend(r["quarters"], "inpatient", "residential"),
    "trend, a panel a level": lambda r: charts.trend(r["quarters"]),
    "kaplan_meier": lambda r: charts.kaplan_meier(r["stays"]),
    "length_of_stay": lambda r: charts.length_of_stay(r["stays"]),
    "transition_matrix": lambda r: charts.transition_matrix(r["rates"]),
    "flow_map": lambda r: charts.flow_map(r["rates"]),
    "comparison": lambda r: charts.comparison(r["comparison"]),
    "census": lambda r: charts.census(r["census"]),
}


def results() -> dict[str, Any]:
    """Make the results that the charts are of."""
    made = sample_results
    return {
        "quarters": made.rates(5, by="quarter"), "rates": made.rates(5), "stays": made.stays(5),
        "comparison": made.comparison(5), "census": made.census(5),
    }  # fmt: skip


def written(figure: Figure) -> None:
    """Write a figure as PNG, with the settings of careflow."""
    with settings():
        figure.savefig(BytesIO(), format="png", dpi=DPI)


def contents(figure: Figure) -> tuple[list[Any], list[tuple[Text, float, float]], int]:
    """Return what stands on a figure: its marks, its drawn words and their places in it, how many Axes it has."""
    with settings(), words_drawn() as drawn:
        FigureCanvasAgg(figure).draw()
    frames = {id(ax.patch) for ax in figure.findobj(mpl.axes.Axes)} | {id(figure.patch)}
    spines = {id(spine) for ax in figure.findobj(mpl.axes.Axes) for spine in ax.spines.values()}
    ticks = {id(line) for tick in figure.findobj(mpl.axis.Tick) for line in tick.findobj(Line2D)}
    marks = [
        one for one in figure.findobj(lambda artist: isinstance(artist, Line2D | Patch | Collection))
        if id(one) not in frames | spines | ticks and one.get_visible()
    ]  # fmt: skip
    wide, high = figure.bbox.size
    words = [(mark, box.x0 / wide, box.y0 / high) for mark, box in drawn.values()]
    return marks, words, len(figure.axes)


def plain(size: Any, marks: list[Any], words: list[tuple[Text, float, float]], panels: int) -> Figure:
    """Return a figure of matplotlib's own with as many marks and words, in as many Axes.

    A word stands where the chart's stands in its figure, as a share of the Axes.
    """
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.ravel(figure.subplots(1, panels))
    random = np.random.default_rng(1)
    for place, mark in enumerate(marks):
        ax = axes[place % len(axes)]
        if isinstance(mark, Line2D):
            x = np.linspace(0, 1, max(len(mark.get_xdata()), 2))
            ax.plot(x, random.random(len(x)), marker=mark.get_marker(), linestyle=mark.get_linestyle())
        elif isinstance(mark, Collection):
            points = sum(len(path.vertices) for path in mark.get_paths())
            x = np.linspace(0, 1, max(points // 2, 2))
            ax.fill_between(x, random.random(len(x)) / 2, 0.5 + random.random(len(x)) / 2)
        else:
            corners = random.random((max(len(mark.get_path().vertices), 3), 2))
            ax.add_patch(PathPatch(Outline(corners)))
    for place, (word, x, y) in enumerate(words):
        axes[place % len(axes)].text(
            x, y, word.get_text(), fontsize=word.get_fontsize(),
            fontfamily=word.get_fontfamily(), fontweight=word.get_fontweight(), parse_math=False,
        )  # fmt: skip
    return figure


def seconds(make: Callable[[], Figure]) -> float:
    """Return the median of the processor seconds that a figure takes, from nothing to PNG."""
    taken = []
    for _ in range(TIMES + 1):
        began = time.process_time()
        written(make())
        taken.append(time.process_time() - began)
    return statistics.median(taken[1:])


def imports(code: str) -> float:
    """Return the processor seconds of imports: the smallest of five fresh processes."""
    timed = f"import time; began = time.process_time(); {code}; print(time.process_time() - began)"
    return min(
        float(
            subprocess.run([sys.executable, "-c", timed], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        )
        for _ in range(TIMES)
    )


def main(names: list[str]) -> None:
    """Print the ratios."""
    bare, ours = imports(BARE), imports(OURS)
    print(f"imports: {ours:.2f} s over {bare:.2f} s = {ours / bare:.2f}", flush=True)
    made = results()
    for name, draw in CHARTS.items():
        if names and name not in names:
            continue
        figure = draw(made).figure
        marks, words, panels = contents(figure)
        own = seconds(lambda draw=draw: draw(made).figure)
        theirs = seconds(lambda m=marks, w=words, p=panels, f=figure: plain(f.get_size_inches(), m, w, p))
        print(
            f"{name}: {own:.3f} s over {theirs:.3f} s = {own / theirs:.2f} "
            f"({len(marks)} marks, {len(words)} words, {panels} Axes)", flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
