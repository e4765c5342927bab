"""Claims lines drawn at random, as the brute force and as a file have them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from records.sources.brute_claims import LEVELS, Line

FIRST = date(2024, 1, 1)
CUTOFF = 120
CODES = {"inpatient": "H0009", "residential": "H0018", "php": "H0035", "iop": "H0015", "outpatient": "H0004"}
BILLED = {"inpatient": "11", "residential": "86"}


def random_lines(chance: np.random.Generator, lines: int) -> list[Line]:
    """Return lines of one person: short spans close together, so that every rule meets some of them."""
    drawn = []
    for number in range(lines):
        level = str(chance.choice(LEVELS))
        start = int(chance.integers(0, CUTOFF))
        end = start + int(chance.choice([0, 0, 1, 3, 9]))
        billed = level in BILLED and chance.random() < 0.5
        claim = f"c{chance.integers(0, max(2, lines // 2))}"
        drawn.append(
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
    return drawn


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
