"""The SQL of a measure, part by part."""

from datetime import date, timedelta

import duckdb
import pytest

from careflow.counts.sql.measures import _not_after

FIRST, LAST = date(1900, 1, 2), date(2199, 12, 31)
"""The days that can be read."""


@pytest.mark.parametrize("until", [(12, 15), (3, 1), (12, 31), (1, 1), (2, 28), (2, 29), (11, 30)])
def test_the_last_day_of_the_year_is_that_of_the_calendar(until: tuple[int, int]) -> None:
    first, last = ((day - date(1970, 1, 1)).days for day in (FIRST, LAST))
    with duckdb.connect() as base:
        every = f"SELECT discharge::INTEGER AS discharge FROM range({first}, {last + 1}) days(discharge)"
        found = base.execute(f"SELECT * FROM ({every}) WHERE {_not_after(*until)} ORDER BY 1").fetchnumpy()["discharge"]
    days = [FIRST + timedelta(days=number) for number in range(last - first + 1)]
    assert found.tolist() == [first + i for i, day in enumerate(days) if (day.month, day.day) <= until]
