"""A chart is one more Axes: ten things that users of matplotlib do, looked at in artists and pixels."""

import itertools
import pickle
import warnings
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from support import sample_results
from support.sample_results import answers
from support.words import words, words_drawn

from careflow import charts
from careflow.charts.drawing.palette import contrast
from careflow.charts.drawing.theme import settings
from careflow.errors import ArgumentError

AXES_LEVEL = {
    "trend of one move": lambda r, **o: charts.trend(r("quarters"), "inpatient", "residential", **o),
    "trend of all levels": lambda r, **o: charts.trend(r("quarters"), **o),
    "kaplan_meier": lambda r, **o: charts.kaplan_meier(r("stays"), **o),
    "length_of_stay": lambda r, **o: charts.length_of_stay(r("stays"), **o),
    "transition_matrix": lambda r, **o: charts.transition_matrix(r("rates"), **o),
    "cumulative_incidence": lambda r, **o: charts.cumulative_incidence(r("incidence"), "iop", **o),
    "time_to_next": lambda r, **o: charts.time_to_next(r("gap"), **o),
    "census": lambda r, **o: charts.census(r("census"), **o),
    "chronogram": lambda r, **o: charts.chronogram(r("occupation"), **o),
    "expected_days": lambda r, **o: charts.expected_days(r("expected days"), **o),
    "funnel": lambda r, **o: charts.funnel(r("facilities"), "inpatient", **o),
    "p_chart": lambda r, **o: charts.p_chart(r("months"), "inpatient", **o),
    "xmr": lambda r, **o: charts.xmr(r("stay quarters"), "inpatient", baseline=8, **o),
    "sequence_index": lambda r, **o: charts.sequence_index(r("pathways"), **o),
    "comparison": lambda r, **o: charts.comparison(r("comparison"), **o),
    "bounds": lambda r, **o: charts.bounds(answers.bounds(5), "inpatient", **o),
    "waterfall": lambda r, **o: charts.waterfall(answers.decomposition(5), "inpatient", "iop", **o),
    "fan": lambda r, **o: charts.fan(answers.projection(5), "inpatient", **o),
}


FIGURE_LEVEL = {
    "flow_map": lambda r, **o: charts.flow_map(r("rates"), **o),
    "alluvial": lambda r, **o: charts.alluvial(r("pathways"), **o),
}
DRAWN = {**AXES_LEVEL, **FIGURE_LEVEL}


