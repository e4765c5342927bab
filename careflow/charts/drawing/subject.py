"""What is drawn, for whom and with which words: the part that all charts have in common."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final

import pandas as pd

from careflow import formatting
from careflow.charts.data.view import View, labels
from careflow.charts.drawing import rich_text
from careflow.charts.drawing.colours import PLAIN, Colours
from careflow.charts.drawing.fonts import CareflowLabelWarning
from careflow.charts.drawing.metadata import ChartInfo
from careflow.charts.drawing.options import DEFAULTS, Options
from careflow.charts.drawing.palette import Palette
from careflow.charts.drawing.theme import Theme
from careflow.errors import ArgumentError

NONE: Final = "No stays in this selection"
"""What is said of n = 0, and of nothing else."""


class Subject:
    """What is drawn, with the caller's options; the base of what draws it.

    Parameters
    ----------
    kind : str
        Name of the chart.
    view : View
        What is drawn.
    options : Options
        The caller's.
    theme : Theme
        Sizes of type and lengths.
    colours : Colours
        Those on the ground that is drawn on.
    """

    def __init__(self, kind: str, view: View, options: Options, theme: Theme, colours: Colours = PLAIN) -> None:
        self.kind, self.view = kind, view
        self.options: Options = {**DEFAULTS, **options}
        if self.options["audience"] not in ("internal", "external"):
            raise ArgumentError(f"audience is 'internal' or 'external', not {self.options['audience']!r}")
        self.theme, self.colours = theme, colours
        self.u = theme.u
        self.palette = colours.on(Palette().changed(self.options["palette"]))
        self.labels = labels(view, self.options["short_labels"])
        self.names = list(self.labels.values())
        self._notes = self.title = self._subtitle = self.marked = self.owed = ""
        self._masked = 0

    @property
    def external(self) -> bool:
        """Whether the chart is for readers outside the organization."""
        return self.options["audience"] == "external"

    @property
    def coarse(self) -> bool:
        """Whether curves are known, or may be shown, on some days only: they are drawn as lines between those."""
        return self.external or self.view.protected

    def emphasised(self, *keys: object) -> bool:
        """Say whether a mark stands out: one of its keys is named, or nothing is."""
        wanted = self.options["emphasis"]
        if not wanted:
            return True
        names = {tuple(w) if isinstance(w, list) else w for w in wanted}
        return any(key in names for key in keys)

    def faded(self, colour: str, *keys: object) -> str:
        """Return the colour, thinned to 45% unless the mark stands out."""
        return colour if self.emphasised(*keys) else self.colours.tint(colour, 0.45)

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

    def say(self, title: str, subtitle: str, notes: Sequence[str], masked: int, sign: str) -> None:
        """Choose the words: the caller's, or the neutral ones."""
        options = self.options
        self.title = title if options["title"] is None else options["title"]
        self.marked = subtitle if options["subtitle"] is None else options["subtitle"]
        self._subtitle = rich_text.unmarked(self.marked)
        self._masked = masked
        self._notes = " ".join(self._sentences(notes, sign))
        self.owed = " ".join([*[note for note in notes if note][:1], *([self.suppression(sign)] if masked else [])])

    def footer(self) -> str:
        """Return the notes as they are printed: ``notes=""`` leaves only what is owed to a suppressed value."""
        if self.options["notes"] == "":
            return self.suppression("s") if self._masked else ""
        return self._notes

    def why_nothing(self, reason: str, n: float | None) -> str:
        """Return why there is nothing to draw: that there are no stays is said of n = 0 alone."""
        if reason == NONE and (n is None or n != 0):
            return "Too few to be drawn" if n is not None and formatting.known(n) else "Hidden to protect people"
        return reason

    def warn_of_letters(self, lost: set[str]) -> None:
        """Warn once of letters that no font on the machine has."""
        if lost:
            warnings.warn(
                f"no font on this machine has {len(lost)} of the letters on a chart, which are drawn as "
                "boxes: install a font of their script, such as Noto Sans CJK, which is then found by itself, or name "
                'another with charts.theme("notebook", family="...")',
                CareflowLabelWarning,
                stacklevel=4,
            )

    def described(
        self, *, data: pd.DataFrame, n: float | None, largest: Sequence[str], what: str,
        dropped: Sequence[tuple[str, str]] = (), unlabelled: Sequence[tuple[str, str]] = (),
    ) -> ChartInfo:  # fmt: skip
        """Return the chart in words and numbers.

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
        if n is None and self.view.whole:
            n = self.view.about.n
        return ChartInfo(
            kind=self.kind,
            title=self.title,
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

    def _alt(self, what: str, n: float | None, largest: Sequence[str]) -> str:
        parts = [f"{what}."]
        if self.title:
            parts.append(f"{self.title.rstrip('.')}.")
        parts.append(f"{self.view.population()}.")
        parts.append(self.view.size(n))
        if largest:
            parts.append(f"Largest: {'; '.join(largest[:3])}.")
        if self._masked:
            parts.append(f"{self._masked} value{'s' if self._masked > 1 else ''} suppressed.")
        alt = " ".join(parts).replace("\u00a0", " ")
        return alt if len(alt) <= 600 else alt[:599].rstrip() + "…"
