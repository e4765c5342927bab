"""A short run of the threads in benchmarks/: records that threads share give each the numbers of one."""

import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_calls_of_eight_threads_are_those_of_one_thread():
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "threads.py"
    spec = importlib.util.spec_from_file_location("threads", path)
    threads = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(threads)
    assert threads.run(threads=8, calls=45) == []
    assert len(threads.CALLS) == 15
