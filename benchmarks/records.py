"""Time the reading of made-up stays with all checks: `python benchmarks/records.py --rows 1000000`.

Stays follow one another with gaps of days to months, 2.4 a person; every reading runs
in a process of its own, so that the peak memory is its own. Wall and processor seconds without the import.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

MAKE = """
CREATE TABLE made AS
WITH rows AS (SELECT i, (hash(i) % {people})::BIGINT AS person FROM range({rows}) t(i)),
placed AS (
  SELECT i, person, row_number() OVER (PARTITION BY person ORDER BY i) AS turn FROM rows)
SELECT person AS person_id,
  ['inpatient', 'residential', 'php', 'iop', 'outpatient'][1 + (hash(i, 1) % 5)::INT] AS level,
  DATE '2015-01-01' + ((turn - 1) * 100 + hash(i, 2) % 60)::INT % 3900 AS admit_date,
  CASE WHEN hash(i, 4) % 40 > 0 THEN admit_date + (hash(i, 3) % 45)::INT END AS discharge_date,
  CASE WHEN discharge_date IS NOT NULL
    THEN ['completed', 'left early', 'transferred out', 'other'][1 + (hash(i, 5) % 4)::INT] END AS discharge_reason,
  'F' || (hash(i, 6) % 40) AS facility, ['medicaid', 'private', 'self pay'][1 + (hash(i, 7) % 3)::INT] AS payer
FROM placed
"""
READ = """
import json, resource, sys, time
import careflow as cf
cf.read_episodes
import duckdb, pandas, pyarrow.parquet
start, before = time.perf_counter(), time.process_time()
episodes = cf.read_episodes(sys.argv[1], cutoff="2025-12-31")
print(json.dumps({"seconds": time.perf_counter() - start, "processor": time.process_time() - before,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "stays": repr(episodes)}))
"""


def make(folder: Path, rows: int) -> list[Path]:
    """Write the same stays with whole-number ids and with texts of 16 characters, as Parquet and up to 1e6 as CSV."""
    base = duckdb.connect()
    base.execute(MAKE.format(rows=rows, people=max(1, int(rows / 2.4))))
    text = "SELECT * REPLACE ('P' || lpad((person_id * 7919)::VARCHAR, 15, '0') AS person_id) FROM made"
    paths = []
    for ids, table in (("numbers", "SELECT * FROM made"), ("texts", text)):
        for kind in ("parquet", "csv") if rows <= 1_000_000 else ("parquet",):
            paths.append(folder / f"{ids}.{kind}")
            base.execute(f"COPY ({table}) TO '{paths[-1]}'")
    return paths


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for path in make(Path(folder), asked.rows):
            runs = []
            for _ in range(asked.repeats):
                done = subprocess.run(
                    [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True
                )
                runs.append(json.loads(done.stdout))
            best = min(runs, key=lambda run: run["seconds"])
            seconds = f"{best['seconds']:6.2f} s  {best['processor']:6.2f} s processor"
            print(f"{asked.rows:>11,} rows  {path.name:<16} {seconds}  {best['megabytes']:6,.0f} MB  {best['stays']}")


if __name__ == "__main__":
    main()
