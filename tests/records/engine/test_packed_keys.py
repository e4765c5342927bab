"""Counting by sorted keys is counting by groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careflow.records.engine import packed_keys
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.engine.packed_keys import Range, count_keys, fits, grouped_sql

RANGES = (Range("a", -1, 4), Range("b", 0, 1), Range("c", 2, 5))


@pytest.mark.slow
@given(batches=st.lists(st.lists(st.integers(0, 20), max_size=8), max_size=6), most=st.integers(1, 9))
def test_keys_in_any_batches_are_counted_as_all_together(batches: list[list[int]], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed_keys, "BATCH", most)
        keys, n = count_keys(np.array(batch, dtype=np.int64) for batch in batches)
    together = pd.Series([key for batch in batches for key in batch], dtype="int64").value_counts().sort_index()
    assert keys.tolist() == together.index.tolist()
    assert n.tolist() == together.tolist()


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    engine.run(
        "CREATE TEMP TABLE rows AS SELECT (i * 7 % 4 - 1)::SMALLINT AS a, 0 AS b, (2 + i % 5)::INTEGER AS c "
        "FROM range(997) t(i) WHERE i % 3 > 0"
    )
    return engine


def test_packed_and_grouped_counts_are_one(engine: Engine) -> None:
    sql = "SELECT a, b, c FROM rows"
    grouped = engine.integers(grouped_sql(sql, RANGES)).sort_values(["a", "b", "c"], ignore_index=True)
    pd.testing.assert_frame_equal(engine.counted(sql, RANGES), grouped, check_dtype=False)


@pytest.mark.parametrize("size", [1 << 20, 1 << 29, 1 << 31, (1 << 31) - 1])
def test_keys_of_32_bits_of_one_half_and_of_two_are_one(engine: Engine, size: int) -> None:
    ranges = (*RANGES, Range("d", -7, size))
    sql = f"SELECT a, b, c, CAST(a * CAST({(size - 8) // 4} AS BIGINT) AS INTEGER) + 1 AS d FROM rows WHERE a >= 0"
    grouped = engine.integers(grouped_sql(sql, ranges))
    pd.testing.assert_frame_equal(engine.counted(sql, ranges), grouped, check_dtype=False)


def test_what_has_no_key_of_64_bits_is_grouped_by_the_engine(engine: Engine) -> None:
    wide = (*RANGES, Range("d", 0, 1 << 60))
    assert fits(RANGES)
    assert not fits(wide)
    found = engine.counted("SELECT a, b, c, 0 AS d FROM rows", wide).sort_values(["a", "c"], ignore_index=True)
    assert found["n"].sum() == 664
    assert list(found.columns) == ["a", "b", "c", "d", "n"]


def test_no_rows_are_no_counts(engine: Engine) -> None:
    assert engine.counted("SELECT a, b, c FROM rows WHERE false", RANGES).empty
