"""How long the report of the sample takes, as a ratio to bare imports in the same run; `python benchmarks/report.py`.

Goals: 7.0 times a fresh Python that imports pandas, matplotlib.pyplot and duckdb; the first chart 2.0 times.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample" / "episodes.csv"
IMPORTS = "import pandas, matplotlib.pyplot, duckdb"
CHART = f"""
import careflow as cf
from careflow import charts
rates = cf.transition_rates(cf.link(cf.read_episodes({str(SAMPLE)!r}, cutoff="2025-12-31")), by="quarter")
charts.save(charts.flow_map(rates, quarter="2025Q2"), OUT)
"""
GOALS = {"report": 7.0, "first chart": 2.0}


def timed(*command: str) -> tuple[float, float]:
    """Return the seconds on the clock and of the processor, of a fresh Python and all that it starts."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, cwd=ROOT)
    clock, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    rows: dict[str, list[tuple[float, float]]] = {"bare imports": [], "first chart": [], "report": []}
    with tempfile.TemporaryDirectory() as folder:
        report = ("-m", "careflow.cli", "report", str(SAMPLE), "--cutoff", "2025-12-31", "--out", f"{folder}/report")
        for _ in range(runs):
            rows["bare imports"].append(timed("-c", IMPORTS))
            rows["first chart"].append(timed("-c", CHART.replace("OUT", repr(f"{folder}/chart.png"))))
            rows["report"].append(timed(*report))
    base = [statistics.median(one[kind] for one in rows["bare imports"]) for kind in (0, 1)]
    print("| what | seconds | of the processor | / bare imports | of the processor | goal |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, times in rows.items():
        clock, processor = (statistics.median(one[kind] for one in times) for kind in (0, 1))
        goal = f"{GOALS[name]:.1f}" if name in GOALS else ""
        print(
            f"| {name} | {clock:.1f} | {processor:.1f} | {clock / base[0]:.1f} | {processor / base[1]:.1f} | {goal} |"
        )


if __name__ == "__main__":
    main()
