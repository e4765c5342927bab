"""The report as one HTML page that needs nothing else: no network, no other file."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import resources
from typing import Final

import jinja2
from markupsafe import Markup

from careflow import __version__
from careflow.report.content import Content
from careflow.report.figures import Picture
from careflow.report.grid import HIDDEN_WORD
from careflow.report.tables import Table, to_csv

_SVG: Final = re.compile(r"<svg\b.*</svg>", re.DOTALL)
_UNWANTED: Final = re.compile(r"<metadata>.*?</metadata>|<style\b.*?</style>", re.DOTALL)
_ROOT: Final = re.compile(r"\s(?:xmlns(?::\w+)?|width|height|version)=\"[^\"]*\"")
_IDS: Final = re.compile(r"(\bid=\"|\bxlink:href=\"#|\burl\(#)")
_LABELLED: Final = re.compile(r"aria-labelledby=\"([^\"]*)\"")


def document(content: Content, pictures: tuple[Picture, ...]) -> bytes:
    """Return the page. Every text is escaped; charts are inline SVG with their description."""
    return _template().render(content=content, pictures=pictures, version=__version__).encode()


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
    environment.filters["svg"] = inline_svg
    environment.filters["csv_link"] = csv_link
    environment.globals["hidden_word"] = HIDDEN_WORD
    environment.globals["fonts"] = _fonts()
    environment.globals["asset"] = lambda name: Markup(_read(name))
    return environment.get_template("report.html.j2")


def _read(name: str) -> str:
    return resources.files("careflow.report").joinpath("templates", name).read_text("utf-8")


def _fonts() -> list[tuple[int, str]]:
    """Return weight and data of the fonts that the charts are drawn in, for the words around them."""
    folder = resources.files("careflow.charts").joinpath("fonts")
    return [
        (weight, base64.b64encode(folder.joinpath(f"SourceSansPro-{name}.ttf").read_bytes()).decode("ascii"))
        for name, weight in (("Regular", 400), ("Semibold", 600))
    ]


def inline_svg(picture: Picture) -> Markup:
    """Return the SVG of a picture for the middle of a page: no prologue, no style of its own, ids like no other's."""
    found = _SVG.search(picture.svg.read_text("utf-8"))
    assert found is not None
    text = _UNWANTED.sub("", found[0])
    end = text.index(">")
    text = _ROOT.sub("", text[:end]) + text[end:]
    prefix = f"{picture.name}-"
    text = _IDS.sub(lambda match: match[1] + prefix, text)
    text = _LABELLED.sub(lambda match: f'aria-labelledby="{" ".join(prefix + one for one in match[1].split())}"', text)
    return Markup(text)


def csv_link(table: Table) -> str:
    """Return a table as the address of a link that saves it."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(to_csv(table.frame)).decode("ascii")
