"""Letters that the bundled fonts lack are drawn with a font of the machine that has them, else one warning says so."""

import warnings
from pathlib import Path

import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager, get_font, ttfFontProperty

import careflow as cf
from careflow import charts
from careflow.charts.drawing import fonts
from careflow.charts.drawing.export import render

LETTERS = "住宿门诊"
FAMILY = "Made Up Han"


@pytest.fixture
def forget():
    """The fonts that hold a letter are remembered; a test that changes the fonts forgets them before and after."""
    remembered = (fonts._letters, fonts._holder, fonts.missing, fonts.covering)
    for one in remembered:
        one.cache_clear()
    yield
    for one in remembered:
        one.cache_clear()


def made_up_font(path: Path) -> Path:
    """Write a font in which each of the letters is a bar of a height of its own."""
    glyphs = {}
    for height, letter in enumerate(["", *LETTERS], start=1):
        pen = TTGlyphPen(None)
        for to, (x, y) in enumerate([(100, 0), (100, 200 * height), (900, 200 * height), (900, 0)]):
            pen.lineTo((x, y)) if to else pen.moveTo((x, y))
        pen.closePath()
        glyphs[f"g{ord(letter)}" if letter else ".notdef"] = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(list(glyphs))
    font.setupCharacterMap({ord(letter): f"g{ord(letter)}" for letter in LETTERS})
    font.setupGlyf(glyphs)
    font.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 100)))
    font.setupHorizontalHeader(ascent=1000, descent=-200)
    font.setupNameTable({"familyName": FAMILY, "styleName": "Regular"})
    font.setupOS2(sTypoAscender=1000, usWinAscent=1000, usWinDescent=200)
    font.setupPost()
    font.save(path)
    return path


def drawn(first: str, second: str) -> bytes:
    care = cf.Continuum.of([first, second])
    rows = pd.DataFrame(
        [(i, first, "2024-01-01", f"2024-01-{5 + i:02d}") for i in range(20)],
        columns=["person_id", "level", "admit_date", "discharge_date"],
    )
    moves = cf.link(cf.read_episodes(rows, care, cutoff="2024-12-31"))
    return render(charts.length_of_stay(cf.length_of_stay(moves)), "png")


@pytest.mark.slow
def test_letters_come_from_a_font_of_the_machine(tmp_path, monkeypatch, forget):
    entry = ttfFontProperty(get_font(str(made_up_font(tmp_path / "han.ttf"))))
    monkeypatch.setattr(fontManager, "ttflist", [*fontManager.ttflist, entry])
    monkeypatch.setattr(fonts, "_OWN", (*fonts._OWN, *{one.name for one in fontManager.ttflist} - {FAMILY}))
    assert fonts.covering("住宿", fonts.families())[-1] == FAMILY
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = drawn("住宿", "门诊"), drawn("门诊", "住宿")
    assert one != other, "two names of other letters are two pictures"


def test_letters_that_no_font_has_are_said_once(monkeypatch, forget):
    monkeypatch.setattr(fonts, "_OWN", (*fonts._OWN, *{one.name for one in fontManager.ttflist}))
    with pytest.warns(charts.CareflowLabelWarning, match="no font on this machine has 4 of the letters") as told:
        drawn("住宿", "门诊")
    assert len([one for one in told if issubclass(one.category, charts.CareflowLabelWarning)]) == 1
