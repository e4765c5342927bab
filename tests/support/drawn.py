"""Stays drawn as a small table in the test, so that a clinician can read it.

    person | level       | admit | discharge | reason
    Ana    | residential | 0     | 30        | completed
    Ana    | php         | 35    |           |

A day is a whole number, counted from 1 January 2024 (day 0), or a date such as 2024-02-29. An empty cell is missing.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd

import careflow as cf

ORIGIN = date(2024, 1, 1)
FIELDS = {
    "person": "person_id",
    "admit": "admit_date",
    "discharge": "discharge_date",
    "reason": "discharge_reason",
    "episode": "episode_id",
}
DAYS = ("admit_date", "discharge_date")


def day(number: int) -> date:
    """Return the date of a day of a drawn table."""
    return ORIGIN + timedelta(days=number)


def drawn(table: str) -> pd.DataFrame:
    """Read a drawn table into a frame with the columns that careflow knows."""
    lines = [line for line in table.splitlines() if line.strip()]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    ragged = [line.strip() for line, row in zip(lines, rows, strict=True) if len(row) != len(rows[0])]
    if ragged:
        raise ValueError(f"drawn rows without the header's {len(rows[0])} cells: {ragged}")
    header = [FIELDS.get(name, name) for name in rows[0]]
    frame = pd.DataFrame([[cell or None for cell in row] for row in rows[1:]], columns=header, dtype=object)
    for name in DAYS:
        if name in frame:
            frame[name] = [_date(cell) for cell in frame[name]]
    return frame


def linked(table: str | pd.DataFrame, *, cutoff: int | date, within: int = 30, **how: Any) -> cf.Transitions:
    """Read a drawn table and link its stays; ``how`` goes to :func:`careflow.read_episodes`."""
    frame = drawn(table) if isinstance(table, str) else table
    how = {name: day(value) if name == "start" and isinstance(value, int) else value for name, value in how.items()}
    last = day(cutoff) if isinstance(cutoff, int) else cutoff
    return cf.link(cf.read_episodes(frame, cutoff=last, **how), within=within)


def next_steps(moves: cf.Transitions | cf.Counts, **which: Any) -> dict[tuple[str, str], int]:
    """Count what followed the followed discharges: ``{(level, next level or outcome): n}``, those that occurred."""
    frame = cf.transition_rates(moves, cluster=None, **which).frame
    rows = frame[(frame["n"] > 0) & (frame["to"] != "left care")]
    return {(origin, to): int(n) for origin, to, n in zip(rows["from"], rows["to"], rows["n"], strict=True)}


def _date(cell: str | None) -> date | None:
    if cell is None:
        return None
    return day(int(cell)) if cell.lstrip("-").isdigit() else date.fromisoformat(cell)
