"""How long protect takes over the bare imports. ``python benchmarks/release_speed.py``.

Processor seconds in one run: importing pandas, matplotlib and duckdb; then, in a process that has the results already,
protecting the sample's rates, stays and census by quarter, without a ledger and as the thirteenth release of one, which
holds the same tables at the ends of the twelve months before.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMPORTS = "import pandas, matplotlib.pyplot, duckdb"
RELEASES = """
import tempfile, time
import pandas as pd
import careflow as cf
def three(cutoff):
    moves = cf.link(cf.read_episodes("data/sample/episodes.csv", cutoff=cutoff, progress=False), within=30)
    return [made(moves, by="quarter") for made in (cf.transition_rates, cf.length_of_stay, cf.census)]
*earlier, given = [three(str(day.date())) for day in pd.date_range("2024-12-31", "2025-12-31", freq="ME")]
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
