"""Every chart shows in its help how it is called; the examples themselves run with the doctests."""

import pytest

from careflow import charts
from careflow.charts.data.kinds import KINDS

DRAWN = sorted({name for kind in KINDS for name in kind.charts})


@pytest.mark.parametrize("name", DRAWN)
def test_the_help_of_a_chart_has_an_example(name: str) -> None:
    text = getattr(charts, name).__doc__ or ""
    assert "Examples\n" in text
    assert ">>> " in text.partition("Examples")[2]
    assert f"charts.{name}(" in text.partition("Examples")[2]
