"""Expected days by state: bars in the colour of the level, in the order of the continuum, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.ticks import COUNT_STEPS, steps
from careflow.charts.data.view import number, read
from careflow.charts.drawing.axes import Panel
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import CAP, REGULAR, SEMIBOLD
from careflow.charts.drawing.options import Options, drawn
from careflow.charts.drawing.page import Page
from careflow.charts.drawing.palette import INK, MID, MUTED, WHITE, intensity, luminance
from careflow.charts.drawing.rich_text import Run, cut, plain

if TYPE_CHECKING:
    from careflow.estimate import ExpectedDays

_OUTSIDE: Final = ("left care", "died", "completed", "left early")


@drawn
def expected_days(
    result: ExpectedDays, *, quarter: str | None = None, outside: bool = False, **options: Unpack[Options]
) -> Axes:
    """Draw how many days people spend at each level, on average, up to the horizon, with the total in care.

    Parameters
    ----------
    result : ExpectedDays
        From :func:`careflow.expected_days`.
    quarter : str, optional
        The period to draw.
    outside : bool
        Also draw the days after leaving care.
    **options
    """
    view = read(result, "ExpectedDays", "expected_days", quarter=quarter, where=options.get("where"))
    page = Page("expected_days", view, options, levels=1)
    title = "Expected days at each level of care"
    rows = {str(row["state"]): row for row in view.frame.to_dict("records")}
    order = [name for name in view.levels if name in rows]
    order += [s for s in rows if s not in order and (outside or s not in _OUTSIDE)]
    if not order:
        return page.nothing(title)
    horizon = getattr(result, "horizon", None) or getattr(result, "days", None)
    within = f" in the {int(horizon)} days after admission" if isinstance(horizon, int) else ""
    hidden = sum(bool(rows[name]["hidden"]) for name in order)
    box = page.open(
        title=title,
        subtitle=f"Mean days spent at each level{within}, with {view.ci}. {plain(view.population())}",
        notes=[
            view.size(None),
            view.interval(),
            "Total: all levels of care, without the time between stays.",
            _short_note(rows, order, horizon),
        ],
        masked=hidden,
        gap=16,
    )
    return _draw(page, box, rows, order)


def _draw(page: Page, box: Box, rows: dict[str, Any], order: list[str]) -> Axes:
    t, u, canvas, view = page.theme, page.u, page.canvas, page.view
    values = {name: [number(rows[name][c]) for c in ("days", "low", "high")] for name in order}
    care = [name for name in order if name in view.levels]
    total = float(np.sum([values[name][0] for name in care]))
    names = {name: page.labels.get(name, name.capitalize()) for name in order}
    gutter = min(max(canvas.wide(name, t.body, SEMIBOLD) for name in [*names.values(), "Total in care"]), 0.3 * box.w)
    right = canvas.wide("100.0", t.body, SEMIBOLD) + canvas.wide(" 100–100", t.small) + 10 * u
    area = Box(box.x0 + gutter + 10 * u, box.y0 + 6 * u + t.body * CAP + t.body * 1.5, box.x1 - right, box.y1)
    tops = [v for value in values.values() for v in value if formatting.known(v)]
    top = max([*tops, total if formatting.known(total) else 0.0, 1.0])
    panel = Panel(canvas, area, (0, top * 1.02), (0, 1))
    for mark in steps(top, COUNT_STEPS, at_most=6) if tops else ():
        x = panel.x(mark)
        canvas.line([x, x], [area.y0, area.y1], color="#D5D9DE", lw=0.7, z=0.5)
        canvas.text(x, area.y0 - 6 * u - t.body * CAP, formatting.count(mark), color=MUTED, align="center")
    if tops:
        panel.caption("Days")
    step = min(area.h / (len(order) + 1.3), 46 * u)
    ramp = dict(zip(view.levels, intensity(len(view.levels)), strict=True))
    for i, name in enumerate(order):
        y = area.y1 - (i + 0.5) * step
        fill = page.faded(ramp.get(name, MID), name)
        canvas.text(
            box.x0,
            middle(y, t.body),
            cut(names[name], t.body, gutter + 1, t.family, SEMIBOLD, page.names),
            weight=SEMIBOLD,
        )
        if bool(rows[name]["hidden"]) or not formatting.known(values[name][0]):
            canvas.text(area.x0 + 4 * u, middle(y, t.body), _lacking(rows, [name]), color=MUTED)
            continue
        _bar(page, panel, y, step, values[name], fill)
    _total(page, panel, box.x0, area.y1 - (len(order) + 0.8) * step, step, total, _lacking(rows, care))
    ranked = sorted((n for n in order if formatting.known(values[n][0])), key=lambda n: -values[n][0])
    data = pd.DataFrame(
        [(n, *values[n], bool(rows[n]["hidden"])) for n in order], columns=["state", "days", "low", "high", "hidden"]
    )
    return page.close(
        data=data,
        n=None,
        largest=[f"{names[n]} {_figure(values[n][0])} days" for n in ranked],
        what="Expected days by level",
    )


def _lacking(rows: dict[str, Any], names: Sequence[str]) -> str:
    """Return what stands in place of a missing number made from some rows: suppressed only where one is hidden."""
    return formatting.MASK if any(bool(rows[name]["hidden"]) for name in names) else "not followed"


def _short_note(rows: dict[str, Any], order: Sequence[str], horizon: object) -> str:
    """Return why numbers are missing that are not hidden; empty where none is."""
    missing = any(not rows[name]["hidden"] and not formatting.known(number(rows[name]["days"])) for name in order)
    until = f"{int(horizon)} days" if isinstance(horizon, int) else "so long"
    return f"Not followed: nobody was followed for {until}." if missing else ""


def _total(page: Page, panel: Panel, left: float, y: float, step: float, total: float, lacking: str) -> None:
    """Draw the row of all care; ``lacking`` is what it says where the total is missing."""
    t, u, canvas, area = page.theme, page.u, page.canvas, panel.box
    canvas.line([left, area.x1], [y + step * 0.65] * 2, color="#D5D9DE", lw=0.8)
    canvas.text(left, middle(y, t.body), "Total in care", weight=SEMIBOLD)
    if formatting.known(total):
        canvas.rect(Box(area.x0, y - step * 0.24, panel.x(total), y + step * 0.24), "#4A5158", z=1)
        canvas.text(panel.x(total) + 5 * u, middle(y, t.body), _figure(total), weight=SEMIBOLD)
    else:
        canvas.text(area.x0 + 4 * u, middle(y, t.body), lacking, color=MUTED)


def _bar(page: Page, panel: Panel, y: float, step: float, value: list[float], fill: str) -> None:
    t, u, canvas = page.theme, page.u, page.canvas
    days, low, high = value
    edge: dict[str, Any] = {"edgecolor": intensity(5)[2], "linewidth": 0.6 * u} if luminance(fill) > 0.4 else {}
    canvas.rect(Box(panel.box.x0, y - step * 0.3, panel.x(days), y + step * 0.3), fill, z=1, **edge)
    end = panel.x(days)
    if formatting.known(low) and formatting.known(high):
        end = max(end, panel.x(high))
        for color, lw in ((WHITE, 2.6), (INK, 1.1)):
            canvas.line([panel.x(low), panel.x(high)], [y, y], color=color, lw=lw, z=3)
    x = canvas.runs(end + 5 * u, middle(y, t.body), [Run(_figure(days), INK, SEMIBOLD)])
    if formatting.known(low) and formatting.known(high):
        canvas.text(
            end + 5 * u + x + 3 * u,
            middle(y, t.body),
            f"{_figure(low)}–{_figure(high)}",
            size=t.small,
            color=MUTED,
            weight=REGULAR,
        )


def _figure(days: float) -> str:
    return f"{days:.1f}" if days < 10 else formatting.count(days)
