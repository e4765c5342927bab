"""Random claims: the engine makes the stays and gives the fates that plain Python does, a person at a time."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from records.sources.brute_claims import GAPS, LEVELS, Line, stays_of

from careflow import Continuum
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.sources import Window, claims

FIRST = date(2024, 1, 1)
CUTOFF = 120
CODES = {"inpatient": "H0009", "residential": "H0018", "php": "H0035", "iop": "H0015", "outpatient": "H0004"}
BILLED = {"inpatient": "11", "residential": "86"}


def random_lines(chance: np.random.Generator, lines: int) -> list[Line]:
    """Return lines of one person: short spans close together, so that every rule meets some of them."""
    made = []
    for number in range(lines):
        level = str(chance.choice(LEVELS))
        start = int(chance.integers(0, CUTOFF))
        end = start + int(chance.choice([0, 0, 1, 3, 9]))
        billed = level in BILLED and chance.random() < 0.5
        claim = f"c{chance.integers(0, max(2, lines // 2))}"
        made.append(
            Line(
                number,
                level,
                str(chance.choice(["", "N", "S"])),
                start,
                end,
                claim,
                attending=level in LEVELS[:3] and not billed and chance.random() < 0.2,
                header=(start - int(chance.integers(0, 3)), end + int(chance.integers(0, 3))) if billed else None,
                status=str(chance.choice(["", "30", "01", "07", "20", "65"])),
                left=end + int(chance.integers(-1, 3)) if level in BILLED and chance.random() < 0.2 else None,
                interim=bool(billed and chance.random() < 0.3),
                admission=start - int(chance.integers(0, 20)) if level in BILLED and chance.random() < 0.4 else None,
                units=end - start + int(chance.integers(0, 2)),
                days=1,
            )
        )
    return made


def as_row(person: str, line: Line) -> dict[str, object]:
    """Return a line as claims have it: an attending line by its place, a billed one by its type, others by a code."""
    place = {"inpatient": "21", "residential": "55", "php": "52"}
    billed = line.header is not None
    return {
        "person_id": person,
        "claim_id": f"{person}-{line.claim}",
        "claim_line_number": str(line.number),
        "hcpcs_code": "" if line.attending or billed else CODES[line.level],
        "place_of_service_code": place[line.level] if line.attending else "",
        "bill_type_code": f"{BILLED[line.level]}{3 if line.interim else 1}" if billed else "",
        "claim_line_start_date": day(line.start),
        "claim_line_end_date": day(line.end),
        "claim_start_date": day(line.header[0]) if line.header else "",
        "claim_end_date": day(line.header[1]) if line.header else "",
        "admission_date": day(line.admission),
        "discharge_date": day(line.left),
        "discharge_disposition_code": line.status,
        "service_unit_quantity": str(line.units) if line.units else "",
        "facility": line.facility,
        "payer": person,
    }


def day(number: int | None) -> str:
    return "" if number is None else str(FIRST + timedelta(days=number))


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
