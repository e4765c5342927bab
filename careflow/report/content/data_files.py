"""The tables of the report as CSV files that no spreadsheet program runs as formulas."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO

import numpy as np
import pandas as pd

from careflow.formatting import harmless
from careflow.report.content.glossary import Term


@dataclass(frozen=True)
class Table:
    """A table for a file: its name, its title, and its values, missing where hidden.

    ``reasons`` says why values are missing that are not hidden: a text or ``""`` for each row, in columns of the same
    name as those of ``frame``. A workbook shows it; a CSV file leaves the value empty.
    """

    name: str
    title: str
    frame: pd.DataFrame
    reasons: pd.DataFrame | None = None


def to_csv(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV in UTF-8: text escaped, numbers unchanged, missing values empty.

    >>> to_csv(pd.DataFrame({"level": ["=php"], "n": [12], "rate": [float("nan")]}))
    b"level,n,rate\\n'=php,12,\\n"
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([harmless(str(name)) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow([_plain(value) for value in row])
    return out.getvalue().encode()


def glossary_table(terms: tuple[Term, ...]) -> Table:
    """Return the definitions as a table."""
    rows = [(term.name, term.meaning, "; ".join(term.facts)) for term in terms]
    return Table("definitions", "Definitions", pd.DataFrame(rows, columns=["term", "meaning", "facts"]))


def _plain(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    return harmless(str(value))
