"""Measure careflow against its peers: ``python benchmarks/pass.py --stays 1e6 --ids integer text --repeat 3``.

Every run is a process of its own, so that its peak memory is its own; peers take turns, so that a noisy moment of the
machine meets them all; their results are checked equal before anything is timed. Times are without imports. ``--job
pass`` is reading, linking, rates and lengths of stay by quarter; ``--job core`` adds incidences by quarter and the
census. ``--python`` is the interpreter of the peers that careflow does not depend on. A peer that is not there is
skipped, and said so. All stays are made up by careflow.simulate, with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
OWN = ("careflow", "pandas", "arrays_checked", "arrays", "duckdb", "floor")
OTHERS = ("polars", "lifelines", "lifelines_bare", "pm4py", "r")

ONE = """
import json, resource, sys, time
sys.path[:0] = [{here!r}, {root!r}]
from importlib import import_module
peer, path, job, out = sys.argv[1:]
module = import_module(f"peers.{{peer}}")
run = module.run
getattr(module, "prepare", lambda path: None)(path)
clock, processor = time.perf_counter(), time.process_time()
children = resource.getrusage(resource.RUSAGE_CHILDREN)
results = run(path, job)
clock, processor = time.perf_counter() - clock, time.process_time() - processor
after = resource.getrusage(resource.RUSAGE_CHILDREN)
processor += after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
memory = max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, after.ru_maxrss) / 1024
if out != "-":
    import pandas as pd
    for name, frame in results.items():
        frame = frame.astype({{c: str for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])}})
        frame.to_csv(f"{{out}}/{{peer}}.{{name}}.csv", index=False)
print("\\n" + json.dumps({{"seconds": clock, "processor": processor, "megabytes": memory, "results": list(results)}}))
"""

MAKE = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import duckdb
from careflow.simulate import benchmark_data
rows, path, ids = sys.argv[1:]
made = benchmark_data(int(rows), path + ".made", ids)
duckdb.execute("SET enable_progress_bar = false")
duckdb.execute("COPY (SELECT DISTINCT * FROM read_parquet('" + str(made) + "') ORDER BY admit_date) "
    "TO '" + path + "' (FORMAT parquet)")
Path(made).unlink()
"""
"""Makes the stays, without rows equal in all columns (one in a million): careflow sets them aside, no peer looks."""

KEYS = {
    "rates": (["quarter", "from", "to"], ["n", "rate", "se", "low", "high"]),
    "directions": (["quarter", "from", "direction"], ["n", "rate", "se", "low", "high"]),
    "stays": (
        ["quarter", "level"],
        [
            "n",
            "open",
            "median",
            "median_low",
            "median_high",
            "q25",
            "q75",
            "rmean",
            "rmean_se",
            "discharged_mean",
            "discharged_median",
        ],
    ),
    "curves": (["quarter", "level", "day"], ["at_risk", "events", "survival", "se", "low", "high"]),
    "incidence": (["quarter", "from", "to", "day"], ["estimate", "se"]),
    "census": (["quarter", "level"], ["opening", "admitted", "discharged", "closing", "person_days"]),
}
"""By what the results of two peers are matched, and what must then be equal as far as both have it."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--stays", nargs="+", type=float, default=[1e6])
    asked.add_argument("--ids", nargs="+", choices=["integer", "text"], default=["integer"])
    asked.add_argument("--job", choices=["pass", "core"], default="core")
    asked.add_argument("--peers", nargs="+", default=[*OWN, *OTHERS], choices=[*OWN, *OTHERS])
    asked.add_argument("--repeat", type=int, default=3, help="0: time the run whose results are checked, and no other")
    asked.add_argument("--python", default=sys.executable, help="interpreter of polars, lifelines and pm4py")
    asked.add_argument("--out", type=Path, help="append the tables to this file")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="careflow-bench-") as folder:
        for stays in options.stays:
            for ids in options.ids:
                path = Path(folder) / "stays.parquet"
                # A process counts the memory of the one that started it as its own, so this one stays small.
                make = [sys.executable, "-c", MAKE.format(root=str(HERE.parent)), str(int(stays)), str(path), ids]
                subprocess.run(make, check=True)
                table = measure(path, options, Path(folder))
                runs = max(options.repeat, 1)
                text = f"\n{int(stays):,} stays, {ids} ids, {options.job} job, {runs} runs each\n\n{table}\n"
                print(text, flush=True)
                if options.out:
                    with options.out.open("a", encoding="utf-8") as file:
                        file.write(text)
                path.unlink()


def measure(path: Path, options: argparse.Namespace, folder: Path) -> str:
    """Check the peers' results, then time them in turns; return the table."""
    peers = []
    runs: dict[str, list[dict[str, float]]] = {}
    for peer in options.peers:
        found = one(peer, path, options, str(folder))
        if "error" in found:
            print(f"{peer} is skipped: {found['error']}", flush=True)
            continue
        if peer not in ("careflow", "floor"):
            for name in found["results"]:
                check(folder, peer, name)
            print(f"{peer}: {', '.join(found['results'])} as careflow", flush=True)
        peers.append(peer)
        runs[peer] = [] if options.repeat else [found]
    for _ in range(options.repeat):
        for peer in peers:
            runs[peer].append(one(peer, path, options, "-"))
    return table_of(runs)


def one(peer: str, path: Path, options: argparse.Namespace, out: str) -> dict:
    """Run one peer once, in a process of its own."""
    code = ONE.format(here=str(HERE), root=str(HERE.parent))
    python = options.python if peer in OTHERS else sys.executable
    module = "floor" if peer == "floor" else f"{peer}_"
    done = subprocess.run(
        [python, "-c", code, module, str(path), options.job, out], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["it was ended"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def check(folder: Path, peer: str, name: str) -> None:
    """Raise unless a peer's results are careflow's."""
    import numpy as np
    import pandas as pd

    keys, values = KEYS[name]
    mine, other = (pd.read_csv(folder / f"{who}_.{name}.csv", keep_default_na=True) for who in ("careflow", peer))
    if name in ("rates", "directions"):
        mine, other = mine[mine["n"] > 0], other[other["n"] > 0]
    if name == "rates":
        mine = mine[mine["to"] != "left care"]
    if name == "incidence":
        mine = mine[mine["to"].isin(other["to"].unique())]
    both = mine.merge(other, on=keys, how="outer", suffixes=("", "_of_peer"), indicator=True)
    if name == "stays":
        both = both[both["n"].fillna(0) > 0]
    alone = int((both["_merge"] != "both").sum())
    if alone:
        raise SystemExit(f"{peer}: {alone} rows of {name} are only careflow's or only the peer's")
    for value in values:
        if f"{value}_of_peer" in both and not np.allclose(
            both[value], both[f"{value}_of_peer"], rtol=1e-6, atol=1e-9, equal_nan=True
        ):
            gap = (both[value] - both[f"{value}_of_peer"]).abs().max()
            raise SystemExit(f"{peer}: {value} of {name} differs from careflow's, by up to {gap:g}")


def table_of(runs: dict[str, list[dict[str, float]]]) -> str:
    """Return medians and ratios to careflow as a table."""
    lines = [
        "| | seconds | to careflow | processor s | to careflow | peak memory, MB | to careflow |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    mine = runs.get("careflow") or next(iter(runs.values()))
    for peer, found in runs.items():
        cells = []
        for what, form in (("seconds", ".2f"), ("processor", ".2f"), ("megabytes", ",.0f")):
            value, base = (statistics.median(run[what] for run in of) for of in (found, mine))
            cells += [f"{value:{form}}", f"{value / base:.2f}"]
        lines.append(f"| {peer} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
