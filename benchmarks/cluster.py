"""Measure how the job grows on Spark: ``python benchmarks/cluster.py --stays 1e6 1e7 --workers 1 2``.

A standalone master and its workers of one core each are started on loopback from the PySpark wheel (Java 17), one
cluster a run. The job is reading, linking and counting by quarter; printed are its seconds, the processor seconds of
the executors, what they shuffled, and the rows of the counts that came back. ``--plan`` prints the plan of the longest
statement that shuffles. All stays are made up by careflow.simulate with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.spark_cluster import START, Cluster, free_port  # noqa: E402

import careflow as cf  # noqa: E402
from careflow.simulate import benchmark_data  # noqa: E402


def main() -> None:
    """Run every size on every number of workers, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stays", nargs="+", type=float, default=[1e6])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--memory", default="4g", help="of each worker")
    parser.add_argument("--plan", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, terminated)
    print("| stays | workers | seconds | executors' processor s | shuffled, MB | read, MB | rows of counts |")
    print("|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory(prefix="careflow-cluster-") as folder:
        for stays in map(int, options.stays):
            path = benchmark_data(stays, Path(folder) / "stays.parquet", "integer")
            for workers in options.workers:
                place = Path(tempfile.mkdtemp(dir=folder))
                with started(place, workers, options.memory) as spark:
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
def started(folder: Path, workers: int, memory: str) -> Iterator[SparkSession]:
    """A session of a cluster of so many workers of one core, which all end with it."""
    with Cluster(folder, cores=1, memory=memory) as cluster:
        for _ in range(workers):
            cluster.add_worker()
        yield from session(cluster.url, workers, memory)


def session(url: str, workers: int, memory: str) -> Iterator[SparkSession]:
    """A session that has a core of every worker."""
    builder = SparkSession.builder.master(url).appName("careflow benchmark")
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": memory,
        "spark.sql.shuffle.partitions": str(8 * workers),
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": f"{START}s",
        "spark.cores.max": str(workers),
        "spark.ui.port": str(free_port()),
        "spark.ui.retainedStages": "10000",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    try:
        yield made
    finally:
        made.stop()


def terminated(*_: object) -> None:
    """End by the way out of every block, so that the cluster ends too."""
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
