"""Places on axes: periods and dates by the calendar of the result, levels in any spelling."""

from datetime import date

import pandas as pd
import pytest

from careflow import Calendar, Continuum
from careflow.charts.drawing.units import DateConverter, LevelConverter, Periods, day_said
from careflow.errors import ArgumentError


@pytest.mark.parametrize("word", ["2025Q2", "2025-Q2", "2025 q2", "Q2 2025", pd.Period("2025Q2")])
def test_a_period_is_its_middle_in_any_spelling(word):
    # April to June 2025 are 91 days from day 20179 on.
    assert DateConverter(Calendar()).convert(word, None, None) == 20179 + 45.5


@pytest.mark.parametrize("day", ["2025-04-01", date(2025, 4, 1), pd.Timestamp("2025-04-01")])
def test_a_date_is_itself(day):
    assert DateConverter(Calendar()).convert(day, None, None) == 20179


def test_a_fiscal_period_stands_at_its_own_dates():
    july = Calendar(fiscal_start=7)
    periods = Periods.of(["FY2026Q1", "FY2026Q2"], july)
    assert [day_said(day) for day in periods.start] == ["2025-07-01", "2025-10-01"]
    assert DateConverter(july).convert("FY2026Q1", None, None) == periods.middle[0]
    with pytest.raises(ArgumentError, match="fiscal"):
        DateConverter(july).convert("2026Q1", None, None)


def test_a_level_or_outcome_is_its_place_in_any_spelling():
    axis = LevelConverter(["php", "left early"], [0, 1], ["Day care", "Left"], Continuum.standard())
    words = ["PHP", "day treatment", "Day Care", "Left-Early", 0.5]
    assert axis.convert(words, None, None).tolist() == [0, 0, 0, 1, 0.5]
    with pytest.raises(ArgumentError, match="did you mean 'php'"):
        axis.convert("phq", None, None)
