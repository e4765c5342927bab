"""A bit flipped in the footer of a Parquet file: read or refused, and the process goes on."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_a_flipped_bit_in_a_footer_is_read_or_refused(tmp_path):
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz_records.py"
    spec = importlib.util.spec_from_file_location("fuzz_records", path)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    content = fuzz.written(fuzz.sound(np.random.default_rng(78)), "parquet")
    # Counted from the end. With pyarrow 26, 24837 and 24838 ended the process of whoever asked it for the chunks.
    for bit in (24837, 24838, 24839, 70, 9000, 15000):
        damaged = bytearray(content)
        damaged[len(damaged) - 1 - bit // 8] ^= 1 << (bit % 8)
        (tmp_path / "stays.parquet").write_bytes(damaged)
        assert fuzz.verdict(tmp_path / "stays.parquet") in {"read", "refused"}, bit
