"""Times of day: declared wherever they stand, at 24:00, in UTC; each day worked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from records.drawing import finding, frame, read, repeat, stays

from careflow.errors import ArgumentError, RecordError
from careflow.records import read_episodes

NEW_YORK, TOKYO = "America/New_York", "Asia/Tokyo"


def days(admit: Any, discharge: Any, **how: Any) -> tuple[str, str]:
    table = pd.DataFrame({"person_id": ["A"], "level": "php", "admit_date": [admit], "discharge_date": [discharge]})
    return stays(read(table, **how))[0][1:3]


# -- declared formats --------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "admit", "discharge"),
    [
        ("%Y%m%d%H%M%S", "20240105120000", "20240331080000"),
        ("%Y%m%d%H%M", "202401051200", "202403310800"),
        ("%Y%m%d%H%M", 202401051200, 202403310800),
        ("%Y%m%d%H", "2024010512", "2024033108"),
        ("%d%b%Y:%H:%M:%S", "05JAN2024:12:00:00", "31MAR2024:08:00:00"),
        ("%Y-%m-%d-%H.%M.%S", "2024-01-05-12.00.00", "2024-03-31-08.00.00"),
        ("%Y-%m-%d-%H.%M.%S.%f", "2024-01-05-12.00.00.123456", "2024-03-31-08.00.00.000000"),
        ("%Y-%m-%dT%H%M", "2024-01-05T1200", "2024-03-31T0800"),
        ("%Y%m%dT%H%M%SZ", "20240105T120000Z", "20240331T080000Z"),
        ("%Y-%m-%dT%H:%M:%SZ", "2024-01-05T12:00:00Z", "2024-03-31T08:00:00Z"),
        ("%H:%M %d.%m.%Y", "23:59 05.01.2024", "00:01 31.03.2024"),
        ("%H%M%d%m%Y", "235905012024", "000131032024"),
        ("%a %b %d %H:%M:%S %Y", "Fri Jan  5 23:59:00 2024", "Sun Mar 31 00:01:00 2024"),
        ("%a %b %d %H:%M:%S %Z %Y", "Fri Jan 05 23:59:00 UTC 2024", "Sun Mar 31 00:01:00 UTC 2024"),
        ("%m/%d/%Y %I:%M %p", "1/5/2024 11:59 PM", "3/31/2024 12:01 AM"),
        ("%m/%d/%Y %I.%M%p", "1/5/2024 11.59pm", "3/31/2024 12.01am"),
        ("%Y-%j %H:%M", "2024-005 12:00", "2024-091 08:00"),
        ("%A, %d %B %Y, %H.%M", "Friday, 5 January 2024, 12.00", "Sunday, 31 March 2024, 08.00"),
        ("%Y-%m-%d %H:%M", " 2024-01-05 ", "2024-03-31 08:00:30.5"),
    ],
)
def test_a_declared_format_is_read_with_the_hour_in_any_place(form: str, admit: Any, discharge: Any) -> None:
    assert days(admit, discharge, date_format=form) == ("01-05", "03-31")


def test_dates_run_together_have_two_digits_each_or_are_no_dates() -> None:
    # 1112024 is 11 January or 1 November.
    table = repeat(2, admit_date=["05012024", "1112024"], discharge_date=None)
    assert finding(read(table, date_format="%d%m%Y"), "R05")[1] == 1


def test_an_hour_that_no_clock_has_is_no_date_in_a_declared_format() -> None:
    table = repeat(3, admit_date=["202401052359", "202401052410", "202401052500"], discharge_date=None)
    assert finding(read(table, date_format="%Y%m%d%H%M"), "R05")[1] == 2


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ("%Y-%m-%d %Q", "has %Q, which is not supported"),
        ("%Y-%m-%d %T", "has %T, which is not supported"),
        ("%Y-%-m-%d", "has %-, which is not supported"),
        ("%Y-%m-%d%", "has %, which is not supported"),
        ("%Y-%m-%d %H:%m", "has %m more than once"),
        ("%Y-%M-%d", "needs a year, a month and a day"),
        ("%Y-%m-%b-%d", "has the month or the day twice"),
        ("%Y-%j-%d", "has the month or the day twice"),
        ("%Y-%m-%d %M:%S", "but not the hour"),
        ("%Y-%m-%d %I:%M", "%I with %p, the hour of 12"),
        ("%Y-%m-%d %H:%M %p", "%I with %p, the hour of 12"),
        ("%H %Y-%m-%d %M", "a part of the date between parts of the time of day"),
        ("%H:%M %d.%m.%y", "careflow does not guess the century"),
        ("%Y'%m'%d", "has a quotation mark"),
        (["%Y-%m-%d"], "is one name, in quotes"),
    ],
)
def test_a_format_that_cannot_be_read_is_refused_by_its_fault(form: Any, fault: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        days("2024-01-05", None, date_format=form)
    assert fault in str(caught.value)


@pytest.mark.slow
def test_many_different_times_are_read_by_a_declared_format() -> None:
    minutes = pd.date_range("2024-01-01", periods=210_000, freq="min")
    table = pd.DataFrame(
        {"person_id": range(len(minutes)), "level": "php", "admit_date": minutes.strftime("%Y%m%d%H%M")}
    )
    episodes = read(table, date_format="%Y%m%d%H%M")
    # 145 days of 1,440 minutes, and 1,200 minutes of the 146th: 25 May.
    assert (episodes.n, f"{episodes.first:%m-%d}", f"{episodes.last:%m-%d}") == (210_000, "01-01", "05-25")
    with pytest.raises(RecordError, match="do the times of day need a date_format="):
        read(table)


# -- 24:00, leap seconds, offsets --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("time", ["24:00", "24:00:00", "24:00:00.000"])
@pytest.mark.parametrize("sep", [" ", "T"])
def test_24_00_is_the_next_day(sep: str, time: str) -> None:
    table = repeat(2, admit_date=f"2024-02-29{sep}{time}", discharge_date=["2024-12-30", f"2024-03-31{sep}{time}"])
    episodes = read(table)
    assert [row[1:3] for row in stays(episodes)] == [("03-01", "04-01"), ("03-01", "12-30")]
    assert finding(episodes, "admit_date at 24:00") == ("fixed", 2, "read as 00:00 of the next day")
    assert finding(episodes, "discharge_date at 24:00")[1] == 1
    assert days("20240229240000", None, date_format="%Y%m%d%H%M%S")[0] == "03-01"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "new_york", "tokyo"),
    [
        ("2024-01-05T24:00:00Z", "01-05", "01-06"),  # 6 January 00:00 UTC; 5 January 19:00; 6 January 09:00
        ("2024-01-05T24:00:00+01:00", "01-05", "01-06"),  # 5 January 23:00 UTC
        ("2024-03-10T24:00-05:00", "03-11", "03-11"),  # 11 March 05:00 UTC, 01:00 in the first night of summer time
        ("2024-06-30T23:59:60Z", "06-30", "07-01"),
        ("2024-01-06T03:30:00Z", "01-05", "01-06"),
        ("2024-01-06 05:00:00.000 UTC", "01-06", "01-06"),  # midnight in New York
        ("2024-01-06 04:59+0000", "01-05", "01-06"),
        ("2024-01-06 23:59:59-10", "01-07", "01-07"),  # 7 January 09:59 UTC
        ("2024-01-06 00:15+05:45", "01-05", "01-06"),  # 5 January 18:30 UTC; 6 January 03:30 in Tokyo
        ("2024-01-06 24:00", "01-07", "01-07"),
        ("2024-01-06 00:30", "01-06", "01-06"),
        ("2024-01-06", "01-06", "01-06"),
    ],
)
def test_a_moment_is_the_day_of_the_zone_that_is_named(text: str, new_york: str, tokyo: str) -> None:
    for zone, day in ((NEW_YORK, new_york), (TOKYO, tokyo)):
        assert days(text, "2024-12-01T12:00:00+03:00", tz=zone) == (day, "12-01")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "text", "new_york", "tokyo"),
    [
        ("%m/%d/%Y %I:%M %p %z", "01/06/2024 12:30 AM +0000", "01-05", "01-06"),
        ("%m/%d/%Y %I:%M %p %z", "01/06/2024 11:30 PM +0000", "01-06", "01-07"),
        ("%m/%d/%Y %I:%M %p %z", "01/06/2024 12:30 PM +0000", "01-06", "01-06"),
        ("%Y%m%d%H%M%S%z", "20240105240000+0100", "01-05", "01-06"),
        ("%H.%M %z %d %b %Y", "03.30 +0000 6 Jan 2024", "01-05", "01-06"),
    ],
)
def test_a_declared_moment_is_the_day_of_the_zone(form: str, text: str, new_york: str, tokyo: str) -> None:
    for zone, day in ((NEW_YORK, new_york), (TOKYO, tokyo)):
        assert days(text, None, date_format=form, tz=zone)[0] == day


@pytest.mark.slow
def test_every_half_hour_of_a_year_agrees_with_pandas() -> None:
    moments = pd.date_range("2024-01-01 00:00", "2024-12-31 09:30", freq="30min", tz="UTC")
    table = pd.DataFrame({"person_id": range(len(moments)), "level": "php"})
    table["admit_date"] = moments.strftime("%d.%m.%Y %H:%M:%S%z")
    for zone in (NEW_YORK, TOKYO, "Asia/Kolkata"):
        got = read(table, tz=zone).rows()["admit"].astype("datetime64[s]").value_counts().sort_index()
        right = moments.tz_convert(zone).tz_localize(None).normalize().astype("datetime64[s]")
        expected = pd.Series(right[right <= "2024-12-31"]).value_counts().sort_index()
        assert got.to_dict() == expected.to_dict(), zone


# -- moments in UTC ----------------------------------------------------------------------------------------------

UTC = """
    person_id | level     | admit_date           | discharge_date
    1         | inpatient | 2024-01-06T01:30:00Z | 2024-01-06T15:00:00Z
    2         | inpatient | 2024-01-07T02:30:00Z | 2024-01-07T14:00:00+00:00
