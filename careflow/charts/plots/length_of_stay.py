"""Length of stay by level: quantile dots above a line, the middle half and the median below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, Unpack, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Affine2DBase, ScaledTranslation

from careflow import formatting
from careflow.charts.data.quantile_dots import Stay, curves_of, stays_of
from careflow.charts.data.thin import MARK, thin_note
from careflow.charts.data.view import View, read
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import plain
from careflow.charts.drawing.ticks import FitNames, Printed, name_axis
from careflow.charts.plots.length_of_stay_axis import LOG_TICKS, DayNames, DayTicks, stretched, unstretched
from careflow.charts.plots.length_of_stay_marks import RowMarks, RowText, RowTexts
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import LengthOfStay

TITLE: Final = "Length of stay by level of care"
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

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.length_of_stay(cf.length_of_stay(moves))
    >>> charts.alt_text(chart).split(". ")[0]
    'Length of stay by level, with medians and middle halves'
    """
    if style not in ("auto", "dots", "interval", "ridge") or scale not in ("auto", "log", "linear"):
        raise ArgumentError(f"no style {style!r} with scale {scale!r}; see the docstring of charts.length_of_stay")
    view = read(result, "LengthOfStay", "length_of_stay", quarter=quarter, where=options.get("where"))
    chart = Chart("length_of_stay", view, options)
    curve = getattr(result, "curve", None)
    curves = curves_of(curve, view) if isinstance(curve, pd.DataFrame) and style != "interval" else {}
    if style == "auto":
        style = "dots" if len(view.levels) <= 8 and curves else "interval"
    stays = stays_of(view, curves if style in ("dots", "ridge") else {}, dots)
    if not any(stay.hidden or stay.n > 0 for stay in stays):
        return chart.nothing(TITLE)
    return _Drawing(chart, view, stays, style, scale, benchmark or {}).draw()


