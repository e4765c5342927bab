"""Layers: a label that is cut is warned about once, when it is drawn."""

import warnings

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from careflow.charts import CareflowLabelWarning
from careflow.charts.drawing.colours import PLAIN
from careflow.charts.drawing.layers import Layer
from careflow.charts.drawing.theme import current


def test_a_cut_label_is_warned_about_once_and_only_if_drawn():
    figure = Figure()
    ax = figure.subplots()
    canvas = FigureCanvasAgg(figure)
    room = {"cut": True}

    def paint(_):
        if room["cut"]:
            warnings.warn("a label was cut", CareflowLabelWarning, stacklevel=1)

    layer = Layer(ax, paint, current(), PLAIN, lambda _: room["cut"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layer.lay_out(canvas.get_renderer())
        room["cut"] = False
        canvas.draw()
        assert caught == []
        room["cut"] = True
        canvas.draw()
        canvas.draw()
    assert [str(one.message) for one in caught] == ["a label was cut"]
