"""Quarters, months and years in the ways in which analysts write them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.arguments.periods import read_period
from careflow.counts.period_labels import period_among, period_label
from careflow.errors import ArgumentError

JULY = cf.Calendar(fiscal_start=7)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "2025Q2",
            "2025-Q2",
            "2025q2",
            "2025 Q2",
            " 2025 \u00a0Q2 ",
            "Q2 2025",
            "q2-2025",
            "Q2/2025",
            "2Q2025",
            "2Q25",
        ),
        *("2025 quarter 2", "Quarter 2 of 2025", pd.Period("2025Q2"), pd.Period("2025-05-03", "D")),
        *(date(2025, 4, 1), pd.Timestamp("2025-06-30 23:59"), np.datetime64("2025-05-05"), "2025-06-30"),
        "2025-06-30T12:00",
    ],
)
def test_a_quarter_is_read_however_it_is_written(value: object) -> None:
    assert period_label(value, "quarter") == "2025Q2"


@pytest.mark.parametrize(
    "value",
    [
        *("2025-04", "2025-4", "2025/04", "202504", "04/2025", "Apr 2025", "april 2025", "Apr. 2025", "2025 Apr"),
        *("2025M04", pd.Period("2025-04"), date(2025, 4, 30)),
    ],
)
def test_a_month_is_read_however_it_is_written(value: object) -> None:
    assert period_label(value, "month") == "2025-04"
    assert period_label(value, "month", JULY) == "2025-04"


@pytest.mark.parametrize("value", ["2025", 2025, np.int64(2025), pd.Period("2025", "Y"), date(2025, 1, 1)])
def test_a_year_is_read_however_it_is_written(value: object) -> None:
    assert period_label(value, "year") == "2025"


@pytest.mark.parametrize(
    "value", ["FY2026Q1", "FY2026-Q1", "FY26 Q1", "fy 2026 q1", "Q1 FY2026", "Q1 of FY26", "fiscal year 2026 Q1"]
)
def test_a_fiscal_quarter_is_read_with_its_fy(value: str) -> None:
    assert period_label(value, "quarter", JULY) == "FY2026Q1"


def test_a_period_of_pandas_means_its_days() -> None:
    assert period_label(pd.Period("2026Q1", "Q-JUN"), "quarter", JULY) == "FY2026Q1"
    assert period_label(pd.Period("2025Q3"), "quarter", JULY) == "FY2026Q1"
    with pytest.raises(ArgumentError, match="2024-02-01 to 2024-04-30; this result is by quarter, and none of them"):
        period_label(pd.Period("2025Q1", "Q-JAN"), "quarter")


@pytest.mark.parametrize("unit", ["quarter", "month", "year"])
@pytest.mark.parametrize("first", [1, 2, 7, 10, 12])
def test_every_label_and_day_of_a_calendar_is_read_back(unit: str, first: int) -> None:
    calendar = cf.Calendar(fiscal_start=first)
    for number in range(calendar.period(date(2023, 1, 1), unit), calendar.period(date(2026, 1, 1), unit)):
        label = calendar.label(number, unit)
        for value in (label, label.lower(), calendar.first(number, unit), calendar.last(number, unit).isoformat()):
            assert period_label(value, unit, calendar) == label


@pytest.mark.parametrize(
    ("value", "unit", "calendar", "said"),
    [
        (
            "2026Q1",
            "quarter",
            JULY,
            "of the fiscal year; this result is by fiscal quarter, of years that begin in July",
        ),
        ("FY2025Q2", "quarter", None, "'FY2025Q2' is of a fiscal year; this result is by quarter of the calendar year"),
        (2026, "year", JULY, "'FY2026' is 2025-07-01 to 2026-06-30"),
        ("2025-04", "quarter", None, "'2025-04' is a month; this result is by quarter, such as '2025Q2'"),
        ("2025Q2", "month", None, "'2025Q2' is a quarter; this result is by month, such as '2025-04'"),
        ("spring", "quarter", None, "'spring' is no quarter; write it such as '2025Q2'"),
        ("2025Q5", "quarter", JULY, "'2025Q5' is no quarter; write it such as 'FY2025Q2'"),
    ],
)
def test_what_is_no_such_period_is_refused(value: object, unit: str, calendar: cf.Calendar | None, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        period_label(value, unit, calendar)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "value", [None, True, 25, 2.5, pd.NaT, np.datetime64("NaT"), "2025-13", "13/2025", "Foo 2025", []]
)
def test_what_is_no_period_is_read_as_none(value: object) -> None:
    assert read_period(value) is None


def test_a_quarter_that_a_result_lacks_is_said_with_those_there_are() -> None:
    with pytest.raises(ArgumentError, match="no quarter '2024Q4' in this result; there are 2025Q1, 2025Q2"):
        period_among("Q4 2024", ["2025Q1", "2025Q2"], "quarter")
