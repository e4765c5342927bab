"""Texts that are laid out once, however often a layout asks for their size."""

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from support import sample_results

from careflow import charts
from careflow.charts.drawing.fonts import set_languages
from careflow.charts.drawing.label import Label


def test_the_names_of_ticks_are_laid_out_once_and_as_matplotlib_does():
    plain, figure = Figure(), Figure()
    for one in (plain, figure):
        one.subplots().set(xticks=[0, 0.5, 1])
    set_languages(figure)
    ticks, theirs = (one.axes[0].xaxis.get_major_ticks() for one in (figure, plain))
    assert all(type(tick.label1) is Label for tick in ticks)
    assert all(type(tick.label1) is Text for tick in theirs)
    renderer = figure.canvas.get_renderer() if hasattr(figure.canvas, "get_renderer") else figure._get_renderer()
    for tick, other in zip(ticks, theirs, strict=True):
        assert tick.label1._get_layout(renderer) is tick.label1._get_layout(renderer)
        mine, peer = tick.label1.get_window_extent(renderer), other.label1.get_window_extent(plain._get_renderer())
        assert mine.bounds == pytest.approx(peer.bounds, abs=1e-9)


@pytest.mark.parametrize("change", [{"math_fontfamily": "stix"}, {"fontsize": 20}, {"linespacing": 3}])
def test_a_text_that_was_changed_is_laid_out_anew(change):
    figure = Figure()
    text = Label(0.1, 0.1, "a $x^2$\nb")
    figure.add_artist(text)
    before = text.get_window_extent(figure._get_renderer()).bounds
    text.set(**change)
    assert text.get_window_extent(figure._get_renderer()).bounds != before


def test_a_flow_map_makes_no_ticks():
    panels = charts.flow_map(sample_results.rates(5))
    assert [len(axis.get_major_ticks()) for ax in panels.values() for axis in (ax.xaxis, ax.yaxis)] == [0, 0, 0, 0]
