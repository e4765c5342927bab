"""The report as one HTML page that needs no network and no other file."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import resources
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from careflow import __version__
from careflow.formatting import known
from careflow.report.content.content import Content
from careflow.report.content.data_files import Table, to_csv
from careflow.report.content.figures import GROUPS, MEASURES, Picture, chart_names
from careflow.report.content.grid import HIDDEN_WORD
from careflow.report.formats.inline_svg import inline

_INTERVAL: Final = re.compile(r"\([\d.,]+–[\d.,]+\)")


def document(content: Content, pictures: tuple[Picture, ...]) -> bytes:
    """Return the page. Every text is escaped; charts are inline SVG with their description."""
    return (
        _template()
        .render(content=content, pictures=pictures, set=inline(pictures), moves=moves(content), version=__version__)
        .encode()
    )


def moves(content: Content) -> dict[str, Any]:
    """Return every rate by quarter that the report shows, for the trend that a click on an arc opens.

    ``rates`` has, by the places of both levels, ``[rate, low, high, mature]`` for each quarter; None where it is hidden
    or nobody was discharged.
    """
    care, frame = content.rates.continuum, content.rates.frame
    places = {name: place for place, name in enumerate(care.names)}
    quarters = {one.name: place for place, one in enumerate(content.periods)}
    rates: dict[str, list[list[float] | None]] = {}
    for row in frame[frame["to"].isin(places)].to_dict("records"):
        series = rates.setdefault(f"{places[row['from']]}-{places[row['to']]}", [None] * len(quarters))
        if not row["hidden"] and known(row["rate"]):
            values = [round(float(row[name]), 4) for name in ("rate", "low", "high")]
            series[quarters[str(row["quarter"])]] = [*values, int(bool(row["mature"]))]
    return {
        "levels": [level.short for level in care.levels],
        "quarters": [one.label for one in content.periods],
        "within": content.rates.about.within[0],
        "rates": rates,
    }


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["csv_link"] = csv_link
    environment.filters["together"] = together
    environment.globals["hidden_word"] = HIDDEN_WORD
    environment.globals["group_prefix"] = GROUPS
    environment.globals["measure_prefix"] = MEASURES
    environment.globals["chart_names"] = chart_names
    environment.globals["fonts"] = _fonts()
    environment.globals["asset"] = lambda name: Markup(_read(name))
    return environment.get_template("report.html.j2")


def _read(name: str) -> str:
    return resources.files("careflow.report").joinpath("templates", name).read_text("utf-8")


def _fonts() -> list[tuple[int, str]]:
    """Return weight and data of the fonts of the charts, for the text of the page."""
    folder = resources.files("careflow.charts").joinpath("fonts")
    return [
        (weight, base64.b64encode(folder.joinpath(f"SourceSansPro-{name}.ttf").read_bytes()).decode("ascii"))
        for name, weight in (("Regular", 400), ("Semibold", 600))
    ]


def together(sentence: str) -> Markup:
    """Return a sentence as markup in which no line ends inside an interval.

    Examples
    --------
    >>> str(together("3% (2–6) & more"))
    '3% <span class="v">(2–6)</span> &amp; more'
    """
    return Markup(_INTERVAL.sub(r'<span class="v">\g<0></span>', str(escape(sentence))))


def csv_link(table: Table) -> str:
    """Return the data URL of a link that saves a table as CSV."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(to_csv(table.frame)).decode("ascii")
