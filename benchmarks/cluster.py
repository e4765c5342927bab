"""Measure how the job grows on Spark: ``python benchmarks/cluster.py --stays 1e6 1e7 --workers 1 2``.

A standalone master and its workers of one core each are started on loopback from the PySpark wheel (Java 17), one
cluster a run. The job is reading, linking and counting by quarter; printed are its seconds, the processor seconds of
the executors, what they shuffled, and the rows of the counts that came back. ``--plan`` prints the plan of the longest
statement that shuffles. All stays are made up by careflow.simulate with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyspark
from pyspark.sql import SparkSession

import careflow as cf
from careflow.simulate import benchmark_data

HOME = Path(pyspark.__file__).parent
SECONDS_TO_START = 120


def main() -> None:
    """Run every size on every number of workers, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stays", nargs="+", type=float, default=[1e6])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--memory", default="4g", help="of each worker")
    parser.add_argument("--plan", action="store_true")
    options = parser.parse_args()
    print("| stays | workers | seconds | executors' processor s | shuffled, MB | read, MB | rows of counts |")
    print("|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory(prefix="careflow-cluster-") as folder:
        for stays in map(int, options.stays):
            path = benchmark_data(stays, Path(folder) / "stays.parquet", "integer")
            for workers in options.workers:
                with cluster(workers, options.memory, Path(folder)) as spark:
                    seconds, rows = job(spark, path)
                    work = stages(spark)
                    print(
                        f"| {stays:,} | {workers} | {seconds:.1f} | {work['executorCpuTime'] / 1e9:.1f} "
                        f"| {work['shuffleWriteBytes'] / 1e6:,.1f} | {work['inputBytes'] / 1e6:,.1f} | {rows:,} |",
                        flush=True,
                    )
                    if options.plan:
                        print(longest_plan(spark))


def job(spark: SparkSession, path: Path) -> tuple[float, int]:
    """Return the seconds of reading, linking and counting by quarter, and the rows of the counts."""
    started = time.perf_counter()
    moves = cf.link(cf.read_episodes(spark.read.parquet(str(path)), cutoff="2025-12-31"))
    counts = moves.counts(by="quarter")
    return time.perf_counter() - started, sum(map(len, counts.tables.values()))


def stages(spark: SparkSession) -> dict[str, int]:
    """Return what all stages of a session did."""
    names = ("executorCpuTime", "shuffleWriteBytes", "inputBytes")
    listed = statistics(spark, "stages?status=complete")
    return {name: sum(int(stage[name]) for stage in listed) for name in names}


def longest_plan(spark: SparkSession) -> str:
    """Return the plan of the longest statement that shuffles rows."""
    statements = statistics(spark, "sql?details=true&planDescription=true&length=10000")
    shuffling = [one for one in statements if "Exchange" in one["planDescription"]]
    return str(max(shuffling, key=lambda one: one["duration"])["planDescription"])


def statistics(spark: SparkSession, what: str) -> list[dict[str, Any]]:
    """Return a list of Spark's own statistics of the session."""
    context = spark.sparkContext
    with urllib.request.urlopen(f"{context.uiWebUrl}/api/v1/applications/{context.applicationId}/{what}") as answer:
        listed: list[dict[str, Any]] = json.load(answer)
    return listed


@contextmanager
def cluster(workers: int, memory: str, folder: Path) -> Iterator[SparkSession]:
    """A session on a master and so many workers of one core, each a process; all end with it."""
    port, processes = free_port(), []

    def start(kind: str, *arguments: str) -> None:
        log = (folder / "cluster.log").open("ab")
        environment = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1", "SPARK_HOME": str(HOME)}
        command = [str(HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", *arguments]
        options = {"stdout": log, "stderr": log, "start_new_session": True, "env": os.environ | environment}
        processes.append(subprocess.Popen(command, **options))  # type: ignore[call-overload]

    try:
        start("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port()))
        wait_for(port)
        for number in range(workers):
            start(
                "worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", memory,
                "--webui-port", str(free_port()), "--work-dir", str(folder / f"work{number}"), f"spark://127.0.0.1:{port}",
            )  # fmt: skip
        builder = SparkSession.builder.master(f"spark://127.0.0.1:{port}").appName("careflow benchmark")
        settings = {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.executor.memory": memory,
            "spark.sql.shuffle.partitions": str(8 * workers),
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": f"{SECONDS_TO_START}s",
            "spark.cores.max": str(workers),
            "spark.ui.port": str(free_port()),
            "spark.ui.retainedStages": "10000",
            "spark.ui.showConsoleProgress": "false",
        }
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()
    finally:
        for process in reversed(processes):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """Return a port that nobody uses."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until a port answers."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the master did not start")


if __name__ == "__main__":
    main()
