"""The interim rule for rates of groups that add up to rates that are shown: no group is left hidden alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.estimate.rates.rate_result import Rates
from careflow.report.masking.mask import BELOW, mask
from careflow.report.masking.row_suppression import safe

_SHARES: Final = ("n", "rate", "se", "low", "high", "of", "followed")


def mask_groups(result: Rates, group: str, below: int = BELOW) -> Rates:
    """Return rates by group, masked row by row and, for each cell, from group to group.

    Where the hidden counts of a cell could be found from the total of all groups (:func:`safe`), the whole row of
    another group, that with the fewest discharges, is hidden as well. It is a rule of thumb, without a proof.

    Parameters
    ----------
    result : Rates
        By ``group``, and by period or not.
    group : str
        The stratum.
    below : int
        Counts from 1 to ``below - 1`` are hidden.
    """
    masked = mask(result, below)
    tables = [masked.frame.reset_index(drop=True), masked.directions.reset_index(drop=True)]
    true = [result.frame.reset_index(drop=True), result.directions.reset_index(drop=True)]
    others = [name for name in result.about.by if name != group]
    closed = _rows_to_close(tables, true, [*others, "from"], group, below)
    for place, table in enumerate(tables):
        rows = pd.MultiIndex.from_frame(table[[group, *others, "from"]].astype(str))
        hidden = rows.isin(closed)
        table.loc[hidden, [name for name in _SHARES if name in table]] = np.nan
        tables[place] = table.assign(hidden=table["hidden"].to_numpy(dtype=bool) | hidden)
    return replace(masked, frame=tables[0], directions=tables[1])


def _rows_to_close(
    tables: list[pd.DataFrame], true: list[pd.DataFrame], keys: list[str], group: str, below: int
) -> list[tuple[str, ...]]:
    """Return the rows (group, period, level) to hide whole, until every cell is safe across the groups."""
    cells: dict[tuple[str, ...], list[tuple[str, int, int, bool]]] = {}
    for target, table, counts in zip(("to", "direction"), tables, true, strict=True):
        names = [table[name].astype(str).tolist() for name in (*keys, target, group)]
        n_of = (counts["n"].astype(int), counts["of"].astype(int))
        numbers: list[pd.Series[Any]] = [*n_of, table["hidden"].astype(bool)]
        for *cell, label, n, of, hidden in zip(*names, *(column.tolist() for column in numbers), strict=True):
            cells.setdefault((target, *cell), []).append((label, n, of, hidden))
        lost = table["of"].isna().tolist()
        for *cell, label, of, hidden in zip(*names, counts["of"].astype(int).tolist(), lost, strict=True):
            cells.setdefault(("of", *cell), []).append((label, of, of, hidden))
    closed: dict[tuple[str, ...], None] = {}
    changed = True
    while changed:
        changed = False
        for (_, *cell, _), rows in cells.items():
            row = tuple(cell)
            hidden = [n for label, n, _, shut in rows if shut or (label, *row) in closed]
            if safe(np.array(hidden, dtype=np.int64), below):
                continue
            free = [(of, label) for label, n, of, shut in rows if n > 0 and not shut and (label, *row) not in closed]
            if free:
                closed[(min(free)[1], *row)] = None
                changed = True
    return list(closed)
