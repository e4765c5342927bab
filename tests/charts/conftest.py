"""Charts of made-up results, drawn once a session, and what a test wants to know of a drawn page."""

import warnings
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch
from support import sample_results
from support.sample_results import answers
from support.words import words_drawn

from careflow import charts
from careflow.charts.drawing.canvas import Box
from careflow.charts.drawing.theme import settings

MONTHS = tuple(f"{year}-{month:02d}" for year in (2023, 2024, 2025) for month in range(1, 13))
FACILITIES = tuple(f"Facility {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUV")


@cache
def result(what, levels=5):
    """One made-up result, made once."""
    made = {
        "rates": lambda: sample_results.rates(levels),
        "quarters": lambda: sample_results.rates(levels, by="quarter"),
        "months": lambda: sample_results.rates(levels, by="month", values=MONTHS),
        "facilities": lambda: sample_results.rates(levels, by="facility", values=FACILITIES),
        "stays": lambda: sample_results.stays(levels),
        "stay quarters": lambda: sample_results.stays(levels, by="quarter"),
        "incidence": lambda: sample_results.incidence(levels),
        "gap": lambda: sample_results.incidence(levels, clock="gap"),
        "occupation": lambda: sample_results.occupation(levels),
        "expected days": lambda: sample_results.expected_days(levels),
        "census": lambda: sample_results.census(levels),
        "pathways": lambda: sample_results.pathways(levels),
        "comparison": lambda: sample_results.comparison(levels),
        "decomposition": lambda: answers.decomposition(levels),
        "bounds": lambda: answers.bounds(levels),
        "projection": lambda: answers.projection(levels),
    }
    return made[what]()


def _level(levels, place):
    return sample_results.continuum(levels).names[place]


DRAWN = {
    "flow_map": lambda k, **look: charts.flow_map(result("rates", k), stays=result("stays", k), **look),
    "transition_matrix": lambda k, **look: charts.transition_matrix(result("rates", k), **look),
    "trend": lambda k, **look: charts.trend(result("quarters", k), **look),
    "length_of_stay": lambda k, **look: charts.length_of_stay(result("stays", k), **look),
    "trend of one move": lambda k, **look: charts.trend(
        result("quarters", k), frm=_level(k, 0), to=_level(k, 1), target=0.25, **look
    ),
    "trend of medians": lambda k, **look: charts.trend(result("stay quarters", k), **look),
    "alluvial": lambda k, **look: charts.alluvial(result("pathways", k), **look),
    "cumulative_incidence": lambda k, **look: charts.cumulative_incidence(
        result("incidence", k), level=_level(k, min(3, k - 1)), **look
    ),
    "kaplan_meier": lambda k, **look: charts.kaplan_meier(result("stays", k), **look),
    "time_to_next": lambda k, **look: charts.time_to_next(result("gap", k), **look),
    "chronogram": lambda k, **look: charts.chronogram(result("occupation", k), **look),
    "sequence_index": lambda k, **look: charts.sequence_index(result("pathways", k), **look),
    "funnel": lambda k, **look: charts.funnel(result("facilities", k), _level(k, 0), **look),
    "p_chart": lambda k, **look: charts.p_chart(result("months", k), _level(k, 0), **look),
    "xmr": lambda k, **look: charts.xmr(result("stay quarters", k), _level(k, 0), baseline=8, **look),
    "census": lambda k, **look: charts.census(result("census", k), **look),
    "expected_days": lambda k, **look: charts.expected_days(result("expected days", k), **look),
    "comparison": lambda k, **look: charts.comparison(result("comparison", k), **look),
    "waterfall": lambda k, **look: charts.waterfall(result("decomposition", k), _level(k, 0), _level(k, 1), **look),
    "bounds": lambda k, **look: charts.bounds(result("bounds", k), _level(k, 0), **look),
    "fan": lambda k, **look: charts.fan(result("projection", k), _level(k, 0), **look),
}
FOUR = ("flow_map", "transition_matrix", "trend", "length_of_stay")
CONTEXTS = ("notebook", "report", "slide")
SHEET = [(kind, levels, context) for kind in FOUR for levels in (2, 5, 8, 12) for context in CONTEXTS]
SHEET += [(kind, 5, context) for kind in DRAWN if kind not in FOUR for context in CONTEXTS]
EVERYDAY = (5, "notebook")
"""The size of continuum and the context that are drawn without ``--slow``."""


@cache
def drawn(kind, levels, context, family=None):
    """One chart of the sheet, drawn once."""
    with charts.theme(context, family=family):
        return DRAWN[kind](levels)


@dataclass(frozen=True)
class Word:
    """A drawn text and the box that it covers, in pixels at 100 dpi."""

    text: str
    size: float
    color: str
    box: Box


class Look:
    """What can be seen on the figure of a chart: every text is noted as it is drawn."""

    dpi = 100

    def __init__(self, ax):
        self.ax, self.figure, self._pixels = ax, ax.figure, None
        with settings(), words_drawn() as drawn, warnings.catch_warnings():
            warnings.simplefilter("ignore", charts.CareflowLabelWarning)
            self.figure.set_dpi(self.dpi)
            FigureCanvasAgg(self.figure).draw()
        self.words = [self._word(mark, box) for mark, box in drawn.values()]
        renderer = self.figure.canvas.get_renderer()
        self.boxes = [
            (mark.get_label(), self._box(mark.get_window_extent(renderer)))
            for mark in self.figure.findobj(FancyBboxPatch)
        ]

    def _word(self, mark, extent):
        return Word(mark.get_text(), mark.get_fontsize(), to_hex(mark.get_color()).upper(), self._box(extent))

    @staticmethod
    def _box(extent):
        return Box(extent.x0, extent.y0, extent.x1, extent.y1)

    @property
    def host(self):
        return self._box(self.figure.bbox)

    def pixels(self):
        """The page without its texts, as an array of RGB from the bottom up."""
        if self._pixels is None:
            with settings(), words_drawn(hide=True):
                canvas = FigureCanvasAgg(self.figure)
                canvas.draw()
            self._pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3]
        return self._pixels


@pytest.fixture
def look():
    """Look at a drawn chart, once a session at each."""
    return _look


@cache
def _look(ax):
    return Look(ax)


@pytest.fixture(scope="session")
def make():
    """Draw one chart of the sheet."""
    return drawn


@pytest.fixture(scope="session")
def results():
    """Make one made-up result."""
    return result


@pytest.fixture(scope="session")
def kinds():
    """Every kind of chart, as a function of the number of levels and the options."""
    return DRAWN


@pytest.fixture
def svg():
    """Draw a chart to the text of an SVG."""

    def render(ax):
        from careflow.charts.drawing.export import render

        return render(ax, "svg").decode()

    return render


@pytest.fixture
def png():
    """Draw a chart and open the picture."""

    def render(ax, dpi=100):
        from PIL import Image

        from careflow.charts.drawing.export import render

        return Image.open(BytesIO(render(ax, "png", dpi=dpi)))

    return render


def pytest_generate_tests(metafunc):
    """Run a test that asks for ``sheet`` over every chart of the contact sheet, ``page`` over those of a notebook."""
    for name, sheet in (("sheet", SHEET), ("page", [entry for entry in SHEET if entry[2] == "notebook"])):
        if name in metafunc.fixturenames:
            cases = [
                pytest.param(
                    entry, id="-".join(map(str, entry)), marks=() if entry[1:] == EVERYDAY else pytest.mark.slow
                )
                for entry in sheet
            ]
            metafunc.parametrize(name, cases)