@pytest.fixture(autouse=True)
def quiet():
    """Names may be cut where a chart is small; figures of pyplot are closed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", charts.CareflowLabelWarning)
        yield
    plt.close("all")


@pytest.fixture
def move(results):
    """Draw one move on Axes of a figure of its own."""

    def draw(**options):
        return charts.trend(results("quarters"), "inpatient", "residential", ax=Figure().subplots(), **options)

    return draw


def drawn(figure):
    """Draw a figure; return its texts with their boxes, and the picture from the bottom up."""
    canvas = FigureCanvasAgg(figure)
    with words_drawn() as found:
        canvas.draw()
    return list(found.values()), np.asarray(canvas.buffer_rgba())[::-1, :, :3]


def collisions(found):
    """Pairs of texts that overlap by more than a pixel, each trimmed 12% at top and bottom."""

    def trimmed(box):
        return box.x0, box.x1, box.y0 + 0.12 * box.height, box.y1 - 0.12 * box.height

    boxes = [(mark.get_text(), *trimmed(box)) for mark, box in found if mark.get_rotation() == 0]
    return [
        (a[0], b[0]) for a, b in itertools.combinations(boxes, 2)
        if min(a[2], b[2]) - max(a[1], b[1]) > 1 and min(a[4], b[4]) - max(a[3], b[3]) > 1
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", AXES_LEVEL)
def test_two_charts_stand_side_by_side(kind, results):
    figure, axes = plt.subplots(1, 2, figsize=(13, 6), layout="constrained")
    for ax in axes:
        assert AXES_LEVEL[kind](results, ax=ax) is ax
    found, _ = drawn(figure)
    assert collisions(found) == []
    assert figure.axes == [*axes]
    outside = [mark.get_text() for mark, box in found if box.x0 < -1 or box.x1 > 1301 or box.y0 < -1 or box.y1 > 601]
    assert outside == []


@pytest.mark.slow
@pytest.mark.parametrize("dpi", [72, 150])
@pytest.mark.parametrize("layout", ["constrained", "tight", "none"])
def test_no_words_collide_whatever_lays_the_figure_out(layout, dpi, results):
    figure = Figure(figsize=(9, 4.5), dpi=dpi, layout=layout)
    left, right = figure.subplots(1, 2, width_ratios=[2, 3])
    charts.kaplan_meier(results("stays"), ax=left)
    charts.trend(results("quarters"), ax=right)
    drawn(figure)
    assert collisions(drawn(figure)[0]) == []


@pytest.mark.slow
def test_a_line_at_a_target_is_at_its_pixel(move):
    ax = move()
    ax.axhline(0.25, color="#FF0000", linewidth=1)
    _, picture = drawn(ax.figure)
    row = round(ax.transData.transform((0, 0.25))[1])
    reds = (picture[row - 1 : row + 2].astype(int) == (255, 0, 0)).all(axis=2).sum(axis=1)
    assert reds.max() > 0.9 * ax.bbox.width
    far = np.r_[picture[: row - 3], picture[row + 3 :]].astype(int)
    assert not (far == (255, 0, 0)).all(axis=2).any()


@pytest.mark.slow
def test_a_line_between_two_quarters_is_between_their_points(move):
    ax = move()
    line = ax.axvline("2024-01-01")
    at = line.get_xdata(orig=False)[0]
    assert at == date2num(np.datetime64("2024-01-01"))
    first, second = (ax.convert_xunits(name) for name in ("2023Q4", "2024-Q1"))
    assert first < at < second
    assert ax.convert_xunits("2024 q1") == second
    assert second == (date2num(np.datetime64("2024-01-01")) + date2num(np.datetime64("2024-04-01"))) / 2


@pytest.mark.slow
def test_an_annotation_points_at_a_quarter(move):
    ax = move()
    note = ax.annotate("New contract", ("2024Q3", 0.2), xytext=(20, 30), textcoords="offset points")
    found, _ = drawn(ax.figure)
    box = next(box for mark, box in found if mark is note)
    x, y = ax.transData.transform((ax.convert_xunits("2024Q3"), 0.2))
    scale = ax.figure.dpi / 72
    assert box.x0 == pytest.approx(x + 20 * scale, abs=2)
    assert box.y0 == pytest.approx(y + 30 * scale, abs=6)


@pytest.mark.parametrize("loc", ["left", "center", "right"])
def test_the_neutral_title_yields_to_one_of_ones_own(loc, move):
    ax = move()
    neutral = ax.careflow.title
    ax.set_title("Mine", loc=loc)
    said = words(ax)
    assert "Mine" in said
    assert neutral not in [text.replace("\n", " ") for text in said]
    assert ax.get_title(loc=loc) == "Mine"


@pytest.mark.slow
def test_a_title_given_to_the_chart_is_that_of_the_axes_and_is_wrapped(move):
    title = "A finding of many words " * 6
    ax = move(title=title.strip())
    found, _ = drawn(ax.figure)
    assert ax.get_title(loc=mpl.rcParams["axes.titlelocation"]).split() == title.split()
    assert "\n" in ax.get_title()
    assert all(box.x0 >= -1 for mark, box in found if mark is ax.title)


@pytest.mark.slow
def test_ticks_and_words_follow_limits_of_ones_own(move):
    ax = move()
    ax.set_ylim(0, 1)
    ax.set_xlim(ax.convert_xunits("2024-01-01"), ax.convert_xunits("2024-12-31"))
    said = words(ax)
    assert "100%" in said
    assert "Q1\n2024" in said
    assert "Q4" in said
    assert not any("2023" in text for text in said if "\n" in text)


def test_colours_of_ones_own_are_drawn(move):
    ax = move(palette={"down": "#117733"})
    assert "#117733" in {to_hex(line.get_color()) for line in ax.lines}


@pytest.mark.slow
def test_an_axis_may_be_logarithmic(move):
    ax = move()
    ax.set_yscale("log")
    ax.set_ylim(0.01, 1)
    found, _ = drawn(ax.figure)
    assert ax.get_yscale() == "log"
    assert collisions(found) == []
    place = ax.transData.transform((0, 0.1))[1]
    assert place == pytest.approx((ax.bbox.y0 + ax.bbox.y1) / 2, abs=1)


@pytest.mark.slow
def test_axes_that_are_shared_take_the_limits_of_both(results):
    figure, (left, right) = plt.subplots(1, 2, sharey=True)
    charts.trend(results("quarters"), "inpatient", "residential", ax=left)
    alone = left.get_ylim()
    charts.trend(results("quarters"), "outpatient", measure="left early", ax=right)
    assert left.get_ylim() == right.get_ylim()
    assert right.get_ylim()[1] >= alone[1]
    figure.canvas.draw()


@pytest.mark.slow
def test_a_twin_axis_has_values_of_its_own(results):
    figure, ax = plt.subplots(layout="constrained")
    charts.trend(results("quarters"), "inpatient", "residential", ax=ax)
    before = ax.get_ylim()
    twin = ax.twinx()
    (line,) = twin.plot([ax.convert_xunits("2024Q1"), ax.convert_xunits("2025Q1")], [300, 500], color="k")
    found, _ = drawn(figure)
    assert ax.get_ylim() == before
    assert ax.get_xlim()[0] <= line.get_xdata()[0] <= ax.get_xlim()[1]
    assert "400" in [mark.get_text() for mark, _ in found]
    assert collisions(found) == []


@pytest.mark.slow
@pytest.mark.parametrize("style", ["dark_background", "ggplot", "careflow"])
@pytest.mark.parametrize("kind", ["trend of one move", "cumulative_incidence", "transition_matrix"])
def test_words_of_a_chart_can_be_read_in_a_style_sheet(style, kind, results):
    with plt.style.context(style):
        ax = AXES_LEVEL[kind](results, ax=plt.figure(figsize=(9, 6)).subplots())
        found, _ = drawn(ax.figure)
        ground = to_hex(ax.figure.get_facecolor())
    around = [mark for mark, box in found if not ax.bbox.overlaps(box)]
    own = [mark for mark in around if mark.axes is not ax]
    assert len(own) > 3
    assert all(contrast(to_hex(mark.get_color()), ground) > 4.4 for mark in own)


@pytest.mark.slow
def test_the_settings_of_the_caller_are_kept_on_given_axes(results):
    with plt.rc_context({"font.size": 16, "font.family": "DejaVu Sans"}):
        before = dict(mpl.rcParams)
        ax = AXES_LEVEL["kaplan_meier"](results, ax=plt.figure(figsize=(12, 9)).subplots())
        found, _ = drawn(ax.figure)
        assert dict(mpl.rcParams) == before
    assert {mark.get_fontfamily()[0] for mark, _ in found if mark.axes is not ax} == {"DejaVu Sans"}
    assert max(mark.get_fontsize() for mark, _ in found) > 18


@pytest.mark.slow
def test_a_second_chart_on_the_same_axes_keeps_header_and_widens_limits(move, results):
    ax = move()
    title, top = ax.get_title(), ax.get_ylim()[1]
    again = charts.trend(results("quarters"), "outpatient", measure="left early", ax=ax)
    assert again is ax
    assert ax.get_title() == title
    assert ax.get_ylim()[1] >= top
    assert collisions(drawn(ax.figure)[0]) == []


def test_the_place_under_the_pointer_is_said_in_words(move):
    ax = move()
    assert ax.format_coord(ax.convert_xunits("2024Q2"), 0.17) == "2024 Q2, 17%"


def test_a_level_is_its_place_on_the_axis_in_any_spelling(results):
    ax = charts.transition_matrix(results("rates"), ax=Figure().subplots())
    assert [ax.convert_yunits(name) for name in ("inpatient", "PHP", "Outpatient")] == [0, 2, 4]
    assert [text.get_text() for text in ax.get_yticklabels()][2] == "PHP"
    with pytest.raises(mpl.units.ConversionError) as caught:
        ax.axhline("phq")
    assert isinstance(caught.value.__cause__, ArgumentError)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["trend of one move", "length_of_stay", "transition_matrix", "trend of all levels", "flow_map"]
)
def test_a_chart_that_was_pickled_or_resized_is_laid_out_anew(kind, results):
    chart = DRAWN[kind](results)
    chart.figure.set_dpi(100)
    said = sorted(words(chart))
    again = pickle.loads(pickle.dumps(chart.figure))
    with settings(), words_drawn() as found:
        FigureCanvasAgg(again).draw()
    assert sorted(mark.get_text().strip() for mark, _ in found.values()) == said
    chart.figure.set_size_inches(6.5, 5.5)
    found, _ = drawn(chart.figure)
    assert collisions(found) == []


@pytest.mark.slow
@pytest.mark.parametrize("size", [(5, 3), (14, 9)])
@pytest.mark.parametrize("kind", DRAWN)
def test_nothing_collides_on_a_small_or_a_large_figure(kind, size, results):
    chart = DRAWN[kind](results, figsize=size)
    chart.figure.set_dpi(100)
    assert collisions(drawn(chart.figure)[0]) == []


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["constrained", "tight"])
@pytest.mark.parametrize("kind", AXES_LEVEL)
def test_nothing_collides_on_small_axes_of_the_caller(kind, layout, results):
    """Two charts on 9 x 3 inches in matplotlib's own type: words are left out rather than set over one another."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout=layout)
    for ax in axes:
        AXES_LEVEL[kind](results, ax=ax)
    found, _ = drawn(figure)
    assert collisions(found) == []
    assert [mark.get_text() for mark, box in found if box.x0 < -2 or box.x1 > 902] == []


