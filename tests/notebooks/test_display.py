"""What a cell shows in JupyterLab's own styles, on a light and on a dark page, in a real browser.

Needs Chromium; without one these tests are skipped, saying so.
"""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from support.browser import CHROMIUM, NONE, browse, listening
from support.made_up import linked, made_up

import careflow as cf
from careflow import charts

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=NONE)]

MEASURE = """
addEventListener("load", function () {
  function numbers(rgb) { return rgb.match(/[\\d.]+/g).map(Number); }
  function light(c) {
    c = c.slice(0, 3).map(function (v) {
      v /= 255; return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); });
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
  }
  function ground(element) {
    for (; element; element = element.parentElement) {
      var c = numbers(getComputedStyle(element).backgroundColor);
      if (c.length < 4 || c[3] === 1) { return c; }
    }
    return numbers(getComputedStyle(document.body).getPropertyValue("--jp-layout-color0") || "rgb(255, 255, 255)");
  }
  function veil(element) {
    var opacity = 1;
    for (; element; element = element.parentElement) { opacity *= Number(getComputedStyle(element).opacity); }
    return opacity;
  }
  var faint = [], least = 99, walker, node;
  document.querySelectorAll(".jp-RenderedHTMLCommon").forEach(function (output) {
    walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
    while ((node = walker.nextNode())) {
      if (!node.data.trim()) { continue; }
      var back = ground(node.parentElement), ink = numbers(getComputedStyle(node.parentElement).color);
      var seen = veil(node.parentElement) * (ink.length > 3 ? ink[3] : 1);
      ink = ink.slice(0, 3).map(function (v, i) { return v * seen + back[i] * (1 - seen); });
      var a = light(ink), b = light(back), contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      least = Math.min(least, contrast);
      if (contrast < 4.5) { faint.push(contrast.toFixed(1) + " " + node.data.trim().slice(0, 40)); }
    }
  });
  var outputs = document.querySelectorAll(".jp-OutputArea-output");
  tell({faint: faint, least: least, ground: light(ground(outputs[0])), outputs: outputs.length,
    tables: document.querySelectorAll(".jp-OutputArea-output table").length,
    pictures: [].map.call(document.querySelectorAll(".jp-OutputArea-output img"), function (image) {
      return [image.alt.length, image.naturalWidth]; }),
    wide: document.documentElement.scrollWidth - innerWidth,
    across: [].map.call(document.querySelectorAll(".jp-OutputArea-output table"), function (table) {
      return table.offsetWidth; }),
    high: [].map.call(document.querySelectorAll(".jp-OutputArea-output table"), function (table) {
      return table.offsetHeight; })});
});
"""


def shown() -> list[Any]:
    moves = linked(made_up())
    rates = cf.transition_rates(moves, by="quarter")
    return [moves.episodes, moves, rates, cf.length_of_stay(moves), moves.episodes.continuum, charts.flow_map(rates)]


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    """A notebook in which each thing ends a cell, as Jupyter would show it."""
    cells = []
    for one in shown():
        data = {"text/html": one._repr_html_(), "text/plain": repr(one)}
        output = nbformat.v4.new_output("execute_result", data, execution_count=1)
        cells.append(nbformat.v4.new_code_cell("x", outputs=[output], execution_count=1))
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_results_are_small_tables_that_stand_out_and_a_chart_shows_once(
    theme: str, notebook: nbformat.NotebookNode, tmp_path: Path
) -> None:
    from nbconvert import HTMLExporter  # it takes seconds to import

    html, _ = HTMLExporter(theme=theme).from_notebook_node(notebook)
    offline = html.replace("https://cdnjs.cloudflare.com", "http://127.0.0.1:9")
    page = tmp_path / "notebook.html"
    page.write_text(listening(offline, MEASURE), "utf-8")
    seen = browse(page, 1100)
    assert (seen["ground"] > 0.5) is (theme == "light"), "the page is as light or as dark as it is called"
    assert seen["outputs"] == 6
    assert seen["tables"] == 6, "lengths of stay are two"
    assert max(seen["across"]) <= 1130, "what JupyterLab leaves of a screen 1,250 pixels wide"
    assert seen["faint"] == []
    assert seen["least"] < 30
    assert max(seen["high"]) < 500, "small: a table fits on a screen"
    assert seen["wide"] <= 0
    ((described, wide),) = seen["pictures"]
    assert described > 60
    assert wide > 600
