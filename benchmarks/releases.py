"""Random plans of successive releases, attacked. ``python benchmarks/releases.py [PLANS] [--results FILE]``.

Each plan is two or three releases of made-up records into one ledger: strata in any order, windows, methods, cut-offs.
The attacker of tests/support/release_attacker.py holds all of them and solves for every hidden small count. One line a
plan, then the sums: plans, releases published and refused, small counts, those that are exact, those certainly small.

With ``--results`` each plan is one line of JSON in that file, with the commit that it was run at. Plans that are in the
file already are not run again, so that a long run can be stopped and resumed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.release_plans import Outcome, outcome_of

COUNTS = ("published", "refused", "small", "exact", "certain")


def commit() -> str:
    """Return the commit of the code that is run."""
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=False).stdout.strip()


def line_of(outcome: Outcome) -> dict[str, Any]:
    """Return what came of a plan as plain values."""
    found = outcome.findings
    counts = (outcome.published, len(outcome.plan) - outcome.published, found.small, len(found.exact),
              len(found.certainly_small))  # fmt: skip
    return dict(zip(COUNTS, counts, strict=True)) | {
        "plan": " | ".join(outcome.plan),
        "found": [*found.exact[:2], *found.certainly_small[:2]],
        "refusal": outcome.refused[:200],
    }


def known(results: Path | None) -> dict[str, dict[str, Any]]:
    """Return the plans of a file of results, by their key; a last line that was cut is left out."""
    lines: dict[str, dict[str, Any]] = {}
    for text in results.read_text().splitlines() if results is not None and results.exists() else ():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        lines[line["key"]] = line
    return lines


def main() -> None:
    """Attack as many plans as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plans", nargs="?", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first plan")
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--mode", choices=("suppress", "round"), default="suppress")
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args()
    done, at = known(asked.results), commit()
    sums = dict.fromkeys(("plans", *COUNTS), 0)
    for seed in range(asked.first, asked.first + asked.plans):
        key = f"{asked.mode} {asked.people} {seed}"
        if key not in done:
            done[key] = {"key": key, "commit": at} | line_of(outcome_of(seed, asked.people, asked.mode))
            if asked.results is not None:
                with asked.results.open("a") as file:
                    file.write(json.dumps(done[key]) + "\n")
        line = done[key]
        for name in COUNTS:
            sums[name] += line[name]
        sums["plans"] += 1
        print(
            f"{seed}: {line['plan']}: {[line[name] for name in COUNTS]} {line['found']} {line['refusal']}", flush=True
        )
    print(sums)


if __name__ == "__main__":
    main()