"""


def sources(folder: Path) -> dict[str, Any]:
    """Return one table of moments in UTC as every kind of source, as text and as the source's own moments."""
    texts = frame(UTC)
    typed = texts.assign(**{name: pd.to_datetime(texts[name], utc=True) for name in ("admit_date", "discharge_date")})
    texts.to_csv(folder / "stays.csv", index=False)
    texts.to_parquet(folder / "texts.parquet")
    typed.to_parquet(folder / "typed.parquet")
    texts.to_excel(folder / "stays.xlsx", index=False, engine="xlsxwriter")
    return {
        **{path.name: path for path in folder.iterdir()},
        "pandas texts": texts, "pandas": typed,
        "polars texts": pl.from_pandas(texts), "polars": pl.from_pandas(typed),
        "duckdb": duckdb.sql("SELECT * FROM texts"),
    }  # fmt: skip


@pytest.mark.slow
def test_moments_in_utc_without_a_zone_are_a_finding_on_every_source(tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter")
    for name, source in sources(tmp_path).items():
        bare = read_episodes(source, cutoff="2024-12-31")
        assert finding(bare, "F13")[:2] == ("flagged", 4), name
        assert [row[1:3] for row in stays(bare)] == [("01-06", "01-06"), ("01-07", "01-07")], name
        local = read_episodes(source, cutoff="2024-12-31", tz=NEW_YORK)
        assert finding(local, "F13") is None, name
        assert [row[1:3] for row in stays(local)] == [("01-05", "01-06"), ("01-06", "01-07")], name


@pytest.mark.slow
def test_midnights_and_local_times_are_no_moments_in_utc() -> None:
    for text in ("2024-01-06T00:00:00Z", "2024-01-06T01:30:00", "2024-01-06T01:30:00-05:00", "2024-01-06"):
        assert finding(read(repeat(2, admit_date=text, discharge_date=None)), "F13") is None, text
    midnight = pd.to_datetime(["2024-01-06", "2024-01-07"], utc=True)
    assert finding(read(repeat(2, discharge_date=None).assign(admit_date=midnight)), "F13") is None


def test_one_offset_in_two_spellings_is_one_offset() -> None:
    assert days("2024-01-06T01:30:00+0100", "2024-01-07T01:30+01:00") == ("01-06", "01-07")


# -- days that are none ------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "zero",
    [
        "0000-00-00", "0000-00-00 00:00:00", "1900-01-00", "1900-01-00 00:00", "0000-01-01", "1/0/1900", "00/00/0000",
        "00.01.1900", "0/1/1900", "00000000", "0", "00-Jan-1900", "0001-01-01", "1753-01-01", "1899-12-30",
    ],
)  # fmt: skip
def test_a_zero_date_as_discharge_is_open_and_as_admission_is_none(zero: str) -> None:
    episodes = read(repeat(4, discharge_date=["2024-03-19", zero, zero, zero]))
    assert finding(episodes, "R09")[:2] == ("fixed", 3)
    assert (episodes.n, episodes.open) == (4, 3)
    assert finding(read(repeat(2, admit_date=["2024-03-01", zero])), "R05")[1] == 1
    zoned = repeat(2, admit_date="2024-03-01 12:00Z", discharge_date=["2024-03-19 12:00Z", zero])
    assert read(zoned, tz=NEW_YORK).open == 1


