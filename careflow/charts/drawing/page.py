"""The page that every chart is drawn on: host box, header, footer, description."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from careflow import formatting
from careflow.charts.data.view import View, labels
from careflow.charts.drawing import rich_text
from careflow.charts.drawing.canvas import Box, Canvas
from careflow.charts.drawing.export import ChartAxes
from careflow.charts.drawing.fonts import BOLD, CAP, LEADING, REGULAR, CareflowLabelWarning
from careflow.charts.drawing.metadata import ChartInfo
from careflow.charts.drawing.options import DEFAULTS, Options
from careflow.charts.drawing.palette import INK, MUTED, RULE, Palette, mix
from careflow.charts.drawing.theme import current
from careflow.errors import ArgumentError, DisclosureError

NONE: Final = "No stays in this selection"
"""What is said of n = 0, and of nothing else."""


class Page:
    """One chart in the making: ``open`` sets the words above and below, ``close`` describes what was drawn.

    Parameters
    ----------
    kind : str
        Name of the chart.
    view : View
        What is drawn.
    look : Look
        The caller's options.
    levels : int, optional
        How many levels stand side by side, by which the page grows.
    """

    def __init__(self, kind: str, view: View, options: Options, *, levels: int | None = None) -> None:
        self.kind, self.view = kind, view
        self.options: Options = {**DEFAULTS, **options}
        if self.options["audience"] not in ("internal", "external"):
            raise ArgumentError(f"audience is 'internal' or 'external', not {self.options['audience']!r}")
        self.theme = current()
        self.palette = Palette().changed(self.options["palette"])
        self.labels = labels(view, self.options["short_labels"])
        self.names = list(self.labels.values())
        given = self.options["ax"]
        self.embedded = given is not None
        self.ax = given if given is not None else _new_axes(
            self.options["figsize"] or self.theme.figsize(levels if levels is not None else len(view.levels))
        )  # fmt: skip
        self.canvas = Canvas(self.ax, self.theme)
        self.u = self.theme.u
        self.margin = (2 if self.embedded else 18) * self.u
        self.left, self.right = self.margin, self.canvas.w - self.margin
        self._notes = self._title = self._subtitle = ""
        self._masked = 0

    @property
    def external(self) -> bool:
        """Whether the chart is to leave the house."""
        return self.options["audience"] == "external"

    @property
    def coarse(self) -> bool:
        """Whether curves are known, or may be shown, on some days only: they are drawn as lines between those."""
        return self.external or self.view.protected

    def refuse(self, what: str, instead: str) -> None:
        """Refuse to draw for readers outside what could show a person."""
        if self.external:
            raise DisclosureError(f"{what} may not leave the house; {instead}")

    def emphasised(self, *keys: object) -> bool:
        """Say whether a mark stands out: one of its keys is named, or nothing is."""
        wanted = self.options["emphasis"]
        if not wanted:
            return True
        names = {tuple(w) if isinstance(w, list) else w for w in wanted}
        return any(key in names for key in keys)

    def faded(self, colour: str, *keys: object) -> str:
        """Return the colour, thinned to 45% unless the mark stands out."""
        return colour if self.emphasised(*keys) else mix("#FFFFFF", colour, 0.45)

    def room(
        self, *, title: str, subtitle: str, notes: Sequence[str], masked: int = 0, sign: str = "s", gap: float = 14
    ) -> Box:
        """Return the box that ``open`` would return with these words, without drawing them."""
        options = self.options
        self._title = title if options["title"] is None else options["title"]
        marked = subtitle if options["subtitle"] is None else options["subtitle"]
        self._subtitle = rich_text.unmarked(marked)
        self._masked = masked
        self._notes = " ".join(self._sentences(notes, sign))
        self._head: list[tuple[float, list[rich_text.Run], float]] = []
        self._foot: list[list[rich_text.Run]] = []
        if not options["header"]:
            pad = 2 * self.u
            return Box(self.left, pad, self.right, self.canvas.h - pad)
        top = self._measure_head(marked)
        return Box(self.left, self._measure_foot(), self.right, top - gap * self.u)

    def open(
        self, *, title: str, subtitle: str, notes: Sequence[str], masked: int = 0, sign: str = "s", gap: float = 14
    ) -> Box:
        """Set the header, make room for the footer, and return the box between them.

        Parameters
        ----------
        title, subtitle : str
            The neutral ones. ``subtitle`` is marked up; data in it must have gone through ``text.plain``.
        notes : sequence of str
            Sentences for the footer; empty ones are left out.
        masked : int
            How many values of the chart are suppressed.
        sign : str
            What a suppressed value looks like: ``"s, hatched"``.
        gap : float
            Space under the header, in units.
        """
        box = self.room(title=title, subtitle=subtitle, notes=notes, masked=masked, sign=sign, gap=gap)
        for y, line, size in self._head:
            self.canvas.runs(self.left, y, line, size=size)
        return box

    def _sentences(self, notes: Sequence[str], sign: str) -> list[str]:
        sentences = [note for note in notes if note]
        if self._masked:
            sentences.append(self.suppression(sign))
        if self.options["notes"]:
            sentences.append(self.options["notes"])
        source = self.view.about.source if self.options["source"] is None else self.options["source"]
        return [*sentences, f"Source: {source.rstrip('.')}."] if source else sentences

    def suppression(self, sign: str) -> str:
        """The sentence that says what a suppressed value looks like."""
        counted = "moves" if self.view.is_intensity else self.view.unit
        return (
            f"{sign}: suppressed (fewer than {self.view.below} {counted}, or withheld so that another "
            "cell cannot be worked out)."
        )

    def nothing(self, title: str, reason: str = NONE, *, n: float | None = 0) -> Axes:
        """Draw a frame that says that there is nothing to draw, and why.

        Parameters
        ----------
        title : str
            The neutral one.
        words_ : str
            Why. That there are no stays may be said where ``n`` is 0, and nowhere else.
        n : float, optional
            How many there are; missing where that is suppressed.
        """
        if reason == NONE and (n is None or n != 0):
            reason = "Too few to be drawn" if n is not None and formatting.known(n) else "Hidden to protect people"
        masked = int(self.view.frame["hidden"].sum())
        box = self.open(
            title=title, subtitle=rich_text.plain(self.view.population()), notes=[self.view.size(n)], masked=masked
        )
        self.canvas.rect(box, "#FFFFFF", edgecolor=RULE, linewidth=0.8 * self.u)
        middle = (box.y0 + box.y1) / 2
        self.canvas.text((box.x0 + box.x1) / 2, middle, reason, color=MUTED, align="center", size=self.theme.subtitle)
        return self.close(data=self.view.frame.head(0), n=n, largest=[], what=reason)

    def close(
        self,
        *,
        data: pd.DataFrame,
        n: float | None,
        largest: Sequence[str],
        what: str,
        dropped: Sequence[tuple[str, str]] = (),
        unlabelled: Sequence[tuple[str, str]] = (),
    ) -> Axes:
        """Set the footer, attach the description, and return the host.

        Parameters
        ----------
        data : pandas.DataFrame
            Exactly what was drawn.
        n : float
            How many it rests on; missing where suppressed.
        largest : sequence of str
            The three largest values in words, for the description.
        what : str
            The kind of chart in words.
        dropped, unlabelled : sequence of (str, str)
            Moves that were not drawn, or drawn without a label.
        """
        small = self.theme.small
        for i, line in enumerate(reversed(self._foot)):
            self.canvas.runs(self.left, self._foot_at + i * small * LEADING, line, size=small)
        if self.canvas.missing:
            warnings.warn(
                f"no font on this machine has {len(self.canvas.missing)} of the letters on a chart, which are drawn as "
                "boxes: install a font of their script, such as Noto Sans CJK, which is then found by itself, or name "
                'another with charts.theme("notebook", family="...")',
                CareflowLabelWarning,
                stacklevel=3,
            )
        if n is None and self.view.whole:
            n = self.view.about.n
        self.ax.careflow = ChartInfo(  # type: ignore[attr-defined]
            kind=self.kind,
            title=self._title,
            subtitle=self._subtitle,
            notes=self._notes,
            alt=self._alt(what, n, largest),
            n=None if n is None or not formatting.known(n) else round(n),
            data=data.reset_index(drop=True),
            suppressed=self._masked,
            dropped_edges=tuple(dropped),
            unlabelled=tuple(unlabelled),
            context=self.theme,
        )
        return self.ax

    def _measure_head(self, subtitle: str) -> float:
        """Break title and subtitle into lines from the top; return the lowest baseline."""
        t = self.theme
        room = self.right - self.left
        y = self.canvas.h - (3 if self.embedded else 16) * self.u
        title = rich_text.wrap([rich_text.Run(self._title, INK, BOLD)], t.title, room, t.family) if self._title else []
        for i, line in enumerate(title):
            y -= t.title * (CAP if i == 0 else 1.15)
            self._head.append((y, line, t.title))
        runs = rich_text.parse(subtitle, self.palette) if subtitle else []
        for i, line in enumerate(rich_text.wrap(runs, t.subtitle, room, t.family) if runs else []):
            first = t.subtitle * (1.55 if title else CAP)
            y -= first if i == 0 else t.subtitle * LEADING
            self._head.append((y, line, t.subtitle))
        return y

    def _measure_foot(self) -> float:
        """Break the notes into lines; return the height up to which they reach."""
        small = self.theme.small
        run = rich_text.Run(self._notes, MUTED, REGULAR)
        self._foot = rich_text.wrap([run], small, self.right - self.left, self.theme.family) if self._notes else []
        self._foot_at = (3 if self.embedded else 13) * self.u
        return self._foot_at + max(len(self._foot) - 1, 0) * small * LEADING + small * CAP + 13 * self.u

    def _alt(self, what: str, n: float | None, largest: Sequence[str]) -> str:
        parts = [f"{what}."]
        if self._title:
            parts.append(f"{self._title.rstrip('.')}.")
        parts.append(f"{self.view.population()}.")
        parts.append(self.view.size(n))
        if largest:
            parts.append(f"Largest: {'; '.join(largest[:3])}.")
        if self._masked:
            parts.append(f"{self._masked} value{'s' if self._masked > 1 else ''} suppressed.")
        alt = " ".join(parts).replace("\u00a0", " ")
        return alt if len(alt) <= 600 else alt[:599].rstrip() + "…"


def _new_axes(figsize: tuple[float, float]) -> Axes:
    figure = Figure(figsize=figsize, facecolor="white")
    FigureCanvasAgg(figure)
    return figure.add_axes(ChartAxes(figure, (0.0, 0.0, 1.0, 1.0)))
