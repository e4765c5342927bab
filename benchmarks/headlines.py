"""How much stays in sight: the shares of level x quarter whose headlines a release shows.

``python benchmarks/headlines.py [SOURCE ...]``. A source is ``sample``, or how many stays a simulated provider has in
twelve quarters. Rates, stays and census go out in one release. One row a source: stepped down, stepped up, left early,
completed (n is shown, of the levels and quarters with any discharge) and the median stay (of those that reach it), by
quarter and by year; hidden cells; seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd

import careflow as cf
from careflow.protect import protect
from careflow.simulate import simulate

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "episodes.csv"
CUTOFF = "2025-12-31"
PERSONS_A_STAY = 1 / 2.3


def moves_of(source: str) -> cf.Transitions:
    """Return the linked stays of the sample, or of a simulated provider with about so many stays."""
    if source == "sample":
        return cf.link(cf.read_episodes(SAMPLE, cutoff=CUTOFF, progress=False), within=30)
    stays = simulate(round(int(source) * PERSONS_A_STAY), seed=1)
    return cf.link(cf.read_episodes(stays, cutoff=CUTOFF, progress=False), within=30)


def shown(frame: pd.DataFrame, truth: pd.DataFrame, column: str, label: str) -> float:
    """Return the share of rows with a discharge whose number is shown."""
    rows = (truth[column].astype(str) == label) & (truth["of"] > 0)
    return float(frame.loc[rows, "n"].notna().mean())


def row(moves: cf.Transitions, unit: str) -> str:
    """Return one row of the table."""
    given = [cf.transition_rates(moves, by=unit), cf.length_of_stay(moves, by=unit), cf.census(moves, by=unit)]
    began = time.process_time()
    safe = protect(given)
    seconds = time.process_time() - began
    ways, to = (safe[0].directions, given[0].directions), (safe[0].frame, given[0].frame)
    shares = [
        shown(*ways, "direction", "step-down"), shown(*ways, "direction", "step-up"), shown(*to, "to", "left early"),
        shown(*to, "to", "completed"),
    ]  # fmt: skip
    reached = given[1].frame["median"].notna()
    shares.append(float(safe[1].frame.loc[reached, "median"].notna().mean()))
    hidden = int((safe.proof.hidden & (safe.proof.system.status != 3)).sum())
    return " | ".join([unit, *(f"{share:.0%}" for share in shares), f"{hidden:,}", f"{seconds:.1f}"])


def main() -> None:
    """Print the table."""
    print("| provider | by | stepped down | stepped up | left early | completed | median | hidden cells | seconds |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for source in sys.argv[1:] or ["sample", "400", "1200", "4000"]:
        moves = moves_of(source)
        for unit in ("quarter", "year"):
            print(f"| {source} | {row(moves, unit)} |", flush=True)


if __name__ == "__main__":
    main()
