"""Columns of any type are read or refused in one sentence; those that are not mapped keep no file from being read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from careflow.errors import RecordError
from careflow.records import Episodes, read_episodes

STAYS = {
    "person_id": ["a", "a", "b", "c"],
    "level": ["php", "php", "iop", "iop"],
    "admit_date": ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"],
    "discharge_date": ["2024-01-20", "2024-02-20", None, "2024-05-01"],
}
FIVE = [5, 5, 6, 7]


def table(**more: Any) -> pa.Table:
    return pa.table({name: pa.array(values) for name, values in STAYS.items()} | more)


def read(source: Any, **how: Any) -> Episodes:
    return read_episodes(source, cutoff="2024-12-31", **how)


def refused(source: Any, **how: Any) -> str:
    with pytest.raises(RecordError) as caught:
        read(source, **how)
    assert caught.value.__context__ is None
    return str(caught.value)


def stamps(numbers: list[int], unit: str, tz: str | None = None) -> pa.Array:
    return pa.array(numbers, pa.int64()).cast(pa.timestamp(unit, tz=tz))


UNION = pa.UnionArray.from_dense(
    pa.array([0, 1, 0, 1], pa.int8()), pa.array([0, 0, 1, 1], pa.int32()), [pa.array([1, 2]), pa.array(["a", "b"])]
)
STRANGE = {
    "union": UNION,
    "interval": pa.array([(1, 2, 3)] * 4, pa.month_day_nano_interval()),
    "duration": pa.array(FIVE, pa.duration("s")),
    "list": pa.array([[5]] * 4),
    "bytes": pa.array([b"a"] * 4, pa.binary_view()),
}
ENCODED = {
    "string views": pa.array(["php", "php", "iop", "iop"], pa.string_view()),
    "run ends": pa.RunEndEncodedArray.from_arrays([2, 4], ["php", "iop"]),
    "dictionary": pa.array(["php", "php", "iop", "iop"]).dictionary_encode(),
}


def test_columns_of_strange_types_that_are_not_mapped_do_no_harm() -> None:
    half = pa.array(np.array(FIVE, np.float16))
    episodes = read(
        table(half=half, wide=pa.array(FIVE, pa.decimal256(60, 0)), far=stamps([2**62] * 4, "s"), **STRANGE)
    )
    assert (episodes.n, episodes.persons, episodes.set_aside) == (4, 3, 0)


@pytest.mark.parametrize("kind", STRANGE)
def test_a_mapped_column_of_a_strange_type_is_named(kind: str) -> None:
    sentence = "column x holds lists, structures, times or raw bytes; give text, numbers or dates."
    assert refused(table(x=STRANGE[kind]), columns={"ward": "x"}) == sentence


@pytest.mark.parametrize("kind", ENCODED)
def test_encodings_of_text_are_read_alike(kind: str) -> None:
    rows = read(table(level=ENCODED[kind])).rows().sort_values("admit")
    assert rows["level"].tolist() == STAYS["level"]


@pytest.mark.slow
def test_numbers_that_the_engine_lacks_are_read_as_others_are() -> None:
    wide = read(table(person_id=pa.array(FIVE, pa.decimal256(60, 0))))
    assert wide.persons == 3
    half = read(table(x=pa.array(np.array([0.5, 0.5, 1, 2], np.float16))), columns={"ward": "x"})
    assert half.strata["ward"].labels == ("0.5", "1", "2")


def test_objects_of_2_to_the_63_and_more_are_ids() -> None:
    ids = [2**63, 2**63, 2**63 + 1, -(2**70)]
    frame = table().to_pandas().assign(person_id=pd.Series(ids, dtype=object))
    assert read(frame).persons == 3


# DuckDB 1 cannot print the first microseconds of its range: such a file is refused.
FIRST = -(2**63) if duckdb.__version__ >= "2" else -(2**62)
FAR = {
    "the year 10,000": ([253_402_300_800] * 4, "s"),
    "seconds beyond microseconds": ([2**62, -(2**63), 2**62, -(2**62)], "s"),
    "milliseconds beyond microseconds": ([2**62, -(2**63), 2**62, -(2**62)], "ms"),
    "the last and the first microsecond": ([2**63 - 1, FIRST, 2**63 - 2, FIRST + 2], "us"),
}


@pytest.mark.slow
@pytest.mark.parametrize("zone", [None, "America/New_York"])
@pytest.mark.parametrize("kind", FAR)
def test_a_discharge_beyond_the_year_9999_is_no_discharge(kind: str, zone: str | None) -> None:
    episodes = read(table(discharge_date=stamps(*FAR[kind], zone)))
    assert (episodes.open, episodes.set_aside) == (4, 0)
    assert refused(table(admit_date=stamps(*FAR[kind], zone))) == "no stay is left of 4 rows: impossible date 4."


@pytest.mark.slow
def test_days_beyond_the_year_9999_are_read_from_parquet(tmp_path: Path) -> None:
    ends = {"us": stamps([2**63 - 1, 253_402_300_800_000_000, -(2**62), 0], "us"), "day": pa.array([2**31 - 1] * 4)}
    for name, values in (("us", ends["us"]), ("day", ends["day"].cast(pa.int32()).cast(pa.date32()))):
        pq.write_table(table(discharge_date=values, seen=values), tmp_path / f"{name}.parquet")
        assert read(tmp_path / f"{name}.parquet").open == 4


def test_json_in_parquet_is_text(tmp_path: Path) -> None:
    path = tmp_path / "stays.parquet"
    stays = table()  # noqa: F841 - read by the statement
    duckdb.sql(f"COPY (SELECT *, '{{}}'::JSON AS note FROM stays) TO '{path}'")
    assert read(path).n == 4


class Silent:
    def __str__(self) -> str:
        raise RuntimeError("a value of a person")


@pytest.mark.parametrize("value", [Silent(), pd.Series([1]), "\ud800"])
def test_objects_that_are_no_text_are_refused_only_where_mapped(value: object) -> None:
    values = pd.Series([None] * 4, dtype=object)
    values.iat[1] = value
    frame = table().to_pandas().assign(x=values)
    assert read(frame).n == 4
    assert refused(frame, columns={"ward": "x"}) == "column x holds values that are neither text, numbers nor dates."


def test_a_lazy_frame_that_fails_is_refused_without_its_message() -> None:
    polars = pytest.importorskip("polars")
    lazy = polars.DataFrame(STAYS).lazy().with_columns(polars.col("person_id").cast(polars.Int64))
    assert refused(lazy).startswith("the lazy frame cannot be collected (InvalidOperationError)")
