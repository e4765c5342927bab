"""Compare a diff of two extracts with reading both: ``python benchmarks/diff.py --stays 1e6 --repeat 3``.

The stays are made up by careflow.simulate with a fixed seed. The old extract ends a quarter earlier and lacks one stay
in 50 that came late; in the new one the discharge of one stay in 97 is a day later. In turns: both files are read, each
by itself; both are read, alongside each other, linked and compared by quarter. Printed are medians and the ratio, in
seconds and, for a machine with other work, in processor seconds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

import careflow as cf
from careflow.simulate import benchmark_data

CUTOFFS = ("2025-09-30", "2025-12-31")


def extracts(stays: int, folder: Path) -> tuple[Path, Path]:
    """Write both extracts."""
    source = benchmark_data(stays, folder / "stays.parquet", "integer")
    old, new = folder / "old.parquet", folder / "new.parquet"
    with duckdb.connect() as base:
        rows = f"(SELECT *, hash(person_id, admit_date, level) AS h FROM read_parquet('{source}'))"
        seen = f"admit_date <= DATE '{CUTOFFS[0]}' AND h % 50 > 0"
        later = "discharge_date + CASE WHEN h % 97 = 0 THEN 1 ELSE 0 END"
        base.execute(f"COPY (SELECT * EXCLUDE h FROM {rows} WHERE {seen}) TO '{old}' (FORMAT parquet)")
        base.execute(
            f"COPY (SELECT * EXCLUDE h REPLACE ({later} AS discharge_date) FROM {rows}) TO '{new}' (FORMAT parquet)"
        )
    return old, new


def read(files: tuple[Path, Path]) -> None:
    """Read both extracts, each by itself."""
    for file, cutoff in zip(files, CUTOFFS, strict=True):
        cf.read_episodes(file, cutoff=cutoff)


def compare(files: tuple[Path, Path]) -> cf.estimate.Diff:
    """Read, link and compare both extracts."""
    old = cf.read_episodes(files[0], cutoff=CUTOFFS[0])
    new = cf.read_episodes(files[1], cutoff=CUTOFFS[1], alongside=old)
    return cf.diff(cf.link(old), cf.link(new))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stays", type=float, default=1e6)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = extracts(2000, Path(folder))
        work: dict[str, Callable[[tuple[Path, Path]], object]] = {"reading both": read, "diff": compare}
        for each in work.values():
            each(small)  # imports
        files = extracts(int(asked.stays), Path(folder))
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
        for _ in range(asked.repeat):
            for name, each in work.items():
                clock, processor = time.perf_counter(), time.process_time()
                each(files)
                times[name].append((time.perf_counter() - clock, time.process_time() - processor))
    medians = {name: [statistics.median(kind) for kind in zip(*runs, strict=True)] for name, runs in times.items()}
    base = medians["reading both"]
    for name, (seconds, processor) in medians.items():
        print(
            f"{name:<14}  {seconds:.3f} s  {seconds / base[0]:.2f}   {processor:.3f} processor s  "
            f"{processor / base[1]:.2f}"
        )


if __name__ == "__main__":
    main()
