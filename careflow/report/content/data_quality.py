"""Findings of the checks, and the number of rows that became stays; small counts hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from careflow.counts import Counts
from careflow.formatting import MASK, count
from careflow.report.content.grid import Grid, whole, word
from careflow.report.masking.row_suppression import small, spread

SET_ASIDE: Final = "set aside"
_COUNTED: Final = re.compile(r"\b(\d[\d,]*)(?= (?:people|person|rows?|stays?)\b)")


@dataclass(frozen=True)
class Attrition:
    """From rows to stays.

    Attributes
    ----------
    steps : tuple of (str, str)
        What is counted, and the count as text.
    findings : Grid or None
        What the checks found, where the report was made from records.
    table : pandas.DataFrame
        The findings with ``hidden``, for a file.
    lines : (str, str), optional
        Where a source made the stays: how many lines it read, and how many it set aside.
    """

    steps: tuple[tuple[str, str], ...]
    findings: Grid | None
    table: pd.DataFrame | None
    lines: tuple[str, str] | None = None


def attrition(counts: Counts, findings: pd.DataFrame | None, below: int) -> Attrition:
    """Return how many rows became stays, and what the checks found."""
    aside = counts.set_aside
    total_hidden = bool(small(aside, below))
    steps: tuple[tuple[str, str], ...] = (
        ("Rows read", MASK if total_hidden else count(counts.stays + aside)),
        ("Set aside by the checks", MASK if total_hidden else count(aside)),
        ("Stays kept", count(counts.stays)),
        ("People", count(counts.persons)),
    )
    if findings is None:
        return Attrition(steps, None, None)
    of_lines = of_source(findings)
    lines = None
    if of_lines.any():
        lost = int(findings["n"][of_lines & (findings["action"] == SET_ASIDE)].sum())
        lines = (count(int(findings["n"][of_lines].sum())), MASK if small(lost, below) else count(lost))
        steps = (("Lines read", lines[0]), ("Lines set aside", lines[1]), ("Stays made", steps[0][1]), *steps[1:])
    table = hide(findings, total_hidden, below)
    rows = [
        (word(row["check"]), word(row["action"]), whole(row["n"], hidden=row["hidden"]), word(row["note"]))
        for row in table.to_dict("records")
    ]
    grid = Grid(
        "What the checks found",
        ("Check", "Action", "Rows", "Note"),
        tuple(rows),
        ("", "", "hidden", ""),
        files=("findings",),
    )
    return Attrition(steps, grid, table, lines)


def of_source(findings: pd.DataFrame) -> pd.Series[bool]:
    """Return which findings are the fates of lines that a source read: their notes say so.

    >>> of_source(pd.DataFrame({"note": ["166 lines", "of 1 person", "20 stays"]})).tolist()
    [True, False, False]
    """
    return findings["note"].astype(str).str.fullmatch(r"[\d,]+ lines?")


def hide(findings: pd.DataFrame, total_hidden: bool, below: int) -> pd.DataFrame:
    """Return findings with ``hidden``: primary suppression of small counts, secondary suppression within the total."""
    table = findings[["check", "action", "n", "note"]].reset_index(drop=True)
    n = table["n"].to_numpy(dtype=np.int64)
    hidden = small(n, below)
    aside = (table["action"] == SET_ASIDE).to_numpy()
    lines = of_source(table).to_numpy(bool)
    for part in (aside & lines, *(() if total_hidden else (aside & ~lines,))):
        hidden[part] = spread(n[part], hidden[part], below)
    notes = ["" if secret else _hide_in(str(note), below) for note, secret in zip(table["note"], hidden, strict=True)]
    return table.assign(n=table["n"].astype(float).where(~hidden), note=notes, hidden=hidden)


def _hide_in(note: str, below: int) -> str:
    """Replace small counts of people, rows and stays in a sentence.

    >>> _hide_in("of 3 people; 26 rows", 11)
    'of s people; 26 rows'
    """
    return _COUNTED.sub(lambda match: MASK if small(int(match[1].replace(",", "")), below) else match[1], note)
