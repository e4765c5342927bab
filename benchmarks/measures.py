"""Compare a measure with transition rates: ``python benchmarks/measures.py --stays 1e6 --repeat 5``.

Both are counted from the same linked stays, which are made up by careflow.simulate with a fixed seed; each run links
again, so that nothing is cached. They take turns. Printed are medians and the ratio of each measure to the rates, in
seconds and, for a machine with other work, in processor seconds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import careflow as cf
from careflow.simulate import benchmark_data

MEASURES = ("continuity-inpatient-residential", "va-residential-follow-up", "data-book-progression")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stays", type=float, default=1e6)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = benchmark_data(int(asked.stays), Path(folder) / "stays.parquet", "integer")
        episodes = cf.read_episodes(path, cutoff="2025-12-31")
        times: dict[str, list[tuple[float, float]]] = {"transition_rates": [], **{name: [] for name in MEASURES}}
        for _ in range(asked.repeat):
            for name, runs in times.items():
                moves = cf.link(episodes)
                clock, processor = time.perf_counter(), time.process_time()
                if name == "transition_rates":
                    cf.transition_rates(moves, by="quarter")
                else:
                    cf.measure(moves, name, by="quarter")
                runs.append((time.perf_counter() - clock, time.process_time() - processor))
    medians = {name: [statistics.median(kind) for kind in zip(*runs, strict=True)] for name, runs in times.items()}
    base = medians["transition_rates"]
    for name, (seconds, processor) in medians.items():
        print(
            f"{name:<34}  {seconds:.3f} s  {seconds / base[0]:.2f}   {processor:.3f} processor s  "
            f"{processor / base[1]:.2f}"
        )


if __name__ == "__main__":
    main()
