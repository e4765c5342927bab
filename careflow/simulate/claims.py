"""Made-up claims lines of made-up stays: what a payer would hold of them.

24-hour care is billed by month or by stay on institutional claims, day programs by week, and outpatient sessions one by
one. Some claims are denied and billed again, some are replaced, and professionals bill sessions within 24-hour stays.
Every stay has a line on its first and on its last day, so that the days of stays can be found again in the lines.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

from careflow.atomic_files import write_whole
from careflow.simulate.records import CUTOFF, as_date, simulate

PEOPLE: Final = 1200
"""How many people's stays the claims of the sample are of."""

COLUMNS: Final = (
    "person_id", "claim_id", "claim_line_number", "claim_start_date", "claim_end_date", "claim_line_start_date",
    "claim_line_end_date", "admission_date", "bill_type_code", "revenue_center_code", "hcpcs_code",
    "place_of_service_code", "service_unit_quantity", "discharge_disposition_code", "diagnosis_code_1", "facility",
    "payer", "paid_date", "claim_status", "replaces_claim_id",
)  # fmt: skip

_STATUS: Final = {
    "completed": "01",
    "left early": "07",
    "terminated": "01",
    "transferred out": "05",
    "incarcerated": "21",
    "died": "20",
    "other": "01",
    "unknown": "01",
}
_DIAGNOSES: Final = ("F10.20", "F11.20", "F10.230", "F14.20", "F15.20")
_STEP: Final = {"iop": 3, "outpatient": 10}
_DENIED, _REPLACED, _VISITED = 211, 97, 5
"""One of so many claims is denied and billed again, replaced, or comes with a professional's session."""


def claim_lines(stays: pd.DataFrame, *, cutoff: str | date = CUTOFF) -> pd.DataFrame:
    """Return made-up claims lines of stays without faults.

    Parameters
    ----------
    stays : pandas.DataFrame
        As of :func:`simulate`.
    cutoff : str or datetime.date
        The last day of the records; stays that go on are billed up to it.

    Returns
    -------
    pandas.DataFrame
        One row a line, texts and missing values, with the columns that ``cf.sources.claims`` reads.
    """
    last = as_date("cutoff", cutoff)
    rows: list[dict[str, Any]] = []
    claims = 0
    for stay in ({str(name): value for name, value in row.items()} for row in stays.to_dict("records")):
        bills = list(_program(stay, last) if stay["level"] in _BILLED else _sessions(stay, last))
        for bill in bills:
            claims += 1
            number = f"C{claims:06d}"
            if claims % _DENIED == 0:
                rows += _lines(stay, f"{number}D", bill, claim_status="denied")
            if claims % _REPLACED == 0 and bill["bill_type_code"]:
                rows += _lines(stay, f"{number}A", bill)
                bill = bill | {"bill_type_code": f"{bill['bill_type_code'][:2]}7", "replaces_claim_id": f"{number}A"}
            rows += _lines(stay, number, bill)
            if claims % _VISITED == 0 and stay["level"] in ("inpatient", "residential"):
                day = bill["days"][0][0]
                place = "21" if stay["level"] == "inpatient" else "55"
                seen = _bill([(day, day)], hcpcs_code="90837", place_of_service_code=place)
                rows += _lines(stay | {"facility": "Practice"}, f"{number}P", seen)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def write_claims(folder: str | Path) -> Path:
    """Write ``claims.csv.gz``, the claims of part of the sample's people, and return its path."""
    path = Path(folder) / "claims.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = claim_lines(claimed_stays()).to_csv(index=False, lineterminator="\n").encode()
    write_whole(path, gzip.compress(text, 9, mtime=0))
    return path


def claimed_stays() -> pd.DataFrame:
    """Return the stays that the claims of the sample are of: those of its first people, without faults."""
    stays = simulate()
    return stays[stays["person_id"] <= f"P{PEOPLE:06d}"].reset_index(drop=True)