@pytest.mark.slow
def test_a_zero_of_a_spreadsheet_is_open() -> None:
    table = repeat(3, admit_date="45352", discharge_date=["45370", "0", "1"])
    assert (read(table, date_format="excel").open, finding(read(table, date_format="excel"), "R09")[1]) == (2, 2)


@pytest.mark.slow
@pytest.mark.parametrize("zero", ["1970-01-01", "1969-12-31", "1960-01-01", "1904-01-01"])
@pytest.mark.parametrize("typed", [False, True])
def test_the_first_day_of_a_clock_is_a_discharge_only_of_stays_before_it(zero: str, typed: bool) -> None:
    table = repeat(2, admit_date=["2024-03-01", "1902-05-05"], discharge_date=zero)
    if typed:
        table = table.assign(**{name: pd.to_datetime(table[name]).dt.date for name in ("admit_date", "discharge_date")})
    episodes = read(table)
    assert (episodes.open, finding(episodes, "R09")[1], finding(episodes, "R06")) == (1, 1, None)


def test_a_day_of_which_the_month_is_not_known_is_impossible() -> None:
    table = repeat(3, discharge_date=["2024-03-19", "2024-00-00", "2024-04-00"])
    assert finding(read(table), "R05")[1] == 2


# -- formats that are mixed --------------------------------------------------------------------------------------


