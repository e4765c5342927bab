"""The cluster of the benchmark ends with the script, however the script ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.processes import end_marked, marked
from support.spark_cluster import wait_for

ROOT = Path(__file__).resolve().parents[2]
MARK = "CAREFLOW_TEST"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spark,
    pytest.mark.usefixtures("spark_installed"),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found in /proc"),
]


@pytest.mark.parametrize("reached", ["deploy.master.Master", "deploy.worker.Worker", "CoarseGrainedExecutorBackend"])
def test_no_process_outlives_a_terminated_benchmark(tmp_path: Path, reached: str) -> None:
    script = [sys.executable, str(ROOT / "benchmarks" / "cluster.py"), "--stays", "3e5", "--workers", "1"]
    environment = os.environ | {MARK: str(tmp_path), "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    running = subprocess.Popen([*script, "--memory", "1g"], env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: any(reached in program(process) for process in processes(tmp_path)), "nothing was started")
        running.terminate()
        assert running.wait(60) == 128 + 15
        deadline = time.monotonic() + 20
        while processes(tmp_path) and time.monotonic() < deadline:  # the driver ends when its input does
            time.sleep(0.1)
        assert processes(tmp_path) == []
    finally:
        end_marked(MARK, str(tmp_path))
        running.wait()


def processes(folder: Path) -> list[int]:
    return marked(MARK, str(folder))


def program(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""
