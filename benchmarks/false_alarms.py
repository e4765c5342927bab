"""How often careflow says that something changed where nothing did; `python benchmarks/false_alarms.py`."""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

import careflow as cf
from careflow.counts import Transitions
from careflow.estimate.changes.change import corrected
from careflow.estimate.changes.change_family import compared
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.simulate import Truth, simulate

FIRST, START, CUTOFF = "2020-01-01", "2023-01-01", "2025-12-31"
"""The network runs for three years before anyone looks, so that in the three years of the records nothing changes."""
SEEN: Final = 1.46
"""People who arrive from ``FIRST`` on, for each one who is seen from ``START`` on."""
SET: Final = "data_set"
BATCH: Final = 50
"""So many data sets are read at once, as a stratum."""
CLOCKS: Final = ("discharge", "stay")
NOTHING: Final = replace(Truth.standard(), changed={}, months=(100,) * 12, pace=(100,))
"""The truth of the sample without its change, without seasons, and with as many new people on every day."""
DOUBLED: Final = replace(NOTHING, changed=Truth.standard().changed)
"""The same with the change of the sample: from 2024-07-01 on, residential to PHP about twice as often."""
SAID: Final = ("residential", "php")


def records(people: int, sets: int, seed: int, truth: Truth = NOTHING) -> pd.DataFrame:
    """Make data sets of so many people at once: no person's stays depend on another's, so any people are one."""
    made = simulate(round(SEEN * people) * sets, first=FIRST, cutoff=CUTOFF, truth=truth, seed=seed)
    made = made[~(made["discharge_date"] < START)]
    number = made["person_id"].str[1:].astype(int) % sets
    return made.assign(**{SET: number.map("{:05d}".format)})


def linked(stays: pd.DataFrame) -> Transitions:
    return cf.link(cf.read_episodes(stays, cutoff=CUTOFF, start=START, columns={SET: SET}))


def families(moves: Transitions, units: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield what is looked at in each data set: by a headline of rates, one of stays, by compare, and by a report."""
    for unit in units:
        by = [unit, SET]
        counts = moves.counts(by=by, clocks=CLOCKS)
        rates, stays = cf.transition_rates(counts, by=by), cf.length_of_stay(counts, by=by)
        yield f"headline of rates by {unit}", compared(rates, None, history=False)
        yield f"headline of mean stays by {unit}", compared(None, stays, history=False)
        if unit == "quarter":
            yield "report (nothing hidden)", compared(rates, stays, None)


def judged(found: pd.DataFrame) -> pd.DataFrame:
    """Return, for each data set, how many were tested, whether any changed, and whether the change was found."""
    sets = [corrected(part) for _, part in found.groupby(SET, observed=True)]
    told = pd.concat(sets, ignore_index=True)
    right = told["changed"] & told["from"].eq(SAID[0]) & told["measure"].eq(SAID[1]) & (told["difference"] > 0)
    by = told.assign(right=right).groupby(SET, observed=True)
    return pd.DataFrame({"tested": by["tested"].sum(), "any": by["changed"].any(), "right": by["right"].any()})


def simulated(people: int, runs: int, seed: int, truth: Truth, units: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return what every data set said, by what was asked."""
    out: dict[str, list[pd.DataFrame]] = {}
    for begin in range(0, runs, BATCH):
        sets = min(BATCH, runs - begin)
        moves = linked(records(people, sets, seed + 1000 * people + begin, truth))
        for what, found in families(moves, units):
            out.setdefault(what, []).append(judged(found))
        print(people, "people,", begin + sets, "data sets", flush=True)
    return {what: pd.concat(parts, ignore_index=True) for what, parts in out.items()}


def section(rows: Sequence[str], asked: argparse.Namespace, seconds: float) -> str:
    """Return the part of the page."""
    options = (
        f"--people {' '.join(map(str, asked.people))} --runs {asked.runs} --power {asked.power} --seed {asked.seed}"
    )
    if asked.units != UNITS:
        options += f" --units {' '.join(asked.units)}"
    text = f"""## False alarms

Made by `python benchmarks/false_alarms.py {options}` on {date.today():%Y-%m-%d}, in {seconds:.0f} seconds on a shared
{platform.machine()} machine with {os.cpu_count()} cores (Python
{platform.python_version()}, numpy {np.__version__}, careflow
{cf.__version__}).

{ABOUT}

| result | people | tests, mean | false alarms | 95% interval | residential to PHP found |
|---|---|---|---|---|---|
"""
    return text + "\n".join(rows) + "\n"


UNITS: Final = ["quarter", "year"]
ABOUT: Final = """Records of three years in which nothing changes: the parameters of `data/sample` without its
change and without seasons, after three years that are left out, so that the mix of stays is stationary. People who
return are in several periods. A false alarm is a data set for which a headline is not None, or for which a report calls
any change clear. Required: at most 5% in every row. The interval is Wilson's, for the number of data sets. The last
column is for records with the change of the sample (from 2024-07-01 on): the share of data sets in which the headline
or report says that residential to PHP rose. The comparisons
are those of `careflow.estimate.changes.change_family`."""


def row(what: str, people: int, null: pd.DataFrame, power: pd.DataFrame | None) -> str:
    n, of = int(null["any"].sum()), len(null)
    low, high = (float(limit) for limit in wilson(n / of, of, quantile_of(0.95)))
    found = "" if power is None or "stays" in what else f"{100 * power['right'].mean():.0f}% of {len(power)}"
    return (
        f"| {what} | {people:,} | {null['tested'].mean():.1f} | {n} of {of}: {100 * n / of:.1f}% | "
        f"{100 * low:.1f}–{100 * high:.1f}% | {found} |"
    )


def page(before: str, part: str) -> str:
    """Return the page with this part anew; the others as they were before."""
    head, *parts = before.split("\n## ")
    others = [f"\n## {one}" for one in parts if not one.startswith("False alarms\n")]
    return "".join([head, *others]).rstrip() + "\n\n" + part


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--people", type=int, nargs="+", default=[400, 1500, 6000])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--power", type=int, default=100, help="data sets with the change of the sample")
    parser.add_argument("--units", nargs="+", choices=["month", "quarter", "year"], default=UNITS)
    parser.add_argument("--seed", type=int, default=20251231)
    decisions = Path(__file__).resolve().parents[1] / "docs" / "decisions"
    parser.add_argument("--out", default=str(decisions / "2026-11-30-coverage-measured.md"))
    asked = parser.parse_args()
    begun, rows = time.perf_counter(), []
    for people in asked.people:
        null = simulated(people, asked.runs, asked.seed, NOTHING, asked.units)
        power = simulated(people, asked.power, asked.seed + 1, DOUBLED, asked.units) if asked.power else {}
        rows += [row(what, people, found, power.get(what)) for what, found in null.items()]
        print("\n".join(rows), flush=True)
    part = section(rows, asked, time.perf_counter() - begun)
    out = Path(asked.out)
    if asked.out != "-":
        out.write_text(page(out.read_text(encoding="utf-8"), part), encoding="utf-8")


if __name__ == "__main__":
    main()
