"""Length of stay by level: quantile dots above a line, the middle half and the median below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.quantile_dots import Stay, curves_of, stays_of
from careflow.charts.data.thin import MARK, thin_note
from careflow.charts.data.ticks import COUNT_STEPS, steps
from careflow.charts.data.view import View, read
from careflow.charts.drawing.axes import Panel
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, LEADING, REGULAR, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import Page
from careflow.charts.drawing.palette import BAND, INK, MUTED, RULE, intensity
from careflow.charts.drawing.rich_text import Run, cut, plain
from careflow.charts.plots.length_of_stay_marks import Marks
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import LengthOfStay

TITLE: Final = "Length of stay by level of care"
_LOG_TICKS: Final = {
    0: "", 1: "", 3: "", 7: "a week", 14: "", 30: "a month", 60: "", 90: "a quarter", 180: "", 365: "a year",
    730: "two years", 1460: "four years",
}  # fmt: skip
_UNKNOWN: Final = "–"
Style = Literal["auto", "dots", "interval", "ridge"]


@drawn
def length_of_stay(
    result: LengthOfStay,
    *,
    quarter: str | None = None,
    style: Style = "auto",
    scale: Literal["auto", "log", "linear"] = "auto",
    dots: int = 50,
    benchmark: Mapping[str, float] | None = None,
    **options: Unpack[Options],
) -> Axes:
    """Draw how long stays last, level by level, stays still open counted.

    Each dot is an equal share of a level's stays, placed at a Kaplan-Meier quantile, and stands for at least 11 of
    them; circle and bar are the median and the middle half, as the result has them.

    Parameters
    ----------
    result : LengthOfStay
        From :func:`careflow.length_of_stay`.
    quarter : str, optional
        The period to draw; by default the latest.
    style : {"auto", "dots", "interval", "ridge"}
        ``"auto"`` is dots up to 8 levels, else intervals; a ridge is drawn only on request.
    scale : {"auto", "log", "linear"}
        ``"auto"`` is logarithmic if the largest median is over 5 times the smallest.
    dots : int
        Most dots a row: 50, 25, 20 or 10.
    benchmark : dict of str to float, optional
        Days to mark, by level.
    **options
    """
    if style not in ("auto", "dots", "interval", "ridge") or scale not in ("auto", "log", "linear"):
        raise ArgumentError(f"no style {style!r} with scale {scale!r}; see the docstring of charts.length_of_stay")
    view = read(result, "LengthOfStay", "length_of_stay", quarter=quarter, where=options.get("where"))
    page = Page("length_of_stay", view, options)
    curve = getattr(result, "curve", None)
    curves = curves_of(curve, view) if isinstance(curve, pd.DataFrame) and style != "interval" else {}
    if style == "auto":
        style = "dots" if len(view.levels) <= 8 and curves else "interval"
    stays = stays_of(view, curves if style in ("dots", "ridge") else {}, dots)
    if not any(stay.hidden or stay.n > 0 for stay in stays):
        return page.nothing(TITLE)
    return _Drawing(page, view, stays, style, scale, benchmark or {}).draw()


class _Drawing:
    """The rows, one under the other, on one axis of days."""

    def __init__(
        self, page: Page, view: View, stays: Sequence[Stay], style: str, scale: str, benchmark: Mapping[str, float]
    ) -> None:
        self.page, self.view, self.stays, self.style, self.benchmark = page, view, list(stays), style, benchmark
        medians = [s.median for s in stays if formatting.known(s.median) and s.median > 0]
        self.log = scale == "log" or (scale == "auto" and bool(medians) and max(medians) > 5 * min(medians))
        finite = [d for s in stays for d in s.dots[np.isfinite(s.dots)]]
        ends = [
            *finite,
            *(v for s in stays for v in (s.q75, s.median, s.q25) if formatting.known(v)),
            *benchmark.values(),
        ]
        self.last = max([*ends, 1.0])
        self.over = any(np.isinf(s.dots).any() for s in stays)
        self.zero = min([*ends, 1.0]) < 1

    def draw(self) -> Axes:
        """Draw everything and return the host."""
        page, view = self.page, self.view
        hidden = sum(s.hidden for s in self.stays)
        box = page.open(
            title=TITLE, subtitle=self._subtitle(), masked=hidden, gap=18,
            notes=[
                "Kaplan–Meier quantiles, so stays still open at the cut-off count towards length.",
                f"Length counted in {view.about.convention}." if view.about.convention else "",
                view.size(float(np.sum([s.n for s in self.stays]))),
                "Dots on straight lines between the days that may be shown." if self._smooth() else "",
                "Upright mark: benchmark." if self.benchmark else "",
                thin_note(view) if any(s.thin for s in self.stays) else "",
                f"{_UNKNOWN}: not reached, or too few stays to show." if self._unknown() else "",
                "Levels with too few stays for dots of 11 have no dots." if self._bare() else "",
            ],
        )  # fmt: skip
        self._lay_out(box)
        self.stays = [self.marks.thinned(stay) for stay in self.stays]
        self._axis()
        for i, stay in enumerate(self.stays):
            self._row(i, stay)
        ranked = sorted((s for s in self.stays if formatting.known(s.median)), key=lambda s: -s.median)
        return page.close(
            data=self._data(),
            n=float(np.sum([s.n for s in self.stays])),
            largest=[f"{page.labels[s.name]} median {formatting.days(s.median)}" for s in ranked],
            what="Length of stay by level, with medians and middle halves",
        )

    def _smooth(self) -> bool:
        return self.view.protected and any(len(s.dots) for s in self.stays)

    def _bare(self) -> bool:
        return self.style == "dots" and any(s.n > 0 and not len(s.dots) and not s.hidden for s in self.stays)

    def _unknown(self) -> bool:
        """Whether a median is missing of which the frame does not say if it was not reached or is not shown."""
        return any(self._figure(s) == _UNKNOWN for s in self.stays)

    def _figure(self, stay: Stay) -> str:
        """Return the median in words: only a hidden row is called suppressed."""
        if stay.hidden:
            return formatting.MASK
        if not stay.n > 0:
            return "no stays"
        lost = self.view.protected and not formatting.known(stay.median) and not formatting.known(stay.q25)
        return _UNKNOWN if lost else formatting.days(stay.median)

    def _mark(self, stay: Stay) -> str:
        return f" {MARK}" if stay.thin else ""

    def _subtitle(self) -> str:
        counts = sorted({len(s.dots) for s in self.stays if len(s.dots)}, reverse=True)
        parts = []
        if self.style == "dots" and counts:
            share = f"{100 / counts[0]:g}" + (f"–{100 / counts[-1]:g}" if len(counts) > 1 else "") + "%"
            parts.append(f"Each dot is {share} of stays at that level; bar = middle half, circle = median.")
        else:
            parts.append("Bar = middle half of stays, circle = median.")
        return f"{' '.join(parts)} {plain(self.view.population())}"

    def _lay_out(self, box: Box) -> None:
        """Share out the box: names at the left, the axis, medians at the right."""
        page, t, u = self.page, self.page.theme, self.page.u
        wide = page.canvas.wide
        foot = 7 * u + 2.3 * t.body
        head = t.body + 6 * u
        self.step = (box.h - foot - head) / len(self.stays)
        self.one_line = self.step < t.body * 2.7
        names = [wide(page.labels[s.name], t.body, SEMIBOLD) for s in self.stays]
        sizes = [wide(self._size(s), t.small) for s in self.stays]
        gutter = min(max(names), 0.24 * box.w)
        gutter = gutter + 6 * u + max(sizes) if self.one_line else max(gutter, *sizes)
        figures = [wide(self._figure(s), t.body, SEMIBOLD) + wide(self._mark(s), t.small) for s in self.stays]
        spans = [wide(self._span(s), t.small) for s in self.stays]
        right = max(
            [a + b + 4 * u for a, b in zip(figures, spans, strict=True)] if self.one_line else [*figures, *spans]
        )
        right = max(right, wide("Median", t.body, SEMIBOLD) + wide(" (IQR)", t.small))
        over = 26 * u if self.over else 0.0
        self.box = box
        area = Box(box.x0 + gutter + 16 * u, box.y0 + foot, box.x1 - right - 12 * u - over, box.y1 - head)
        self.name_room = min(max(names), 0.24 * box.w)
        self.strip = Box(area.x1 + 4 * u, area.y0, area.x1 + over, area.y1) if self.over else None
        self.panel = Panel(page.canvas, area, self._limits(), (0, 1), self._warp if self.log else None)
        self.marks = Marks(page, self.panel, self.strip, self.step, self.style)

    def _warp(self, days: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.log(np.maximum(days, 0.5))

    def _limits(self) -> tuple[float, float]:
        if not self.log:
            return 0.0, self.last * 1.03
        low = 0.5 if self.zero else 1.0
        top = next((tick for tick in _LOG_TICKS if tick >= self.last), self.last)
        return low * (0.88 if not self.zero else 0.94), max(top * 1.0, self.last, low * 4) * 1.06

    def _axis(self) -> None:
        page, t, u, panel = self.page, self.page.theme, self.page.u, self.panel
        if self.log:
            marks = [(d, s) for d, s in _LOG_TICKS.items() if (self.zero or d > 0) and d <= panel.xlim[1]]
        else:
            marks = [(int(d), "") for d in steps(panel.xlim[1], COUNT_STEPS, at_most=8)]
        tick_names = {7: "a week", 30: "a month", 90: "a quarter", 365: "a year"}
        base = panel.box.y0 - 5 * u - t.body * CAP
        ends = -1e9
        for day, _ in marks:
            x = panel.x(day if not self.log else max(day, 0.5))
            page.canvas.line([x, x], [panel.box.y0, panel.box.y1], color=RULE, lw=0.7, z=0.5)
            half = page.canvas.wide(formatting.count(day), t.body) / 2
            if x - half > ends + 2 * u:
                page.canvas.text(x, base, formatting.count(day), color=MUTED, align="center")
                ends = x + half
        caption = "Length of stay, days (log scale)" if self.log else "Length of stay, days"
        page.canvas.text(self.box.x0, base - t.body * 1.3, caption, color=MUTED)
        free = self.box.x0 + page.canvas.wide(caption, t.body) + 6 * u
        for day, text in tick_names.items() if self.log else ():
            x, half = panel.x(day), page.canvas.wide(text, t.small) / 2
            if day <= panel.xlim[1] and x - half > free:
                page.canvas.text(x, base - t.body * 1.3, text, size=t.small, color=MUTED, align="center")
                free = x + half + 5 * u
        runs = [Run("Median", INK, SEMIBOLD)]
        y = panel.box.y1 + 8 * u
        x = self._right()
        x += page.canvas.runs(x, y, runs)
        page.canvas.text(x, y, " (IQR)", size=t.small, color=MUTED)
        if self.strip is not None:
            page.canvas.rect(self.strip, BAND, z=0.3)
            at = (self.strip.x0 + self.strip.x1) / 2
            page.canvas.text(at, y, "longer", size=t.small, color=MUTED, align="center")

    def _right(self) -> float:
        return (self.strip.x1 if self.strip is not None else self.panel.box.x1) + 12 * self.page.u

    def _size(self, stay: Stay) -> str:
        return f"n = {formatting.count(stay.n)}" + ("" if self.one_line else " stays")

    def _span(self, stay: Stay) -> str:
        if stay.hidden or not formatting.known(stay.q25):
            return ""
        upper = formatting.count(stay.q75) if formatting.known(stay.q75) else "not reached"
        return f"{formatting.count(stay.q25)}–{upper}"

    def _row(self, index: int, stay: Stay) -> None:
        floor = self.panel.box.y1 - (index + (0.72 if self.style != "interval" else 0.5)) * self.step
        self.marks.line(floor)
        self._texts(stay, floor)
        fill = self.page.faded(intensity(len(self.stays))[index], stay.name)
        self.marks.draw(stay, floor, fill, self.benchmark.get(stay.name))

    def _texts(self, stay: Stay, floor: float) -> None:
        page, t, u = self.page, self.page.theme, self.page.u
        canvas, right = page.canvas, self._right()
        name = cut(
            page.labels[stay.name],
            t.body,
            self.name_room + 0.5,
            t.family,
            SEMIBOLD,
            page.names,
        )
        figure, mark = self._figure(stay), self._mark(stay)
        span = self._span(stay)
        if self.one_line:
            y = middle(floor, t.body)
            canvas.text(self.box.x0, y, name, weight=SEMIBOLD)
            canvas.text(self.panel.box.x0 - 12 * u, y, self._size(stay), size=t.small, color=MUTED, align="right")
            x = right + canvas.text(right, y, figure, weight=SEMIBOLD)
            x += canvas.text(x, y, mark, size=t.small, color=MUTED) if mark else 0.0
            canvas.text(x + 4 * u, y, span, size=t.small, color=MUTED)
            return
        upper = floor + 3.5 * u if self.style != "interval" else floor + (t.small * LEADING) / 2 - t.body * CAP / 2
        lower = upper - t.small * LEADING - u
        for x, top, under in ((self.box.x0, name, self._size(stay)), (right, figure, span)):
            plain_weight = top in (formatting.MASK, "no stays", _UNKNOWN)
            end = x + canvas.text(x, upper, top, weight=REGULAR if plain_weight else SEMIBOLD)
            canvas.text(x, lower, under, size=t.small, color=MUTED)
        if mark:
            canvas.text(end, upper, mark, size=t.small, color=MUTED)

    def _data(self) -> pd.DataFrame:
        rows = [(s.name, s.n, s.median, s.q25, s.q75, s.hidden, len(s.dots), s.thin) for s in self.stays]
        return pd.DataFrame(rows, columns=["level", "n", "median", "q25", "q75", "hidden", "dots", "thin"])
