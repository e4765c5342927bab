"""The pictures of the report, each drawn once and written as SVG and PNG."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from careflow import charts
from careflow.charts.look import Look
from careflow.charts.words import period
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.report.content import Content
from careflow.report.periods import LEFT_EARLY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER: Final = "charts"
_DPI: Final = 200
_SLIDE_DPI: Final = 150
_TRENDS: Final = (
    ("step_down", STEP_DOWN, "Stepping down"),
    ("step_up", STEP_UP, "Stepping up"),
    ("left_early", LEFT_EARLY, "Leaving early"),
)


@dataclass(frozen=True)
class Plan:
    """A picture before it is drawn: the plain name of its files, its heading, and how to draw it."""

    name: str
    heading: str
    quarter: str
    draw: Callable[..., Axes]


@dataclass(frozen=True)
class Picture:
    """A picture of the report: where its files are, and what it says to who cannot see it."""

    name: str
    heading: str
    quarter: str
    alt: str
    svg: Path
    png: Path
    plan: Plan


def plans(content: Content) -> Iterator[Plan]:
    """Return the pictures in the order of the page; ``quarter`` is empty for those over all quarters."""
    rates, stays, chosen = content.rates, content.stays, content.quarter
    when = period(chosen)
    look: Look = {"notes": f"{content.label}.", "audience": "external" if content.release else "internal"}
    for one in content.periods:
        yield Plan(
            "flow_map" if one.name == chosen else f"flow_map_{one.name}",
            f"Where people went after {one.label}",
            one.name,
            partial(charts.flow_map, rates, quarter=one.name, stays=stays, **look),
        )
    matrix = partial(charts.transition_matrix, rates, quarter=chosen, **look)
    yield Plan("transition_matrix", f"Every level to every other, {when}", chosen, matrix)
    lengths = partial(charts.los, stays, quarter=chosen, **look)
    yield Plan("length_of_stay", f"How long stays last, {when}", chosen, lengths)
    for name, measure, heading in _TRENDS:
        trend = partial(charts.trend, rates, measure=measure, **look)
        yield Plan(f"trend_{name}", f"{heading}, quarter by quarter", "", trend)
    trend = partial(charts.trend, stays, **look)
    yield Plan("trend_length_of_stay", "Length of stay, quarter by quarter", "", trend)


def write(plan: Plan, folder: Path) -> Picture:
    """Draw a picture and write its files into ``folder / "charts"``."""
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    ax = _drawn(plan, "report")
    svg = charts.save(ax, place / f"{plan.name}.svg")
    png = charts.save(ax, place / f"{plan.name}.png", dpi=_DPI)
    return Picture(plan.name, plan.heading, plan.quarter, charts.alt_text(ax), svg, png, plan)


def for_slide(picture: Picture) -> bytes:
    """Return a picture drawn again for a slide, without its title, as PNG."""
    with tempfile.TemporaryDirectory(prefix="careflow-") as folder:
        ax = _drawn(picture.plan, "slide", title="")
        return charts.save(ax, Path(folder) / "slide.png", dpi=_SLIDE_DPI).read_bytes()


def _drawn(plan: Plan, context: str, **look: str) -> Axes:
    with charts.theme(context), warnings.catch_warnings():
        warnings.simplefilter("ignore", charts.CareflowLabelWarning)  # a name that is cut stands whole in the tables
        return plan.draw(**look)
