"""How often the 95% limits of a projection hold the stays that are in care later.

    python benchmarks/projection_coverage.py                # 120 made-up worlds of each kind
    python benchmarks/projection_coverage.py --worlds 20 --kinds returning

In a made-up world people arrive in residential care and IOP, stay, move on and come back, by rates that do not change.
Its records end on a cut-off; the census of the 28 days after it is projected from them and compared with what happened.
In worlds of ``steady`` arrivals, fewer on weekends, everybody comes once. In those of ``uneven`` arrivals some weeks
bring twice as many as others. In ``returning`` worlds 600 people come again and again, each alike in lengths of stay.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd

import careflow as cf

CARE = cf.Continuum.of(["residential", "iop"])
ORIGIN, CUTOFF, AHEAD = date(2022, 1, 3), 830, 28
WARM_UP = 400
PEOPLE = 600
"""Of worlds in which they come again."""
ARRIVALS = {"residential": 1.2, "iop": 0.6}
DAYS = (7, 14, 21, 28)
KINDS = ("steady", "uneven", "returning")
Stay = tuple[str, str, int, int]


def stays(chance: np.random.Generator, kind: str) -> Iterator[Stay]:
    """Yield the stays of a world: person, level, days of admission and discharge."""
    free, slow = np.full(PEOPLE, -np.inf), chance.normal(0, 0.5, PEOPLE)
    week = 1.0
    for day in range(-WARM_UP, CUTOFF + AHEAD + 1):
        if day % 7 == 0 and kind == "uneven":
            week = chance.gamma(3, 1 / 3)
        for level, rate in ARRIVALS.items():
            for arrival in range(chance.poisson(rate * week * (0.4 if day % 7 > 4 else 1.24))):
                person, pace = f"{day}-{level}-{arrival}", 0.0
                if kind == "returning":
                    idle = np.flatnonzero(free + 31 <= day)
                    place = int(chance.choice(idle))
                    person, pace = str(place), slow[place]
                last = day
                for stay in _journey(chance, person, level, day, pace):
                    last = stay[3]
                    yield stay
                if kind == "returning":
                    free[place] = last


def _journey(chance: np.random.Generator, person: str, level: str, day: int, pace: float) -> Iterator[Stay]:
    median, on = {"residential": (18, 0.45), "iop": (32, 0.12)}[level]
    out = day + int(median * np.exp(pace + chance.normal(0, 0.7)))
    yield person, level, day, out
    if chance.random() < on:
        gap = 0 if chance.random() < 0.6 else int(chance.integers(1, 21))
        other = "iop" if level == "residential" else "residential"
        yield from _journey(chance, person, other, out + gap, pace)


def world(seed: int, kind: str) -> pd.DataFrame:
    """Return ``level, ahead, held`` of one world: whether the limits held the stays in care."""
    frame = pd.DataFrame(stays(np.random.default_rng(seed), kind), columns=["person_id", "level", "admit", "discharge"])
    known = frame[(frame["admit"] <= CUTOFF) & (frame["discharge"] >= 0)]
    dates = {
        f"{name}_date": [ORIGIN + timedelta(days=int(day)) for day in known[name]] for name in ("admit", "discharge")
    }
    records = known[["person_id", "level"]].assign(**dates)
    cutoff = ORIGIN + timedelta(days=CUTOFF)
    episodes = cf.read_episodes(records, CARE, cutoff=cutoff, start=ORIGIN, accept=["F04"])
    result = cf.project(cf.link(episodes), AHEAD, replay=AHEAD, gate="mark").frame
    rows = result[result["ahead"].isin(DAYS)]
    truth = [
        int(((frame["level"] == level) & (frame["admit"] <= day) & (frame["discharge"] > day)).sum())
        for level, day in zip(rows["level"], CUTOFF + rows["ahead"], strict=True)
    ]
    return rows[["level", "ahead"]].assign(held=(rows["low"] <= truth) & (truth <= rows["high"]), world=seed)


def main() -> None:
    """Print a table: for each kind of world, level and day, how often the limits held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=120)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    asked = parser.parse_args()
    worlds = asked.worlds
    print(f"{worlds} made-up worlds of each kind, 95% limits, share in %:\n")
    print("| world | level | " + " | ".join(f"day {day}" for day in DAYS) + " | all |\n|---|---|" + "--:|" * 5)
    for kind in asked.kinds:
        held = pd.concat([world(seed, kind) for seed in range(worlds)])
        table = held.pivot_table(index="level", columns="ahead", values="held", observed=True, margins=True) * 100
        for level in CARE.names:
            print(
                f"| {kind} | {level} | " + " | ".join(f"{value:.1f}" for value in table.loc[level]) + " |", flush=True
            )
        spread = held.groupby("world")["held"].mean()
        print(f"| {kind} | both | | | | | {100 * spread.mean():.1f} ± {196 * spread.sem():.1f} |", flush=True)


if __name__ == "__main__":
    main()
