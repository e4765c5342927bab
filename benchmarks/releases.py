"""Random plans of successive releases, attacked. ``python benchmarks/releases.py [PLANS] [--people N] [--mode MODE]``.

Each plan is two or three releases of made-up records into one ledger: strata in any order, windows, methods, cut-offs.
The attacker of tests/support/release_attacker.py holds all of them and solves for every hidden small count. One line a
plan, then the sums: plans, releases published and refused, small counts, those that are exact, those certainly small.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.release_plans import outcomes


def main() -> None:
    """Attack as many plans as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plans", nargs="?", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first plan")
    parser.add_argument("--people", type=int, default=120)
    parser.add_argument("--mode", choices=("suppress", "round"), default="suppress")
    asked = parser.parse_args()
    sums = dict.fromkeys(("plans", "published", "refused", "small", "exact", "certain"), 0)
    for one in outcomes(range(asked.first, asked.first + asked.plans), asked.people, asked.mode):
        found = one.findings
        numbers = (1, one.published, len(one.plan) - one.published, found.small, len(found.exact),
                   len(found.certainly_small))  # fmt: skip
        for name, number in zip(sums, numbers, strict=True):
            sums[name] += number
        said = "; ".join([*found.exact[:2], *found.certainly_small[:2]])
        print(f"{' | '.join(one.plan)}: {numbers[1:]} {said} {one.refused[:160]}", flush=True)
    print(sums)


if __name__ == "__main__":
    main()
