"""Acceptance C1 to C4: colours that are told apart with any colour vision, and on a grey printer."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from careflow.charts.drawing.palette import INK, ROLES, WHITE, Palette, contrast, intensity, legible, shade, text_on

colorspacious = pytest.importorskip("colorspacious", reason="colour distances need colorspacious")

FILLS = Palette().fills
VISIONS = ("normal", "deuteranomaly", "protanomaly", "tritanomaly")


def appearance(colour, vision="normal"):
    """The colour in CAM02-UCS as an eye of a kind of colour vision sees it."""
    rgb = np.array(to_rgb(colour))
    if vision != "normal":
        space = {"name": "sRGB1+CVD", "cvd_type": vision, "severity": 100}
        rgb = np.clip(colorspacious.cspace_convert(rgb, space, "sRGB1"), 0, 1)
    return colorspacious.cspace_convert(rgb, "sRGB1", "CAM02-UCS")


def lightness(colour):
    return colorspacious.cspace_convert(np.array(to_rgb(colour)), "sRGB1", "CIELab")[0]


@pytest.mark.parametrize("vision", VISIONS)
def test_outcomes_differ_by_15_with_any_colour_vision(vision):
    for one, other in itertools.combinations(ROLES, 2):
        assert np.linalg.norm(appearance(FILLS[one], vision) - appearance(FILLS[other], vision)) >= 15


def test_outcomes_differ_in_grey_by_6():
    for one, other in itertools.combinations(ROLES, 2):
        assert abs(lightness(FILLS[one]) - lightness(FILLS[other])) >= 6


@pytest.mark.parametrize("role", [role for role in ROLES if role != "care"])
def test_fills_stand_out_from_white(role):
    assert contrast(FILLS[role], WHITE) >= 2.995


@pytest.mark.parametrize("role", ROLES)
def test_outcome_words_read_on_white(role):
    assert contrast(Palette().ink(role), WHITE) >= 4.5


@pytest.mark.parametrize("levels", range(1, 13))
def test_intensity_grows_lighter_and_every_step_carries_text(levels):
    ramp = intensity(levels)
    assert len(ramp) == levels
    assert all(lightness(b) > lightness(a) for a, b in itertools.pairwise(ramp))
    assert all(contrast(fill, text_on(fill)) >= 4.5 for fill in ramp)


@pytest.mark.parametrize(("levels", "least"), [(5, 12), (12, 5)])
def test_neighbouring_intensities_differ(levels, least):
    for one, other in itertools.pairwise(intensity(levels)):
        assert np.linalg.norm(appearance(one) - appearance(other)) >= least


def test_five_levels_have_the_agreed_violets():
    agreed = ("#2b2350", "#4d4284", "#776bab", "#b6add6", "#dfdbee")
    for ours, theirs in zip(intensity(5), agreed, strict=True):
        assert np.abs(np.array(to_rgb(ours)) - np.array(to_rgb(theirs))).max() < 3 / 255


@pytest.mark.parametrize("role", ROLES)
def test_a_matrix_shade_carries_text_at_every_share(role):
    for share in np.linspace(0, 1, 101):
        fill = shade(FILLS[role], float(share), 1.0)
        assert contrast(fill, text_on(fill)) >= 4.5


def test_a_larger_share_is_darker():
    shades = [lightness(shade(FILLS["down"], share / 20, 1.0)) for share in range(21)]
    assert all(a >= b - 0.2 for a, b in itertools.pairwise(shades))


def test_legible_leaves_legible_colours_alone():
    assert legible(WHITE.lower()) == WHITE.lower()
    assert legible(INK.lower()) == INK.lower()


def test_another_palette_keeps_its_words_legible():
    changed = Palette().changed({"up": "#FFD700"})
    assert changed.fill("up") == "#ffd700"
    assert contrast(changed.ink("up"), WHITE) >= 4.5
    assert changed.fill("down") == Palette().fill("down")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["transition_matrix", "cumulative_incidence", "alluvial", "chronogram", "census"])
def test_touching_areas_have_a_white_gap(kind, make, look):
    """Stepped down and completed are alike in grey: between areas lies white, as an edge, a line or a gap."""
    figure = look(make(kind, 5, "notebook")).figure
    axes = [ax for host in figure.axes for ax in (host, *host.child_axes)]
    patches = [patch for ax in axes for patch in ax.patches]
    white_lines = [
        line for ax in axes for line in ax.lines if to_rgb(line.get_color()) == (1, 1, 1) and line.get_linewidth() > 0
    ]
    white_edges = [p for p in patches if p.get_linewidth() > 0 and tuple(p.get_edgecolor()[:3]) == (1, 1, 1)]
    cells = [p for p in patches if type(p).__name__ == "Rectangle"]
    apart = kind == "transition_matrix" and not any(
        a is not b and a.get_bbox().overlaps(b.get_bbox()) for a, b in itertools.combinations(cells, 2)
    )
    assert white_lines or white_edges or apart
