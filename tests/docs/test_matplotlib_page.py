"""The page of ten things that users of matplotlib do: its cells run, and what they say is to be seen on the charts."""

import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.dates import date2num
from support.words import words

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "matplotlib.md").read_text("utf-8")
START, *SECTIONS = re.split(r"^## \d+\. ", PAGE, flags=re.MULTILINE)
pytestmark = pytest.mark.slow


def code(section):
    return re.search(r"```\{code-cell\} ipython3\n(.*?)```", section, re.DOTALL)[1]


@pytest.fixture(scope="module")
def names():
    """The names of the first cell, run where the sample is."""
    space = {}
    exec(code(START).replace("data/sample", str(ROOT / "data" / "sample")), space)
    return space


@pytest.fixture
def run(names):
    """Run the cell under a heading; return its names and the picture of the last figure, from the bottom up."""
    plt.close("all")

    def cell(heading):
        space = dict(names)
        exec(code(next(section for section in SECTIONS if section.startswith(heading))), space)
        canvas = FigureCanvasAgg(plt.gcf())
        canvas.draw()
        return space, np.asarray(canvas.buffer_rgba())[::-1, :, :3].astype(int)

    yield cell
    plt.close("all")


def rows_of(picture, colour):
    """Rows of a picture that are mostly of one colour."""
    near = np.abs(picture - np.round(np.array(to_rgb(colour)) * 255)).max(axis=2) < 40
    return np.flatnonzero(near.mean(axis=1) > 0.6)


def test_the_page_has_ten_things():
    assert len(SECTIONS) == 10


def test_two_charts_stand_side_by_side(run):
    space, _ = run("Two charts")
    assert [ax.careflow.kind for ax in plt.gcf().axes] == ["trend", "kaplan_meier"]
    assert space["left"].bbox.x1 < space["right"].bbox.x0


def test_a_line_at_a_target_is_at_its_pixel(run):
    space, picture = run("A line at a target")
    ax = space["ax"]
    row = ax.transData.transform((0, 0.15))[1]
    assert np.abs(rows_of(picture, "#DE7A16") - row).max() < 3
    assert ax.lines[-1].get_xdata(orig=False)[0] == date2num(np.datetime64("2025-01-01"))


def test_an_annotation_points_at_its_quarter(run):
    space, _ = run("An annotation")
    note = next(text for text in space["ax"].texts if text.get_text() == "New contract")
    assert note.xy == ("2024Q2", 0.22)
    box = note.arrow_patch.get_window_extent()
    at = space["ax"].transData.transform((space["ax"].convert_xunits("2024Q2"), 0.22))
    assert abs(box.x1 - at[0]) < 8


def test_a_title_of_ones_own_is_the_only_one(run):
    space, _ = run("A title")
    said = words(space["ax"])
    assert "One in five now goes on to PHP" in said
    assert not any(text.startswith("Residential to PHP within") for text in said)


def test_limits_of_ones_own_are_kept(run):
    space, _ = run("Limits")
    assert space["ax"].get_ylim() == (0, 0.4)
    assert space["ax"].get_xlim()[0] == date2num(np.datetime64("2024-01-01"))
    assert "40%" in words(space["ax"])


def test_colours_of_ones_own_are_drawn(run):
    space, picture = run("Colours")
    assert "#117733" in {to_hex(line.get_color()) for line in space["ax"].lines}
    assert (np.abs(picture - [0x11, 0x77, 0x33]).max(axis=2) < 12).sum() > 100


def test_an_axis_is_logarithmic(run):
    ax = run("A logarithmic")[0]["ax"]
    assert ax.transData.transform((0, 0.1))[1] == pytest.approx((ax.bbox.y0 + ax.bbox.y1) / 2, abs=1)


def test_shared_axes_have_the_same_limits(run):
    space, _ = run("Shared")
    assert space["left"].get_ylim() == space["right"].get_ylim()
    assert space["left"].get_shared_y_axes().joined(space["left"], space["right"])


def test_a_twin_axis_has_its_own_scale_at_the_places_of_the_quarters(run):
    space, _ = run("A twin")
    assert space["twin"].get_ylim() == (0, 600)
    assert space["ax"].get_ylim()[1] < 1
    line = space["twin"].lines[0]
    assert line.get_xdata()[0] == space["ax"].convert_xunits("2024Q1")


def test_a_style_sheet_holds(run):
    before = dict(mpl.rcParams)
    space, picture = run("A style sheet")
    assert to_hex(space["ax"].get_facecolor()) == "#000000"
    assert (picture.sum(axis=2) == 0).mean() > 0.5
    assert dict(mpl.rcParams) == before
