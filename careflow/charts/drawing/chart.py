"""A chart on a real Axes: marks in data coordinates, words around them, a description."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox, TransformedBbox
from numpy.typing import ArrayLike

from careflow.charts.data.view import View
from careflow.charts.drawing import rich_text
from careflow.charts.drawing.canvas import Box
from careflow.charts.drawing.colours import colours_of
from careflow.charts.drawing.export import ChartAxes
from careflow.charts.drawing.fonts import covering, missing
from careflow.charts.drawing.frame import Foot, Frame, Sized
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.layout import figure_with
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.parts import panel
from careflow.charts.drawing.subject import NONE, Subject
from careflow.charts.drawing.theme import Theme, current, theme_of_caller
from careflow.charts.drawing.ticks import Pointed

PAD: Final = 18
"""Margin of a figure of careflow's own, in units."""


class Chart(Subject):
    """One chart in the making: ``open`` sets the words around it, ``close`` describes what was drawn.

    Parameters
    ----------
    kind : str
        Name of the chart.
    view : View
        What is drawn.
    options : Options
        The caller's options.
    levels : int, optional
        How many levels stand side by side, by which a new figure grows.
    """

    def __init__(self, kind: str, view: View, options: Options, *, levels: int | None = None) -> None:
        given, self.part = options.get("ax"), panel.get()
        self.own = self.part.own if self.part is not None else given is None
        theme = current() if self.own else theme_of_caller()
        if given is None:
            size = options.get("figsize") or theme.figsize(levels if levels is not None else len(view.levels))
            given = new_axes(size, theme)
        self.ax: Axes = given
        super().__init__(kind, view, options, theme, colours_of(given))
        self.fresh = {
            "x": not any(_used(one) for one in self.ax.get_shared_x_axes().get_siblings(self.ax)),
            "y": not any(_used(one) for one in self.ax.get_shared_y_axes().get_siblings(self.ax)),
        }
        self.frame = Frame(self.ax, self.theme, self.colours)
        self.first = not hasattr(self.ax, "careflow")

    def open(
        self, *, title: str, subtitle: str, notes: Sequence[str], masked: int = 0, sign: str = "s",
        head: tuple[list[Sized], list[Sized]] | None = None, foot: Foot | None = None,
        gutter: Callable[[LayerCanvas, Frame], float] | None = None,
    ) -> None:  # fmt: skip
        """Set the title, and the words above and below.

        Parameters
        ----------
        title, subtitle : str
            The neutral ones. ``subtitle`` is marked up; data in it must have gone through ``rich_text.plain``.
        notes : sequence of str
            Sentences for the footer; empty ones are left out.
        masked : int
            How many values of the chart are suppressed.
        sign : str
            What a suppressed value looks like: ``"s, hatched"``.
        head : pair of runs, optional
            Words over the plot, at its left and at its right end.
        foot : callable, optional
            Draws a table between the axis and the notes.
        gutter : callable, optional
            Returns how far words reach left of the Axes, in points.
        """
        self.say(title, subtitle, notes, masked, sign)
        frame, part = self.frame, self.part
        if part is None:
            frame.foot, frame.gutter = foot, gutter
        if part is not None:
            part.chart = self
            part.words = {"title": title, "subtitle": subtitle, "notes": notes, "masked": masked, "sign": sign}
            if head is not None:
                frame.head = ([], head[1])
            frame.name_panel(part.name)
            return
        if not self.options["header"] or not self.first:
            if foot is not None and self.first:
                frame.enclose()
            return
        if self.title:
            frame.entitle(self.title, default=self.options["title"] is None)
        frame.subtitle = rich_text.parse(self.marked, self.palette, self.colours.muted) if self.marked else []
        brief = self.marked.removesuffix(rich_text.plain(self.view.population())).rstrip()
        if not self.view.chosen and 0 < len(brief) < len(self.marked.rstrip()):
            frame.brief = rich_text.parse(brief, self.palette, self.colours.muted)
        frame.notes = self.footer()
        frame.owed = self.owed
        if head is not None:
            frame.head = head
        frame.enclose()

    def close(self, **content: Any) -> Axes:
        """Attach the description (see :meth:`Subject.described`), and return the Axes."""
        if self.part is None:
            self.warn_of_lost()
        else:
            self.part.content = content
        self.ax.careflow = self.described(**content)  # type: ignore[attr-defined]
        self.ax.format_coord = Pointed(self.ax)  # type: ignore[method-assign]
        return self.ax

    def warn_of_lost(self) -> None:
        """Warn once of letters in the words of the chart that no font on the machine has."""
        words = [self.title, self._subtitle, self._notes, *self.names]
        self.warn_of_letters({one for text in words for one in missing(text, covering(text, self.theme.family))})

    def nothing(self, title: str, reason: str = NONE, *, n: float | None = 0) -> Axes:
        """Draw real axes that say that there is nothing to draw, and why.

        Parameters
        ----------
        title : str
            The neutral one.
        reason : str
            Why. That there are no stays may be said where ``n`` is 0, and nowhere else.
        n : float, optional
            How many there are; missing where that is suppressed.
        """
        reason = self.why_nothing(reason, n)
        self.open(
            title=title, subtitle=rich_text.plain(self.view.population()), notes=[self.view.size(n)],
            masked=int(self.view.frame["hidden"].sum()),
        )  # fmt: skip
        if self.part is None:
            self.ax.grid(visible=False)
            self.ax.set(xticks=[], yticks=[])
        self.frame.add(Centred(reason))
        return self.close(data=self.view.frame.head(0), n=n, largest=[], what=reason)

    def limits(self, *, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None) -> None:
        """Set the limits, or widen those of what is drawn already."""
        for name, wanted in (("x", x), ("y", y)):
            if wanted is None:
                continue
            get, put = getattr(self.ax, f"get_{name}lim"), getattr(self.ax, f"set_{name}lim")
            if not self.fresh[name]:
                old = get()
                widest = (min(*old, *wanted), max(*old, *wanted))
                wanted = widest if wanted[0] <= wanted[1] else widest[::-1]
            put(*wanted)

    def ticks(self) -> None:
        """Fix the look of ticks that matplotlib makes later, when the style is over."""
        if not self.own:
            return
        t, c = self.theme, self.colours
        for axis, size in (("x", 3.5), ("y", 0.0)):
            self.ax.tick_params(
                axis=axis, labelfontfamily=list(t.family), labelsize=t.body, labelcolor=c.muted,  # type: ignore[arg-type]
                color=c.axis, length=size * self.u, width=0.8 * self.u, pad=(3 if axis == "x" else 5) * self.u,
            )  # fmt: skip

    def grid(self, *, x: bool = False, y: bool = True) -> None:
        """Draw the lines of the grid on Axes of careflow's own; others keep theirs."""
        if not self.own:
            return
        self.ax.set_axisbelow(True)
        for axis, shown in (("x", x), ("y", y)):
            if shown:
                self.ax.grid(visible=True, axis=axis, color=self.colours.rule, linewidth=0.7 * self.u)  # type: ignore[arg-type]
            else:
                self.ax.grid(visible=False, axis=axis)  # type: ignore[arg-type]

    def line(
        self, x: ArrayLike, y: ArrayLike, *, color: str = "", lw: float = 1.9, dash: Sequence[float] | None = None,
        z: float = 3, steps: bool = False, cap: str = "butt",
    ) -> Line2D:  # fmt: skip
        """Draw a line through data; ``lw`` and ``dash`` are in units, NaN breaks it."""
        (line,) = self.ax.plot(
            np.asarray(x, dtype=float), np.asarray(y, dtype=float), color=color or self.colours.ink,
            linewidth=lw * self.u, linestyle="-" if dash is None else (0, [d / lw for d in dash]),
            dash_capstyle="butt", solid_capstyle=cap, solid_joinstyle="round", marker="none",
            drawstyle="steps-post" if steps else "default", zorder=z,
        )  # fmt: skip
        return line

    def area(
        self,
        x: ArrayLike,
        low: ArrayLike,
        high: ArrayLike,
        color: str,
        *,
        z: float = 2,
        steps: bool = False,
        **style: Any,
    ) -> None:
        """Fill between two lines through data; NaN in either breaks the area."""
        style.setdefault("linewidth", 0)
        self.ax.fill_between(
            np.asarray(x, dtype=float), np.asarray(low, dtype=float), np.asarray(high, dtype=float),
            facecolor=color, zorder=z, step="post" if steps else None, **style,
        )  # fmt: skip

    def dots(
        self, x: ArrayLike, y: ArrayLike, *, size: float, color: str, edge: str = "", lw: float = 0.8, z: float = 4
    ) -> None:
        """Draw round dots; ``size`` is the diameter in units. A dot on the edge of the Axes is whole."""
        (marks,) = self.ax.plot(
            np.asarray(x, dtype=float), np.asarray(y, dtype=float), linestyle="none", marker="o",
            markersize=size * self.u, markerfacecolor=color, markeredgecolor=edge or self.colours.ground,
            markeredgewidth=lw * self.u, zorder=z,
        )  # fmt: skip
        marks.set_clip_box(TransformedBbox(Bbox([[-0.02, -0.03], [1.02, 1.03]]), self.ax.transAxes))


class Centred:
    """Sets a sentence in the middle of an Axes."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __call__(self, canvas: LayerCanvas) -> Box | None:
        """Draw the sentence."""
        box, size = canvas.box, canvas.theme.subtitle
        lines = rich_text.wrap(
            [rich_text.Run(self.words, canvas.colours.muted)], size, max(box.w, 1), canvas.theme.family
        )
        for i, line in enumerate(lines):
            y = (box.y0 + box.y1) / 2 + ((len(lines) - 1) / 2 - i) * size * 1.24
            canvas.runs((box.x0 + box.x1) / 2, y, line, size=size, align="center")
        return None


def _used(ax: Axes) -> bool:
    return hasattr(ax, "careflow") or ax.has_data()


def new_figure(figsize: tuple[float, float], theme: Theme) -> Figure:
    """Return a figure that pyplot does not know, with constrained layout and a margin."""
    pad = PAD * theme.u / 72
    return figure_with(figsize, w_pad=pad, h_pad=pad)


def new_axes(figsize: tuple[float, float], theme: Theme) -> Axes:
    """Return the Axes of a new figure."""
    return new_figure(figsize, theme).add_subplot(axes_class=ChartAxes)
