"""Dates as text are read by one format, and careflow does not guess which."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from records.drawing import finding, read, repeat, squeezed, stays

from careflow.errors import ArgumentError, RecordError
from careflow.records.parsing.date_formats import DateTexts, detect, parser


def one_stay(admit, discharge, **how):
    return read(
        pd.DataFrame({"person_id": ["A"], "level": "php", "admit_date": [admit], "discharge_date": [discharge]}), **how
    )


def refused(admit, discharge, **how):
    with pytest.raises(RecordError) as caught:
        one_stay(admit, discharge, **how)
    return squeezed(str(caught.value))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("admit", "discharge"),
    [
        ("2024-03-01", "2024-03-19"),
        ("2024/03/01", "2024/03/19"),
        ("20240301", "20240319"),
        (20240301, 20240319),
        ("3/1/2024", "3/19/2024"),
        ("01/03/2024", "19/03/2024"),
        ("01.03.2024", "19.03.2024"),
        ("01-Mar-2024", "19-Mar-2024"),
        ("01MAR2024", "19MAR2024"),
        ("2024-03-01 23:59:00", "2024-03-19T00:00:00.000"),
        ("2024-03-01T23:30:00-05:00", "2024-03-19T01:00:00-05:00"),
        ("2024-03-01T23:30:00Z", "2024-03-19T01:00:00Z"),
        (" 2024-03-01", "2024-03-19\u00a0"),
    ],
)
def test_the_one_format_that_fits_is_taken_and_the_hour_is_cut_off(admit, discharge):
    assert stays(one_stay(admit, discharge)) == [("php", "03-01", "03-19", "unknown")]


def test_two_formats_that_fit_stop_and_both_are_named():
    assert refused("02/03/2024", "04/05/2024") == (
        "the 2 dates of admit_date and discharge_date can be read in more than one way (%m/%d/%Y or %d/%m/%Y). "
        "Say which: date_format='%m/%d/%Y'."
    )


def test_one_day_above_twelve_in_either_column_decides_for_the_file():
    assert stays(one_stay("02/03/2024", "13/03/2024")) == [("php", "03-02", "03-13", "unknown")]


@pytest.mark.slow
def test_a_declared_format_is_taken_at_its_word():
    assert stays(one_stay("02/03/2024", "04/05/2024", date_format="%d/%m/%Y")) == [("php", "03-02", "05-04", "unknown")]
    assert stays(one_stay("March 2, 2024", "March 9, 2024", date_format="%B %d, %Y")) == [
        ("php", "03-02", "03-09", "unknown")
    ]


def test_years_of_two_digits_stop():
    assert refused("01/02/24", "13/02/24") == (
        "2 of 2 dates of admit_date and discharge_date have a year of two digits; careflow does not guess the century. "
        "Write the years with four digits."
    )


def test_excel_day_numbers_stop_unless_declared():
    assert refused("45352", "45370") == (
        "2 of 2 dates of admit_date and discharge_date look like Excel day numbers; pass date_format='excel'."
    )
    assert stays(one_stay("45352", "45370", date_format="excel")) == [("php", "03-01", "03-19", "unknown")]


def test_texts_that_are_no_dates_stop():
    assert refused("soon", "later").startswith(
        "no single date format fits all 2 dates of admit_date and discharge_date; tried: %Y-%m-%d, "
    )


def test_a_second_format_in_the_file_stops():
    table = repeat(1000, admit_date=["2024-03-01"] * 9 + ["3/1/2024"])
    with pytest.raises(RecordError, match="two formats are mixed: 1,900 dates fit %Y-%m-%d, 100 fit %m/%d/%Y or %d/%m"):
        read(table)
    with pytest.raises(RecordError, match=r"100 \(10\.0%\) impossible date \(R05\)"):
        read(table, date_format="%Y-%m-%d")


def test_a_format_that_misses_no_more_than_another_does_not_win():
    # 99 of 100 dates fit day first, 98 month first: which of the two misfits are wrong dates is anyone's guess.
    texts = {"02/03/2024": 97, "13/03/2024": 1, "13/04/2024": 1, "03/31/2024": 1}
    with pytest.raises(RecordError, match="more than one way"):
        detect([DateTexts("admit_date", texts)])


def test_offsets_that_differ_stop():
    assert refused("2024-03-01T23:30:00-05:00", "2024-03-19T01:00:00-04:00").startswith(
        "the dates have 2 different offsets from UTC"
    )


@pytest.mark.parametrize(
    "text", ["2024-02-30", "2023-02-29", "2024-13-01", "2024-3-1", "24-03-01", "２０２４-03-01", "2024-03-01x", ""]
)
def test_what_no_calendar_has_is_no_date(text):
    assert parser("%Y-%m-%d")(text) is None


def test_an_hour_that_no_clock_has_is_an_impossible_date():
    table = repeat(3, admit_date=["2024-03-01 10:00", "2024-03-01 24:00:00", "2024-03-01 27:10"])
    assert finding(read(table), "R05")[1] == 1


def test_floating_dates_stop():
    with pytest.raises(RecordError, match="admit_date is stored as floating numbers"):
        one_stay(20240301.0, 20240302.0)


# -- typed dates are taken as written ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_are_cut_to_their_day(unit):
    frame = pd.DataFrame({
        "person_id": ["A"], "level": ["php"],
        "admit_date": pd.array(["2024-03-01T23:59:59"], dtype=f"datetime64[{unit}]"),
        "discharge_date": pd.array(["2024-03-19T00:00:00"], dtype=f"datetime64[{unit}]"),
    })  # fmt: skip
    assert stays(read(frame)) == [("php", "03-01", "03-19", "unknown")]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "UTC", "-05:00"])
def test_moments_in_a_zone_are_taken_as_that_zones_days(zone, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    local = pd.to_datetime(["2024-03-01 23:30", "2024-03-19 00:10"]).tz_localize(
        "UTC-05:00" if zone == "-05:00" else zone
    )
    kind = pa.timestamp("us", tz=zone)
    table = pa.table({
        "person_id": ["A"], "level": ["php"],
        "admit_date": pa.array([local[0].to_pydatetime()], kind),
        "discharge_date": pa.array([local[1].to_pydatetime()], kind),
    })  # fmt: skip
    assert stays(read(table)) == [("php", "03-01", "03-19", "unknown")]


def test_typed_dates_far_away_are_judged_like_texts():
    kind = pa.date32()
    table = pa.table({
        "person_id": ["A", "B", "C"], "level": ["php"] * 3,
        "admit_date": pa.array([19783, 19783, 3_000_000], kind),
        "discharge_date": pa.array([2_932_896, None, None], kind),
    })  # fmt: skip
    episodes = read(table)
    assert finding(episodes, "R09")[1] == 1
    assert finding(episodes, "R05")[1] == 1
    assert (episodes.n, episodes.open) == (2, 2)


def test_the_format_has_a_day_a_month_and_a_year():
    with pytest.raises(ArgumentError, match="careflow does not guess the century"):
        one_stay("01/02/24", "02/02/24", date_format="%d/%m/%y")
    with pytest.raises(ArgumentError, match="needs a year, a month and a day"):
        one_stay("2024-03", "2024-04", date_format="%Y-%m")


def test_many_formats_agree_with_a_calendar():
    days = np.arange(np.datetime64("1990-01-01"), np.datetime64("2030-01-01"), 97)
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d%b%Y", "%d.%m.%Y"):
        read_one = parser(form)
        assert all(np.datetime64(read_one(day.item().strftime(form))) == day for day in days), form