_BILLED: Final = {
    "inpatient": ("11", "0126", ""),
    "residential": ("86", "1002", "H0018"),
    "php": ("13", "0913", "H0035"),
    "iop": ("13", "0906", "H0015"),
}


def _program(stay: dict[str, Any], last: date) -> Iterator[dict[str, Any]]:
    """Yield the institutional bills of a stay."""
    kind, revenue, hcpcs = _BILLED[stay["level"]]
    first, end, left = _span(stay, last)
    nights = stay["level"] in ("inpatient", "residential")
    spans = [(first, end)] if stay["level"] == "inpatient" else list(_periods(first, end, week=not nights))
    for i, (start, stop) in enumerate(spans):
        final = i == len(spans) - 1 and left
        days = [(start, stop)] if nights else [(day, day) for day in _service(stay["level"], first, end, start, stop)]
        if not days:
            continue
        frequency = ("1" if i == 0 else "4") if final else ("2" if i == 0 else "3")
        status = _STATUS[stay["discharge_reason"]] if final else "30"
        yield _bill(
            days,
            (start, stop),
            bill_type_code=f"{kind}{frequency if nights else 1}",
            revenue_center_code=revenue,
            hcpcs_code=hcpcs,
            discharge_disposition_code=status,
            admission_date=first if nights else None,
        )


def _sessions(stay: dict[str, Any], last: date) -> Iterator[dict[str, Any]]:
    """Yield the sessions of an outpatient stay, each billed by itself."""
    first, end, _ = _span(stay, last)
    for i, day in enumerate(_service("outpatient", first, end, first, end)):
        yield _bill([(day, day)], hcpcs_code=("H0004", "90834", "H0005")[i % 3], place_of_service_code="57")


def _span(stay: dict[str, Any], last: date) -> tuple[date, date, bool]:
    left = pd.notna(stay["discharge_date"])
    return stay["admit_date"].date(), stay["discharge_date"].date() if left else last, left


def _periods(first: date, end: date, *, week: bool) -> Iterator[tuple[date, date]]:
    """Yield the weeks or the months of a stay, each with its first and last day."""
    start = first
    while start <= end:
        month = (start.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        stop = min(end, start + timedelta(days=6 - start.weekday()) if week else month)
        yield start, stop
        start = stop + timedelta(days=1)


def _service(level: str, first: date, end: date, start: date, stop: date) -> list[date]:
    """Return the days of service of a period: the first and last day of the stay, and some in between."""
    if level == "php":
        usual = [start + timedelta(days=i) for i in range((stop - start).days + 1)]
        return [day for day in usual if day.weekday() < 5 or day in (first, end)]
    step = _STEP[level]
    days = [first + timedelta(days=i) for i in range(0, (end - first).days + 1, step)]
    return [day for day in dict.fromkeys([*days, end]) if start <= day <= stop]


def _bill(days: list[tuple[date, date]], header: tuple[date, date] | None = None, **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(COLUMNS)
    return empty | {"days": days, "header": header} | more


def _lines(stay: dict[str, Any], claim: str, bill: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    header = bill["header"]
    person = int(str(stay["person_id"])[1:])
    fixed = {
        "person_id": stay["person_id"],
        "claim_id": claim,
        "claim_start_date": header[0] if header else None,
        "claim_end_date": header[1] if header else None,
        "diagnosis_code_1": _DIAGNOSES[person % len(_DIAGNOSES)],
        "facility": stay["facility"],
        "payer": stay["payer"],
        "paid_date": (header or bill["days"][-1])[1] + timedelta(days=20),
        "claim_status": "paid",
    }
    lines = []
    for i, (start, stop) in enumerate(bill["days"], 1):
        line = {name: bill[name] for name in COLUMNS} | fixed | more
        line |= {"claim_line_number": str(i), "claim_line_start_date": start, "claim_line_end_date": stop}
        lines.append(line | {"service_unit_quantity": str((stop - start).days + 1)})
    return lines
