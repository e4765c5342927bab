"""Charts of several panels: a figure, its Axes by name, one header and one footer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text
from matplotlib.ticker import NullLocator

from careflow.charts.drawing import rich_text
from careflow.charts.drawing.bare_axes import bare
from careflow.charts.drawing.canvas import Box
from careflow.charts.drawing.export import html
from careflow.charts.drawing.fonts import BOLD, CAP, LEADING
from careflow.charts.drawing.frame import Frame
from careflow.charts.drawing.layers import Layer, LayerCanvas
from careflow.charts.drawing.layout import figure_with
from careflow.charts.drawing.metadata import ChartInfo
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.subject import Subject
from careflow.charts.drawing.theme import Theme
from careflow.continuum import Continuum
from careflow.errors import ArgumentError
from careflow.estimate.select import name_among

MOST: Final = 12
COLUMNS: Final = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4, 9: 3}
"""How many panels stand in a row, by how many there are; 4 where there are more."""
_WORDS: Final = 110
"""Points of height that header and footer take, about."""
_LOWEST: Final = 60
"""Points of height under which a panel shows too little: then fewer stand above one another."""
_MARGIN: Final = 18
_BETWEEN: Final = (11, 7)


class Panels(Mapping[str, Axes]):
    """The Axes of a chart of several panels, by name, like those of ``plt.subplot_mosaic``.

    Attributes
    ----------
    figure : matplotlib.figure.Figure or SubFigure
        What the chart is drawn on.
    careflow : ChartInfo
        The description of the whole; the panels of a trend have one each as well.
    """

    def __init__(
        self, figure: Figure | SubFigure, axes: Mapping[str, Axes], careflow: ChartInfo, continuum: Continuum
    ) -> None:
        self.figure, self._axes, self._info, self._continuum = figure, dict(axes), careflow, continuum
        for ax in self._axes.values():
            ax.whole = careflow  # type: ignore[attr-defined]

    @property
    def careflow(self) -> ChartInfo:
        """The description of the whole; what found no room is known once it is drawn."""
        return next((ax.whole for ax in self._axes.values()), self._info)  # type: ignore[attr-defined]

    def describe(self, careflow: ChartInfo) -> None:
        """Put another description in the place of that of the whole."""
        self._info = careflow
        for ax in self._axes.values():
            ax.whole = careflow  # type: ignore[attr-defined]
        if not self._axes:  # without a panel, an Axes of the figure says that there is nothing to draw
            for ax in self.figure.axes:
                if hasattr(ax, "careflow"):
                    ax.careflow = careflow

    def __getitem__(self, name: str) -> Axes:
        """Return the Axes of a name; a level may be spelled as anywhere else."""
        meant = name_among(name, self._axes, self._continuum)
        if meant is None:
            raise KeyError(name)
        return self._axes[meant]

    def __iter__(self) -> Iterator[str]:
        return iter(self._axes)

    def __len__(self) -> int:
        return len(self._axes)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def set(self, **properties: Any) -> None:
        """Set properties of all Axes: ``panels.set(ylim=(0, 1))``."""
        for ax in self._axes.values():
            ax.set(**properties)

    def savefig(self, *args: Any, **options: Any) -> None:
        """Write the whole figure, as matplotlib does; :func:`careflow.charts.save` adds the description."""
        figure = self.figure.get_figure(root=True)
        assert isinstance(figure, Figure)
        figure.savefig(*args, **options)

    def _repr_html_(self) -> str:
        return html(self)


def figure_for(given: Figure | SubFigure | None, size: tuple[float, float] | None, theme: Theme, levels: int) -> Any:
    """Return the figure to draw on: the one given, which must be empty, or a new one."""
    if given is not None:
        if given.axes:
            raise ArgumentError(f"figure= takes an empty figure; it has {len(given.axes)} Axes")
        return given
    size = size or theme.figsize(levels)
    u = theme.u / 72
    w, h = ((_MARGIN - between) * u for between in _BETWEEN)
    return figure_with(
        size, w_pad=_BETWEEN[0] * u, h_pad=_BETWEEN[1] * u,
        rect=(w / size[0], h / size[1], 1 - 2 * w / size[0], 1 - 2 * h / size[1]),
    )  # fmt: skip


def grid(figure: Any, count: int, *, sharex: bool = True, sharey: bool = True) -> list[Axes]:
    """Return the Axes of so many panels; only the outer ones have tick labels where they share an axis."""
    if count > MOST:
        raise ArgumentError(f"{count} panels are too many to be read; choose at most {MOST} with where=")
    columns = min(COLUMNS.get(count, 4), count)
    high = figure.bbox.height / figure.get_figure(root=True).dpi * 72
    while columns < min(count, 6) and (high - _WORDS) / math.ceil(count / columns) < _LOWEST:
        columns += 1
    rows = math.ceil(count / columns)
    cells = figure.add_gridspec(rows, columns)
    out: list[Axes] = []
    for place in range(count):
        first = out[0] if out else None
        ax = figure.add_subplot(
            cells[place // columns, place % columns], sharex=first if sharex else None, sharey=first if sharey else None
        )
        out.append(ax)
        if sharey and place % columns:
            ax.tick_params(axis="y", labelleft=False)
        if sharex and place + columns < count:
            ax.tick_params(axis="x", labelbottom=False)
    return out


def label_outer(axes: Sequence[Axes], *, sharex: bool, sharey: bool) -> None:
    """Leave the names of shared axes to the outer panels."""
    columns = axes[0].get_gridspec().ncols  # type: ignore[union-attr]
    for place, ax in enumerate(axes):
        if sharex and place + columns < len(axes):
            ax.set_xlabel("")
        if sharey and place % columns:
            ax.set_ylabel("")


def stacked(figure: Any, count: int) -> list[Axes]:
    """Return Axes one under the other, without axes of their own: what is drawn on them is laid out in points."""
    cells = figure.add_gridspec(count, 1)
    out = [figure.add_subplot(cells[i, 0]) for i in range(count)]
    for ax in out:
        ax.set_axis_off()
        ax.set_navigate(False)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(NullLocator())  # ticks that nobody sees take longer to make than the rest of an Axes
    return out


def note_unlabelled(ax: Any, unlabelled: tuple[tuple[str, str], ...]) -> None:
    """Note on the description of a chart, while it is drawn, what has no room for a label."""
    if ax.whole.unlabelled != unlabelled:
        old, new = ax.whole, replace(ax.careflow, unlabelled=unlabelled)
        for one in ax.figure.axes:
            if getattr(one, "whole", None) is old:
                one.whole = one.careflow = new


def refuse_axes(chart: str, options: Options) -> None:
    """Raise if a chart that owns its figure is given Axes."""
    if options.get("ax") is not None:
        raise TypeError(
            f"charts.{chart}() draws on a figure of its own: give it figure=fig.subfigures(...) instead of ax="
        )


class Around:
    """One header over and one footer under panels, as wide as all of them.

    Words are no part of what the layout measures, only their height is: the header is a child of a child of the first
    Axes, because matplotlib would set the title of that Axes over a child of its own.
    """

    def __init__(self, subject: Subject, figure: Any, axes: Sequence[Axes], frames: Sequence[Frame]) -> None:
        self.figure, self.axes, self.frames = figure, list(axes), list(frames)
        self.theme, self.colours = subject.theme, subject.colours
        self.title, self.yields = subject.title, subject.options["title"] is None
        marked = subject.marked
        self.subtitle = rich_text.parse(marked, subject.palette, subject.colours.muted) if marked else []
        self.notes, self.owed = subject.footer(), subject.owed
        rows = [ax.get_subplotspec().rowspan.stop for ax in axes]  # type: ignore[union-attr]
        self.foot_place = rows.index(max(rows))

    def draw(self) -> None:
        """Add both."""
        first, last = self.axes[0], self.axes[self.foot_place]
        over = bare(first, (0.0, 1.0, 1.0, 1e-6))
        Layer(first, self._above, self.theme, self.colours, self._state, over=over)
        Layer(last, self._below, self.theme, self.colours, self._state)

    def _state(self, canvas: LayerCanvas) -> object:
        places = tuple(
            (ax.bbox.bounds, *(title.get_position() for title in _titles(ax) if title.get_text())) for ax in self.axes
        )
        return (places, tuple(frame.state(canvas) for frame in self.frames), self._supertitle())

    def _supertitle(self) -> str:
        """Return a title that the caller gave the figure."""
        return str(self.figure.get_suptitle())

    def _top(self, canvas: LayerCanvas) -> float:
        """Return the height over the titles of the first row, in points."""
        tops = [canvas.of(self.axes[0].bbox).y1]
        row = [ax for ax in self.axes if ax.get_subplotspec().rowspan.start == 0]  # type: ignore[union-attr]
        titles = [title for ax in row for title in _titles(ax) if title.get_text()]
        return max([*tops, *(canvas.of(title.get_window_extent(canvas.renderer)).y1 for title in titles)])

    def _width(self, canvas: LayerCanvas) -> tuple[float, float]:
        left = self.frames[0].left(canvas)
        ends = [canvas.of(ax.bbox).x1 for ax in self.axes]
        ends += [layer.reached.x1 for frame in self.frames for layer in frame.layers if layer.reached is not None]
        return left, max(ends)

    def _above(self, canvas: LayerCanvas) -> Box:
        t, u = self.theme, self.theme.u
        left, right = self._width(canvas)
        y = self._top(canvas)
        lines = rich_text.wrap(self.subtitle, t.subtitle, right - left, t.family) if self.subtitle else []
        for i, line in enumerate(reversed(lines)):
            y += 15 * u if i == 0 else t.subtitle * LEADING
            canvas.runs(left, y, line, size=t.subtitle)
        y += t.subtitle * CAP if lines else 0.0
        if self.title and not (self.yields and self._supertitle()):
            run = rich_text.Run(self.title, self.colours.ink, BOLD)
            for i, line in enumerate(reversed(rich_text.wrap([run], t.title, right - left, t.family))):
                y += 9 * u if i == 0 else t.title * 1.15
                canvas.runs(left, y, line, size=t.title)
            y += t.title * CAP
        canvas.leave_out_of_layout()
        return Box(canvas.box.x0, canvas.box.y1, canvas.box.x1, y)

    def _below(self, canvas: LayerCanvas) -> Box:
        t, u = self.theme, self.theme.u
        left, right = self._width(canvas)
        y = self.frames[self.foot_place].under(canvas)
        lines = rich_text.wrap([rich_text.Run(self.notes, self.colours.muted)], t.small, right - left, t.family)
        most = 0.25 * self.figure.bbox.height / canvas.scale / (t.small * LEADING)
        if len(lines) > most and self.owed:
            lines = rich_text.wrap([rich_text.Run(self.owed, self.colours.muted)], t.small, right - left, t.family)
        for i, line in enumerate(lines if self.notes else ()):
            y -= 11 * u + t.small * CAP if i == 0 else t.small * LEADING
            canvas.runs(left, y, line, size=t.small)
        canvas.leave_out_of_layout()
        return Box(canvas.box.x0, y - 0.2 * t.small, canvas.box.x1, canvas.box.y0)


def _titles(ax: Axes) -> list[Text]:
    """Return the title of an Axes at each place."""
    return [mark for mark in ax.get_children() if isinstance(mark, Text) and mark not in ax.texts]
