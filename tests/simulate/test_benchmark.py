"""Large files for timing: exact in size, plain in type."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from careflow.errors import ArgumentError
from careflow.simulate import LEVELS, benchmark_data
from careflow.simulate.benchmark import hexadecimal, scattered


@pytest.mark.parametrize("stays", [1, 1_000, 12_345])
def test_a_file_has_exactly_the_stays_asked_for(tmp_path: Path, stays: int) -> None:
    table = pq.read_table(benchmark_data(stays, tmp_path / "b.parquet"))
    assert table.num_rows == stays
    assert table.schema.field("person_id").type == pa.int64()
    assert table.schema.field("admit_date").type == pa.date32()
    days = table["admit_date"].cast(pa.int32()).to_numpy()
    assert (np.diff(days) >= 0).all()
    assert set(table["level"].to_pylist()) <= set(LEVELS)


def test_open_stays_have_neither_discharge_nor_reason(tmp_path: Path) -> None:
    table = pq.read_table(benchmark_data(5_000, tmp_path / "b.parquet"))
    missing = table["discharge_date"].is_null().to_numpy()
    assert 0.03 < missing.mean() < 0.15
    assert (missing == table["discharge_reason"].is_null().to_numpy()).all()


def test_ids_as_text_and_as_integers_are_the_same_people(tmp_path: Path) -> None:
    integers = pq.read_table(benchmark_data(5_000, tmp_path / "i.parquet"))["person_id"].to_numpy()
    text = pq.read_table(benchmark_data(5_000, tmp_path / "t.parquet", "text"))["person_id"].to_pylist()
    assert {len(name) for name in text} == {16}
    assert [int(name, 16) >> 1 for name in text] == integers.tolist()
    assert len(set(text)) == len(np.unique(integers)) > 2_000


def test_a_scattered_number_is_splitmix64() -> None:
    # the first outputs of SplitMix64 from seed 0 are its mixing of 1, 2 and 3 steps of its constant
    assert scattered(np.array([1, 2, 3])).tolist() == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


def test_hexadecimal_text_keeps_leading_zeros() -> None:
    keys = np.array([0, 255, 2**64 - 1], dtype=np.uint64)
    assert hexadecimal(keys).to_pylist() == ["0" * 16, "0" * 14 + "ff", "f" * 16]


def test_a_file_of_nothing_or_of_other_ids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="1 or more"):
        benchmark_data(0, tmp_path / "b.parquet")
    with pytest.raises(ArgumentError, match="'integer' or 'text'"):
        benchmark_data(5, tmp_path / "b.parquet", "uuid")  # type: ignore[arg-type]
