"""The attrition table: how many rows, stays and discharges are left after each step of the reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from careflow.records.findings import RULES
from careflow.records.validation.overlaps import Change


def attrition(
    rows: int,
    aside: Mapping[str, int],
    change: Change,
    stays: int,
    still_open: int,
    before: Sequence[tuple[str, int, int]] = (),
) -> pd.DataFrame:
    """Return ``step, n, left``: what each step removed (negative) or added, and what is left after it.

    Parameters
    ----------
    rows : int
        Rows of the file.
    aside : mapping of str to int
        Rows set aside, by rule.
    change : Change
        Stays added and absorbed by the overlap policy and by bridging.
    stays, still_open : int
        Final number of stays, and how many of them are open at the cut-off.
    before : sequence of (str, int, int)
        The steps from the lines of a stay source to the rows.

    Examples
    --------
    >>> attrition(10, {"R02": 1}, Change(), 9, 2)["left"].tolist()
    [10, 9, 9, 7]
    """
    steps = [*before, ("stays made by the source" if before else "rows of the file", rows, rows)]
    left = rows
    for rule in sorted(aside):
        left -= aside[rule]
        steps.append((f"set aside: {RULES[rule]} ({rule})", -aside[rule], left))
    if change.absorbed:
        left -= change.absorbed
        steps.append(("joined to or absorbed by another stay", -change.absorbed, left))
    if change.added:
        left += change.added
        steps.append(("added by splitting a stay around another", change.added, left))
    steps.append(("stays", stays, left))
    steps.append(("open at the cut-off", -still_open, left - still_open))
    return pd.DataFrame(steps, columns=["step", "n", "left"])
