"""The charts of the report, each drawn once and written as SVG and PNG."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd

from careflow import charts
from careflow.charts.drawing.band import mark_chart
from careflow.charts.drawing.export import laid_out
from careflow.charts.drawing.options import Options
from careflow.continuum.outcomes import DIRECTIONS, STEP_DOWN, STEP_UP
from careflow.counts.measures.checks import FOLLOW_UP
from careflow.estimate.result import Result
from careflow.formatting import period
from careflow.report.content.content import Content
from careflow.report.content.grid import can_be
from careflow.report.content.groups import Groups
from careflow.report.content.measures import Section
from careflow.report.content.quarters import LEFT_EARLY
from careflow.report.content.tooltips import add_titles
from careflow.report.drawing_process import map_on_two
from careflow.report.modes import FULL, RELEASE

R = TypeVar("R", bound=Result)

LABEL_WARNINGS: Final[ContextVar[set[str]]] = ContextVar("careflow_label_warnings")
"""Warnings about labels, raised while the charts of a report were drawn."""
FOLDER: Final = "charts"
CHANGES: Final = "changed_"
"""How the names of the control charts of clear changes begin."""
_LIMITS_NEED: Final = 4
"""Quarters from which the limits of a control chart can be made."""
GROUPS: Final = "by_group_"
"""How the names of the charts by group begin."""
MEASURES: Final = "measure_"
"""How the names of the charts of measures begin."""
PATHWAYS: Final = "pathways"
"""The chart that stands with the table of pathways, apart from the trends."""
_DPI: Final = 200
_SLIDE_DPI: Final = 150
_TRENDS: Final = (
    ("step_down", STEP_DOWN, "Stepping down"),
    ("step_up", STEP_UP, "Stepping up"),
    ("left_early", LEFT_EARLY, "Leaving early"),
)


Chart = tuple[str, str, str, partial[Any]]
"""Name of the files, heading, quarter, and the function that draws."""


@dataclass(frozen=True)
class Plan:
    """A chart before it is drawn: the name of its files, its heading, and the functions that draw and mark it."""

    name: str
    heading: str
    quarter: str
    draw: partial[Any]
    mark: Callable[[Any], None]


@dataclass(frozen=True)
class Picture:
    """A chart of the report: its files and its alternative text."""

    name: str
    heading: str
    quarter: str
    alt: str
    svg: Path
    png: Path
    plan: Plan


def plans(content: Content) -> Iterator[Plan]:
    """Return the charts in the order of the page; ``quarter`` is empty for those over all quarters."""
    mark = partial(mark_chart, text=content.label, band=content.mode == FULL)
    return (Plan(*chart, mark) for chart in _charts(content))


def _charts(content: Content) -> Iterator[Chart]:
    look: Options = {
        "notes": f"{content.label}." + (f" Only {content.part}." if content.part else ""),
        "audience": "external" if content.mode == RELEASE else "internal",
    }
    if content.mode == FULL:
        census, paths = content.census, content.paths
        content = replace(
            content,
            rates=_drawable(content.rates),
            stays=_drawable(content.stays),
            census=None if census is None else _drawable(census),
            paths=None if paths is None else _drawable(paths),
        )
    for one in content.periods:
        yield from _of_a_quarter(content, one.name, look)
    rates, stays = content.rates, content.stays
    yield from _of_changes(content, look)
    for name, measure, heading in _TRENDS:
        trend = partial(charts.trend, rates, measure=measure, **look)
        yield (f"trend_{name}", f"{heading}, quarter by quarter", "", trend)
    trend = partial(charts.trend, stays, **look)
    yield ("trend_length_of_stay", "Length of stay, quarter by quarter", "", trend)
    if content.census is not None:
        yield ("census", "In care, quarter by quarter", "", partial(charts.census, content.census, **look))
    if content.groups is not None:
        yield from _by_group(content.groups, look)
    for section in content.measured:
        yield from _of_a_measure(section, full=content.mode == FULL, look=look)
    if content.pathways is not None and content.paths is not None:
        yield (PATHWAYS, "Paths through care", "", partial(charts.alluvial, content.paths, **look))


def _of_changes(content: Content, look: Options) -> Iterator[Chart]:
    """Return a control chart of each clear change, with limits from the quarters before it where they are enough."""
    rates, care = content.rates, content.rates.continuum
    mature = [one.name for one in content.periods if one.mature]
    for place, (level, measure, before) in enumerate(content.changed, start=1):
        table, column = (rates.directions, "direction") if measure in DIRECTIONS else (rates.frame, "to")
        rows = table[table["from"].eq(level) & table[column].eq(measure) & table["rate"].notna()]
        baseline = [name for name in mature if name <= before and name in set(rows["quarter"].astype(str))]
        chosen: dict[str, Any] = {"to": measure} if measure in care.names else {"measure": measure}
        if len(baseline) >= _LIMITS_NEED:
            chosen["baseline"] = baseline[0], baseline[-1]
        words = f"to {care[measure].short}" if measure in care.names else f": {measure}"
        heading = f"Changed: {care[level].short} {words}, control chart".replace(" :", ":")
        yield (f"{CHANGES}{place}", heading, "", partial(charts.p_chart, rates, level, **chosen, **look))


def _by_group(groups: Groups, look: Options) -> Iterator[Chart]:
    """Return a funnel and, by quarter, small multiples of stepping down from each level that was left."""
    care, by = groups.total.continuum, groups.name
    directions = groups.total.directions
    for level in care.levels:
        rows = directions[directions["from"].eq(level.name) & directions["direction"].eq(STEP_DOWN)]
        if not can_be(care, level.name, STEP_DOWN) or not (rows["hidden"] | (rows["of"] > 0)).any():
            continue
        funnel = partial(charts.funnel, groups.total, level.name, over=by, names="all", **look)
        yield (f"{GROUPS}{level.name}_funnel", f"Stepping down from {level.short} by {by}", "", funnel)
        if groups.rates is None:
            continue
        parts = groups.rates.frame[by].astype(str).isin(groups.drawn).to_numpy()
        shares = groups.rates.directions[by].astype(str).isin(groups.drawn).to_numpy()
        drawn = replace(
            groups.rates,
            frame=_only(groups.rates.frame[parts], by),
            directions=_only(groups.rates.directions[shares], by),
        )
        trend = partial(charts.trend, drawn, level.name, measure=STEP_DOWN, facet=by, **look)
        yield (f"{GROUPS}{level.name}", f"Stepping down from {level.short}, each {by} quarter by quarter", "", trend)


def chart_names(section: Section) -> str:
    """Return how the names of the charts of a measure begin."""
    return f"{MEASURES}{section.name}_"


def _of_a_measure(section: Section, look: Options, *, full: bool) -> Iterator[Chart]:
    """Return a trend for each window of a follow-up; other kinds have tables only."""
    if section.result.measure.kind != FOLLOW_UP:
        return
    result = _drawable(section.result) if full else section.result
    for days in section.result.measure.windows:
        trend = partial(charts.trend, result, where={"window": days}, **look)
        yield (f"{chart_names(section)}{days}", f"{section.title}, within {days} days", "", trend)


def _only(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return rows without the labels of a stratum that are not in them."""
    return frame.assign(**{by: frame[by].cat.remove_unused_categories()}).reset_index(drop=True)


