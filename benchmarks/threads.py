"""Threads that share records: `python benchmarks/threads.py --threads 8 --calls 400`.

Every call of one Episodes, Transitions or Counts must give what a single thread gets; none may raise. Threads change
every 10 microseconds. Reading, with its folders for temporary files, is done by all threads at once, too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

import careflow as cf

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "episodes.csv"
Records = tuple[cf.Episodes, cf.Transitions, cf.Counts]
CALLS: dict[str, Callable[[Records], Any]] = {
    "seen": lambda of: of[0].seen(),
    "set_aside_rows": lambda of: of[0].set_aside_rows(),
    "link": lambda of: cf.transition_rates(cf.link(of[0], within=14)),
    "read": lambda of: read()[0].findings,
    "attrition": lambda of: of[1].attrition,
    "findings": lambda of: of[1].findings,
    "counts": lambda of: of[1].counts("month", clocks="discharge").tables["discharge"],
    "transition_rates": lambda of: cf.transition_rates(of[1], by="quarter"),
    "length_of_stay": lambda of: cf.length_of_stay(of[1]),
    "census": lambda of: cf.census(of[1]),
    "readmissions": lambda of: cf.readmissions(of[1]),
    "pathways": lambda of: cf.pathways(of[1]),
    "rates of counts": lambda of: cf.transition_rates(of[2], by="payer"),
    "lengths of counts": lambda of: cf.length_of_stay(of[2], by="quarter"),
    "incidence of counts": lambda of: cf.cumulative_incidence(of[2]),
}


def read() -> Records:
    """Return the records of the sample, afresh."""
    moves = cf.link(cf.read_episodes(SAMPLE, cutoff="2025-12-31", start="2024-01-01"))
    return moves.episodes, moves, moves.counts(["quarter", "payer"])


def shown(result: Any) -> str:
    """Return a result as text."""
    frame = getattr(result, "frame", result)
    return frame.to_csv() if isinstance(frame, pd.DataFrame) else repr(frame)


def run(threads: int, calls: int) -> list[str]:
    """Return what went wrong in which call."""
    alone = read()
    right = {name: shown(call(alone)) for name, call in CALLS.items()}
    names, shared = list(CALLS), read()

    def ask(i: int) -> str:
        # Of a number of calls without a common divisor, neighbours differ.
        name = names[i * 7 % len(names)]
        try:
            return "" if shown(CALLS[name](shared)) == right[name] else f"{name} differs"
        except Exception as error:
            return f"{name}: {type(error).__name__}"

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(threads) as pool:
            return [problem for problem in pool.map(ask, range(calls)) if problem]
    finally:
        sys.setswitchinterval(interval)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--calls", type=int, default=400)
    asked = parser.parse_args()
    problems = run(asked.threads, asked.calls)
    for problem in sorted(set(problems)):
        print(problem)
    print(f"{asked.calls:,} calls by {asked.threads} threads: {len(problems):,} wrong")
    return int(bool(problems))


if __name__ == "__main__":
    raise SystemExit(main())
