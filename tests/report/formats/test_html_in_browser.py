"""The page in a real browser: fits its window, says nothing on the console, can be read against its ground.

Needs Chromium (``apt-get install chromium``); without one these tests are skipped, saying so.
"""

from pathlib import Path

import pytest
from support.browser import CHROMIUM, NONE, browse, listening

import careflow as cf
from careflow.report import write_report

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=NONE)]

MEASURE = """
addEventListener("load", function () {
  function light(rgb) {
    var c = rgb.match(/[\\d.]+/g).slice(0, 3).map(function (v) {
      v /= 255; return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); });
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
  }
  function ground(element) {
    for (; element; element = element.parentElement) {
      var colour = getComputedStyle(element).backgroundColor;
      if (!/, 0\\)$|transparent/.test(colour)) { return colour; }
    }
    return "rgb(255, 255, 255)";
  }
  var faint = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), node;
  while ((node = walker.nextNode())) {
    var parent = node.parentElement;
    if (!node.data.trim() || /^(script|style|title|desc|noscript)$/i.test(parent.tagName)) { continue; }
    var a = light(getComputedStyle(parent).color), b = light(ground(parent));
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) { faint.push(node.data.trim().slice(0, 40)); }
  }
  function open() {
    return [].filter.call(document.querySelectorAll(".panel"), function (panel) { return !panel.hidden; })
      .map(function (panel) { return panel.id; });
  }
  var before = open(), pick = document.getElementById("pick");
  pick.value = pick.options[pick.options.length - 1].value;
  pick.dispatchEvent(new Event("change"));
  var wide = document.documentElement.scrollWidth;
  tell({said: said, faint: faint, wide: wide, window: innerWidth, before: before, after: open(),
    asked: performance.getEntriesByType("resource").filter(function (entry) {
      return !/^data:/.test(entry.name); }).map(function (entry) { return entry.name; })});
});
"""


@pytest.fixture(scope="module")
def page(moves: cf.Transitions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the page that measures itself."""
    out = tmp_path_factory.mktemp("browser") / "out"
    html = write_report(moves, out, source="made up").read_text("utf-8")
    copy = out.parent / "measured.html"
    copy.write_text(listening(html, MEASURE), "utf-8")
    return copy


@pytest.mark.parametrize("wide", [360, 768, 1440])
def test_the_page_fits_its_window_in_silence_and_every_text_stands_out(page: Path, wide: int) -> None:
    measured = browse(page, wide)
    assert measured["window"] == wide
    assert measured["wide"] <= wide
    assert measured["said"] == []
    assert measured["faint"] == []
    assert measured["asked"] == []


def test_the_picker_opens_the_quarter_that_is_picked_and_closes_the_other(page: Path) -> None:
    measured = browse(page, 1000)
    assert measured["before"] == ["panel-2024Q3"]
    assert measured["after"] == ["panel-2024Q1"]


def test_the_measuring_itself_finds_what_is_wrong(page: Path) -> None:
    good = page.read_text("utf-8")
    bad = good.replace("--muted: #5A6169", "--muted: #B0B0B0").replace(
        "<main ", '<div style="width: 700px">.</div><main '
    )
    page.write_text(bad.replace("</body>", "<script>console.error('bad')</script></body>"), "utf-8")
    try:
        measured = browse(page, 360)
    finally:
        page.write_text(good, "utf-8")
    assert measured["faint"]
    assert measured["wide"] > 360
    assert measured["said"] == ["bad"]