def _drawable(result: R) -> R:
    """Return a result without ``hidden``, at which charts draw curves only on the days that may be shown."""
    return replace(result, frame=result.frame.drop(columns="hidden"))


def _of_a_quarter(content: Content, quarter: str, look: Options) -> Iterator[Chart]:
    """Return the charts of a quarter; the files of the report's quarter have no suffix."""
    rates, stays, when = content.rates, content.stays, period(quarter)
    of = "" if quarter == content.quarter else f"_{quarter}"
    flow_map = partial(charts.flow_map, rates, quarter=quarter, stays=stays, **look)
    yield (f"flow_map{of}", f"Where people went after {when}", quarter, flow_map)
    matrix = partial(charts.transition_matrix, rates, quarter=quarter, **look)
    yield (f"transition_matrix{of}", f"Every level to every other, {when}", quarter, matrix)
    lengths = partial(charts.length_of_stay, stays, quarter=quarter, **look)
    yield (f"length_of_stay{of}", f"How long stays last, {when}", quarter, lengths)


@dataclass(frozen=True)
class Drawn:
    """What is known of a chart once its files are written: its alternative text, and warnings on the way."""

    alt: str
    labels: tuple[str, ...]
    others: tuple[tuple[str, type[Warning]], ...]


def draw(task: tuple[Plan, Path]) -> Drawn:
    """Draw a chart once, and write it as SVG and PNG into ``folder / "charts"``; in any process."""
    plan, folder = task
    target = folder / FOLDER
    target.mkdir(exist_ok=True)
    with charts.theme("report"), _collected() as caught:
        chart = plan.draw()
        plan.mark(chart)
        with laid_out(chart):
            svg = charts.save(chart, target / f"{plan.name}.svg")
            charts.save(chart, target / f"{plan.name}.png", dpi=_DPI)
        care = plan.draw.args[0].continuum
        labels = {level.name: level.short for level in care.levels}
        frame = plan.draw.args[0].frame
        rates = frame[frame["quarter"].astype(str) == plan.quarter] if {"to", "quarter"} <= set(frame) else None
        titled = add_titles(svg.read_text("utf-8"), chart, care.names, labels, rates)
        svg.write_text(titled, "utf-8", newline="\n")
    return Drawn(charts.alt_text(chart), tuple(caught.labels), tuple(caught.others))


