"""The page under axe-core, the rules of accessibility that browsers' own tools use.

Needs Chromium and axe-core (``pip install axe-core-python``); without one of them these tests are skipped, saying so.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest
from support.browser import CHROMIUM, NONE, browse, listening

import careflow as cf
from careflow.report import write_report


def axe_core() -> Path | None:
    """Return axe.min.js from a package that carries it, without importing the package, or None."""
    for name in ("axe_playwright_python", "axe_core_python"):
        found = find_spec(name)
        for folder in (found.submodule_search_locations or []) if found else []:
            if (script := Path(folder) / "axe.min.js").exists():
                return script
    return None


AXE = axe_core()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason=NONE),
    pytest.mark.skipif(AXE is None, reason="no axe-core on this machine (pip install axe-core-python)"),
]

RUN = """
addEventListener("load", function () {
  var pick = document.getElementById("pick");
  if (pick && PICKED) { pick.value = "PICKED"; pick.dispatchEvent(new Event("change")); }
  axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(function (found) {
    function short(rule) { return rule.id + ": " + rule.nodes.length + " x " + rule.nodes[0].html.slice(0, 160); }
    tell({violations: found.violations.map(short), unsure: found.incomplete.map(function (rule) { return rule.id; }),
      passes: found.passes.map(function (rule) { return rule.id; })});
  }, function (error) { tell({violations: [String(error)], unsure: [], passes: []}); });
});
"""


def checked(html: str, folder: Path, picked: str, wide: int) -> dict[str, list[str]]:
    """Return what axe-core finds in a page after a quarter is picked."""
    assert AXE is not None
    page = folder / "axe.html"
    run = RUN.replace("&& PICKED", f"&& {'true' if picked else 'false'}").replace("PICKED", picked)
    page.write_text(listening(html, AXE.read_text("utf-8"), run), "utf-8")
    found: dict[str, list[str]] = browse(page, wide)
    return found


@pytest.fixture(scope="module")
def html(moves: cf.Transitions, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(moves, tmp_path_factory.mktemp("axe") / "out", source="made up").read_text("utf-8")


@pytest.mark.parametrize(("picked", "wide"), [("", 1440), ("2024Q4", 360)])
def test_the_page_breaks_no_rule_of_accessibility(html: str, tmp_path: Path, picked: str, wide: int) -> None:
    found = checked(html, tmp_path, picked, wide)
    assert found["violations"] == []
    assert set(found["passes"]) >= {
        *("color-contrast", "document-title", "heading-order", "html-has-lang", "landmark-one-main"),
        *("select-name", "svg-img-alt"),
    }
    assert set(found["unsure"]) <= {"color-contrast"}, "on the shade at the edge of a narrow table; see test_browser"


def test_the_rules_find_what_is_wrong(tmp_path: Path) -> None:
    bad = """<!DOCTYPE html><html><head><title>x</title></head><body>
        <h1>Page</h1><h4>deep</h4><select id="pick"><option value="a">a</option></select>
        <p style="color: #999">faint</p><svg role="img" width="9" height="9"></svg></body></html>"""
    found = checked(bad, tmp_path, "", 1000)
    assert {line.split(":")[0] for line in found["violations"]} >= {
        *("color-contrast", "heading-order", "html-has-lang", "landmark-one-main", "select-name", "svg-img-alt"),
    }
