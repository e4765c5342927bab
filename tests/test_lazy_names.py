"""A name of the front door, or of the charts, is imported when it is first used, and is then what it always was."""

import subprocess
import sys

import pytest

from careflow import charts
from careflow.lazy_names import names_of_stub


def ran(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_charts_load_neither_pandas_nor_the_engine_until_one_is_drawn():
    ran(
        "import careflow, sys; from careflow import charts; "
        "heavy = {'pandas', 'scipy', 'duckdb', 'matplotlib.pyplot', 'networkx'} & set(sys.modules); "
        "assert not heavy, heavy; "
        "import matplotlib.style; assert 'careflow' in matplotlib.style.library; charts.trend; charts.theme"
    )


@pytest.mark.slow
def test_no_chart_needs_the_half_second_of_scipy_stats_to_be_imported():
    ran(
        "import careflow, sys; from careflow import charts; charts.funnel; charts.headline; "
        "assert 'scipy.stats' not in sys.modules"
    )


def test_a_chart_is_the_same_function_however_its_module_was_loaded():
    import careflow.charts.headlines
    import careflow.charts.plots.trend

    assert charts.headline is charts.headline is careflow.charts.headlines.headline
    assert charts.trend is careflow.charts.plots.trend.trend
    assert charts.los is charts.length_of_stay


def test_what_is_listed_is_what_the_stub_says_but_for_old_names():
    assert charts.__all__ == sorted(set(names_of_stub(charts.__file__)) - {"los"})
    assert dir(charts) == charts.__all__
    for name in charts.__all__:
        assert getattr(charts, name).__name__ == name


def test_a_chart_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(AttributeError, match=r"has no 'flowmap' \(did you mean 'flow_map'\?\)"):
        _ = charts.flowmap