def write(
    planned: Sequence[Plan], folder: Path, other: Callable[..., Any] | None, told: Callable[[Plan], None]
) -> list[Picture]:
    """Draw charts and write their files, on two cores where there is a second process.

    Parameters
    ----------
    planned : sequence of Plan
    folder : Path
        The folder of the report.
    other : callable, optional
        :func:`draw` in a second process.
    told : callable
        Called before each chart that is drawn in this one.
    """
    tasks = [(plan, folder) for plan in planned]
    results = map_on_two(draw, other, tasks, lambda task: told(task[0]))
    pictures = []
    for plan, result in zip(planned, results, strict=True):
        LABEL_WARNINGS.get(set()).update(result.labels)
        for text, category in result.others:
            warnings.warn(text, category, stacklevel=2)
        stem = folder / FOLDER / plan.name
        files = (stem.with_name(f"{stem.name}.svg"), stem.with_name(f"{stem.name}.png"))
        pictures.append(Picture(plan.name, plan.heading, plan.quarter, result.alt, *files, plan))
    return pictures


def for_slide(picture: Picture) -> bytes:
    """Return a chart drawn again for a slide, without its title, as PNG."""
    with tempfile.TemporaryDirectory(prefix="careflow-") as folder, charts.theme("slide"), _collected() as caught:
        chart = picture.plan.draw(title="")
        picture.plan.mark(chart)
        data = charts.save(chart, Path(folder) / "slide.png", dpi=_SLIDE_DPI).read_bytes()
    LABEL_WARNINGS.get(set()).update(caught.labels)
    return data


@dataclass
class _Caught:
    """Warnings: those about labels, and others."""

    labels: list[str]
    others: list[tuple[str, type[Warning]]]


@contextmanager
def _collected() -> Iterator[_Caught]:
    """Collect warnings, so that those about labels are raised once for the report; names are cut when it is drawn."""
    out = _Caught([], [])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield out
    for one in caught:
        if issubclass(one.category, charts.CareflowLabelWarning):
            out.labels.append(str(one.message))
        else:
            out.others.append((str(one.message), one.category))


def warn_once(collected: set[str]) -> None:
    """Raise each warning about labels once for a report; all warnings about cut names are one."""
    cut = {text for text in collected if "was cut" in text}
    messages = sorted(text for text in collected - cut if "letters" in text)
    if cut:
        messages.append(
            "names of levels were cut to fit into the pictures; the tables have the full names. To avoid this, give "
            "the levels short names in the continuum"
        )
    for text in messages:
        warnings.warn(text, charts.CareflowLabelWarning, stacklevel=3)
