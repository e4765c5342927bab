"""A short run of the fuzz in benchmarks/: damaged files are read or refused, and nothing else ever happens."""

import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_damaged_files_are_read_or_refused():
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz_records.py"
    spec = importlib.util.spec_from_file_location("fuzz_records", path)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    verdicts = fuzz.run(files=60, seed=7, seconds=60)
    assert set(verdicts) <= {"read", "refused"}, verdicts
    assert verdicts["read"] > 5
    assert verdicts["refused"] > 5