@pytest.mark.slow
def test_panels_are_a_mapping_of_levels_to_axes(results):
    panels = charts.trend(results("quarters"))
    assert list(panels) == ["inpatient", "residential", "php", "iop"]
    assert panels["PHP"] is panels["php"]
    with pytest.raises(KeyError):
        panels["detox"]
    panels.set(ylim=(0, 1))
    assert panels["iop"].get_ylim() == (0, 1)
    assert set(charts.chart_data(panels)["level"]) == set(panels)
    assert set(panels["iop"].careflow.data["level"]) == {"iop"}


@pytest.mark.slow
def test_panels_stand_on_a_subfigure_and_refuse_axes(results):
    figure = Figure(figsize=(14, 6), layout="constrained")
    left, right = figure.subfigures(1, 2)
    charts.trend(results("quarters"), figure=left)
    flow = charts.flow_map(results("rates"), figure=right)
    assert set(flow) == {"map", "table"}
    assert collisions(drawn(figure)[0]) == []
    for draw in (charts.flow_map, lambda r, **o: charts.trend(results("quarters"), facet="level", **o)):
        with pytest.raises(TypeError, match=r"figure=fig\.subfigures"):
            draw(results("rates"), ax=Figure().subplots())
    with pytest.raises(ArgumentError, match="empty figure"):
        charts.flow_map(results("rates"), figure=figure)


