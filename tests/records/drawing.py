"""Rows drawn as text, cell by cell as a file has them: nothing is typed, an empty cell is missing.

person_id | level | admit_date | discharge_date
A         | php   | 2024-03-01 | 2024-03-19
B         |       | 2024-03-01 |
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

from careflow.records import Episodes, read_episodes

CUTOFF = "2024-12-31"


def cells(table: str) -> list[list[str]]:
    """Split a drawn table into its cells."""
    lines = [line for line in table.splitlines() if line.strip()]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    assert len({len(row) for row in rows}) == 1, "a drawn row has more or fewer cells than the header"
    return rows


def frame(table: str) -> pd.DataFrame:
    """Return a drawn table as a frame of texts."""
    head, *rows = cells(table)
    return pd.DataFrame([[cell or None for cell in row] for row in rows], columns=head, dtype=object)


def csv(table: str) -> str:
    """Return a drawn table as the text of a CSV file."""
    out = io.StringIO()
    frame(table).to_csv(out, index=False)
    return out.getvalue()


def write(path: Path, table: str, encoding: str = "utf-8") -> Path:
    """Write a drawn table as a CSV file."""
    path.write_text(csv(table), encoding=encoding, newline="")
    return path


def read(table: str | pd.DataFrame, **how: Any) -> Episodes:
    """Read a drawn table."""
    return read_episodes(frame(table) if isinstance(table, str) else table, **{"cutoff": CUTOFF, **how})


def repeat(rows: int, **columns: Any) -> pd.DataFrame:
    """Return as many stays of as many people, all alike but for ``columns``: lists that are cycled, or one value."""
    made = {"person_id": [f"P{i}" for i in range(rows)], "level": "php", "admit_date": "2024-03-01"}
    made |= {"discharge_date": "2024-03-19"} | columns
    cycled = {
        name: [value[i % len(value)] for i in range(rows)] if isinstance(value, list) else [value] * rows
        for name, value in made.items()
    }
    return pd.DataFrame(cycled, dtype=object)


def finding(episodes: Episodes, check: str) -> tuple[str, int, str] | None:
    """Return action, number and note of the finding whose name begins so, if there is one."""
    found = episodes.findings[episodes.findings["check"].str.startswith(check)]
    assert len(found) <= 1, f"{check} is the beginning of several findings"
    return None if found.empty else tuple(found.iloc[0][["action", "n", "note"]])


def stays(episodes: Episodes) -> list[tuple[Any, ...]]:
    """Return what is kept, without the person: level, admission, discharge (None if open), reason; ordered."""
    rows = episodes.rows()
    days = [[None if pd.isna(d) else f"{d:%m-%d}" for d in rows[name]] for name in ("admit", "discharge")]
    found = zip(rows["level"].astype(str), *days, rows["reason"].astype(str), strict=True)
    return sorted(found, key=lambda row: (row[1], row[2] or "99", row[0]))


def overlaps_left(episodes: Episodes) -> int:
    """Count the pairs of stays of one person, of at least a night each, that overlap."""
    n = episodes.engine.one(
        f"WITH mine AS (SELECT row_number() OVER () AS k, person, admit, coalesce(discharge, 30000) AS end_day "
        f"FROM {episodes.table} WHERE admit < coalesce(discharge, 30000)) "
        "SELECT count(*) FROM mine a JOIN mine b ON a.person = b.person AND a.k < b.k "
        "WHERE least(a.end_day, b.end_day) > greatest(a.admit, b.admit)"
    )
    return int(n[0])


def drawn_stays(table: str) -> list[tuple[Any, ...]]:
    """Return the stays of a drawn table of ``level | admit | discharge | reason``, as :func:`stays` does."""
    found = [(level, admit, out or None, reason) for level, admit, out, reason in cells(table)[1:]]
    return sorted(found, key=lambda row: (row[1], row[2] or "99", row[0]))


def squeezed(text: str) -> str:
    """Return a text with single spaces."""
    return re.sub(r"\s+", " ", text).strip()
