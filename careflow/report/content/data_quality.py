"""What the checks found, and how many rows became stays: small numbers hidden as everywhere else."""

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
        What is counted, and how many in print.
    findings : Grid or None
        What the checks found, where the report was made from records.
    table : pandas.DataFrame
        The findings with ``hidden``, for a file.
    """

    steps: tuple[tuple[str, str], ...]
    findings: Grid | None
    table: pd.DataFrame | None


def attrition(counts: Counts, findings: pd.DataFrame | None, below: int) -> Attrition:
    """Return how many rows became stays, and what the checks found."""
    aside = counts.set_aside
    secret = bool(small(aside, below))
    steps = (
        ("Rows read", MASK if secret else count(counts.stays + aside)),
        ("Set aside by the checks", MASK if secret else count(aside)),
        ("Stays kept", count(counts.stays)),
        ("People", count(counts.persons)),
    )
    if findings is None:
        return Attrition(steps, None, None)
    table = hide(findings, secret, below)
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
    return Attrition(steps, grid, table)


def hide(findings: pd.DataFrame, total_hidden: bool, below: int) -> pd.DataFrame:
    """Return findings with ``hidden``: small counts, and enough others that the total set aside gives none away."""
    table = findings[["check", "action", "n", "note"]].reset_index(drop=True)
    n = table["n"].to_numpy(dtype=np.int64)
    hidden = small(n, below)
    aside = (table["action"] == SET_ASIDE).to_numpy()
    if not total_hidden:
        hidden[aside] = spread(n[aside], hidden[aside], below)
    notes = ["" if gone else _hide_in(str(note), below) for note, gone in zip(table["note"], hidden, strict=True)]
    return table.assign(n=table["n"].astype(float).where(~hidden), note=notes, hidden=hidden)


def _hide_in(note: str, below: int) -> str:
    """Take small counts of people, rows and stays out of a sentence.

    >>> _hide_in("of 3 people; 26 rows", 11)
    'of s people; 26 rows'
    """
    return _COUNTED.sub(lambda found: MASK if small(int(found[1].replace(",", "")), below) else found[1], note)
