"""The drawing helper itself: a test that reads a table wrongly proves nothing."""

from datetime import date

import pytest

from support.drawn import drawn


def test_a_drawn_table_becomes_records_with_days_counted_from_new_year() -> None:
    frame = drawn(
        """
        person | level | admit | discharge  | reason
        Ana    | php   | 0     | 2024-02-29 | completed
        Ben    | iop   | 31    |            |
        """
    )
    assert list(frame.columns) == ["person_id", "level", "admit_date", "discharge_date", "discharge_reason"]
    assert frame["admit_date"].tolist() == [date(2024, 1, 1), date(2024, 2, 1)]
    assert frame["discharge_date"].tolist() == [date(2024, 2, 29), None]
    assert frame["discharge_reason"].tolist() == ["completed", None]


def test_a_row_without_all_its_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="without the header's 2 cells"):
        drawn("person | level\nAna")
