"""Random claims: the engine makes the stays and gives the fates that plain Python does, a person at a time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from records.sources.brute_claims import GAPS, stays_of
from records.sources.random_claims import CUTOFF, FIRST, as_row, random_lines

from careflow import Continuum
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources import Window, claims


def compare(people: int, most_lines: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    lines = {f"P{i:05d}": random_lines(chance, int(chance.integers(1, most_lines))) for i in range(people)}
    rows = [as_row(person, line) for person, mine in lines.items() for line in mine]
    table = pd.DataFrame(rows).sample(frac=1, random_state=seed)
    source = claims(table, scope="file", keep_fates=True)
    engine = Engine()
    made = source.make(engine, Window(FIRST + timedelta(days=CUTOFF), None, Continuum.standard()))
    stays = engine.rows(
        f"SELECT person_id, level, admit_date - DATE '{FIRST}', discharge_date - DATE '{FIRST}', "
        f"coalesce(raw_reason, ''), ended_by FROM {made.relation}"
    )
    found: dict[str, list[tuple[object, ...]]] = {person: [] for person in lines}
    for person, *stay in stays:
        found[person].append(tuple(stay))
    fates: Counter[str] = Counter()
    for person, mine in lines.items():
        expected, counts = stays_of(mine, CUTOFF)
        fates += counts
        assert sorted(found[person], key=str) == expected, mine
    assert Counter(source.fates()["fate"]) == fates
    assert len(source.fates()) == len(rows) == made.lines
    assert {loss.rule: loss.n for loss in made.losses if loss.rule in fates} == fates
    by_gap = made.tables["stays_by_gap"]
    chosen = by_gap["gap"] == by_gap["level"].map(GAPS)
    assert by_gap[chosen]["stays"].sum() == len(stays)


@pytest.mark.slow
def test_random_claims_become_the_stays_of_plain_python() -> None:
    compare(people=400, most_lines=14, seed=11)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_many_random_claims_become_the_stays_of_plain_python(seed: int) -> None:
    compare(people=2_000, most_lines=25, seed=seed)
