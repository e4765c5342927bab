"""Acceptance D1 to D3, A1 to A3, P2: the same chart is the same file, described, and leaves no trace in matplotlib."""

import hashlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from support import sample_results

from careflow import charts
from careflow.charts.drawing.export import html, laid_out, render
from careflow.charts.drawing.label import Label
from careflow.charts.drawing.layout import MeasuredLayout
from careflow.errors import ArgumentError

FORMS = ("png", "svg", "pdf")
FIVE = ("flow_map", "transition_matrix", "length_of_stay", "trend", "alluvial")
DRAW = f"""
import hashlib
from conftest import drawn
from careflow.charts.drawing.export import render
for kind in {FIVE}:
    for form in {FORMS}:
        print(hashlib.sha256(render(drawn(kind, 5, "notebook"), form)).hexdigest())
"""


@pytest.mark.slow
def test_two_processes_write_the_same_bytes_whatever_the_hash_seed(make):
    """This process has the seed that it was started with; the other one another."""
    here = Path(__file__).resolve()
    seed = "77" if os.environ.get("PYTHONHASHSEED") != "77" else "78"
    path = os.pathsep.join(map(str, (here.parents[1], here.parents[2], here.parents[3])))
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
    other = subprocess.Popen([sys.executable, "-c", DRAW], env=env, stdout=subprocess.PIPE, text=True)
    mine = [hashlib.sha256(rendered(make, kind, form)).hexdigest() for kind in FIVE for form in FORMS]
    assert len(mine) == 15
    assert other.communicate(timeout=240)[0].split() == mine


FILES = {}


def rendered(make, kind, form):
    """One chart in one form, written once."""
    if (kind, form) not in FILES:
        FILES[kind, form] = render(make(kind, 5, "notebook"), form)
    return FILES[kind, form]


@pytest.mark.slow
@pytest.mark.parametrize("kind", FIVE)
def test_a_chart_seen_on_a_screen_is_written_as_a_fresh_one(kind, kinds):
    fresh, seen = kinds[kind](5), kinds[kind](5)
    seen.figure.set_dpi(100)
    FigureCanvasAgg(seen.figure).draw()
    assert render(seen, "svg") == render(fresh, "svg")


@pytest.mark.slow
def test_a_chart_drawn_twice_is_the_same_file(make, kinds):
    again = kinds["flow_map"](5)
    for form in FORMS:
        assert rendered(make, "flow_map", form) == render(again, form)


@pytest.mark.slow
@pytest.mark.parametrize("levels", [2, 5])
def test_a_file_does_not_depend_on_what_was_written_before(kinds, levels):
    """A layout that settles only at its second drawing would give another picture to who saves twice."""
    for kind, draw in kinds.items():
        first, later = draw(levels), draw(levels)
        render(later, "svg")
        assert render(first, "png") == render(later, "png") == render(first, "png"), kind


@pytest.mark.slow
def test_drawing_and_saving_change_nothing_in_matplotlib(tmp_path, kinds):
    import matplotlib.pyplot as plt

    before, figures = dict(mpl.rcParams), plt.get_fignums()
    with charts.theme("slide"):
        charts.save(kinds["flow_map"](5), tmp_path / "a.svg")
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == figures


def test_a_theme_that_ends_in_an_error_is_put_back():
    before = dict(mpl.rcParams)
    with pytest.raises(ZeroDivisionError), charts.theme("report"):
        raise ZeroDivisionError
    assert dict(mpl.rcParams) == before
    assert charts.flow_map(sample_results.rates(2)).careflow.context.context == "notebook"


def test_theme_is_also_a_decorator():
    @charts.theme("report")
    def draw():
        return charts.length_of_stay(sample_results.stays(2))

    assert draw().careflow.context.context == "report"


def test_a_chart_made_on_a_slide_is_saved_as_one_outside_the_theme(make):
    ax = make("length_of_stay", 5, "slide")
    assert ax.careflow.context.small == 12.8
    assert tuple(ax.figure.get_size_inches()) == (12.6, 6.9)


@pytest.mark.slow
def test_an_svg_says_what_it_is(page, make):
    svg = render(make(*page), "svg")
    root = ET.fromstring(svg)
    title, desc = list(root)[:2]
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {desc.attrib['id']}"
    assert title.tag.endswith("}title")
    assert title.text.strip()
    assert desc.tag.endswith("}desc")
    assert desc.text == charts.alt_text(make(*page))
    assert len(svg) < 500_000


@pytest.mark.slow
def test_the_words_of_an_svg_come_in_reading_order(make):
    svg = render(make("transition_matrix", 5, "notebook"), "svg", text=True).decode()
    body = svg[svg.index("</desc>") :]
    places = [body.index(word) for word in ("Where discharges went next", "Next level of care", "n = ")]
    assert places == sorted(places)


@pytest.mark.slow
def test_a_png_carries_title_and_description(make, png):
    picture = png(make("flow_map", 5, "notebook"))
    assert picture.text["Title"] == "Transitions between levels of care"
    assert picture.text["Description"] == charts.alt_text(make("flow_map", 5, "notebook"))
    assert "Software" not in picture.text


