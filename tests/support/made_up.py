"""Made-up stays whose every cell is chosen: no person, place or day in them is real."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

import careflow as cf

QUARTERS = {"2024Q1": date(2024, 1, 2), "2024Q2": date(2024, 4, 2), "2024Q3": date(2024, 7, 2)}
CUTOFF = "2024-12-31"
LEVELS = ("inpatient", "residential", "php", "iop", "outpatient")

CELLS: dict[tuple[str, str], int] = {
    ("residential", "php"): 60,
    ("residential", "iop"): 24,
    ("residential", "completed"): 40,
    ("residential", "left early"): 35,
    ("residential", "terminated"): 3,
    ("residential", "incarcerated"): 13,
    ("php", "iop"): 30,
    ("php", "residential"): 5,
    ("php", "completed"): 22,
    ("php", "left early"): 14,
    ("iop", "completed"): 44,
    ("iop", "residential"): 12,
    ("iop", "left early"): 19,
}
"""Discharges of each quarter: from a level, to a level or an outcome."""


def made_up(cells: Mapping[tuple[str, str], int] = CELLS, names: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return stays in which every quarter has exactly these discharges, one person each; ``names`` renames levels."""
    called = dict(names or {})
    rows = []
    person = 0
    for first in QUARTERS.values():
        for (frm, to), n in cells.items():
            for one in range(n):
                person += 1
                admitted = first + timedelta(days=one % 9)
                left = admitted + timedelta(days=3 + (one * 7) % 23)
                moved = to in LEVELS
                rows.append((f"P{person}", called.get(frm, frm), admitted, left, "completed" if moved else to))
                if moved:  # the next stay is open, so that it is no discharge of its own
                    rows.append((f"P{person}", called.get(to, to), left + timedelta(days=2), None, None))
    return pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date", "discharge_reason"])


def linked(stays: pd.DataFrame, care: cf.Continuum | None = None) -> cf.Transitions:
    return cf.link(cf.read_episodes(stays, care, cutoff=CUTOFF))
