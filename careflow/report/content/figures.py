"""The pictures of the report, each drawn once and written as SVG and PNG."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from careflow import charts
from careflow.charts.drawing.options import Options
from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.formatting import period
from careflow.report.content.content import Content
from careflow.report.content.quarters import LEFT_EARLY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOLD: Final[ContextVar[set[str]]] = ContextVar("careflow_told")
"""What the pictures of the report in the making warned of."""
FOLDER: Final = "charts"
PATHWAYS: Final = "pathways"
"""The picture that stands beside the table of pathways, apart from the trends."""
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
    look: Options = {"notes": f"{content.label}.", "audience": "external" if content.release else "internal"}
    for one in content.periods:
        yield from _of_a_quarter(content, one.name, look)
    rates, stays = content.rates, content.stays
    for name, measure, heading in _TRENDS:
        trend = partial(charts.trend, rates, measure=measure, **look)
        yield Plan(f"trend_{name}", f"{heading}, quarter by quarter", "", trend)
    trend = partial(charts.trend, stays, **look)
    yield Plan("trend_length_of_stay", "Length of stay, quarter by quarter", "", trend)
    if content.census is not None:
        yield Plan("census", "In care, quarter by quarter", "", partial(charts.census, content.census, **look))
    if content.pathways is not None and content.paths is not None:
        yield Plan(PATHWAYS, "Paths through care", "", partial(charts.alluvial, content.paths, **look))


def _of_a_quarter(content: Content, quarter: str, look: Options) -> Iterator[Plan]:
    """Return the pictures of a quarter; those of the report's own have the plain names."""
    rates, stays, when = content.rates, content.stays, period(quarter)
    of = "" if quarter == content.quarter else f"_{quarter}"
    flow_map = partial(charts.flow_map, rates, quarter=quarter, stays=stays, **look)
    yield Plan(f"flow_map{of}", f"Where people went after {when}", quarter, flow_map)
    matrix = partial(charts.transition_matrix, rates, quarter=quarter, **look)
    yield Plan(f"transition_matrix{of}", f"Every level to every other, {when}", quarter, matrix)
    lengths = partial(charts.length_of_stay, stays, quarter=quarter, **look)
    yield Plan(f"length_of_stay{of}", f"How long stays last, {when}", quarter, lengths)


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
    """Draw a picture; what it warns of is kept, to be said once in a report, of however many pictures it is true."""
    with charts.theme(context), warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", charts.CareflowLabelWarning)
        ax = plan.draw(**look)
    for one in heard:
        if issubclass(one.category, charts.CareflowLabelWarning):
            TOLD.get(set()).add(str(one.message))
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return ax


def say_told(told: set[str]) -> None:
    """Warn of what the pictures of a report warned of, once each; names that are cut stand whole in the tables."""
    cut = {text for text in told if "was cut" in text}
    said = sorted(text for text in told - cut if "letters" in text)
    if cut:
        said.append(
            "names of levels were cut to fit into the pictures; they stand whole in the tables. For shorter ones, give "
            "the levels short names in the continuum"
        )
    for text in said:
        warnings.warn(text, charts.CareflowLabelWarning, stacklevel=3)
