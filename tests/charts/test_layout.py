"""Acceptance L1 to L5: nothing overlaps, nothing leaves the page, everything can be read."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from careflow.charts.drawing.canvas import Box

SMALLEST = {"notebook": 8.0, "report": 6.5, "slide": 12.0}


def overlaps(words):
    """Pairs of texts that overlap by more than a pixel, each trimmed 12% at top and bottom."""
    trimmed = []
    for word in words:
        trim = 0.12 * word.box.h
        trimmed.append((word.text, Box(word.box.x0, word.box.y0 + trim, word.box.x1, word.box.y1 - trim)))
    return [(a, b) for (a, one), (b, other) in itertools.combinations(trimmed, 2) if one.meets(other, gap=-1.0)]


def test_the_check_for_overlaps_finds_one():
    word = type("Word", (), {"text": "a", "box": Box(0, 0, 10, 10)})()
    other = type("Word", (), {"text": "b", "box": Box(8, 0, 18, 10)})()
    assert overlaps([word, other]) == [("a", "b")]


@pytest.mark.slow
def test_no_two_texts_overlap(sheet, make, look):
    assert overlaps(look(make(*sheet)).words) == []


@pytest.mark.slow
@pytest.mark.parametrize("context", ["notebook", "report", "slide"])
@pytest.mark.parametrize("levels", [5, 8])
@pytest.mark.parametrize("kind", ["flow_map", "transition_matrix", "trend", "length_of_stay"])
def test_no_two_texts_overlap_in_the_fallback_font(kind, levels, context, make, look):
    assert overlaps(look(make(kind, levels, context, "DejaVu Sans")).words) == []


@pytest.mark.slow
def test_every_text_lies_inside_its_host(sheet, make, look):
    page = look(make(*sheet))
    room = Box(page.host.x0 - 0.5, page.host.y0 - 0.5, page.host.x1 + 0.5, page.host.y1 + 0.5)
    assert [word.text for word in page.words if not word.box.inside(room)] == []


def test_no_text_is_smaller_than_its_context_allows(sheet, make, look):
    assert min(word.size for word in look(make(*sheet)).words) >= SMALLEST[sheet[2]]


def luminance(rgb):
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.slow
def test_every_text_stands_out_from_what_is_behind_it(sheet, make, look):
    page = look(make(*sheet))
    pixels = page.pixels()
    faint = []
    for word in page.words:
        x0, y0, x1, y1 = (round(v) for v in (word.box.x0, word.box.y0, word.box.x1, word.box.y1))
        behind = luminance(pixels[max(y0, 0) : y1, max(x0, 0) : x1].reshape(-1, 3) / 255)
        own = luminance(np.array(to_rgb(word.color)))
        contrast = (np.maximum(behind, own) + 0.05) / (np.minimum(behind, own) + 0.05)
        if np.quantile(contrast, 0.10) < 4.5:
            faint.append((word.text, round(float(np.quantile(contrast, 0.10)), 2)))
    assert faint == []


@pytest.mark.slow
def test_a_second_drawing_moves_no_word(sheet, make, look):
    """The layout is settled when it is drawn for the first time: two files of one chart are alike."""
    page = look(make(*sheet))
    again = type(page)(page.ax)
    assert [word.text for word in again.words] == [word.text for word in page.words]
    corners = [np.array([(word.box.x0, word.box.y0) for word in one.words]) for one in (page, again)]
    assert np.abs(corners[1] - corners[0]).max() < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("context", ["notebook", "report", "slide"])
@pytest.mark.parametrize("levels", [5, 8, 12])
def test_no_label_of_an_arc_touches_a_card_or_another_label(levels, context, make, look):
    ax = make("flow_map", levels, context)
    page = look(ax)
    pills = [box for name, box in page.boxes if name == "_pill"]
    cards = [box for name, box in page.boxes if name == "_card"]
    assert len(cards) == levels
    assert not any(one.meets(other) for one, other in itertools.combinations(pills, 2))
    assert not any(pill.meets(card) for pill in pills for card in cards)
    assert ax.careflow.unlabelled == ()


@pytest.mark.slow
def test_a_label_without_a_free_place_is_dropped_and_listed(results, look):
    from matplotlib.figure import Figure

    from careflow import charts

    figure = Figure(figsize=(3.4, 2.6))
    short = {name: name[:3] for name in results("rates", 8).continuum.names}
    ax = charts.flow_map(results("rates", 8), figure=figure, min_share=0, short_labels=short)
    page = look(ax)
    pills = [box for name, box in page.boxes if name == "_pill"]
    assert ax.careflow.unlabelled
    assert not any(one.meets(other) for one, other in itertools.combinations(pills, 2))


def test_a_chart_draws_on_the_axes_that_it_is_given(results):
    from matplotlib.figure import Figure

    from careflow import charts

    figure = Figure(figsize=(18, 13))
    axes = figure.subplots(2, 2)
    given = charts.transition_matrix(results("rates", 5), ax=axes[0, 1])
    assert given is axes[0, 1]
    assert figure.axes == [*axes.flat]
    assert not any(hasattr(ax, "careflow") for ax in (axes[0, 0], axes[1, 0], axes[1, 1]))


@pytest.mark.slow
def test_without_header_only_the_body_is_drawn(results, look):
    from careflow import charts

    ax = charts.transition_matrix(results("rates", 5), header=False)
    said = " ".join(word.text for word in look(ax).words)
    assert "n = " not in said
    assert "Where discharges went next" not in said
    assert ax.careflow.title == "Where discharges went next"