def mixed(**texts: int) -> str:
    """Read so many rows of each text, and return how the reading stops."""
    admit = [text for text, n in texts.items() for _ in range(n)]
    with pytest.raises(RecordError) as caught:
        read(repeat(len(admit), admit_date=admit, discharge_date=None))
    assert caught.value.check == "S04"
    assert "date_format='" not in str(caught.value)
    return str(caught.value).split(". ")[0]


def test_two_formats_that_are_mixed_are_counted() -> None:
    said = mixed(**{"2024-01-05": 412, "02/15/2024": 30, "02/03/2024": 8})
    assert said == "two formats are mixed: 412 dates fit %Y-%m-%d, 38 fit %m/%d/%Y"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"13/02/2024": 60, "02/15/2024": 40}, "two formats are mixed: 60 dates fit %d/%m/%Y, 40 fit %m/%d/%Y"),
        ({"2024-01-05": 60, "02/03/2024": 40},
         "two formats are mixed: 60 dates fit %Y-%m-%d, 40 fit %m/%d/%Y or %d/%m/%Y"),
        ({"2024-01-05": 60, "45296": 40}, "two formats are mixed: 60 dates fit %Y-%m-%d, 40 fit day numbers of Excel"),
        ({"2024-01-05": 60, "1/15/24": 40}, "two formats are mixed: 60 dates fit %Y-%m-%d, 40 fit years of two digits"),
        ({"2024-01-05": 50, "05JAN2024": 30, "5.1.2024": 15, "soon": 5},
         "three formats are mixed: 50 dates fit %Y-%m-%d, 30 fit %d%b%Y, 15 fit %d.%m.%Y, 5 fit none of them"),
    ],
)  # fmt: skip
def test_formats_that_are_mixed_are_named(texts: dict[str, int], said: str) -> None:
    assert mixed(**texts) == said


def test_a_stray_row_in_a_second_format_is_set_aside() -> None:
    table = repeat(200, admit_date=["2024-03-01"] * 199 + ["03/15/2024"], discharge_date=None)
    assert finding(read(table), "R05")[1] == 1