@pytest.mark.slow
def test_a_pdf_carries_title_and_description_and_no_date(make):
    pdf = render(make("flow_map", 5, "notebook"), "pdf")
    assert b"/Title (Transitions between levels of care)" in pdf
    assert b"/Subject" in pdf
    assert b"CreationDate" not in pdf


@pytest.mark.slow
def test_save_writes_what_the_suffix_names_and_nothing_else(tmp_path, make):
    ax = make("length_of_stay", 2, "notebook")
    for name, start in (("a.png", b"\x89PNG"), ("b.svg", b"<?xml"), ("c.PDF", b"%PDF")):
        assert charts.save(ax, tmp_path / name).read_bytes().startswith(start)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.svg", "c.PDF"]


def test_save_names_the_suffixes_it_knows(tmp_path, make):
    with pytest.raises(ArgumentError, match=r"suffixes are \.png, \.svg, \.pdf and \.pptx"):
        charts.save(make("length_of_stay", 2, "notebook"), tmp_path / "a.gif")


@pytest.mark.slow
def test_a_slide_holds_a_trend_as_a_native_chart_and_others_as_pictures(tmp_path, make):
    pptx = pytest.importorskip("pptx")
    trend = make("trend of one move", 5, "notebook")
    path = charts.save(trend, tmp_path / "trend.pptx")
    (page,) = pptx.Presentation(path).slides
    (native,) = [shape.chart for shape in page.shapes if shape.has_chart]
    truth = charts.chart_data(trend)
    drawn = [None if value != value else value for value in truth["value"]]
    assert list(native.plots[0].series[0].values) == drawn
    assert page.shapes.title.text_frame.text == trend.careflow.title
    assert page.notes_slide.notes_text_frame.text == charts.alt_text(trend)
    assert path.read_bytes() == charts.save(trend, tmp_path / "again.pptx").read_bytes()
    flow = make("flow_map", 5, "notebook")
    (page,) = pptx.Presentation(charts.save(flow, tmp_path / "flow.pptx")).slides
    assert not [shape for shape in page.shapes if shape.has_chart]
    (picture,) = [shape for shape in page.shapes if hasattr(shape, "image")]
    assert picture._element._nvXxPr.cNvPr.get("descr") == charts.alt_text(flow)


def test_save_refuses_axes_without_a_chart(tmp_path):
    from matplotlib.figure import Figure

    with pytest.raises(TypeError, match="carries no careflow chart"):
        charts.save(Figure().subplots(), tmp_path / "a.png")


@pytest.mark.slow
def test_a_notebook_shows_the_chart_once_with_its_description(make):
    page = make("length_of_stay", 2, "notebook")._repr_html_()
    assert page.count("<img") == 1
    assert f'alt="{charts.alt_text(make("length_of_stay", 2, "notebook"))}"' in page
    assert page == html(make("length_of_stay", 2, "notebook"))


@pytest.mark.slow
def test_names_in_a_description_are_escaped_in_html():
    care = sample_results.continuum(2)
    ax = charts.length_of_stay(sample_results.stays(2), short_labels={care.names[0]: '<b>"A"</b>'})
    assert "<b>" not in html(ax)


@pytest.mark.slow
def test_a_page_of_several_charts_is_described_by_all(results):
    from matplotlib.figure import Figure

    axes = Figure(figsize=(18, 7)).subplots(1, 2)
    charts.transition_matrix(results("rates", 5), ax=axes[0])
    charts.length_of_stay(results("stays", 5), ax=axes[1])
    svg = render(axes[0], "svg").decode()
    assert charts.alt_text(axes[0]).split(".")[0] in svg
    assert charts.alt_text(axes[1]).split(".")[0] in svg


def test_importing_careflow_does_not_import_matplotlib():
    root = Path(__file__).resolve().parents[3]
    code = "import sys, careflow; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(root)}).returncode == 0


@pytest.mark.slow
def test_files_written_together_are_laid_out_once_in_any_order(make, monkeypatch):
    layouts = []
    whole = MeasuredLayout.execute
    monkeypatch.setattr(MeasuredLayout, "execute", lambda *args: layouts.append(1) or whole(*args))
    files = []
    for forms in (("svg", "png"), ("png", "svg")):
        chart = make("length_of_stay", 3, "report")
        figure = chart.figure
        engine = figure.get_layout_engine()
        with laid_out(chart):
            passes = len(layouts)
            files.append({form: render(chart, form) for form in forms})
            assert len(layouts) == passes > 0, "no file lays the figure out again"
        assert figure.get_layout_engine() is engine
    assert files[0] == files[1]


def test_a_label_is_laid_out_once_for_all_who_ask_and_anew_when_it_changes():
    figure = mpl.figure.Figure()
    label, plain = (kind(0.5, 0.5, "PHP", parse_math=False) for kind in (Label, Text))
    for one in (label, plain):
        figure.add_artist(one)
    renderer = FigureCanvasAgg(figure).get_renderer()
    for change in ({}, {"text": "Residential"}, {"fontsize": 20}, {"rotation": 90}, {"linespacing": 3}, {"wrap": True}):
        for one in (label, plain):
            one.set(**change)
        wanted = plain.get_window_extent(renderer).bounds
        assert label.get_window_extent(renderer).bounds == wanted
        assert label.get_window_extent(renderer).bounds == wanted
