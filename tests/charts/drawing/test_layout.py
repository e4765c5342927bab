"""Figures of careflow's own: where their Axes stand, how often words are measured, and what the caller may add."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from support import sample_results
from support.words import words

from careflow import charts
from careflow.charts.drawing import layers, layout
from careflow.charts.drawing.export import laid_out, render
from careflow.charts.drawing.theme import settings

POINT = 1 / 72


def laid(chart):
    """Lay a chart out and return the places of its Axes, in inches."""
    figure = chart.figure
    with settings():
        FigureCanvasAgg(figure).draw()
    return np.array([ax.get_position().bounds for ax in figure.axes]) * np.tile(figure.get_size_inches(), 2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["length_of_stay", "trend", "flow_map", "transition_matrix", "census"])
def test_places_are_those_of_constrained_layout(kind, kinds, monkeypatch):
    own = laid(kinds[kind](5))
    monkeypatch.setattr(layout, "_is_grid", lambda *_: False)
    assert np.abs(laid(kinds[kind](5)) - own).max() < 0.3 * POINT


def test_columns_share_what_the_widest_margins_leave():
    starts, lengths = layout._cells(0.0, 1.0, [1, 1], [0, 1, 0], np.array([[0.1, 0.02], [0.05, 0.03], [0.2, 0.0]]))
    assert lengths == pytest.approx([0.35, 0.35])  # (1 - 0.2 - 0.02 - 0.05 - 0.03) / 2
    assert starts == pytest.approx([0.2, 0.62])  # 0.2 + 0.35 + 0.02 + 0.05
    assert layout._cells(0.0, 1.0, [1], [0], np.array([[0.6, 0.5]])) is None


@pytest.mark.slow
def test_a_layout_that_fits_is_measured_once_more_and_kept(monkeypatch):
    chart = charts.length_of_stay(sample_results.stays(3))
    measured, whole = [], layout._margins
    monkeypatch.setattr(layout, "_margins", lambda *args: measured.append(1) or whole(*args))
    first = laid(chart)
    assert len(measured) <= 3
    measured.clear()
    assert (laid(chart) == first).all()
    assert len(measured) == 1


def test_words_that_never_settle_get_the_larger_room(monkeypatch):
    figure = layout.figure_with((6.0, 4.0), w_pad=0.0, h_pad=0.0)
    figure.add_subplot()
    wanted = iter([0.1, 0.3] * 10)
    monkeypatch.setattr(layout, "_margins", lambda *_: (next(wanted), 0.1, 0.0, 0.1))
    figure.draw_without_rendering()
    first = figure.axes[0].get_position().bounds
    assert first == pytest.approx((0.3, 0.1, 0.7, 0.8))
    figure.draw_without_rendering()
    assert figure.axes[0].get_position().bounds == first


@pytest.mark.parametrize("add", ["suptitle", "subplot", "axes"])
def test_what_is_no_grid_gets_constrained_layout(add, monkeypatch):
    ran, whole = [], ConstrainedLayoutEngine.execute
    monkeypatch.setattr(ConstrainedLayoutEngine, "execute", lambda *args: ran.append(1) or whole(*args))
    figure = layout.figure_with((6.0, 4.0))
    grid = figure.add_gridspec(2, 2)
    figure.add_subplot(grid[0, 0])
    figure.draw_without_rendering()
    assert not ran
    if add == "suptitle":
        figure.suptitle("A title over all")
    elif add == "subplot":
        figure.add_subplot(grid[1, :])
    else:
        figure.add_axes((0.7, 0.1, 0.1, 0.3))
    figure.draw_without_rendering()
    assert ran


def test_a_figure_too_small_for_its_words_is_drawn_as_matplotlib_does():
    figure = layout.figure_with((0.3, 0.3), w_pad=0.2, h_pad=0.2)
    figure.add_subplot()
    with pytest.warns(UserWarning, match="axes sizes collapsed"):
        figure.draw_without_rendering()


@pytest.mark.slow
def test_all_files_of_a_chart_are_one_painting_whatever_its_dpi(monkeypatch):
    files, painted = [], []
    for dpi in (72, 140):
        chart = charts.length_of_stay(sample_results.stays(3))
        chart.figure.set_dpi(dpi)
        with laid_out(chart):
            monkeypatch.setattr(layers, "LayerCanvas", lambda *_: painted.append(1))
            files.append([render(chart, form) for form in ("svg", "png", "pdf")])
            monkeypatch.undo()
        assert chart.figure.dpi == dpi
    assert not painted
    assert files[0] == files[1]


@pytest.mark.slow
def test_figures_of_the_caller_keep_their_layout(results):
    for engine in ("constrained", "tight", None):
        figure = Figure(figsize=(12, 6), layout=engine)
        ax = charts.length_of_stay(results("stays", 3), ax=figure.add_subplot(1, 2, 1))
        mine = figure.get_layout_engine()
        render(ax, "png")
        assert figure.get_layout_engine() is mine


@pytest.mark.slow
def test_a_layer_makes_no_ticks_and_no_spines():
    ax = charts.length_of_stay(sample_results.stays(3))
    said = words(ax)
    assert said
    for child in ax.child_axes:
        assert not child.spines
        for axis in (child.xaxis, child.yaxis):
            assert not {"majorTicks", "minorTicks"} & set(vars(axis))
