"""Time claims lines to stays against the engine's own grouping: ``python benchmarks/claims.py --lines 1e7``.

The lines are those of the sample's made-up claims, again and again under new ids of people and claims, in the order of
a hash, as one Parquet file. In turns, each in a process of its own: careflow reads them to stays; the engine alone
groups the same file by person and day into a table. Seconds are without the imports; on a machine with other work the
ratio of processor seconds is the figure.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

MAKE = """
import sys, duckdb
sample, lines, path = sys.argv[1:]
base = duckdb.connect(config={"preserve_insertion_order": False})
base.execute("SET enable_progress_bar = false")
base.execute("CREATE TABLE sample AS SELECT * FROM read_csv(?, all_varchar = true)", [sample])
columns = [name for name, *_ in base.execute("DESCRIBE sample").fetchall()]
copies = -(-int(lines) // base.execute("SELECT count(*) FROM sample").fetchone()[0])
new = [f"{name} || '-' || i AS {name}" for name in ("person_id", "claim_id", "replaces_claim_id")]
new += [f"{name}::DATE AS {name}" for name in columns if name.endswith("_date")]
base.execute(f"COPY (SELECT sample.* REPLACE ({', '.join(new)}) FROM range({copies}) t(i), sample "
    f"ORDER BY hash(claim_id, i)) TO '{path}' (FORMAT parquet)")
print(copies * base.execute("SELECT count(*) FROM sample").fetchone()[0])
"""
RUN = """
import json, resource, sys, time
sys.path.insert(0, {root!r})
who, path, memory = sys.argv[1:]
import duckdb, pandas, pyarrow.parquet
import careflow as cf
cf.read_episodes, cf.sources.claims
clock, processor = time.perf_counter(), time.process_time()
if who == "careflow":
    # One of 97 claims of the sample is replaced and one of 211 denied, which is more than the limits of files allow.
    options = {{"memory": memory}} if memory else {{}}
    episodes = cf.read_episodes(cf.sources.claims(path), cutoff="2025-12-31", accept=["C06", "C07"], **options)
    rows = episodes.n
else:
    base = duckdb.connect()
    base.execute("SET enable_progress_bar = false")
    base.execute("CREATE TABLE days AS SELECT person_id, claim_line_start_date, count(*) AS n "
        "FROM read_parquet(?) GROUP BY person_id, claim_line_start_date", [path])
    rows = base.execute("SELECT count(*) FROM days").fetchone()[0]
print("\\n" + json.dumps({{"seconds": time.perf_counter() - clock, "processor": time.process_time() - processor,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "rows": rows}}))
"""
"""Both import the same, so that their peak memory can be compared."""


def main() -> None:
    """Run from the command line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--lines", type=float, default=1e7)
    asked.add_argument("--memory", default="", help="limit of careflow's engine, such as 2GB; default: none")
    asked.add_argument("--repeat", type=int, default=3)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="careflow-bench-") as folder:
        path = str(Path(folder) / "lines.parquet")
        sample = str(ROOT / "data" / "sample" / "claims.csv.gz")
        made = subprocess.run(
            [sys.executable, "-c", MAKE, sample, str(int(options.lines)), path],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        print(f"{int(made.stdout):,} lines, {options.repeat} runs each\n")
        runs: dict[str, list[dict[str, float]]] = {"careflow": [], "group by": []}
        for _ in range(options.repeat):
            for who, found in runs.items():
                found.append(one(who, path, options.memory))
    print("| | seconds | processor s | peak memory, MB | stays or days |\n|---|--:|--:|--:|--:|")
    middle = {
        who: {name: statistics.median(run[name] for run in found) for name in found[0]} for who, found in runs.items()
    }
    for who, values in middle.items():
        cells = [f"{values['seconds']:,.1f}", f"{values['processor']:,.1f}", f"{values['megabytes']:,.0f}"]
        print(f"| {who} | {' | '.join(cells)} | {values['rows']:,.0f} |")
    ratios = [middle["careflow"][name] / middle["group by"][name] for name in ("seconds", "processor")]
    print(f"\ncareflow to group by: {ratios[0]:.1f} of the seconds, {ratios[1]:.1f} of the processor seconds")


def one(who: str, path: str, memory: str) -> dict[str, float]:
    """Run one of the two, in a process of its own."""
    code = RUN.format(root=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", code, who, path, memory], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