def secret_pair():
    """Rates by quarter of which some are hidden, with two different numbers under the masks."""
    whole, hidden = (sample_results.rates(5, by="quarter", masked=masked) for masked in (False, True))
    frame = whole.frame.assign(hidden=hidden.frame["hidden"].to_numpy())
    totals = whole.directions.assign(hidden=hidden.directions["hidden"].to_numpy())
    one = replace(whole, frame=frame, directions=totals)
    frame, totals = frame.copy(), totals.copy()
    for table in (frame, totals):
        table.loc[table["hidden"], ["n", "rate", "low", "high"]] = (987.0, 0.98765, 0.97, 0.99)
    return one, replace(whole, frame=frame, directions=totals)


@pytest.mark.slow
@pytest.mark.parametrize(
    "draw",
    [
        lambda r, ax: charts.trend(r, "inpatient", "outpatient", ax=ax),
        lambda r, ax: charts.transition_matrix(r, quarter="2025Q1", ax=ax),
        lambda r, ax: charts.p_chart(r, "inpatient", measure="step-down", ax=ax),
    ],
)
def test_a_secret_is_in_no_plain_file_pickle_limit_or_pointer(draw, tmp_path):
    files = []
    for name, result in zip(("a", "b"), secret_pair(), strict=True):
        ax = draw(result, Figure(figsize=(8, 5), layout="constrained").subplots())
        with plt.rc_context({"svg.hashsalt": "fixed"}):
            ax.figure.savefig(tmp_path / f"{name}.svg", metadata={"Date": None})
        inside = pickle.dumps((ax.get_xlim(), ax.get_ylim(), ax.careflow.alt, ax.careflow.data.to_csv()))
        inside += ax.format_coord(*ax.transData.inverted().transform(ax.transAxes.transform((0.4, 0.4)))).encode()
        data = [line.get_xydata().tobytes() for line in ax.lines] + [
            p.get_path().vertices.tobytes() for p in ax.patches
        ]
        files.append(((tmp_path / f"{name}.svg").read_bytes(), inside, data))
        whole = pickle.dumps(ax.figure)
        assert np.float64(0.98765).tobytes() not in whole
        assert np.float64(987.0).tobytes() not in whole
    assert files[0] == files[1]


