"""The page: needs nothing else, escapes every text, and can be read without seeing it."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from support.pages import Page

from careflow.report import LABEL

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def html(plain_report: Path) -> str:
    return (plain_report / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def rough(rough_report: Path) -> Path:
    return rough_report


def test_the_page_asks_nothing_of_the_network(html, page):
    assert "http" not in html
    assert "@import" not in html
    for attrs in page.all("script", "img", "iframe", "object", "source"):
        assert not attrs.get("src")
    links = [attrs["href"] or "" for attrs in page.all("a", "link")]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"url\((?!data:|#)", html)


def test_no_line_of_the_first_ones_ends_inside_an_interval(html):
    first = html[html.index('id="in-short"') : html.index('<dl class="facts">')]
    intervals = re.findall(r"(.{16})\([\d.,]+–[\d.,]+\)(.{7})", first)
    assert intervals
    assert set(intervals) == {('<span class="v">', "</span>")}


def test_tags_nest_and_no_id_is_there_twice(page):
    assert page.open == []
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_every_link_and_label_within_the_page_has_its_target(page):
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    for tag, attrs in page.elements:
        if tag in ("a", "use"):
            target = attrs.get("href") or attrs.get("xlink:href") or ""
            assert not target.startswith("#") or target[1:] in ids, target
        for name in ("for", "aria-labelledby"):
            assert set((attrs.get(name) or "").split()) <= ids


def test_the_page_can_be_read_without_seeing_it(page):
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    charts = [attrs for attrs in page.all("svg") if attrs.get("aria-hidden") != "true"]
    assert len(page.all("svg")) == len(charts) + 1, "the shapes of letters are no picture"
    assert len(charts) >= 18
    assert all(chart["role"] == "img" and chart["aria-labelledby"] for chart in charts)
    assert len(page.all("desc")) == len(charts)
    assert all(attrs.get("scope") in ("col", "row") for attrs in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(attrs.get("tabindex") == "0" for attrs in page.all("div") if attrs.get("class") == "scroll")
    assert {"main", "header", "nav", "footer"} <= {tag for tag, _ in page.elements}


def test_hidden_cells_are_said_aloud(html):
    assert '<span class="s" aria-hidden="true">s</span><span class="vh">hidden</span>' in html


def test_every_quarter_can_be_picked_and_one_is_open(page):
    options = [attrs["value"] for attrs in page.all("option")]
    panels = {attrs["id"]: "hidden" in attrs for attrs in page.all("div") if attrs.get("class") == "panel"}
    assert options == ["2024Q4", "2024Q3", "2024Q2", "2024Q1"]
    assert panels == {f"panel-{name}": name != "2024Q3" for name in options}


def test_the_page_and_its_print_say_that_it_is_internal(html):
    assert LABEL in html[: html.index("<style>")]
    assert f'content: "{LABEL}"' in html
    assert f'<p class="label">{LABEL}</p>' in html


def test_names_of_levels_titles_and_sources_are_text_and_never_markup(rough, rough_names):
    html = (rough / "report.html").read_text("utf-8")
    page = Page(html)
    assert [attrs.get("type") for attrs in page.all("script")] == ["application/json", None]
    data = html.split('<script type="application/json" id="moves">')[1].split("</script>")[0]
    assert not re.search("[<>&]", data)
    assert not page.all("b", "i", "c")
    text = " ".join(page.text)
    assert rough_names["residential"] in text
    assert rough_names["php"] in text
    assert "<i>$x$</i>" in text
    assert "a & b <c>" in text


def test_no_file_is_named_after_the_data(rough):
    plain = re.compile(r"[a-z0-9_]+(?:_\d{4}Q[1-4])?\.(?:svg|png|csv|html|xlsx|pptx|pdf)|careflow-report\.json")
    assert all(plain.fullmatch(path.name) for path in rough.rglob("*") if path.is_file())


def test_names_that_look_like_formulas_are_harmless_in_the_tables(rough):
    text = (rough / "tables" / "transitions.csv").read_text("utf-8")
    assert "'=1+1" in text
    assert not re.search(r"(?:^|,)\"?=1", text)
