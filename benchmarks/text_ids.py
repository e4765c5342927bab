"""Time reading text ids beside the engine's own ordering of the same file: `python benchmarks/text_ids.py --stays 1e6`.

The bare ordering is DuckDB's `lead()` of the admission by person, with nothing checked. Both run in turn in one
process, after a first turn that is not counted; printed are medians of processor seconds, and their ratio.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import duckdb

import careflow as cf
from careflow.simulate import benchmark_data

LEAD = """
SELECT count(next_admission) FROM (
  SELECT lead(admit_date) OVER (PARTITION BY person_id ORDER BY admit_date, discharge_date) AS next_admission
  FROM read_parquet(?))
"""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stays", type=float, default=1e6)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = {
            ids: benchmark_data(int(asked.stays), Path(folder) / f"{ids}.parquet", ids) for ids in ("text", "integer")
        }
        calls: dict[str, Callable[[], object]] = {
            "lead() over text ids": lambda: duckdb.connect().execute(LEAD, [str(files["text"])]).fetchone(),
            "reading text ids": lambda: cf.read_episodes(files["text"], cutoff="2025-12-31"),
            "reading integer ids": lambda: cf.read_episodes(files["integer"], cutoff="2025-12-31"),
        }
        runs: dict[str, list[float]] = {name: [] for name in calls}
        for turn in range(asked.repeat + 1):
            for name, call in calls.items():
                before = time.process_time()
                call()
                if turn:
                    runs[name].append(time.process_time() - before)
    bare = median(next(iter(runs.values())))
    print(f"| {int(asked.stays):,} stays, median of {asked.repeat} | processor s | ratio |\n|---|--:|--:|")
    for name, seconds in runs.items():
        print(f"| {name} | {median(seconds):.3f} | {median(seconds) / bare:.2f} |")


if __name__ == "__main__":
    main()
