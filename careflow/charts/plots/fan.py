"""The fan of a projection: stays in care so far, the replay in grey, and what is expected with its limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from careflow import formatting
from careflow.charts.data.scale import STAYS
from careflow.charts.data.view import View, masked, read
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends, Word, Words
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, plain
from careflow.charts.drawing.ticks import scale_axis
from careflow.charts.drawing.units import (
    DateConverter,
    PeriodFormatter,
    PeriodLocator,
    Periods,
    PeriodTicks,
    convert_with,
    place_of,
)
from careflow.counts.calendar import Calendar
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.estimate import Projection

Floats = NDArray[np.float64]

AS_IS: Final = "as is"
_WEEK: Final = 7
_SHORT: Final = 250
"""Days on the axis under which months are ticked."""


@drawn
def fan(result: Projection, level: str | None = None, **options: Unpack[Options]) -> Axes:
    """Draw the stays in care of a level: so far, as the replay projected them, and as they are expected.

    The line is the expected number, the band its limits; the what-if is a second line with its own. Each grey line is
    what was projected on an earlier day, by what was known then. For readers outside, and of a release, only what is
    expected is drawn, week by week.

    Parameters
    ----------
    result : Projection
        From :func:`careflow.project`.
    level : str, optional
        The level; needed if the projection speaks for several.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> result = cf.project(moves, 28, replay=56, cluster=None, gate="mark")
    >>> charts.fan(result, "iop").careflow.title
    'In care at IOP: 28 days projected'
    """
    view = read(result, "Projection", "fan", where=options.get("where"))
    level = level or _only(view)
    view.check_level(level)
    chart = Chart("fan", view, options, levels=1)
    rows = view.frame[view.frame["level"].astype(str) == level]
    name = chart.labels[level]
    lines = [_line(rows, label, chart) for label in dict.fromkeys(rows["scenario"].astype(str))]
    past = _past(result, view, level, chart)
    shown = [line for line in lines if len(line.days)]
    refused = bool(rows["refused"].any())
    horizon = formatting.count(rows["ahead"].max()) if len(rows) else "0"
    title = f"In care at {name}: {f'{horizon} days projected' if shown or not refused else 'not projected'}"
    if not shown and (past is None or not refused):
        return chart.nothing(title)
    edits = ", ".join(change.words(result.continuum.short) for change in result.what_if)
    what_if = f" What if: {plain(edits)}." if len(lines) > 1 else ""
    grey = " Grey: what was projected on earlier days." if past is not None else ""
    expected = f", expected with {view.ci}.{what_if}" if shown else "."
    chart.open(
        title=title,
        subtitle=f"Stays in care at the end of each day{expected}{grey}",
        notes=[view.size(None), view.interval(), _spoken(result, level, refused=refused)],
        masked=int(rows["hidden"].sum()),
    )
    return _draw(chart, view, rows, shown, past)


def _only(view: View) -> str:
    """Return the only level with numbers."""
    there = view.frame.loc[view.frame["census"].notna(), "level"].astype(str)
    names = [name for name in view.levels if name in set(there)] or list(view.levels)
    if len(names) > 1:
        raise ArgumentError(f"say which level: level= one of {', '.join(map(repr, names))}")
    return names[0]


def _spoken(result: Projection, level: str, *, refused: bool) -> str:
    """Return what the replay says of the level."""
    rows = result.replay[result.replay["level"].astype(str) == level]
    if not len(rows) or rows["mae"].isna().any():
        return ""
    row = rows.iloc[0]
    errors = (
        f"mean error {row['mae']:.1f} stays; {row['mae_last']:.1f} if the census stays as it is, "
        f"{row['mae_season']:.1f} if it is that of a year before"
    )
    return f"Replay: {errors}.{' The projection does not speak for this level.' if refused else ''}"


@dataclass(frozen=True)
class _Line:
    """A scenario: its days as places on the axis, what is expected, and the limits."""

    name: str
    days: Floats
    census: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class _Past:
    """Stays in care so far, and each projection of the replay."""

    days: Floats
    census: Floats
    replayed: list[tuple[Floats, Floats]]


def _line(rows: pd.DataFrame, label: str, chart: Chart) -> _Line:
    own = rows[(rows["scenario"].astype(str) == label) & rows["census"].notna()]
    own = own[own["ahead"] % _WEEK == 0] if chart.coarse else own
    census, low, high = (own[column].to_numpy(float) for column in ("census", "low", "high"))
    return _Line(label, _places(own["day"]), census, low, high)


def _past(result: Projection, view: View, level: str, chart: Chart) -> _Past | None:
    """Return the days of the replay; nothing for readers outside."""
    if chart.coarse or not len(result.history):
        return None
    history = masked(result.history[result.history["level"].astype(str) == level])
    replayed = result.replayed[result.replayed["level"].astype(str) == level]
    history = history[pd.to_datetime(history["day"]) >= replayed["origin"].min()]
    lines = [(_places(part["day"]), part["census"].to_numpy(float)) for _, part in replayed.groupby("origin")]
    return _Past(_places(history["day"]), history["census"].to_numpy(float), lines)


def _places(days: pd.Series[Any]) -> Floats:
    return np.array([place_of(pd.Timestamp(day).to_pydatetime()) for day in days], dtype=float)


def _draw(chart: Chart, view: View, rows: pd.DataFrame, lines: list[_Line], past: _Past | None) -> Axes:
    colours, cutoff = chart.colours, float(place_of(view.about.cutoff))
    days = np.concatenate([[cutoff], *[line.days for line in lines], *([past.days] if past is not None else [])])
    values = [line.high for line in lines] + [line.census for line in lines]
    values += [past.census, *[census for _, census in past.replayed]] if past is not None else []
    top = max((float(np.nanmax(each)) for each in values if np.isfinite(each).any()), default=1.0)
    _time_axis(chart, view, float(days.min()), float(days.max()))
    chart.limits(x=(float(days.min()), float(days.max())), y=(0, max(top, 1.0) * 1.06))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, STAYS, at_most=5)
    chart.ax.set_ylabel("Stays")
    if past is not None:
        for at, census in past.replayed:
            chart.line(at, census, color=colours.context, lw=1.1, z=2)
        chart.line(past.days, past.census, color=colours.ink, lw=1.5, z=3)
        chart.ax.axvline(cutoff, color=colours.axis, linewidth=0.9 * chart.u, zorder=1.5)
        words = [Run(formatting.day(view.about.cutoff), colours.muted)]
        chart.frame.add(Words([Word(cutoff, max(top, 1.0) * 1.06, words, -4, -8, "right", 1)]))
    ends = []
    fills = chart.palette.fills
    hues = [colours.mark(fills["down"]), colours.mark(fills["up"])]
    start = past.census[-1] if past is not None and len(past.census) else None
    for i, (line, hue) in enumerate(zip(lines, hues, strict=False)):
        _fan(chart, line, hue, (cutoff, start), second=i > 0)
        runs = [Run(line.name.capitalize(), colours.word(hue), SEMIBOLD)]
        runs.append(Run(f" {formatting.count(line.census[-1])}", colours.word(hue), SEMIBOLD))
        span = STAYS.span(line.low[-1], line.high[-1])
        ends.append(End(float(line.census[-1]), runs, colours.word(hue), (Run(span, colours.muted),) if span else ()))
    chart.frame.add(Ends(ends))
    data = rows[["scenario", "ahead", "day", "census", "low", "high", "refused", "hidden"]]
    return chart.close(
        data=data[data["ahead"] % _WEEK == 0] if chart.coarse else data,
        n=None,
        largest=[f"{line.name} {formatting.count(line.census[-1])} on the last day" for line in lines],
        what="Fan of a projected census",
    )


def _fan(chart: Chart, line: _Line, hue: str, today: tuple[float, float | None], *, second: bool) -> None:
    """Draw a band and its line, from today's stays on where they are known."""
    at, census, low, high = line.days, line.census, line.low, line.high
    if today[1] is not None and not chart.coarse:
        at = np.append(today[0], at)
        census, low, high = (np.append(today[1], part) for part in (census, low, high))
    chart.area(at, low, high, chart.colours.tint(hue, 0.22 if second else 0.28), z=1.8 if second else 1.6, alpha=0.8)
    chart.line(at, census, color=hue, lw=2.2, dash=(5, 2.5) if second else None, z=4)
    if chart.coarse:
        chart.dots(at, census, size=4.2, color=hue)


def _time_axis(chart: Chart, view: View, first: float, last: float) -> None:
    """Tick the axis by months if it is short, else by quarters."""
    calendar, unit = Calendar(), "month" if last - first < _SHORT else "quarter"
    ends = [date(1970, 1, 1) + pd.Timedelta(days=int(day)) for day in (first, last)]
    numbers = range(calendar.period(ends[0], unit), calendar.period(ends[1], unit) + 1)
    ticked = Periods.of([calendar.label(number, unit) for number in numbers], calendar)
    ticks = PeriodTicks(ticked, chart.theme.body, starts=True)
    convert_with(chart.ax.xaxis, DateConverter(view.about.calendar))
    chart.ax.xaxis.set_major_locator(PeriodLocator(ticks))
    chart.ax.xaxis.set_major_formatter(PeriodFormatter(ticks))
