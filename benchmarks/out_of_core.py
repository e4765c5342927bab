"""A hundred million stays in 3 GB: ``python benchmarks/out_of_core.py --stays 1e8 --memory 1500MB``.

Makes the stays in parts (a folder of Parquet files, people of one part in no other), then reads, links and counts them
with careflow and with hand-written DuckDB SQL under the same limit of memory, each in a process of its own. The folder
is temporary; it, and what is spilled, goes to TMPDIR and is removed. Needs up to 200 bytes of disk a stay.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PART = 5_000_000

MAKE = """
import sys
sys.path.insert(0, {root!r})
import duckdb
from pathlib import Path
from careflow.simulate import benchmark_data
rows, path, part = sys.argv[1:]
made = benchmark_data(int(rows), path + ".made", seed=int(part))
duckdb.execute("SET enable_progress_bar = false")
# Ids of one part are shifted, so that no person is in two; columns that the job does not need are left out.
duckdb.execute("COPY (SELECT DISTINCT xor(person_id, " + str(int(part) << 40) + "::BIGINT) AS person_id, level, "
    "admit_date, discharge_date, discharge_reason FROM read_parquet('" + str(made) + "')) "
    "TO '" + path + "' (FORMAT parquet)")
Path(made).unlink()
"""
RUN = """
import json, resource, sys, time
sys.path[:0] = [{here!r}, {root!r}]
who, path, memory = sys.argv[1:]
start, before = time.perf_counter(), time.process_time()
if who == "careflow":
    import careflow as cf
    moves = cf.link(cf.read_episodes(path, cutoff="2025-12-31", memory=memory), within=30)
    tables = moves.counts("quarter", clocks=["discharge", "stay", "exit", "census"]).tables
    n = {{name: int(table["n"].sum()) for name, table in tables.items()}}
    ended = n["discharge"]
else:
    from peers import duckdb_
    ended = duckdb_.count(path + "/*.parquet", memory)
print("\\n" + json.dumps({{"seconds": time.perf_counter() - start, "processor": time.process_time() - before,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "ended": ended}}))
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--stays", type=float, default=1e8)
    asked.add_argument("--memory", default="1500MB")
    options = asked.parse_args()
    stays = int(options.stays)
    with tempfile.TemporaryDirectory(prefix="careflow-bench-") as folder:
        free = shutil.disk_usage(folder).free
        if free < 200 * stays:
            sys.exit(f"needs {200 * stays / 1e9:.0f} GB of disk in the temporary folder; {free / 1e9:.0f} GB are free")
        make(Path(folder), stays)
        print("| | seconds | processor s | peak memory, MB | closed stays |\n|---|--:|--:|--:|--:|")
        for who in ("careflow", "duckdb"):
            code = RUN.format(here=str(HERE), root=str(HERE.parent))
            done = subprocess.run(
                [sys.executable, "-c", code, who, folder, options.memory], stdout=subprocess.PIPE, text=True, check=True
            )
            found = json.loads(done.stdout.strip().splitlines()[-1])
            cells = [f"{found[name]:,.0f}" for name in ("seconds", "processor", "megabytes", "ended")]
            print(f"| {who} | {' | '.join(cells)} |", flush=True)


def make(folder: Path, stays: int) -> None:
    """Write the stays in parts."""
    for part, first in enumerate(range(0, stays, PART)):
        rows = min(PART, stays - first)
        code = MAKE.format(root=str(HERE.parent))
        path = str(folder / f"part{part:03d}.parquet")
        subprocess.run([sys.executable, "-c", code, str(rows), path, str(part)], check=True)


if __name__ == "__main__":
    main()
