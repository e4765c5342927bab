"""The words of a chart, noted as the renderer draws them: ``findobj`` would find stale ones too."""

from contextlib import contextmanager
from unittest.mock import patch

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from careflow.charts.drawing.theme import settings


@contextmanager
def words_drawn(*, hide=False):
    """Collect each text that is drawn, with where it stands in pixels; ``hide`` draws none."""
    drawn, original = {}, Text.draw

    def spy(self, renderer, *args, **kwargs):
        if self.get_visible() and self.get_text().strip():
            drawn[id(self)] = (self, self.get_window_extent(renderer))
        if not hide:
            original(self, renderer, *args, **kwargs)

    with patch.object(Text, "draw", spy):
        yield drawn


def words(chart):
    """Return the texts that are drawn on the figure of a chart, in the order of drawing."""
    with settings(), words_drawn() as drawn:
        FigureCanvasAgg(chart.figure).draw()
    return [mark.get_text().strip() for mark, _ in drawn.values()]
