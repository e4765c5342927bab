"""The order within a day is by hours, where every stay of the person on that day has one. Drawn by hand."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest
from records.drawing import finding, frame, overlaps_left, read

import careflow as cf
from careflow.records import Episodes

HEAD = "person_id | level | admit_date | discharge_date\n"


def rows(*drawn: str, **how: object) -> Episodes:
    return read(HEAD + "\n".join(drawn), **how)


def order(episodes: Episodes) -> list[str]:
    return episodes.rows()["level"].astype(str).tolist()


def moved(episodes: Episodes) -> list[tuple[str, str]]:
    rates = cf.transition_rates(cf.link(episodes)).frame
    rates = rates[(rates["n"] > 0) & rates["direction"].notna()]
    return list(zip(rates["from"], rates["to"], strict=True))


UP = (
    "A | outpatient | 2024-01-05 08:00 | 2024-01-05 10:00",
    "A | inpatient  | 2024-01-05 11:00 | 2024-01-05 20:00",
)
"""Days alone would put the more intensive stay first."""


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["flag", "highest", "latest", "error"])
def test_stays_of_one_day_are_in_the_order_of_their_hours(policy: str) -> None:
    episodes = rows(*UP, overlaps=policy)
    assert order(episodes) == ["outpatient", "inpatient"]
    assert moved(episodes) == [("outpatient", "inpatient")]
    paths = cf.pathways(cf.link(episodes), steps=2).frame
    assert paths[["step_1", "step_2"]].astype(str).values.tolist() == [["outpatient", "inpatient"]]


@pytest.mark.slow
def test_the_order_is_that_of_days_where_one_stay_of_the_day_has_no_hour() -> None:
    assert moved(rows(UP[0], "A | inpatient | 2024-01-05 | 2024-01-05")) == [("inpatient", "outpatient")]
    midnight = "A | inpatient | 2024-01-05 00:00:00 | 2024-01-05 00:00:00"
    assert moved(rows(UP[0], midnight)) == [("inpatient", "outpatient")], "a day without a time is written so"


@pytest.mark.slow
def test_a_day_has_its_hours_whatever_another_day_or_person_lacks() -> None:
    others = ("A | php | 2024-03-01 | 2024-03-02", "A | iop | 2024-03-01 | 2024-03-05", "B | php | 2024-01-05 | ")
    assert moved(rows(*UP, *others))[0] == ("outpatient", "inpatient")


@pytest.mark.slow
def test_hours_of_discharge_decide_where_those_of_admission_are_equal() -> None:
    episodes = rows(
        "A | inpatient  | 2024-01-05 08:00 | 2024-01-05 20:00",
        "A | outpatient | 2024-01-05 08:00 | 2024-01-05 09:00",
    )
    assert moved(episodes) == [("outpatient", "inpatient")]


@pytest.mark.slow
def test_the_hour_of_admission_comes_before_the_day_of_discharge() -> None:
    # The visit at noon is inside the stay that began at eight; by days alone it would come first, and be a move.
    drawn = ("A | php | 2024-01-05 08:00 | 2024-01-20 10:00", "A | outpatient | 2024-01-05 12:00 | 2024-01-05 13:00")
    assert order(rows(*drawn)) == ["php", "outpatient"]
    rates = cf.transition_rates(cf.link(rows(*drawn))).frame
    assert rates.loc[rates["n"] > 0, ["from", "to"]].values.tolist() == [
        ["php", "unknown"], ["php", "left care"], ["outpatient", "concurrent"],
    ]  # fmt: skip
    assert finding(rows(*drawn), "F01")[1] == 1
    assert order(rows(*drawn, overlaps="highest")) == ["php"], "absorbed, as on any later day"
    assert order(rows(*drawn, overlaps="latest")) == ["php", "outpatient"], "the visit ends the stay"


@pytest.mark.slow
def test_highest_leaves_nothing_concurrent_on_a_day_with_hours() -> None:
    episodes = rows(
        "A | php       | 2024-01-05 08:00 | 2024-01-20 10:00",
        "A | inpatient | 2024-01-05 12:00 | 2024-01-05 23:00",
        overlaps="highest",
    )
    assert overlaps_left(episodes) == 0
    assert moved(episodes) == [("inpatient", "php")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2024-01-05T08:00", "2024-01-05T11:00"),
        ("2024-01-05 9:00 AM", "2024-01-05 1:00 PM"),
        ("2024-01-05 12:30 AM", "2024-01-05 11:00 AM"),
        ("2024-01-05 08:00:01.5", "2024-01-05 08:00:02"),
        ("01/05/2024 08:00", "01/05/2024 11:00"),
    ],
)
def test_hours_are_read_as_they_are_written(first: str, second: str) -> None:
    drawn = (f"A | outpatient | {first} | {first}", f"A | inpatient | {second} | {second}")
    assert moved(rows(*drawn, date_format="%m/%d/%Y" if "/" in first else None)) == [("outpatient", "inpatient")]


@pytest.mark.slow
def test_hours_stored_as_timestamps_order_a_day() -> None:
    table = frame(HEAD + "\n".join(UP))
    for name in ("admit_date", "discharge_date"):
        table[name] = pd.to_datetime(table[name])
    assert moved(read(table)) == [("outpatient", "inpatient")]


@pytest.mark.slow
def test_the_hour_is_the_local_one() -> None:
    # In New York inpatient care at 11:00, then outpatient at 20:00, which is 01:00 of the next day in UTC.
    texts = (
        "A | outpatient | 2024-01-06T01:00:00Z      | 2024-01-06T03:00:00Z",
        "A | inpatient  | 2024-01-05T16:00:00+00:00 | 2024-01-05T18:00:00+00:00",
    )
    table = frame(HEAD + "\n".join(texts))
    moments = table.assign(**{
        name: [datetime.fromisoformat(text) for text in table[name]] for name in ("admit_date", "discharge_date")
    })  # fmt: skip
    stored = pa.Table.from_pandas(moments, preserve_index=False)
    for source in (table, stored):
        assert moved(read(source, tz="America/New_York")) == [("inpatient", "outpatient")]
    zone = ZoneInfo("America/New_York")
    local = moments.assign(**{
        name: [moment.astimezone(zone) for moment in moments[name]] for name in ("admit_date", "discharge_date")
    })  # fmt: skip
    assert moved(read(pa.Table.from_pandas(local, preserve_index=False))) == [("inpatient", "outpatient")]


@pytest.mark.slow
def test_a_file_without_hours_has_no_columns_for_them() -> None:
    dates = ("A | php | 2024-01-05 | 2024-01-05", "A | iop | 2024-01-05 | 2024-01-07")
    for episodes, hours in ((rows(*dates), False), (rows(*UP), True)):
        columns = episodes.engine.frame(f"SELECT * FROM {episodes.table}").columns
        assert ("admit_time" in columns, episodes.hours) == (hours, hours)


def test_a_joined_stay_has_the_hour_at_which_it_began() -> None:
    episodes = rows(
        "A | inpatient  | 2024-01-05 06:00 | 2024-01-05 07:00",
        "A | outpatient | 2024-01-05 08:00 | 2024-01-07 10:00",
        "A | outpatient | 2024-01-07 10:00 | 2024-01-09 10:00",
        bridge_days=1,
    )
    assert (order(episodes), episodes.n) == (["inpatient", "outpatient"], 2)
