"""How long protect takes over the bare imports. ``python benchmarks/release_speed.py``.

Processor seconds in one run: importing pandas, matplotlib and duckdb; then, in a process that has the results already,
protecting the sample's rates, stays and census by quarter, without a ledger and as the thirteenth release of one.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMPORTS = "import pandas, matplotlib.pyplot, duckdb"
RELEASES = """
import tempfile, time
import careflow as cf
moves = cf.link(cf.read_episodes("data/sample/episodes.csv", cutoff="2025-12-31", progress=False), within=30)
def three(unit):
    return [cf.transition_rates(moves, by=unit), cf.length_of_stay(moves, by=unit), cf.census(moves, by=unit)]
given, years = three("quarter"), three("year")
earlier = [[result] for result in years] + [
    [cf.transition_rates(moves, by="year", within=w)] for w in (7, 14)
] + [[cf.readmissions(moves, by="year", days=d)] for d in (7, 14, 30)] + [
    [cf.transition_rates(moves)], [cf.length_of_stay(moves)], [cf.readmissions(moves)], [cf.bounce_back(moves)]
]
began = time.process_time()
from careflow.protect import protect
protect(given)
print(time.process_time() - began)
with tempfile.TemporaryDirectory() as ledger:
    for results in earlier:
        protect(results, ledger=ledger)
    began = time.process_time()
    protect(given, ledger=ledger)
    print(time.process_time() - began)
"""


def main() -> None:
    """Print the seconds and their ratios."""
    timed = f"import time; began = time.process_time(); {IMPORTS}; print(time.process_time() - began)"
    (bare,) = _numbers(timed)
    alone, last = _numbers(RELEASES)
    print(f"bare imports {bare:.2f} s; protect {alone:.2f} s ({alone / bare:.1f} x); "
          f"with twelve earlier releases {last:.2f} s ({last / alone:.1f} x that)")  # fmt: skip


def _numbers(code: str) -> list[float]:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


if __name__ == "__main__":
    main()
