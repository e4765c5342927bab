"""How often careflow says that something changed where nothing did; `python benchmarks/false_alarms.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

import careflow as cf
from careflow.counts import Counts
from careflow.simulate import Truth, simulate

FIRST, START, CUTOFF = "2020-01-01", "2023-01-01", "2025-12-31"
"""The network runs for three years before anyone looks, so that in the three years of the records nothing changes."""
SEEN = 1.46
"""People who arrive from ``FIRST`` on, for each one who is seen from ``START`` on."""
UNITS = ("quarter", "month", "year")
CLOCKS = ("discharge", "stay")
NOTHING = replace(Truth.standard(), changed={}, months=(100,) * 12, pace=(100,))
"""The truth of the sample without its change, without seasons, and with as many new people on every day."""


def records(people: int, runs: int, seed: int, truth: Truth = NOTHING) -> pd.DataFrame:
    """Make ``runs`` data sets of so many people at once: nobody knows of anybody else, so any people are one."""
    made = simulate(round(SEEN * people) * runs, first=FIRST, cutoff=CUTOFF, truth=truth, seed=seed)
    made = made[~(made["discharge_date"] < START)]
    return made.assign(data_set=made["person_id"].str[1:].astype(int) % runs)


def data_sets(stays: pd.DataFrame) -> Iterator[dict[str, Counts]]:
    """Yield the counts of each data set by month, quarter and year."""
    stays = stays.assign(data_set=stays["data_set"].map("{:05d}".format))
    moves = cf.link(cf.read_episodes(stays, cutoff=CUTOFF, start=START, columns={"data_set": "data_set"}))
    parts = {unit: moves.counts(by=[unit, "data_set"], clocks=CLOCKS) for unit in UNITS}
    people = stays.groupby("data_set")["person_id"].nunique()
    for label, persons in people.items():
        yield {unit: _only(counts, str(label), int(persons)) for unit, counts in parts.items()}


def _only(counts: Counts, label: str, persons: int) -> Counts:
    tables = {
        name: table[(table["data_set"] == label).to_numpy()].drop(columns="data_set").reset_index(drop=True)
        for name, table in counts.tables.items()
    }
    rules = replace(counts.rules, by=tuple(name for name in counts.rules.by if name != "data_set"))
    return replace(counts, tables=tables, rules=rules, persons=persons)