class _Drawing:
    """The rows, one under the other, on one axis of days."""

    def __init__(
        self, chart: Chart, view: View, stays: Sequence[Stay], style: str, scale: str, benchmark: Mapping[str, float]
    ) -> None:
        self.chart, self.view, self.stays, self.style, self.benchmark = chart, view, list(stays), style, benchmark
        medians = [s.median for s in stays if formatting.known(s.median) and s.median > 0]
        far = bool(medians) and max(medians) > 5 * min(medians)
        # Panels that share an axis share its scale.
        self.log = scale == "log" or (scale == "auto" and (far or chart.part is not None))
        finite = [d for s in stays for d in s.dots[np.isfinite(s.dots)]]
        ends = [
            *finite,
            *(v for s in stays for v in (s.q75, s.median, s.q25) if formatting.known(v)),
            *benchmark.values(),
        ]
        self.last = max([*ends, 1.0])
        self.over = any(np.isinf(s.dots).any() for s in stays)

    def draw(self) -> Axes:
        """Draw everything and return the Axes."""
        chart, view = self.chart, self.view
        chart.open(
            title=TITLE, subtitle=self._subtitle(), masked=sum(s.hidden for s in self.stays),
            notes=[
                view.size(float(np.sum([s.n for s in self.stays]))),
                "Kaplan–Meier quantiles, so stays still open at the cut-off count towards length.",
                f"Length counted in {view.about.convention}." if view.about.convention else "",
                "Dots on straight lines between the days that may be shown." if self._smooth() else "",
                "Upright mark: benchmark." if self.benchmark else "",
                thin_note(view) if any(s.thin or s.thin_quartiles for s in self.stays) else "",
                f"{_UNKNOWN}: not reached, or too few stays to show." if self._unknown() else "",
                "Levels with too few stays for dots of 11 have no dots." if self._bare() else "",
            ],
        )  # fmt: skip
        self._axes()
        for i, stay in enumerate(self.stays):
            self._row(i, stay)
        fills = [chart.faded(fill, stay.name) for fill, stay in zip(self._ramp(), self.stays, strict=True)]
        over = self._limits()[1] if self.over else None
        chart.frame.add(RowMarks(self.stays, fills, self.style, smooth=view.protected, over=over))
        chart.frame.add(RowTexts([self._text(stay) for stay in self.stays], self.style, over=over))
        if self.log:
            chart.frame.add(DayNames())
        ranked = sorted((s for s in self.stays if formatting.known(s.median)), key=lambda s: -s.median)
        return chart.close(
            data=self._data(),
            n=float(np.sum([s.n for s in self.stays])),
            largest=[f"{chart.labels[s.name]} median {formatting.days(s.median)}" for s in ranked],
            what="Length of stay by level, with medians and middle halves",
        )

    def _smooth(self) -> bool:
        return self.view.protected and any(len(s.dots) for s in self.stays)

    def _bare(self) -> bool:
        return self.style == "dots" and any(s.n > 0 and not len(s.dots) and not s.hidden for s in self.stays)

    def _unknown(self) -> bool:
        """Whether a median is missing of which the frame does not say if it was not reached or is not shown."""
        return any(self._figure(s) == _UNKNOWN for s in self.stays)

    def _ramp(self) -> Sequence[str]:
        return self.chart.colours.intensity(len(self.stays))

    def _figure(self, stay: Stay) -> str:
        """Return the median in words: only a hidden row is called suppressed."""
        if stay.hidden:
            return formatting.MASK
        if not stay.n > 0:
            return "no stays"
        lost = self.view.protected and not formatting.known(stay.median) and not formatting.known(stay.q25)
        return _UNKNOWN if lost else formatting.days(stay.median)

    def _subtitle(self) -> str:
        counts = sorted({len(s.dots) for s in self.stays if len(s.dots)}, reverse=True)
        parts = []
        if self.style == "dots" and counts:
            share = f"{100 / counts[0]:g}" + (f"–{100 / counts[-1]:g}" if len(counts) > 1 else "") + "%"
            parts.append(f"Each dot is {share} of stays at that level; bar = middle half, circle = median.")
        else:
            parts.append("Bar = middle half of stays, circle = median.")
        return f"{' '.join(parts)} {plain(self.view.population())}"

    def _limits(self) -> tuple[float, float]:
        """Return the first and the last day of the axis, what lies beyond its end left out."""
        if not self.log:
            return 0.0, self.last * 1.03
        return 0.0, max(next((tick for tick in LOG_TICKS if tick >= self.last), self.last), self.last, 4.0) * 1.1

    def _axes(self) -> None:
        chart, ax, rows = self.chart, self.chart.ax, len(self.stays)
        end = self._limits()[1]
        if self.log:
            ax.set_xscale("function", functions=(stretched, unstretched))
        above, below = (0.74, 0.3) if self.style != "interval" else (0.5, 0.5)
        beyond = (unstretched(stretched(end) * 1.055) if self.log else end * 1.055) if self.over else end
        first = float(unstretched(-0.12)) if self.log else 0.0
        chart.limits(x=(first, float(beyond)), y=(rows - 1 + below, -above))
        chart.grid(x=True, y=False)
        chart.ticks()
        ax.xaxis.set_major_locator(DayTicks(end, log=self.log))
        ax.xaxis.set_major_formatter(Printed(formatting.days, _counts))
        ax.set_xlabel("Length of stay, days (log scale)" if self.log else "Length of stay, days", loc="left")
        names = [chart.labels[stay.name] for stay in self.stays]
        side = "bottom" if self.style != "interval" else "center"
        formatter = name_axis(ax.yaxis, [s.name for s in self.stays], range(rows), names, chart, va=side)
        chart.frame.add(FitNames(formatter, "y", lines=1, drop=chart.frame.drop))
        if self.over:
            ax.axvspan(end, float(beyond), facecolor=chart.colours.band, linewidth=0, zorder=0.3)

    def _row(self, index: int, stay: Stay) -> None:
        """Draw the line of a row, its middle half and its median, a little under the line."""
        chart, colours, u = self.chart, self.chart.colours, self.chart.u
        lined = self.style != "interval"
        under = chart.ax.transData + ScaledTranslation(0, -5 * u / 72 if lined else 0, _inches(chart.ax))
        if lined:
            chart.ax.axhline(index, color=colours.grey("#A9B0B7"), linewidth=0.8 * u, zorder=1)
        ink = chart.faded(colours.ink if lined else self._ramp()[index], stay.name)
        if not stay.hidden and formatting.known(stay.q25):
            q75 = stay.q75 if formatting.known(stay.q75) else self._limits()[1]
            wide = 2.4 if lined else 5.2
            line = chart.line([stay.q25, q75], [index, index], color=ink, lw=wide, z=3)
            line.set_transform(under)
        if not stay.hidden and formatting.known(stay.median):
            chart.dots([stay.median], [index], size=6.6, color=colours.ground,
                       edge=chart.faded(colours.ink, stay.name), lw=1.6, z=5)  # fmt: skip
            chart.ax.lines[-1].set_transform(under)
        if stay.name in self.benchmark:
            (mark,) = chart.ax.plot([self.benchmark[stay.name]], [index], marker="|", markersize=9 * u,
                                    markeredgewidth=1.1 * u, color=colours.ink, zorder=4, transform=under)  # fmt: skip
            mark.set_linestyle("none")

    def _text(self, stay: Stay) -> RowText:
        span = ""
        if not stay.hidden and formatting.known(stay.q25):
            upper = formatting.count(stay.q75) if formatting.known(stay.q75) else "not reached"
            span = f"{formatting.count(stay.q25)}–{upper}" + (f" {MARK}" if stay.thin_quartiles else "")
        figure = self._figure(stay)
        return RowText(
            f"n = {formatting.count(stay.n)} stays", figure, MARK if stay.thin else "", span,
            strong=figure not in (formatting.MASK, "no stays", _UNKNOWN),
        )  # fmt: skip

    def _data(self) -> pd.DataFrame:
        rows = [
            (s.name, s.n, s.median, s.q25, s.q75, s.hidden, len(s.dots), s.thin, s.thin_quartiles) for s in self.stays
        ]
        names = ["level", "n", "median", "q25", "q75", "hidden", "dots", "thin", "thin_quartiles"]
        return pd.DataFrame(rows, columns=names)


def _inches(ax: Axes) -> Affine2DBase:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return cast(Affine2DBase, figure.dpi_scale_trans)


def _counts(days: Sequence[float]) -> list[str]:
    return [formatting.count(day) for day in days]
