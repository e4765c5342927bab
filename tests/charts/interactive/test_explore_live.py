"""The explorer in a live JupyterLab, in a real Chromium: slider, picker, hover, Enter; no hidden number on the wire.

Needs Chromium, JupyterLab, anywidget and playwright; without one of them these tests are skipped, saying so.
``CAREFLOW_SCREENSHOTS`` names a folder that keeps pictures of what was seen.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from support import sample_results
from support.browser import CHROMIUM, NONE

MISSING = [name for name in ("jupyterlab", "anywidget", "playwright") if find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason=NONE),
    pytest.mark.skipif(bool(MISSING), reason=f"no {' and no '.join(MISSING)} on this machine (pip install ...)"),
]
WAIT = 300_000
SUPPORT = Path(__file__).resolve().parents[2]
ROOT = SUPPORT.parent
NUMBERS = ["rate", "low", "high", "se"]
WIDGET = ".careflow-explore[data-ready='1']"
MIDDLE = """arc => {
  const line = arc.querySelector('.line');
  const at = line.getPointAtLength(line.getTotalLength() / 2).matrixTransform(line.getScreenCTM());
  return [at.x, at.y];
}"""


def secret_rates():
    """Rates by quarter and payer of which some are hidden, every number under the mask one that nothing else is."""
    whole = sample_results.rates(5, by="quarter", masked=False)
    hidden = sample_results.rates(5, by="quarter")
    secrets = iter(np.random.default_rng(11).permutation(np.arange(100_000, 999_999))[:20_000])
    frames = []
    for table, mask in ((whole.frame, hidden.frame), (whole.directions, hidden.directions)):
        table = table.assign(hidden=mask["hidden"].to_numpy())
        for name in ("n", "rate", "se", "low", "high"):
            table.loc[table["hidden"], name] = [
                next(secrets) / (1 if name == "n" else 1e6) for _ in range(int(table["hidden"].sum()))
            ]
        frames.append(table)
    about = replace(whole.about, by=("quarter", "payer"))
    both = [table.assign(payer="Medicaid") for table in frames]
    other = [table.assign(payer="private") for table in frames]
    frame, directions = (
        type(table)(np.concatenate([one.to_numpy(), two.to_numpy()]), columns=one.columns).astype(
            {name: one[name].dtype for name in one.columns if name != "payer"}
        )
        for table, one, two in zip(frames, both, other, strict=True)
    )
    return replace(whole, frame=frame, directions=directions, about=about)


NOTEBOOK = """
import sys, pickle
sys.path[:0] = {paths!r}
import matplotlib
matplotlib.use("Agg")
from careflow import charts
widget = charts.explore(pickle.load(open("rates.pickle", "rb")), quarter="2024Q2")
widget
"""


def notebook(folder: Path, rates) -> None:
    """Write a notebook that shows the explorer of some rates."""
    import pickle

    (folder / "rates.pickle").write_bytes(pickle.dumps(rates))
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "id": f"c{i}", "source": source}
        for i, source in enumerate(
            [NOTEBOOK.format(paths=[str(ROOT), str(SUPPORT)]), "", "print('chosen', widget.period, widget.edge)"]
        )
    ]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = {"cells": cells, "metadata": spec, "nbformat": 4, "nbformat_minor": 5}
    (folder / "x.ipynb").write_text(json.dumps(book), "utf-8")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab of its own, with the notebook; returns its address and the rates."""
    folder = tmp_path_factory.mktemp("lab")
    rates = secret_rates()
    notebook(folder, rates)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
            "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.allow_root=True",
            f"--ServerApp.root_dir={folder}", "--LabApp.news_url=", "--LabApp.extension_manager=readonly",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **own},
    )  # fmt: skip
    try:
        for _ in range(240):
            try:
                urlopen(f"http://127.0.0.1:{port}/api/status", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None, "JupyterLab ended before it answered"
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}", rates
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def window(lab):
    """The notebook after all its cells ran; every websocket frame that came is in ``window.heard``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": 1300, "height": 1500})
        view.heard = []
        view.on("websocket", lambda ws: ws.on("framereceived", lambda frame: view.heard.append(frame)))
        view.set_default_timeout(WAIT)
        view.goto(f"{lab[0]}/lab/tree/x.ipynb?reset", wait_until="domcontentloaded")
        view.wait_for_selector(".jp-Notebook .jp-CodeCell")
        view.wait_for_selector(".jp-Spinner", state="detached")
        view.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        view.click(".cm-content >> nth=0")
        view.click(".lm-MenuBar-itemLabel:has-text('Run')")
        view.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
        view.wait_for_selector(WIDGET)
        view.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        yield view
        browser.close()


def keep(window, name: str) -> None:
    """Keep a picture of the window, where a folder is named for it."""
    if folder := os.environ.get("CAREFLOW_SCREENSHOTS"):
        window.locator(WIDGET).screenshot(path=str(Path(folder) / f"{name}.png"))


def live(window) -> str:
    return window.locator(f"{WIDGET} [aria-live]").inner_text()


def test_the_slider_moves_by_key_and_says_its_quarter(window):
    slider = window.locator(f"{WIDGET} input[type=range]")
    assert slider.get_attribute("aria-valuetext").replace("\xa0", " ") == "2024 Q2"
    for _ in range(20):  # the notebook may take the focus back for the cell that it has just run
        slider.press("ArrowRight")
        if "Q2" not in window.locator(f"{WIDGET} output").inner_text():
            break
        window.wait_for_timeout(500)
    assert int(slider.input_value()) > 5
    slider.fill("11")
    assert window.locator(f"{WIDGET} output").inner_text().replace("\xa0", " ") == "2025 Q4, not yet mature"
    slider.fill("5")
    keep(window, "map")


def test_an_arc_says_its_rate_when_pointed_at_and_when_focused(window, lab):
    arc = window.locator(f"{WIDGET} .arc[data-from='0'][data-to='1']")
    label = arc.get_attribute("aria-label")
    frame = lab[1].frame
    mask = (frame["from"].astype(str) == "inpatient") & (frame["to"].astype(str) == "residential")
    row = frame[mask & (frame["quarter"].astype(str) == "2024Q2") & (frame["payer"] == "Medicaid")].iloc[0]
    assert f"({row['n']:,.0f} of {row['of']:,.0f})" in label
    assert re.fullmatch(r"Inpatient to Residential, 2024.Q2: \d+% \([\d,]+ of [\d,]+\), 95% CI \d+–\d+%", label)
    window.mouse.move(*arc.evaluate(MIDDLE))
    assert live(window) == label
    window.locator(f"{WIDGET} .arc[data-from='1'][data-to='2']").focus()
    assert live(window).startswith("Residential to PHP, 2024")
    assert arc.get_attribute("role") == "button"
    assert arc.get_attribute("tabindex") == "0"


def test_a_hidden_arc_is_dashed_and_says_so_and_no_more(window):
    dashed = window.locator(f"{WIDGET} .arc:has(.line[stroke-dasharray])")
    assert dashed.count() > 0
    widths = {dashed.nth(i).locator(".line").get_attribute("stroke-width") for i in range(dashed.count())}
    assert len(widths) == 1
    for i in range(dashed.count()):
        assert dashed.nth(i).get_attribute("aria-label").endswith(": s, suppressed")


def test_the_picker_of_the_level_left_lists_what_followed(window):
    window.locator(f"{WIDGET} select.from").select_option(label="PHP")
    items = window.locator(f"{WIDGET} li button")
    texts = [items.nth(i).inner_text() for i in range(items.count())]
    assert any(text.startswith("left early: ") for text in texts)
    assert window.locator(f"{WIDGET} .arc.pale").count() > 0
    keep(window, "level")


def test_the_picker_of_a_stratum_redraws_the_map(window):
    before = window.locator(f"{WIDGET} .map svg").element_handle()
    window.locator(f"{WIDGET} select[data-stratum=payer]").select_option("private")
    window.wait_for_function("svg => !svg.isConnected", arg=before)
    assert window.locator(f"{WIDGET} .arc").count() > 0


def test_enter_on_an_arc_draws_its_trend_with_gaps_and_hollow_dots(window, lab):
    window.locator(f"{WIDGET} .arc[data-from='1'][data-to='4']").focus()
    window.keyboard.press("Enter")
    window.wait_for_selector(f"{WIDGET} .trend svg")
    frame = lab[1].frame
    mask = (frame["from"].astype(str) == "residential") & (frame["to"].astype(str) == "outpatient")
    rows = frame[mask & (frame["payer"] == "private")]
    trend = window.locator(f"{WIDGET} .trend")
    assert trend.locator("circle").count() == int((~rows["hidden"].astype(bool)).sum())
    assert trend.locator(".gap").count() == int(rows["hidden"].astype(bool).sum())
    window.locator(f"{WIDGET} .arc[data-from='0'][data-to='1']").focus()
    window.keyboard.press("Enter")
    window.wait_for_function("() => document.querySelector('.careflow-explore h3').innerText.includes('Inpatient')")
    assert trend.locator("circle").count() == 12
    assert trend.locator("circle.hollow").count() == 1
    keep(window, "trend")


def test_python_hears_what_was_chosen(window):
    window.click(".jp-Notebook .jp-CodeCell:last-of-type .cm-content")
    window.keyboard.press("Control+Enter")
    window.wait_for_function(
        "() => [...document.querySelectorAll('.jp-OutputArea-output pre')].some("
        "one => one.innerText.includes(\"chosen 5 ['inpatient', 'residential']\"))"
    )


def seen(table):
    return table.loc[~table["hidden"].astype(bool), NUMBERS].to_numpy().ravel()


def test_no_hidden_number_came_to_the_browser(window, lab):
    """A number of a hidden row may be that of a shown one by chance; those are no secrets."""
    rates = lab[1]
    heard = "".join(one if isinstance(one, str) else one.decode("utf-8", "ignore") for one in window.heard)
    assert '"columns' in heard.replace("\\", "")
    for table in (rates.frame, rates.directions):
        hidden = table[table["hidden"].astype(bool)]
        shown = {f"{value:.6f}" for part in (rates.frame, rates.directions) for value in seen(part)}
        secrets = {f"{value:.6f}" for value in hidden[NUMBERS].to_numpy().ravel()} - shown
        assert len(secrets) > 50
        numbers = set(re.findall(r"\d+\.\d+|\d{5,}", heard))
        assert secrets & {f"{float(number):.6f}" for number in numbers} == set()
