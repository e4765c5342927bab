"""Compare a projection of 90 days with counting its tables: ``python benchmarks/projection.py --stays 1e6 --repeat 3``.

The stays are made up by careflow.simulate with a fixed seed. In turns: the event tables of the projection are counted
from linked stays; the census is projected from them, with limits and the replay of a year, and once more without the
replicates of the jackknife. Printed are medians and ratios, in seconds and, for a machine with other work, in processor
seconds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import careflow as cf
from careflow.simulate import benchmark_data

CUTOFF, HORIZON = "2025-12-31", 90


def measured(job: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds and the processor seconds of a job."""
    wall, processor = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stays", type=float, default=1e6)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    clocks = cf.estimate.Projection.clocks(HORIZON)
    with tempfile.TemporaryDirectory() as folder:
        file = benchmark_data(int(asked.stays), Path(folder) / "stays.parquet")
        episodes = cf.read_episodes(file, cutoff=CUTOFF)
        counts = cf.link(episodes).counts(clocks=clocks)
        jobs: dict[str, Callable[[], object]] = {
            # Linked anew, since linked stays keep the tables that were counted.
            "counting": lambda: cf.link(episodes).counts(clocks=clocks),
            "projection": lambda: cf.project(counts, HORIZON),
            "projection, chance alone": lambda: cf.project(counts, HORIZON, cluster=None),
        }
        times = {name: [measured(job) for _ in range(asked.repeat)] for name, job in jobs.items()}
    medians = {name: [statistics.median(run) for run in zip(*runs, strict=True)] for name, runs in times.items()}
    print(f"{int(asked.stays):,} stays, {len(clocks)} event tables, medians of {asked.repeat}")
    for name, (wall, processor) in medians.items():
        of = processor / medians["counting"][1]
        print(f"{name}: {wall:.2f} s, {processor:.2f} processor s, {of:.2f} x the counting")


if __name__ == "__main__":
    main()
