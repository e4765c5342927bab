"""The site builds without a warning, no link of it is broken, and its pages can be read in a browser, narrow ones too.

``CAREFLOW_SITE`` names a folder where it was built already. Without it the site is built from a copy, in minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from support.browser import CHROMIUM, NONE, browse, listening

import careflow as cf
from careflow import charts

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("docs", "notebooks", "data", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
AXE = next(
    (
        script
        for found in [find_spec("axe_core_python")]
        for folder in (found.submodule_search_locations or [] if found else [])
        if (script := Path(folder) / "axe.min.js").exists()
    ),
    None,
)
AT_A_TIME = 2
"""Pages that one start of the browser looks at: a large one takes axe-core seconds."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("sphinx") is None, reason="no Sphinx on this machine (pip install 'careflow[docs]')"),
]

LOOK = """
addEventListener("load", async function () {
  var heard = [];
  function pause(ms) { return new Promise(function (done) { setTimeout(done, ms); }); }
  for (var address of PAGES) {
    var frame = document.createElement("iframe");
    frame.style = "width: WIDEpx; height: 900px; border: 0";
    var loaded = new Promise(function (done) { frame.onload = done; });
    frame.src = address;
    document.body.appendChild(frame);
    await loaded;
    var page = frame.contentDocument, rules = [];
    if (AXE) {
      var script = page.createElement("script");
      var ready = new Promise(function (done) { script.onload = done; });
      script.src = "/axe.min.js";
      page.head.appendChild(script);
      await ready;
      await pause(100);
      var found = await frame.contentWindow.axe.run(page, {resultTypes: ["violations"]});
      rules = found.violations.filter(function (rule) { return /serious|critical/.test(rule.impact); })
        .map(function (rule) { return rule.id + ": " + rule.nodes.length + " x " + rule.nodes[0].html.slice(0, 200); });
    }
    heard.push([address, page.documentElement.scrollWidth, rules]);
    frame.remove();
  }
  tell(heard);
});
"""


class Page(HTMLParser):
    """What a page links to, and the names that can be linked to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = {"", "top"}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if value and key in ("href", "src"):
                self.links.append(value)
            elif value and key in ("id", "name"):
                self.names.add(value)


def broken(site: Path) -> list[str]:
    """Return the links of a folder of pages that lead nowhere within it."""
    pages = {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html") if "_static" not in path.parts}
    faults = []
    for path, page in pages.items():
        for link in page.links:
            if link.startswith(("http:", "https:", "mailto:", "data:", "javascript:", "#http")):
                continue
            target, name = urldefrag(unquote(link))
            file = (path.parent / target.partition("?")[0]).resolve() if target else path
            file = file / "index.html" if file.is_dir() else file
            if not file.exists() or (file in pages and name not in pages[file].names):
                faults.append(f"{path.relative_to(site)}: {link}")
    return faults


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site, in a folder that may be written to."""
    folder = tmp_path_factory.mktemp("site")
    if built := os.environ.get("CAREFLOW_SITE"):
        return shutil.copytree(ROOT / built, folder / "html")
    generated = shutil.ignore_patterns("_build", "generated", "__pycache__", ".*")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=generated)
        else:
            shutil.copy2(ROOT / name, folder)
    command = "sphinx -W --keep-going -q -b html docs docs/_build/html"
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "docs" / "_build" / "html"


@pytest.fixture(scope="module")
def written(site: Path) -> list[str]:
    """Every page that somebody wrote, and some of those made from docstrings."""
    pages = sorted(str(path.relative_to(site)) for path in site.rglob("*.html") if "_static" not in path.parts)
    made = [page for page in pages if "/generated/" in page]
    return [page for page in pages if page not in made and not page.startswith("genindex")] + made[::12]


def look(site: Path, pages: list[str], wide: int, *, axe: bool) -> list[tuple[str, int, list[str]]]:
    """Open pages in a window of a width; return of each how wide it became, and what axe-core found."""
    script = LOOK.replace("WIDE", str(wide)).replace("AXE", "true" if axe else "false")
    if axe:
        assert AXE is not None
        shutil.copy2(AXE, site / "axe.min.js")
    heard = []
    for start in range(0, len(pages), AT_A_TIME):
        some = json.dumps(pages[start : start + AT_A_TIME])
        driver = site / "driver.html"
        html = "<!DOCTYPE html><html><head></head><body></body></html>"
        driver.write_text(listening(html, script.replace("PAGES", some)), "utf-8")
        heard += [tuple(line) for line in browse(driver, max(wide + 40, 500))]
        driver.unlink()
        (site / "frame.html").unlink()
    return heard


def test_no_link_within_the_site_is_broken(site: Path) -> None:
    assert broken(site) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html">b</a><a href="#here">x</a><p id="there"><a href="#there">y</a>')
    assert broken(tmp_path) == ["a.html: b.html", "a.html: #here"]


def test_every_public_name_has_a_page_and_every_chart_a_picture(site: Path) -> None:
    names = {path.stem.rpartition(".")[2] for path in (site / "api" / "generated").glob("*.html")}
    assert set(cf.__all__) | set(charts.__all__) <= names
    gallery = (site / "gallery" / "index.html").read_text("utf-8")
    code = (ROOT / "docs" / "gallery" / "draw.py").read_text("utf-8")
    helpers = {"alt_text", "chart_data", "explore", "headline", "save", "show", "theme"}
    kinds = {name for name in charts.__all__ if name[0].islower()} - helpers
    assert {name for name in kinds if f"charts.{name}(" not in code} == set()
    assert {name for name in kinds if f"{name}.png" not in gallery} == set()


@pytest.mark.skipif(CHROMIUM is None, reason=NONE)
def test_no_page_scrolls_sideways_on_a_telephone(site: Path, written: list[str]) -> None:
    heard = look(site, written, 390, axe=False)
    assert [page for page, _, _ in heard] == written
    assert {page: wide for page, wide, _ in heard if wide > 390} == {}


@pytest.mark.skipif(CHROMIUM is None, reason=NONE)
@pytest.mark.skipif(AXE is None, reason="no axe-core on this machine (pip install axe-core-python)")
@pytest.mark.parametrize(("wide", "step"), [(390, 1), (1280, 4)])
def test_axe_core_finds_nothing_serious(site: Path, written: list[str], wide: int, step: int) -> None:
    heard = look(site, written[::step], wide, axe=True)
    assert len(heard) == len(written[::step])
    assert {page: rules for page, _, rules in heard if rules} == {}


@pytest.mark.skipif(CHROMIUM is None or AXE is None, reason="needs Chromium and axe-core")
def test_what_is_too_wide_or_unreadable_is_found(tmp_path: Path) -> None:
    bad = (
        '<!DOCTYPE html><html lang="en"><head><title>x</title></head><body><img src="x.png"><div style="width: 800px">.'
    )
    (tmp_path / "bad.html").write_text(f"{bad}</div></body></html>")
    ((page, wide, rules),) = look(tmp_path, ["bad.html"], 390, axe=True)
    assert (page, wide > 390, [rule.split(":")[0] for rule in rules]) == ("bad.html", True, ["image-alt"])
