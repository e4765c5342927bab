"""Compare many strata with few: ``python benchmarks/strata.py --stays 1e7 --repeat 3``.

The job is reading, linking, transition rates and lengths of stay: by quarter, and by quarter and payer (72 strata). The
two take turns, each in a process of its own; printed are the medians of seconds and of processor seconds, and their
ratio. All stays are made up by careflow.simulate with a fixed seed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from careflow.simulate import benchmark_data

JOB = """
import sys, time
import careflow as cf
path, by = sys.argv[1], sys.argv[2].split(",")
cf.read_episodes, cf.link, cf.transition_rates, cf.length_of_stay  # imported before the clock starts
clock, processor = time.perf_counter(), time.process_time()
moves = cf.link(cf.read_episodes(path, cutoff="2025-12-31"))
rates, stays = cf.transition_rates(moves, by=by), cf.length_of_stay(moves, by=by)
print(time.perf_counter() - clock, time.process_time() - processor, rates.frame[by].drop_duplicates().shape[0])
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stays", type=float, default=1e6)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    runs: dict[str, list[list[float]]] = {"quarter": [], "quarter,payer": []}
    with tempfile.TemporaryDirectory(prefix="careflow-strata-") as folder:
        path = benchmark_data(int(options.stays), Path(folder) / "stays.parquet", "integer")
        for _ in range(options.repeat):
            for by, measured in runs.items():
                printed = subprocess.run(
                    [sys.executable, "-c", JOB, str(path), by], check=True, capture_output=True, text=True
                ).stdout
                measured.append([float(number) for number in printed.split()])
    few, many = ([statistics.median(column) for column in zip(*runs[by], strict=True)] for by in runs)
    print(f"{int(options.stays):,} stays, medians of {options.repeat}")
    for place, name in enumerate(("seconds", "processor s")):
        print(f"{name}: {few[place]:.2f} and {many[place]:.2f}, {many[place] / few[place]:.2f} times")
    print(f"strata: {few[2]:.0f} and {many[2]:.0f}")


if __name__ == "__main__":
    main()