@pytest.mark.slow
def test_a_chart_has_a_panel_for_each_value_of_a_stratum(results):
    rates = sample_results.rates(5, by="payer", values=("10", "9", "other"))
    panels = charts.transition_matrix(rates, facet="payer", title="By payer")
    assert list(panels) == ["other", "9", "10"]
    found, _ = drawn(panels.figure)
    said = [mark.get_text() for mark, _ in found]
    assert said.count("By payer") == 1
    assert {"other", "9", "10"} <= set(said)
    assert collisions(found) == []
    n = sum(ax.careflow.n for ax in panels.values())
    assert panels.careflow.n == n
    assert f"n = {n:,}" in panels.careflow.notes
    for payer, ax in panels.items():
        alone = charts.transition_matrix(rates, where={"payer": payer})
        assert ax.careflow.data.equals(alone.careflow.data)
        assert ax.get_ylim() == alone.get_ylim()
    with pytest.raises(ArgumentError, match="no stratum of the result; it has"):
        charts.transition_matrix(rates, facet="county")
    with pytest.raises(TypeError, match=r"figure=fig\.subfigures"):
        charts.transition_matrix(rates, facet="payer", ax=Figure().subplots())


@pytest.mark.slow
def test_levels_and_periods_may_be_spelled_in_any_way(results):
    one = charts.trend(results("quarters"), "Inpatient", "RESIDENTIAL")
    other = charts.trend(results("quarters"), "inpatient", "residential")
    assert charts.alt_text(one) == charts.alt_text(other)
    assert charts.chart_data(one).equals(charts.chart_data(other))
    assert "2025\u00a0Q1" in charts.transition_matrix(results("quarters"), quarter="2025 q1").careflow.subtitle
    with pytest.raises(ArgumentError, match=r"no level 'reidential' .*\(did you mean 'residential'\?\); it has 'inp"):
        charts.kaplan_meier(results("stays"), levels=["reidential"])


def test_what_is_listed_of_the_charts_is_what_is_public():
    assert dir(charts) == sorted(charts.__all__)
