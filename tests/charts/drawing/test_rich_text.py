"""Names that are alike are drawn so that they differ; letters that no font has are said to be missing, once."""

import warnings

import pytest
from matplotlib.backends.backend_agg import RendererAgg
from support import sample_results
from support.words import words

from careflow import charts
from careflow.charts.drawing.fonts import REGULAR, families, measured_by
from careflow.charts.drawing.rich_text import cut
from careflow.continuum import Continuum

ALIKE = {
    "at the start": [f"Level of care number {i:02d}" for i in range(12)],
    "at the end": [f"{i:02d} is the number of this level of care" for i in range(12)],
    "at both ends": [f"Level of care number {i:02d} of the whole county of Nowhere" for i in range(12)],
}


@pytest.mark.slow
@pytest.mark.parametrize("names", ALIKE.values(), ids=ALIKE)
@pytest.mark.parametrize("room", [30, 45, 60, 90])
def test_names_alike_differ_when_cut_and_fit(names, room):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", charts.CareflowLabelWarning)
        with measured_by(RendererAgg(100, 100, 72)):
            short = [cut(name, 9.6, room, families(), REGULAR, names) for name in names]
    assert len(set(short)) == len(names), short


@pytest.mark.slow
@pytest.mark.parametrize("draw", [charts.flow_map, charts.transition_matrix])
def test_no_two_levels_bear_the_same_text_on_a_chart(draw):
    care = Continuum.of(ALIKE["at the start"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", charts.CareflowLabelWarning)
        said = [text.replace("\n", " ") for text in words(draw(sample_results.rates(care=care)))]
    for number in range(12):
        assert any(f"{number:02d}" in text for text in said if "%" not in text), said


@pytest.mark.slow
def test_letters_that_no_font_has_are_said_to_be_missing_once(tmp_path):
    care = Continuum.of(["\U00010920\U00010921", "\U00010922"])  # Lydian, which hardly any font has
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        charts.save(charts.transition_matrix(sample_results.rates(care=care)), tmp_path / "a.png")
    assert [str(one.message) for one in heard if "Glyph" in str(one.message)] == []
    own = [one for one in heard if issubclass(one.category, charts.CareflowLabelWarning)]
    assert len(own) <= 1
    assert all("family=" in str(one.message) for one in own)


def test_the_former_name_of_a_chart_is_still_importable_but_not_listed():
    from careflow.charts import los

    assert los is charts.length_of_stay
    assert "los" not in charts.__all__
    assert "length_of_stay" in charts.__all__
