"""The periods of a release: quarters where they hold, otherwise years with what holds of the quarters."""

import numpy as np
import pandas as pd
import pytest

from careflow.errors import ArgumentError
from careflow.protect import audit, protect
from careflow.protect.periods_shown import headlines_shown, protect_periods


def both(made, cube: np.ndarray) -> tuple:
    """Return the rates of a cube by quarter and by year."""
    year = pd.DataFrame({"year": pd.Categorical(["2023"], ["2023"], ordered=True)})
    return [made["by_quarter"](cube)], [made["rates"](cube.sum(axis=0, keepdims=True), year)]


def test_a_large_provider_keeps_its_quarters(made) -> None:
    shown = protect_periods(*both(made, np.full((4, 3, 12), 40, dtype=np.int64)))
    assert (shown.unit, shown.by_year, shown.sentence) == ("quarter", (), "")
    assert not shown.by_quarter[0].frame["hidden"].any()


@pytest.mark.slow
def test_a_small_provider_falls_back_to_years(made) -> None:
    """Every count of a quarter is 5, so of a year 20: the years are shown, and the page says why."""
    shown = protect_periods(*both(made, np.full((4, 3, 12), 5, dtype=np.int64)))
    assert shown.unit == "year"
    assert "fewer than half of levels and quarters. So the detail is by year" in shown.sentence
    assert headlines_shown(shown.by_year[0]) == 1
    assert not shown.by_year[0].frame["hidden"].any()
    assert shown.released.proof.check().ok


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_years_and_the_quarters_beside_them_are_one_proof(made, seed) -> None:
    quarters, years = both(made, made["flows"](4, 300, seed))
    shown = protect_periods(quarters, years)
    assert shown.unit == "year"
    assert headlines_shown(shown.by_year[0]) >= headlines_shown(shown.by_quarter[0])
    assert audit(shown.released).ok


def test_years_are_hidden_after_their_quarters(made) -> None:
    """A small count of a quarter is protected by the other quarters."""
    cube = np.full((4, 3, 12), 40, dtype=np.int64)
    cube[0, 0, 1] = 3
    quarters, years = both(made, cube)
    _, year = protect([*quarters, *years])
    assert not year.frame["hidden"].any()


def test_periods_are_chosen_by_transition_rates(made) -> None:
    with pytest.raises(ArgumentError, match="holds no transition rates"):
        protect_periods([made["stays"]([(80, 10)] * 3)], [])
